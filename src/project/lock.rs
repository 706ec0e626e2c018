//! `plimsoll.lock`: the archives of the charts that releases name.
//!
//! `plimsoll vendor` writes it, and all other commands only read it. Paths in it are relative to its
//! directory.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::GROUP;
use super::node::scalar_text;
use super::path::shown;
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Severity};
use crate::helm::chart::MAX_ARCHIVE;
use crate::source::{Sources, Span, read_file, replace_whole, repository};
use crate::yaml::{self, Kind, Node};

/// The name of the lock.
pub const LOCK_NAME: &str = "plimsoll.lock";

/// The rule about faults of the lock.
const RULE: &str = "lock-invalid";

/// The version of the format.
const VERSION: i64 = 1;

const HEADER: &str = "# Which archives stand for the charts that releases name. Written by `plimsoll vendor`.\n\
                      # Commit this file; the archives may be committed or ignored.\n";

/// A chart of a repository, as declarations name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChartKey {
    /// The chart's name in its repository.
    pub name: String,
    /// The repository's URL without the chart's name, as [`repository_key`] returns it.
    pub repository: String,
    /// The version or constraint as declared; `None` for the newest.
    pub constraint: Option<String>,
}

/// The lock's entry for a chart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedChart {
    /// What is asked for.
    pub key: ChartKey,
    /// The version that was chosen.
    pub version: String,
    /// SHA-256 of the archive, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// The archive, relative to the lock, with `/`.
    pub path: String,
}

/// The archive of a chart, compared with the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archive {
    /// It exists, with the digest in the lock.
    At(PathBuf),
    /// It does not exist.
    Absent(PathBuf),
    /// It exists, but with another digest than in the lock.
    Altered(PathBuf),
}

/// A lock; empty if there is no file.
#[derive(Debug, Default)]
pub struct Lock {
    /// The directory of the lock, whether or not the file exists.
    directory: PathBuf,
    entries: Vec<Entry>,
    /// Findings on the file, sorted by place.
    pub findings: Vec<Finding>,
}

#[derive(Debug)]
struct Entry {
    chart: LockedChart,
    /// Worked out when it is first needed.
    archive: OnceLock<Archive>,
}

/// A lock that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct LockError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub error: io::Error,
}

/// The directory of the lock for `start`: that of the configuration, else the top of the git repository, else `start`
/// itself.
#[must_use]
pub fn lock_directory(start: &Path, config: &Config) -> PathBuf {
    if let Some(directory) = config.directory() {
        return directory.to_owned();
    }
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    repository(&absolute).map_or_else(|| start.to_owned(), Path::to_owned)
}

