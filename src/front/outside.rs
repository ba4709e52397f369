//! The user's own editor, on lines that are not in any file yet: they lie in a private temporary file
//! while it runs. Which program it is, is the user's to say, as for git: `VISUAL`, else `EDITOR`.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::text::{Lines, RepoPath};

/// Longest text that is taken back, in bytes.
const MOST: u64 = 16 << 20;

/// Lets the user edit `text`; the file has the ending of `path`, so that the editor knows what it is.
///
/// # Errors
/// What went wrong, for the user to read; the lines are as they were.
pub fn edit(path: &RepoPath, text: &Lines) -> Result<Lines, String> {
    let Some(editor) = ["VISUAL", "EDITOR"].iter().find_map(std::env::var_os).filter(|name| !name.is_empty())
    else {
        return Err("no editor is set; `VISUAL` or `EDITOR` names one, `e` edits in place".into());
    };
    let shown = editor.to_string_lossy().into_owned();
    let file = Scratch::write(path, text)
        .map_err(|why| format!("the lines cannot be written for `{shown}`: {why}"))?;
    // As git does: the variable may hold arguments, so a shell reads it; the file's name is its own word.
    let status =
        Command::new("sh").arg("-c").arg(format!("{shown} \"$@\"")).arg(&shown).arg(&file.path).status();
    match status {
        Ok(status) if status.success() => {
            file.read().map_err(|why| format!("the lines cannot be read again: {why}"))
        }
        Ok(status) => Err(format!("`{shown}` ended with {status}; the hunk is as it was")),
        Err(why) => Err(format!("`{shown}` cannot be started: {why}")),
    }
}

/// A file that nobody else can read, gone when it is dropped.
struct Scratch {
    folder: PathBuf,
    path: PathBuf,
}

impl Scratch {
    fn write(path: &RepoPath, text: &Lines) -> std::io::Result<Self> {
        use std::hash::{BuildHasher as _, Hasher as _};
        let number = std::hash::RandomState::new().build_hasher().finish();
        let folder = std::env::temp_dir().join(format!("rein-{number:016x}"));
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        let scratch = Self { path: folder.join(path.file_name()), folder };
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&scratch.path)?;
        file.write_all(text.bytes())?;
        Ok(scratch)
    }

    fn read(&self) -> std::io::Result<Lines> {
        let mut text = Vec::new();
        File::open(&self.path)?.take(MOST).read_to_end(&mut text)?;
        Ok(Lines::new(text))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done about litter that does not go.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
