//! Hashes of everything that is read of a chart.

use std::path::{Path, PathBuf};

use super::directory::{self, Listed, declared};
use super::{MAX_NESTING, Supply};
use crate::source::Overlay;

/// What [`digest`] is given.
pub struct Reading<'a> {
    /// Returns the hash of a file, if it has been read already.
    pub known: &'a dyn Fn(&Path) -> Option<blake3::Hash>,
    /// Finds archives of dependencies, as for [`Chart::load`](super::Chart::load).
    pub supply: &'a Supply<'a>,
    /// Texts that replace files on disk.
    pub overlay: &'a Overlay,
}

/// Hashes everything that [`Chart::load`](super::Chart::load) reads at a path; `None` if some of it cannot be read.
#[must_use]
pub fn digest(path: &Path, reading: &Reading<'_>) -> Option<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    put_digest(path, reading, &mut hasher, &mut Vec::new())?;
    Some(hasher.finalize())
}

fn put_digest(
    path: &Path,
    reading: &Reading<'_>,
    hasher: &mut blake3::Hasher,
    above: &mut Vec<PathBuf>,
) -> Option<()> {
    let files = match path.is_dir() {
        true => directory::list(path, reading.overlay).ok()?,
        false => vec![Listed { name: String::new(), path: path.to_owned(), outside: false }],
    };
    for Listed { name, path, outside } in files {
        match outside {
            true => drop(hasher.update(name.as_bytes())),
            false => put_file(&name, &path, reading, hasher)?,
        }
    }
    for dependency in declared(path, reading.overlay) {
        let Some(relative) = dependency.repository.strip_prefix("file://") else {
            if let Some(archive) = (reading.supply)(&dependency) {
                put_file(&archive.to_string_lossy(), &archive, reading, hasher)?;
            }
            continue;
        };
        let target = path.join(relative);
        let is_there = target.join("Chart.yaml").is_file();
        hasher.update(&[u8::from(is_there)]);
        let real = target.canonicalize().unwrap_or_else(|_| target.clone());
        if !is_there || above.contains(&real) || above.len() > MAX_NESTING {
            continue;
        }
        above.push(real);
        put_digest(&target, reading, hasher, above)?;
        above.pop();
    }
    Some(())
}

fn put_file(
    name: &str,
    path: &Path,
    reading: &Reading<'_>,
    hasher: &mut blake3::Hasher,
) -> Option<()> {
    let bytes = || directory::bytes(path, reading.overlay).ok();
    let own = || bytes().map(|bytes| blake3::hash(&bytes));
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
    hasher.update((reading.known)(path).or_else(own)?.as_bytes());
    Some(())
}
