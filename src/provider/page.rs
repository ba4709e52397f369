//! A page of the web that a person named and agreed to have fetched: one `GET` without a key, a cookie or
//! anything of the project in it. Only text of a bounded size is read; a redirect leads to the same host or
//! nowhere; a name that leads into a private network leads nowhere either. Whether anybody agreed is not
//! known here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Url};
use tokio::time::timeout;

use super::Client;
use super::connection::{one_cause, shown};

/// Most bytes of a page that are read.
const MOST: usize = 1 << 20;

/// How long a page may take altogether.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long its server may take to be there.
const CONNECT: Duration = Duration::from_secs(5);

/// Most redirects that are followed.
const REDIRECTS: usize = 3;

/// Under this name it stands in the ledger of the wire.
const NAME: &str = "page";

/// A page as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Without parameters, in lower case; empty where the server says none.
    pub kind: String,
    pub text: String,
    /// It is longer than what was read.
    pub cut: bool,
}

/// Why there is no page.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotFetched {
    #[error("`{0}` is no address of a page")]
    NoAddress(String),
    #[error("it has a user name or a password in it, which are not sent; write the address without")]
    Credentials,
    #[error("only https is fetched, except from this machine")]
    Insecure,
    #[error("`{0}` leads into a private network")]
    Private(String),
    #[error("it leads to {0}, which is another host; name that page if you mean it")]
    Elsewhere(String),
    #[error("it leads on and on")]
    TooManyRedirects,
    #[error("the server answered {0}")]
    Status(u16),
    #[error("it is no text but `{0}`")]
    NoText(String),
    #[error("it did not come within {} s", PATIENCE.as_secs())]
    Late,
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("nothing is fetched while a recording is played")]
    Replaying,
}

impl Client {
    /// Fetches a page. Dropping the future cancels: the connection is closed.
    ///
    /// # Errors
    /// It may not be fetched, cannot be, or is no text.
    pub async fn page(&self, url: &str) -> Result<Fetched, NotFetched> {
        timeout(PATIENCE, self.fetch(url)).await.unwrap_or(Err(NotFetched::Late))
    }

    async fn fetch(&self, url: &str) -> Result<Fetched, NotFetched> {
        if self.connections.tape.is_some() {
            return Err(NotFetched::Replaying);
        }
        let mut url = Url::parse(url).map_err(|_| NotFetched::NoAddress(url.to_owned()))?;
        let place = Place::of(&url).await?;
        let client = place.client()?;
        for _ in 0..=REDIRECTS {
            place.permits(&url)?;
            let mut headers = HeaderMap::new();
            headers
                .insert(ACCEPT, HeaderValue::from_static("text/html, text/*;q=0.9, application/json;q=0.8"));
            let sent = shown(&Method::GET, &url, &headers, &[]);
            self.connections.witnesses.iter().for_each(|witness| witness.sends(NAME, &sent));
            let answer = client.get(url.clone()).headers(headers).send().await;
            let answer = answer.map_err(|why| NotFetched::Unreachable(one_cause(&why)))?;
            if !answer.status().is_redirection() {
                return read(answer).await;
            }
            let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            url = url.join(to).map_err(|_| NotFetched::NoAddress(to.to_owned()))?;
        }
        Err(NotFetched::TooManyRedirects)
    }
}

/// The one host that is spoken to, and where it is.
struct Place {
    host: String,
    port: u16,
    loopback: bool,
    addresses: Vec<SocketAddr>,
}

impl Place {
    async fn of(url: &Url) -> Result<Self, NotFetched> {
        let host = url.host_str().ok_or_else(|| NotFetched::NoAddress(url.to_string()))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| NotFetched::NoAddress(url.to_string()))?;
        let bare = host.trim_matches(['[', ']']);
        if let Ok(address) = bare.parse::<IpAddr>() {
            // Who types an address means it, wherever it is.
            let (loopback, addresses) = (address.is_loopback(), vec![SocketAddr::new(address, port)]);
            return Ok(Self { host, port, loopback, addresses });
        }
        let found = tokio::net::lookup_host((bare, port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|why| NotFetched::Unreachable(why.to_string()))?.collect();
        let loopback = bare.eq_ignore_ascii_case("localhost");
        let strange =
            |address: &SocketAddr| is_private(address.ip()) && !(loopback && address.ip().is_loopback());
        if addresses.is_empty() || addresses.iter().any(strange) {
            return Err(NotFetched::Private(host));
        }
        Ok(Self { host, port, loopback, addresses })
    }

