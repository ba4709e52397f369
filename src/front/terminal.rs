//! The terminal: taken over when the screen opens, given back however it ends: on return, on a panic,
//! around a stop. Keys are read here, on a thread of their own, and what a paste left behind is told
//! from what a person pressed. This file knows no screen and no session.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEventKind, KeyModifiers,
};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::oneshot;

use crate::text::safe;

/// A frame is handed to the terminal in one write, unless it is larger than this.
const FRAME: usize = 64 * 1024;

/// Keys that may wait to be handled; a person is slower, a paste is one event.
const KEYS: usize = 1024;

/// A key that follows a paste, or another such key, this soon was pasted too.
const TAIL: Duration = Duration::from_millis(30);

/// Why there is nowhere to show a screen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoScreen {
    #[error("rein needs a terminal, and {0} is none; `rein edit` and `rein apply` need none")]
    Stream(&'static str),
    #[error("rein needs a terminal that can place text, and `TERM` is `dumb`; `rein edit` needs none")]
    Dumb,
}

/// Where keys come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    Stdin,
    /// The terminal itself, since stdin was something to read.
    Tty,
}

fn tty() -> Option<File> {
    File::open("/dev/tty").ok()
}

/// Can a screen be shown at all? `term` is the terminal's name.
///
/// # Errors
/// What is missing, and what to do without it.
pub fn check(term: Option<&OsStr>, input: Input) -> Result<(), NoScreen> {
    if input == Input::Stdin && !io::stdin().is_terminal() {
        return Err(NoScreen::Stream("stdin"));
    }
    if input == Input::Tty && tty().is_none() {
        return Err(NoScreen::Stream("/dev/tty"));
    }
    if !io::stdout().is_terminal() {
        return Err(NoScreen::Stream("stdout"));
    }
    if term == Some(OsStr::new("dumb")) { Err(NoScreen::Dumb) } else { Ok(()) }
}

/// The reader of keys. While it is held, keys are another program's.
#[derive(Clone, Default, Debug)]
pub struct Keys {
    state: Arc<(Mutex<Reading>, Condvar)>,
}

#[derive(Default, Debug)]
struct Reading {
    held: bool,
    /// The reader waits, and takes nothing.
    paused: bool,
    over: bool,
}

/// Lets the reader go on when it is dropped.
pub struct Held(Keys);

/// How long the reader may take to see that it is held.
const GLANCE: Duration = Duration::from_secs(1);

impl Keys {
    /// Reads the terminal on a thread of its own and hands out what comes. The thread ends with the
    /// process, or when nobody listens any more.
    pub fn read(&self) -> Receiver<io::Result<Event>> {
        let (sender, receiver) = mpsc::channel(KEYS);
        let keys = self.clone();
        std::thread::spawn(move || {
            let (mut tail, mut size) = (Tail::default(), Size { told: Size::now() });
            loop {
                keys.pause();
                // Without a time limit: crossterm spins through the last millisecond of any.
                let event = event::read().map(|event| tail.sort(event, Instant::now()));
                let over = event.is_err();
                if event.as_ref().is_ok_and(|event| size.is_known(event)) {
                    continue;
                }
                let news = event.as_ref().ok().and_then(|event| size.news_before(event));
                if news.is_some_and(|news| sender.blocking_send(Ok(news)).is_err()) {
                    return keys.end();
                }
                if sender.blocking_send(event).is_err() || over {
                    return keys.end();
                }
            }
        });
        receiver
    }

    /// Returns when the reader has stopped.
    pub fn hold(&self) -> Held {
        let (state, changed) = &*self.state;
        let mut reading = state.lock().unwrap_or_else(PoisonError::into_inner);
        reading.held = true;
        // What wakes the reader is a key or another size of the window; the same size is news to nobody.
        let _ = kill_process(getpid(), Signal::WINCH);
        let waits = |reading: &mut Reading| !reading.paused && !reading.over;
        // A reader that has more keys than anybody takes would never stop; then it is left alone.
        drop(changed.wait_timeout_while(reading, GLANCE, waits).unwrap_or_else(PoisonError::into_inner));
        Held(self.clone())
    }

