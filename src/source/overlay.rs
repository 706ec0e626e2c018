//! Texts that are read in place of files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::here::here;

/// Texts that are read in place of files: unsaved texts in an editor, or the texts of files after an edit. A file that
/// is not on disk counts as existing.
///
/// Paths are compared as absolute paths, without `.` and `..`; links are not followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    texts: BTreeMap<PathBuf, Arc<str>>,
}

impl Overlay {
    /// Sets the text for the file at a path, and replaces an earlier one.
    pub fn put(&mut self, path: &Path, text: impl Into<Arc<str>>) {
        self.texts.insert(absolute(path), text.into());
    }

    /// Removes the text for a file, and returns it.
    pub fn remove(&mut self, path: &Path) -> Option<Arc<str>> {
        self.texts.remove(&absolute(path))
    }

    /// Adds the texts of another overlay, which replace existing ones.
    pub fn cover(&mut self, other: &Self) {
        let texts = other.texts.iter().map(|(path, text)| (path.clone(), Arc::clone(text)));
        self.texts.extend(texts);
    }

    /// True if it has no texts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text for a file.
    #[must_use]
    pub fn text(&self, path: &Path) -> Option<&Arc<str>> {
        // Without texts, this avoids asking the system for the working directory.
        if self.texts.is_empty() { None } else { self.texts.get(&absolute(path)) }
    }

    /// The paths of the files that have a text, absolute and sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.texts.keys().map(PathBuf::as_path)
    }

    /// The files below a directory that have a text, with these texts. Paths are relative to the directory and sorted.
    pub fn below<'o>(
        &'o self,
        directory: &Path,
    ) -> impl Iterator<Item = (&'o Path, &'o Arc<str>)> + use<'o> {
        let directory = match self.texts.is_empty() {
            true => PathBuf::new(),
            false => absolute(directory),
        };
        self.texts.iter().filter_map(move |(path, text)| {
            let relative = path.strip_prefix(&directory).ok()?;
            (!relative.as_os_str().is_empty()).then_some((relative, text))
        })
    }
}

/// A path from the root of the file system, without `.` and `..`.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let path = if path.is_absolute() { path.to_owned() } else { here().directory.join(path) };
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_however_it_is_written() {
        let mut overlay = Overlay::default();
        overlay.put(Path::new("chart/values.yaml"), "a: 1");
        let absolute = std::env::current_dir().unwrap().join("chart/values.yaml");
        for path in ["chart/values.yaml", "./chart/../chart/values.yaml"] {
            assert_eq!(overlay.text(Path::new(path)).map(|text| &**text), Some("a: 1"));
        }
        assert_eq!(overlay.paths().collect::<Vec<_>>(), [absolute.as_path()]);
        assert!(overlay.text(Path::new("values.yaml")).is_none());
        let below: Vec<_> = overlay.below(Path::new("./chart")).map(|(path, _)| path).collect();
        assert_eq!(below, [Path::new("values.yaml")]);
        assert_eq!(overlay.remove(&absolute).as_deref(), Some("a: 1"));
    }
}
