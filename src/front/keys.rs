//! Keys from programs: starts the one that a person named for a provider, or the keyring's, and takes
//! the one word that it prints. A key is kept in memory for as long as the process lives, or until a
//! server refuses it; it is written nowhere, and what a program prints is in no message.

use std::collections::HashMap;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::time::{Instant, sleep};

use crate::provider::{Key, KeyStore};
use crate::text::safe;

/// How long a program may take: somebody may have to unlock something.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often is looked whether it has ended.
const STEP: Duration = Duration::from_millis(5);

/// Most bytes of what it prints that are read; no key is that long.
const MOST: usize = 16 << 10;

/// The keys that programs gave to this process.
#[derive(Debug, Default)]
pub struct Keys {
    known: Mutex<HashMap<Vec<String>, Key>>,
    /// Held while a program runs, so that two requests do not have somebody unlock the same twice.
    asking: tokio::sync::Mutex<()>,
}

impl Keys {
    fn known(&self, command: &[String]) -> Option<Key> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(command).cloned()
    }

    async fn ask(&self, command: &[String]) -> Result<Key, String> {
        let _alone = self.asking.lock().await;
        if let Some(key) = self.known(command) {
            return Ok(key);
        }
        let printed = Running::start(command)?.printed().await?;
        let text = String::from_utf8(printed).map_err(|_| "printed something that is no text".to_owned())?;
        let key = Key::parse(&text).map_err(|why| format!("printed no key: {why}"))?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(command.to_vec(), key.clone());
        Ok(key)
    }
}

impl KeyStore for Keys {
    fn key<'a>(&'a self, command: &'a [String]) -> BoxFuture<'a, Result<Key, String>> {
        self.ask(command).boxed()
    }

    fn forget(&self, command: &[String]) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(command);
    }
}

/// A program that is to print a key. It ends when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already cannot be ended, which is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(command: &[String]) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("is no program")?;
        let mut child = Command::new(program);
        child.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        child.spawn().map(Self).map_err(|why| format!("gave none: `{program}` cannot be started ({why})"))
    }

    async fn printed(mut self) -> Result<Vec<u8>, String> {
        let (mut out, mut said) = (Vec::new(), Vec::new());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.0.try_wait().map_err(|why| format!("cannot be waited for: {why}"))?;
            // Both are emptied all the time, so that a program which says much does not wait for us.
            if let Some(pipe) = &mut self.0.stdout {
                drain(pipe, &mut out);
            }
            if let Some(pipe) = &mut self.0.stderr {
                drain(pipe, &mut said);
            }
            match ended {
                _ if out.len() >= MOST => return Err("printed more than a key can be".into()),
                Some(status) if status.success() => return Ok(out),
                Some(status) => return Err(failed(status, &out, &said)),
                None if Instant::now() > deadline => {
                    return Err(format!("gave no key within {} s", PATIENCE.as_secs()));
                }
                None => sleep(STEP).await,
            }
        }
    }
}

/// What a program that failed says, unless it has printed something: that could be a part of a key.
fn failed(status: std::process::ExitStatus, out: &[u8], said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let last: String = safe::line(last.trim()).chars().take(200).collect();
    if last.is_empty() || !out.trim_ascii().is_empty() {
        return format!("gave none ({status})");
    }
    format!("gave none ({status}): {last}")
}

/// Takes what is in a pipe, without waiting for more, and no more at once than a pipe holds: a program
/// that never stops must not hold us. What is too much is thrown away.
fn drain(mut pipe: impl Read + AsFd, into: &mut Vec<u8>) {
    let mut buffer = [0; 4096];
    for _ in 0..16 {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&pipe.as_fd(), PollFlags::IN)], Some(&now));
        if !matches!(ready, Ok(1..)) {
            return;
        }
        match pipe.read(&mut buffer) {
            Ok(read @ 1..) => {
                let room = MOST.saturating_sub(into.len()).min(read);
                into.extend_from_slice(buffer.get(..room).unwrap_or_default());
            }
            Ok(0) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).into()
    }

    #[test]
    fn a_program_is_asked_once_and_again_when_its_key_was_refused() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        std::fs::write(folder.path().join("key"), "sk-sesame-open\n").unwrap();
        let command = shell(&format!("cd {} && echo x >> count && cat key", folder.path().display()));
        let keys = Keys::default();
        let asked = || std::fs::read_to_string(&count).unwrap().lines().count();
        run(async {
            let (one, other) = tokio::join!(keys.key(&command), keys.key(&command));
            assert!(one.is_ok() && other.is_ok() && asked() == 1);
            keys.forget(&command);
            assert!(keys.key(&command).await.is_ok() && asked() == 2);
        });
        assert!(!format!("{keys:?}").contains("sesame"));
    }

    #[test]
    fn a_program_that_gives_no_key_is_quoted_but_never_what_it_printed() {
        let none = |script: &str| run(Keys::default().ask(&shell(script))).unwrap_err();
        let said = none("echo 'not in the store' >&2; exit 3");
        assert!(said.contains("exit status: 3") && said.contains("not in the store"), "{said}");
        let said = none("echo sk-sesame; echo sk-sesame >&2; exit 1");
        assert!(!said.contains("sesame"), "{said}");
        let said = none("echo two words");
        assert!(said.starts_with("printed no key") && !said.contains("two words"), "{said}");
        assert!(none("true").contains("the key is empty"));
        assert!(none("head -c 100000 /dev/zero >&2; exit 1").contains("status"));
        assert_eq!(none("yes"), "printed more than a key can be", "and it does not go on for ever");
        let missing = run(Keys::default().ask(&["/no/such/program".to_owned()])).unwrap_err();
        assert!(missing.starts_with("gave none: `/no/such/program` cannot be started"), "{missing}");
    }

    #[test]
    fn a_program_ends_when_nobody_waits_for_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let command = shell(&format!("echo $$ > {}; exec sleep 600", file.display()));
        let pid = run(async {
            let keys = Keys::default();
            let mut asking = keys.key(&command);
            loop {
                let _ = tokio::time::timeout(Duration::from_millis(20), &mut asking).await;
                match std::fs::read_to_string(&file).unwrap_or_default().trim().parse::<i32>() {
                    Ok(pid) => return pid,
                    Err(_) => continue,
                }
            }
        });
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        assert!(rustix::process::test_kill_process(pid).is_err());
    }
}
