//! The folders that are open in the editor, each with a session.
//!
//! All of plimsoll shows paths relative to the working directory, so the process changes to the folder that
//! contains all of them.

use std::path::{Path, PathBuf};

use gen_lsp_types as lsp;

use super::document::Documents;
use crate::config::FILE_NAMES;
use crate::lint::Session;

/// The sessions of all folders, and of open files outside of these.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The working directory, as the editor writes it.
    named: PathBuf,
    /// The working directory with symbolic links resolved.
    real: PathBuf,
    folders: Vec<Session>,
    /// Sessions for files outside of all folders.
    loose: Vec<Session>,
}

impl Workspace {
    /// Changes to the directory that contains all folders, or without folders, to that of the first file.
    pub(super) fn new(mut folders: Vec<PathBuf>, documents: &Documents) -> Self {
        folders.sort();
        folders.dedup();
        // A folder in another is part of the other's session.
        let outer: Vec<PathBuf> = folders
            .iter()
            .filter(|folder| {
                !folders.iter().any(|other| other != *folder && folder.starts_with(other))
            })
            .cloned()
            .collect();
        let named = common(&outer)
            .or_else(|| documents.iter().next().map(|(path, _)| surroundings(path)))
            .unwrap_or_else(|| PathBuf::from("."));
        let moved = std::env::set_current_dir(&named);
        let real = moved.and_then(|()| std::env::current_dir()).unwrap_or_else(|_| named.clone());
        let mut workspace = Self { named, real, folders: Vec::new(), loose: Vec::new() };
        workspace.folders = outer.iter().map(|root| Session::new(workspace.path(root))).collect();
        workspace
    }

    /// The real path of an editor's path.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.named) {
            Ok(rest) if rest.as_os_str().is_empty() => self.real.clone(),
            Ok(rest) => self.real.join(rest),
            Err(_) => path.to_owned(),
        }
    }

    /// The path of a document; `None` if it is not a file.
    pub(super) fn path_of(&self, uri: &lsp::Uri) -> Option<PathBuf> {
        path_of(uri).map(|path| self.path(&path))
    }

    /// The address of the file at a shown path, as the editor writes it; `None` for a file in a chart's archive.
    pub(super) fn uri(&self, shown: &str, documents: &Documents) -> Option<lsp::Uri> {
        if shown.contains(".tgz/") {
            return None;
        }
        let path = self.real.join(shown);
        if let Some(document) = documents.get(&path) {
            return Some(document.uri.clone());
        }
        let named = match path.strip_prefix(&self.real) {
            Ok(rest) => self.named.join(rest),
            Err(_) => path,
        };
        lsp::Uri::from_file_path(named).ok()
    }

    /// The absolute path of a shown path.
    pub(super) fn absolute(&self, shown: &str) -> PathBuf {
        self.real.join(shown)
    }

    /// Creates sessions for open files that belong to none.
    pub(super) fn adopt(&mut self, documents: &Documents) {
        self.loose.retain(|session| documents.get(session.root()).is_some());
        for (path, _) in documents.iter() {
            let is_known = self.loose.iter().any(|session| session.root() == path);
            if !is_known && !self.folders.iter().any(|session| path.starts_with(session.root())) {
                self.loose.push(Session::new(path.to_owned()));
            }
        }
    }

    /// All sessions, those of folders first.
    pub(super) fn sessions(&mut self) -> impl Iterator<Item = &mut Session> {
        self.folders.iter_mut().chain(&mut self.loose)
    }

    pub(super) fn session(&mut self, at: usize) -> Option<&mut Session> {
        self.sessions().nth(at)
    }

    /// The session with a number.
    pub(super) fn asked(&self, at: usize) -> Option<&Session> {
        self.folders.iter().chain(&self.loose).nth(at)
    }

    /// The number of the session that a file belongs to.
    pub(super) fn index_of(&mut self, path: &Path) -> Option<usize> {
        self.sessions().position(|session| path.starts_with(session.root()))
    }
}

/// The path of a `file:` address.
pub(super) fn path_of(uri: &lsp::Uri) -> Option<PathBuf> {
    if uri.scheme() == "file" { uri.to_file_path().ok() } else { None }
}

/// The innermost folder that contains all given folders.
fn common(folders: &[PathBuf]) -> Option<PathBuf> {
    let mut common = folders.first()?.clone();
    while !folders.iter().all(|folder| folder.starts_with(&common)) {
        common.pop();
    }
    Some(common)
}

/// The repository, the folder with a configuration or the chart that a file is in, or else its folder.
fn surroundings(file: &Path) -> PathBuf {
    let above = |names: &[&str]| {
        let mut folders = file.ancestors().skip(1);
        folders.find(|folder| names.iter().any(|name| folder.join(name).exists()))
    };
    let top = above(&[".git"]).or_else(|| above(&FILE_NAMES)).or_else(|| above(&["Chart.yaml"]));
    top.or_else(|| file.parent()).unwrap_or(file).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_meet_in_the_one_that_they_lie_in() {
        let folders = |paths: &[&str]| common(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(folders(&["/a/b", "/a/c/d"]), Some(PathBuf::from("/a")));
        assert_eq!(folders(&["/a/b"]), Some(PathBuf::from("/a/b")));
        assert_eq!(folders(&[]), None);
    }
}
