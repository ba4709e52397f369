//! The harness: rein in a terminal of its own, a pseudo-terminal whose bytes go through a terminal's parser. A test
//! waits for what is on screen, never for time; what cannot be waited for (silence) has a bound.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take on a slow machine. A test that fails takes as long; one that does not
/// takes milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A project on disk, with a home and a configuration that are nobody else's.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["shop", "home", "state"] {
            std::fs::create_dir(project.folder.path().join(folder)).unwrap();
        }
        git2::Repository::init(project.root()).unwrap();
        project.configure("");
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    /// The user's configuration.
    pub fn configure(&self, toml: &str) {
        std::fs::write(self.config(), toml).unwrap();
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.root().join(name)).unwrap()
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// The command with an environment that depends on nothing outside.
    pub fn rein(&self, arguments: &[&str]) -> CommandBuilder {
        let home = self.folder.path().join("home");
        let state = self.folder.path().join("state");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rein"));
        command.env_clear();
        command.args(arguments);
        command.cwd(self.root());
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("HOME", &home);
        command.env("TMPDIR", &home);
        command.env("XDG_STATE_HOME", &state);
        command.env("REIN_CONFIG", self.config());
        command
    }

    /// rein on 80×24.
    pub fn open(&self, arguments: &[&str]) -> Term {
        Term::spawn(self.rein(arguments), (80, 24))
    }

    /// The same where the size or the command is another.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// What a terminal is told beside text, colours and cursor moves.
#[derive(Default)]
pub struct Noted {
    /// Sequences that a terminal need not know, or answers: nothing of the kind is wanted.
    pub odd: Vec<String>,
    pub clipboard: Vec<Vec<u8>>,
    /// Between the begin and the end of a synchronized update.
    in_frame: bool,
    /// Synchronized updates so far.
    pub frames: usize,
}

impl vt100::Callbacks for Noted {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.odd.push(format!("title {title:?}"));
    }

    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.odd.push(format!("icon {name:?}"));
    }

    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.odd.push("bell".into());
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.clipboard.push(data.to_owned());
    }

    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.odd.push("reads the clipboard".into());
    }

    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.odd.push(format!("control {byte:#x}"));
    }

    fn unhandled_escape(&mut self, _: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, byte: u8) {
        self.odd.push(format!("ESC {i1:?} {byte:#x}"));
    }

    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        i1: Option<u8>,
        i2: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        match (i1, parameters, last) {
            (Some(b'?'), [[2026]], 'h') => self.in_frame = true,
            (Some(b'?'), [[2026]], 'l') => {
                self.frames += usize::from(self.in_frame);
                self.in_frame = false;
            }
            // The underline's own colour; who does not know it passes over it.
            (None, [[58 | 59, ..]], 'm') => {}
            _ => self.odd.push(format!("CSI {i1:?} {i2:?} {parameters:?} {last}")),
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        self.odd.push(format!("OSC {parameters:?}"));
    }
}

