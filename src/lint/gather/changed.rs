//! The lines that have changed since a revision, and the files as they were then, according to `git`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::model::{Entry, Location};

/// Why git could not say what has changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangedError {
    /// The program cannot be started.
    #[error("cannot run git: {0}")]
    Missing(#[source] std::io::Error),
    /// The directory is in no git repository.
    #[error("{0} is not in a git repository")]
    NoRepository(String),
    /// No such revision in this clone.
    #[error("this repository has no revision `{0}`")]
    NoRevision(String),
    /// The revision and the work tree have no common ancestor here.
    #[error("`{0}` and HEAD have no common ancestor in this clone")]
    NoCommonAncestor(String),
    /// Another failure, in git's words.
    #[error("git {operation}: {words}")]
    Failed {
        /// What was asked, `diff`.
        operation: &'static str,
        /// What git said.
        words: String,
    },
}

/// Changed lines by file, relative to the working directory; lines from 1, ranges inclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    files: BTreeMap<String, Vec<(u32, u32)>>,
    /// The commit that the work tree is compared with, where the change started.
    base: String,
    /// The top of the work tree.
    top: PathBuf,
}

impl Changed {
    /// The lines that differ between the work tree and the commit where it left `revision` (their merge base). Of
    /// untracked files, all lines differ.
    ///
    /// # Errors
    /// When git is missing, `dir` is in no repository, or the revision is not in this clone.
    pub fn since(dir: &Path, revision: &str) -> Result<Self, ChangedError> {
        if git(dir, "rev-parse", &["--is-inside-work-tree"])?.is_err() {
            return Err(ChangedError::NoRepository(dir.display().to_string()));
        }
        let commit = format!("{revision}^{{commit}}");
        let known = git(dir, "rev-parse", &["--verify", "--quiet", "--end-of-options", &commit])?;
        let Ok(commit) = known else {
            return Err(ChangedError::NoRevision(revision.to_owned()));
        };
        // What was added to `revision` after this branch left it is not a change of this branch.
        let base = git(dir, "merge-base", &[commit.trim(), "HEAD"])?
            .map_err(|_| ChangedError::NoCommonAncestor(revision.to_owned()))?;
        let failed = |operation| move |words| ChangedError::Failed { operation, words };
        let options = [
            "--no-color",
            "--no-ext-diff",
            "--unified=0",
            "--relative",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            base.trim(),
            "--",
        ];
        let diff = git(dir, "diff", &options)?.map_err(failed("diff"))?;
        let top = git(dir, "rev-parse", &["--show-toplevel"])?.map_err(failed("rev-parse"))?;
        let top = PathBuf::from(top.trim_end_matches('\n'));
        let mut changed = Self { files: hunks(&diff), base: base.trim().to_owned(), top };
        let untracked = git(dir, "ls-files", &["-z", "--others", "--exclude-standard"])?
            .map_err(failed("ls-files"))?;
        for file in untracked.split('\0').filter(|file| !file.is_empty()) {
            changed.files.insert(file.to_owned(), vec![(1, u32::MAX)]);
        }
        Ok(changed)
    }

    /// The text of a file before the change; `None` if there was none, or git fails.
    #[must_use]
    pub fn before(&self, path: &str) -> Option<String> {
        git(Path::new("."), "show", &[&format!("{}:./{path}", self.base)]).ok()?.ok()
    }

    /// The first line of a file that differs, from 1.
    #[must_use]
    pub fn first_line(&self, path: &str) -> Option<u32> {
        self.files.get(path)?.first().map(|(first, _)| *first)
    }

    /// The files that differ and exist.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The path in a folder written by [`Changed::write_base`] that corresponds to a path in the work tree; `None` for
    /// a path outside of the work tree.
    #[must_use]
    pub fn in_base(&self, folder: &Path, path: &Path) -> Option<PathBuf> {
        let top = self.top.canonicalize().ok()?;
        let path = path.canonicalize().ok()?;
        Some(folder.join(path.strip_prefix(top).ok()?))
    }