    fn pause(&self) {
        let (state, changed) = &*self.state;
        let mut reading = state.lock().unwrap_or_else(PoisonError::into_inner);
        while reading.held {
            reading.paused = true;
            changed.notify_all();
            reading = changed.wait(reading).unwrap_or_else(PoisonError::into_inner);
        }
        reading.paused = false;
    }

    fn end(&self) {
        let (state, changed) = &*self.state;
        state.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        changed.notify_all();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (state, changed) = &*self.0.state;
        state.lock().unwrap_or_else(PoisonError::into_inner).held = false;
        changed.notify_all();
    }
}

/// Tells keys from pasted text. A paste ends where its end mark is, and a pasted text may hold that
/// mark: what comes behind it would be read as keys that nobody pressed, as a verdict for example. No
/// person is so quick, and so it is text like the rest.
#[derive(Default, Debug)]
struct Tail {
    until: Option<Instant>,
}

impl Tail {
    fn sort(&mut self, event: Event, now: Instant) -> Event {
        let follows = self.until.is_some_and(|until| now < until);
        let event = match event {
            Event::Key(key) if follows && key.kind != KeyEventKind::Release => {
                let plain = (key.modifiers - KeyModifiers::SHIFT).is_empty();
                Event::Paste(match key.code {
                    KeyCode::Char(c) if plain => c.to_string(),
                    KeyCode::Enter => "\n".into(),
                    KeyCode::Tab => "\t".into(),
                    _ => String::new(),
                })
            }
            Event::Paste(text) => Event::Paste(text.replace("\r\n", "\n").replace('\r', "\n")),
            other => return other,
        };
        if matches!(event, Event::Paste(_)) {
            self.until = Some(now + TAIL);
        }
        event
    }
}

/// The size that was told last. A key may be read before the news of a size that was there before it, and
/// what a key means depends on what is in sight.
#[derive(Debug)]
struct Size {
    told: Option<(u16, u16)>,
}

impl Size {
    fn now() -> Option<(u16, u16)> {
        terminal::window_size().ok().map(|size| (size.columns, size.rows))
    }

    fn is_known(&self, event: &Event) -> bool {
        matches!(event, Event::Resize(columns, rows) if self.told == Some((*columns, *rows)))
    }

    /// What has to be told before `event`, as the window is now.
    fn news_before(&mut self, event: &Event) -> Option<Event> {
        match event {
            Event::Resize(columns, rows) => {
                self.told = Some((*columns, *rows));
                None
            }
            Event::Key(_) => {
                let now = Self::now().filter(|now| self.told != Some(*now))?;
                self.told = Some(now);
                Some(Event::Resize(now.0, now.1))
            }
            _ => None,
        }
    }
}

/// Says once that the terminal is gone. The reader of keys cannot see that: it takes an end of input
/// for a pause, and spins.
pub fn hangup() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let (stdin, tty) = (io::stdin(), tty());
        // Nothing is asked for: what is left to wake it is the end of the line.
        let line = match &tty {
            Some(tty) if !stdin.is_terminal() => PollFd::new(tty, PollFlags::empty()),
            _ => PollFd::new(&stdin, PollFlags::empty()),
        };
        let mut line = [line];
        while poll(&mut line, None) == Err(Errno::INTR) {}
        // Nobody listens any more: then the program ends already.
        let _ = sender.send(());
    });
    receiver
}

/// The screen in raw mode on the alternate screen. Dropping it restores what was there.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Way>>>,
    hold: Hold,
    /// What the terminal shows is not what we drew last.
    stale: bool,
}

