//! Files that hold secrets: neither searched nor sent, whatever the question. Judged by name, by the
//! conventions of the tools that read them, and by how key files begin.

use crate::text::RepoPath;

/// Whole names, in lower case.
const NAMES: [&str; 24] = [
    ".env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".npmrc",
    ".pypirc",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".vault-token",
    "credentials",
    "credentials.json",
    "credentials.toml",
    "credentials.yml",
    "credentials.yaml",
    "secrets.json",
    "secrets.toml",
    "secrets.yml",
    "secrets.yaml",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
];

const EXTENSIONS: [&str; 11] =
    ["pem", "key", "p12", "pfx", "jks", "keystore", "kdbx", "ppk", "gpg", "asc", "tfvars"];

/// Endings that say that a file only shows what the real one looks like.
const SAMPLES: [&str; 6] = ["example", "sample", "template", "dist", "defaults", "test"];

/// Where a key may begin, in bytes.
const HEAD: usize = 4_096;

/// Does a file of this name usually hold secrets?
pub fn is_secret(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    if let Some(kind) = name.strip_prefix(".env.") {
        return !SAMPLES.iter().any(|sample| kind.split('.').any(|part| part == *sample));
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    NAMES.contains(&name.as_str()) || EXTENSIONS.contains(&extension)
}

/// Does a text begin with a private key (RFC 7468, OpenSSH, PuTTY)?
pub fn holds_key(text: &[u8]) -> bool {
    let head = text.get(..HEAD).unwrap_or(text);
    let begins = |mark: &[u8]| head.split(|byte| *byte == b'\n').any(|line| line.starts_with(mark));
    begins(b"PuTTY-User-Key-File")
        || head.split(|byte| *byte == b'\n').any(|line| {
            line.starts_with(b"-----BEGIN ") && line.trim_ascii_end().ends_with(b"PRIVATE KEY-----")
        })
}

/// How keys of well-known services begin, and how many letters, digits, `-` and `_` follow at least: their
/// makers chose these to be found by.
const TOKENS: [(&str, usize); 13] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 18),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk_live_", 16),
];

/// Most lines of a private key: twice what the longest in use takes.
const KEY: usize = 240;

/// Does a text show a private key, or what has the form of a key to a well-known service, anywhere?
pub fn shows_secret(text: &[u8]) -> bool {
    secret_lines(text.split(|byte| *byte == b'\n')).contains(&true)
}

/// For each line whether it shows one. All lines of a private key do, also where it stands in a string of a
/// program.
pub fn secret_lines<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<bool> {
    let mut left = 0_usize;
    let mut judge = |line: &[u8]| {
        let inside = left > 0;
        left = if contains(line, b"-----END ") { 0 } else { left.saturating_sub(1) };
        let begins = begins_key(line);
        if begins == Some(true) {
            left = KEY;
        }
        let token = || TOKENS.iter().any(|(mark, least)| shows_token(line, mark.as_bytes(), *least));
        inside || begins.is_some() || token()
    };
    lines.map(&mut judge).collect()
}

/// Does a key begin in the line, and go on in the next?
fn begins_key(line: &[u8]) -> Option<bool> {
    let line = String::from_utf8_lossy(line);
    if line.trim_start().starts_with("PuTTY-User-Key-File") {
        return Some(true);
    }
    let (_, after) = line.split_once("-----BEGIN ")?;
    let (_, rest) = after.split_once("PRIVATE KEY-----")?;
    // What ends a line in the string of a program is no part of the key.
    let rest = rest.replace("\\n", "").replace("\\r", "");
    Some(!rest.contains(char::is_alphanumeric))
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

fn shows_token(text: &[u8], mark: &[u8], least: usize) -> bool {
    let in_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let begins = |at: usize| {
        let alone = at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|byte| !in_token(byte));
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        alone && rest.iter().take_while(|byte| in_token(byte)).count() >= least
    };
    let Some(first) = mark.first() else { return false };
    let starts = text.iter().enumerate().filter(|(_, byte)| *byte == first).map(|(at, _)| at);
    starts.into_iter().any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(mark)) && begins(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        let is = |path: &str| is_secret(&RepoPath::parse(path).unwrap());
        for path in [
            ".env",
            "a/.env.production",
            "deploy/server.PEM",
            ".ssh/id_ed25519",
            "config/credentials.json",
            "x.tfvars",
        ] {
            assert!(is(path), "{path}");
        }
        for path in [
            ".env.example",
            ".env.local.sample",
            "src/env.rs",
            "src/key.rs",
            "id_rsa.pub",
            "keys.md",
            "secrets.rs",
        ] {
            assert!(!is(path), "{path}");
        }
    }

    #[test]
    fn a_key_is_known_by_its_first_line() {
        assert!(holds_key(b"-----BEGIN OPENSSH PRIVATE KEY-----\r\nabc"));
        assert!(holds_key(b"# my key\n-----BEGIN PRIVATE KEY-----\nabc"));
        assert!(!holds_key(b"-----BEGIN PUBLIC KEY-----\nabc"));
        assert!(shows_secret(b"a\n  -----BEGIN PRIVATE KEY-----\nabc"));
        assert!(shows_secret(b"key: ghp_0123456789abcdefghijABCDEFGHIJ012345\n"));
        assert!(!shows_secret(
            b"a key begins with `ghp_`, as in ghp_XXXX; task-sk-ant-0123456789abcdefghijkl\n"
        ));
        assert!(!holds_key(b"let begin = \"-----BEGIN PRIVATE KEY-----\";\n"));
    }
}
