//! A review as it is written down, and how it comes back. What is read was written by this program, and
//! is looked at as if it were not: hunks that do not fit their file, or each other, do not come back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Note, Purpose, Review};
use crate::change::locate::{Kept, Tier};
use crate::change::{Base, FileOp, Focus, Hunk, HunkId, Leash, Level, Scope, Standing, Verdict};
use crate::text::{Lines, RepoPath, Span};

/// A review without what can be worked out again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptReview {
    level: Level,
    file: Option<RepoPath>,
    lines: Option<(usize, usize)>,
    purpose: Purpose,
    files: Vec<KeptFile>,
    next_id: u32,
}

/// The hunks of a file. Where the file's text is to be had elsewhere, it is left out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptFile {
    path: RepoPath,
    base: Option<Text>,
    hunks: Vec<KeptHunk>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct KeptHunk {
    id: u32,
    op: FileOp,
    replaces: (usize, usize),
    with: Text,
    matched_by: Tier,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    kept: BTreeSet<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default)]
    conflict: bool,
    verdict: Verdict,
    #[serde(default)]
    note: Note,
}

/// A text, readable where it can be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Utf8(String),
    Bytes(Vec<u8>),
}

impl Text {
    fn of(lines: &Lines) -> Self {
        match std::str::from_utf8(lines.bytes()) {
            Ok(text) => Self::Utf8(text.to_owned()),
            Err(_) => Self::Bytes(lines.bytes().to_vec()),
        }
    }

    fn lines(&self) -> Lines {
        match self {
            Self::Utf8(text) => Lines::from(text.as_str()),
            Self::Bytes(bytes) => Lines::new(bytes.as_slice()),
        }
    }
}

impl KeptReview {
    /// Is there anything in it that a person decided?
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files, for a difference that is made anew.
    pub fn into_files(self) -> BTreeMap<RepoPath, KeptFile> {
        self.files.into_iter().map(|file| (file.path.clone(), file)).collect()
    }
}

impl Review {
    /// What must be written down: of a proposal everything; of a difference, which is made anew, the
    /// files that something was decided in.
    pub fn keep(&self) -> KeptReview {
        let groups = self.hunks.chunk_by(|one, next| one.path == next.path);
        let files = groups.filter(|hunks| self.purpose == Purpose::Propose || self.is_decided(hunks));
        KeptReview {
            level: self.scope.level(),
            file: self.scope.file().cloned(),
            lines: self.scope.lines().map(|span| (span.start(), span.end())),
            purpose: self.purpose,
            files: files.filter_map(|hunks| self.keep_file(hunks)).collect(),
            next_id: self.next_id,
        }
    }

    fn is_decided(&self, hunks: &[Hunk]) -> bool {
        hunks.iter().any(|hunk| hunk.verdict != Verdict::Undecided || self.notes.contains_key(&hunk.id))
    }

    fn keep_file(&self, hunks: &[Hunk]) -> Option<KeptFile> {
        let path = hunks.first()?.path.clone();
        let base = match self.purpose {
            Purpose::Propose => self.bases.get(&path)?.text.as_ref().map(Text::of),
            Purpose::TakeBack | Purpose::ReadOnly => None,
        };
        let hunk = |hunk: &Hunk| KeptHunk {
            id: hunk.id.0,
            op: hunk.op,
            replaces: (hunk.replaces.start(), hunk.replaces.end()),
            with: Text::of(&hunk.with),
            matched_by: hunk.matched_by,
            kept: hunk.kept.clone(),
            reason: hunk.reason.clone(),
            conflict: hunk.standing == Standing::Conflict,
            verdict: hunk.verdict,
            note: self.notes.get(&hunk.id).cloned().unwrap_or_default(),
        };
        Some(KeptFile { path, base, hunks: hunks.iter().map(hunk).collect() })
    }

