//! Texts that a person had typed and not saved when rein had to end: kept in the state folder, one
//! file each, and handed out at the next start. It knows nothing of screens, and it never writes into
//! the project.
//!
//! ```text
//! <state>/<workspace id>/unsaved/<id>
//!     rein-unsaved 1 <digest of all that follows>
//!     {"path": …, "time": …, "base": <bytes of the base, or null>}
//!     the base, then the text
//! ```
//! A file that does not match its digest, or has another format number, is left alone.

use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::journal::{failed, list, open_folder};
use super::pen::Pen;
use super::record::{random, time};
use super::{JournalError, Workspace};
use crate::text::{Digest, Lines, RepoPath};

const HEADER: &str = "rein-unsaved 1 ";

/// A text that differs from what is on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsaved {
    pub path: RepoPath,
    /// What the disk held when the text was last equal to it; `None`: no file.
    pub base: Option<Lines>,
    pub text: Lines,
}

/// An unsaved text from an earlier run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    pub unsaved: Unsaved,
    /// When it was kept.
    pub time: Timestamp,
    id: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    path: RepoPath,
    #[serde(with = "time")]
    time: Timestamp,
    base: Option<usize>,
}

impl Workspace {
    /// Keeps a text until it is forgotten. When this returns, the disk has it.
    pub fn keep(&self, unsaved: &Unsaved) -> Result<(), JournalError> {
        let (folder, pen) = (self.unsaved(), Pen::default());
        let io = |source| failed("keep an unsaved text", &folder, source);
        let bytes = encode(unsaved, Timestamp::now()).map_err(|why| io(why.into()))?;
        pen.private_folder(&folder).map_err(io)?;
        let handle = open_folder(&folder)?;
        let id = format!("{:016x}", random());
        let temp = format!(".new-{id}");
        pen.create_with(handle.as_fd(), &temp, 0o600, &bytes)
            .and_then(|file| pen.sync(&file))
            .and_then(|()| pen.rename_new(handle.as_fd(), &temp, &id))
            .and_then(|()| pen.sync(&handle))
            .map_err(io)
    }

    /// The texts that were kept, oldest first.
    pub fn kept(&self) -> Result<Vec<Kept>, JournalError> {
        let folder = self.unsaved();
        let ids = list(&folder)?.into_iter().filter(|id| !id.starts_with('.'));
        let mut kept: Vec<Kept> = ids.filter_map(|id| read(&folder, id)).collect();
        kept.sort_by_key(|kept| kept.time);
        Ok(kept)
    }

    /// The text is saved, kept anew, or not wanted any more.
    pub fn forget(&self, kept: &Kept) -> Result<(), JournalError> {
        let folder = self.unsaved();
        let handle = open_folder(&folder)?;
        let removed = Pen::default().remove(handle.as_fd(), &kept.id);
        removed.map_err(|source| failed("forget an unsaved text", &folder, source))
    }

    fn unsaved(&self) -> std::path::PathBuf {
        self.inner.state.join(&self.inner.id).join("unsaved")
    }
}

fn encode(unsaved: &Unsaved, time: Timestamp) -> serde_json::Result<Vec<u8>> {
    let base = unsaved.base.as_ref().map(Lines::bytes);
    let head = Head { path: unsaved.path.clone(), time, base: base.map(<[u8]>::len) };
    let mut body = serde_json::to_vec(&head)?;
    body.push(b'\n');
    body.extend_from_slice(base.unwrap_or_default());
    body.extend_from_slice(unsaved.text.bytes());
    let header = format!("{HEADER}{}\n", Digest::of(&body));
    Ok([header.as_bytes(), &body].concat())
}

fn decode(bytes: &[u8], id: String) -> Option<Kept> {
    let (header, body) = split_line(bytes)?;
    let sum = std::str::from_utf8(header).ok()?.strip_prefix(HEADER)?;
    if Digest::parse(sum) != Some(Digest::of(body)) {
        return None;
    }
    let (head, texts) = split_line(body)?;
    let head: Head = serde_json::from_slice(head).ok()?;
    let (base, text) = texts.split_at_checked(head.base.unwrap_or(0))?;
    let base = head.base.map(|_| Lines::new(base));
    let unsaved = Unsaved { path: head.path, base, text: Lines::new(text) };
    Some(Kept { unsaved, time: head.time, id })
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// What cannot be read stays where it is; it says nothing about the others.
fn read(folder: &Path, id: String) -> Option<Kept> {
    let bytes: io::Result<Vec<u8>> = std::fs::read(folder.join(&id));
    decode(&bytes.ok()?, id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{Project, path};
    use super::*;

    fn unsaved(base: Option<&str>, text: &str) -> Unsaved {
        Unsaved { path: path("src/a"), base: base.map(Lines::from), text: Lines::from(text) }
    }

    #[test]
    fn a_text_is_kept_until_it_is_forgotten_and_the_project_is_not_touched() {
        let project = Project::new(&[("src/a", "old\n")]);
        let before = project.snapshot();
        assert_eq!(project.open().kept().unwrap(), []);
        for text in ["one", "two\r\n\u{feff}"] {
            project.open().keep(&unsaved(Some("old\n"), text)).unwrap();
        }
        let kept = project.open().kept().unwrap();
        let texts: Vec<_> = kept.iter().map(|kept| kept.unsaved.text.bytes()).collect();
        assert_eq!(texts, [&b"one"[..], "two\r\n\u{feff}".as_bytes()]);
        project.open().forget(&kept[0]).unwrap();
        assert_eq!(project.open().kept().unwrap(), kept[1..]);
        project.open().forget(&kept[0]).unwrap();
        assert_eq!(project.snapshot(), before);
    }

    #[test]
    fn a_damaged_or_foreign_file_is_left_alone_and_hides_no_other() {
        let project = Project::new(&[]);
        let workspace = project.open();
        workspace.keep(&unsaved(None, "mine")).unwrap();
        for (name, bytes) in [("zero", ""), ("later", "rein-unsaved 2 x\n"), (".new-1", "half")] {
            std::fs::write(workspace.unsaved().join(name), bytes).unwrap();
        }
        let kept = workspace.kept().unwrap();
        assert_eq!(kept.len(), 1);
        assert!(workspace.unsaved().join("later").exists());
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back_byte_for_byte_or_not_at_all(
            base in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)),
            text in proptest::collection::vec(any::<u8>(), 0..40),
            at in any::<prop::sample::Index>(),
        ) {
            let base = base.map(Lines::new);
            let unsaved = Unsaved { path: path("a b/ü"), base, text: Lines::new(text) };
            let bytes = encode(&unsaved, Timestamp::UNIX_EPOCH).unwrap();
            prop_assert_eq!(&decode(&bytes, String::new()).unwrap().unsaved, &unsaved);
            let mut changed = bytes.clone();
            changed[at.index(bytes.len())] ^= 1;
            prop_assert!(decode(&changed, String::new()).is_none());
            prop_assert!(decode(&bytes[..at.index(bytes.len())], String::new()).is_none());
        }
    }
}
