//! Reads a reply as it streams in. Works line by line, so that how the stream was cut into pieces
//! makes no difference, and hands lines to the one edit that is open, if one is.
//!
//! In [`Format::Auto`] the first marker of a format decides for the reply; a whole text counts only
//! at the end, when no marker has come: until then it may have been a sample.

mod opening;

use std::collections::VecDeque;

use super::apply_patch;
use super::deferred::{Deferred, Naming};
use super::fence::Fence;
use super::lead::Lead;
use super::naming::path_line;
use super::search_replace::{self, Block};
use super::str_replace::Calls;
use super::unified::Patch;
use super::whole::{self, Text};
use super::{Flaw, Format, Kept, Line, Read, Step, Unreadable, head};

/// Longest reply that is read, in bytes.
pub const MAX_REPLY: usize = 8 << 20;

/// Reads one reply.
#[derive(Debug)]
pub struct Reader {
    format: Format,
    default_path: Option<String>,
    /// The last line, until its end has come.
    partial: String,
    /// Bytes taken so far.
    taken: usize,
    /// Lines read so far.
    lines: usize,
    lead: Lead,
    open: Open,
    /// The code block that the lead or the edits stand in.
    fence: Option<InFence>,
    /// The file the last block was for.
    last_path: Option<String>,
    /// What may have been meant as the name of that file, and is none.
    last_doubt: Option<String>,
    /// Whole texts that count if no marker of another format comes.
    deferred: Deferred,
    /// A whole reply that may be the file: everything so far, while no fence has come.
    bare: Option<String>,
    /// Something was handed out besides prose.
    found: bool,
    /// Broken JSON came: what follows it is no JSON.
    json_lost: bool,
    too_long: bool,
}

#[derive(Debug)]
enum Open {
    Nothing,
    Block(Block),
    Patch(Box<Patch>),
    Sections(Box<apply_patch::Patch>),
    Calls(Box<Calls>),
    Text(Text, Naming),
}

#[derive(Debug)]
struct InFence {
    fence: Fence,
    /// An edit stood in it: the closing line is no prose.
    used: bool,
    /// Its opening line was the last one.
    fresh: bool,
}

impl Reader {
    /// `default_path`: the file that edits without a name are for.
    pub fn new(format: Format, default_path: Option<String>) -> Self {
        let bare =
            (matches!(format, Format::Whole | Format::Lazy) && default_path.is_some()).then(String::new);
        Self {
            format,
            default_path,
            partial: String::new(),
            taken: 0,
            lines: 0,
            lead: Lead::default(),
            open: Open::Nothing,
            fence: None,
            last_path: None,
            last_doubt: None,
            deferred: Deferred::default(),
            bare,
            found: false,
            json_lost: false,
            too_long: false,
        }
    }

    /// Takes the next piece of the reply.
    pub fn feed(&mut self, text: &str) -> Vec<Read> {
        let mut out = Vec::new();
        let room = MAX_REPLY - self.taken;
        let fits = head(text, room);
        self.taken += fits.len();
        for piece in fits.split_inclusive('\n') {
            self.partial.push_str(piece);
            if piece.ends_with('\n') {
                self.whole_line(&mut out);
            }
        }
        if fits.len() < text.len() {
            self.stop_reading(&mut out);
        }
        self.told(out)
    }

    /// The reply has ended: by itself (`complete`), or because the stream was cut.
    pub fn finish(mut self, complete: bool) -> Vec<Read> {
        let mut out = Vec::new();
        if complete && !self.too_long {
            if !self.partial.is_empty() {
                self.whole_line(&mut out);
            }
            self.close(&mut out);
            self.settle(&mut out);
        } else {
            self.cut_off(&mut out);
        }
        self.told(out)
    }

    fn told(&mut self, out: Vec<Read>) -> Vec<Read> {
        self.found |= out.iter().any(|read| matches!(read, Read::Edit(_) | Read::Unreadable(_)));
        out
    }

    fn whole_line(&mut self, out: &mut Vec<Read>) {
        self.lines += 1;
        let first = Kept { raw: std::mem::take(&mut self.partial), number: self.lines };
        let mut queue = VecDeque::from([first]);
        while let Some(kept) = queue.pop_front() {
            self.line(kept.line(), &mut queue, out);
        }
    }

