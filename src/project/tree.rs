//! The files of a repository by path.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::class::Class;
use super::file::File;
use super::path::{is_above, is_below, join, leads_out, on_disk, parent, ups, upwards, within};
use crate::source;

/// The most bytes of a file that is read only because another one names it.
const MAX_NAMED: u64 = 1 << 20;

/// All files that were read, by path. Paths are relative to the working directory, with `/`.
#[derive(Debug)]
pub struct Tree<'p> {
    /// Sorted by path.
    pub files: &'p [File],
    /// The directories that were walked; `""` is the working directory.
    pub roots: Vec<String>,
    index: HashMap<&'p str, usize>,
    directories: BTreeSet<&'p str>,
    /// Where files that are not among `files` may be read, worked out when first asked for.
    tops: OnceLock<Vec<Top>>,
}

/// The top of the repository around a walked directory, or the directory if there is none.
#[derive(Debug)]
struct Top {
    /// The walked directory.
    root: String,
    /// The top as paths are shown.
    shown: String,
    /// The top without links.
    real: PathBuf,
}

impl<'p> Tree<'p> {
    /// Indexes files that are sorted by path.
    #[must_use]
    pub fn new(files: &'p [File], roots: Vec<String>) -> Self {
        let index = files.iter().enumerate().map(|(at, file)| (file.path.as_str(), at)).collect();
        let mut directories = BTreeSet::new();
        for file in files {
            let mut path = file.path.as_str();
            while let Some((parent, _)) = path.rsplit_once('/') {
                if !directories.insert(parent) {
                    break;
                }
                path = parent;
            }
        }
        Self { files, roots, index, directories, tops: OnceLock::new() }
    }

    /// The file at a path, if it was read.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&'p File> {
        self.index.get(path).map(|&at| &self.files[at])
    }

    /// The text of a file that another one names, read or not. `None` if it is absent or too large, or lies outside of the
    /// linted directories and the repository around them: what else is on the machine is nobody's to name.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        if let Some(file) = self.file(path) {
            return Some(file.text());
        }
        let path = Path::new(path);
        let text = || source::read_text(path, MAX_NAMED).ok().map(Arc::from);
        self.reaches(path).then(text).flatten()
    }

    /// Whether a file that another one names may be read.
    #[must_use]
    pub fn reaches(&self, path: &Path) -> bool {
        self.tops().iter().any(|top| source::is_within(path, &top.real))
    }

    fn tops(&self) -> &[Top] {
        self.tops.get_or_init(|| self.roots.iter().filter_map(|root| Top::around(root)).collect())
    }

    /// True when there is a file, read or not.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.index.contains_key(path) || Path::new(path).is_file()
    }

    /// True when there is a directory, walked or not. `""` is the working directory.
    #[must_use]
    pub fn is_directory(&self, path: &str) -> bool {
        path.is_empty() || self.directories.contains(path) || Path::new(path).is_dir()
    }

    /// The files below a directory, at any depth, sorted.
    pub fn below(&self, directory: &str) -> impl Iterator<Item = &'p File> + use<'p> {
        below(self.files, directory)
    }

    /// The files directly in a directory, sorted.
    pub fn directly_in<'t>(&'t self, directory: &'t str) -> impl Iterator<Item = &'p File> + 't {
        self.below(directory).filter(move |file| parent(&file.path) == directory)
    }

    /// The directories that files were found in, sorted, with those above them.
    pub fn directories(&self) -> impl Iterator<Item = &'p str> {
        self.directories.iter().copied()
    }

    /// The files of a class, sorted by path.
    pub fn of(&self, class: Class) -> impl Iterator<Item = &'p File> {
        self.files.iter().filter(move |file| file.class == class)
    }

    /// True for a path outside of the working directory, of all directories that were walked and of the repository around
    /// them. What is there on the machine that deploys cannot be known.
    #[must_use]
    pub fn is_elsewhere(&self, path: &str) -> bool {
        leads_out(path)
            && !self.roots.iter().any(|root| is_below(path, root))
            && !self.reaches(Path::new(path))
    }

    /// A directory and those above it, up to the top of the repository.
    pub fn upwards<'t>(&'t self, directory: &'t str) -> impl Iterator<Item = &'t str> {
        upwards(directory).take_while(|above| !self.is_elsewhere(above))
    }

    /// The directories that may be the top of the repository that a path is of, the likeliest first: the top of git's
    /// repository around the walked directory, and that directory itself, as when it is an example in a repository of
    /// something else, or outside of any.
    pub fn tops_of<'t>(&'t self, path: &str) -> impl Iterator<Item = &'t str> + use<'t, 'p> {
        let root = self.root_of(path);
        let known = self.tops().iter().find(|top| top.root == root);
        let around = known.map(|top| top.shown.as_str()).filter(|around| *around != root);
        around.into_iter().chain([root])
    }

    /// The path that one from the top of the repository around the file `near` means: the first that exists of those from
    /// [`Self::tops_of`].
    #[must_use]
    pub fn from_top(&self, near: &str, path: &str) -> String {
        let mut paths = self.tops_of(near).map(|top| join(top, path)).peekable();
        let first = paths.peek().cloned().unwrap_or_default();
        paths.find(|path| self.is_file(path) || self.is_directory(path)).unwrap_or(first)
    }

    /// The walked directory that contains a path.
    #[must_use]
    pub fn root_of(&self, path: &str) -> &str {
        self.roots
            .iter()
            .filter(|root| is_below(path, root))
            .max_by_key(|root| (Reverse(ups(root)), root.len()))
            .map_or("", String::as_str)
    }

    /// The path that a path in a file means, if tools may read it relative to any of `bases`: the first one that exists.
    #[must_use]
    pub fn locate(&self, path: &str, bases: &[&str]) -> Option<String> {
        bases
            .iter()
            .map(|base| join(base, path))
            .find(|path| self.is_file(path) || self.is_directory(path))
    }

    /// The paths of files that match a glob relative to `base`, sorted.
    #[must_use]
    pub fn glob(&self, base: &str, pattern: &str) -> Vec<String> {
        let glob = Glob::new(base, pattern);
        glob.iter().flat_map(|glob| glob.files(self)).map(str::to_owned).collect()
    }
}

