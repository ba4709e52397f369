//! The ledger of the wire: every request that left, as it left but for the key, one file each, for as
//! long as the user keeps them. Shows nothing itself and knows no answer.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::provider::{Sent, Witness};
use crate::session::SentRequest;
use crate::workspace::{Drawer, Workspace};

/// Below the workspace's own folder.
const FOLDER: &str = "wire";

/// How much of what was sent is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    pub age: Duration,
    /// Bytes.
    pub size: u64,
}

/// Writes down what leaves.
#[derive(Debug)]
pub struct WireLog {
    drawer: Drawer,
    trouble: Mutex<Trouble>,
}

/// Said once: a disk that is full stays so for a while.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
enum Trouble {
    #[default]
    None,
    Unsaid(String),
    Said,
}

impl WireLog {
    /// Clears out what is too old or too much.
    pub fn open(workspace: &Workspace, kept: Retention) -> Self {
        let drawer = workspace.drawer(FOLDER);
        // What cannot be cleared out now is at the next start.
        let _ = drawer.clear_out(kept.age, kept.size);
        Self { drawer, trouble: Mutex::default() }
    }

    fn write(&self, provider: &str, sent: &Sent) -> io::Result<()> {
        // Two that leave in the same microsecond get names of their own.
        for _ in 0..1_000 {
            let name = format!("{}.{}.http", id(jiff::Timestamp::now()), plain(provider));
            match self.drawer.put(&name, &sent.as_http()) {
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                result => return result,
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Witness for WireLog {
    fn sends(&self, provider: &str, sent: &Sent) {
        // A full disk is no reason not to answer; the request is missing here then, and that is said.
        if let Err(why) = self.write(provider, sent) {
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            if *trouble == Trouble::None {
                *trouble = Trouble::Unsaid(why.to_string());
            }
        }
    }

    fn trouble(&self) -> Option<String> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match &*trouble {
            Trouble::Unsaid(why) => {
                let why = why.clone();
                *trouble = Trouble::Said;
                Some(why)
            }
            Trouble::None | Trouble::Said => None,
        }
    }
}

fn id(at: jiff::Timestamp) -> String {
    at.strftime("%Y%m%d-%H%M%S-%6f").to_string()
}

/// A provider's name as a part of a file's.
fn plain(provider: &str) -> String {
    provider.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// The last `limit` requests that are kept, newest first, or those whose id begins with `id`.
///
/// # Errors
/// The log is there and cannot be read.
pub fn read(workspace: &Workspace, id: Option<&str>, limit: usize) -> io::Result<Vec<SentRequest>> {
    let drawer = workspace.drawer(FOLDER);
    let names = drawer.names()?;
    let wanted = names.iter().rev().filter(|name| id.is_none_or(|id| name.starts_with(id)));
    let mut entries = Vec::new();
    for name in wanted.take(limit) {
        let mut parts = name.splitn(3, '.');
        let (Some(id), Some(provider), Some("http")) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        // One that is cleared out meanwhile is not there any more.
        let Some(bytes) = drawer.read(name)? else { continue };
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix(" HTTP/1.1").unwrap_or(&line).to_owned();
        entries.push(SentRequest { id: id.into(), provider: provider.into(), line, bytes });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::StateDirs;

    fn workspace(folder: &std::path::Path) -> Workspace {
        Workspace::open_folder(folder, StateDirs { state: folder.join("state") }).unwrap()
    }

    const KEPT: Retention = Retention { age: Duration::from_secs(60), size: 1 << 20 };

    #[test]
    fn every_request_is_kept_byte_for_byte_and_found_by_the_start_of_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = workspace(folder.path());
        let log = WireLog::open(&workspace, KEPT);
        for body in ["one", "two\n"] {
            let headers = vec![("authorization".into(), "[key]".into())];
            let (method, url) = ("POST".to_owned(), "http://h/v1".to_owned());
            log.sends("my.local", &Sent { method, url, headers, body: body.into() });
        }
        let entries = read(&workspace, None, 9).unwrap();
        assert_eq!((entries.len(), entries[0].provider.as_str()), (2, "my_local"));
        assert_eq!(entries[0].line, "POST http://h/v1");
        assert_eq!(entries[0].bytes, b"POST http://h/v1 HTTP/1.1\r\nauthorization: [key]\r\n\r\ntwo\n");
        assert_eq!(read(&workspace, Some(&entries[1].id), 9).unwrap(), entries[1..]);
        assert_eq!(read(&workspace, None, 1).unwrap(), entries[..1]);
        WireLog::open(&workspace, Retention { size: 0, ..KEPT });
        assert!(read(&workspace, None, 9).unwrap().is_empty());
    }

    #[test]
    fn a_ledger_that_cannot_be_written_says_so_once() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = workspace(folder.path());
        let log = WireLog::open(&workspace, KEPT);
        assert_eq!(log.trouble(), None);
        // Its folder cannot be made where a file is in the way.
        std::fs::remove_dir_all(folder.path().join("state")).ok();
        std::fs::write(folder.path().join("state"), "in the way").unwrap();
        let sent = Sent { method: "POST".into(), url: "http://h".into(), headers: vec![], body: vec![] };
        log.sends("p", &sent);
        log.sends("p", &sent);
        assert!(log.trouble().is_some());
        log.sends("p", &sent);
        assert_eq!(log.trouble(), None);
    }
}