    /// A proposal as it was kept, in the scope that it had. Call [`Review::rebase`] with what the files
    /// are now. `None`: it is no proposal, or not one that can be.
    pub fn bring_back_kept(kept: KeptReview, leash: Leash) -> Option<Self> {
        if kept.purpose != Purpose::Propose {
            return None;
        }
        let lines = kept.lines.map(|(start, end)| Span::new(start, end));
        let scope = Scope::of(kept.level, &Focus { file: kept.file, lines }, leash).ok()?;
        let mut review = Self::new(scope);
        review.next_id = kept.next_id;
        for file in kept.files {
            let base = Base { path: file.path.clone(), text: file.base.as_ref().map(Text::lines) };
            let (hunks, notes) = file.hunks(base.text.as_ref())?;
            if review.bases.contains_key(&file.path) || hunks.iter().any(|hunk| hunk.id.0 >= kept.next_id) {
                return None;
            }
            review.seen.insert(file.path.clone(), base.clone());
            review.bases.insert(file.path.clone(), base);
            review.put_hunks(&file.path, hunks);
            review.notes.extend(notes);
        }
        Some(review)
    }

    /// What was decided of a file in an earlier run, as far as the difference is still the same: all of
    /// it if the hunks make the same text, else of the hunks that are there again.
    pub fn recall(&mut self, file: &KeptFile) {
        let base = self.bases.get(&file.path).and_then(|base| base.text.clone());
        let Some((kept, notes)) = file.hunks(base.as_ref()) else { return };
        let made = |hunks: &[Hunk]| {
            let splices = hunks.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
            super::spliced(&base.clone().unwrap_or_else(|| "".into()), splices)
        };
        let now: Vec<Hunk> = self.of_file(&file.path).cloned().collect();
        let same = now.len() <= kept.len() && made(&now) == made(&kept);
        let mut fresh = now;
        let mut noted = Vec::new();
        if same {
            fresh = kept
                .iter()
                .map(|hunk| {
                    let id = HunkId(self.next_id);
                    self.next_id += 1;
                    noted.push((id, hunk.id));
                    Hunk { id, ..hunk.clone() }
                })
                .collect();
        } else {
            for hunk in &mut fresh {
                let was = kept.iter().find(|was| was.repeats(hunk.op, hunk.replaces, &hunk.with));
                if let Some(was) = was {
                    hunk.verdict = was.verdict;
                    noted.push((hunk.id, was.id));
                }
            }
        }
        let notes: BTreeMap<HunkId, Note> = notes.into_iter().collect();
        for (id, was) in noted {
            if let Some(note) = notes.get(&was) {
                self.notes.insert(id, note.clone());
            }
        }
        self.put_hunks(&file.path, fresh);
    }
}

impl KeptFile {
    /// The hunks and their notes, if they fit the file and do not overlap.
    fn hunks(&self, base: Option<&Lines>) -> Option<(Vec<Hunk>, Vec<(HunkId, Note)>)> {
        let lines = base.map_or(0, Lines::len);
        let mut end = 0;
        let mut hunks = Vec::with_capacity(self.hunks.len());
        let mut notes = Vec::new();
        for kept in &self.hunks {
            let (start, stop) = kept.replaces;
            let conflict = kept.conflict;
            let fits = start <= stop && stop <= lines && (start >= end || conflict);
            let is_so = match kept.op {
                FileOp::Create => base.is_none(),
                FileOp::Update | FileOp::Delete => base.is_some(),
            };
            if !fits || !(is_so || conflict) {
                return None;
            }
            end = if conflict { end } else { stop };
            let id = HunkId(kept.id);
            if kept.note != Note::default() {
                notes.push((id, kept.note.clone()));
            }
            hunks.push(Hunk {
                id,
                path: self.path.clone(),
                op: kept.op,
                replaces: Span::new(start, stop),
                with: kept.with.lines(),
                matched_by: kept.matched_by,
                kept: kept.kept.clone(),
                reason: kept.reason.clone(),
                standing: if conflict { Standing::Conflict } else { Standing::Good },
                verdict: kept.verdict,
            });
        }
        Some((hunks, notes))
    }
}
