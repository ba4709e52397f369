//! Starts the check that the user has configured for a project, hears it, and ends it with all that it started:
//! when it is told to, when it takes too long or says too much, and when rein leaves. It gets no input, and no
//! key of a provider.

use std::io::{PipeReader, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::orchestrator::Checker;
use crate::session::CheckEnd;

/// Most bytes of what it says that are heard.
const MOST: u64 = 64 << 20;

/// How often is looked whether it shall end.
const STEP: Duration = Duration::from_millis(50);

/// How long what was told to end may take before it is made to.
const GRACE: Duration = Duration::from_millis(300);

/// A command that checks a project.
#[derive(Clone, Debug)]
pub struct Check {
    /// The program, then its arguments.
    pub command: Vec<String>,
    /// Variables that it does not get: they hold keys.
    pub hidden: Vec<String>,
    pub timeout: Duration,
}

impl Checker for Check {
    fn run(&self, root: &Path, stop: &dyn Fn() -> bool, heard: &mut dyn FnMut(&[u8])) -> CheckEnd {
        let (pipe, group) = match self.start(root) {
            Ok(started) => started,
            Err(why) => return CheckEnd::NotRun(why),
        };
        self.hear(pipe, group, stop, heard)
    }
}

impl Check {
    fn start(&self, root: &Path) -> Result<(PipeReader, Group), String> {
        let (program, arguments) = self.command.split_first().ok_or("no command is named")?;
        let cannot = |why: std::io::Error| format!("`{program}` cannot be started ({why})");
        let (reader, writer) = std::io::pipe().map_err(cannot)?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root).stdin(Stdio::null());
        // One pipe for both, so that what is said keeps its order.
        command.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
        for name in &self.hidden {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1").process_group(0);
        let child = command.spawn().map_err(cannot)?;
        Ok((reader, Group(child, false)))
    }

    fn hear(
        &self,
        mut pipe: PipeReader,
        mut group: Group,
        stop: &dyn Fn() -> bool,
        heard: &mut dyn FnMut(&[u8]),
    ) -> CheckEnd {
        let (began, mut bytes) = (Instant::now(), 0);
        let mut buffer = vec![0; 64 << 10];
        let mut open = true;
        loop {
            if stop() {
                return CheckEnd::Stopped;
            }
            if began.elapsed() >= self.timeout {
                return CheckEnd::TooLong(self.timeout.as_secs());
            }
            let ended = group.has_ended();
            let wait = if ended { Duration::ZERO } else { STEP };
            match if open { ready(&pipe, wait) } else { idle(wait) } {
                true => match pipe.read(&mut buffer) {
                    Ok(0) => open = false,
                    Ok(read) => {
                        bytes += read as u64;
                        heard(buffer.get(..read).unwrap_or_default());
                    }
                    Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(why) => return CheckEnd::NotRun(format!("its output cannot be read ({why})")),
                },
                // What it has started may go on and hold the pipe; nobody waits for that.
                false if ended => {
                    return match group.status() {
                        Some(status) => exited(status),
                        None => CheckEnd::Killed,
                    };
                }
                // Whoever hears it may have kept something back.
                false => heard(&[]),
            }
            if bytes > MOST {
                return CheckEnd::TooMuch(MOST);
            }
        }
    }
}

fn exited(status: ExitStatus) -> CheckEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => CheckEnd::Exited(code),
        (None, _) => CheckEnd::Killed,
    }
}

/// Is there something to read within this time?
fn ready(pipe: &PipeReader, wait: Duration) -> bool {
    let fd = pipe.as_fd();
    let found = poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&spec(wait)));
    matches!(found, Ok(1..))
}

/// Lets the time go by.
fn idle(wait: Duration) -> bool {
    let _ = poll(&mut [], Some(&spec(wait)));
    false
}

fn spec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    }
}

/// A program and all that it has started in its process group, which end with this value; and whether it has been
/// waited for.
struct Group(Child, bool);

