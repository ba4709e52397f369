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
