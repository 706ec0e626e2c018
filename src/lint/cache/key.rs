//! The keys of results: hashes of everything that a result depends on.
//!
//! A key that leaves something out gives stale results, the worst fault a cache can have. So types
//! are destructured here without `..`: a new field does not compile until somebody has decided what it
//! means for the key. Too much in a key only costs time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use walkdir::WalkDir;

use super::store::Key;
use crate::config::Config;
use crate::helm::chart;
use crate::lint::context::Run;
use crate::lint::judge::chart::location;
use crate::lint::options::Options;
use crate::lint::settings::rule_files;
use crate::lint::unit::Unit;
use crate::project::{
    Assignment, ChartRef, Class, Content, Field, File, Layer, NodeRef, Patched, Release,
    Resolution, Rewrites,
};
use crate::source::{SourceId, Sources, Span};

/// What every key begins with.
#[derive(Clone)]
pub(in crate::lint) struct Salt(Digest);

impl Salt {
    /// This build of plimsoll: its version, and a hash of its sources, including the rules.
    pub(in crate::lint) fn of_build() -> Self {
        let mut digest = Digest::default();
        digest.text(env!("CARGO_PKG_VERSION"));
        digest.text(env!("PLIMSOLL_BUILD"));
        Self(digest)
    }

    /// The key of a file's class.
    pub(super) fn of_file(&self, by_name: Option<Class>, file: &File) -> Key {
        let mut key = self.0.clone();
        key.text("file");
        key.text(&file.path);
        key.maybe(by_name.map(|class| class as u64), Digest::number);
        key.hash(file.digest());
        key.finish()
    }
}

/// The keys of the units of one run.
pub(in crate::lint) struct Keys<'r, 'p> {
    run: &'r Run<'p>,
    salt: Digest,
    charts: Mutex<HashMap<PathBuf, Arc<ChartSlot>>>,
}

/// The hashes of a chart, each computed once; `None` for a chart that cannot be read.
#[derive(Default)]
struct ChartSlot {
    /// Of the texts as the project has read them, and of other files on disk.
    named: OnceLock<Option<blake3::Hash>>,
    /// Of all files on disk, after the chart was loaded from there.
    loaded: OnceLock<Option<blake3::Hash>>,
}

impl<'r, 'p> Keys<'r, 'p> {
    pub(in crate::lint) fn new(run: &'r Run<'p>, salt: &Salt) -> Self {
        let mut salt = salt.0.clone();
        options(&mut salt, run.options);
        configuration(&mut salt, run.config, run.sources);
        // Custom resources are judged by the definitions of the whole repository.
        for file in run.schemas.files() {
            salt.text(&file.path);
            salt.hash(file.digest());
        }
        Self { run, salt, charts: Mutex::default() }
    }

    /// The key of a unit's result; `None` if something that it depends on cannot be hashed, so that it has to be
    /// judged.
    pub(in crate::lint) fn of(&self, unit: &Unit<'p>) -> Option<Key> {
        let Unit { files, beside, releases } = unit;
        let mut key = self.salt.clone();
        key.text("unit");
        key.number(files.len() as u64);
        for file in files {
            self.file(&mut key, file)?;
        }
        key.number(beside.len() as u64);
        for file in beside {
            key.text(&file.path);
            key.hash(file.digest());
        }
        key.number(releases.len() as u64);
        for &at in releases {
            self.release(&mut key, &self.run.project.releases[at])?;
        }
        Some(key.finish())
    }

    /// True if the charts of a unit are on disk as its key has them. They were read a second time to be rendered.
    pub(in crate::lint) fn still(&self, unit: &Unit<'p>) -> bool {
        self.run.charts_of(unit).into_iter().all(|path| {
            let slot = self.slot(&path);
            let loaded = slot.loaded.get_or_init(|| self.digest(&path, &|_| None));
            slot.named.get() == Some(loaded)
        })
    }

    fn file(&self, key: &mut Digest, file: &File) -> Option<()> {
        key.text(&file.path);
        key.number(file.class as u64);
        key.hash(file.digest());
        // The state before a change depends on git.
        if self.run.past.of_file(&file.path, self.run.choices.at(&file.path)).is_some() {
            return None;
        }
        key.number(u64::from(self.run.judged_with_release(&file.path)));
        key.maybe(self.run.project.rewrites.get(&file.path).map(Arc::as_ref), rewritten);
        self.family(key, &file.path);
        let judged = self.run.judged_folder(file);
        key.maybe(judged, Digest::text);
        if let Some(folder) = judged {
            if self.run.options.changed.is_some() {
                return None;
            }
            key.hash(self.chart(&location(folder))?);
            for file in self.run.project.below(folder) {
                key.text(&file.path);
                key.hash(file.digest());
            }
        }
        Some(())
    }

