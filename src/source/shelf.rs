//! Texts that are read from their files again when they are needed, so that a run does not keep everything in memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::SourceFile;

/// Where a text is stored.
#[derive(Debug, Clone)]
pub enum Slot {
    /// In memory.
    Held(Arc<SourceFile>),
    /// In its file.
    Shelved(Arc<Shelved>),
    /// In the program; each use copies it.
    Shipped {
        /// The path as it is shown.
        path: &'static str,
        /// The text.
        text: &'static str,
    },
}

impl Slot {
    /// A text that was read from `path`, and that is read again if it is no longer in use.
    pub(super) fn shelved(file: &SourceFile, path: PathBuf, digest: blake3::Hash) -> Self {
        let (shown, length, lent) = (file.path.clone(), file.text.len(), Mutex::default());
        Self::Shelved(Arc::new(Shelved { shown, path, digest, length, lent }))
    }

    /// The text, which is shared with those who use it, or else read again.
    ///
    /// # Errors
    /// If the file has changed, or no longer exists.
    pub fn take_down(&self) -> Result<Arc<SourceFile>, Changed> {
        match self {
            Self::Held(file) => Ok(Arc::clone(file)),
            Self::Shelved(shelved) => shelved.take_down(),
            Self::Shipped { path, text } => {
                Ok(Arc::new(SourceFile::new((*path).to_owned(), (*text).into())))
            }
        }
    }

    /// The text as [`Slot::take_down`] returns it, or blanks in place of a text that is lost, so that spans remain
    /// valid.
    #[must_use]
    pub fn file(&self) -> Arc<SourceFile> {
        self.take_down().unwrap_or_else(|Changed| {
            let blanks = " ".repeat(self.length());
            Arc::new(SourceFile::new(self.path().to_owned(), blanks.into()))
        })
    }

    /// The path as it is shown.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Held(file) => &file.path,
            Self::Shelved(shelved) => &shelved.shown,
            Self::Shipped { path, .. } => path,
        }
    }

    /// Length of the text in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Held(file) => file.text.len(),
            Self::Shelved(shelved) => shelved.length,
            Self::Shipped { text, .. } => text.len(),
        }
    }
}

/// A text that is not kept in memory.
#[derive(Debug)]
pub struct Shelved {
    /// The path as it is shown.
    shown: String,
    /// The path of the file.
    path: PathBuf,
    /// The digest of the text as it was first read.
    digest: blake3::Hash,
    length: usize,
    /// The text, as long as it is in use.
    lent: Mutex<Weak<SourceFile>>,
}

impl Shelved {
    fn take_down(&self) -> Result<Arc<SourceFile>, Changed> {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = lent.upgrade() {
            return Ok(file);
        }
        let text = std::fs::read_to_string(&self.path).map_err(|_| Changed)?;
        if blake3::hash(text.as_bytes()) != self.digest {
            return Err(Changed);
        }
        let file = Arc::new(SourceFile::new(self.shown.clone(), text.into()));
        *lent = Arc::downgrade(&file);
        Ok(file)
    }
}

/// A file has changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has changed since this run began")]
pub struct Changed;

#[cfg(test)]
mod tests {
    use super::*;

    fn shelved(path: &std::path::Path, text: &str) -> Slot {
        std::fs::write(path, text).unwrap();
        let file = SourceFile::new("a.yaml".into(), text.into());
        Slot::shelved(&file, path.to_owned(), blake3::hash(text.as_bytes()))
    }

    #[test]
    fn a_text_is_read_again_unless_somebody_holds_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.yaml");
        let shelf = shelved(&path, "a: 1\n");
        let held = shelf.take_down().unwrap();
        assert_eq!(&*held.text, "a: 1\n");
        std::fs::write(&path, "a: 2\n").unwrap();
        assert!(Arc::ptr_eq(&held, &shelf.take_down().unwrap()), "whoever holds it has the same");
        drop(held);
        assert_eq!(shelf.take_down().unwrap_err(), Changed);
    }

    #[test]
    fn a_text_that_is_lost_is_blank_and_as_long_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.yaml");
        let shelf = shelved(&path, "a: é\n");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(shelf.file().text.len(), 6);
    }
}