    /// True when nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The top of the work tree.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Writes the tree before the change into a folder: the committed files, and the packed and unpacked charts that git
    /// ignores, without which other charts would not render. Does not write to the repository.
    ///
    /// # Errors
    /// When git fails, as in a clone without these files.
    pub fn write_base(&self, folder: &Path) -> Result<(), ChangedError> {
        let index = folder.join(".git-index");
        let failed = |operation| move |words| ChangedError::Failed { operation, words };
        let git = |operation, args: &[&str]| {
            let command = command(&self.top, operation, args, Some(&index));
            answer(command)?.map_err(failed(operation))
        };
        git("read-tree", &[&self.base])?;
        let prefix = format!("--prefix={}/", folder.display());
        git("checkout-index", &["--all", "--quiet", &prefix])?;
        // It is not linted if it stays.
        let _ = std::fs::remove_file(&index);
        let ignored = answer(command(
            &self.top,
            "ls-files",
            &["-z", "--others", "--ignored", "--exclude-standard"],
            None,
        ))?
        .map_err(failed("ls-files"))?;
        let chart = |file: &&str| file.ends_with(".tgz") || file.split('/').any(|p| p == "charts");
        for file in ignored.split('\0').filter(chart) {
            let target = folder.join(file);
            let put = std::fs::create_dir_all(crate::source::folder_of(&target))
                .and_then(|()| std::fs::copy(self.top.join(file), &target));
            put.map_err(|error| ChangedError::Failed {
                operation: "checkout",
                words: format!("{file}: {error}"),
            })?;
        }
        Ok(())
    }

    /// True if a finding or one of its related places is on a changed line: a changed values line may cause a finding in
    /// a template.
    #[must_use]
    pub fn touches(&self, entry: &Entry) -> bool {
        let locations = entry.related.iter().map(|related| &related.location);
        std::iter::once(&entry.location).chain(locations).any(|location| self.holds(location))
    }

    fn holds(&self, location: &Location) -> bool {
        let file = location.file.strip_prefix("./").unwrap_or(&location.file);
        // Only the first line counts: a finding on a whole object is not about each line in it.
        let line = location.start.line;
        self.files.get(file).is_some_and(|ranges| {
            ranges.iter().any(|&(first, last)| (first..=last).contains(&line))
        })
    }
}

/// Runs git; the inner error is its message.
fn git(dir: &Path, operation: &str, args: &[&str]) -> Result<Result<String, String>, ChangedError> {
    answer(command(dir, operation, args, None))
}

/// A command of git, which uses the given index instead of the repository's.
fn command(dir: &Path, operation: &str, args: &[&str], index: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "core.quotepath=false", operation]).args(args).current_dir(dir);
    if let Some(index) = index {
        // Files in LFS are not linted, and fetching them would need a network.
        command.env("GIT_INDEX_FILE", index).env("GIT_LFS_SKIP_SMUDGE", "1");
    }
    command
}

fn answer(mut command: Command) -> Result<Result<String, String>, ChangedError> {
    let output = command.output().map_err(ChangedError::Missing)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(Ok(text(&output.stdout)))
    } else {
        Ok(Err(text(&output.stderr).trim().to_owned()))
    }
}

/// The changed lines of the new files in a diff without context. Where lines were only removed, the lines before and
/// after the gap count as changed.
fn hunks(diff: &str) -> BTreeMap<String, Vec<(u32, u32)>> {
    let mut files: BTreeMap<String, Vec<(u32, u32)>> = BTreeMap::new();
    let mut file = None;
    for line in diff.lines() {
        if let Some(path) = line.strip_prefix("+++ ") {
            let path = path.trim_end_matches('\t').trim_matches('"');
            file = path.strip_prefix("b/").map(ToOwned::to_owned);
        } else if let (Some(file), Some(rest)) = (&file, line.strip_prefix("@@ ")) {
            let Some(range) = rest.split(' ').find_map(|part| part.strip_prefix('+')) else {
                continue;
            };
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            let (Ok(start), Ok(count)) = (start.parse::<u32>(), count.parse::<u32>()) else {
                continue;
            };
            let lines = match count {
                0 => (start, start + 1),
                count => (start, start + count - 1),
            };
            files.entry(file.clone()).or_default().push(lines);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_new_side_of_hunks() {
        let diff = "--- a/x y.yaml\t\n+++ b/x y.yaml\t\n@@ -3 +3,2 @@ a\n-b\n+c\n+d\n@@ -9,2 +10,0 @@\n-e\n-f\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n";
        let files = hunks(diff);
        assert_eq!(files.len(), 1);
        assert_eq!(files["x y.yaml"], [(3, 4), (10, 11)]);
    }
}
