//! Nothing a person has typed is lost when the program has to end without being asked to leave: on a
//! signal, when the terminal goes away, on a bug. Unsaved text goes to the state folder then, and
//! comes back at the next start.

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::session::Turn;
use crate::text::safe;
use crate::ui::App;
use crate::workspace::{Kept, Source, Unsaved, Workspace};

/// What an earlier run left behind, and what this one does.
pub struct Keeping {
    workspace: Workspace,
    /// Not for the tour, whose project and state go with it.
    lasting: bool,
    earlier: Vec<Kept>,
    /// For stderr, when there is no screen any more.
    said: Vec<String>,
}

impl Keeping {
    /// Looks for what an earlier run has left. Of two texts of one file the later comes first; the
    /// other one has its turn when that is done with.
    pub fn begin(workspace: &Workspace, source: Source) -> Self {
        let lasting = source != Source::Tour;
        let mut said = Vec::new();
        let found = if lasting { workspace.kept() } else { Ok(Vec::new()) };
        let found = found.unwrap_or_else(|why| {
            said.push(why.to_string());
            Vec::new()
        });
        let by_file: BTreeMap<_, _> =
            found.into_iter().map(|kept| (kept.unsaved.path.clone(), kept)).collect();
        let mut earlier: Vec<_> = by_file.into_values().collect();
        earlier.sort_by_key(|kept| kept.time);
        Self { workspace: workspace.clone(), lasting, earlier, said }
    }

    /// Does what is kept outlive this run?
    pub fn is_lasting(&self) -> bool {
        self.lasting
    }

    pub fn earlier(&self) -> &[Kept] {
        &self.earlier
    }

    /// The user has left: what came back is saved by now, or not wanted.
    pub fn forget(&mut self) {
        for kept in &self.earlier {
            if let Err(why) = self.workspace.forget(kept) {
                self.said.push(why.to_string());
            }
        }
    }

    /// Keeps what is unsaved. What came back from earlier is forgotten only once that is done.
    pub fn keep(&mut self, app: &App) {
        if !self.lasting {
            return;
        }
        let unsaved = app.unsaved_texts();
        let kept: Vec<bool> = unsaved.iter().map(|one| self.keep_one(one)).collect();
        if kept.iter().all(|kept| *kept) {
            self.forget();
        }
        if let Some(open) = app.session().turn().map(Turn::open_hunks).filter(|open| *open > 0) {
            self.said.push(format!(
                "{open} hunk(s) were open; nothing of them was written, and the review comes back when you start rein"
            ));
        }
    }

    fn keep_one(&mut self, unsaved: &Unsaved) -> bool {
        let (result, path) = (self.workspace.keep(unsaved), &unsaved.path);
        let kept = result.is_ok();
        self.said.push(match result {
            Ok(()) => format!("`{path}` was not saved; its text is kept and comes back when you start rein"),
            Err(why) => format!("`{path}` was not saved, and its text is lost: {why}"),
        });
        kept
    }

    /// Says on stderr what was kept. Nobody may be listening there.
    pub fn say(self) {
        for line in self.said {
            let _ = writeln!(std::io::stderr(), "rein: {}", safe::text(&line));
        }
    }
}
