//! A page of the web as text: the words of an HTML document without its markup, scripts and styles. Rough
//! on purpose: it is read by a model and a person, and rendered by nobody.

/// Elements whose content is no text of the page.
const SILENT: [&str; 7] = ["script", "style", "template", "svg", "noscript", "head", "iframe"];

/// Elements that begin a new line.
const BREAKS: [&str; 26] = [
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "nav",
    "blockquote",
    "dt",
    "dd",
    "hr",
    "title",
];

/// The words of an HTML document. What is no HTML comes back as it is, but for blank lines.
pub fn readable(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    let mut preformatted = false;
    // Once a tag's quotes did not close, those of no later one are looked at: each would be sought to the end.
    let mut quotes = true;
    while let Some(at) = rest.find('<') {
        let (text, markup) = rest.split_at(at);
        push(&mut out, text, preformatted);
        rest = markup;
        if !quotes && !markup.contains('>') {
            break;
        }
        if let Some(comment) = markup.strip_prefix("<!--") {
            rest = comment.find("-->").and_then(|end| comment.get(end + 3..)).unwrap_or_default();
            continue;
        }
        let Some(tag) = Tag::read(markup, &mut quotes) else {
            out.push('<');
            rest = markup.get(1..).unwrap_or_default();
            continue;
        };
        rest = markup.get(tag.len..).unwrap_or_default();
        if tag.name == "pre" {
            preformatted = !tag.closes;
        }
        if BREAKS.contains(&tag.name.as_str()) && !out.ends_with('\n') {
            out.push('\n');
        }
        if !tag.closes && !tag.is_empty && SILENT.contains(&tag.name.as_str()) {
            rest = after_close(rest, &tag.name);
        }
    }
    push(&mut out, rest, preformatted);
    without_blanks(&out)
}

struct Tag {
    name: String,
    closes: bool,
    /// It closes itself.
    is_empty: bool,
    len: usize,
}

impl Tag {
    /// The tag that `markup` begins with. `quotes`: a bracket within quotes does not end it; `false` from
    /// the first tag on of which that is not so.
    fn read(markup: &str, quotes: &mut bool) -> Option<Self> {
        let inner = markup.strip_prefix('<')?;
        let closes = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        let first = inner.chars().next()?;
        if !first.is_ascii_alphabetic() && first != '!' && first != '?' {
            return None;
        }
        let mut quote = None;
        let mut end = None;
        for (at, c) in inner.char_indices() {
            match (quote, c) {
                (None, '>') => {
                    end = Some(at);
                    break;
                }
                (None, '"' | '\'') if *quotes => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                _ => {}
            }
        }
        // An attribute that is never closed ends at the next bracket.
        *quotes &= end.is_some();
        let end = end.or_else(|| inner.find('>'))?;
        let body = inner.get(..end)?;
        let name: String = body.chars().take_while(char::is_ascii_alphanumeric).collect();
        let len = 1 + usize::from(closes) + end + 1;
        Some(Self { name: name.to_ascii_lowercase(), closes, is_empty: body.ends_with('/'), len })
    }
}

/// What follows the end of an element whose content is passed over.
fn after_close<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find("</")) {
        let place = from + at + 2;
        let tail = rest.get(place..).unwrap_or_default();
        let is_it = tail.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        if is_it {
            return tail.find('>').and_then(|end| tail.get(end + 1..)).unwrap_or_default();
        }
        from = place;
    }
    ""
}

/// Adds text with its entities decoded; blanks count as one unless they are kept.
fn push(out: &mut String, text: &str, preformatted: bool) {
    let text = decoded(text);
    if preformatted {
        out.push_str(&text);
        return;
    }
    for c in text.chars() {
        let blank = c.is_whitespace();
        match blank {
            true if out.is_empty() || out.ends_with([' ', '\n']) => {}
            true => out.push(' '),
            false => out.push(c),
        }
    }
}

fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        match end.and_then(|end| Some((entity(rest.get(1..end)?)?, end + 1))) {
            Some((c, len)) => {
                out.push(c);
                rest = rest.get(len..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "copy" => '©',
        _ => return None,
    })
}

/// Without blanks at the ends of lines, and with at most one empty line in a row.
fn without_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && empty) {
            out.push_str(line);
            out.push('\n');
        }
        empty = line.is_empty();
    }
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_comes_as_its_words() {
        let html = "<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body>\
            <h1>Carts &amp; prices</h1><p>A  cart\nhas <b>items</b>.</p><script>alert('</p>')</script>\
            <!-- hidden --><ul><li>one<li>two &#x41;&#66;&lt;</ul><pre>fn a() {\n    b\n}</pre></body></html>";
        let expected = "Carts & prices\nA cart has items.\none\ntwo AB<\nfn a() {\n    b\n}\n";
        assert_eq!(readable(html), expected);
    }

    #[test]
    fn what_is_no_html_stays_as_it_is() {
        assert_eq!(readable("a < b && c > d"), "a < b && c > d\n");
        assert_eq!(readable("if x <y"), "if x <y\n");
    }

    #[test]
    fn a_document_that_never_closes_is_read_in_one_go() {
        // A megabyte of each: were every tag sought to the end of the text, this would take minutes.
        let unclosed = "<a".repeat(1 << 19);
        assert_eq!(readable(&unclosed).trim_end(), unclosed);
        let quoted = "<a\">\"".repeat(1 << 18);
        assert_eq!(readable(&quoted).trim_end(), "\"".repeat(1 << 18));
        let ended = "<a".repeat(1 << 19) + ">b";
        assert_eq!(readable(&ended), "b\n");
    }

    proptest! {
        #[test]
        fn no_document_is_too_strange(html in "(<[a-z/!\"'= ]{0,6}>?|&[#a-z0-9]{0,6};?|<script|</|é|[a-z <>&\n]){0,40}") {
            let _ = readable(&html);
        }
    }
}