impl Top {
    /// The top around a walked directory; `None` if that does not exist.
    fn around(root: &str) -> Option<Self> {
        let directory = on_disk(root);
        let (own, real) = (directory.canonicalize().ok()?, source::top(directory)?);
        let up = own.strip_prefix(&real).map_or(0, |inner| inner.components().count());
        let shown = join(root, &"../".repeat(up));
        // Behind a link, `..` leads elsewhere.
        let leads_there = on_disk(&shown).canonicalize().ok();
        let shown = if leads_there.as_ref() == Some(&real) { shown } else { root.to_owned() };
        Some(Self { root: root.to_owned(), shown, real })
    }
}

/// A pattern for paths in a [`Tree`].
#[derive(Debug)]
pub(super) struct Glob {
    matcher: globset::GlobMatcher,
    /// What all matching paths begin with: a directory with a `/`, or nothing.
    prefix: String,
    /// The directory above the working directory that the pattern is relative to: paths in it begin in several ways.
    above: Option<String>,
}

impl Glob {
    /// Reads a pattern relative to a directory. `*` stands for a part of a name, never for a `/`. `None` for what is no
    /// pattern.
    pub(super) fn new(base: &str, mut pattern: &str) -> Option<Self> {
        let mut base = if pattern.starts_with('/') { String::new() } else { base.to_owned() };
        while let Some(rest) = pattern.strip_prefix("../") {
            (base, pattern) = (join(&base, ".."), rest);
        }
        let above = is_above(&base).then_some(base.clone());
        let pattern = if above.is_some() { pattern.to_owned() } else { join(&base, pattern) };
        let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build().ok()?;
        let special = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
        let prefix = prefix(parent(&pattern[..special]));
        Some(Self { matcher: glob.compile_matcher(), prefix, above })
    }

    /// The directory that all matching paths are below.
    pub(super) fn directory(&self) -> String {
        join(self.above.as_deref().unwrap_or_default(), self.prefix.trim_end_matches('/'))
    }

    /// Whether a path matches.
    pub(super) fn is_match(&self, path: &str) -> bool {
        match &self.above {
            Some(above) => within(above, path).is_some_and(|path| self.matcher.is_match(&*path)),
            None => self.matcher.is_match(path),
        }
    }

    /// The matching files, sorted.
    pub(super) fn files<'p>(&self, tree: &Tree<'p>) -> impl Iterator<Item = &'p str> {
        let files = tree.below(&self.directory()).map(|file| file.path.as_str());
        files.filter(|path| self.is_match(path))
    }

    /// The matching directories, sorted.
    pub(super) fn directories<'p>(&self, tree: &Tree<'p>) -> impl Iterator<Item = &'p str> {
        let prefix = if self.above.is_some() { "" } else { &*self.prefix };
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let directories = tree.directories.range::<str, _>(from).copied();
        let below = directories.take_while(move |path| path.starts_with(prefix));
        // The working directory has no name of its own.
        let below = self.above.iter().map(|_| "").chain(below);
        below.filter(|path| self.is_match(path))
    }
}

/// The files below a directory, at any depth, among files sorted by path.
pub(super) fn below<'p>(
    files: &'p [File],
    directory: &str,
) -> impl Iterator<Item = &'p File> + use<'p> {
    // What lies around the working directory has paths that begin in several ways.
    let around = is_above(directory).then(|| directory.to_owned());
    let prefix = if around.is_some() { String::new() } else { prefix(directory) };
    let start = files.partition_point(|file| file.path.as_str() < prefix.as_str());
    let is_in = move |file: &&File| around.as_ref().is_none_or(|outer| is_below(&file.path, outer));
    files[start..].iter().take_while(move |file| file.path.starts_with(&prefix)).filter(is_in)
}

/// What the paths below a directory begin with.
fn prefix(directory: &str) -> String {
    match directory {
        "" => String::new(),
        directory => format!("{directory}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::project::shown;
    use crate::source::Sources;

    #[test]
    fn a_pattern_matches_files_and_directories_below_what_it_names() {
        let dir = tempfile::tempdir().expect("a folder");
        for path in ["a/x.yaml", "a-b/x.yaml", "a/c/x.yaml", "a/c/d/x.yaml", "x.yaml"] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, "a: 1\n").expect("written");
        }
        let sources = Sources::default();
        let root = dir.path().to_owned();
        let project = crate::project::discover(&[root], &Config::default(), &sources);
        let top = shown(dir.path());
        let files = project.expect("it is there").files;
        let tree = Tree::new(&files, vec![top.clone()]);
        let matching = |pattern: &str| {
            let glob = Glob::new(&top, pattern).expect("a pattern");
            let found = glob.files(&tree).chain(glob.directories(&tree));
            found.map(|path| path[top.len() + 1..].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(matching("*"), ["x.yaml", "a", "a-b"]);
        assert_eq!(matching("a*/*"), ["a-b/x.yaml", "a/x.yaml", "a/c"]);
        assert_eq!(matching("a/**/x.yaml"), ["a/c/d/x.yaml", "a/c/x.yaml", "a/x.yaml"]);
        assert_eq!(matching("a/{c,d}"), ["a/c"]);
        assert_eq!(matching("x.yaml"), ["x.yaml"]);
    }
}
