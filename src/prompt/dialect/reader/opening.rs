//! What opens an edit in a reply: its first line, with what the lines before it said of its file.

use super::{InFence, Open, Reader};
use crate::prompt::dialect::apply_patch;
use crate::prompt::dialect::deferred::Naming;
use crate::prompt::dialect::fence::Fence;
use crate::prompt::dialect::hunk::is_hunk;
use crate::prompt::dialect::lead::Taken;
use crate::prompt::dialect::naming::path_in_info;

use crate::prompt::dialect::search_replace::Block;
use crate::prompt::dialect::str_replace::{self, Calls};
use crate::prompt::dialect::unified::{self, Patch};
use crate::prompt::dialect::whole::Text;
use crate::prompt::dialect::{Format, Line, Read};

/// Languages of blocks that are commands or diffs rather than a file.
const NOT_A_FILE: [&str; 8] = ["sh", "bash", "zsh", "shell", "console", "diff", "patch", "output"];

/// Languages of blocks that hold tool calls.
const CALLS: [&str; 5] = ["json", "jsonl", "jsonc", "tool_call", "tool_code"];

impl Reader {
    pub(super) fn open_block(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        self.decide(Format::SearchReplace, out);
        self.use_fence();
        let mut lead = self.lead.take();
        lead.path = lead.path.take().or_else(|| lead.bare_name());
        if lead.path.is_some() || lead.doubt.is_some() {
            self.last_doubt.clone_from(&lead.doubt);
        } else {
            lead.doubt.clone_from(&self.last_doubt);
        }
        lead.path = lead.path.or_else(|| self.last_path.clone()).or_else(|| self.default_path.clone());
        self.last_path.clone_from(&lead.path);
        let block = Block::open(line, lead);
        out.extend(block.path().map(|path| Read::Opened { path: path.to_owned() }));
        self.open = Open::Block(block);
    }

    pub(super) fn opens_patch(&self, text: &str) -> bool {
        let header = self.lead.last().is_some_and(|before| unified::is_file_header(before.text(), text));
        header || text.starts_with("diff --git ") || is_hunk(text)
    }

    pub(super) fn open_patch(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        self.decide(Format::Unified, out);
        let first = if line.text().starts_with("+++ ") { self.lead.pop() } else { None };
        self.use_fence();
        let Taken { path, reason, doubt, .. } = self.lead.take();
        let given = path.or_else(|| self.last_path.clone()).or_else(|| self.default_path.clone());
        let given = given.filter(|_| doubt.is_none());
        self.last_path.clone_from(&given);
        let fence = self.fence.as_ref().map(|fence| fence.fence.clone());
        let mut patch = Patch::open(fence, given, reason);
        if let Some(kept) = first {
            patch.line(kept.line(), out);
        }
        patch.line(line, out);
        self.open = Open::Patch(Box::new(patch));
    }

    pub(super) fn open_sections(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        self.decide(Format::ApplyPatch, out);
        self.use_fence();
        let reason = self.lead.take().reason;
        let fence = self.fence.as_ref().map(|fence| fence.fence.clone());
        self.open = Open::Sections(Box::new(apply_patch::Patch::open(line, fence, reason, out)));
    }

    /// Opens what may be a tool call; false: it is none for sure.
    pub(super) fn opens_calls(&mut self, line: Line<'_>) -> bool {
        let strict = self.format == Format::StrReplace;
        let text = line.text();
        let may_open = self.reads(Format::StrReplace) && !self.json_lost && str_replace::opens(text);
        if !may_open || (!strict && str_replace::is_code(line)) {
            return false;
        }
        let lead = self.lead.take();
        let path = lead.path.clone().or_else(|| self.default_path.clone());
        let path = path.filter(|_| lead.doubt.is_none());
        self.open = Open::Calls(Box::new(Calls::open(line, lead, path, strict)));
        true
    }

    pub(super) fn open_fence(&mut self, fence: Fence, line: Line<'_>, out: &mut Vec<Read>) {
        if let Some(raw) = self.bare.take() {
            self.lead.forget();
            out.extend(Some(raw).filter(|raw| !raw.is_empty()).map(Read::Prose));
        }
        if let Some(path) = path_in_info(&fence.info) {
            self.lead.name(path);
        }
        self.lead.hold(line);
        match self.file_of(&fence) {
            Some((path, naming)) => self.open_text(fence, path, naming, out),
            None => self.fence = Some(InFence { fence, used: false, fresh: true }),
        }
    }

    /// The file that a fenced block is the whole text of, if it is one.
    fn file_of(&self, fence: &Fence) -> Option<(String, Naming)> {
        let language = fence.language();
        if !self.reads_texts() || matches!(language.as_str(), "diff" | "patch") {
            return None;
        }
        let calls = self.format == Format::Auto && CALLS.contains(&language.as_str());
        if let Some(path) = self.lead.path(self.format != Format::Auto).filter(|path| !calls || is_json(path))
        {
            return Some((path.to_owned(), Naming::Reply));
        }
        let path = self.default_path.as_ref()?;
        let is_script = path.ends_with("sh") || !path.contains('.');
        let fits = !NOT_A_FILE.contains(&language.as_str()) || is_script;
        (fits && (!calls || is_json(path))).then(|| (path.clone(), Naming::Default))
    }

    pub(super) fn open_text(&mut self, fence: Fence, path: String, naming: Naming, out: &mut Vec<Read>) {
        let lead = self.lead.take();
        if self.format != Format::Auto && lead.doubt.is_none() {
            out.push(Read::Opened { path: path.clone() });
        }
        self.fence = None;
        self.open = Open::Text(Text::open(fence, path, naming, lead, self.format), naming);
    }
}

/// May the file of this name hold JSON?
fn is_json(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.contains("json") || extension == "ipynb")
}
