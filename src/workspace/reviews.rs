//! Reviews under way, kept in the state folder so that leaving, or being killed, loses no verdict: one
//! file for each kind of review, replaced as a whole. What is in it is the caller's; a file that does
//! not match its sum says nothing.
//!
//! ```text
//! <state>/<workspace id>/reviews/<name>
//!     rein-review 1 <digest of all that follows>
//!     what is kept
//! ```

use std::os::fd::AsFd as _;
use std::path::PathBuf;

use super::journal::{failed, open_folder};
use super::pen::Pen;
use super::record::random;
use super::{JournalError, Workspace};
use crate::text::Digest;

const HEADER: &str = "rein-review 1 ";

impl Workspace {
    /// Keeps a review under a name, in place of the one that was kept there. When this returns, a crash
    /// of the program does not lose it.
    pub fn keep_review(&self, name: &str, body: &[u8]) -> Result<(), JournalError> {
        let (folder, pen) = (self.reviews(), Pen::default());
        let io = |source| failed("keep a review", &folder, source);
        pen.private_folder(&folder).map_err(io)?;
        let handle = open_folder(&folder)?;
        let temp = format!(".new-{:016x}", random());
        let bytes = [format!("{HEADER}{}\n", Digest::of(body)).as_bytes(), body].concat();
        pen.create_with(handle.as_fd(), &temp, 0o600, &bytes)
            .and_then(|_| pen.replace(handle.as_fd(), &temp, name))
            .map_err(io)
    }

    /// The review that is kept under a name.
    pub fn kept_review(&self, name: &str) -> Option<Vec<u8>> {
        let bytes = std::fs::read(self.reviews().join(name)).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let sum = std::str::from_utf8(bytes.get(..end)?).ok()?.strip_prefix(HEADER)?;
        let body = bytes.get(end + 1..)?;
        (Digest::parse(sum) == Some(Digest::of(body))).then(|| body.to_vec())
    }

    /// Nothing of the review is open any more.
    pub fn forget_review(&self, name: &str) -> Result<(), JournalError> {
        let folder = self.reviews();
        if !folder.join(name).is_file() {
            return Ok(());
        }
        let handle = open_folder(&folder)?;
        let removed = Pen::default().remove(handle.as_fd(), name);
        removed.map_err(|source| failed("forget a review", &folder, source))
    }

    fn reviews(&self) -> PathBuf {
        self.inner.state.join(&self.inner.id).join("reviews")
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Project;

    #[test]
    fn a_review_is_kept_until_it_is_forgotten_and_a_damaged_one_says_nothing() {
        let project = Project::new(&[]);
        let workspace = project.open();
        assert_eq!(workspace.kept_review("turn"), None);
        workspace.keep_review("turn", b"one").unwrap();
        workspace.keep_review("turn", b"two").unwrap();
        workspace.keep_review("diff-1", b"three").unwrap();
        assert_eq!(project.open().kept_review("turn").unwrap(), b"two");
        let file = workspace.reviews().join("turn");
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(workspace.kept_review("turn"), None);
        workspace.forget_review("diff-1").unwrap();
        workspace.forget_review("diff-1").unwrap();
        assert_eq!(workspace.kept_review("diff-1"), None);
        assert_eq!(std::fs::read_dir(workspace.reviews()).unwrap().count(), 1, "no litter");
    }
}