impl Group {
    fn id(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Has the program itself ended? Its number stays its own until it is waited for.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.id()), options), Ok(None))
    }

    /// How it ended. What it left running is ended with it.
    fn status(&mut self) -> Option<ExitStatus> {
        let _ = kill_process_group(self.id(), Signal::KILL);
        self.1 = true;
        self.0.wait().ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.1 {
            return;
        }
        let _ = kill_process_group(self.id(), Signal::TERM);
        let told = Instant::now();
        while !self.has_ended() && told.elapsed() < GRACE {
            idle(STEP / 5);
        }
        // Also those of the group that outlived it.
        let _ = kill_process_group(self.id(), Signal::KILL);
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rustix::process::test_kill_process;

    use super::*;

    fn shell(script: &str, seconds: u64) -> Check {
        Check {
            command: ["sh", "-c", script].map(str::to_owned).into(),
            hidden: Vec::new(),
            timeout: Duration::from_secs(seconds),
        }
    }

    fn said(check: &Check) -> (String, CheckEnd) {
        let mut out = Vec::new();
        let folder = tempfile::tempdir().unwrap();
        let end = check.run(folder.path(), &|| false, &mut |bytes| out.extend_from_slice(bytes));
        (String::from_utf8_lossy(&out).into_owned(), end)
    }

    #[test]
    fn what_is_said_on_both_streams_keeps_its_order_and_the_status_is_told() {
        let (out, end) = said(&shell("echo one; echo two >&2; echo three; exit 3", 60));
        assert_eq!((out.as_str(), end), ("one\ntwo\nthree\n", CheckEnd::Exited(3)));
        let (out, end) = said(&shell("cat; exit 0", 60));
        assert_eq!((out.as_str(), end), ("", CheckEnd::Exited(0)), "there is no input");
        let gone = Check { command: vec!["/no/such/program".into()], ..shell("", 1) };
        assert!(
            matches!(said(&gone).1, CheckEnd::NotRun(why) if why.starts_with("`/no/such/program` cannot"))
        );
        assert_eq!(said(&shell("kill -9 $$", 60)).1, CheckEnd::Killed);
    }

    #[test]
    fn one_that_never_ends_or_says_too_much_is_ended() {
        assert_eq!(said(&shell("sleep 600", 1)).1, CheckEnd::TooLong(1));
        let mut bytes = 0_u64;
        let end = shell("yes", 600).run(Path::new("/"), &|| false, &mut |more| bytes += more.len() as u64);
        assert_eq!(end, CheckEnd::TooMuch(MOST));
        assert!(bytes <= MOST + (64 << 10));
    }

    #[test]
    fn all_that_it_started_ends_with_it_and_nobody_waits_for_what_it_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap '' TERM; sleep 600 & echo $! > child; echo $$ > own; echo go; wait";
        let heard = Cell::new(false);
        let end = shell(script, 600).run(folder.path(), &|| heard.get(), &mut |bytes| {
            heard.set(heard.get() || !bytes.is_empty());
        });
        assert_eq!(end, CheckEnd::Stopped);
        let (_, end) = {
            let mut out = Vec::new();
            let script = "sleep 600 & echo $! > left; echo done";
            let end =
                shell(script, 600).run(folder.path(), &|| false, &mut |bytes| out.extend_from_slice(bytes));
            (out, end)
        };
        assert_eq!(end, CheckEnd::Exited(0));
        for name in ["child", "own", "left"] {
            let pid: i32 = std::fs::read_to_string(folder.path().join(name)).unwrap().trim().parse().unwrap();
            let pid = Pid::from_raw(pid).unwrap();
            // One that was killed may not have been waited for yet by whoever inherited it.
            let gone = || {
                test_kill_process(pid).is_err()
                    || std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
                        .is_ok_and(|stat| stat.rsplit(')').next().unwrap_or_default().trim().starts_with('Z'))
            };
            let since = Instant::now();
            while !gone() && since.elapsed() < Duration::from_secs(20) {
                idle(STEP);
            }
            assert!(gone(), "{name}");
        }
    }

    #[test]
    fn variables_that_hold_keys_are_not_passed_on() {
        // Every process has this one: it stands for a key here.
        let hiding = Check { hidden: vec!["HOME".into()], ..shell("echo \"[$HOME]\"", 60) };
        assert_eq!(said(&hiding).0, "[]\n");
    }
}
