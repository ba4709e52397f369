//! An answer as it outlives the program: one line of the file of its conversation, which only grows. What a
//! line says is what came since the answer it goes on from: texts that were shown, messages, pieces. So the
//! next request is the last one and something behind it, also after a restart. Where lines are kept is not
//! known here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::talk::{Before, Step};
use super::{Allowance, Depth, Finding, Inquiry, Limit, Proof, Source};
use crate::context::citation::{Evidence, ShownCommit};
use crate::context::{Segment, shows_secret};
use crate::model::{Ask, Bill, Message, ModelId, Tool, Usage};
use crate::prompt::{Means, Said};
use crate::session::{Effect, End};
use crate::text::{Digest, Lines, RepoPath, Span};

/// Largest text of a file that is kept with an answer, in bytes. Of a larger one its digest is: it is read
/// again when the answer is gone on from, and counts if it is the same.
const LARGEST: usize = 1 << 20;

/// By which an answer is found again, and the conversation it is in: the name of its first answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptAs {
    pub id: String,
    pub conversation: String,
}

/// An answer as it is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptAnswer {
    #[serde(flatten)]
    pub head: Head,
    pub(super) model: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) bill: Bill,
    pub(super) allowance: Allowance,
    pub(super) end: KeptEnd,
    pub(super) findings: Vec<KeptFinding>,
    pub(super) sources: Vec<Source>,
    pub(super) notes: Vec<String>,
    pub(super) steps: Vec<Step>,
    /// Of an answer in depth, and whether each was answered.
    pub(super) parts: Vec<(String, bool)>,
    pub(super) files: Vec<KeptFile>,
    pub(super) commits: Vec<KeptCommit>,
    /// `None`: it cannot be gone on from.
    pub(super) talk: Option<KeptTalk>,
}

/// What a list tells of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    pub id: String,
    pub conversation: String,
    /// The answer that it goes on from.
    pub after: Option<String>,
    /// When it was written down, in milliseconds since 1970.
    pub time: i64,
    pub question: String,
    pub file: Option<RepoPath>,
    pub lines: Option<Span>,
    pub depth: Depth,
    /// Sentences with a source that held, and all.
    pub verified: (usize, usize),
    /// Can the next question go on from it?
    pub whole: bool,
}

/// [`End`], without the causes that only the moment knew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum KeptEnd {
    Finished,
    OutOfRoom,
    OutOfRounds,
    Cancelled,
    Declined(String),
    Spent(Limit),
    /// In words.
    Failed(String),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct KeptFinding {
    lead: String,
    text: String,
    cites: Vec<u32>,
    holds: Vec<u32>,
    doubt: Option<String>,
}

/// A file as it was shown. Without its text where that is very large, not UTF-8, or shows a secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub path: RepoPath,
    pub digest: Digest,
    pub text: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct KeptCommit {
    id: String,
    words: String,
    diff: String,
}

/// What was said, behind what stands in the answer it goes on from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptTalk {
    pub opening: Option<Opening>,
    pub rounds: usize,
    pub history: bool,
    /// So many of the messages before stand before these.
    pub messages_after: usize,
    pub messages: Vec<Message>,
    /// The same of the pieces.
    pub segments_after: usize,
    pub segments: Vec<Segment>,
    pub reply: String,
    pub memory: Memory,
}

/// How a conversation begins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Opening {
    pub system: String,
    pub steady: usize,
    pub tools: Vec<Tool>,
}

/// The answer that another goes on from, as it is known to be written down.
#[derive(Debug)]
pub(super) struct Base {
    pub kept: KeptAs,
    pub before: Before,
}

/// An answer that has ended. Making a line of it takes a moment, which whoever draws the screen has not.
#[derive(Debug)]
pub struct Answered {
    answer: KeptAnswer,
    shown: Evidence,
    said: Option<Before>,
    base: Option<Arc<Base>>,
}

