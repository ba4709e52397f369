//! What the journal remembers of one operation, and its bytes on disk: a first line with a format
//! number and a SHA-256 of the rest, then JSON. A record that does not match its sum, or has another
//! format number, is somebody else's: it is reported and left alone.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::change::Level;
use crate::text::{Digest, RepoPath};

const HEADER: &str = "rein-journal 1 ";

/// Who asked for a landing, where, and with which model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Story {
    pub instruction: String,
    pub level: Level,
    pub model: Option<String>,
    pub source: Source,
}

/// By which way an operation came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Tui,
    Edit,
    Apply,
    Tour,
    /// A review of a difference that nobody proposed.
    Diff,
}

/// What kind of operation it was. `of`: the id of the landing, save or restore concerned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Kind {
    Landing,
    Save,
    /// A file became a version that the journal had kept: the one before or after operation `of`.
    Restore {
        of: String,
    },
    Undo {
        of: String,
    },
    Redo {
        of: String,
    },
}

/// A journaled operation: enough to complete it, to take it back, and to tell it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    #[serde(with = "time")]
    pub(super) time: Timestamp,
    #[serde(flatten)]
    pub(super) kind: Kind,
    pub(super) story: Option<Story>,
    pub(super) files: Vec<Entry>,
    /// Folders that are made for it, outermost first.
    pub(super) makes: Vec<RepoPath>,
    /// Folders that go with it if they are empty then, innermost first.
    pub(super) vacates: Vec<RepoPath>,
}

/// One file of an operation. `before` and `after` are never equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: RepoPath,
    pub(super) before: Option<Stamp>,
    pub(super) after: Option<Stamp>,
    /// Where the new text is staged, in the file's own folder.
    pub(super) temp: TempName,
}

/// A text and the permission bits it has (`None`: what the umask gives a new file).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) digest: Digest,
    pub(super) mode: Option<u32>,
}

impl Entry {
    pub(super) fn digest_before(&self) -> Option<Digest> {
        self.before.map(|stamp| stamp.digest)
    }

    pub(super) fn digest_after(&self) -> Option<Digest> {
        self.after.map(|stamp| stamp.digest)
    }
}

impl Record {
    pub(super) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        Ok(format!("{HEADER}{}\n{body}\n", Digest::of(body.as_bytes())).into_bytes())
    }

    /// # Errors
    /// Why these bytes are no record of this version.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not text".to_owned())?;
        let (header, body) = text.split_once('\n').ok_or("cut off")?;
        let sum = header.strip_prefix(HEADER).ok_or("written by another version")?;
        let body = body.strip_suffix('\n').ok_or("cut off")?;
        if Digest::parse(sum) != Some(Digest::of(body.as_bytes())) {
            return Err("its checksum does not match".to_owned());
        }
        serde_json::from_str(body).map_err(|error| error.to_string())
    }
}

/// The name of a staged file: `.rein-` and 16 hexadecimal digits and `.tmp`, nothing else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TempName(String);

impl TempName {
    pub(super) fn fresh() -> Self {
        Self(format!(".rein-{:016x}.tmp", random()))
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let digits = name.strip_prefix(".rein-")?.strip_suffix(".tmp")?;
        let hex = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (hex && digits.len() == 16).then(|| Self(name.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that belongs to this one, for a text that is not whole yet.
    pub(super) fn scratch(&self) -> Self {
        let digits = self.0.trim_start_matches(".rein-").trim_end_matches(".tmp");
        let number = u64::from_str_radix(digits, 16).unwrap_or_default();
        Self(format!(".rein-{:016x}.tmp", number ^ 1))
    }
}

impl Serialize for TempName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TempName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom("not the name of a staged file"))
    }
}

/// A number nobody guesses and no two processes share. Names made of it are created with `O_EXCL`,
/// so that a guess would be an error, not a hole.
pub(super) fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

pub(super) mod time {
    //! Times as RFC 3339 in UTC.

    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    pub(crate) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let stamp = |text: &str| Some(Stamp { digest: Digest::of(text.as_bytes()), mode: Some(0o644) });
        Record {
            id: "0a1b2c3d".into(),
            time: "2026-11-25T04:00:00Z".parse().unwrap(),
            kind: Kind::Undo { of: "ffffffff".into() },
            story: None,
            files: vec![Entry {
                path: RepoPath::parse("a/b").unwrap(),
                before: stamp("old"),
                after: stamp("new"),
                temp: TempName::fresh(),
            }],
            makes: vec![],
            vacates: vec![RepoPath::parse("a").unwrap()],
        }
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let bytes = record().encode().unwrap();
        assert_eq!(Record::decode(&bytes).unwrap().files[0].path, record().files[0].path);
        let kind = Record::decode(&bytes).unwrap().kind;
        assert_eq!(kind, record().kind);
    }

    #[test]
    fn any_changed_byte_or_cut_makes_a_record_unreadable() {
        let bytes = record().encode().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Record::decode(&changed).is_err(), "byte {at}");
            assert!(Record::decode(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_staged_name_cannot_be_a_path() {
        for name in ["../x", ".rein-../../../../../x.tmp", ".rein-0.tmp", ".rein-000000000000000G.tmp"] {
            assert_eq!(TempName::parse(name), None, "{name}");
        }
        let fresh = TempName::fresh();
        assert_eq!(TempName::parse(fresh.as_str()).as_ref(), Some(&fresh));
        let scratch = fresh.scratch();
        assert_ne!(scratch, fresh);
        assert_eq!(scratch.scratch(), fresh);
        assert_eq!(TempName::parse(scratch.as_str()), Some(scratch));
    }
}
