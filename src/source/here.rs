//! The working directory, from which paths are shown.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::reach::repository;

/// Asking the system each time would take longer than everything else that is done with a path.
static HERE: RwLock<Option<Arc<Here>>> = RwLock::new(None);

/// A working directory.
#[derive(Debug)]
pub(crate) struct Here {
    /// Its absolute path; empty if it was deleted.
    pub(crate) directory: PathBuf,
    /// The way to it from the top of the git repository around it, with a `/` at the end; empty at the top, and outside of
    /// any repository.
    pub(crate) from_top: String,
}

/// The working directory of the process.
pub(crate) fn here() -> Arc<Here> {
    if let Some(known) = &*HERE.read().unwrap_or_else(PoisonError::into_inner) {
        return Arc::clone(known);
    }
    let directory = std::env::current_dir().unwrap_or_default();
    let inner = repository(&directory).and_then(|top| directory.strip_prefix(top).ok());
    let parts = inner.into_iter().flat_map(Path::iter).filter_map(|part| part.to_str());
    let from_top = parts.flat_map(|part| [part, "/"]).collect();
    let here = Arc::new(Here { directory, from_top });
    *HERE.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&here));
    here
}

/// Makes a directory the working directory of the process.
///
/// # Errors
/// Those of the system.
pub(crate) fn enter(directory: &Path) -> io::Result<()> {
    std::env::set_current_dir(directory)?;
    *HERE.write().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(())
}
