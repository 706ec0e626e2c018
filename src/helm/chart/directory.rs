//! Reads charts in directories.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{File, FileType};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use walkdir::DirEntry;

use super::ahead::Ahead;
use super::ignore::Rules;
use super::metadata::{self, Dependency};
use super::raw::{Content, RawFile};
use super::{ChartError, ChartFile, LEADS_OUT, MAX_CHART, MAX_FILE, MAX_FILES};
use crate::helm::aside::Helper;
use crate::source::{self, Overlay, SourceId};

/// The size of a buffer, in bytes, that is enough for most files in charts.
const BUFFER: usize = 64 << 10;

/// Where git keeps a repository.
const GIT: &str = ".git";

/// Helm's words for what is neither a file nor a folder.
const IRREGULAR: &str = "cannot load irregular file";

/// A file in a chart's directory.
pub(super) struct Listed {
    /// Its path in the chart, with `/`; that of a folder that is not read ends with `/`.
    pub(super) name: String,
    /// The path to open.
    pub(super) path: PathBuf,
    /// Whether it is a link that leads out of the chart and its repository; such a file is not read.
    pub(super) outside: bool,
}

/// Reads the files of a chart, without those that `.helmignore` excludes. Links that stay in the chart, or in the
/// repository around it, are followed.
///
/// # Errors
/// If a file cannot be read, is larger than Helm allows, is not a regular file, or is a link that leads out of both. CRDs
/// and files that only `.Files` can read may be such links: they are not opened. Links to charts that are `file://`
/// dependencies are skipped: those charts are read from there.
pub(super) fn read(directory: &Path, overlay: &Overlay) -> Result<Vec<RawFile>, ChartError> {
    read_all(list(directory, overlay)?, directory, overlay, None)
}

/// Reads files as [`read`] does, and starts to parse the templates among them meanwhile if there are many.
///
/// # Errors
/// As for [`read`].
pub(super) fn read_ahead(
    directory: &Path,
    overlay: &Overlay,
    helper: &Helper,
) -> Result<(Vec<RawFile>, Option<Ahead>), ChartError> {
    let files = list(directory, overlay)?;
    let ahead = Ahead::begin(files.iter().map(|file| file.name.as_str()), helper);
    let files = read_all(files, directory, overlay, ahead.as_ref())?;
    Ok((files, ahead))
}

fn read_all(
    files: Vec<Listed>,
    directory: &Path,
    overlay: &Overlay,
    ahead: Option<&Ahead>,
) -> Result<Vec<RawFile>, ChartError> {
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut total = 0;
    let read = |Listed { name, path, outside }| {
        if outside {
            return Ok(RawFile { name, data: Content::Outside });
        }
        fill(&mut buffer, &path, overlay).map_err(|error| fail(&path, &error.to_string()))?;
        total += buffer.len() as u64;
        if total > MAX_CHART {
            return Err(too_large(directory));
        }
        let file = RawFile { name, data: Content::of(&buffer) };
        if let Some(ahead) = ahead {
            ahead.give(&file);
        }
        Ok(file)
    };
    files.into_iter().map(read).collect()
}

