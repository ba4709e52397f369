//! What must hold of any reply and any file. A target feeds bytes in; a law that does not hold is a
//! panic. The laws are those of `src/change/laws.rs`, here over inputs that coverage leads.

use arbitrary::{Arbitrary, Unstructured};
use rein::change::locate::{Tier, locate};
use rein::change::{
    Base, Edit, EditHunk, EditLine, EditOp, Focus, Leash, Level, Offered, Quote, Review, Scope, Verdict,
};
use rein::prompt::dialect::{Format, Read, Reader};
use rein::text::{Lines, RepoPath, Span};

/// The file that edits without a name are for.
const FILE: &str = "a.txt";

/// `data` is a file, a NUL, and a reply: how the reply is cut makes no difference, what is not closed
/// is no edit, and the edits keep the laws of [`edit`] on the file.
pub fn reply(format: Format, data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (file, reply) = (&data[..at], String::from_utf8_lossy(&data[at..]));
    let whole = read(format, &[&reply], true);
    let mut cut = file.len().min(reply.len());
    while !reply.is_char_boundary(cut) {
        cut -= 1;
    }
    let (head, tail) = reply.split_at(cut);
    assert_eq!(joined(&read(format, &[head, tail], true)), joined(&whole), "cut at {cut}");
    assert!(
        edits(&read(format, &[head], false)).iter().all(|edit| edits(&whole).contains(edit)),
        "an edit that is cut off is handed out"
    );
    let said: usize = edits(&whole).iter().map(|edit| size(edit)).sum();
    assert!(said <= 64 * reply.len() + 4096, "{} bytes became {said}", reply.len());
    let base = Base { path: path(), text: Some(Lines::new(file)) };
    for one in edits(&whole) {
        edit(one, &base);
    }
}

/// A reply that is read piece by piece.
fn read(format: Format, pieces: &[&str], complete: bool) -> Vec<Read> {
    let mut reader = Reader::new(format, Some(FILE.to_owned()));
    let mut reads: Vec<Read> = pieces.iter().flat_map(|piece| reader.feed(piece)).collect();
    reads.extend(reader.finish(complete));
    reads
}

/// Prose comes in pieces as the reply does.
fn joined(reads: &[Read]) -> Vec<Read> {
    let mut joined: Vec<Read> = Vec::new();
    for read in reads {
        match (joined.last_mut(), read) {
            (Some(Read::Prose(before)), Read::Prose(more)) => before.push_str(more),
            _ => joined.push(read.clone()),
        }
    }
    joined
}

fn edits(reads: &[Read]) -> Vec<&Edit> {
    let edits = reads.iter().filter_map(|read| match read {
        Read::Edit(edit) => Some(edit),
        _ => None,
    });
    edits.collect()
}

fn size(edit: &Edit) -> usize {
    let hunk = |hunk: &EditHunk| hunk.lines.iter().map(|line| text(line).len() + 1).sum::<usize>();
    match &edit.op {
        EditOp::Hunk(one) => hunk(one),
        EditOp::OneOf(hunks) | EditOp::Move { hunks, .. } => hunks.iter().map(hunk).sum(),
        // Each of the others holds one text of the reply, if any.
        _ => 0,
    }
}

fn text(line: &EditLine) -> &str {
    let (EditLine::Keep(text) | EditLine::Remove(text) | EditLine::Add(text)) = line;
    text
}

fn path() -> RepoPath {
    RepoPath::parse(FILE).expect("a path")
}

/// What is rejected leaves no trace; what is accepted is what lands; outside the scope no byte differs.
pub fn edit(edit: &Edit, base: &Base) {
    let edit = Edit { path: base.path.to_string(), ..edit.clone() };
    let Some(old) = &base.text else { return };
    let mut review = offered(&edit, base, Level::File, None);
    let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
    review.decide(&ids, Verdict::Rejected);
    assert!(review.settle().is_none());
    assert!(review.preview(&base.path, false).is_none_or(|text| text.bytes() == old.bytes()));

    review.decide(&ids, Verdict::Accepted);
    if let Some(approved) = review.settle() {
        let landed = approved.files()[0].onto(Some(old)).expect("nothing changed underneath");
        let mut by_hand: Vec<Vec<u8>> = old.iter().map(<[u8]>::to_vec).collect();
        for hunk in review.hunks().collect::<Vec<_>>().into_iter().rev() {
            by_hand.splice(hunk.replaces.as_range(), [hunk.with.bytes().to_vec()]);
        }
        assert_eq!(landed.map(|text| text.bytes().to_vec()).unwrap_or_default(), by_hand.concat());
    }

    let middle = Span::new(old.len() / 3, old.len() - old.len() / 3);
    let mut narrow = offered(&edit, base, Level::Selection, Some(middle));
    let ids: Vec<_> = narrow.hunks().map(|hunk| hunk.id).collect();
    narrow.decide(&ids, Verdict::Accepted);
    if let Some(new) = narrow.preview(&base.path, false) {
        let above = old.slice(Span::new(0, middle.start()));
        let below = old.slice(Span::new(middle.end(), old.len()));
        assert!(new.bytes().starts_with(above) && new.bytes().ends_with(below), "outside the selection");
        assert!(new.bytes().len() >= above.len() + below.len(), "outside the selection");
    }
}

/// A review with one edit in it, the reply being over.
fn offered(edit: &Edit, base: &Base, level: Level, lines: Option<Span>) -> Review {
    let focus = Focus { file: Some(base.path.clone()), lines };
    let scope = match Scope::of(level, &focus, Leash::default()) {
        Ok(scope) => scope,
        Err(_) => Scope::of(Level::Repo, &Focus::default(), Leash::default()).expect("a scope"),
    };
    let mut review = Review::new(scope);
    if let Offered::Waiting = review.offer(edit, base.clone()) {
        review.close();
    }
    review
}