/// A repository's URL for comparison: without credentials and a trailing slash.
#[must_use]
pub fn repository_key(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

impl Lock {
    /// Reads the lock of a directory.
    ///
    /// # Errors
    /// When it exists, but cannot be read.
    pub fn load(directory: &Path, sources: &Sources) -> Result<Self, LockError> {
        let path = directory.join(LOCK_NAME);
        match sources.read_in(directory, LOCK_NAME) {
            Ok(text) => Ok(Self::parse(directory, &shown(&path), &text, sources)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self { directory: directory.to_owned(), ..Self::default() })
            }
            Err(error) => Err(LockError { path, error }),
        }
    }

    fn parse(directory: &Path, shown: &str, text: &str, sources: &Sources) -> Self {
        let text: Arc<str> = text.into();
        let source = sources.add(shown, Arc::clone(&text));
        let stream = yaml::parse(source, &text);
        let mut lock = Self { directory: directory.to_owned(), ..Self::default() };
        for error in &stream.errors {
            lock.findings.push(finding(error.span, error.message.clone()));
        }
        let root = stream.documents.first().and_then(|document| document.root());
        let Some(root) = root.filter(|root| root.kind() == Kind::Mapping) else {
            if lock.findings.is_empty() {
                let whole = Span::new(source, 0, text.len());
                lock.findings.push(finding(whole, "the lock is not a mapping".to_owned()));
            }
            return lock;
        };
        let version = root.get("version");
        if version.and_then(Node::as_i64) != Some(VERSION) {
            let said = version.map_or("nothing", Node::raw);
            lock.findings.push(finding(
                version.unwrap_or(root).span(),
                format!("the lock's version is {said}, and this plimsoll reads {VERSION}"),
            ));
            return lock;
        }
        for node in root.get("charts").into_iter().flat_map(Node::items) {
            match locked(node) {
                Ok(chart) => lock.entries.push(Entry { chart, archive: OnceLock::new() }),
                Err((span, why)) => lock.findings.push(finding(span, why)),
            }
        }
        lock
    }

    /// Replaces the lock of a directory as a whole. The charts are sorted first.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn store(directory: &Path, charts: &[LockedChart]) -> Result<(), LockError> {
        let path = directory.join(LOCK_NAME);
        replace_whole(&path, text(charts).as_bytes()).map_err(|error| LockError { path, error })
    }

    /// The entries, in the order of the file.
    pub fn charts(&self) -> impl Iterator<Item = &LockedChart> {
        self.entries.iter().map(|entry| &entry.chart)
    }

    /// The directory it lies in, whether or not there is one.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The entry for a chart, and its archive with the digest compared.
    #[must_use]
    pub fn archive(&self, key: &ChartKey) -> Option<(&LockedChart, &Archive)> {
        let entry = self.entries.iter().find(|entry| entry.chart.key == *key)?;
        let archive = entry.archive.get_or_init(|| entry.chart.archive(&self.directory));
        Some((&entry.chart, archive))
    }
}

impl LockedChart {
    /// Compares the archive below the lock's directory.
    #[must_use]
    pub fn archive(&self, directory: &Path) -> Archive {
        let path = directory.join(&self.path);
        match read_file(&path, MAX_ARCHIVE) {
            Ok(bytes) if digest(&bytes) == self.digest => Archive::At(path),
            Ok(_) => Archive::Altered(path),
            Err(_) => Archive::Absent(path),
        }
    }
}

/// SHA-256 of bytes, in lower-case hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

fn finding(span: Span, message: String) -> Finding {
    let place = Place { span, origin: Origin::Release };
    Finding {
        help: Some("`plimsoll vendor` writes it anew".into()),
        ..Finding::new((RULE, GROUP), Severity::Error, message, place)
    }
}

/// Reads one entry; the error is its place and the reason.
fn locked(node: Node<'_>) -> Result<LockedChart, (Span, String)> {
    let optional = |key: &str| node.get(key).and_then(scalar_text);
    let text = |key: &str| {
        optional(key).ok_or_else(|| (node.span(), format!("an entry of the lock without `{key}`")))
    };
    let wrong = |key: &str, why: &str| {
        let span = node.get(key).unwrap_or(node).span();
        Err((span, format!("`{key}` of an entry of the lock is {why}")))
    };
    let digest = text("digest")?;
    let Some(digest) = digest.strip_prefix("sha256:").filter(|digest| is_sha256(digest)) else {
        return wrong("digest", "not a SHA-256");
    };
    let path = text("path")?;
    if path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..") {
        return wrong("path", "outside of the lock's directory");
    }
    Ok(LockedChart {
        key: ChartKey {
            name: text("name")?,
            repository: text("repository")?,
            constraint: optional("constraint"),
        },
        version: text("version")?,
        digest: digest.to_owned(),
        path,
    })
}

