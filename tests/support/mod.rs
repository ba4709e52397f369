//! The real binary in a world of its own: a home, a project folder, a configuration, and a scripted
//! model server in this process.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use rein::provider::scripted::{Reply, Requests, Script, Server};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Everything below the folder, by name: bytes, or where a link leads.
pub type Tree = BTreeMap<String, Vec<u8>>;

pub struct World {
    folder: TempDir,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ran {
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        let out = String::from_utf8_lossy(&self.out);
        assert_eq!(self.code, code, "stdout:\n{out}\nstderr:\n{}", self.err);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let code = output.status.code().unwrap_or(-1);
        Self { code, out: output.stdout, err: String::from_utf8_lossy(&output.stderr).into_owned() }
    }
}

impl World {
    /// A project folder that is no repository.
    pub fn folder(files: &[(&str, &str)]) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(world.project()).unwrap();
        files.iter().for_each(|(name, text)| world.write(name, text));
        world.configure("");
        world
    }

    /// A project folder that is a git work tree.
    pub fn repository(files: &[(&str, &str)]) -> Self {
        let world = Self::folder(files);
        world.git(&["init", "-q"]).ends(0);
        world
    }

    /// With its own symbolic links resolved, as rein reports it.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = self.project().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.project().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// The project's files, without version control.
    pub fn tree(&self) -> Tree {
        tree(&self.project())
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("rein.toml")
    }

    pub fn configure(&self, text: &str) {
        std::fs::write(self.config(), text).unwrap();
    }

    /// The scripted model answers at `local`, impatiently.
    pub fn ask(&self, model: &Model) {
        self.configure(&local(&format!("http://{}/v1", model.address), ""));
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        command.current_dir(self.project()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &home).env("XDG_STATE_HOME", home.join("state"));
        command.env("XDG_CACHE_HOME", home.join("cache")).env("XDG_CONFIG_HOME", home.join("config"));
        command.env("REIN_CONFIG", self.config()).env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    pub fn rein(&self, args: &[&str]) -> Ran {
        self.rein_with(args, "")
    }

    pub fn rein_with(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_rein"));
        feed(command.args(args), stdin.as_ref())
    }

    /// The same in a folder below (or beside) the project.
    pub fn rein_in(&self, folder: &Path, args: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_rein"));
        feed(command.args(args).current_dir(folder), stdin.as_ref())
    }

    /// With another environment.
    pub fn rein_env(&self, env: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_rein"));
        feed(command.args(args).envs(env.iter().copied()), b"")
    }

    /// Starts and does not wait.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_rein"));
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// The same, with all of `stdin` (at most a pipe's worth, 64 KiB) waiting for it.
    pub fn start_with(&self, args: &[&str], stdin: &str) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_rein"));
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child
    }

    pub fn git(&self, args: &[&str]) -> Ran {
        feed(self.command("git").args(args), b"")
    }

    pub fn git_apply(&self, patch: &[u8]) -> Ran {
        feed(self.command("git").args(["apply", "--whitespace=nowarn", "-"]), patch)
    }

    /// What differs from run to run, named.
    pub fn settled(&self, text: &str) -> String {
        let root = self.root();
        let text = text.replace(root.to_str().unwrap(), "[world]");
        let text = text.replace(self.folder.path().to_str().unwrap(), "[world]");
        scrubbed(&text)
    }
}

/// A provider `local` at `base_url` as the only one for chat.
pub fn local(base_url: &str, more: &str) -> String {
    format!(
        "[roles]\nchat = [\"local/scripted\"]\n\n[providers.local]\nwire = \"openai-chat\"\nbase_url = \"{base_url}\"\n\
         connect_timeout = 5\nfirst_byte_timeout = 0.3\nidle_timeout = 0.3\n{more}\n"
    )
}

fn feed(command: &mut Command, stdin: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A program may end without reading all of it.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

/// Ports, ids, digests and times, replaced by their names.
fn scrubbed(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':'))) {
        let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let rest = &word[end.len()..];
        let hex = end.bytes().all(|b| b.is_ascii_hexdigit()) && end.bytes().any(|b| b.is_ascii_digit());
        if end.len() == 64 && hex {
            out.push_str("[digest]");
        } else if end.len() >= 20 && end.ends_with('Z') && end.contains("T") {
            out.push_str("[time]");
        } else if let Some((host, _)) = end.split_once(':').filter(|(host, _)| *host == "127.0.0.1") {
            out.push_str(&format!("{host}:[port]"));
        } else {
            out.push_str(end);
        }
        out.push_str(rest);
    }
    out
}

/// Files below a folder, `.git` left out.
pub fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    collect(root, root, &mut tree);
    tree
}

fn collect(folder: &Path, root: &Path, tree: &mut Tree) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let name = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if kind.is_dir() && entry.file_name() != ".git" {
            collect(&entry.path(), root, tree);
        } else if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).unwrap();
            tree.insert(name, target.to_string_lossy().into_owned().into_bytes());
        } else if kind.is_file() {
            tree.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// A scripted model server that lives as long as this value.
pub struct Model {
    pub address: SocketAddr,
    pub requests: Requests,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Model {
    pub fn says(text: &str) -> Self {
        Self::plays([Reply::text(text)])
    }

    pub fn plays(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Script::new(replies);
        let (ready, bound) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (server, address) = Server::bind(script).await.unwrap();
                ready.send((address, server.requests())).unwrap();
                tokio::select! {
                    () = server.serve() => {}
                    _ = stopped => {}
                }
            });
        });
        let (address, requests) = bound.recv().unwrap();
        Self { address, requests, stop: Some(stop), thread: Some(thread) }
    }

    /// How many requests have come.
    pub fn asked(&self) -> usize {
        self.requests.all().len()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A search/replace block.
pub fn block(file: &str, old: &str, new: &str) -> String {
    format!("{file}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n\n")
}