/// Fills a buffer with the bytes of a file, or of the text that replaces it.
///
/// # Errors
/// If the file cannot be read, or is larger than Helm allows.
fn fill(buffer: &mut Vec<u8>, path: &Path, overlay: &Overlay) -> std::io::Result<()> {
    buffer.clear();
    match overlay.text(path) {
        Some(text) => buffer.extend_from_slice(text.as_bytes()),
        None => {
            // With a limit, and without reading the file's size first.
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

/// Returns the bytes of a file, or of the text that replaces it.
///
/// # Errors
/// If the file cannot be read, is larger than Helm allows, or is not a regular file.
pub(super) fn bytes(path: &Path, overlay: &Overlay) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if overlay.text(path).is_none() && !path.metadata()?.is_file() {
        return Err(std::io::Error::other(IRREGULAR));
    }
    fill(&mut bytes, path, overlay)?;
    Ok(bytes)
}

/// Lists the files that [`read`] reads, sorted; those that are not on disk are last.
///
/// # Errors
/// As for [`read`], except for errors in reading the files.
pub(super) fn list(directory: &Path, overlay: &Overlay) -> Result<Vec<Listed>, ChartError> {
    let rules = ignored(directory, overlay)?;
    let mut reach: Option<Reach> = None;
    let mut files: Vec<Listed> = Vec::new();
    let mut name = String::new();
    let mut folders = 0;
    let mut open = vec![Folder::open(directory.to_owned(), 0)?];
    while let Some(folder) = open.last_mut() {
        let Some((own, kind)) = folder.entries.next() else {
            open.pop();
            continue;
        };
        folder.name(&own, &mut name);
        let path = folder.path.join(&own);
        let is_link = kind.is_symlink();
        let kind = match is_link {
            true => path.metadata().map_err(|_| unreadable(&path))?.file_type(),
            false => kind,
        };
        if is_link && kind.is_dir() && leads_back(&path, &open) {
            return Err(unreadable(&path));
        }
        // What git keeps may hold credentials, and a link may lead to a folder around it.
        if own == GIT || rules.ignores(&name, kind.is_dir()) {
            continue;
        }
        let mut outside = false;
        if is_link {
            let Reach { root, top } = match &mut reach {
                Some(reach) => reach,
                none => none.insert(Reach::of(directory)?),
            };
            let target = real(&path)?;
            let leaves = !target.starts_with(root);
            if leaves && kind.is_dir() && is_dependency(&name, &target, directory, overlay) {
                continue;
            }
            outside = leaves && !top.as_ref().is_some_and(|top| source::is_within(&target, top));
            if outside && makes_the_chart(&name) {
                return Err(fail(&path, LEADS_OUT));
            }
        }
        if outside && kind.is_dir() {
            files.push(Listed { name: format!("{name}/"), path, outside });
            continue;
        }
        if kind.is_dir() {
            // Links can make many paths to a few folders.
            folders += 1;
            if folders > MAX_FILES {
                return Err(too_large(directory));
            }
            open.push(Folder::open(path, name.len())?);
            continue;
        }
        if !kind.is_file() {
            return Err(fail(&path, IRREGULAR));
        }
        if files.len() >= MAX_FILES {
            return Err(too_large(directory));
        }
        files.push(Listed { name: name.clone(), path, outside });
    }
    add_unsaved(&mut files, directory, &rules, overlay);
    Ok(files)
}

/// How far links in a chart are followed.
struct Reach {
    /// The chart's directory, without links.
    root: PathBuf,
    /// The top of the repository around it: charts of one repository may share files.
    top: Option<PathBuf>,
}

impl Reach {
    fn of(directory: &Path) -> Result<Self, ChartError> {
        Ok(Self { root: real(directory)?, top: source::top(directory) })
    }
}

/// Whether a file is a part of the chart itself; any other can only be read by `.Files`, or is a CRD.
fn makes_the_chart(name: &str) -> bool {
    let mut name = name;
    while let Some((_, rest)) = name.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        name = rest;
    }
    let (top, _) = name.split_once('/').unwrap_or((name, ""));
    matches!(top, "templates" | "charts")
        || matches!(name, "Chart.yaml" | "requirements.yaml" | "values.yaml" | "values.schema.json")
}

/// Whether a link in `charts/` leads to a chart that `Chart.yaml` names as a `file://` dependency.
fn is_dependency(name: &str, target: &Path, directory: &Path, overlay: &Overlay) -> bool {
    let lies_there = |repository: &str| {
        let relative = repository.strip_prefix("file://")?;
        Some(directory.join(relative).canonicalize().ok()? == target)
    };
    let mut repositories = declared(directory, overlay).into_iter().map(|it| it.repository);
    name.strip_prefix("charts/").is_some_and(|own| !own.contains('/'))
        && repositories.any(|repository| lies_there(&repository) == Some(true))
}

/// A folder whose entries are being listed.
struct Folder {
    path: PathBuf,
    /// The length of its path in the chart, in bytes.
    name: usize,
    /// Names and types, sorted by name.
    entries: std::vec::IntoIter<(OsString, FileType)>,
    /// Its path without links; only computed if there is a link in it.
    real: OnceCell<Option<PathBuf>>,
}

impl Folder {
    fn open(path: PathBuf, name: usize) -> Result<Self, ChartError> {
        match entries(&path) {
            Ok(mut entries) => {
                entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
                Ok(Self { path, name, entries: entries.into_iter(), real: OnceCell::new() })
            }
            Err(_) => Err(unreadable(&path)),
        }
    }

    /// Makes the path in the chart of an entry, with `/`; `name` has to begin with the folder's path.
    fn name(&self, own: &OsStr, name: &mut String) {
        name.truncate(self.name);
        if self.name > 0 {
            name.push('/');
        }
        let own = own.to_string_lossy();
        match own.contains('\\') {
            true => name.push_str(&own.replace('\\', "/")),
            false => name.push_str(&own),
        }
    }
}

fn entries(folder: &Path) -> std::io::Result<Vec<(OsString, FileType)>> {
    folder
        .read_dir()?
        .map(|entry| entry.and_then(|e| Ok((e.file_name(), e.file_type()?))))
        .collect()
}

/// Whether a link leads to one of the folders that contain it.
fn leads_back(link: &Path, open: &[Folder]) -> bool {
    let Ok(target) = link.canonicalize() else { return true };
    let real = |folder: &Folder| folder.path.canonicalize().ok();
    open.iter().any(|folder| folder.real.get_or_init(|| real(folder)).as_ref() == Some(&target))
}

fn real(path: &Path) -> Result<PathBuf, ChartError> {
    path.canonicalize().map_err(|error| fail(path, &error.to_string()))
}

fn unreadable(path: &Path) -> ChartError {
    fail(path, "cannot be read, or leads to itself")
}

/// Adds the files that are not yet on disk.
fn add_unsaved(files: &mut Vec<Listed>, directory: &Path, rules: &Rules, overlay: &Overlay) {
    if overlay.is_empty() {
        return;
    }
    let known: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
    for (relative, _) in overlay.below(directory) {
        let name = relative.to_string_lossy().replace('\\', "/");
        let folders = name.match_indices('/').map(|(at, _)| (&name[..at], true));
        let mut parts = folders.chain([(name.as_str(), false)]);
        let is_ignored = parts.any(|(name, is_dir)| rules.ignores(name, is_dir));
        drop(parts);
        if !is_ignored && !known.contains(&name) {
            files.push(Listed { name, path: directory.join(relative), outside: false });
        }
    }
}

/// Returns the rules of `.helmignore`; none if there is no such file.
///
/// # Errors
/// If it cannot be understood, is not a regular file, or is a link that leads out of the repository around the chart:
/// charts of one repository may share it.
fn ignored(directory: &Path, overlay: &Overlay) -> Result<Rules, ChartError> {
    let path = directory.join(".helmignore");
    let is_unsaved = overlay.text(&path).is_some();
    let stays = || source::top(directory).is_some_and(|top| source::is_within(&path, &top));
    if !is_unsaved && path.is_symlink() && path.exists() && !stays() {
        return Err(fail(&path, "is a link that leads out of the repository"));
    }
    let text = match bytes(&path, overlay) {
        Err(error) if error.kind() == ErrorKind::Other => {
            return Err(fail(&path, &error.to_string()));
        }
        bytes => String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default(),
    };
    Rules::parse(&text).map_err(ChartError::new)
}

/// Returns the paths of a chart's files, without those of subcharts; that of a link to a folder ends with `/`.
pub(super) fn names(directory: &Path, overlay: &Overlay) -> Vec<String> {
    // If the rules cannot be read, the chart does not load, which is reported; its files are there all the same.
    let rules = ignored(directory, overlay).unwrap_or_else(|_| Rules::usual());
    let name = |path: &Path| {
        let relative = path.strip_prefix(directory).unwrap_or(path);
        relative.to_string_lossy().replace('\\', "/")
    };
    let kept = |entry: &DirEntry| {
        let (name, is_dir) = (name(entry.path()), entry.file_type().is_dir());
        name.is_empty() || !(name == "charts" && is_dir || rules.ignores(&name, is_dir))
    };
    let leads_to_folder = |entry: &DirEntry| entry.path_is_symlink() && entry.path().is_dir();
    walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(kept)
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .take(MAX_FILES)
        .map(|entry| name(entry.path()) + if leads_to_folder(&entry) { "/" } else { "" })
        .collect()
}

/// Returns the dependencies that a chart directory declares; empty if they cannot be read, which is reported when the
/// chart is loaded.
pub(super) fn declared(path: &Path, overlay: &Overlay) -> Vec<Dependency> {
    let file = |name: &str| {
        let text = String::from_utf8(bytes(&path.join(name), overlay).ok()?).ok()?;
        let declares = text.contains("dependencies");
        declares.then(|| ChartFile {
            name: name.to_owned(),
            text: text.into(),
            source: SourceId::NOWHERE,
        })
    };
    let read = |file: ChartFile| metadata::read(&file).ok();
    let mut metadata = file("Chart.yaml").and_then(read).unwrap_or_default();
    if let Some(requirements) = file("requirements.yaml") {
        // Errors are reported when the chart is loaded.
        let _ = metadata::read_requirements(&requirements, &mut metadata);
    }
    metadata.dependencies
}
