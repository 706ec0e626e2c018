//! Fetches the archive of a chart, and makes its entry in the lock.

use std::collections::HashMap;
use std::path::Path;

use super::http::{Client, FetchError, Get, Limits, without_credentials};
use super::index::{Index, Listed, MAX_INDEX, none_fits};
use super::oci::{Registries, Scheme, is_digest};
use super::{Credentials, Wanted};
use crate::helm::chart::Chart;
use crate::helm::function::highest;
use crate::project::{Archive, ChartKey, LockedChart, digest};
use crate::source::Sources;

/// The folder for archives, relative to the lock.
const FOLDER: &str = ".plimsoll/charts";

/// The most bytes of an archive. The size of its contents is bounded, too.
const MAX_ARCHIVE: u64 = 64 << 20;

/// What to do with locked versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Keep them.
    Keep,
    /// Resolve each constraint again.
    Update,
}

/// What was done for a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The locked archive is there already.
    Kept,
    /// Its archive was fetched.
    Fetched,
}

/// A chart that is available.
#[derive(Debug)]
pub struct Fetched {
    /// Its entry in the lock.
    pub chart: LockedChart,
    /// The archive, if it was fetched.
    pub bytes: Option<Vec<u8>>,
}

impl Fetched {
    /// What was done for it.
    #[must_use]
    pub fn event(&self) -> Event {
        if self.bytes.is_some() { Event::Fetched } else { Event::Kept }
    }
}

/// Fetches charts. Connections, indexes and tokens are reused.
#[derive(Debug)]
pub struct Fetcher {
    client: Client,
    credentials: Credentials,
    scheme: Scheme,
    indexes: HashMap<String, Index>,
}

impl Fetcher {
    /// `scheme` is for OCI registries; chart repositories have one in their URLs.
    #[must_use]
    pub fn new(credentials: Credentials, limits: Limits, scheme: Scheme) -> Self {
        Self { client: Client::new(limits), credentials, scheme, indexes: HashMap::new() }
    }

    /// Makes a chart available: the locked version, or one that its constraint allows.
    ///
    /// `directory` is the directory of the lock.
    ///
    /// # Errors
    /// When it cannot be fetched, or is not the chart that was asked for or locked.
    pub fn chart(
        &mut self,
        wanted: &Wanted,
        locked: Option<&LockedChart>,
        mode: Mode,
        directory: &Path,
    ) -> Result<Fetched, FetchError> {
        self.credentials.note(&wanted.url);
        match locked.filter(|_| mode == Mode::Keep) {
            Some(locked) => self.again(&wanted.key, locked, directory),
            None => self.anew(&wanted.key, directory, locked),
        }
    }

    fn again(
        &mut self,
        key: &ChartKey,
        locked: &LockedChart,
        directory: &Path,
    ) -> Result<Fetched, FetchError> {
        if let Archive::At(_) = locked.archive(directory) {
            return Ok(Fetched { chart: locked.clone(), bytes: None });
        }
        let by_digest = key.constraint.as_deref().filter(|version| is_digest(version));
        let (_, bytes) = self.archive(key, Some(by_digest.unwrap_or(&locked.version)))?;
        let found = digest(&bytes);
        if found != locked.digest {
            return Err(FetchError::Digest {
                url: format!("{} {} of {}", key.name, locked.version, key.repository),
                promise: "the lock",
                expected: locked.digest.clone(),
                found,
            });
        }
        Ok(Fetched { chart: locked.clone(), bytes: Some(bytes) })
    }

    fn anew(
        &mut self,
        key: &ChartKey,
        directory: &Path,
        locked: Option<&LockedChart>,
    ) -> Result<Fetched, FetchError> {
        let name = file_name(&key.name).filter(|name| *name == key.name).ok_or_else(|| {
            FetchError::Unusable(format!("`{}` cannot be the name of a chart", key.name))
        })?;
        let (version, bytes) = self.archive(key, key.constraint.as_deref())?;
        let said = chart_version(key, &bytes)?;
        let version = if is_digest(&version) { said } else { version };
        let file = file_name(&version).unwrap_or_default();
        let chart = LockedChart {
            key: key.clone(),
            version,
            digest: digest(&bytes),
            path: format!("{FOLDER}/{name}-{file}.tgz"),
        };
        // If the same archive has the same name already, it need not be written.
        let there = locked.is_some_and(|locked| locked.path == chart.path)
            && matches!(chart.archive(directory), Archive::At(_));
        Ok(Fetched { chart, bytes: (!there).then_some(bytes) })
    }

    /// Fetches the archive of the version that a constraint selects, and returns it with that version.
    fn archive(
        &mut self,
        key: &ChartKey,
        constraint: Option<&str>,
    ) -> Result<(String, Vec<u8>), FetchError> {
        match key.repository.split_once("://") {
            Some(("http" | "https", _)) => self.of_index(key, constraint),
            // Argo CD names registries without a scheme.
            Some(("oci", _)) | None => {
                let chart = format!("{}/{}", key.repository, key.name);
                self.of_registry(&chart, key, constraint)
            }
            Some((scheme, _)) => Err(FetchError::Unusable(format!(
                "{} is neither an index repository nor an OCI registry: `{scheme}` is not known",
                key.repository
            ))),
        }
    }

