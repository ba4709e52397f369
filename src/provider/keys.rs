//! Keys that are not at hand: a program of the user's, or the keyring, gives one when the first request
//! needs it. Who starts a program, and for how long it may take, is not this room's to say; that a key
//! a server refused is not used again is.

use std::fmt;

use futures_util::future::BoxFuture;

use super::{Endpoint, Key};
use crate::model::Failure;

/// Gives keys by the program that prints them.
pub trait KeyStore: Send + Sync + fmt::Debug {
    /// The key that `command` prints, from now on without asking again. Dropping the future gives up.
    ///
    /// # Errors
    /// Why there is none, as it follows the command's name: "gave none (exit status: 1): …". Never what stands
    /// on its standard output, and what it complains of only where nothing stands there.
    fn key<'a>(&'a self, command: &'a [String]) -> BoxFuture<'a, Result<Key, String>>;

    /// Forgets it, so that it is asked for anew: some hold for an hour only.
    fn forget(&self, command: &[String]);
}

/// `endpoint` with its key at hand.
///
/// # Errors
/// [`Failure::NoKey`]: nothing is sent without the key that is configured, for what a server elsewhere
/// says to a request without one is less clear. A server on this machine may well not look at it, so
/// that a variable which is not set is no error there.
pub(super) async fn keyed(endpoint: &Endpoint, store: Option<&dyn KeyStore>) -> Result<Endpoint, Failure> {
    let Some(from) = endpoint.key_from.as_ref().filter(|_| endpoint.key.is_none()) else {
        return Ok(endpoint.clone());
    };
    let none = |why: String| Failure::NoKey { server: endpoint.shown(), from: from.clone(), why };
    match (from.command(), store) {
        (None, _) if endpoint.base_url.is_loopback() => Ok(endpoint.clone()),
        (None, _) => Err(none("is not set".into())),
        (Some(_), None) => Err(none("cannot be asked here".into())),
        (Some(command), Some(store)) => {
            let key = store.key(&command).await.map_err(none)?;
            Ok(Endpoint { key: Some(key), ..endpoint.clone() })
        }
    }
}

/// Takes note of what became of a request with a key.
pub(super) fn heed(endpoint: &Endpoint, store: Option<&dyn KeyStore>, failure: &Failure) {
    let command = endpoint.key_from.as_ref().and_then(crate::model::KeyFrom::command);
    if let (Failure::Unauthorised { .. }, Some(command), Some(store)) = (failure, command, store) {
        store.forget(&command);
    }
}
