//! How commands that change files, or take changes back, are typed: each after a review, or exactly.

use std::path::PathBuf;

use clap::Args;

use crate::front::{self, ApplyFormat};

#[derive(Args, Debug)]
pub(super) struct ApplyArgs {
    /// The reply's edit format: auto, sr (search/replace), str-replace, apply-patch, udiff, lazy, whole;
    /// or ops (operations on whole files, as JSON)
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    pub(super) format: ApplyFormat,
    /// The folder whose files change
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// The files as the model saw them; what they have become since is kept
    #[arg(long, value_name = "DIR")]
    pub(super) base: Option<PathBuf>,
    /// The file meant by edits that name none
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Say what would happen and write nothing
    #[arg(long)]
    pub(super) check: bool,
    /// With --check: print the change as a unified diff
    #[arg(long, requires = "check", conflicts_with = "json")]
    pub(super) diff: bool,
    /// Review first, hunk by hunk: what is accepted lands, what cannot be placed is named
    #[arg(long, short = 'i', conflicts_with_all = ["check", "json", "serve"])]
    pub(super) interactive: bool,
    /// With -i: as a dialogue, line by line, for screen readers and where there is no screen
    #[arg(long, requires = "interactive")]
    pub(super) plain: bool,
    /// Report as one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Answer requests, one JSON object a line: {root, format, edit, base?, scope?, file?, check?}
    #[arg(long, conflicts_with_all = ["format", "root", "base", "file", "check", "json"])]
    pub(super) serve: bool,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Without a commit: what is not staged, and new files. REV: the files since that commit. \
    In both, a rejected hunk is taken back in the file when Enter is pressed; `rein undo` brings it again. \
    REV..REV, --staged and --files write nothing.\n\
    --landing ID and --since ID look back in the journal (`rein log`), and take back likewise.\n\
    As a tool of git's, once: git config --global difftool.rein.cmd 'rein diff --files \"$LOCAL\" \"$REMOTE\"'\n\
    and then: git difftool -d -t rein"
)]
pub(super) struct DiffArgs {
    /// The last commit and the index; nothing is written
    #[arg(long)]
    pub(super) staged: bool,
    /// What the landing ID changed, as far as it is still in the files; paths narrow it
    #[arg(long, value_name = "ID", conflicts_with_all = ["staged", "files", "since"])]
    pub(super) landing: Option<String>,
    /// What the landing ID and all after it changed: the files before it, and now; paths narrow it
    #[arg(long, value_name = "ID", conflicts_with_all = ["staged", "files"])]
    pub(super) since: Option<String>,
    /// Two files or folders, anywhere; nothing is written
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["staged", "arguments"])]
    pub(super) files: Option<Vec<PathBuf>>,
    /// As a dialogue, line by line, for screen readers, pipes and where there is no screen
    #[arg(long)]
    pub(super) plain: bool,
    /// A commit or two (REV, REV..REV), then paths that narrow it
    #[arg(value_name = "REV|PATH", allow_hyphen_values = false)]
    pub(super) arguments: Vec<String>,
    /// Paths only, whatever they are called
    #[arg(last = true, value_name = "PATH")]
    pub(super) paths: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct RestoreArgs {
    /// The file, and whose change: FILE@ID is the file before ID. Without ID: the last version
    /// that differs from the file. Nothing is lost: what the file is now can be restored as well
    #[arg(value_name = "FILE[@ID]")]
    pub(super) target: String,
    /// The file as ID left it, instead of as it was before
    #[arg(long, conflicts_with_all = ["merge", "list"])]
    pub(super) after: bool,
    /// Take back only what ID did to the file and keep later edits; refused where they touch
    #[arg(long, conflicts_with = "list")]
    pub(super) merge: bool,
    /// List the versions and change nothing
    #[arg(long)]
    pub(super) list: bool,
    /// Report as one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

impl From<ApplyArgs> for front::ApplyRequest {
    fn from(args: ApplyArgs) -> Self {
        Self {
            format: args.format,
            root: args.root,
            base: args.base,
            file: args.file,
            check: args.check,
            diff: args.diff,
            json: args.json,
        }
    }
}

impl From<DiffArgs> for front::DiffRequest {
    fn from(args: DiffArgs) -> Self {
        let mut files = args.files.into_iter().flatten();
        let mut arguments = args.arguments;
        if !args.paths.is_empty() {
            arguments.push("--".into());
            arguments.extend(args.paths);
        }
        let DiffArgs { staged, landing, since, plain, .. } = args;
        Self { files: files.next().zip(files.next()), staged, landing, since, plain, arguments }
    }
}

impl From<RestoreArgs> for front::RestoreRequest {
    fn from(args: RestoreArgs) -> Self {
        let RestoreArgs { target, after, merge, list, json } = args;
        Self { target, after, merge, list, json }
    }
}