impl Screen {
    /// Takes the terminal over. A panic on this thread gives it back before it is reported; one on
    /// another thread is reported when the terminal has been given back.
    pub fn enter() -> io::Result<Self> {
        let hold = Hold::default();
        let (kept, owner) = (hold.clone(), std::thread::current().id());
        std::panic::set_hook(Box::new(move |panic| {
            let mut report = format!("rein: a bug: {panic}\n");
            let backtrace = Backtrace::capture();
            if backtrace.status() == BacktraceStatus::Captured {
                report.push_str(&backtrace.to_string());
            }
            kept.reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
            if std::thread::current().id() == owner || !kept.is_ours() {
                let _ = kept.give_back();
                kept.report();
            }
        }));
        let way = Way { hold: hold.clone(), out: io::stdout() };
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, way)))?;
        // From here on there is something to drop, whatever fails.
        let screen = Self { terminal, hold, stale: false };
        screen.hold.take()?;
        Ok(screen)
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws what has changed since the last frame, so that the terminal shows it at once or not
    /// at all.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.stale) {
            // `Terminal::clear` would ask the terminal where the cursor is and wait for the answer.
            let area = self.terminal.size()?.into();
            self.terminal.resize(area)?;
        }
        self.terminal.draw(picture)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.terminal.backend_mut())
    }

    /// Draws the next frame whole, as after something else has written to the terminal.
    pub fn forget(&mut self) {
        self.stale = true;
    }

    /// Gives the terminal back and stops the process, as Ctrl-Z does with programs that leave it that
    /// key. Returns when the process goes on.
    pub fn stop(&mut self) -> io::Result<()> {
        self.hold.give_back()?;
        Ok(kill_process(getpid(), Signal::STOP)?)
    }

    /// Gives the terminal to another program, until [`Screen::resume`].
    pub fn leave(&mut self) -> io::Result<()> {
        self.hold.give_back()
    }

    /// The terminal may have been given to another program meanwhile: takes it over again.
    pub fn resume(&mut self) -> io::Result<()> {
        // crossterm believes that raw mode is still on; the shell may have turned it off.
        disable_raw_mode()?;
        self.forget();
        self.hold.take()
    }

    /// Hands a text to the terminal's clipboard (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))?;
        Write::flush(self.terminal.backend_mut())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = Write::flush(self.terminal.backend_mut());
        let _ = self.hold.give_back();
        self.hold.report();
    }
}

/// Whether the terminal is ours, known to the screen and to whoever reports a panic.
#[derive(Clone, Default, Debug)]
struct Hold {
    ours: Arc<AtomicBool>,
    /// Panics that have not been reported yet.
    reports: Arc<Mutex<Vec<String>>>,
}

impl Hold {
    fn is_ours(&self) -> bool {
        self.ours.load(Ordering::SeqCst)
    }

    fn take(&self) -> io::Result<()> {
        self.ours.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let mut out = io::stdout();
        queue!(out, EnterAlternateScreen, EnableBracketedPaste)?;
        out.flush()
    }

    /// Out of raw mode, the old screen, a visible cursor. Once: a second time would move the cursor to
    /// where it was before the first, over what has been said since.
    fn give_back(&self) -> io::Result<()> {
        if !self.ours.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let mut out = io::stdout();
        let said =
            queue!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show)
                .and_then(|()| out.flush());
        // The mode is the kernel's: it is restored even if the terminal takes no more bytes.
        disable_raw_mode().and(said)
    }

    fn report(&self) {
        let reports = std::mem::take(&mut *self.reports.lock().unwrap_or_else(PoisonError::into_inner));
        for report in reports {
            // A panic's words may hold a stranger's.
            let _ = writeln!(io::stderr(), "{}", safe::text(report.trim_end()));
        }
    }
}

/// The way to the terminal, open as long as it is ours: the rest of a frame that a panic or a stop has
/// interrupted never reaches the shell's screen.
struct Way {
    hold: Hold,
    out: Stdout,
}

