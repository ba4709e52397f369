//! What a file's name, its mode and its coming or going say about risk.

use super::super::file_diff::FileDiff;
use super::super::lock::is_lock_file;
use super::super::page::Side;
use super::{Risk, RiskKind};
use crate::change::scope::protection;

/// Files that say what is depended on.
const MANIFESTS: [&str; 24] = [
    "build.gradle",
    "build.gradle.kts",
    "cargo.toml",
    "composer.json",
    "conanfile.py",
    "conanfile.txt",
    "deno.json",
    "flake.nix",
    "gemfile",
    "go.mod",
    "go.work",
    "jsr.json",
    "mix.exs",
    "package.json",
    "package.swift",
    "pipfile",
    "pnpm-workspace.yaml",
    "podfile",
    "pom.xml",
    "pubspec.yaml",
    "pyproject.toml",
    "setup.cfg",
    "vcpkg.json",
    "settings.gradle",
];

/// Files that run while something is built, tested or shipped.
const BUILD_FILES: [&str; 18] = [
    "build.rs",
    "build.zig",
    "cmakelists.txt",
    "configure",
    "configure.ac",
    "conftest.py",
    "docker-compose.yaml",
    "docker-compose.yml",
    "dockerfile",
    "containerfile",
    "gnumakefile",
    "gulpfile.js",
    "justfile",
    "makefile",
    "meson.build",
    "rakefile",
    "setup.py",
    "tox.ini",
];

/// Bits of a mode that git keeps: the kind of the file, and whether it may be run.
const KIND: u32 = 0o170_000;
const EXECUTABLE: u32 = 0o111;

pub(super) fn risks(file: &FileDiff) -> Vec<Risk> {
    let name = file.path.file_name().to_ascii_lowercase();
    let mut risks = Vec::new();
    let mut add = |kind, what: String| risks.push(Risk::of_file(kind, what));
    if let Some(why) = protection(&file.path.folded()) {
        add(RiskKind::Runs, why.to_string());
    } else if BUILD_FILES.contains(&name.as_str()) || name.ends_with(".dockerfile") {
        add(RiskKind::Runs, "when it is built or tested".to_owned());
    }
    let requirements = name.starts_with("requirements") && name.ends_with(".txt");
    if MANIFESTS.contains(&name.as_str()) || is_lock_file(&name) || requirements || name.ends_with(".csproj")
    {
        add(RiskKind::Dependency, file.path.file_name().to_owned());
    }
    if file.old.is_some() && !file.has(Side::New) {
        add(RiskKind::Deleted, String::new());
    }
    if let Some((before, after)) = file.modes {
        add(RiskKind::Mode, mode(before, after));
    }
    risks
}

fn mode(before: u32, after: u32) -> String {
    let word = match after & KIND {
        0o120_000 if before & KIND != 0o120_000 => "it becomes a link",
        0o160_000 if before & KIND != 0o160_000 => "it becomes a submodule",
        _ if before & EXECUTABLE == 0 && after & EXECUTABLE != 0 => "it becomes executable",
        _ => "from",
    };
    match word {
        "from" => format!("from {before:o} to {after:o}"),
        word => format!("{word} ({before:o} to {after:o})"),
    }
}
