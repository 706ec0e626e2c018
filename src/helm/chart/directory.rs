//! Charts in directories.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use walkdir::DirEntry;

use super::ignore::Rules;
use super::{ChartError, Content, MAX_CHART, MAX_FILE, MAX_FILES, RawFile};
use crate::source::Overlay;

/// Bytes of a buffer that most files of charts fit into.
const BUFFER: usize = 64 << 10;

/// Reads a chart's files, without what `.helmignore` leaves out, following links that stay inside.
///
/// # Errors
/// When a file cannot be read, is larger than Helm allows, is no regular file, or is a link that
/// leads out of the chart.
pub(super) fn read(directory: &Path, overlay: &Overlay) -> Result<Vec<RawFile>, ChartError> {
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut total = 0;
    let read = |(name, path): (String, PathBuf)| {
        fill(&mut buffer, &path, overlay).map_err(|error| fail(&path, &error.to_string()))?;
        total += buffer.len() as u64;
        if total > MAX_CHART {
            return Err(too_large(directory));
        }
        Ok(RawFile { name, data: Content::of(&buffer) })
    };
    list(directory, overlay)?.into_iter().map(read).collect()
}

/// Puts a file's bytes in the place of what the buffer held, or those of the text that stands in for it.
///
/// # Errors
/// When the file cannot be read, or is larger than Helm allows.
fn fill(buffer: &mut Vec<u8>, path: &Path, overlay: &Overlay) -> std::io::Result<()> {
    buffer.clear();
    match overlay.text(path) {
        Some(text) => buffer.extend_from_slice(text.as_bytes()),
        None => {
            // With a bound, and without asking for the file's size before.
            File::open(path)?.take(MAX_FILE + 1).read_to_end(buffer)?;
        }
    }
    match buffer.len() as u64 > MAX_FILE {
        true => Err(std::io::Error::other(format!("is larger than {} MiB", MAX_FILE >> 20))),
        false => Ok(()),
    }
}

fn fail(path: &Path, why: &str) -> ChartError {
    ChartError::new(format!("{}: {why}", path.display()))
}

fn too_large(directory: &Path) -> ChartError {
    let why = format!("the chart is larger than {} MiB or {MAX_FILES} files", MAX_CHART >> 20);
    fail(directory, &why)
}

/// A file's bytes, or those of the text that stands in for it.
///
/// # Errors
/// When the file cannot be read, or is larger than Helm allows.
pub(super) fn bytes(path: &Path, overlay: &Overlay) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fill(&mut bytes, path, overlay)?;
    Ok(bytes)
}

/// The files that [`read`] reads, sorted, those that are not on disk last: names within the chart,
/// and paths to open.
///
/// # Errors
/// Those of [`read`], but for what the files hold.
pub(super) fn list(
    directory: &Path,
    overlay: &Overlay,
) -> Result<Vec<(String, PathBuf)>, ChartError> {
    let rules = Rules::parse(&ignored(directory, overlay)).map_err(ChartError::new)?;
    let real = |path: &Path| path.canonicalize().map_err(|error| fail(path, &error.to_string()));
    let mut root: Option<PathBuf> = None;
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    let mut names = Names::default();
    let mut walk =
        walkdir::WalkDir::new(directory).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| {
            fail(error.path().unwrap_or(directory), "cannot be read, or leads to itself")
        })?;
        let path = entry.path();
        let name = names.of(&entry);
        if name.is_empty() {
            continue;
        }
        let is_dir = entry.file_type().is_dir();
        if rules.ignores(name, is_dir) {
            if is_dir {
                walk.skip_current_dir();
            }
            continue;
        }
        if entry.path_is_symlink() {
            let root = match &mut root {
                Some(root) => root,
                none => none.insert(real(directory)?),
            };
            if !real(path)?.starts_with(root) {
                return Err(fail(path, "is a link that leads out of the chart"));
            }
        }
        if is_dir {
            continue;
        }
        if !entry.file_type().is_file() {
            return Err(fail(path, "cannot load irregular file"));
        }
        if files.len() >= MAX_FILES {
            return Err(too_large(directory));
        }
        files.push((name.to_owned(), path.to_owned()));
    }
    add_unsaved(&mut files, directory, &rules, overlay);
    Ok(files)
}

/// The names within a directory of what a walk through it meets, with `/`; that of the directory is empty.
///
/// A walk goes down a level at a time, so each is put together from that of the folder above.
#[derive(Default)]
struct Names {
    name: String,
    /// The length of the name of the folder at each depth.
    folders: Vec<usize>,
}

impl Names {
    fn of(&mut self, entry: &DirEntry) -> &str {
        let depth = entry.depth();
        self.folders.truncate(depth);
        self.name.truncate(self.folders.last().copied().unwrap_or(0));
        if depth > 0 {
            if depth > 1 {
                self.name.push('/');
            }
            let own = entry.file_name().to_string_lossy();
            self.name.extend(own.chars().map(|c| if c == '\\' { '/' } else { c }));
        }
        self.folders.push(self.name.len());
        &self.name
    }
}

/// Adds the files that are not on disk yet.
fn add_unsaved(
    files: &mut Vec<(String, PathBuf)>,
    directory: &Path,
    rules: &Rules,
    overlay: &Overlay,
) {
    if overlay.is_empty() {
        return;
    }
    let known: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
    for (relative, _) in overlay.below(directory) {
        let name = relative.to_string_lossy().replace('\\', "/");
        let folders = name.match_indices('/').map(|(at, _)| (&name[..at], true));
        let mut parts = folders.chain([(name.as_str(), false)]);
        let is_ignored = parts.any(|(name, is_dir)| rules.ignores(name, is_dir));
        drop(parts);
        if !is_ignored && !known.contains(&name) {
            files.push((name, directory.join(relative)));
        }
    }
}

/// The text of `.helmignore`; empty where there is none.
fn ignored(directory: &Path, overlay: &Overlay) -> String {
    let bytes = bytes(&directory.join(".helmignore"), overlay).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The paths of a chart's files, but for those of subcharts.
pub(super) fn names(directory: &Path, overlay: &Overlay) -> Vec<String> {
    let Ok(rules) = Rules::parse(&ignored(directory, overlay)) else { return Vec::new() };
    let name = |path: &Path| {
        let relative = path.strip_prefix(directory).unwrap_or(path);
        relative.to_string_lossy().replace('\\', "/")
    };
    let kept = |entry: &DirEntry| {
        let (name, is_dir) = (name(entry.path()), entry.file_type().is_dir());
        name.is_empty() || !(name == "charts" && is_dir || rules.ignores(&name, is_dir))
    };
    walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(kept)
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .take(MAX_FILES)
        .map(|entry| name(entry.path()))
        .collect()
}
