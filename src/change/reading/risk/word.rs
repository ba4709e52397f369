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

/// Sorted by name, as bytes.
const WORDS: [(&str, Then, RiskKind); 83] = [
    ("Command", Path("::new"), Process),
    ("Function", Call, Eval),
    ("HttpClient", Anything, Network),
    ("ListenAndServe", Anything, Network),
    ("Popen", Call, Process),
    ("ProcessBuilder", Anything, Process),
    ("RemoveAll", Call, Removal),
    ("TcpListener", Anything, Network),
    ("TcpStream", Anything, Network),
    ("UdpSocket", Anything, Network),
    ("WebSocket", Anything, Network),
    ("XMLHttpRequest", Anything, Network),
    ("__import__", Call, Eval),
    ("access_key", Anything, Access),
    ("aiohttp", Anything, Network),
    ("alloca", Call, Unsafe),
    ("apiKey", Anything, Access),
    ("api_key", Anything, Access),
    ("axios", Anything, Network),
    ("child_process", Anything, Process),
    ("chmod", Anything, Access),
    ("chown", Anything, Access),
    ("curl", Path(" "), Network),
    ("dangerouslySetInnerHTML", Anything, Eval),
    ("deleteRecursively", Call, Removal),
    ("eval", Call, Eval),
    ("exec", Call, Eval),
    ("exec", Path(".Command"), Process),
    ("execFile", Call, Process),
    ("execSync", Call, Process),
    ("execfile", Call, Eval),
    ("execv", Call, Process),
    ("execve", Call, Process),
    ("execvp", Call, Process),
    ("fetch", Call, Network),
    ("from_raw_parts", Anything, Unsafe),
    ("getRuntime", Call, Process),
    ("get_unchecked", Anything, Unsafe),
    ("getrandom", Anything, Crypto),
    ("gets", Call, Unsafe),
    ("http", Path(".Get"), Network),
    ("http", Path(".Post"), Network),
    ("httpx", Anything, Network),
    ("importlib", Anything, Eval),
    ("innerHTML", Anything, Eval),
    ("insertAdjacentHTML", Anything, Eval),
    ("net", Path(".Dial"), Network),
    ("openssl", Anything, Crypto),
    ("pickle", Anything, Eval),
    ("popen", Call, Process),
    ("posix_spawn", Call, Process),
    ("privateKey", Anything, Access),
    ("private_key", Anything, Access),
    ("remove_dir_all", Anything, Removal),
    ("remove_file", Anything, Removal),
    ("requests", Path("."), Network),
    ("reqwest", Anything, Network),
    ("rimraf", Anything, Removal),
    ("rm", Path(" -"), Removal),
    ("rmSync", Call, Removal),
    ("rmtree", Anything, Removal),
    ("runInNewContext", Call, Eval),
    ("setgid", Anything, Access),
    ("setuid", Anything, Access),
    ("shell_exec", Call, Process),
    ("socket", Call, Network),
    ("spawnSync", Call, Process),
    ("sprintf", Call, Unsafe),
    ("strcat", Call, Unsafe),
    ("strcpy", Call, Unsafe),
    ("subprocess", Anything, Process),
    ("sudo", Path(" "), Access),
    ("system", Call, Process),
    ("transmute", Anything, Unsafe),
    ("unlink", Call, Removal),
    ("unlinkSync", Call, Removal),
    ("unreachable_unchecked", Anything, Unsafe),
    ("unsafe", Anything, Unsafe),
    ("unserialize", Call, Eval),
    ("unwrap_unchecked", Anything, Unsafe),
    ("urllib", Anything, Network),
    ("urlopen", Call, Network),
    ("wget", Path(" "), Network),
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

/// Bytes of the shortest of them.
const SHORTEST_PART: usize = 3;

/// The risks that a line's words show, each with the word.
pub(super) fn risks(line: &Line<'_>) -> Vec<(RiskKind, String)> {
    let mut found = Vec::new();
    for (word, after) in line.words() {
        let follows = |then: Then| match then {
            Anything => true,
            Call => after.starts_with('(') || after.starts_with("!("),
            Path(path) => after.starts_with(path),
        };
        let named = WORDS.iter().skip(WORDS.partition_point(|(name, ..)| *name < word));
        let whole = named.take_while(|(name, ..)| *name == word).filter(|(_, then, _)| follows(*then));
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
    let telling = pieces.filter(|piece| SHORTEST_PART <= piece.len());
    telling.filter_map(|piece| PARTS.iter().find(|(part, _)| piece.eq_ignore_ascii_case(part)).copied())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_as_they_are_searched() {
        assert!(WORDS.is_sorted_by_key(|(name, ..)| *name));
        assert_eq!(PARTS.iter().map(|(part, _)| part.len()).min(), Some(SHORTEST_PART));
    }
}
