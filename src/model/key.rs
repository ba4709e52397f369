//! Where a key comes from, by name: what a person wrote down, and may read. Never the key itself.

use std::fmt;

/// The one that `rein`'s entries in a keyring are filed under.
const SERVICE: &str = "rein";

/// Where a server's key is to be had. Of a program only its name is shown: some people write the key itself
/// among its arguments.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum KeyFrom {
    /// An environment variable of this name.
    Variable(String),
    /// A program with its arguments that prints it.
    Command(Vec<String>),
    /// The entry of this name in the user's keyring.
    Keyring(String),
}

impl KeyFrom {
    /// The program that prints the key, where one does. A keyring is asked through the program that the
    /// system has for that: `secret-tool` for the Secret Service, `security` for the keychain of macOS.
    pub fn command(&self) -> Option<Vec<String>> {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        match self {
            Self::Variable(_) => None,
            Self::Command(command) => Some(command.clone()),
            Self::Keyring(entry) if cfg!(target_os = "macos") => {
                words(&["security", "find-generic-password", "-s", SERVICE, "-a", entry, "-w"])
            }
            Self::Keyring(entry) => words(&["secret-tool", "lookup", "service", SERVICE, "account", entry]),
        }
    }

    /// How a person puts the key there, or finds out why it is not, as something to type.
    pub fn remedy(&self) -> String {
        match self {
            Self::Variable(name) => format!("`export {name}=…`"),
            Self::Command(_) => {
                format!("run {self} yourself: it has to print the key and nothing else")
            }
            Self::Keyring(entry) if cfg!(target_os = "macos") => {
                format!("`security add-generic-password -s {SERVICE} -a {entry} -w`")
            }
            Self::Keyring(entry) => {
                format!("`secret-tool store --label={SERVICE} service {SERVICE} account {entry}`")
            }
        }
    }
}

impl fmt::Display for KeyFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::Command(command) => {
                let program = command.first().map(String::as_str).unwrap_or_default();
                write!(f, "`{program}{}`", if command.len() > 1 { " …" } else { "" })
            }
            Self::Keyring(entry) => write!(f, "the keyring's entry `{entry}`"),
        }
    }
}

impl fmt::Debug for KeyFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFrom({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_is_asked_for_rein_s_own_entries_and_a_variable_by_no_program() {
        let command = KeyFrom::Keyring("openai".into()).command().unwrap();
        assert!(command.contains(&"rein".to_owned()) && command.contains(&"openai".to_owned()));
        assert_eq!(KeyFrom::Variable("X".into()).command(), None);
        let pass = KeyFrom::Command(vec!["pass".into(), "show".into(), "api".into()]);
        assert_eq!(pass.remedy(), "run `pass …` yourself: it has to print the key and nothing else");
        let written_down = KeyFrom::Command(vec!["echo".into(), "sk-sesame".into()]);
        assert!(!format!("{written_down} {written_down:?} {}", written_down.remedy()).contains("sesame"));
    }
}