    /// May this address be asked for?
    fn permits(&self, url: &Url) -> Result<(), NotFetched> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotFetched::Credentials);
        }
        if url.host_str() != Some(&self.host) {
            return Err(NotFetched::Elsewhere(url.host_str().unwrap_or("nowhere").to_owned()));
        }
        // Another port is another server, on this machine above all.
        if let Some(port) = url.port_or_known_default().filter(|port| *port != self.port) {
            return Err(NotFetched::Elsewhere(format!("{}:{port}", self.host)));
        }
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.loopback => Ok(()),
            _ => Err(NotFetched::Insecure),
        }
    }

    /// Connects to the addresses that were looked at, and to no others.
    fn client(&self) -> Result<reqwest::Client, NotFetched> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .user_agent(concat!("rein/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .resolve_to_addrs(&self.host, &self.addresses)
            .build()
            .map_err(|why| NotFetched::Unreachable(one_cause(&why)))
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Fetched, NotFetched> {
    if !answer.status().is_success() {
        return Err(NotFetched::Status(answer.status().as_u16()));
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !is_text(&kind) {
        return Err(NotFetched::NoText(kind));
    }
    let (mut body, mut cut) = (Vec::new(), false);
    while let Some(bytes) = answer.chunk().await.map_err(|why| NotFetched::Unreachable(one_cause(&why)))? {
        body.extend_from_slice(&bytes);
        if body.len() > MOST {
            body.truncate(MOST);
            cut = true;
            break;
        }
    }
    if body.contains(&0) {
        return Err(NotFetched::NoText("binary".into()));
    }
    Ok(Fetched { kind, text: String::from_utf8_lossy(&body).into_owned(), cut })
}

fn is_text(kind: &str) -> bool {
    const OTHERS: [&str; 4] = ["application/json", "application/xml", "application/javascript", ""];
    kind.starts_with("text/") || kind.ends_with("+json") || kind.ends_with("+xml") || OTHERS.contains(&kind)
}

/// Is it an address that the internet does not route: this machine, a local network, a link, a test?
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => {
            let mapped = v6.to_ipv4_mapped().or_else(|| translated(v6.segments())).map(is_private_v4);
            let [first, second, third, ..] = v6.segments();
            mapped.unwrap_or(false)
                || v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || first & 0xfe00 == 0xfc00 // unique local
                || first & 0xffc0 == 0xfe80 // link local
                || first & 0xffc0 == 0xfec0 // site local, as it was
                || (first == 0x64 && second == 0xff9b && third == 1) // a network's own translator
                || (first == 0x2001 && second == 0x0db8) // documentation
        }
    }
}

/// The address behind a translator (NAT64, 6to4), or written as IPv4-compatible.
fn translated(segments: [u16; 8]) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_broadcast()
        || v4.is_multicast()
        || v4.is_documentation()
        || a == 0
        || (a == 100 && b & 0xc0 == 64) // carrier-grade NAT
        || (a == 192 && b == 0)
        || (a == 198 && b & 0xfe == 18) // benchmarks
        || a >= 240
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(url: &str) -> Result<Fetched, NotFetched> {
        Client::new().page(url).await
    }

    /// A server that gives one answer to each of as many requests as there are answers.
    async fn serving(answers: Vec<String>) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = async move {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).await.unwrap();
                    request.extend(byte);
                }
                asked.push(String::from_utf8(request).unwrap());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            asked
        };
        (port, tokio::spawn(serve))
    }

    fn answer(head: &str, body: &str) -> String {
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn a_page_is_fetched_with_nothing_of_the_user_in_the_request() {
        let moved = answer("302 Found\r\nlocation: /b?c=d", "");
        let page = answer("200 OK\r\ncontent-type: text/html; charset=utf-8", "<p>hello");
        let (port, served) = serving(vec![moved, page]).await;
        let fetched = fetch(&format!("http://127.0.0.1:{port}/a")).await.unwrap();
        assert_eq!(
            (fetched.kind.as_str(), fetched.text.as_str(), fetched.cut),
            ("text/html", "<p>hello", false)
        );
        let asked = served.await.unwrap();
        assert!(asked[1].starts_with("GET /b?c=d HTTP/1.1\r\n"), "{asked:?}");
        for request in asked.iter().map(|request| request.to_lowercase()) {
            for never in ["cookie", "authorization", "referer", "api-key"] {
                assert!(!request.contains(never), "{request}");
            }
        }
    }

    #[tokio::test]
    async fn a_redirect_to_another_host_is_not_followed_and_what_is_no_text_is_not_taken() {
        for (head, body, expected) in [
            (
                "302 Found\r\nlocation: http://169.254.169.254/x",
                "",
                NotFetched::Elsewhere("169.254.169.254".into()),
            ),
            ("302 Found\r\nlocation: http://127.0.0.1:9/x", "", NotFetched::Elsewhere("127.0.0.1:9".into())),
            ("200 OK\r\ncontent-type: image/png", "x", NotFetched::NoText("image/png".into())),
            ("200 OK\r\ncontent-type: text/plain", "a\0b", NotFetched::NoText("binary".into())),
            ("404 Not Found", "", NotFetched::Status(404)),
        ] {
            let (port, _served) = serving(vec![answer(head, body)]).await;
            assert_eq!(fetch(&format!("http://127.0.0.1:{port}/")).await, Err(expected), "{head}");
        }
        let round = answer("302 Found\r\nlocation: /", "");
        let (port, _served) = serving(vec![round; 4]).await;
        assert_eq!(fetch(&format!("http://127.0.0.1:{port}/")).await, Err(NotFetched::TooManyRedirects));
    }

    #[tokio::test]
    async fn a_page_larger_than_the_limit_is_cut() {
        let (port, _served) = serving(vec![answer("200 OK", &"a".repeat(MOST + 9))]).await;
        let fetched = fetch(&format!("http://127.0.0.1:{port}/")).await.unwrap();
        assert_eq!((fetched.text.len(), fetched.cut), (MOST, true));
    }

    #[tokio::test]
    async fn what_may_not_be_fetched_is_not_asked_for() {
        for (url, why) in [
            ("http://192.0.2.1/", NotFetched::Insecure),
            ("https://me:secret@127.0.0.1/", NotFetched::Credentials),
            ("ftp://127.0.0.1/", NotFetched::Insecure),
        ] {
            assert_eq!(fetch(url).await, Err(why), "{url}");
        }
        assert!(matches!(fetch("https://").await, Err(NotFetched::NoAddress(_))));
    }

    #[test]
    fn private_addresses_are_known_in_every_spelling() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fc00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "::10.0.0.1",
            "2002:a00:1::",
            "224.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["93.184.216.34", "2606:4700::1111", "8.8.8.8"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
