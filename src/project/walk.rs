//! Finds files, respecting `.gitignore`.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use ignore::{DirEntry, WalkBuilder};

use super::candidate::{Candidate, Reason};
use super::exclude::Exclude;
use super::guide::Guides;
use super::name::PathName;
use super::path::{Below, join, on_disk, shown};
use super::read::{describe, unreadable};
use super::tracked;
use crate::config::Config;
use crate::finding::{Finding, Severity};
use crate::source::{self, Sources};

/// The files that say of a folder `vendor` that it has copies of other Go modules: in it, those of `go mod vendor` and
/// govendor; beside it, those of dep, glide and godep.
const GO_MODULES: [&str; 5] =
    ["vendor/modules.txt", "vendor/vendor.json", "Gopkg.lock", "glide.lock", "Godeps/Godeps.json"];

/// What a walk found in addition to files.
#[derive(Debug, Clone, Default)]
pub struct Walked {
    /// The directories walked, as shown; `""` is the working directory.
    pub roots: Vec<String>,
    /// Those of them that were asked for; the others are around files that were.
    pub asked: Vec<String>,
    /// Those around files that are neither in a repository nor in a chart: what else is there may have nothing to do with
    /// these files.
    pub loose: Vec<String>,
    /// The paths that were asked for and that `exclude` leaves out, as shown.
    pub excluded: Vec<String>,
    /// The patterns of `exclude` that left out nothing, as indexes into those of the configuration.
    pub unused: Vec<usize>,
    /// Findings on directories that could not be read.
    pub findings: Vec<Finding>,
}

/// Finds the files below `paths`, sorted by shown path.
///
/// # Errors
/// As for [`walk_with`].
pub fn walk(
    paths: &[PathBuf],
    config: &Config,
    sources: &Sources,
) -> Result<(Vec<Candidate>, Walked), PathBuf> {
    let mut candidates = Vec::new();
    let walked = walk_with(paths, config, sources, &mut |found| candidates.push(found))?;
    candidates.sort();
    Ok((candidates, walked))
}

/// Finds the files below `paths`, and passes each to a function once, in any order, as soon as it is found.
///
/// Files that `.gitignore` names and git does not track are left out, and so are those under the configuration's
/// `exclude`, even if they are named. Symbolic links to directories are not followed. What tools have copied of other
/// modules is read, but not linted unless a path in it is named. Any other path that is a file is included. What is
/// around a path, up to the configuration's directory or the top of the repository or chart, is read but not linted.
/// Outside of any of these, only the files beside a file are read.
///
/// # Errors
/// When one of `paths` does not exist, with that path; nothing is found then.
pub fn walk_with(
    paths: &[PathBuf],
    config: &Config,
    sources: &Sources,
    found: &mut dyn FnMut(Candidate),
) -> Result<Walked, PathBuf> {
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for path in paths {
        let is_unsaved = sources.overlay().text(path).is_some();
        let is_dir = || fs::metadata(path).map(|metadata| metadata.is_dir());
        if !is_unsaved && is_dir().map_err(|_| path.clone())? {
            directories.push(path);
        } else {
            files.push(path);
        }
    }
    let around = around(&files, &directories, config);
    // In a single directory, no file is found twice.
    let seen = (paths.len() > 1 || !around.is_empty()).then(HashSet::default);
    let exclude = Exclude::of(config);
    let mut walk = Walk { exclude, sources, found, seen, walked: Walked::default() };
    for path in &files {
        match walk.exclude.holds_around(path, false) {
            true => walk.walked.excluded.push(shown(path)),
            false => walk.file(shown(path), (*path).clone(), Reason::Named),
        }
    }
    for path in &directories {
        walk.walked.roots.push(shown(path));
        walk.walked.asked.push(shown(path));
        if walk.exclude.holds_around(path, true) {
            walk.walked.excluded.push(shown(path));
            continue;
        }
        walk.directory(path, None, Reason::Within);
        walk.unsaved(path);
    }
    for (directory, depth) in around {
        let shown = shown(&directory);
        walk.walked.loose.extend(depth.map(|_| shown.clone()));
        walk.walked.roots.push(shown);
        walk.directory(&directory, depth, Reason::Around);
    }
    let unused = walk.exclude.unused();
    let mut walked = Walked { unused, ..walk.walked };
    walked.roots.sort();
    walked.roots.dedup();
    Ok(walked)
}

