//! As much of HTTP/1.1 (RFC 9112) as the scripted server needs: one request in, one response out,
//! `connection: close`. Bounded, though only our own clients talk to it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Request;

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// Reads a request with its body.
pub(super) async fn receive(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > HEAD_LIMIT || input.read_buf(&mut bytes).await? == 0 {
            return Err(bad("no request"));
        }
        if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
            return Err(bad("not HTTP"));
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
    let mut body = bytes.split_off(end + 4);
    let mut request = parse_head(&head)?;
    let length = request.header("content-length").map_or(Ok(0), |length| length.trim().parse());
    let length: usize = length.map_err(|_| bad("content-length"))?;
    if length > BODY_LIMIT {
        return Err(bad("too large"));
    }
    while body.len() < length {
        if input.read_buf(&mut body).await? == 0 {
            return Err(bad("the body is cut"));
        }
    }
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(request)
}

fn parse_head(head: &str) -> io::Result<Request> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(path)) = (first.next(), first.next()) else { return Err(bad("request line")) };
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Ok(Request { method: method.into(), path: path.into(), headers: headers.collect(), body: String::new() })
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A response: its head at once, its body in chunks as they are flushed.
pub(super) struct Response<'a, W> {
    out: &'a mut W,
    pending: Vec<u8>,
}

/// How much is gathered at most before it is sent.
const FLUSH: usize = 16 * 1024;

impl<'a, W: AsyncWrite + Unpin> Response<'a, W> {
    /// A response whose body is sent in chunks until [`Self::end`].
    pub async fn chunked(out: &'a mut W, content_type: &str) -> io::Result<Self> {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncache-control: no-cache\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        out.write_all(head.as_bytes()).await?;
        Ok(Self { out, pending: Vec::new() })
    }

    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= FLUSH { self.flush().await } else { Ok(()) }
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            let size = format!("{:x}\r\n", self.pending.len());
            self.pending.splice(..0, size.into_bytes());
            self.pending.extend_from_slice(b"\r\n");
            self.out.write_all(&self.pending).await?;
            self.pending.clear();
        }
        self.out.flush().await
    }

    pub async fn end(mut self) -> io::Result<()> {
        self.flush().await?;
        self.out.write_all(b"0\r\n\r\n").await?;
        self.out.flush().await
    }
}

/// A response in one piece. `more` are further header lines, each with its line break.
pub(super) async fn whole(
    out: &mut (impl AsyncWrite + Unpin),
    status: u16,
    content_type: &str,
    more: &str,
    body: &[u8],
) -> io::Result<()> {
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: {content_type}\r\n{more}connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    out.write_all(response.as_bytes()).await?;
    out.write_all(body).await?;
    out.flush().await
}

/// Bytes as gzip (RFC 1952) that stores them as they are (RFC 1951, 3.2.4).
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for block in bytes.chunks(0xffff) {
        let length = u16::try_from(block.len()).unwrap_or_default();
        out.push(0);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    // An empty block is the last one.
    out.extend([1, 0, 0, 0xff, 0xff]);
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0xedb8_8320 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
