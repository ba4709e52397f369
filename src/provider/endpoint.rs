//! A server that answers: where it is, which wire it speaks, which key it is given and how long it
//! may keep silent. Owns the rule that a key travels encrypted or not at all. Sends nothing.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::Wire;
use crate::model::KeyFrom;

/// How long a server may keep silent. There is no limit on a whole answer: a long one that keeps
/// coming is fine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until the connection stands, name look-up and TLS included.
    pub connect: Duration,
    /// From sending the request to the first byte of the answer's body.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(30),
            idle: Duration::from_secs(20),
        }
    }
}

/// An API's address. Either encrypted, or on this machine, or declared insecure by the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseUrl(Url);

/// Why an address is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BaseUrlError {
    #[error("`{url}` is not a web address ({why}); write it as in `https://api.example.com/v1`")]
    NotAnAddress { url: String, why: String },
    #[error(
        "`{url}` would send code and keys unencrypted to `{host}`; use `https://`, or set `insecure = true`"
    )]
    Unencrypted { url: String, host: String },
    #[error("the address of `{host}` has a user name or password in it; name the key with `api_key_env`")]
    HoldsSecret { host: String },
}

impl BaseUrl {
    /// `insecure` is the user's word that unencrypted traffic to this host is meant.
    ///
    /// # Errors
    /// Not `http` or `https`; unencrypted beyond this machine; credentials in the address.
    pub fn parse(text: &str, insecure: bool) -> Result<Self, BaseUrlError> {
        let not = |why: String| BaseUrlError::NotAnAddress { url: text.into(), why };
        let mut url = Url::parse(text.trim()).map_err(|error| not(error.to_string()))?;
        let host = url.host_str().map(str::to_owned).ok_or_else(|| not("it names no host".into()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::HoldsSecret { host });
        }
        match url.scheme() {
            "https" => {}
            "http" if insecure || is_loopback(&host) => {}
            "http" => return Err(BaseUrlError::Unencrypted { url: text.into(), host }),
            scheme => return Err(not(format!("its scheme is `{scheme}`"))),
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Is it on this machine?
    pub fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// `127.0.0.1:8080`, or just the host where the port is the scheme's own.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The address of `path` below this one; one that already ends with it is left alone.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        if !base.ends_with(path) {
            url.set_path(&format!("{base}{path}"));
        }
        url
    }

    /// The address of `path` below `version`, which is added unless it is there already.
    pub(super) fn join_versioned(&self, version: &str, path: &str) -> Url {
        let base = self.0.path().trim_end_matches('/');
        let has_version = base.ends_with(version) || base.ends_with(path);
        self.join(&if has_version { path.to_owned() } else { format!("{version}{path}") })
    }

    /// The address of `path` beside the `/v1` that this one may end with: servers that speak several
    /// wires have their own at the root.
    pub(super) fn join_unversioned(&self, path: &str) -> Url {
        let mut root = self.clone();
        let base = self.0.path().trim_end_matches('/');
        root.0.set_path(base.strip_suffix("/v1").unwrap_or(base));
        root.join(path)
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let name = host.trim_end_matches('.');
    host.parse::<IpAddr>().map_or(name == "localhost" || name.ends_with(".localhost"), |ip| ip.is_loopback())
}

/// An API key. It is shown nowhere, not even to a debugger's eye.
#[derive(Clone, Debug)]
pub struct Key(SecretString);

/// The key's value is deliberately not part of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key is empty")]
    Empty,
    #[error("the key holds characters that no key has (only visible ASCII can be sent)")]
    NotSendable,
}

impl Key {
    /// Blanks around it, such as the line break of a file, are dropped.
    ///
    /// # Errors
    /// Empty, or not sendable in an HTTP header (RFC 9110, 5.5).
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match text {
            "" => Err(KeyError::Empty),
            _ if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Self(text.into())),
            _ => Err(KeyError::NotSendable),
        }
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A configured server.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// As in the configuration: `local`.
    pub name: String,
    pub wire: Wire,
    pub base_url: BaseUrl,
    pub key: Option<Key>,
    /// Where the key came from, or is to come from.
    pub key_from: Option<KeyFrom>,
    pub timeouts: Timeouts,
}

