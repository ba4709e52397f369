//! Where a key comes from, by name: what a person wrote down, and may read. Never the key itself.

use std::fmt;

/// The one that `rein`'s entries in a keyring are filed under.
const SERVICE: &str = "rein";

/// Where a server's key is to be had.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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
            Self::Command(command) => {
                format!("run `{}`: it has to print the key and nothing else", command.join(" "))
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
            Self::Command(command) => write!(f, "`{}`", command.join(" ")),
            Self::Keyring(entry) => write!(f, "the keyring's entry `{entry}`"),
        }
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
        assert_eq!(pass.to_string(), "`pass show api`");
        assert!(pass.remedy().contains("has to print the key"));
    }
}