    fn release(&self, key: &mut Digest, release: &Release) -> Option<()> {
        let Release {
            name,
            namespace,
            chart,
            values,
            kube_version,
            api_versions,
            skip_schema,
            declared,
            name_span,
            via,
            variant,
        } = release;
        key.maybe(name.as_deref(), Digest::text);
        key.maybe(namespace.as_deref(), Digest::text);
        self.chart_ref(key, chart);
        key.number(values.len() as u64);
        for layer in values {
            self.layer(key, layer);
        }
        key.maybe(kube_version.as_deref(), Digest::text);
        key.texts(api_versions.iter());
        key.number(u64::from(*skip_schema));
        self.span(key, *declared);
        key.maybe(*name_span, |key, span| self.span(key, span));
        key.text(via.as_str());
        key.maybe(variant.as_deref(), Digest::text);
        let rewrites = self.run.project.rewrites_of(release, self.run.sources);
        key.maybe(rewrites, rewritten);
        // A chart that is not asked for is not tried with other names.
        key.number(u64::from(self.run.owns(release)));
        if self.run.past.of_release(release, self.run.rules_of(release)).is_some() {
            return None;
        }
        match self.run.resolve(release) {
            Resolution::Absent { chart: said, help } | Resolution::Missing { why: said, help } => {
                key.text(&said);
                key.text(&help);
            }
            Resolution::Unbuilt(path) => key.text(&path),
            Resolution::At(path) => {
                key.text(&path.to_string_lossy());
                key.hash(self.chart(&path)?);
            }
        }
        Some(())
    }

    fn chart_ref(&self, key: &mut Digest, chart: &ChartRef) {
        let ChartRef { name, repository, alias, path, version, span, git } = chart;
        key.number(u64::from(*git));
        for text in [name, repository, alias, path, version] {
            key.maybe(text.as_deref(), Digest::text);
        }
        key.maybe(*span, |key, span| self.span(key, span));
    }

    fn layer(&self, key: &mut Digest, layer: &Layer) {
        let Layer { file, span, content, target_path, optional } = layer;
        key.maybe(file.as_deref(), Digest::text);
        self.span(key, *span);
        key.maybe(target_path.as_deref(), Digest::text);
        key.number(u64::from(*optional));
        match content {
            Content::File => {
                key.text("file");
                let path = file.as_deref().unwrap_or_default();
                self.named(key, path);
                self.family(key, path);
            }
            Content::Yaml(node) => {
                key.text("yaml");
                self.tree(key, node, file.as_deref());
            }
            Content::Filled(node, assignments) => {
                key.text("filled");
                self.tree(key, node, file.as_deref());
                self.assignments(key, assignments);
            }
            Content::Set(assignments) => {
                key.text("set");
                self.assignments(key, assignments);
            }
            Content::Unknown => key.text("unknown"),
            Content::Elsewhere => key.text("elsewhere"),
        }
    }

    /// Inline values: a node of a tree.
    fn tree(&self, key: &mut Digest, node: &NodeRef, file: Option<&str>) {
        let NodeRef { document, node } = node;
        // If the text is a file's, the digest of the file, which is added with the span, suffices.
        let own = self.run.files.of(document.source());
        if own.is_none_or(|own| own.length() != document.text().len()) {
            key.text(document.text());
        }
        if let Some(path) = file {
            self.named(key, path);
        }
        self.span(key, document.node(*node).span());
    }

    fn assignments(&self, key: &mut Digest, assignments: &[Assignment]) {
        key.number(assignments.len() as u64);
        for assignment in assignments {
            self.assignment(key, assignment);
        }
    }

    fn assignment(&self, key: &mut Digest, assignment: &Assignment) {
        let Assignment { kind, path, value, span, value_span } = assignment;
        key.number(*kind as u64);
        key.text(path);
        key.text(value);
        self.span(key, *span);
        key.maybe(*value_span, |key, span| self.span(key, span));
        for path in assignment.files(value) {
            self.named(key, &path);
        }
    }

    /// The values files of other environments that a values file is compared with.
    fn family(&self, key: &mut Digest, path: &str) {
        for file in self.run.families.around(path) {
            key.text(&file.path);
            key.hash(file.digest());
        }
    }

    /// A file that is named, but may not exist.
    fn named(&self, key: &mut Digest, path: &str) {
        key.text(path);
        key.maybe(self.run.files.at(path), |key, file| {
            key.number(u64::from(file.is_yaml()));
            key.hash(file.digest());
        });
    }

