//! The schemas of custom resources in a repository, and those that its configuration names.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use walkdir::WalkDir;

use crate::config::Config;
use crate::kube::objects;
use crate::kube::schema::Schemas;
use crate::lint::shared::Shared;
use crate::project::{File, Word, path_in_repository};
use crate::source::Sources;
use crate::yaml::{self, Document};

/// Larger files are no schemas.
const MAX_BYTES: u64 = 20 << 20;

/// Folders of tests and examples. A definition in there need not hold for what is deployed.
const TRIALS: [&str; 10] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "e2e",
    "fixture",
    "fixtures",
    "example",
    "examples",
];

/// The schemas of custom resources that a run judges by. The definitions in the repository are only read when the first
/// object is judged, so that a run with all its results in the cache does not read them.
pub(in crate::lint) struct CustomSchemas<'p> {
    /// The definitions in each file that may have some.
    files: Shared<&'p File, Schemas>,
    configured: Schemas,
    /// The schemas for objects outside of tests and examples.
    common: OnceLock<Arc<Schemas>>,
    /// The folders of tests and examples that have definitions, each with the schemas for objects in there.
    trials: BTreeMap<String, OnceLock<Arc<Schemas>>>,
}

impl<'p> CustomSchemas<'p> {
    /// The definitions in the files of a repository, and what `schemas` in the configuration names: files or directories
    /// with `CustomResourceDefinition`s, or with JSON Schemas in the layout of kubeconform
    /// (`group/kind_version.json`). Also returns notes on what could not be read.
    pub(in crate::lint) fn new(
        files: &'p [File],
        config: &Config,
        sources: &Sources,
    ) -> (Self, Vec<String>) {
        let files = files.iter().filter(|file| file.holds(Word::Definition));
        let files = Shared::new(files);
        let trials = files.keys().filter_map(|file| trial(&file.path));
        let trials = trials.map(|folder| (folder, OnceLock::new())).collect();
        let (configured, unread) = configured(config, sources);
        (Self { files, configured, common: OnceLock::new(), trials }, unread)
    }

    /// The files that may define custom resources.
    pub(in crate::lint) fn files(&self) -> impl Iterator<Item = &'p File> {
        self.files.keys()
    }

    /// The schemas for objects in a file: all except those from other folders of tests and examples. Those that the
    /// configuration names go before others.
    pub(in crate::lint) fn at(&self, path: &str) -> &Arc<Schemas> {
        let own = trial(path).and_then(|folder| self.trials.get_key_value(&folder));
        let (own, schemas) = match own {
            Some((folder, schemas)) => (Some(folder), schemas),
            None => (None, &self.common),
        };
        if let Some(known) = schemas.get() {
            return known;
        }
        let defined = self.files.all(read);
        schemas.get_or_init(|| {
            let mut all = Schemas::default();
            for (file, defined) in defined {
                let folder = trial(&file.path);
                if folder.is_none() || folder.as_ref() == own {
                    all.join(defined.clone());
                }
            }
            all.extend(self.configured.clone());
            Arc::new(all)
        })
    }
}

/// The outermost folder of tests or examples in the repository that a path is in.
fn trial(path: &str) -> Option<String> {
    let path = path_in_repository(path);
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    let name = |folder: &str| folder.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let trial = folders.into_iter().find(|folder| TRIALS.contains(&name(folder).as_str()));
    trial.map(str::to_owned)
}

/// The definitions in a file.
fn read(file: &File) -> Schemas {
    let mut schemas = Schemas::default();
    // A file that has changed since it was read is reported where it is linted.
    if let Ok(file) = file.taken_down() {
        for document in file.stream().into_iter().flat_map(|stream| &stream.documents) {
            definitions(&mut schemas, document);
        }
    }
    schemas
}

/// The schemas that the configuration names, and notes on those that could not be read.
fn configured(config: &Config, sources: &Sources) -> (Schemas, Vec<String>) {
    let mut schemas = Schemas::default();
    let mut notes = Vec::new();
    let base = config.directory().unwrap_or(Path::new(""));
    for setting in &config.settings.schemas {
        let mut found = false;
        let walk = WalkDir::new(base.join(&setting.value)).sort_by_file_name().into_iter();
        for entry in walk.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
            found |= named(&mut schemas, entry.path(), sources);
        }
        if !found {
            notes.push(format!(
                "`schemas`: there is no schema that can be read at {}",
                setting.value
            ));
        }
    }
    (schemas, notes)
}

/// Adds the schemas of a file that the configuration names; false if it has none.
fn named(schemas: &mut Schemas, path: &Path, sources: &Sources) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if !matches!(extension, "yaml" | "yml" | "json") {
        return false;
    }
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > MAX_BYTES) {
        return false;
    }
    let Ok(text) = sources.read(path) else {
        return false;
    };
    // Nothing is reported inside these files, so their text need not outlive the reading.
    let source = Sources::default().add(path.to_string_lossy(), Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    let mut found = false;
    for document in &stream.documents {
        found |= definitions(schemas, document);
    }
    if !found && extension == "json" {
        let root = stream.documents.first().and_then(|document| document.root());
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let name = path.file_stem().and_then(|name| name.to_str());
        if let (Some(root), Some(group), Some((kind, version))) =
            (root, folder, name.and_then(|name| name.rsplit_once('_')))
        {
            schemas.add_schema(&format!("{group}/{version}"), kind, root);
            found = true;
        }
    }
    found
}

fn definitions(schemas: &mut Schemas, document: &Document) -> bool {
    let mut found = false;
    for object in objects(document) {
        found |= object.kind == "CustomResourceDefinition";
        schemas.add_definition(&object);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_in_folders_that_are_called_so() {
        let expected = [
            ("tests/a.yaml", Some("tests")),
            ("operator/testdata/e2e/a.yaml", Some("operator/testdata")),
            ("Examples/web/a.yaml", Some("Examples")),
            ("config/crd/a.yaml", None),
            ("testing-farm/a.yaml", None),
            ("test", None),
        ];
        for (path, folder) in expected {
            assert_eq!(trial(path).as_deref(), folder, "{path}");
        }
    }
}
