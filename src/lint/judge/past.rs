//! Objects before the change that `--changed-since` looks at, for rules on fields that must not change.
//!
//! The former objects of a manifest are those in the file in that revision. Those of a release are what
//! its chart and values files render in that revision. Values that are written in the declaration, and
//! charts outside of the repository, count as unchanged.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::rendered::{Task, company};
use crate::helm::chart::{Chart, Dependency};
use crate::helm::render as helm;
use crate::lint::changed::Changed;
use crate::lint::select::Chosen;
use crate::project::{File, Release, is_below};
use crate::rule::Company;
use crate::source::{SourceId, Sources};
use crate::yaml;

/// The rule that compares objects with what they were.
const RULE: &str = "immutable-field-change";

/// The objects before a change; none without `--changed-since`.
pub(in crate::lint) struct Past<'p> {
    changed: Option<&'p Changed>,
    /// The files before the change, written to a folder when the first release needs them.
    tree: OnceLock<Option<TempDir>>,
}

impl<'p> Past<'p> {
    pub(in crate::lint) fn new(changed: Option<&'p Changed>) -> Self {
        Self { changed, tree: OnceLock::new() }
    }

    /// The change, if it touches a manifest and a rule compares with the state before.
    pub(in crate::lint) fn of_file(&self, path: &str, chosen: &Chosen) -> Option<&'p Changed> {
        self.asked(chosen).filter(|changed| changed.first_line(path).is_some())
    }

    /// The change, if it touches a release's chart or values and a rule compares with the state before.
    pub(in crate::lint) fn of_release(
        &self,
        release: &Release,
        chosen: &Chosen,
    ) -> Option<&'p Changed> {
        let touches = |changed: &&Changed| {
            let chart = release.chart.path.as_deref();
            let of_chart =
                chart.is_some_and(|chart| changed.files().any(|path| is_below(path, chart)));
            let layers = release.values.iter().filter_map(|layer| layer.file.as_deref());
            of_chart || layers.into_iter().any(|path| changed.first_line(path).is_some())
        };
        self.asked(chosen).filter(touches)
    }

    fn asked(&self, chosen: &Chosen) -> Option<&'p Changed> {
        self.changed.filter(|_| chosen.rules.iter().any(|active| &*active.known.id == RULE))
    }

    /// The former objects of a manifest.
    pub(in crate::lint) fn manifest(&self, file: &File, chosen: &Chosen) -> Company {
        let before =
            self.of_file(&file.path, chosen).and_then(|changed| changed.before(&file.path));
        before.map_or_else(Company::default, |text| {
            Company::of(&yaml::parse(SourceId::NOWHERE, &text.into()).documents)
        })
    }

    /// The former objects of a release.
    pub(in crate::lint) fn release(
        &self,
        task: &Task<'_>,
        supply: &(dyn Fn(&Dependency) -> Option<PathBuf> + Sync),
    ) -> Company {
        self.rendered(task, supply).unwrap_or_default()
    }

    fn rendered(
        &self,
        task: &Task<'_>,
        supply: &(dyn Fn(&Dependency) -> Option<PathBuf> + Sync),
    ) -> Option<Company> {
        let changed = self.of_release(task.release, task.chosen)?;
        let folder = self.tree(changed)?;
        // These texts are not shown, so the run's sources need not have them.
        let sources = Sources::default();
        let path = changed.in_base(folder, &task.path)?;
        let chart = Chart::load(&path, "", &sources, supply).ok()?;
        let file = |path: &str| {
            // A file that did not exist sets nothing.
            let text = changed.in_base(folder, Path::new(path)).map(std::fs::read_to_string);
            let text = text.and_then(Result::ok).unwrap_or_default();
            Some(yaml::parse(SourceId::NOWHERE, &text.into()).documents)
        };
        let layers = task.layers_with(&file).ok()?;
        let options = task.options(&chart);
        helm::render(&chart, &options, &layers, |done| {
            let rendered = done.ok()?;
            Some(company(&rendered))
        })
    }

    fn tree(&self, changed: &Changed) -> Option<&Path> {
        let written = self.tree.get_or_init(|| {
            let folder = tempfile::tempdir().ok()?;
            changed.write_base(folder.path()).ok()?;
            Some(folder)
        });
        written.as_ref().map(TempDir::path)
    }
}
