//! Risks that show in the text of a line, comments and strings included.

use aho_corasick::AhoCorasick;

use super::RiskKind;
use super::code::Line;

/// Marks that switch a compiler's, a linter's or a transport's check off.
const CHECKS_OFF: [&str; 24] = [
    "# noqa",
    "type: ignore",
    "@ts-ignore",
    "@ts-expect-error",
    "@ts-nocheck",
    "eslint-disable",
    "biome-ignore",
    "//nolint",
    "// nolint",
    "NOLINT",
    "@SuppressWarnings",
    "pylint: disable",
    "rubocop:disable",
    "pragma: no cover",
    "istanbul ignore",
    "noinspection",
    "#[allow(",
    "#![allow(",
    "InsecureSkipVerify",
    "danger_accept_invalid_certs",
    "rejectUnauthorized: false",
    "verify=False",
    "CERT_NONE",
    "--no-verify",
];

/// Beginnings of well-known secrets.
const SECRETS: [&str; 12] = [
    "AKIA",
    "AIza",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk-ant-",
    "sk_live_",
    "npm_",
];

/// Fewest characters after such a beginning.
const SECRET_LENGTH: usize = 16;

const STATEMENTS: [(&str, &str); 5] = [
    ("SELECT ", " FROM "),
    ("INSERT ", "INTO "),
    ("UPDATE ", " SET "),
    ("DELETE ", "FROM "),
    ("DROP ", "TABLE "),
];

/// Is there anything in a line that the patterns here begin with? One pass tells, and for nearly every
/// line the answer is no. `None`: not known, so that each pattern is tried.
pub(in super::super) struct Signs(Option<AhoCorasick>);

impl Signs {
    pub(in super::super) fn new() -> Self {
        let verbs = STATEMENTS.iter().map(|(verb, _)| *verb);
        let signs = CHECKS_OFF.iter().chain(&SECRETS).chain(&["-----BEGIN", "://"]).copied().chain(verbs);
        Self(AhoCorasick::builder().ascii_case_insensitive(true).build(signs).ok())
    }

    fn are_in(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|signs| signs.is_match(text))
    }
}

pub(super) fn risks(line: &Line<'_>, signs: &Signs) -> Vec<(RiskKind, String)> {
    let mut found: Vec<(RiskKind, String)> = Vec::new();
    let text = line.text;
    found.extend(swallows(line).map(|what| (RiskKind::Swallowed, what.to_owned())));
    if !signs.are_in(text) {
        return found;
    }
    found.extend(
        CHECKS_OFF
            .iter()
            .filter(|mark| text.contains(**mark))
            .map(|mark| (RiskKind::CheckOff, (*mark).trim_end_matches('(').to_owned())),
    );
    found.extend(secret(text).map(|what| (RiskKind::Secret, what)));
    found.extend(query(text).map(|what| (RiskKind::Query, what.to_owned())));
    if text.contains("://") {
        found.extend(addresses(text).map(|host| (RiskKind::Network, host)));
    }
    found
}

/// Is an error dropped here?
fn swallows(line: &Line<'_>) -> Option<&'static str> {
    let code = line.code.trim();
    match code {
        _ if code.starts_with("let _ =") => Some("`let _ =`"),
        _ if code.ends_with(".ok();") => Some("`.ok();`"),
        _ if code.starts_with("except:") => Some("`except:`"),
        _ if code.starts_with("except Exception:") => Some("`except Exception:`"),
        _ if code.starts_with("except BaseException") => Some("`except BaseException`"),
        _ if code.contains("catch") && catches_nothing(code) => Some("an empty `catch`"),
        _ if code.ends_with("|| true") => Some("`|| true`"),
        _ if code.starts_with("set +e") => Some("`set +e`"),
        _ if code.starts_with("On Error Resume") => Some("`On Error Resume`"),
        _ => None,
    }
}

fn catches_nothing(code: &str) -> bool {
    let squeezed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    squeezed.contains("catch") && (squeezed.ends_with("{}") || squeezed.contains("{})"))
}

fn secret(text: &str) -> Option<String> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return Some("a private key".to_owned());
    }
    SECRETS.iter().find_map(|begin| {
        let after = text.split_once(begin)?.1;
        let long = after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).count();
        (long >= SECRET_LENGTH).then(|| format!("`{begin}…`"))
    })
}

/// A statement of SQL in a string that is put together.
fn query(text: &str) -> Option<&'static str> {
    if !text.contains(['"', '\'', '`']) {
        return None;
    }
    let upper = text.to_ascii_uppercase();
    let (verb, _) = STATEMENTS.iter().find(|(verb, then)| {
        upper.split_once(verb).is_some_and(|(_, rest)| format!(" {rest}").contains(then))
    })?;
    let together = [
        "\" +", "' +", "+ \"", "+ '", "${", "f\"", "f'", "format!(", ".format(", "\" %", "' %", "Sprintf(",
        "\" .", "' .",
    ];
    together.iter().any(|sign| text.contains(sign)).then_some(verb.trim())
}

/// Hosts of the addresses in a line, but for this machine and names that stand for nothing.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    let after = ["http://", "https://", "ws://", "wss://", "ftp://", "ssh://", "git://"].into_iter();
    let places = after.flat_map(|scheme| text.split(scheme).skip(1));
    let hosts = places.map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '@' | '_')));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_ascii_lowercase()
    });
    hosts.filter(|host| host.contains('.') && !is_reserved(host))
}

/// Names kept for examples (RFC 2606, RFC 6761) and addresses of this machine.
fn is_reserved(host: &str) -> bool {
    let name = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let ends = [".example", ".test", ".invalid", ".localhost", "example.com", "example.org", "example.net"];
    ends.iter().any(|end| name.ends_with(end)) || name.starts_with("127.") || name == "0.0.0.0"
}
