//! The files of a run, by path and by text.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use crate::project::File;
use crate::source::{SourceId, Sources, Span};

/// All files of a project.
pub(in crate::lint) struct Files<'p> {
    by_path: BTreeMap<&'p str, &'p File>,
    by_source: HashMap<SourceId, &'p File>,
}

impl<'p> Files<'p> {
    pub(in crate::lint) fn new(files: &'p [File]) -> Self {
        Self {
            by_path: files.iter().map(|file| (file.path.as_str(), file)).collect(),
            by_source: files.iter().map(|file| (file.source, file)).collect(),
        }
    }

    pub(in crate::lint) fn at(&self, path: &str) -> Option<&'p File> {
        self.by_path.get(path).copied()
    }

    pub(in crate::lint) fn of(&self, source: SourceId) -> Option<&'p File> {
        self.by_source.get(&source).copied()
    }

    /// The files whose paths begin with `prefix`, sorted by path.
    pub(in crate::lint) fn below(&self, prefix: &str) -> impl Iterator<Item = &'p File> {
        let behind = self.by_path.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        behind.take_while(move |(path, _)| path.starts_with(prefix)).map(|(_, file)| *file)
    }
}

/// The files of a run as one unit sees them. Of files whose texts were dropped from memory, a unit has its own copies,
/// whose texts and trees are dropped with it.
pub(in crate::lint) struct UnitFiles<'a> {
    files: &'a Files<'a>,
    own: HashMap<SourceId, File>,
}

impl<'a> UnitFiles<'a> {
    /// The files as the run has them, without copies.
    pub(in crate::lint) fn new(files: &'a Files<'a>) -> Self {
        Self { files, own: HashMap::new() }
    }

    /// Adds the unit's own copies of files; files that the run still holds are left out.
    pub(in crate::lint) fn add<'f>(&mut self, files: impl IntoIterator<Item = Cow<'f, File>>) {
        let own = files.into_iter().filter_map(|file| match file {
            Cow::Owned(own) => Some((own.source, own)),
            Cow::Borrowed(_) => None,
        });
        self.own.extend(own);
    }

    pub(in crate::lint) fn at(&self, path: &str) -> Option<&File> {
        self.files.at(path).map(|file| self.near(file))
    }

    pub(in crate::lint) fn of(&self, source: SourceId) -> Option<&File> {
        self.files.of(source).map(|file| self.near(file))
    }

    /// The files whose paths begin with `prefix`, sorted by path.
    pub(in crate::lint) fn below(&self, prefix: &str) -> impl Iterator<Item = &File> {
        self.files.below(prefix).map(|file| self.near(file))
    }

    /// The same place in the text that the run knows under the same path: a chart's files are read once more to
    /// render it. The place itself where that is another text.
    pub(in crate::lint) fn known(&self, span: Span, sources: &Sources) -> Span {
        let text = sources.get(span.source);
        match self.at(&text.path) {
            Some(file) if file.length() == text.text.len() => Span { source: file.source, ..span },
            _ => span,
        }
    }

    fn near<'d>(&'d self, file: &'d File) -> &'d File {
        self.own.get(&file.source).unwrap_or(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::project;
    use crate::source::Sources;

    #[test]
    fn a_text_that_was_put_away_and_its_tree_are_gone_with_the_desk_they_lay_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("values.yaml");
        std::fs::write(&path, "replicas: 1\n").unwrap();
        let sources = Sources::default();
        let (candidates, _) =
            project::walk(std::slice::from_ref(&path), &Config::default(), &sources).unwrap();
        let project::Taken::File(mut file) = project::take(&candidates[0], &sources, &()) else {
            panic!("a values file is read")
        };
        file.shelve(&path, &sources);
        let all = [file];
        let files = Files::new(&all);

        let mut unit_files = UnitFiles::new(&files);
        unit_files.add(all[0].taken_down());
        let tree = |unit_files: &UnitFiles<'_>| {
            unit_files.at(&all[0].path).unwrap().stream().cloned().unwrap()
        };
        let first = std::sync::Arc::downgrade(&tree(&unit_files));
        assert!(std::ptr::eq(first.as_ptr(), &raw const *tree(&unit_files)), "it is parsed once");
        drop(unit_files);
        assert!(first.upgrade().is_none());
    }
}
