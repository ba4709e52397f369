//! Words of code that give a risk away.

use super::RiskKind::{self, Access, Crypto, Eval, Network, Process, Removal, Unsafe};
use super::code::Line;

/// What must follow a word for it to count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Anything,
    Call,
    /// A path or member: `Command::new`, `requests.get`.
    Path(&'static str),
}
use Then::{Anything, Call, Path};

const WORDS: [(&str, Then, RiskKind); 83] = [
    ("eval", Call, Eval),
    ("exec", Call, Eval),
    ("execfile", Call, Eval),
    ("Function", Call, Eval),
    ("__import__", Call, Eval),
    ("importlib", Anything, Eval),
    ("pickle", Anything, Eval),
    ("unserialize", Call, Eval),
    ("innerHTML", Anything, Eval),
    ("insertAdjacentHTML", Anything, Eval),
    ("dangerouslySetInnerHTML", Anything, Eval),
    ("runInNewContext", Call, Eval),
    ("Command", Path("::new"), Process),
    ("exec", Path(".Command"), Process),
    ("subprocess", Anything, Process),
    ("Popen", Call, Process),
    ("popen", Call, Process),
    ("system", Call, Process),
    ("child_process", Anything, Process),
    ("execSync", Call, Process),
    ("execFile", Call, Process),
    ("spawnSync", Call, Process),
    ("execv", Call, Process),
    ("execve", Call, Process),
    ("execvp", Call, Process),
    ("posix_spawn", Call, Process),
    ("shell_exec", Call, Process),
    ("ProcessBuilder", Anything, Process),
    ("getRuntime", Call, Process),
    ("unsafe", Anything, Unsafe),
    ("transmute", Anything, Unsafe),
    ("from_raw_parts", Anything, Unsafe),
    ("get_unchecked", Anything, Unsafe),
    ("unwrap_unchecked", Anything, Unsafe),
    ("unreachable_unchecked", Anything, Unsafe),
    ("strcpy", Call, Unsafe),
    ("strcat", Call, Unsafe),
    ("sprintf", Call, Unsafe),
    ("gets", Call, Unsafe),
    ("alloca", Call, Unsafe),
    ("reqwest", Anything, Network),
    ("TcpStream", Anything, Network),
    ("TcpListener", Anything, Network),
    ("UdpSocket", Anything, Network),
    ("urllib", Anything, Network),
    ("urlopen", Call, Network),
    ("requests", Path("."), Network),
    ("aiohttp", Anything, Network),
    ("httpx", Anything, Network),
    ("fetch", Call, Network),
    ("XMLHttpRequest", Anything, Network),
    ("WebSocket", Anything, Network),
    ("axios", Anything, Network),
    ("HttpClient", Anything, Network),
    ("ListenAndServe", Anything, Network),
    ("net", Path(".Dial"), Network),
    ("http", Path(".Get"), Network),
    ("http", Path(".Post"), Network),
    ("socket", Call, Network),
    ("curl", Path(" "), Network),
    ("wget", Path(" "), Network),
    ("openssl", Anything, Crypto),
    ("getrandom", Anything, Crypto),
    ("chmod", Anything, Access),
    ("chown", Anything, Access),
    ("setuid", Anything, Access),
    ("setgid", Anything, Access),
    ("sudo", Path(" "), Access),
    ("api_key", Anything, Access),
    ("apiKey", Anything, Access),
    ("access_key", Anything, Access),
    ("private_key", Anything, Access),
    ("privateKey", Anything, Access),
    ("remove_dir_all", Anything, Removal),
    ("remove_file", Anything, Removal),
    ("rmtree", Anything, Removal),
    ("unlink", Call, Removal),
    ("unlinkSync", Call, Removal),
    ("rmSync", Call, Removal),
    ("rimraf", Anything, Removal),
    ("RemoveAll", Call, Removal),
    ("deleteRecursively", Call, Removal),
    ("rm", Path(" -"), Removal),
];

/// Parts of names, as `encrypt` in `encryptBlock` and `encrypt_block`.
const PARTS: [(&str, RiskKind); 20] = [
    ("md5", Crypto),
    ("sha1", Crypto),
    ("hmac", Crypto),
    ("aes", Crypto),
    ("cipher", Crypto),
    ("encrypt", Crypto),
    ("decrypt", Crypto),
    ("pbkdf2", Crypto),
    ("bcrypt", Crypto),
    ("scrypt", Crypto),
    ("argon2", Crypto),
    ("ed25519", Crypto),
    ("rsa", Crypto),
    ("ecdsa", Crypto),
    ("nonce", Crypto),
    ("password", Access),
    ("passwd", Access),
    ("secret", Access),
    ("credential", Access),
    ("credentials", Access),
];

/// The risks that a line's words show, each with the word.
pub(super) fn risks(line: &Line<'_>) -> Vec<(RiskKind, String)> {
    let mut found = Vec::new();
    for (word, after) in line.words() {
        let follows = |then: Then| match then {
            Anything => true,
            Call => after.starts_with('(') || after.starts_with("!("),
            Path(path) => after.starts_with(path),
        };
        let whole = WORDS.iter().filter(|(name, then, _)| *name == word && follows(*then));
        found.extend(whole.map(|(_, then, kind)| match then {
            Path(path) => (*kind, format!("{word}{path}").trim_end().to_owned()),
            _ => (*kind, word.to_owned()),
        }));
        found.extend(parts(word).map(|(part, kind)| (kind, part.to_owned())));
    }
    found
}

/// The telling parts of a name: between underscores, or from a capital to the next.
fn parts(name: &str) -> impl Iterator<Item = (&'static str, RiskKind)> {
    let pieces = name.split('_').flat_map(|piece| {
        let whole = humps(piece).nth(1).map(|_| piece);
        whole.into_iter().chain(humps(piece))
    });
    pieces.filter_map(|piece| PARTS.iter().find(|(part, _)| piece.eq_ignore_ascii_case(part)).copied())
}

fn humps(piece: &str) -> impl Iterator<Item = &str> {
    let mut rest = piece;
    std::iter::from_fn(move || {
        let next = rest.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
        let (hump, after) = rest.split_at(next.unwrap_or(rest.len()));
        rest = after;
        (!hump.is_empty()).then_some(hump)
    })
}