    fn line(&mut self, line: Line<'_>, queue: &mut VecDeque<Kept>, out: &mut Vec<Read>) {
        if matches!(self.open, Open::Nothing) && !self.opens_calls(line) {
            return self.outside(line, out);
        }
        let step = match &mut self.open {
            Open::Nothing => Step::Open,
            Open::Block(block) => block.line(line),
            Open::Patch(patch) => patch.line(line, out),
            Open::Sections(patch) => patch.line(line, out),
            Open::Calls(calls) => calls.line(line, out),
            Open::Text(text, _) => text.line(line),
        };
        self.settle_format(out);
        match step {
            Step::Open => self.announce(out),
            Step::Closed => again(queue, self.close_open(out)),
            Step::Past(lines) => {
                let after = self.close_open(out);
                again(queue, lines);
                again(queue, after);
            }
            Step::Broken => {
                self.json_lost = true;
                self.close_open(out);
            }
            Step::Mistaken(format, lines) => {
                self.open = Open::Nothing;
                self.decide(format, out);
                again(queue, lines);
            }
        }
    }

    /// A whole text in `Auto` is said to have begun when its first line is no marker.
    fn announce(&mut self, out: &mut Vec<Read>) {
        if let Open::Text(text, _) = &self.open
            && self.format == Format::Auto
            && text.len() == 1
        {
            out.push(Read::Opened { path: text.path().to_owned() });
        }
    }

