//! A repository that is kept in memory while its texts change, as for an editor.
//!
//! Files are read from disk once, and again only when the client says that they have changed. A
//! [`Snapshot`] is the repository with the editor's texts in place of some files; it shares everything
//! else with other snapshots. Linting a snapshot judges what the open files belong to (their charts,
//! their folders, the releases that they are part of). Results are kept in memory, as [`super::cache`]
//! keeps them between runs, so only what depends on a changed text is judged again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::cache::{Cache, Memory, Salt};
use super::gather::{CustomSchemas, Keep};
use super::options::Options;
use super::outcome::{LintError, Outcome};
use super::run::examine;
use super::settings::Settings;
use super::watch::Watch;
use crate::config;
use crate::finding::Finding;
use crate::kube::minor;
use crate::kube::schema::Schemas;
use crate::project::{self, Candidate, Class, File, Project, Reason, Taken, Walked, parent};
use crate::report::model::Entry;
use crate::source::{Overlay, Sources};

/// A directory, and what is known about it.
#[derive(Debug)]
pub struct Session {
    root: PathBuf,
    memory: Memory,
    base: Option<Base>,
    /// Texts of files that have changed on disk since they were read.
    saved: Overlay,
}

/// A directory as it is on disk.
#[derive(Debug)]
struct Base {
    sources: Arc<Sources>,
    /// What the walk found apart from files.
    walked: Walked,
    files: Vec<File>,
    refused: Vec<Finding>,
    settings: Arc<Settings>,
}

/// A repository at one moment, with the unsaved texts of an editor.
#[derive(Debug)]
pub struct Snapshot {
    /// Its texts.
    pub sources: Arc<Sources>,
    /// Its files, charts and releases.
    pub project: Project,
    /// Its configuration and its own rules.
    pub settings: Arc<Settings>,
    /// The files that are open in the editor.
    open: Vec<PathBuf>,
    pub(super) options: Options,
}

impl Session {
    /// A session over a directory. Nothing is read yet.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root, memory: Memory::default(), base: None, saved: Overlay::default() }
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes note that files were written, created or removed. If any were created or removed, everything will be read
    /// again.
    pub fn refresh(&mut self, changed: &[PathBuf]) {
        let Some(base) = &self.base else { return };
        for path in changed {
            let shown = project::shown(path);
            let known = base.files.binary_search_by(|file| file.path.cmp(&shown)).is_ok();
            match std::fs::read_to_string(path) {
                Ok(text) if known => self.saved.put(path, text),
                _ => {
                    self.base = None;
                    return;
                }
            }
        }
    }

    /// The repository with `buffers` in place of files. Linting it judges what the `open` files belong to.
    ///
    /// # Errors
    /// When the directory is not there.
    pub fn snapshot(
        &mut self,
        buffers: &Overlay,
        open: &[PathBuf],
        watch: &dyn Watch,
    ) -> Result<Snapshot, LintError> {
        let base = match &mut self.base {
            Some(base) => base,
            unread => {
                self.saved = Overlay::default();
                unread.insert(Base::read(&self.root, &self.memory, watch)?)
            }
        };
        let mut overlay = self.saved.clone();
        overlay.cover(buffers);
        Ok(base.with(&self.root, overlay, open, &self.memory))
    }

    /// Lints what the open files of a snapshot belong to.
    ///
    /// # Errors
    /// When `watch` says that nobody waits any more.
    pub fn lint(&self, snapshot: &Snapshot, watch: &dyn Watch) -> Result<Outcome, LintError> {
        let Snapshot { sources, project, settings, open: _, options } = snapshot;
        let cache = Cache::within(&self.memory, Salt::of_build());
        let lint = |settings: &Settings| {
            let Settings { config, rules, .. } = settings;
            examine(project, Some(&cache), options, config, rules, sources, watch)
        };
        let mut outcome = match lint(settings) {
            // A fault in the selection of rules must not hide all other findings.
            Err(LintError::Name(_)) => lint(&settings.without_selection())?,
            done => done?,
        };
        self.memory.age();
        let faults = settings.faults.iter().cloned();
        outcome.report.findings.extend(faults.map(|finding| Entry::new(finding, sources)));
        outcome.report.finish();
        Ok(outcome)
    }

