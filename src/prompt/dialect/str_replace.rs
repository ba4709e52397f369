//! Edits as tool calls in JSON: a path, a text, which may be a piece of a line, and what replaces it, under the names that tools in
//! the wild give them, bare or wrapped as a provider's message wraps a call. One object of a list is
//! read as soon as it is closed. What is not JSON, or is cut off, is refused, not repaired.

use super::apply_patch;
use super::json::{Json, Reached, Scan};
use super::lead::{Taken, clipped};
use super::pair;
use super::search_replace::refuse_placeholders;
use super::{Flaw, Format, Kept, Line, Read, Reader, Step, Unreadable, head};
use crate::change::{Edit, EditHunk, EditLine, EditOp, Quote};

const PATH: [&str; 10] = [
    "path",
    "file_path",
    "filePath",
    "filepath",
    "filename",
    "fileName",
    "file",
    "target_file",
    "absolute_path",
    "relative_path",
];
/// Names that nothing but an edit has.
const SURELY_OLD: [&str; 7] =
    ["old_str", "old_string", "oldString", "oldText", "old_text", "oldStr", "old_code"];
const OLD: [&str; 10] = [
    "old_str",
    "old_string",
    "oldString",
    "oldText",
    "old_text",
    "oldStr",
    "old_code",
    "old",
    "search",
    "find",
];
const NEW: [&str; 11] = [
    "new_str",
    "new_string",
    "newString",
    "newText",
    "new_text",
    "newStr",
    "new_code",
    "new",
    "replace",
    "replacement",
    "insert_text",
];
const ALL: [&str; 3] = ["replace_all", "replaceAll", "allow_multiple"];
const TEXT: [&str; 5] = ["file_text", "content", "contents", "new_content", "text"];
const LINE: [&str; 2] = ["insert_line", "insertLine"];
const REASON: [&str; 5] = ["why", "reason", "explanation", "description", "instructions"];
/// What may hold the edits of one path.
const EDITS: [&str; 3] = ["edits", "replacements", "changes"];
/// What may hold a call, as an object, a list or a text of JSON.
const WRAPS: [&str; 14] = [
    "input",
    "arguments",
    "args",
    "parameters",
    "params",
    "tool_input",
    "function",
    "function_call",
    "tool_calls",
    "content",
    "calls",
    "message",
    "choices",
    "patch",
];

/// Deepest wrapping of a call.
const MAX_DEPTH: usize = 8;

/// Does the line begin an object, or a list of them?
pub fn opens(text: &str) -> bool {
    let text = text.trim();
    let inner = |mark| text.strip_prefix(mark).map(str::trim_start).and_then(|rest| rest.chars().next());
    match (inner('{'), inner('[')) {
        (Some(next), _) => matches!(next, '"' | '}'),
        (_, Some(next)) => matches!(next, '{' | ']'),
        _ => matches!(text, "{" | "["),
    }
}

/// Does the line, which [`opens`] a value, go on as no JSON does, and not speak of edits either?
pub fn is_code(line: Line<'_>) -> bool {
    is_wrong(line) && !speaks_of_edits(line.raw)
}

fn is_wrong(line: Line<'_>) -> bool {
    let mut scan = Scan::new();
    for byte in line.raw.bytes() {
        match scan.take(byte) {
            Reached::Wrong => return true,
            Reached::End => return false,
            Reached::Unit if !scan.is_open() => return false,
            _ => {}
        }
    }
    false
}

/// Does the text name what only an edit has?
fn speaks_of_edits(text: &str) -> bool {
    SURELY_OLD.iter().any(|name| text.contains(&format!("\"{name}\"")))
}

/// The broken JSON of a line that was meant as an edit.
fn broken(line: Line<'_>) -> Read {
    line.flaw(Flaw::Json("it is not valid; in a string, write a newline as `\\n` and a quote as `\\\"`"))
}

/// JSON that is being read.
#[derive(Debug)]
pub struct Calls {
    lead: Taken,
    default: Option<String>,
    /// Only calls are read: what is broken was meant as one.
    strict: bool,
    scan: Scan,
    /// All of it, as it came.
    raw: String,
    /// The object that is open, and the line it began on.
    unit: String,
    unit_opened: Kept,
    /// An edit, or something meant as one, was in it.
    found: bool,
}

impl Calls {
    /// `default`: the file of edits that name none.
    pub fn open(line: Line<'_>, lead: Taken, default: Option<String>, strict: bool) -> Self {
        Self {
            lead,
            default,
            strict,
            scan: Scan::new(),
            unit_opened: place(line),
            raw: String::new(),
            unit: String::new(),
            found: false,
        }
    }

    /// Is it known that edits are in it?
    pub fn found(&self) -> bool {
        self.found
    }