    /// Closes what is open; returns the lines that came after it.
    fn close_open(&mut self, out: &mut Vec<Read>) -> Vec<Kept> {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            // The last two have told all they know.
            Open::Nothing | Open::Sections(_) | Open::Calls(_) => {}
            Open::Block(block) => out.push(block.read()),
            Open::Patch(patch) => patch.finish(true, out),
            Open::Text(text, naming) => return self.close_text(text, naming, out),
        }
        Vec::new()
    }

    fn close_text(&mut self, text: Text, naming: Naming, out: &mut Vec<Read>) -> Vec<Kept> {
        let raw = text.raw();
        let (read, after) = text.read();
        if self.format != Format::Auto && naming == Naming::Reply {
            out.push(read);
        } else {
            self.deferred.push(read, naming, raw);
        }
        after
    }

    /// A line outside of any edit: it opens one, leads to one, or is prose.
    fn outside(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let text = line.text();
        self.note_bare(line);
        if self.reads(Format::SearchReplace) && search_replace::opens(text) {
            return self.open_block(line, out);
        }
        if self.reads(Format::SearchReplace) && search_replace::closes(text) {
            self.lead.flush(out);
            return out.push(line.flaw(Flaw::StrayMarker(text.trim_end().to_owned())));
        }
        if self.reads(Format::ApplyPatch) && apply_patch::opens(text) {
            return self.open_sections(line, out);
        }
        if self.reads(Format::ApplyPatch) && apply_patch::closes(text) {
            self.lead.flush(out);
            return out.push(line.flaw(Flaw::StrayMarker(text.trim_end().to_owned())));
        }
        if self.reads(Format::Unified) && self.opens_patch(text) {
            return self.open_patch(line, out);
        }
        if let Some(fence) = &self.fence
            && fence.fence.closes(text)
        {
            return self.close_fence(line, out);
        }
        if let Some(fence) = Fence::open(text) {
            return self.open_fence(fence, line, out);
        }
        self.inside_fence(line, out);
    }

    fn reads(&self, format: Format) -> bool {
        self.format == format || self.format == Format::Auto
    }

    fn reads_texts(&self) -> bool {
        matches!(self.format, Format::Auto | Format::Lazy | Format::Whole)
    }

    /// The reply is in `format`: whole texts so far were samples.
    fn decide(&mut self, format: Format, out: &mut Vec<Read>) {
        if self.format == Format::Auto {
            self.format = format;
            out.extend(self.deferred.as_prose());
        }
    }

    /// Calls that turn out to be edits decide the format of the reply.
    fn settle_format(&mut self, out: &mut Vec<Read>) {
        if matches!(&self.open, Open::Calls(calls) if calls.found()) {
            self.use_fence();
            self.decide(Format::StrReplace, out);
        }
    }

    fn use_fence(&mut self) {
        if let Some(fence) = &mut self.fence {
            fence.used = true;
        }
    }

    fn close_fence(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let used = self.fence.take().is_some_and(|fence| fence.used);
        self.lead.flush(out);
        if !used {
            out.push(Read::Prose(line.raw.to_owned()));
        }
    }

    /// A line that is neither a marker nor a fence: the first one in a fence may name its file.
    fn inside_fence(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let fresh = self.fence.as_mut().is_some_and(|fence| std::mem::take(&mut fence.fresh));
        let named = path_line(line.text()).filter(|_| fresh && self.reads_texts());
        if self.reads(Format::Unified) && line.text().starts_with("--- ") {
            return self.lead.hold(line);
        }
        match (named, self.fence.take()) {
            (Some(path), Some(InFence { fence, .. })) => {
                self.lead.hold(line);
                self.open_text(fence, path, Naming::Reply, out);
            }
            (_, fence) => {
                self.fence = fence;
                self.prose(line, out);
            }
        }
    }

    fn prose(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let mut noted = Vec::new();
        self.lead.note(line, &mut noted);
        if self.bare.is_none() {
            out.append(&mut noted);
        }
    }

    fn note_bare(&mut self, line: Line<'_>) {
        if let Some(bare) = self.bare.as_mut().filter(|_| Fence::open(line.text()).is_none()) {
            bare.push_str(line.raw);
        }
    }

    /// The end of a complete reply closes what its last line closes.
    fn close(&mut self, out: &mut Vec<Read>) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Block(block) => out.push(block.cut_off()),
            Open::Sections(mut patch) => patch.cut_off(out),
            Open::Calls(calls) => calls.cut_off(out),
            other => {
                self.open = other;
                let after = self.close_open(out);
                out.extend(after.into_iter().map(|kept| Read::Prose(kept.raw)));
            }
        }
        if self.bare.is_none() {
            self.lead.flush(out);
        }
    }

    /// Hands out the whole texts that waited for the end.
    fn settle(&mut self, out: &mut Vec<Read>) {
        if let Some(text) = self.bare.take().filter(|text| !text.trim().is_empty()) {
            out.push(self.bare_file(text));
        }
        out.extend(std::mem::take(&mut self.deferred).settle(self.found, self.lines));
        let none = !self.found && out.iter().all(|read| matches!(read, Read::Prose(_) | Read::Opened { .. }));
        if none {
            out.push(Read::Unreadable(Unreadable::new(Flaw::NoEdit, self.lines.max(1), "")));
        }
    }

    fn bare_file(&self, text: String) -> Read {
        let path = self.default_path.clone().unwrap_or_default();
        Read::Edit(whole::edit(self.format, path, text, None))
    }

    /// The stream was cut: nothing that is open counts, and a last line without its end is no marker.
    fn cut_off(&mut self, out: &mut Vec<Read>) {
        let partial = std::mem::take(&mut self.partial);
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {
                let bare = self.bare.take();
                if bare.is_none() {
                    self.lead.flush(out);
                }
                let prose = bare.unwrap_or_default() + &partial;
                out.extend(Some(prose).filter(|prose| !prose.is_empty()).map(Read::Prose));
            }
            Open::Block(block) => out.push(block.cut_off()),
            Open::Patch(patch) => patch.finish(false, out),
            Open::Sections(mut patch) => patch.cut_off(out),
            Open::Calls(calls) => calls.cut_off(out),
            Open::Text(text, _) => out.push(text.cut_off()),
        }
        out.extend(std::mem::take(&mut self.deferred).cut_off(self.lines));
    }

    fn stop_reading(&mut self, out: &mut Vec<Read>) {
        if !self.too_long {
            self.too_long = true;
            out.push(Read::Unreadable(Unreadable::new(Flaw::TooLong, self.lines.max(1), "")));
        }
    }
}

/// Lines to be read next, before all others.
fn again(queue: &mut VecDeque<Kept>, lines: Vec<Kept>) {
    lines.into_iter().rev().for_each(|kept| queue.push_front(kept));
}