struct Seen {
    terminal: vt100::Parser<Noted>,
    bytes: Vec<u8>,
    /// The program has closed the terminal.
    ended: bool,
    /// The test wants the terminal to go away.
    unplugged: bool,
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

/// A terminal with a program in it. Dropping it kills the program.
pub struct Term {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    reader: Option<JoinHandle<()>>,
    shared: Shared,
    /// The terminal's modes before the program began.
    modes: String,
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

impl Term {
    /// `at`: columns, rows.
    pub fn spawn(command: CommandBuilder, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(cols, rows)).unwrap();
        let modes = modes(&*pair.master);
        let terminal = vt100::Parser::new_with_callbacks(some(rows), some(cols), 1000, Noted::default());
        let seen = Seen { terminal, bytes: Vec::new(), ended: false, unplugged: false };
        let shared: Shared = Arc::new((Mutex::new(seen), Condvar::new()));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let writer = Some(pair.master.take_writer().unwrap());
        let to = Arc::clone(&shared);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            loop {
                let read = output.read(&mut buffer).unwrap_or(0);
                let mut seen = to.0.lock().unwrap();
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.terminal.process(&buffer[..read]);
                seen.ended = read == 0;
                let over = seen.ended || seen.unplugged;
                drop(seen);
                to.1.notify_all();
                if over {
                    return;
                }
            }
        });
        Self { child, master: Some(pair.master), writer, reader: Some(reader), shared, modes }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.0.lock().unwrap()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap().try_into().unwrap()).unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.writer.as_mut().unwrap().write_all(bytes.as_ref()).unwrap();
    }

    /// A bracketed paste, as terminals send it.
    pub fn paste(&mut self, text: &str) {
        self.send(format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r")));
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        // Nothing of a frame may reach the parser while only one of the two has the new size.
        let mut seen = self.seen();
        seen.terminal.set_size(some(rows), some(cols));
        self.master.as_ref().unwrap().resize(size(cols, rows)).unwrap();
    }

    /// Waits until `holds`; fails with the picture when it never does. Looks at whole frames only.
    #[track_caller]
    pub fn until<T>(&self, what: &str, holds: impl Fn(&vt100::Screen) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        loop {
            if !seen.terminal.callbacks().in_frame
                && let Some(found) = holds(seen.terminal.screen())
            {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if seen.ended || left.is_zero() {
                let (picture, ended) = (picture(seen.terminal.screen()), seen.ended);
                drop(seen);
                let end = if ended { " until rein ended" } else { "" };
                panic!("waited in vain{end} for {what}:\n{picture}");
            }
            seen = self.shared.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits until `text` is on screen.
    #[track_caller]
    pub fn see(&self, text: &str) {
        self.until(&format!("`{text}`"), |screen| screen.contents().contains(text).then_some(()));
    }

    /// Waits until `text` is not on screen.
    #[track_caller]
    pub fn miss(&self, text: &str) {
        self.until(&format!("no `{text}`"), |screen| (!screen.contents().contains(text)).then_some(()));
    }

    /// Row and column of the first cell of `text`, once it is there.
    #[track_caller]
    pub fn find(&self, text: &str) -> (u16, u16) {
        self.until(&format!("`{text}`"), |screen| place(screen, text))
    }

    pub fn screen(&self) -> vt100::Screen {
        self.seen().terminal.screen().clone()
    }

    /// The screen as text, for a person.
    pub fn picture(&self) -> String {
        picture(self.seen().terminal.screen())
    }

    pub fn noted<T>(&self, look: impl Fn(&Noted) -> T) -> T {
        look(self.seen().terminal.callbacks())
    }

    /// Everything the program has written.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen().bytes.clone()
    }

    /// Waits until nothing has been written for `span`.
    #[track_caller]
    pub fn quiet(&self, span: Duration) -> usize {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        loop {
            assert!(Instant::now() < deadline, "it never falls silent");
            let before = seen.bytes.len();
            let (after, waited) = self
                .shared
                .1
                .wait_timeout_while(seen, span, |seen| seen.bytes.len() == before && !seen.ended)
                .unwrap();
            seen = after;
            if waited.timed_out() {
                return before;
            }
        }
    }

    /// Processor time used so far, in the kernel's ticks.
    pub fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Takes the terminal away, as closing its window does.
    pub fn unplug(mut self) -> ExitStatus {
        self.seen().unplugged = true;
        // The reader wakes up at the next byte, lets go of the terminal and ends.
        self.signal(Signal::CONT);
        self.reader.take().unwrap().join().unwrap();
        self.writer = None;
        self.master = None;
        self.wait()
    }

    /// Everything written until the program has let go of the terminal.
    #[track_caller]
    pub fn bytes_to_the_end(&self) -> Vec<u8> {
        self.wait_for_the_end();
        self.bytes()
    }

    /// Something else writes to the terminal.
    pub fn scribble(&self, text: &str) {
        self.seen().terminal.process(text.as_bytes());
    }

    /// Waits until the process has been stopped.
    #[track_caller]
    pub fn until_stopped(&self) {
        let deadline = Instant::now() + PATIENCE;
        let stat = || std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero()));
        while !stat().unwrap().rsplit(") ").next().unwrap().starts_with('T') {
            assert!(Instant::now() < deadline, "it does not stop");
            std::thread::yield_now();
        }
    }

    /// Waits for the end; the terminal must be as it was before.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, vt100::Screen) {
        self.wait_for_the_end();
        self.assert_given_back();
        (self.wait(), self.screen())
    }

    #[track_caller]
    fn wait_for_the_end(&self) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        while !seen.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let picture = picture(seen.terminal.screen());
                drop(seen);
                panic!("it never ends:\n{picture}");
            }
            seen = self.shared.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// The terminal is usable: old screen, old modes, a cursor, pastes unmarked.
    #[track_caller]
    pub fn assert_given_back(&self) {
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "still on the alternate screen");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are still marked");
        assert_eq!(modes(&**self.master.as_ref().unwrap()), self.modes, "the terminal's modes");
    }

    pub fn is_raw(&self) -> bool {
        modes(&**self.master.as_ref().unwrap()) != self.modes
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the process never ends");
            std::thread::yield_now();
        }
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn place(screen: &vt100::Screen, text: &str) -> Option<(u16, u16)> {
    let (rows, cols) = screen.size();
    (0..rows.get()).find_map(|row| {
        (0..cols.get()).find_map(|col| {
            let mut rest = text;
            let mut at = col;
            while !rest.is_empty() {
                let cell = screen.cell(row, at)?;
                let shown = if cell.has_contents() { cell.contents() } else { " " };
                if !cell.is_wide_continuation() {
                    rest = rest.strip_prefix(shown)?;
                }
                at += 1;
            }
            Some((row, col))
        })
    })
}

fn picture(screen: &vt100::Screen) -> String {
    let (_, cols) = screen.size();
    let rows: Vec<String> = screen.rows(0, cols.get()).collect();
    rows.join("\n")
}
