//! The terminal: taken over for as long as a [`Screen`] lives, and given back however it ends.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use tokio::sync::mpsc::{self, Receiver};

/// A frame is handed to the terminal in one write, unless it is larger than this.
const FRAME: usize = 64 * 1024;

/// Keys that may wait to be handled; a person is slower, a paste is one event.
const KEYS: usize = 1024;

/// Reads the terminal on a thread of its own and hands out what comes. The thread ends with the
/// process, or when nobody listens any more.
pub fn keys() -> Receiver<io::Result<Event>> {
    let (sender, receiver) = mpsc::channel(KEYS);
    std::thread::spawn(move || {
        loop {
            let event = event::read();
            let over = event.is_err();
            if sender.blocking_send(event).is_err() || over {
                return;
            }
        }
    });
    receiver
}

/// The screen in raw mode on the alternate screen. Dropping it restores what was there.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over. A panic anywhere gives it back before it is reported.
    pub fn enter() -> io::Result<Self> {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = restore();
            report(panic);
        }));
        take()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME, io::stdout()));
        Ok(Self { terminal: Terminal::new(backend)? })
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
        self.terminal.draw(picture)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.terminal.backend_mut())
    }

    /// Draws the next frame whole, as after something else has written to the terminal.
    pub fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// The terminal may have been given to another program meanwhile: takes it over again.
    pub fn resume(&mut self) -> io::Result<()> {
        // crossterm believes that raw mode is still on; the shell may have turned it off.
        disable_raw_mode()?;
        take()?;
        self.forget()
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
        let _ = restore();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = io::stdout();
    queue!(out, EnterAlternateScreen, EnableBracketedPaste)?;
    out.flush()
}

/// Gives the terminal back: out of raw mode, the old screen, a visible cursor.
fn restore() -> io::Result<()> {
    let mut out = io::stdout();
    queue!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show)?;
    out.flush()?;
    disable_raw_mode()
}
