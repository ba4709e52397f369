//! Lock files, which a tool writes and a person only owes a glance, as long as it is the tool's work.
//!
//! A change of a lock file is plain, and may be folded, while
//!
//! - every address in its new lines has a scheme and a host that the file named before; of a host where
//!   anybody may publish anything (a forge), the repository too;
//! - an address that takes the place of another names the same package;
//! - no checksum changes without the version it belongs to.
//!
//! So a package that is fetched from elsewhere, or is suddenly another, is read. This knows lines, and no
//! format.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Page, Side};
use crate::text::{Lines, Span};

const LOCK_FILES: [&str; 24] = [
    "bun.lock",
    "cargo.lock",
    "composer.lock",
    "conan.lock",
    "deno.lock",
    "flake.lock",
    "gemfile.lock",
    "go.sum",
    "gradle.lockfile",
    "mix.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.resolved",
    "packages.lock.json",
    "paket.lock",
    "pdm.lock",
    "pipfile.lock",
    "pixi.lock",
    "pnpm-lock.yaml",
    "podfile.lock",
    "poetry.lock",
    "pubspec.lock",
    "uv.lock",
    "yarn.lock",
];

/// Ways to name a place that need no host, and those of them after which a repository is named.
const LOCAL: [&str; 9] =
    ["file:", "link:", "path+", "portal:", "workspace:", "git@", "github:", "gitlab:", "bitbucket:"];
const NAMING: [&str; 4] = ["git@", "github:", "gitlab:", "bitbucket:"];

/// Hosts where everybody has a place of their own.
const FORGES: [&str; 8] = [
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "sr.ht",
    "gitea.com",
    "gitee.com",
];

/// Names of fields that hold a checksum, and what else stands in their lines without telling which.
const CHECKSUMS: [&str; 9] =
    ["checksum", "integrity", "hash", "sha1", "sha256", "sha512", "shasum", "h1:", "md5"];
const FIELDS: [&str; 6] = ["checksum", "integrity", "hash", "narhash", "shasum", "resolution"];

/// What a checksum may begin with.
const SUMS: [&str; 7] = ["h1:", "sha1-", "sha256:", "sha256-", "sha384-", "sha512-", "md5:"];

/// Fewest letters of a word that is nothing but a checksum.
const SUM: usize = 16;

/// How far above its checksum a version is looked for, in lines.
const REACH: usize = 40;

/// Is it a lock file by its name?
pub(super) fn is_lock_file(name: &str) -> bool {
    LOCK_FILES.contains(&name.to_ascii_lowercase().as_str())
}

/// Is what changes in this hunk what a tool does by itself?
pub(super) fn is_plain(page: &Page<'_>, old: &Lines, new: &Lines) -> bool {
    has_known_sources(page, old)
        && keeps_packages(page, old, new)
        && checksums_follow_versions(page, old, new)
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Was every source in the new lines named by the file before?
fn has_known_sources(page: &Page<'_>, old: &Lines) -> bool {
    let mut named: BTreeSet<Vec<u8>> = BTreeSet::new();
    page.unread(Side::New).for_each(|(_, line)| named.extend(sources(line)));
    if named.is_empty() {
        return true;
    }
    let before: BTreeSet<Vec<u8>> = old.iter().flat_map(sources).collect();
    named.is_subset(&before)
}

/// An address: scheme, host with the user before `@` and the port, path without what follows `?` or `#`.
struct Address {
    scheme: Vec<u8>,
    host: Vec<u8>,
    path: Vec<u8>,
}

fn ends(byte: &u8) -> bool {
    matches!(byte, b'"' | b'\'' | b' ' | b'?' | b'#' | b'\\' | b',' | b')' | b'}' | b']')
}

fn addresses(line: &[u8]) -> Vec<Address> {
    let starts = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'.' | b'-');
    let found = line.windows(3).enumerate().filter(|(_, window)| *window == b"://");
    let address = found.map(|(at, _)| {
        let (before, after) = (line.get(..at).unwrap_or_default(), line.get(at + 3..).unwrap_or_default());
        let scheme = before.rsplit(starts).next().unwrap_or_default().to_ascii_lowercase();
        let whole = after.split(ends).next().unwrap_or_default();
        let host = whole.split(|byte| *byte == b'/').next().unwrap_or_default();
        let path = whole.get(host.len()..).unwrap_or_default().to_vec();
        Address { scheme, host: host.to_ascii_lowercase(), path }
    });
    address.collect()
}

/// What of the addresses in a line must have been there before.
fn sources(line: &[u8]) -> Vec<Vec<u8>> {
    let of_address = |address: Address| {
        let forge = FORGES.iter().any(|forge| address.host.ends_with(forge.as_bytes()));
        let mut source = [&*address.scheme, b"://", &*address.host].concat();
        if forge || holds(&address.scheme, b"git") || holds(&address.scheme, b"ssh") {
            let segments = address.path.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty());
            segments.take(2).for_each(|segment| {
                source.push(b'/');
                source.extend_from_slice(segment.strip_suffix(b".git").unwrap_or(segment));
            });
        }
        source
    };
    let local = LOCAL.into_iter().filter_map(|way| {
        let at = line.windows(way.len()).position(|window| window == way.as_bytes())?;
        let rest = line.get(at..).unwrap_or_default();
        let named = rest.split(ends).next().unwrap_or_default();
        Some(if NAMING.contains(&way) { named.to_vec() } else { way.as_bytes().to_vec() })
    });
    addresses(line).into_iter().map(of_address).chain(local).collect()
}