/// The directories around files and directories that none of these directories contains, each with the depth to search.
fn around(
    files: &[&PathBuf],
    directories: &[&PathBuf],
    config: &Config,
) -> Vec<(PathBuf, Option<usize>)> {
    let of_directories =
        directories.iter().filter_map(|path| Some((top_around(path, config)?, None)));
    let of_files = files.iter().map(|path| {
        let folder = path.parent().unwrap_or(path);
        // Where there is neither a repository nor a chart, the folder may be anything, such as a home directory or `/tmp`.
        let alone = || (on_disk(&shown(folder)).to_owned(), Some(1));
        top_around(folder, config).map_or_else(alone, |top| (top, None))
    });
    let mut around: Vec<_> = of_directories.chain(of_files).collect();
    let asked: Vec<PathBuf> = directories.iter().map(|path| source::absolute(path)).collect();
    around.retain(|(directory, _)| {
        let directory = source::absolute(directory);
        !asked.iter().any(|asked| directory.starts_with(asked))
    });
    around.sort();
    around.dedup();
    around
}
/// The directory around what is in a directory, in which its release may be declared: that of the configuration, or the
/// top of the repository or else of the chart.
fn top_around(directory: &Path, config: &Config) -> Option<PathBuf> {
    let own = source::absolute(directory);
    let configured = config.directory().map(|folder| source::absolute(&folder.join(".")));
    let configured = configured.filter(|configured| own.starts_with(configured));
    let above = |name: &str| own.ancestors().find(|above| above.join(name).exists());
    let top = configured.as_deref().or_else(|| above(".git")).or_else(|| above("Chart.yaml"))?;
    let up = own.strip_prefix(top).map_or(0, |inner| inner.components().count());
    Some(on_disk(&join(&shown(directory), &"../".repeat(up))).to_owned())
}

/// A walk through directories.
struct Walk<'w> {
    exclude: Exclude,
    sources: &'w Sources,
    found: &'w mut dyn FnMut(Candidate),
    /// The shown paths of files that were found, if one may be found twice. The first one counts, which may be requested.
    seen: Option<HashSet<String, RandomState>>,
    walked: Walked,
}

impl Walk<'_> {
    fn file(&mut self, shown: String, path: PathBuf, reason: Reason) {
        let is_new = self.seen.as_mut().is_none_or(|seen| seen.insert(shown.clone()));
        if is_new {
            (self.found)(Candidate { shown, path, reason });
        }
    }

    /// Finds the files below a directory that are not on disk yet.
    fn unsaved(&mut self, root: &Path) {
        for (relative, _) in self.sources.overlay().below(root) {
            let path = root.join(relative);
            if wanted(&path) && !path.exists() && !self.exclude.holds_around(&path, false) {
                self.file(shown(&path), path, Reason::Within);
            }
        }
    }

    /// Finds the files below a directory: those that git tracks, and those that it does not ignore.
    fn directory(&mut self, root: &Path, depth: Option<usize>, reason: Reason) {
        let mut left_out = tracked::below(root);
        left_out.retain(|path| wanted(path));
        let guides = Guides::around(root);
        let fault = guides.fault_upwards(root);
        let is_guided = fault.is_none();
        let misled = match fault {
            Some(file) => vec![(root.to_owned(), depth, file)],
            None => self.guided(root, depth, reason, &guides, &mut left_out),
        };
        for (directory, depth, file) in misled {
            let why = "no file that can be read, or a link out of the repository, so it leaves out nothing";
            // Nothing is missed by it.
            let finding = unreadable(&shown(&file), why, self.sources);
            self.walked.findings.push(Finding { severity: Severity::Info, ..finding });
            let mut builder = builder(&directory, depth);
            let exclude = self.exclude.clone();
            builder.standard_filters(false);
            builder.filter_entry(move |entry| {
                entry.file_name() != ".git" && !leaves_out(&exclude, entry)
            });
            self.enter(&builder, &directory, reason, &mut left_out);
        }
        if left_out.is_empty() || !is_guided {
            return;
        }
        // Walks again to the tracked files that `.gitignore` left out. `exclude` still applies to them.
        let ignored = std::mem::take(&mut left_out);
        let leads = move |path: &Path| {
            ignored.range(path.to_owned()..).next().is_some_and(|at| at.starts_with(path))
        };
        let mut builder = builder(root, depth);
        builder.git_ignore(false).git_global(false).git_exclude(false);
        let exclude = self.exclude.clone();
        builder.filter_entry(move |entry| {
            entry.file_name() != ".git"
                && leads(entry.path())
                && !leaves_out(&exclude, entry)
                && guides.fault(entry.path()).is_none()
        });
        self.enter(&builder, root, reason, &mut left_out);
    }

    /// Walks without what `.gitignore` leaves out, and without directories in which such a file must not be opened. Returns
    /// these, with the depth that is left and the file.
    fn guided(
        &mut self,
        root: &Path,
        depth: Option<usize>,
        reason: Reason,
        guides: &Guides,
        left_out: &mut BTreeSet<PathBuf>,
    ) -> Vec<(PathBuf, Option<usize>, PathBuf)> {
        let misled = Arc::new(Mutex::new(Vec::new()));
        let mut builder = builder(root, depth);
        builder.filter_entry({
            let (guides, misled) = (guides.clone(), Arc::clone(&misled));
            let exclude = self.exclude.clone();
            move |entry| {
                if entry.file_name() == ".git" || leaves_out(&exclude, entry) {
                    return false;
                }
                if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
                    return true;
                }
                let Some(file) = guides.fault(entry.path()) else { return true };
                let left = depth.map(|depth| depth.saturating_sub(entry.depth()));
                let mut misled = misled.lock().unwrap_or_else(PoisonError::into_inner);
                misled.push((entry.path().to_owned(), left, file));
                false
            }
        });
        self.enter(&builder, root, reason, left_out);
        let mut misled = misled.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut misled)
    }

    /// Passes on the files of a walk, and removes them from those that are still looked for.
    fn enter(
        &mut self,
        builder: &WalkBuilder,
        root: &Path,
        reason: Reason,
        left_out: &mut BTreeSet<PathBuf>,
    ) {
        let below = Below::new(root);
        let mut copied: Option<PathBuf> = None;
        for entry in builder.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(_) if !reason.is_to_lint() => continue,
                Err(error) => {
                    let path = error_path(&error).unwrap_or(root).to_owned();
                    let why = error.io_error().map_or_else(|| error.to_string(), describe);
                    self.walked.findings.push(unreadable(&shown(&path), &why, self.sources));
                    continue;
                }
            };
            let Some(kind) = entry.file_type() else { continue };
            let is_copied = copied.as_ref().is_some_and(|copied| entry.path().starts_with(copied));
            let reason = if is_copied { Reason::Around } else { reason };
            if kind.is_dir() {
                // The walk goes through a folder right after it has come to the folder itself.
                if !is_copied && entry.depth() > 0 && has_copies(entry.path()) {
                    copied = Some(entry.into_path());
                }
            } else if kind.is_symlink() {
                left_out.remove(entry.path());
                self.follow(entry.path(), root, reason);
            } else if kind.is_file() && wanted(entry.path()) {
                left_out.remove(entry.path());
                self.file(below.shown(entry.path()), entry.into_path(), reason);
            }
        }
    }

    /// Reads a symbolic link to a file below `root`, or in the repository around it, as that file. Links to directories are
    /// not followed, as in git: their files are found at their own places, and there are no loops. Nothing else is read.
    fn follow(&mut self, link: &Path, root: &Path, reason: Reason) {
        let not_followed = |why: &str| {
            let mut finding = unreadable(&shown(link), why, self.sources);
            finding.severity = Severity::Info;
            finding.help = Some("it is not followed".into());
            finding
        };
        let within = |outer: &Path, inner: &Path| {
            let real = |path: &Path| fs::canonicalize(path).ok();
            real(outer).zip(real(inner)).is_some_and(|(outer, inner)| inner.starts_with(outer))
        };
        match fs::metadata(link) {
            Ok(metadata) if metadata.is_file() && wanted(link) => {
                if source::top(root).is_some_and(|top| source::is_within(link, &top)) {
                    self.file(shown(link), link.to_owned(), reason);
                } else if reason.is_to_lint() {
                    let why = "this symbolic link leads out of what is linted";
                    self.walked.findings.push(not_followed(why));
                }
            }
            Ok(metadata) => {
                if metadata.is_dir() && link.parent().is_some_and(|own| within(link, own)) {
                    let why = "this symbolic link leads back to a directory it lies in";
                    self.walked.findings.push(not_followed(why));
                }
            }
            Err(error) => {
                // A link without an extension may lead to a folder that a build creates.
                let is_named = link.extension().is_some() && wanted(link);
                if !reason.is_to_lint() {
                    return;
                }
                if is_named || error.kind() != io::ErrorKind::NotFound {
                    let why = format!("this symbolic link leads nowhere: {}", describe(&error));
                    self.walked.findings.push(unreadable(&shown(link), &why, self.sources));
                }
            }
        }
    }
}