impl Write for Way {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.hold.is_ours() { self.out.write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.hold.is_ours() { self.out.flush() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use crossterm::event::{KeyEvent, KeyModifiers};
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn what_comes_with_a_paste_is_text() {
        let mut tail = Tail::default();
        let began = Instant::now();
        let mut at = |millis, event| tail.sort(event, began + Duration::from_millis(millis));
        assert_eq!(at(0, key(KeyCode::Char('y'))), key(KeyCode::Char('y')));
        assert_eq!(at(100, Event::Paste("a\r\nb\rc".into())), Event::Paste("a\nb\nc".into()));
        assert_eq!(at(101, key(KeyCode::Char('y'))), Event::Paste("y".into()));
        assert_eq!(at(102, key(KeyCode::Enter)), Event::Paste("\n".into()));
        let leave = Event::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::CONTROL));
        assert_eq!(at(103, leave), Event::Paste(String::new()));
        assert_eq!(at(104, Event::Resize(1, 1)), Event::Resize(1, 1));
        assert_eq!(at(132, key(KeyCode::Char('z'))), Event::Paste("z".into()), "each one prolongs it");
        assert_eq!(at(162, key(KeyCode::Char('y'))), key(KeyCode::Char('y')));
    }

    #[test]
    fn what_is_no_terminal_has_no_screen() {
        assert!(check(Some(OsStr::new("dumb")), Input::Stdin).is_err());
        assert!(NoScreen::Stream("stdin").to_string().contains("stdin is none"));
    }

    const PANICS: [&str; 2] = ["in_mid_frame", "on_another_thread"];

    #[test]
    #[ignore = "ends the process: another test runs it in a terminal of its own"]
    fn in_mid_frame() {
        let mut screen = Screen::enter().unwrap();
        screen.draw(|frame| frame.render_widget("a picture", frame.area())).unwrap();
        let _ = screen.draw(|frame| {
            frame.render_widget("half a picture", frame.area());
            panic!("a bad \x1b[2J word");
        });
    }

    #[test]
    #[ignore = "ends the process: another test runs it in a terminal of its own"]
    fn on_another_thread() {
        let mut screen = Screen::enter().unwrap();
        screen.draw(|frame| frame.render_widget("a picture", frame.area())).unwrap();
        assert!(std::thread::spawn(|| panic!("a bad \x1b[2J word")).join().is_err());
        assert!(screen.hold.is_ours(), "the screen stays");
        screen.draw(|frame| frame.render_widget("another picture", frame.area())).unwrap();
    }

    #[test]
    fn a_panic_leaves_a_usable_terminal_and_its_words() {
        for name in PANICS {
            let size = PtySize { rows: 40, cols: 150, ..PtySize::default() };
            let pair = native_pty_system().openpty(size).unwrap();
            let modes = || format!("{:?}", pair.master.get_termios().unwrap());
            let before = modes();
            let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
            command.env("RUST_BACKTRACE", "0");
            command.args(["--exact", "--ignored", "--nocapture", "--test-threads=1"]);
            command.arg(format!("front::terminal::tests::{name}"));
            let mut child = pair.slave.spawn_command(command).unwrap();
            drop(pair.slave);
            let mut bytes = Vec::new();
            pair.master.try_clone_reader().unwrap().read_to_end(&mut bytes).unwrap();
            child.wait().unwrap();
            let mut terminal = vt100::Parser::new(40.try_into().unwrap(), 150.try_into().unwrap(), 0);
            terminal.process(&bytes);
            let screen = terminal.screen();
            let words = screen.contents();
            assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
            assert_eq!(modes(), before, "{name}");
            assert!(words.contains("rein: a bug: "), "{name}: {words}");
            assert!(words.contains("word"), "a stranger's bytes are shown, not obeyed: {words}");
            assert!(!words.contains("picture"), "{name}: {words}");
            let end = bytes.windows(8).filter(|eight| eight == b"\x1b[?1049l").count();
            assert_eq!(end, 1, "{name}: the cursor is moved back once, before the report");
        }
    }
}
