//! The charts of a run. Each is read once, and dropped after its last use.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::config::Config;
use crate::helm::chart::{Again, Chart, ChartError, Dependency, Recall};
use crate::helm::reads::Reads;
use crate::lint::cache::Memory;
use crate::project::Lock;
use crate::source::Sources;

/// A chart, or why it cannot be loaded; empty only while it is being read.
pub(super) type Loaded = Arc<OnceLock<Result<Chart, ChartError>>>;

/// What a chart could read of its values; empty until the first caller has computed it.
type Known = Arc<OnceLock<Reads>>;

/// The charts of a run.
#[derive(Debug)]
pub(in crate::lint) struct Charts<'p> {
    known: Mutex<HashMap<PathBuf, Entry>>,
    config: &'p Config,
    /// Says where dependencies are that are not in a chart's `charts/`.
    lock: &'p Lock,
    /// What earlier runs of this process have kept.
    memory: Option<&'p Memory>,
}

/// What is known of one chart.
#[derive(Debug, Default)]
struct Entry {
    loaded: Loaded,
    /// By the templates in the values.
    reads: HashMap<Vec<String>, Known>,
    /// How many [`Charts::need`] calls have no [`Charts::done`] yet.
    needed: usize,
}

impl<'p> Charts<'p> {
    pub(in crate::lint) fn new(
        config: &'p Config,
        lock: &'p Lock,
        memory: Option<&'p Memory>,
    ) -> Self {
        Self { known: Mutex::default(), config, lock, memory }
    }

    /// Announces a use of the chart at a path, until the corresponding [`Charts::done`].
    pub(in crate::lint) fn need(&self, path: PathBuf) {
        self.known().entry(path).or_default().needed += 1;
    }

    /// Ends a use of the chart at a path. After the last, drops the chart and its texts from memory.
    pub(in crate::lint) fn done(&self, path: &Path, sources: &Sources) {
        let mut known = self.known();
        let Some(entry) = known.get_mut(path).filter(|entry| entry.needed > 0) else { return };
        entry.needed -= 1;
        let dropped = (entry.needed == 0).then(|| known.remove(path)).flatten();
        drop(known);
        if let Some(Ok(chart)) = dropped.as_ref().and_then(|entry| entry.loaded.get()) {
            put_away(chart, sources);
        }
    }

    /// The chart at a path; read at the first call.
    pub(in crate::lint) fn load(&self, path: &Path, sources: &Sources) -> Loaded {
        let loaded = Arc::clone(&self.known().entry(path.to_owned()).or_default().loaded);
        loaded.get_or_init(|| {
            let supply =
                |wanted: &Dependency| crate::project::supply(wanted, self.config, self.lock);
            let memory = self.memory.map(|memory| memory as &dyn Recall);
            let shown = crate::project::shown(path);
            // A detour through a chart that the working directory is in would show another path than the walk does.
            let again = Again { memory, named: |path| crate::project::shown(Path::new(&path)) };
            Chart::load_again(path, &shown, sources, &supply, again)
        });
        loaded
    }

    /// What the chart at a path could read, with these templates in the values. The first caller has to compute it.
    pub(in crate::lint) fn reads(
        &self,
        path: &Path,
        chart: &Chart,
        texts: &[&str],
        sources: &Sources,
    ) -> Known {
        let key = texts.iter().map(ToString::to_string).collect();
        let mut known = self.known();
        let reads = &mut known.entry(path.to_owned()).or_default().reads;
        let known = reads.entry(key).or_insert_with(|| match self.memory {
            Some(memory) => memory.reads(Reads::digest(chart, sources), texts),
            None => Arc::default(),
        });
        Arc::clone(known)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PathBuf, Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the texts of a chart and its dependencies from memory, where they can be read from files again.
fn put_away(chart: &Chart, sources: &Sources) {
    let templates = chart.templates.iter().map(|template| template.file.source);
    let values = chart.values.iter().map(|document| document.span().source);
    let schema = chart.schema.iter().map(|schema| schema.file.source);
    for id in templates.chain(values).chain(schema).chain([chart.source]) {
        let path = PathBuf::from(sources.path(id));
        if path.is_file() {
            let digest = blake3::hash(sources.get(id).text.as_bytes());
            sources.shelve(id, path, digest);
        }
    }
    for dependency in &chart.dependencies {
        put_away(dependency, sources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

    #[test]
    fn a_chart_is_dropped_when_the_last_that_needs_it_is_done() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::fs::write(path.join("Chart.yaml"), METADATA).unwrap();
        let (config, lock, sources) = (Config::default(), Lock::default(), Sources::default());
        let charts = Charts::new(&config, &lock, None);
        charts.need(path.to_owned());
        charts.need(path.to_owned());
        let first = Arc::downgrade(&charts.load(path, &sources));
        charts.done(path, &sources);
        assert!(Arc::ptr_eq(&first.upgrade().unwrap(), &charts.load(path, &sources)));
        let id = match charts.load(path, &sources).get() {
            Some(Ok(chart)) => chart.source,
            other => panic!("{other:?}"),
        };
        charts.done(path, &sources);
        assert!(first.upgrade().is_none());
        assert!(matches!(sources.slot(id), crate::source::Slot::Shelved(_)));
        assert_eq!(&*sources.get(id).text, METADATA, "it is read again for who asks");
    }
}