fn builder(root: &Path, depth: Option<usize>) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .max_depth(depth)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .sort_by_file_name(std::ffi::OsStr::cmp);
    builder
}

/// Whether `exclude` leaves out an entry of a walk.
fn leaves_out(exclude: &Exclude, entry: &DirEntry) -> bool {
    exclude.holds(entry.path(), entry.file_type().is_some_and(|kind| kind.is_dir()))
}

/// Whether a directory has the copies of other modules that tools of Go or npm make.
fn has_copies(directory: &Path) -> bool {
    let Some(parent) = directory.parent() else { return false };
    match directory.file_name().and_then(|name| name.to_str()) {
        Some("vendor") => GO_MODULES.iter().any(|list| parent.join(list).is_file()),
        Some("_workspace") => parent.file_name().is_some_and(|name| name == "Godeps"),
        Some("node_modules") => true,
        _ => false,
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            error_path(err)
        }
        ignore::Error::Partial(errors) => errors.first().and_then(error_path),
        _ => None,
    }
}

/// True if a file may matter, by its name. Files without an extension may be scripts, which is decided by their first
/// line when they are read.
fn wanted(path: &Path) -> bool {
    // A name that is not UTF-8 may have a usual ending.
    let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else {
        return false;
    };
    let name = PathName(&name);
    name.is_yaml()
        || name.is_script()
        || name.is_makefile()
        || name.is_jenkinsfile()
        || name.is_justfile()
        || name.has_extension(&["tf", "tpl", "gotmpl", "json"])
        || !name.0.trim_start_matches('.').contains('.')
}