impl Endpoint {
    /// Without a key, with the usual patience.
    pub fn new(name: impl Into<String>, wire: Wire, base_url: BaseUrl) -> Self {
        let timeouts = Timeouts::default();
        Self { name: name.into(), wire, base_url, key: None, key_from: None, timeouts }
    }

    /// Is there a key, or a program that is known to give one?
    pub fn has_key(&self) -> bool {
        self.key.is_some() || self.key_from.as_ref().is_some_and(|from| from.command().is_some())
    }

    /// `local (127.0.0.1:8080)`.
    pub fn shown(&self) -> String {
        format!("{} ({})", self.name, self.base_url.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(wire: Wire, base: &str) -> Endpoint {
        Endpoint::new("it", wire, BaseUrl::parse(base, false).unwrap())
    }

    fn url(wire: Wire, base: &str) -> Url {
        wire.format().url(&BaseUrl::parse(base, false).unwrap(), "m")
    }

    #[test]
    fn a_base_address_works_with_and_without_its_usual_ends() {
        for base in ["https://h/v1", "https://h/v1/", "https://h/v1/chat/completions"] {
            assert_eq!(url(Wire::OpenAiChat, base).as_str(), "https://h/v1/chat/completions");
        }
        for base in ["https://h", "https://h/", "https://h/v1", "https://h/v1/", "https://h/v1/messages"] {
            assert_eq!(url(Wire::Anthropic, base).as_str(), "https://h/v1/messages", "{base}");
        }
        for base in ["http://localhost:11434", "http://localhost:11434/v1"] {
            assert_eq!(url(Wire::Ollama, base).as_str(), "http://localhost:11434/api/chat", "{base}");
        }
        let azure = url(Wire::OpenAiChat, "https://h/openai?api-version=1");
        assert_eq!(azure.as_str(), "https://h/openai/chat/completions?api-version=1");
    }

    #[test]
    fn nothing_travels_unencrypted_beyond_this_machine_unless_the_user_says_so() {
        for local in ["http://127.0.0.1:8080/v1", "http://localhost:1234", "http://[::1]:9/v1"] {
            assert!(BaseUrl::parse(local, false).unwrap().is_loopback(), "{local}");
        }
        for remote in ["http://192.168.1.5/v1", "http://api.example.com", "http://localhost.evil.com"] {
            let refused = BaseUrl::parse(remote, false);
            assert!(matches!(refused, Err(BaseUrlError::Unencrypted { .. })), "{remote}");
            assert!(BaseUrl::parse(remote, true).is_ok());
        }
        assert!(matches!(BaseUrl::parse("ftp://h/", true), Err(BaseUrlError::NotAnAddress { .. })));
        assert!(matches!(BaseUrl::parse("h/v1", true), Err(BaseUrlError::NotAnAddress { .. })));
        let secret = BaseUrl::parse("https://me:sesame@h/", false).unwrap_err();
        assert!(!secret.to_string().contains("sesame"));
    }

    #[test]
    fn a_server_is_shown_with_its_host() {
        assert_eq!(endpoint(Wire::OpenAiChat, "http://127.0.0.1:8080/v1").shown(), "it (127.0.0.1:8080)");
        assert_eq!(endpoint(Wire::Anthropic, "https://api.anthropic.com").shown(), "it (api.anthropic.com)");
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = Key::parse(" sk-secret\n").unwrap();
        assert_eq!(key.expose(), "sk-secret");
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(Key::parse(" \n").unwrap_err(), KeyError::Empty);
        assert_eq!(Key::parse("sk-\u{e9}").unwrap_err(), KeyError::NotSendable);
        assert_eq!(Key::parse("a b").unwrap_err(), KeyError::NotSendable);
    }
}