    fn of_index(
        &mut self,
        key: &ChartKey,
        constraint: Option<&str>,
    ) -> Result<(String, Vec<u8>), FetchError> {
        if !self.indexes.contains_key(&key.repository) {
            let bytes = self.get(&with_path(&key.repository, "index.yaml"), MAX_INDEX)?;
            let index = Index::parse(bytes, &key.repository)?;
            self.indexes.insert(key.repository.clone(), index);
        }
        let Listed { version, url, digest: promised } =
            self.indexes[&key.repository].choose(&key.name, constraint)?;
        if url.starts_with("oci://") {
            let (chart, tag) = split_tag(&url);
            let bytes = self.registries().pull(chart, tag.unwrap_or(&version), MAX_ARCHIVE)?;
            return Ok((version, bytes));
        }
        let bytes = self.get(&url, MAX_ARCHIVE)?;
        let found = digest(&bytes);
        match promised {
            Some(expected) if expected != found => {
                let url = without_credentials(&url);
                Err(FetchError::Digest { url, promise: "the index", expected, found })
            }
            _ => Ok((version, bytes)),
        }
    }

    fn of_registry(
        &self,
        chart: &str,
        key: &ChartKey,
        constraint: Option<&str>,
    ) -> Result<(String, Vec<u8>), FetchError> {
        let mut registries = self.registries();
        // Helm only lists the tags if the version is not a tag itself.
        let exact = constraint
            .filter(|version| is_digest(version) || ::semver::Version::parse(version).is_ok());
        let version = match exact {
            Some(version) => version.to_owned(),
            None => {
                let versions = registries.versions(chart)?;
                let unusable = |why: String| FetchError::Unusable(format!("{chart} {why}"));
                let at = highest(constraint, &versions).map_err(unusable)?;
                let none = || unusable(none_fits(&key.name, constraint, &versions));
                versions[at.ok_or_else(none)?].clone()
            }
        };
        let bytes = registries.pull(chart, &version, MAX_ARCHIVE)?;
        Ok((version, bytes))
    }

    fn registries(&self) -> Registries<'_> {
        Registries::new(&self.client, &self.credentials, self.scheme)
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let authorization = self.credentials.basic(url);
        let get = Get { url, accept: &[], authorization: authorization.as_deref(), limit };
        self.client.get(get)?.success(url)
    }
}

/// Checks that an archive has the chart that was asked for, and returns the version in its `Chart.yaml`.
fn chart_version(key: &ChartKey, bytes: &[u8]) -> Result<String, FetchError> {
    let chart = Chart::unpack(bytes, &key.name, &Sources::default()).map_err(|error| {
        FetchError::Unusable(format!("what {} has is not a chart: {error}", key.repository))
    })?;
    if chart.metadata.name != key.name {
        let found = &chart.metadata.name;
        return Err(FetchError::Unusable(format!(
            "{} has the chart `{found}` where `{}` should be",
            key.repository, key.name
        )));
    }
    Ok(chart.metadata.version)
}

/// The URL of a file below a URL, with the same query.
fn with_path(url: &str, file: &str) -> String {
    match url.split_once('?') {
        Some((path, query)) => format!("{}/{file}?{query}", path.trim_end_matches('/')),
        None => format!("{}/{file}", url.trim_end_matches('/')),
    }
}

/// Splits `oci://registry/chart:tag`. The tag may be a digest.
fn split_tag(reference: &str) -> (&str, Option<&str>) {
    let last = reference.rfind('/').map_or(0, |at| at + 1);
    match reference[last..].find(['@', ':']) {
        Some(at) => (&reference[..last + at], Some(&reference[last + at + 1..])),
        None => (reference, None),
    }
}

/// A text as a part of a file's name; `None` if none of its characters can be in one.
fn file_name(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let name: String = text.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    (!name.is_empty() && !name.starts_with('.')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        assert_eq!(file_name("1.0.0+b").as_deref(), Some("1.0.0+b"));
        assert_eq!(file_name("a/../b").as_deref(), Some("a_.._b"));
        assert_eq!(file_name("../b"), None);
        assert_eq!(file_name(""), None);
    }

    #[test]
    fn references_have_tags() {
        let tag = |text| split_tag(text);
        assert_eq!(
            tag("oci://e.org:5000/a/web:1.0.0_b"),
            ("oci://e.org:5000/a/web", Some("1.0.0_b"))
        );
        assert_eq!(tag("oci://e.org:5000/a/web"), ("oci://e.org:5000/a/web", None));
        assert_eq!(
            with_path("https://e.org/c/?t=1", "index.yaml"),
            "https://e.org/c/index.yaml?t=1"
        );
    }
}
