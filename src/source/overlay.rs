//! Texts that stand in for files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Texts that are read in place of files: what an editor holds and has not saved, or what files
/// would be after an edit. A file that is not on disk is taken to be there.
///
/// Paths are compared as absolute ones, without `.` and `..`; links are not followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    texts: BTreeMap<PathBuf, Arc<str>>,
}

impl Overlay {
    /// Lets a text stand in for the file at a path; the last one holds.
    pub fn put(&mut self, path: &Path, text: impl Into<Arc<str>>) {
        self.texts.insert(absolute(path), text.into());
    }

    /// Lets the file stand for itself again; gives the text that stood in for it.
    pub fn remove(&mut self, path: &Path) -> Option<Arc<str>> {
        self.texts.remove(&absolute(path))
    }

    /// Takes over the texts of another, which hold where both have one.
    pub fn cover(&mut self, other: &Self) {
        let texts = other.texts.iter().map(|(path, text)| (path.clone(), Arc::clone(text)));
        self.texts.extend(texts);
    }

    /// True where no text stands in for a file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text that stands in for a file.
    #[must_use]
    pub fn text(&self, path: &Path) -> Option<&Arc<str>> {
        // Making a path absolute asks the system for the working directory.
        if self.texts.is_empty() { None } else { self.texts.get(&absolute(path)) }
    }

    /// The files that something stands in for, absolute and sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.texts.keys().map(PathBuf::as_path)
    }

    /// The files below a directory that something stands in for, relative to it and sorted, with
    /// their texts.
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

fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
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