/// A file and a hunk, most lines of which are the file's.
#[derive(Debug)]
pub struct Case {
    file: Vec<u8>,
    hunk: EditHunk,
    /// Every line of it that should be in the file is there, to the byte, from this line on.
    true_at: Option<usize>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let file = file(u)?;
        let lines = Lines::new(file.as_slice());
        let start = if lines.is_empty() { 0 } else { u.choose_index(lines.len())? };
        let mut at = start;
        let mut exact = true;
        let mut hunk = EditHunk {
            hint: u.arbitrary::<Option<u8>>()?.map(usize::from),
            header: if u.ratio(1, 8)? { Some(word(u)?) } else { None },
            at_eof: u.ratio(1, 8)?,
            quote: *u.choose(&[Quote::Lines, Quote::Lines, Quote::Text, Quote::EveryText])?,
            lines: Vec::new(),
        };
        for _ in 0..u.int_in_range(0..=12)? {
            let here = lines.text(at).and_then(|text| std::str::from_utf8(text).ok());
            let (kind, Some(here)) = (u.int_in_range(0..=6)?, here) else {
                hunk.lines.push(EditLine::Add(word(u)?));
                continue;
            };
            match kind {
                0 => hunk.lines.push(EditLine::Add(word(u)?)),
                1 => {
                    exact = false;
                    hunk.lines.push(EditLine::Remove(bent(u, here)?));
                    at += 1;
                }
                2 => {
                    exact = false;
                    hunk.lines.push(EditLine::Keep(bent(u, here)?));
                    at += 1;
                }
                3 | 4 => {
                    hunk.lines.push(EditLine::Remove(here.to_owned()));
                    at += 1;
                }
                _ => {
                    hunk.lines.push(EditLine::Keep(here.to_owned()));
                    at += 1;
                }
            }
        }
        // A mark before the first line, and a CR at the end of one, are not the hunk's to say.
        let plain =
            !file.starts_with("\u{feff}".as_bytes()) && hunk.before().all(|line| !line.ends_with('\r'));
        let exact = exact && plain && !hunk.at_eof && hunk.quote == Quote::Lines;
        Ok(Self { true_at: (exact && at > start).then_some(start), file, hunk })
    }
}

/// Lines out of few words, so that they repeat, with any ending; now and then any bytes.
fn file(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    if u.ratio(1, 8)? {
        return u.arbitrary();
    }
    let mut file = Vec::new();
    if u.ratio(1, 16)? {
        file.extend_from_slice("\u{feff}".as_bytes());
    }
    for _ in 0..u.int_in_range(0..=24)? {
        file.extend(word(u)?.bytes());
        file.extend_from_slice(u.choose(&[&b"\n"[..], b"\n", b"\n", b"\r\n", b"\r"])?);
    }
    if u.ratio(1, 4)? {
        file.pop();
    }
    Ok(file)
}

fn word(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    const WORDS: [&str; 16] = [
        "",
        "}",
        "    }",
        "a",
        "b",
        "  a",
        "    b",
        "\tb",
        "a ",
        "if x {",
        "    f(a, b);",
        "f(a,",
        "b)",
        "# a",
        "x = \u{201c}y\u{201d}",
        "&lt;a&gt;",
    ];
    if u.ratio(1, 8)? {
        return Ok(u.arbitrary::<String>()?.replace(['\n', '\r'], ""));
    }
    Ok((*u.choose(&WORDS)?).to_owned())
}

/// A line as a model might misremember it.
fn bent(u: &mut Unstructured<'_>, line: &str) -> arbitrary::Result<String> {
    Ok(match u.int_in_range(0..=6)? {
        0 => format!("  {line}"),
        1 => line.trim().to_owned(),
        2 => format!("{line}  "),
        3 => line.replace('"', "'").replace('(', "( "),
        4 => line.replace('<', "&lt;"),
        5 => format!("{line} // as before"),
        _ => word(u)?,
    })
}

impl Case {
    /// A place that is found lies in the file, and the laws of [`edit`] hold; a hunk that is true and
    /// fits one place only is found there.
    pub fn check(&self) {
        let base = Lines::new(self.file.as_slice());
        let located = locate(&self.hunk, &base);
        if let Ok(located) = &located {
            let mut at = 0;
            assert!(located.place.end() <= base.len(), "{located:?}");
            for splice in &located.splices {
                assert!(at <= splice.replaces.start() && splice.replaces.end() <= base.len(), "{located:?}");
                at = splice.replaces.end();
            }
        }
        if let Some(start) = self.true_at.filter(|_| self.places(&base) == 1) {
            let located = located.unwrap_or_else(|why| panic!("true at {start}: {why}"));
            assert_eq!(located.matched_by, Tier::Exact);
            assert_eq!(located.place.start(), start);
        }
        let one = Edit { path: FILE.to_owned(), op: EditOp::Hunk(self.hunk.clone()), reason: None };
        edit(&one, &Base { path: path(), text: Some(base) });
    }

    /// In how many places every old line of the hunk is there, to the byte.
    fn places(&self, base: &Lines) -> usize {
        let old: Vec<&[u8]> = self.hunk.before().map(str::as_bytes).collect();
        let fits = |start: &usize| old.iter().enumerate().all(|(n, line)| base.text(start + n) == Some(line));
        (0..base.len()).filter(fits).count()
    }
}