/// Does every address that takes the place of another name a package that the file named before?
fn keeps_packages(page: &Page<'_>, old: &Lines, new: &Lines) -> bool {
    let packages = |text: &Lines, span: Span| -> BTreeSet<Vec<u8>> {
        let lines = span.as_range().filter_map(|line| text.get(line));
        lines.flat_map(addresses).map(|address| package(&address.path)).collect()
    };
    let mut known: Option<BTreeSet<Vec<u8>>> = None;
    page.changes.iter().all(|change| {
        if packages(old, change.old).is_empty() {
            return true;
        }
        packages(new, change.new).is_subset(known.get_or_insert_with(|| packages(old, old.span())))
    })
}

/// A path without what differs from version to version: numbers, checksums. A number in a name belongs
/// to the name.
fn package(path: &[u8]) -> Vec<u8> {
    let is_sum = |segment: &&[u8]| {
        (segment.len() == 2 || segment.len() >= SUM) && segment.iter().all(u8::is_ascii_hexdigit)
    };
    let segments = path.split(|byte| *byte == b'/').filter(|segment| !is_sum(segment));
    segments.map(unversioned).collect::<Vec<_>>().join(&b'/')
}

/// A part of a path without the digits and dots of its version, and of all that follows that.
fn unversioned(segment: &[u8]) -> Vec<u8> {
    let apart = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'.';
    let mut versioned = false;
    let mut kept = Vec::new();
    for (at, word) in segment.split_inclusive(apart).enumerate() {
        versioned |= begins_version(word.split(apart).next().unwrap_or_default(), at == 0);
        kept.extend(word.iter().filter(|byte| !versioned || !(byte.is_ascii_digit() || **byte == b'.')));
    }
    kept
}

/// `1.0`, `v2.tgz` and, where a part begins with it, `12`; neither `log4js` nor the 3 of `gtk-3-1.0`.
fn begins_version(word: &[u8], first: bool) -> bool {
    let number = word.strip_prefix(b"v").unwrap_or(word);
    number.first().is_some_and(u8::is_ascii_digit)
        && (number.contains(&b'.') || (first && number.iter().all(u8::is_ascii_digit)))
}

/// Lines that hold a checksum, by the words that tell which one it is.
type Sums<'a> = BTreeMap<Vec<Vec<u8>>, BTreeSet<&'a [u8]>>;

/// Does every checksum that changes belong to a version that changes, and does none just go?
fn checksums_follow_versions(page: &Page<'_>, old: &Lines, new: &Lines) -> bool {
    let any = |side: Side, words: &[&str]| {
        page.unread(side).any(|(_, line)| words.iter().any(|word| holds(line, word.as_bytes())))
    };
    let dropped = any(Side::Old, &CHECKSUMS) && !any(Side::New, &CHECKSUMS);
    if dropped && any(Side::New, &["name", "version", "resolved"]) {
        return false;
    }
    let mut known: Option<Sums<'_>> = None;
    page.unread(Side::New).filter(|(_, line)| holds_sum(line)).all(|(at, line)| {
        let words = identity(line);
        if words.is_empty() {
            return version_of(page, new, at).is_some_and(|version| page.is_unread(Side::New, version));
        }
        let known = known.get_or_insert_with(|| {
            let mut known = Sums::new();
            let lines = (0..old.len()).filter_map(|line| old.text(line)).filter(|line| holds_sum(line));
            for line in lines {
                known.entry(identity(line)).or_default().insert(line.trim_ascii());
            }
            known
        });
        known.get(&words).is_none_or(|lines| lines.contains(line.trim_ascii()))
    })
}

fn holds_sum(line: &[u8]) -> bool {
    let address = holds(line, b"://") && line.contains(&b'#');
    address || CHECKSUMS.iter().any(|word| holds(line, word.as_bytes()))
}

/// The words of a line that tell which checksum it holds, without the checksum and its size. None where
/// the line is a field of something above.
fn identity(line: &[u8]) -> Vec<Vec<u8>> {
    let apart = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"._/:+@-=".contains(byte);
    let plain = |word: &[u8]| {
        word.len() >= SUM && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
    };
    let small = |word: &[u8]| String::from_utf8_lossy(word).trim_matches([':', '=']).to_ascii_lowercase();
    let first = line.split(apart).map(small).find(|word| !word.is_empty());
    if first.is_some_and(|first| FIELDS.contains(&first.as_str())) {
        return Vec::new();
    }
    let tells = |word: &&[u8]| {
        let small = small(word);
        !small.is_empty()
            && !small.bytes().all(|byte| byte.is_ascii_digit())
            && !SUMS.iter().any(|sum| small.starts_with(sum))
            && !FIELDS.contains(&small.as_str())
            && !plain(word)
    };
    // An address ends where its checksum is put behind it.
    let words = line.split(apart).map(|word| word.split(|byte| *byte == b'#').next().unwrap_or_default());
    words.filter(tells).map(<[u8]>::to_vec).collect()
}

/// The line that names the version a checksum belongs to: above it, or below in the one format that has
/// it so.
fn version_of(page: &Page<'_>, new: &Lines, at: usize) -> Option<usize> {
    let names = |line: &usize| new.text(*line).is_some_and(names_version);
    if page.path().file_name().eq_ignore_ascii_case("pipfile.lock") {
        return (at..new.len().min(at + REACH)).find(names);
    }
    (at.saturating_sub(REACH)..at).rev().find(names)
}

fn names_version(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let digit = line.iter().any(u8::is_ascii_digit);
    let words = [&b"version"[..], b"\"reference\"", b"\"lastModified\"", b"\"rev\""];
    let header = line.contains(&b'@') || line.ends_with(b":") || line.ends_with(b"{");
    words.iter().any(|word| holds(line, word)) || (digit && header)
}