impl Inquiry {
    /// What is to be kept of it, once, when it has ended with an answer.
    pub(super) fn keep_once(&mut self) -> Option<Effect> {
        let kept = self.kept_as()?;
        let end = KeptEnd::of(self.end()?)?;
        if self.kept || self.proof().findings.is_empty() {
            return None;
        }
        self.kept = true;
        let said = self.to_go_on();
        let base = self.base.clone().filter(|_| self.goes_on());
        let question = self.question();
        let head = Head {
            id: kept.id,
            conversation: kept.conversation,
            after: base.as_ref().map(|base| base.kept.id.clone()),
            time: 0,
            question: question.text.clone(),
            file: question.focus.file.clone(),
            lines: question.focus.lines,
            depth: question.depth,
            verified: self.proof().verified(),
            whole: said.is_some(),
        };
        let answer = KeptAnswer {
            head,
            model: self.model().map(ToString::to_string),
            usage: self.usage(),
            bill: self.bill(),
            allowance: question.allowance,
            end,
            findings: self.proof().findings.iter().map(KeptFinding::of).collect(),
            sources: self.proof().sources.clone(),
            notes: self.notes().to_vec(),
            steps: self.steps().cloned().collect(),
            parts: self.parts().map(|(question, answered)| (question.to_owned(), answered)).collect(),
            files: Vec::new(),
            commits: Vec::new(),
            talk: None,
        };
        let answered = Answered { answer, shown: self.shown().clone(), said, base };
        Some(Effect::KeepAnswer { answered: Arc::new(answered) })
    }
}

impl Answered {
    /// The line, written down at `time`, in milliseconds since 1970. `None`: the question or the answer shows a
    /// secret. Where what was sent shows one, the line says nothing of it, and cannot be gone on from.
    pub fn at(&self, time: i64) -> Option<KeptAnswer> {
        let Self { answer, shown, said, base } = self;
        let mut answer = answer.clone();
        if answer.texts().any(|text| shows_secret(text.as_bytes())) {
            return None;
        }
        answer.head.time = time;
        let nothing = Evidence::default();
        let before = base.as_ref().map_or(&nothing, |base| &base.before.shown);
        let new = shown.files().filter(|(path, text)| before.file(path) != Some(text));
        answer.files = new.map(|(path, text)| KeptFile::of(path, text)).collect();
        let known = |commit: &&ShownCommit| !before.shown_commits().any(|other| other == *commit);
        answer.commits = shown.shown_commits().filter(known).map(KeptCommit::of).collect();
        let talk = said.as_ref().map(|said| KeptTalk::of(said, base.as_ref().map(|base| &base.before)));
        // All of it, as it would stand there: what was sent, and what is remembered of it.
        let shows = |talk: &KeptTalk| serde_json::to_vec(talk).map_or(true, |text| shows_secret(&text));
        answer.talk = talk.filter(|talk| !shows(talk));
        answer.head.whole = answer.talk.is_some();
        Some(answer)
    }
}

impl KeptEnd {
    /// `None`: no question was asked.
    fn of(end: &End) -> Option<Self> {
        Some(match end {
            End::Finished => Self::Finished,
            End::OutOfRoom => Self::OutOfRoom,
            End::OutOfRounds => Self::OutOfRounds,
            End::Cancelled => Self::Cancelled,
            End::Declined(words) => Self::Declined(words.clone()),
            End::Spent(limit) => Self::Spent(*limit),
            End::Failed(why) => Self::Failed(why.to_string()),
            End::NotAsked(_) => return None,
        })
    }

    pub fn end(self) -> End {
        match self {
            Self::Finished => End::Finished,
            Self::OutOfRoom => End::OutOfRoom,
            Self::OutOfRounds => End::OutOfRounds,
            Self::Cancelled => End::Cancelled,
            Self::Declined(words) => End::Declined(words),
            Self::Spent(limit) => End::Spent(limit),
            Self::Failed(why) => End::NotAsked(why),
        }
    }
}

impl KeptFinding {
    fn of(finding: &Finding) -> Self {
        let Finding { lead, text, cites, holds, doubt } = finding.clone();
        Self { lead: lead.to_owned(), text, cites, holds, doubt }
    }

    fn finding(self) -> Finding {
        let lead = ["\n\n", "\n", " "].into_iter().find(|lead| *lead == self.lead).unwrap_or_default();
        let Self { text, cites, holds, doubt, .. } = self;
        Finding { lead, text, cites, holds, doubt }
    }
}

