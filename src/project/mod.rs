//! Reads a repository: its files, charts, releases and manifests.
//!
//! [`discover`] does everything. To read files in parallel, do its three steps: [`walk()`], [`take`] for each
//! candidate, and [`assemble`].

mod candidate;
mod chart;
mod class;
mod classify;
mod embedded;
mod exclude;
mod expectation;
mod file;
mod guide;
mod kustomize;
mod lock;
mod name;
mod node;
mod path;
mod read;
mod release;
mod resolve;
mod skaffold;
mod tracked;
mod tree;
mod walk;
mod word;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use candidate::{Candidate, Reason};
pub use chart::LocalChart;
pub use class::{Class, Seen};
pub use classify::{Recall, Taken, take, take_text};
pub use exclude::{check_exclude, matching_nothing};
pub use file::File;
pub use kustomize::{Field, NewTag, Patched, Rewrites, path as field_path};
pub use lock::{
    Archive, ChartKey, LOCK_NAME, Lock, LockError, LockedChart, digest, is_sha256, lock_directory,
    repository_key,
};
pub use node::NodeRef;
pub use path::{
    is_below, join, leads_out, on_disk, parent, path_in_repository, shown, upwards, within,
};
pub(crate) use read::unreadable;
pub use read::{MAX_SIZE, Read, UNREADABLE, read_text};
pub use release::{Assignment, AssignmentKind, ChartRef, Content, Layer, Release, Unresolved, Via};
pub use resolve::{Resolution, in_repository, of_dependency, resolve, supply};
pub use tree::Tree;
pub use walk::{Walked, walk, walk_with};
pub use word::{Word, Words};

use crate::config::Config;
use crate::finding::Finding;
use crate::source::Sources;

/// The group of rules on plimsoll's own input, as opposed to policies.
pub const GROUP: &str = "plimsoll";

/// The rule about release declarations that cannot be resolved from the repository alone.
pub const UNRESOLVED: &str = "release-unresolved";

/// A repository, read.
#[derive(Debug, Default)]
pub struct Project {
    /// Every file that matters, sorted by path.
    pub files: Vec<File>,
    /// Every chart, sorted by path.
    pub charts: Vec<LocalChart>,
    /// Every release, sorted by the file and the line of its declaration.
    pub releases: Vec<Release>,
    /// Release declarations that cannot be resolved from the repository alone.
    pub unresolved: Vec<Unresolved>,
    /// What kustomizations and skaffold replace in manifests, by the manifest's path; and what skaffold replaces in its
    /// releases, by the path of its file.
    pub rewrites: BTreeMap<String, Arc<Rewrites>>,
    /// The tags that kustomizations give to images.
    pub new_tags: Vec<NewTag>,
    /// The lock, which names archives of charts from other repositories.
    pub lock: Lock,
    /// Values files that something other than a chart reads, too. A key that the chart does not read may be for that.
    pub read_by_others: BTreeSet<String>,
    /// The directories that were asked for.
    pub asked: Vec<String>,
    /// Directories around files that were asked for, of which the other files may have nothing to do with these.
    pub loose: Vec<String>,
    /// The paths that were asked for and that the configuration's `exclude` leaves out.
    pub excluded: Vec<String>,
    /// The patterns of `exclude` that left out nothing, as indexes into those of the configuration.
    pub unused_excludes: Vec<usize>,
    /// Findings on files and declarations.
    pub findings: Vec<Finding>,
}

impl Project {
    /// The chart in a directory.
    #[must_use]
    pub fn chart_at(&self, directory: &str) -> Option<&LocalChart> {
        chart::at(&self.charts, directory)
    }

    /// The innermost chart that contains a file.
    #[must_use]
    pub fn chart_around(&self, path: &str) -> Option<&LocalChart> {
        chart::around(&self.charts, path)
    }

    /// Whether all that is in a directory was asked for.
    #[must_use]
    pub fn covers(&self, directory: &str) -> bool {
        self.asked.iter().any(|asked| is_below(directory, asked))
    }

    /// Whether the file at a path was asked for, or only read because it is around what was; `None` if it was not read.
    #[must_use]
    pub fn is_asked_for(&self, path: &str) -> Option<bool> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some(self.files[at].requested)
    }

    /// Whether a release's declaration, one of its values files or something of its chart was asked for.
    #[must_use]
    pub fn asks_for(&self, release: &Release, sources: &Sources) -> bool {
        let mut layers = release.values.iter().filter_map(|layer| layer.file.as_deref());
        let mut of_chart = release.chart.path.iter().flat_map(|chart| self.below(chart));
        self.is_asked_for(&sources.path(release.declared.source)).unwrap_or(true)
            || layers.any(|file| self.is_asked_for(file).unwrap_or(false))
            || of_chart.any(|file| file.requested)
    }

    /// What skaffold replaces in the objects of one of its releases.
    #[must_use]
    pub fn rewrites_of(&self, release: &Release, sources: &Sources) -> Option<&Rewrites> {
        let declared = || sources.path(release.declared.source);
        let rewrites = (release.via == Via::Skaffold).then(|| self.rewrites.get(&declared()))?;
        rewrites.map(Arc::as_ref)
    }

    /// The files below a directory, at any depth, sorted.
    pub fn below(&self, directory: &str) -> impl Iterator<Item = &File> {
        tree::below(&self.files, directory)
    }
}

