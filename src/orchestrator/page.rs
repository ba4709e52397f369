//! The pages that the user let be fetched for a request, before it is put together. Nobody's consent is
//! asked for here; what was not agreed to is not in the list.

use std::collections::BTreeMap;

use crate::context::readable;
use crate::provider::Client;

/// Most pages of one request.
const MOST: usize = 4;

/// Most bytes of one page that go on.
const LONGEST: usize = 48 * 1024;

/// A page as its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    pub text: String,
    /// What is missing of it, to stand after other words; empty if nothing is.
    pub note: &'static str,
}

/// What came of each address.
pub type Pages = BTreeMap<String, Result<Page, String>>;

/// Fetches pages, one after the other. Dropping the future cancels.
pub async fn fetch(client: &Client, urls: &[String]) -> Pages {
    let mut pages = Pages::new();
    for (at, url) in urls.iter().enumerate() {
        let fetched = if at < MOST {
            client.page(url).await.map_err(|why| format!("not fetched: {why}"))
        } else {
            Err(format!("not fetched: at most {MOST} pages go with one request"))
        };
        let page = fetched.map(|fetched| {
            let html = fetched.kind.contains("html") || fetched.text.trim_start().starts_with("<!");
            let text = if html { readable(&fetched.text) } else { fetched.text };
            let end = text.floor_char_boundary(LONGEST.min(text.len()));
            let note = if fetched.cut || end < text.len() { "; it is longer than this" } else { "" };
            Page { text: text.get(..end).unwrap_or_default().to_owned(), note }
        });
        pages.insert(url.clone(), page);
    }
    pages
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::AsyncReadExt as _;
    use tokio::runtime::Handle;

    use super::super::{Orchestrator, Roles};
    use crate::change::{Focus, Level};
    use crate::model::{Budget, Tokens};
    use crate::provider::Client;
    use crate::session::{Effect, Event, Instruct, TurnId, Wants};
    use crate::workspace::{StateDirs, Workspace};

    fn instruct(url: &str) -> Arc<Instruct> {
        let text = format!("as in @{url}");
        let wants = Wants { pages: vec![url.to_owned()], ..Wants::of(&text, Default::default()) };
        let focus = Focus { file: None, lines: None };
        Arc::new(Instruct { text, level: Level::Repo, focus, open: Default::default(), wants })
    }

    #[tokio::test]
    async fn esc_while_a_page_is_fetched_closes_the_connection_and_nothing_more_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(folder.path(), dirs).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (mut orchestrator, mut events) = Orchestrator::new(
            workspace,
            Client::new(),
            Roles::default(),
            Tokens(9_000),
            Budget::default(),
            Handle::current(),
        );
        orchestrator.run(Effect::Gather { turn: TurnId(1), instruct: instruct(&url) });
        let (mut connection, _) = listener.accept().await.unwrap();
        orchestrator.run(Effect::Abort { turn: TurnId(1) });
        // The request, and then the end: nobody waits for an answer.
        let mut asked = Vec::new();
        connection.read_to_end(&mut asked).await.unwrap();
        assert!(asked.starts_with(b"GET / HTTP/1.1\r\n") || asked.is_empty());
        // What is asked next is answered, and nothing of the first comes before it.
        orchestrator.run(Effect::AskBranch);
        assert!(matches!(events.recv().await, Some(Event::Branch(None))));
    }
}