/// Whether a text is a SHA-256 digest as locks and indexes write it.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn text(charts: &[LockedChart]) -> String {
    let mut charts: Vec<&LockedChart> = charts.iter().collect();
    charts.sort();
    let mut out = format!("{HEADER}version: {VERSION}\n");
    if charts.is_empty() {
        out.push_str("charts: []\n");
        return out;
    }
    out.push_str("charts:\n");
    for chart in charts {
        let digest = format!("sha256:{}", chart.digest);
        let fields = [
            ("name", Some(&chart.key.name)),
            ("repository", Some(&chart.key.repository)),
            ("constraint", chart.key.constraint.as_ref()),
            ("version", Some(&chart.version)),
            ("digest", Some(&digest)),
            ("path", Some(&chart.path)),
        ];
        let said = fields.iter().filter_map(|(key, value)| Some((key, (*value)?)));
        for (at, (key, value)) in said.enumerate() {
            let dash = if at == 0 { '-' } else { ' ' };
            // A JSON string is a YAML string, whatever is in it.
            let value = serde_json::Value::from(value.as_str());
            let _ = writeln!(out, "  {dash} {key}: {value}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(name: &str, constraint: Option<&str>) -> LockedChart {
        LockedChart {
            key: ChartKey {
                name: name.to_owned(),
                repository: "https://charts.example.org".to_owned(),
                constraint: constraint.map(ToOwned::to_owned),
            },
            version: "1.10".to_owned(),
            digest: digest(name.as_bytes()),
            path: format!(".plimsoll/charts/{name}.tgz"),
        }
    }

    fn parse(text: &str) -> Lock {
        Lock::parse(Path::new("d"), "d/plimsoll.lock", text, &Sources::default())
    }

    #[test]
    fn what_is_written_is_read_again_sorted() {
        let charts = [chart("web", Some("1.10")), chart("web", None), chart("db: \"x\"", None)];
        let lock = parse(&text(&charts));
        assert_eq!(lock.findings, []);
        let read: Vec<LockedChart> = lock.charts().cloned().collect();
        assert_eq!(read, [charts[2].clone(), charts[1].clone(), charts[0].clone()]);
        assert_eq!(parse(&text(&[])).charts().count(), 0);
    }

    #[test]
    fn an_archive_is_held_to_its_digest() {
        let directory = tempfile::tempdir().expect("a directory");
        let locked = LockedChart { path: "web.tgz".to_owned(), ..chart("web", None) };
        let path = directory.path().join("web.tgz");
        assert_eq!(locked.archive(directory.path()), Archive::Absent(path.clone()));
        std::fs::write(&path, b"web").expect("written");
        assert_eq!(locked.archive(directory.path()), Archive::At(path.clone()));
        std::fs::write(&path, b"wed").expect("written");
        assert_eq!(locked.archive(directory.path()), Archive::Altered(path));
    }

    #[test]
    fn faults_are_said_and_the_other_entries_hold() {
        let good = text(&[chart("web", None)]);
        let faults = |text: &str| -> Vec<String> {
            parse(text).findings.iter().map(|finding| finding.message.clone()).collect()
        };
        let bad = format!(
            "{good}  - name: a\n  - {{name: b, repository: r, version: '1', digest: 'sha256:{}', path: ../x}}\n  - {{name: c, digest: 'sha256:12'}}\n",
            digest(b"")
        );
        assert_eq!(
            faults(&bad),
            [
                "an entry of the lock without `digest`",
                "`path` of an entry of the lock is outside of the lock's directory",
                "`digest` of an entry of the lock is not a SHA-256",
            ]
        );
        assert_eq!(parse(&bad).charts().count(), 1);
        assert_eq!(faults("- a"), ["the lock is not a mapping"]);
        assert_eq!(faults("version: 2"), ["the lock's version is 2, and this plimsoll reads 1"]);
        assert_eq!(faults("a: [").len(), 1);
    }

    #[test]
    fn repositories_are_compared_without_credentials() {
        for (url, key) in [
            ("https://a.example.org/charts/", "https://a.example.org/charts"),
            ("https://me:secret@a.example.org/c", "https://a.example.org/c"),
            ("oci://a.example.org", "oci://a.example.org"),
            ("https://a.example.org/~me@home", "https://a.example.org/~me@home"),
        ] {
            assert_eq!(repository_key(url), key);
        }
    }
}