    /// Lints a snapshot with some files edited, to try a fix: `edited` has their new texts by shown path. The outcome
    /// contains what releases render.
    ///
    /// # Errors
    /// When the rules that are selected are not known, or nothing was read yet.
    pub fn with_edits(
        &self,
        snapshot: &Snapshot,
        edited: &BTreeMap<String, Arc<str>>,
    ) -> Result<Outcome, LintError> {
        let base = self.base.as_ref().ok_or_else(|| LintError::Path(self.root.clone()))?;
        let (mut overlay, mut open) = (snapshot.sources.overlay().clone(), snapshot.open.clone());
        for (shown, text) in edited {
            overlay.put(Path::new(shown), Arc::clone(text));
            open.push(PathBuf::from(shown));
        }
        let edited = base.with(&self.root, overlay, &open, &self.memory);
        let options = Options { keep: Keep::Rendered, ..edited.options.clone() };
        let Snapshot { sources, project, settings, .. } = &edited;
        let Settings { config, rules, .. } = &**settings;
        let cache = Cache::within(&self.memory, Salt::of_build());
        examine(project, Some(&cache), &options, config, rules, sources, &())
    }
}

impl Snapshot {
    /// The text of the file at a shown path.
    #[must_use]
    pub fn text(&self, shown: &str) -> Option<Arc<str>> {
        match self.file(shown) {
            Some(file) => Some(file.text()),
            None => self.sources.read(Path::new(shown)).ok(),
        }
    }

    /// The schemas that objects in a file are judged by.
    #[must_use]
    pub fn schemas(&self, shown: &str) -> Schemas {
        let (files, config) = (&self.project.files, &self.settings.config);
        let (schemas, _) = CustomSchemas::new(files, config, &self.sources);
        Schemas::clone(schemas.at(shown))
    }

    /// The minor version of Kubernetes that it is linted for, `31` for 1.31.
    #[must_use]
    pub fn minor(&self) -> u32 {
        minor(&self.options.kube_version)
    }

    /// The project's file at a shown path.
    #[must_use]
    pub fn file(&self, shown: &str) -> Option<&File> {
        let files = &self.project.files;
        let at = files.binary_search_by(|file| file.path.as_str().cmp(shown)).ok()?;
        Some(&files[at])
    }
}

impl Base {
    fn read(root: &Path, memory: &Memory, watch: &dyn Watch) -> Result<Self, LintError> {
        let sources = Sources::default();
        let settings = Arc::new(Settings::read(root, &sources));
        let roots = [root.to_owned()];
        let (candidates, walked) =
            project::walk(&roots, &settings.config, &sources).map_err(LintError::Path)?;
        let cache = Cache::within(memory, Salt::of_build());
        let taken: Vec<Taken> = candidates
            .par_iter()
            .enumerate()
            .map(|(done, candidate)| {
                watch.step(done + 1, candidates.len(), "reading");
                lean(project::take(candidate, &sources, &cache))
            })
            .collect();
        let mut refused = Vec::new();
        let files = project::sorted(taken, &mut refused);
        Ok(Self { sources: Arc::new(sources), walked, files, refused, settings })
    }

