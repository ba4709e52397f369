//! Puts tags around the pieces of a pack. The tags become part of the pieces, so that the pieces
//! still are all that is sent.

use crate::context::{Presence, Segment, Source, Trust};
use crate::model::Tokens;
use crate::text::{RepoPath, Span};

/// The pieces with their tags. Pieces of one file that follow each other stand in one `file` tag.
pub fn framed(segments: &[Segment], mark: &str) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::with_capacity(segments.len());
    for run in segments.chunk_by(|a, b| file_of(a).is_some() && file_of(a) == file_of(b)) {
        let mut pieces: Vec<Segment> = run.iter().map(|segment| piece(segment, mark)).collect();
        let has_lines =
            run.iter().any(|s| matches!(s.source, Source::File { .. } | Source::Selection { .. }));
        if let (true, Some(path)) = (has_lines, run.first().and_then(file_of)) {
            wrap(&mut pieces, path, mark);
        }
        out.append(&mut pieces);
    }
    out
}

fn file_of(segment: &Segment) -> Option<&RepoPath> {
    match &segment.source {
        Source::File { path, .. } | Source::Selection { path, .. } | Source::Omission { path, .. } => {
            Some(path)
        }
        _ => None,
    }
}

fn wrap(pieces: &mut [Segment], path: &RepoPath, mark: &str) {
    if let Some(first) = pieces.first_mut() {
        let text = format!("<file{mark} path=\"{}\">\n{}", attribute(path.as_str()), first.text);
        retext(first, text);
    }
    if let Some(last) = pieces.last_mut() {
        let text = format!("{}</file{mark}>\n", last.text);
        retext(last, text);
    }
}

fn piece(segment: &Segment, mark: &str) -> Segment {
    if let Presence::Above(_) = segment.presence {
        return segment.clone();
    }
    let text = &segment.text;
    let framed = match &segment.source {
        Source::System | Source::Request | Source::Answer | Source::Tools | Source::Call { .. } => {
            text.clone()
        }
        Source::Commit { id } => named("commit", mark, "id", id.get(..12).unwrap_or(id), text),
        Source::Outcome { tool } => named("result", mark, "of", tool, text),
        Source::Claim { number } => named("claim", mark, "number", &number.to_string(), text),
        Source::File { .. } => ended(text),
        Source::Selection { span, .. } => {
            format!("<selected{mark}{}>\n{}</selected{mark}>\n", numbers(*span), ended(text))
        }
        Source::Omission { .. } => format!("<omitted{mark}>{}</omitted{mark}>\n", text.trim_end()),
        Source::Outline { path } => tagged("outline", mark, Some((path.as_str(), None)), text),
        Source::FileList => tagged("files", mark, None, text),
        Source::Rules { path } => tagged("rules", mark, Some((path.as_str(), None)), text),
        Source::Diff => tagged("diff", mark, None, text),
        Source::Diagnostics => tagged("diagnostics", mark, None, text),
        Source::Page { url } => {
            format!("<page{mark} url=\"{}\">\n{}</page{mark}>\n", attribute(url), ended(text))
        }
        Source::Map => {
            format!("<map{mark} of=\"what other files refer to most\">\n{}</map{mark}>\n", ended(text))
        }
        Source::Excerpt { path, span } => {
            let renewed = matches!(segment.presence, Presence::Renewed(_));
            let changed = if renewed { " changed=\"since it was shown above\"" } else { "" };
            let of = format!(" path=\"{}\"{}{changed}", attribute(path.as_str()), numbers(*span));
            format!("<excerpt{mark}{of}>\n{}</excerpt{mark}>\n", ended(text))
        }
        Source::Instruction => tagged("instruction", mark, None, text),
        Source::Refusal { path } => tagged("refused", mark, Some((path, None)), text),
        Source::Prefix { path } => {
            format!("<before{mark} path=\"{}\">\n{text}</before{mark}>\n", attribute(path.as_str()))
        }
        Source::Suffix { .. } => format!("<after{mark}>{text}</after{mark}>\n"),
    };
    let mut out = segment.clone();
    retext(&mut out, framed);
    out
}

fn tagged(tag: &str, mark: &str, of: Option<(&str, Option<Span>)>, text: &str) -> String {
    let of = of.map_or_else(String::new, |(path, span)| {
        format!(" path=\"{}\"{}", attribute(path), span.map_or_else(String::new, numbers))
    });
    format!("<{tag}{mark}{of}>\n{}</{tag}{mark}>\n", ended(text))
}

fn named(tag: &str, mark: &str, name: &str, value: &str, text: &str) -> String {
    format!("<{tag}{mark} {name}=\"{}\">\n{}</{tag}{mark}>\n", attribute(value), ended(text))
}

/// A framed result of a tool with another text in its frame; `None` where the text is no such frame.
pub fn in_place(framed: &str, text: &str) -> Option<String> {
    let (opening, rest) = framed.split_once('\n')?;
    let mark = opening.strip_prefix("<result")?.split(' ').next()?;
    // What stands behind the frame was said by us.
    let closing = rest.rfind(&format!("</result{mark}>\n"))?;
    Some(format!("{opening}\n{}{}", ended(text), rest.get(closing..)?))
}

/// The lines that a piece of the real text stands at, as what a refused edit should have said.
pub fn real_text(path: &RepoPath, first: usize, text: &str, mark: &str) -> Segment {
    let span = Span::new(first.saturating_sub(1), first.saturating_sub(1) + text.lines().count());
    let framed = tagged("now", mark, Some((path.as_str(), Some(span))), text);
    let source = Source::Excerpt { path: path.clone(), span };
    Segment::new(source, "where the refused edit likely belongs", framed, Trust::Repository)
}

fn numbers(span: Span) -> String {
    format!(" lines=\"{span}\"")
}

/// With a line end, so that a tag can follow.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn attribute(value: &str) -> String {
    let printable = value.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn retext(segment: &mut Segment, text: String) {
    segment.tokens = Tokens::estimate(&text);
    segment.text = text;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_replaced_within_its_own_frame_and_what_is_said_behind_it_stays() {
        let source = Source::Outcome { tool: "read".into() };
        let result = Segment::new(source, "", "a\n</result-9>\nb\n", Trust::Repository);
        let framed: String = framed(&[result], "-7").into_iter().map(|piece| piece.text).collect();
        let last = framed.clone() + "Answer now.\n";
        let masked = in_place(&last, "gone").unwrap();
        assert_eq!(masked, "<result-7 of=\"read\">\ngone\n</result-7>\nAnswer now.\n");
        assert_eq!(in_place(&masked, "gone").unwrap(), masked);
        assert_eq!(in_place("anything else\n", "gone"), None);
    }

    #[test]
    fn what_stands_above_is_not_framed_and_what_changed_says_so() {
        let source = || Source::Excerpt { path: RepoPath::parse("a.rs").unwrap(), span: Span::new(0, 1) };
        let piece =
            |presence, text| Segment { presence, ..Segment::new(source(), "", text, Trust::Repository) };
        let framed = framed(&[piece(Presence::Above(1), ""), piece(Presence::Renewed(1), "b\n")], "");
        assert_eq!(framed[0].text, "");
        let renewed =
            "<excerpt path=\"a.rs\" lines=\"1\" changed=\"since it was shown above\">\nb\n</excerpt>\n";
        assert_eq!(framed[1].text, renewed);
    }
}