impl KeptFile {
    fn of(path: &RepoPath, text: &Lines) -> Self {
        let bytes = text.bytes();
        let plain = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= LARGEST);
        let text = plain.filter(|text| !shows_secret(text.as_bytes())).map(ToOwned::to_owned);
        Self { path: path.clone(), digest: Digest::of(bytes), text }
    }
}

impl KeptCommit {
    fn of(commit: &ShownCommit) -> Self {
        let (words, diff) = commit.parts();
        Self { id: commit.id().to_owned(), words: words.to_owned(), diff: diff.to_owned() }
    }

    pub fn shown(&self) -> ShownCommit {
        ShownCommit::new(self.id.as_str(), &self.words, &self.diff)
    }
}

impl KeptTalk {
    fn of(said: &Before, base: Option<&Before>) -> Self {
        let (ask, segments) = (said.said.ask(), said.said.pack().segments());
        let earlier = base.map(|base| (base.said.ask(), base.said.pack().segments()));
        let (messages_after, segments_after) = earlier
            .map_or((0, 0), |(old, pieces)| (same(&old.messages, &ask.messages), same(pieces, segments)));
        let begins_so =
            |old: &Ask| (&old.system, old.steady, &old.tools) == (&ask.system, ask.steady, &ask.tools);
        let opening = match earlier {
            Some((old, _)) if begins_so(old) => None,
            _ => Some(Opening { system: ask.system.clone(), steady: ask.steady, tools: ask.tools.clone() }),
        };
        Self {
            opening,
            rounds: said.means.rounds,
            history: said.means.history,
            messages_after,
            messages: ask.messages.get(messages_after..).unwrap_or_default().to_vec(),
            segments_after,
            segments: segments.get(segments_after..).unwrap_or_default().to_vec(),
            reply: said.answer.clone(),
            memory: said.memory.clone(),
        }
    }

    /// The conversation, behind the one that it goes on from. `None` where what is written is none.
    pub fn behind(&self, base: Option<&Before>, shown: Evidence) -> Option<Before> {
        let old = base.map(|base| (base.said.ask(), base.said.pack().segments()));
        let (mut messages, mut segments) = (Vec::new(), Vec::new());
        if let Some((ask, pieces)) = old {
            messages.extend_from_slice(ask.messages.get(..self.messages_after)?);
            segments.extend_from_slice(pieces.get(..self.segments_after)?);
        } else if self.messages_after > 0 || self.segments_after > 0 {
            return None;
        }
        messages.extend_from_slice(&self.messages);
        segments.extend_from_slice(&self.segments);
        let (system, steady, tools) = match (&self.opening, old) {
            (Some(new), _) => (new.system.clone(), new.steady, new.tools.clone()),
            (None, Some((ask, _))) => (ask.system.clone(), ask.steady, ask.tools.clone()),
            (None, None) => return None,
        };
        let means = Means { tools: tools.clone(), rounds: self.rounds, history: self.history };
        let ask = Ask { system, steady, tools, messages, ..Ask::default() };
        let said = Said::written_down(segments, ask)?;
        let (answer, memory) = (self.reply.clone(), self.memory.clone());
        // Who is asked next has a window of its own.
        Some(Before { said, answer, shown, means, memory, window: None })
    }
}

impl KeptAnswer {
    /// What a person asked, and what a model said to it.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let said = self.findings.iter().map(|finding| finding.text.as_str());
        let quoted = self.sources.iter().map(|source| source.quote.as_str());
        said.chain(quoted).chain([self.head.question.as_str()])
    }

    pub(super) fn proof(&self) -> Proof {
        let findings = self.findings.iter().cloned().map(KeptFinding::finding).collect();
        Proof { sources: self.sources.iter().cloned().map(Source::placed).collect(), findings }
    }

    pub(super) fn model(&self) -> Option<ModelId> {
        self.model.as_ref()?.parse().ok()
    }
}

/// How many of the first are the same.
fn same<T: PartialEq>(old: &[T], new: &[T]) -> usize {
    old.iter().zip(new).take_while(|(old, new)| old == new).count()
}