/// Walks `paths`, reads the files that matter, and finds the releases, on a single thread.
///
/// # Errors
/// When one of `paths` does not exist, with that path.
pub fn discover(paths: &[PathBuf], config: &Config, sources: &Sources) -> Result<Project, PathBuf> {
    let (candidates, walked) = walk(paths, config, sources)?;
    let taken = candidates.iter().map(|candidate| take(candidate, sources, &())).collect();
    Ok(assemble(walked, taken, config, sources))
}

/// Makes a project of files that were read. `taken` may be in any order.
#[must_use]
pub fn assemble(walked: Walked, taken: Vec<Taken>, config: &Config, sources: &Sources) -> Project {
    let mut findings = walked.findings;
    let mut files = sorted(taken, &mut findings);
    let start = walked.roots.first().map_or("", String::as_str);
    let lock = lock(on_disk(start), config, sources);
    let lock = lock.unwrap_or_else(|finding| {
        findings.push(*finding);
        Lock::default()
    });
    findings.extend(lock.findings.iter().cloned());
    let tree = Tree::new(&files, walked.roots);
    let charts = chart::find(&tree);
    let kustomizations = kustomize::Kustomizations::among(&files);
    let applied = kustomize::Applied::among(&tree);
    let deployed = (&kustomizations, &applied);
    let found = release::find(&tree, &charts, deployed, config, sources);
    let mut rewrites = kustomize::rewrites(&files, &kustomizations, &applied);
    skaffold::add_built(&files, &mut rewrites);
    let new_tags = kustomize::new_tags(&kustomizations);
    let outer = outer_values(&found.releases, &tree, sources);
    files.extend(outer);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    findings.extend(found.findings);
    name_values(&mut files, &found.releases);
    kustomize::patch::set_aside(&mut files, &found.patches);
    expectation::set_aside(&mut files);
    embedded::set_aside(&mut files, &charts);
    findings.sort_by_cached_key(|finding| {
        (sources.path(finding.primary.span.source), finding.primary.span.start)
    });
    Project {
        files,
        charts,
        releases: found.releases,
        unresolved: found.unresolved,
        rewrites,
        new_tags,
        lock,
        read_by_others: found.read_by_others,
        asked: walked.asked,
        loose: walked.loose,
        excluded: walked.excluded,
        unused_excludes: walked.unused,
        findings,
    }
}

/// The files that were read, sorted by path. Adds the findings on those that cannot be read.
pub fn sorted(taken: Vec<Taken>, findings: &mut Vec<Finding>) -> Vec<File> {
    let mut files = Vec::new();
    for taken in taken {
        match taken {
            Taken::File(file) => files.push(file),
            Taken::Refused(finding) => findings.push(*finding),
            Taken::Ignored => {}
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Gives files that only releases make values files of their class.
fn name_values(files: &mut [File], releases: &[Release]) {
    let layers = releases.iter().flat_map(|release| &release.values);
    let values: HashSet<&str> = layers.filter_map(|layer| layer.file.as_deref()).collect();
    for file in files {
        // Below `helmfile.d`, what is no object is taken for a helmfile.
        let may_be = matches!(file.class, Class::Other | Class::Helmfile);
        if may_be && values.contains(file.path.as_str()) {
            // A values file that is not YAML is a template of values.
            file.class = if file.is_yaml() { Class::Values } else { Class::Template };
        }
    }
}

/// The values files of releases that lie in the repository, but not in what was walked of it.
fn outer_values(releases: &[Release], tree: &Tree<'_>, sources: &Sources) -> Vec<File> {
    let layers = releases.iter().flat_map(|release| &release.values);
    let paths: BTreeSet<&str> = layers.filter_map(|layer| layer.file.as_deref()).collect();
    let outer = paths.into_iter().filter(|path| {
        tree.file(path).is_none() && tree.reaches(Path::new(path)) && tree.is_file(path)
    });
    let taken = outer.map(|path| {
        let candidate =
            Candidate { shown: path.to_owned(), path: path.into(), reason: Reason::Around };
        take(&candidate, sources, &())
    });
    taken
        .filter_map(|taken| match taken {
            Taken::File(file) => Some(file),
            Taken::Refused(_) | Taken::Ignored => None,
        })
        .collect()
}

/// The lock for `start`, or why it cannot be read.
fn lock(start: &Path, config: &Config, sources: &Sources) -> Result<Lock, Box<Finding>> {
    Lock::load(&lock_directory(start, config), sources).map_err(|error| {
        let why = format!("cannot be read: {}", error.error);
        Box::new(unreadable(&shown(&error.path), &why, sources))
    })
}

#[cfg(test)]
mod tests;
