//! Reads the texts of files, and says of those that have none why they do not.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::GROUP;
use super::candidate::{Candidate, Reason};
use super::name::PathName;
use crate::finding::{Finding, Origin, Place, Severity};
use crate::source::{MAX_TEXT, Sources, Span};

/// The rule about files that cannot be read.
pub const UNREADABLE: &str = "file-unreadable";

/// The most bytes of a file. The largest manifests in public repositories, bundles of
/// `CustomResourceDefinitions`, have some 5 MB.
pub const MAX_SIZE: u64 = MAX_TEXT;

/// The beginning of a file that git-crypt has encrypted.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";
/// The byte order marks of UTF-16.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The result of reading a file.
#[derive(Debug)]
pub enum Read {
    /// Its text.
    Text(Arc<str>),
    /// The finding that it cannot be read.
    Refused(Box<Finding>),
    /// It does not matter: it is neither a script nor another text.
    Ignored,
}

/// Reads a candidate, or the text that replaces it; at most [`MAX_SIZE`] bytes.
#[must_use]
pub fn read_text(candidate: &Candidate, sources: &Sources) -> Read {
    if let Some(text) = sources.overlay().text(&candidate.path) {
        return Read::Text(Arc::clone(text));
    }
    let name = PathName::of(&candidate.shown);
    let yaml = name.is_yaml() || candidate.reason == Reason::Named;
    let refuse = |why: &str| match yaml {
        true => Read::Refused(Box::new(unreadable(&candidate.shown, why, sources))),
        false => Read::Ignored,
    };
    let sniff = !yaml && !name.is_known();
    let bytes = match read_bytes(&candidate.path, sniff) {
        Ok(Some(bytes)) => bytes,
        Ok(None) if sniff => return Read::Ignored,
        Ok(None) => {
            return refuse(&format!("more than {} MiB: too large to be linted", MAX_SIZE >> 20));
        }
        Err(error) => return refuse(&format!("cannot be read: {}", describe(&error))),
    };
    if yaml && bytes.starts_with(GIT_CRYPT) {
        // With the key, the file is linted. A job without the key cannot do anything about it.
        let why = "encrypted by git-crypt, so it was not linted";
        let finding = unreadable(&candidate.shown, why, sources);
        return Read::Refused(Box::new(Finding { severity: Severity::Info, ..finding }));
    }
    if UTF_16.iter().any(|mark| bytes.starts_with(mark)) {
        return refuse("in UTF-16: save it as UTF-8");
    }
    if memchr::memchr(0, &bytes).is_some() {
        return refuse("a binary file, not text");
    }
    match String::from_utf8(bytes) {
        Ok(text) => Read::Text(text.into()),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            refuse(&format!("not UTF-8: the byte at offset {at} starts no character"))
        }
    }
}

/// The bytes of a file; `None` if it is too large, or, with `sniff`, if it is not a script.
fn read_bytes(path: &Path, sniff: bool) -> io::Result<Option<Vec<u8>>> {
    let file = fs::File::open(path)?;
    let size = file.metadata()?.len();
    if size > MAX_SIZE {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let mut limited = file.take(MAX_SIZE + 1);
    if sniff {
        limited.by_ref().take(64).read_to_end(&mut bytes)?;
        let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        if !(first.starts_with("#!") && first.contains("sh")) {
            return Ok(None);
        }
    }
    // With room for one byte more, the end of a small file shows after a single system call.
    bytes.reserve(usize::try_from(size).unwrap_or(0) + 1);
    limited.read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_SIZE).then_some(bytes))
}

/// Why a file cannot be read.
pub(super) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    }
}

/// A finding on a file without a text, at its first line.
pub(crate) fn unreadable(shown: &str, why: &str, sources: &Sources) -> Finding {
    let source = sources.add(shown, "");
    Finding::new(
        (UNREADABLE, GROUP),
        Severity::Error,
        why.to_owned(),
        Place { span: Span::new(source, 0, 0), origin: Origin::Manifest },
    )
}
