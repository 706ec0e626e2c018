//! The files by which a walk leaves out others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{self, MAX_TEXT};

/// Their names.
const NAMES: [&str; 2] = [".gitignore", ".ignore"];

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
