//! The files by which a walk leaves out others.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;

use crate::source::{self, MAX_TEXT};

/// Their names.
const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// Whether the `.gitignore` files of the repository around a path name it or a folder that it lies in.
pub(super) fn is_ignored(path: &Path) -> bool {
    let Ok(absolute) = std::path::absolute(path) else { return false };
    let Some(top) = source::repository(&absolute) else { return false };
    let folders = absolute.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
    // A file further down goes before those above it.
    let said = folders.into_iter().find_map(|folder| {
        let text = source::read_text(&folder.join(NAMES[0]), MAX_TEXT).ok()?;
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.lines() {
            // Git passes over a line that is no pattern, too.
            let _ = builder.add_line(None, line);
        }
        let rules = builder.build().ok()?;
        let said = rules.matched_path_or_any_parents(&absolute, false);
        (!said.is_none()).then(|| said.is_ignore())
    });
    said == Some(true)
}

/// Tells which of these files must not be opened. A walk opens each that it comes to and reads it to its end, which a
/// device does not have.
#[derive(Debug, Clone)]
pub(super) struct Guides {
    /// Where links may lead.
    top: Option<PathBuf>,
}

impl Guides {
    pub(super) fn around(root: &Path) -> Self {
        Self { top: source::top(root) }
    }

    /// The first such file in a directory.
    pub(super) fn fault(&self, directory: &Path) -> Option<PathBuf> {
        NAMES.iter().map(|name| directory.join(name)).find(|path| self.is_faulty(path))
    }

    /// The first such file in a directory, or above it in its repository: a walk reads these, too.
    pub(super) fn fault_upwards(&self, directory: &Path) -> Option<PathBuf> {
        let top = self.top.as_deref()?;
        let own = directory.canonicalize().ok()?;
        self.fault(directory).or_else(|| {
            let mut above = own.ancestors().skip(1).take_while(|above| above.starts_with(top));
            above.find_map(|above| self.fault(above))
        })
    }

    fn is_faulty(&self, path: &Path) -> bool {
        // Most directories have none, and a walk asks in each.
        let Ok(own) = fs::symlink_metadata(path) else { return false };
        // What leads nowhere cannot be opened.
        let Ok(target) = fs::metadata(path) else { return false };
        let stays = || self.top.as_deref().is_some_and(|top| source::is_within(path, top));
        !target.is_file() || target.len() > MAX_TEXT || own.is_symlink() && !stays()
    }
}
