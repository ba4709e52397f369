//! What a file is for, by its name alone: code, its tests, words about it, or what was made by a
//! program or copied from elsewhere.

use crate::text::RepoPath;
use crate::text::highlight::Language;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    Code,
    Test,
    /// Documents and change logs.
    Prose,
    /// Settings and data.
    Data,
    /// Somebody else's code in the project, or old code kept for reference.
    Vendored,
    /// An example, a benchmark, a script.
    Aside,
}

const TEST_FOLDERS: [&str; 22] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "test-utils",
    "test_utils",
    "testutils",
    "__tests__",
    "__mocks__",
    "mocks",
    "fixtures",
    "fixture",
    "snapshots",
    "__snapshots__",
    "spec",
    "specs",
    "e2e",
    "integration-tests",
    "evals",
    "playground",
    "testhelpers",
    "it",
];
const VENDOR_FOLDERS: [&str; 11] = [
    "vendor",
    "third_party",
    "third-party",
    "node_modules",
    "_vendor",
    "deps",
    "external",
    "dist",
    "generated",
    "legacy",
    "deprecated",
];
const ASIDE_FOLDERS: [&str; 10] = [
    "examples",
    "example",
    "benches",
    "benchmark",
    "benchmarks",
    "bench",
    "scripts",
    "demo",
    "docs",
    "website",
];

impl Role {
    pub fn of(path: &RepoPath) -> Self {
        let lower = path.as_str().to_ascii_lowercase();
        let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let below = |of: &[&str]| folders.split('/').any(|folder| of.contains(&folder));
        let prose = matches!(path.extension(), Some("md" | "markdown" | "rst" | "txt" | "adoc"));
        match Language::of(path) {
            _ if below(&VENDOR_FOLDERS) || name.contains(".min.") => Self::Vendored,
            _ if prose => Self::Prose,
            _ if is_test(path.file_name()) || below(&TEST_FOLDERS) => Self::Test,
            Some(Language::Json | Language::Toml | Language::Yaml) => Self::Data,
            None if matches!(path.extension(), Some("cfg" | "ini" | "xml" | "csv" | "lock")) => Self::Data,
            _ if below(&ASIDE_FOLDERS) => Self::Aside,
            _ => Self::Code,
        }
    }
}

fn is_test(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let lower = stem.to_ascii_lowercase();
    let inner = name.split('.').skip(1).any(|part| matches!(part, "test" | "spec" | "bench"));
    inner
        || lower.starts_with("test_")
        || lower.ends_with("_test")
        || lower.ends_with("_tests")
        || stem.ends_with("Test")
        || stem.ends_with("Tests")
        || matches!(lower.as_str(), "test" | "tests" | "conftest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is_for() {
        for (path, role) in [
            ("src/parser.rs", Role::Code),
            ("src/parser_test.go", Role::Test),
            ("gson/src/test/java/com/A.java", Role::Test),
            ("src/__tests__/a.spec.ts", Role::Test),
            ("src/main/GsonTest.java", Role::Test),
            ("src/latest.rs", Role::Code),
            ("docs/guide.md", Role::Prose),
            ("vendor/a/a.c", Role::Vendored),
            ("Cargo.toml", Role::Data),
            ("examples/a.rs", Role::Aside),
            ("Makefile", Role::Code),
        ] {
            assert_eq!(Role::of(&RepoPath::parse(path).unwrap()), role, "{path}");
        }
    }
}