    /// A span, with the whole text that it is in, since findings may name its line.
    fn span(&self, key: &mut Digest, span: Span) {
        if span.source == SourceId::NOWHERE {
            return key.text("nowhere");
        }
        match self.run.files.of(span.source) {
            Some(file) => {
                key.text(&file.path);
                key.hash(file.digest());
            }
            None => {
                let text = self.run.sources.get(span.source);
                key.text(&text.path);
                key.text(&text.text);
            }
        }
        key.number(u64::from(span.start));
        key.number(u64::from(span.end));
    }

    fn chart(&self, path: &Path) -> Option<blake3::Hash> {
        *self.slot(path).named.get_or_init(|| {
            let known = |path: &Path| {
                // A chart is rendered from the file, even where standard input replaces it otherwise.
                let stdin = self.run.options.stdin.as_ref();
                let file = self.run.files.at(&crate::project::shown(path))?;
                let piped = stdin.is_some_and(|stdin| stdin.name == file.path);
                (!piped).then(|| file.digest())
            };
            self.digest(path, &known)
        })
    }

    fn digest(
        &self,
        path: &Path,
        known: &dyn Fn(&Path) -> Option<blake3::Hash>,
    ) -> Option<blake3::Hash> {
        let supply = |wanted: &chart::Dependency| {
            crate::project::supply(wanted, self.run.config, &self.run.project.lock)
        };
        let overlay = self.run.sources.overlay();
        chart::digest(path, &chart::Reading { known, supply: &supply, overlay })
    }

    fn slot(&self, path: &Path) -> Arc<ChartSlot> {
        let mut charts = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(charts.entry(path.to_owned()).or_default())
    }
}

/// What kustomizations replace in a manifest.
fn rewritten(key: &mut Digest, rewrites: &Rewrites) {
    let Rewrites {
        images,
        renamed,
        variables,
        replicas,
        labels,
        selectors,
        templates,
        namespace,
        patched,
    } = rewrites;
    for names in [images, renamed, variables, replicas] {
        key.texts(names.iter());
    }
    key.number(patched.len() as u64);
    for Patched { fields, names } in patched.iter().map(Arc::as_ref) {
        key.texts(names.iter());
        key.number(fields.len() as u64);
        for Field { kind, name, path } in fields {
            key.text(kind);
            key.text(name);
            key.texts(path.iter());
        }
    }
    for flag in [labels, selectors, templates, namespace] {
        key.number(u64::from(*flag));
    }
}

/// What the command line says.
fn options(key: &mut Digest, options: &Options) {
    // The paths, the shard and the command line's release determine which units there are.
    let Options {
        paths: _,
        stdin: _,
        request,
        kube_version,
        kube_version_stated,
        api_versions,
        no_ignores,
        shard: _,
        release: _,
        changed: _,
        today,
        keep: _,
        kept: _,
        held: _,
        cache: _,
    } = options;
    key.text(&format!("{request:?}"));
    key.text(kube_version);
    key.number(u64::from(*kube_version_stated));
    key.texts(api_versions.iter());
    key.number(u64::from(*no_ignores));
    key.text(&today.to_string());
}

/// The configuration's text, and the files it uses other than charts and values: schemas, and the repository's own
/// rules, including those in the usual folder, which need not be named.
fn configuration(key: &mut Digest, config: &Config, sources: &Sources) {
    key.maybe(config.file.as_ref(), |key, file| {
        key.text(&crate::project::shown(&file.path));
        key.text(&sources.get(file.source).text);
    });
    let directory = config.directory().unwrap_or(Path::new(""));
    let settings = &config.settings;
    let named = settings.schemas.iter().chain(&settings.rule_paths);
    let named = named.map(|setting| setting.value.as_str());
    for path in named.chain(std::iter::once(rule_files::USUAL)) {
        let walk = WalkDir::new(directory.join(path)).sort_by_file_name();
        for entry in walk.into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
            key.text(&entry.path().to_string_lossy());
            key.maybe(sources.read(entry.path()).ok(), |key, text| {
                key.hash(blake3::hash(text.as_bytes()));
            });
        }
    }
}

/// A hash being computed. Each part has a length or a fixed size, so that parts cannot be confused.
#[derive(Clone, Default)]
struct Digest(blake3::Hasher);

impl Digest {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn texts<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t String>) {
        self.number(texts.len() as u64);
        texts.for_each(|text| self.text(text));
    }

    fn hash(&mut self, hash: blake3::Hash) {
        self.0.update(hash.as_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }

    fn finish(&self) -> Key {
        *self.0.finalize().as_bytes()
    }
}
