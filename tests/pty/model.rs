//! A scripted model on loopback, and a configuration that leads to it.

use std::net::SocketAddr;

use rein::provider::scripted::{Reply, Requests, Script, Server};
use tokio::runtime::Runtime;

use super::term::{PATIENCE, Project};

/// A running server; dropping it ends every connection.
pub struct Model {
    runtime: Runtime,
    pub requests: Requests,
}

impl Model {
    /// Starts it and makes it the project's chat model.
    pub fn serve(project: &Project, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (model, address) = Self::start(replies);
        project.configure(&format!(
            "[providers.local]\nwire = \"openai-chat\"\nbase_url = \"http://{address}/v1\"\n\
             [roles]\nchat = [\"local/scripted\"]\n"
        ));
        model
    }

    /// Starts two, of which the first is asked first.
    pub fn serve_two(
        project: &Project,
        first: impl IntoIterator<Item = Reply>,
        second: impl IntoIterator<Item = Reply>,
    ) -> [Self; 2] {
        let ((first, one), (second, two)) = (Self::start(first), Self::start(second));
        project.configure(&format!(
            "[providers.first]\nwire = \"openai-chat\"\nbase_url = \"http://{one}/v1\"\n\
             [providers.second]\nwire = \"anthropic\"\nbase_url = \"http://{two}\"\n\
             [roles]\nchat = [\"first/scripted\", \"second/scripted\"]\n"
        ));
        [first, second]
    }

    /// Starts it and configures nothing.
    pub fn start(replies: impl IntoIterator<Item = Reply>) -> (Self, SocketAddr) {
        let runtime = Runtime::new().unwrap();
        let (server, address) = runtime.block_on(Server::bind(Script::new(replies))).unwrap();
        let requests = server.requests();
        runtime.spawn(server.serve());
        (Self { runtime, requests }, address)
    }

    /// Waits for something that the server sees.
    pub fn wait<T>(&self, event: impl Future<Output = T>) -> T {
        let bounded = async { tokio::time::timeout(PATIENCE, event).await };
        self.runtime.block_on(bounded).expect("the server waits in vain")
    }
}

/// A search/replace block for one line.
pub fn hunk(file: &str, old: &str, new: &str) -> String {
    format!("{file}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n\n")
}