    fn with(&self, root: &Path, overlay: Overlay, open: &[PathBuf], memory: &Memory) -> Snapshot {
        let is_setting = overlay.paths().any(|path| self.settings.holds(path));
        let sources = Sources::over(&self.sources, overlay);
        let settings = match is_setting {
            true => Arc::new(Settings::read(root, &sources)),
            false => Arc::clone(&self.settings),
        };
        let mut files = self.files(root, &sources, memory);
        request(&mut files, open);
        let refused = self.refused.iter().cloned();
        let taken = files.into_iter().map(Taken::File);
        let taken = taken.chain(refused.map(|finding| Taken::Refused(Box::new(finding))));
        // Only open files are judged.
        let walked = Walked { asked: Vec::new(), ..self.walked.clone() };
        let project = project::assemble(walked, taken.collect(), &settings.config, &sources);
        let options = options(root, &settings);
        let open = open.to_vec();
        Snapshot { sources: Arc::new(sources), project, settings, open, options }
    }

    /// The files, overlaid with the texts of `sources`, and the texts below the directory that are not on disk yet.
    fn files(&self, root: &Path, sources: &Sources, memory: &Memory) -> Vec<File> {
        let cache = Cache::within(memory, Salt::of_build());
        let mut texts: BTreeMap<String, (&Path, &Arc<str>)> = BTreeMap::new();
        for path in sources.overlay().paths() {
            if let Some(text) = sources.overlay().text(path) {
                texts.insert(project::shown(path), (path, text));
            }
        }
        let mut take = |shown: &str| {
            let (path, text) = texts.remove(shown)?;
            let candidate = candidate(path, shown.to_owned());
            project::take_text(&candidate, Arc::clone(text), sources, &cache)
        };
        let mut files: Vec<File> = self
            .files
            .iter()
            .map(|file| take(&file.path).unwrap_or_else(|| file.clone()))
            .collect();
        let unsaved = texts.into_iter().filter(|(shown, (path, _))| {
            project::is_below(shown, &project::shown(root)) && !path.exists()
        });
        files.extend(unsaved.filter_map(|(shown, (path, text))| {
            project::take_text(&candidate(path, shown), Arc::clone(text), sources, &cache)
        }));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }
}

/// Drops the trees of files that are not needed at every keystroke: trees are large.
fn lean(mut taken: Taken) -> Taken {
    if let Taken::File(file) = &mut taken
        && (file.class == Class::Other || file.path.ends_with("values.yaml"))
    {
        file.forget_tree();
    }
    taken
}

fn candidate(path: &Path, shown: String) -> Candidate {
    Candidate { shown, path: path.to_owned(), reason: Reason::Around }
}

fn options(root: &Path, settings: &Settings) -> Options {
    let said = settings.config.settings.kube_version.as_ref();
    let options = Options::of(vec![root.to_owned()], super::today());
    Options {
        kube_version_stated: said.is_some(),
        kube_version: said.map_or(options.kube_version, |version| version.value.clone()),
        api_versions: config::texts(&settings.config.settings.api_versions),
        ..options
    }
}

/// Marks what is to be linted for the `open` files: the chart that a file lies in, the manifests in a manifest's
/// folder, or the file alone.
fn request(files: &mut [File], open: &[PathBuf]) {
    let charts: BTreeSet<String> = files
        .iter()
        .filter(|file| file.class == Class::ChartMeta)
        .map(|file| parent(&file.path).to_owned())
        .collect();
    let mut whole: BTreeSet<&str> = BTreeSet::new();
    let mut beside: BTreeSet<String> = BTreeSet::new();
    let open: BTreeSet<String> = open.iter().map(|path| project::shown(path)).collect();
    for path in &open {
        if let Some(chart) = chart_of(path, &charts) {
            whole.insert(chart);
        } else if files.iter().any(|file| file.path == *path && file.class == Class::Manifest) {
            beside.insert(parent(path).to_owned());
        }
    }
    for file in files {
        file.requested = open.contains(&file.path)
            || whole.iter().any(|chart| project::is_below(&file.path, chart))
            || (file.class == Class::Manifest && beside.contains(parent(&file.path)));
    }
}

/// The innermost chart that a path lies in.
fn chart_of<'c>(path: &str, charts: &'c BTreeSet<String>) -> Option<&'c str> {
    project::upwards(parent(path)).find_map(|above| charts.get(above)).map(String::as_str)
}