    pub fn line(&mut self, line: Line<'_>, out: &mut Vec<Read>) -> Step {
        let mut from = 0;
        let mut closed = false;
        for (at, byte) in line.raw.bytes().enumerate() {
            if byte == b'{' && (!self.scan.is_open() || self.scan.is_between()) {
                self.unit.clear();
                self.unit_opened = place(line);
                from = at;
            }
            let reached = self.scan.take(byte);
            if reached == Reached::Wrong {
                return self.wrong(line, closed, out);
            }
            if reached == Reached::Unit {
                self.unit.push_str(line.raw.get(from..=at).unwrap_or_default());
                self.close_unit(out);
                from = at + 1;
            }
            if reached != Reached::Inside && !self.scan.is_open() {
                if !another_follows(line.raw, at + 1) {
                    return self.close(line, at + 1, out);
                }
                self.scan = Scan::new();
                closed = true;
            }
        }
        self.unit.push_str(line.raw.get(from..).unwrap_or_default());
        self.raw.push_str(line.raw);
        Step::Open
    }

    /// The reply has ended, or was cut.
    pub fn cut_off(mut self, out: &mut Vec<Read>) {
        if self.was_meant(&self.raw) {
            out.push(self.unit_opened.line().flaw(Flaw::Unclosed("JSON")));
        } else {
            self.was_prose(out);
        }
    }

    /// No edit is in it: all of it is words.
    fn was_prose(&mut self, out: &mut Vec<Read>) {
        out.extend(self.lead.held.drain(..).map(|kept| Read::Prose(kept.raw)));
        out.extend(Some(std::mem::take(&mut self.raw)).filter(|raw| !raw.is_empty()).map(Read::Prose));
    }

    fn was_meant(&self, raw: &str) -> bool {
        self.found || self.strict || speaks_of_edits(raw)
    }

    fn close(&mut self, line: Line<'_>, end: usize, out: &mut Vec<Read>) -> Step {
        let (inside, after) = line.raw.split_at_checked(end).unwrap_or((line.raw, ""));
        let past = !matches!(after.trim(), "" | "," | ";");
        if !self.found {
            self.raw.push_str(if past { inside } else { line.raw });
            self.was_prose(out);
        }
        if past {
            return Step::Past(vec![Kept { raw: after.to_owned(), number: line.number }]);
        }
        Step::Closed
    }

    /// The line is not JSON. If an edit was meant, nothing after it counts as one. `closed`: a value
    /// ended in the line before that.
    fn wrong(&mut self, line: Line<'_>, closed: bool, out: &mut Vec<Read>) -> Step {
        if self.was_meant(&self.raw) || speaks_of_edits(line.raw) {
            self.found = true;
            out.push(broken(self.unit_opened.line()));
            return Step::Broken;
        }
        if closed {
            self.raw.push_str(line.raw);
        }
        self.was_prose(out);
        if closed { Step::Closed } else { Step::Past(vec![line.kept()]) }
    }

    fn close_unit(&mut self, out: &mut Vec<Read>) {
        let unit = std::mem::take(&mut self.unit);
        let opened = self.unit_opened.clone();
        let Some(json) = Json::read(&unit) else {
            if self.was_meant(&unit) {
                self.found = true;
                out.push(broken(opened.line()));
            }
            return;
        };
        let mut found = Found { opened: &opened, reason: self.lead.reason.as_deref(), reads: Vec::new() };
        found.look(&json, self.default.as_deref(), None, 0);
        if !found.reads.is_empty() {
            self.found = true;
            out.append(&mut found.reads);
        }
    }
}

/// Where something begins, for a message.
fn place(line: Line<'_>) -> Kept {
    Kept { raw: head(line.text(), Unreadable::EXCERPT).to_owned(), number: line.number }
}

/// Does another value follow in the line?
fn another_follows(raw: &str, at: usize) -> bool {
    raw.get(at..).is_some_and(|rest| rest.trim_start().starts_with(['{', '[']))
}

/// What an object says, while it is looked through.
struct Found<'a> {
    opened: &'a Kept,
    reason: Option<&'a str>,
    reads: Vec<Read>,
}

