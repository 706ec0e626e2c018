//! The files that git tracks, to which `.gitignore` does not apply.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{MAX_TEXT, read_file, read_text, repository};

/// The beginning of an index.
const SIGNATURE: &[u8] = b"DIRC";

/// The most bytes of an index, which has about a hundred for each file.
const MAX_INDEX: u64 = 4 << 30;

/// The length of an entry before its flags, in bytes: times, device, mode, owner, size and the object's name.
const BEFORE_FLAGS: usize = 60;

/// The flag of an entry with two bytes of further flags.
const EXTENDED: u16 = 0x4000;

/// The tracked files below a directory, from the index of the repository around it. None if there is no repository, or if
/// the index cannot be read.
pub(super) fn below(directory: &Path) -> BTreeSet<PathBuf> {
    let Some(absolute) = fs::canonicalize(directory).ok() else { return BTreeSet::new() };
    let Some(top) = repository(&absolute) else { return BTreeSet::new() };
    let index = read_file(&folder(top).join("index"), MAX_INDEX).unwrap_or_default();
    let paths = names(&index).unwrap_or_default();
    let paths = paths.into_iter().map(|path| top.join(path));
    let relative = |path: PathBuf| Some(directory.join(path.strip_prefix(&absolute).ok()?));
    paths.filter_map(relative).collect()
}

/// The git directory of a repository. In a linked work tree, `.git` is a file that names it.
fn folder(top: &Path) -> PathBuf {
    let own = top.join(".git");
    let named = read_text(&own, MAX_TEXT).ok();
    let named = named.as_deref().and_then(|text| text.strip_prefix("gitdir:")).map(str::trim);
    named.map_or(own, |named| top.join(named))
}

/// The paths in an index of version 2 to 4, as `gitformat-index` describes them; `None` for anything else.
fn names(index: &[u8]) -> Option<Vec<String>> {
    let number = |at: usize| Some(u32::from_be_bytes(*index.get(at..)?.first_chunk()?));
    let version =
        index.starts_with(SIGNATURE).then(|| number(4))?.filter(|v| (2..=4).contains(v))?;
    let mut found: Vec<String> = Vec::new();
    let (mut at, mut before) = (12, Vec::new());
    for _ in 0..number(8)? {
        let flags = u16::from_be_bytes(*index.get(at + BEFORE_FLAGS..)?.first_chunk()?);
        let start = at + BEFORE_FLAGS + if flags & EXTENDED == 0 { 2 } else { 4 };
        let (kept, start) = match version {
            4 => shared(index, start, before.len())?,
            _ => (0, start),
        };
        let length = memchr::memchr(0, index.get(start..)?)?;
        before.truncate(kept);
        before.extend_from_slice(&index[start..start + length]);
        found.extend(String::from_utf8(before.clone()));
        let end = start + length;
        // Padded with zeros, at least one, to a multiple of eight.
        at = if version == 4 { end + 1 } else { at + (end - at) / 8 * 8 + 8 };
    }
    Some(found)
}

/// How many bytes the name of an entry of version 4 shares with the name before it, and where the rest of it starts.
fn shared(index: &[u8], mut at: usize, before: usize) -> Option<(usize, usize)> {
    let mut byte = *index.get(at)?;
    let mut dropped = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *index.get(at)?;
        dropped = dropped.checked_add(1)?.checked_mul(128)? + usize::from(byte & 0x7f);
    }
    Some((before.checked_sub(dropped)?, at + 1))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(directory: &Path, args: &[&str]) {
        let status = Command::new("git").arg("-C").arg(directory).args(args).status();
        assert!(status.expect("git").success(), "{args:?}");
    }

    #[test]
    fn every_version_of_an_index_is_read() {
        let directory = tempfile::tempdir().expect("a folder");
        let root = directory.path();
        let long = format!("deep/{}.yaml", "x".repeat(200));
        let files = ["a.yaml", "deep/b.yaml", "deep/c/d.yaml", &long, "z"];
        for file in files {
            fs::create_dir_all(root.join(file).parent().expect("a folder")).expect("a folder");
            fs::write(root.join(file), "a: 1\n").expect("a file");
        }
        git(root, &["init", "--quiet"]);
        git(root, &["add", "."]);
        for version in ["2", "3", "4"] {
            git(root, &["update-index", "--index-version", version]);
            // What is to be added has a further flag.
            git(root, &["rm", "--quiet", "--cached", "z"]);
            git(root, &["add", "--intent-to-add", "z"]);
            let all = files.iter().map(|file| root.join(file)).collect::<BTreeSet<_>>();
            assert_eq!(below(root), all, "version {version}");
            let deep: BTreeSet<_> =
                all.into_iter().filter(|path| path.starts_with(root.join("deep"))).collect();
            assert_eq!(below(&root.join("deep")), deep);
        }
    }

    #[test]
    fn what_is_no_index_tracks_nothing() {
        for index in [&b""[..], b"DIRC", b"DIRC\0\0\0\x02\0\0\0\x01", b"DIRC\0\0\0\x09\0\0\0\0"] {
            assert_eq!(names(index), None, "{index:?}");
        }
        assert_eq!(names(b"DIRC\0\0\0\x02\0\0\0\0"), Some(Vec::new()));
    }
}