impl Found<'_> {
    /// `path`: the file meant by what is inside. `tool`: the tool that is called.
    fn look(&mut self, json: &Json, path: Option<&str>, tool: Option<&str>, depth: usize) {
        if depth > MAX_DEPTH {
            return self.reads.push(self.opened.line().flaw(Flaw::Json("it is nested too deep")));
        }
        match json {
            Json::List(items) => items.iter().for_each(|item| self.look(item, path, tool, depth + 1)),
            Json::Text(text) => self.look_in(text, path, tool, depth),
            Json::Object(_) => self.look_at(json, path, tool, depth),
            Json::Other | Json::Bool(_) | Json::Whole(_) => {}
        }
    }

    /// A text may be JSON again, or a patch.
    fn look_in(&mut self, text: &str, path: Option<&str>, tool: Option<&str>, depth: usize) {
        let text = text.trim();
        if text.lines().next().is_some_and(apply_patch::opens) {
            let mut reader = Reader::new(Format::ApplyPatch, None);
            let mut reads = reader.feed(text);
            reads.extend(reader.finish(true));
            reads.retain(|read| !matches!(read, Read::Prose(_)));
            return self.reads.append(&mut reads);
        }
        if !opens(text) {
            return;
        }
        match Json::read(text) {
            Some(json @ (Json::Object(_) | Json::List(_))) => self.look(&json, path, tool, depth + 1),
            _ if speaks_of_edits(text) => self.reads.push(broken(self.opened.line())),
            _ => {}
        }
    }

    fn look_at(&mut self, json: &Json, path: Option<&str>, tool: Option<&str>, depth: usize) {
        let own = json.get(&PATH).and_then(Json::text);
        let path = own.or(path);
        let tool = json.get(&["name", "tool", "command", "tool_name"]).and_then(Json::text).or(tool);
        if is_read_only(tool) {
            return;
        }
        if let Some(op) = operation(json, own.is_some(), tool) {
            return self.tell(op, path, json);
        }
        for name in EDITS.iter().chain(&WRAPS).chain(&["command"]) {
            if let Some(inner @ (Json::Object(_) | Json::List(_) | Json::Text(_))) = json.get(&[name]) {
                self.look(inner, path, tool, depth + 1);
            }
        }
    }

    fn tell(&mut self, op: Result<EditOp, Flaw>, path: Option<&str>, json: &Json) {
        let edit = op.and_then(|op| {
            let path = path.filter(|path| !path.is_empty()).ok_or(Flaw::NoPath)?;
            let path = path.strip_prefix("./").unwrap_or(path).to_owned();
            let reason = json.get(&REASON).and_then(Json::text).or(self.reason);
            let reason = reason.filter(|reason| !reason.trim().is_empty()).map(clipped);
            Ok(Edit { path, op, reason })
        });
        match edit {
            Ok(edit) => {
                self.reads.push(Read::Opened { path: edit.path.clone() });
                self.reads.push(Read::Edit(edit));
            }
            Err(flaw) => self.reads.push(self.opened.line().flaw(flaw)),
        }
    }
}

fn is_read_only(tool: Option<&str>) -> bool {
    matches!(tool, Some("view" | "read" | "read_file" | "undo_edit" | "list" | "search" | "grep"))
}

/// What an object asks for by itself, if it is an edit.
fn operation(json: &Json, has_path: bool, tool: Option<&str>) -> Option<Result<EditOp, Flaw>> {
    if tool == Some("insert") || json.get(&LINE).is_some() {
        return Some(insertion(json));
    }
    if json.get(&OLD).is_some() && (json.get(&NEW).is_some() || json.get(&SURELY_OLD).is_some()) {
        return Some(replacement(json));
    }
    let tool = tool.unwrap_or_default().to_ascii_lowercase();
    let writes = tool.contains("create") || tool.contains("write") || json.get(&["file_text"]).is_some();
    if has_path && writes {
        return Some(written(json));
    }
    None
}

fn replacement(json: &Json) -> Result<EditOp, Flaw> {
    let text = |names: &[&str], why| json.get(names).and_then(Json::text).ok_or(Flaw::Json(why));
    let old = text(&OLD, "the text to find is not a string")?;
    let new = text(&NEW, "the text that replaces it is missing, or is not a string")?;
    let all = match json.get(&ALL) {
        None | Some(Json::Other) => false,
        Some(Json::Bool(all)) => *all,
        Some(_) => return Err(Flaw::Json("`replace_all` is neither true nor false")),
    };
    if !matches!(json.get(&["expected_replacements"]), None | Some(Json::Other | Json::Whole(1))) {
        return Err(Flaw::Json("a number of replacements other than 1 cannot be held to"));
    }
    let quote = if all { Quote::EveryText } else { Quote::Text };
    let hunk = EditHunk { quote, ..pair::of_texts(old, new) };
    if hunk.lines.is_empty() {
        return Err(Flaw::Nothing);
    }
    refuse_placeholders(&hunk.lines)?;
    Ok(EditOp::Hunk(hunk))
}

fn insertion(json: &Json) -> Result<EditOp, Flaw> {
    let Some(Json::Whole(after)) = json.get(&LINE) else {
        return Err(Flaw::Json("`insert_line` is not a line number"));
    };
    let text = json.get(&NEW).or_else(|| json.get(&TEXT)).and_then(Json::text);
    let text = text.ok_or(Flaw::Json("the text to insert is missing, or is not a string"))?;
    let lines: Vec<EditLine> = text.lines().map(|line| EditLine::Add(line.to_owned())).collect();
    if lines.is_empty() {
        return Err(Flaw::Nothing);
    }
    refuse_placeholders(&lines)?;
    let hint = usize::try_from(*after).ok().and_then(|after| after.checked_add(1));
    Ok(EditOp::Hunk(EditHunk { lines, hint, ..EditHunk::default() }))
}

fn written(json: &Json) -> Result<EditOp, Flaw> {
    let text = json.get(&TEXT).and_then(Json::text);
    let text = text.ok_or(Flaw::Json("the file's text is missing, or is not a string"))?;
    Ok(EditOp::Whole(text.to_owned()))
}
