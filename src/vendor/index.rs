//! Chart repositories: an `index.yaml` and archives, over HTTP.

use std::sync::Arc;

use url::Url;

use super::http::FetchError;
use crate::helm::function::highest;
use crate::project::is_sha256;
use crate::source::SourceId;
use crate::spelling::{nearest, question};
use crate::yaml::{self, Document, Node};

/// The most bytes of an `index.yaml`. The largest public one has some 25 MiB.
pub(super) const MAX_INDEX: u64 = 128 << 20;

/// A version of a chart, as the index lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// As written.
    pub(super) version: String,
    /// The absolute URL of the archive; it may begin with `oci://`.
    pub(super) url: String,
    /// SHA-256 of the archive.
    pub(super) digest: Option<String>,
}

/// An index, read.
#[derive(Debug, Clone)]
pub(super) struct Index {
    document: Arc<Document>,
    /// The URL of the repository, without `index.yaml`.
    repository: String,
}

impl Index {
    /// Reads an index. `repository` is the URL of the repository.
    pub(super) fn parse(bytes: Vec<u8>, repository: &str) -> Result<Self, FetchError> {
        let url = super::http::without_credentials(repository);
        let unusable = |why: &str| {
            FetchError::Unusable(format!("{url}/index.yaml is not an index of charts: {why}"))
        };
        let text = String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8"))?;
        let stream = yaml::parse(SourceId::NOWHERE, &text.into());
        if let Some(error) = stream.errors.first() {
            return Err(unusable(&error.message));
        }
        let document = stream.documents.into_iter().next();
        let document = document.filter(|document| entries(document).is_some());
        let document = document.ok_or_else(|| unusable("it has no `entries`"))?;
        Ok(Self { document, repository: repository.to_owned() })
    }

    /// The version that Helm would choose.
    pub(super) fn choose(
        &self,
        name: &str,
        constraint: Option<&str>,
    ) -> Result<Listed, FetchError> {
        let url = super::http::without_credentials(&self.repository);
        let unusable = |why: String| FetchError::Unusable(format!("{url} {why}"));
        let Some(chart) = entries(&self.document).and_then(|entries| entries.get(name)) else {
            let names = entries(&self.document).into_iter().flat_map(Node::entries);
            let names: Vec<_> = names.map(|entry| entry.name().into_owned()).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map(|near| format!(" ({})", question(near))).unwrap_or_default();
            return Err(unusable(format!("has no chart `{name}`{near}")));
        };
        let entries: Vec<Node<'_>> = chart.items().collect();
        let text = |node: Node<'_>, key: &str| {
            node.get(key).filter(|node| !node.is_null()).map(|node| node.raw().to_owned())
        };
        let versions: Vec<String> =
            entries.iter().map(|entry| text(*entry, "version").unwrap_or_default()).collect();
        let chosen = highest(constraint, &versions).map_err(unusable)?;
        let at = chosen.ok_or_else(|| unusable(none_fits(name, constraint, &versions)))?;
        let written = entries[at].get("urls").and_then(|urls| urls.items().next());
        let written =
            written.ok_or_else(|| unusable(format!("says no URL for {name} {}", versions[at])))?;
        let digest = text(entries[at], "digest");
        let digest = digest.map(|digest| digest.trim_start_matches("sha256:").to_owned());
        Ok(Listed {
            version: versions[at].clone(),
            url: absolute(&self.repository, written.raw())?,
            digest: digest.filter(|digest| is_sha256(digest)),
        })
    }
}

/// The message that no version meets a constraint, with the versions that there are.
pub(super) fn none_fits(name: &str, constraint: Option<&str>, versions: &[String]) -> String {
    let newest = match highest(Some(">=0-0"), versions) {
        Ok(Some(at)) => format!("; the newest is {}", versions[at]),
        _ => String::new(),
    };
    match constraint {
        Some(constraint) => format!("has no version of `{name}` that meets {constraint}{newest}"),
        None => format!("has no version of `{name}` that is not a prerelease{newest}"),
    }
}

fn entries(document: &Document) -> Option<Node<'_>> {
    document.root()?.get("entries").filter(|entries| entries.kind() == yaml::Kind::Mapping)
}

/// The absolute URL for an archive's URL in the index of a repository.
///
/// Mirrors `ResolveReferenceURL` of helm `pkg/repo/v1/chartrepo.go`: it is relative to the
/// repository, whose query is kept.
fn absolute(repository: &str, written: &str) -> Result<String, FetchError> {
    let wrong = |error: url::ParseError| {
        FetchError::Unusable(format!("the index has the URL `{written}`: {error}"))
    };
    match Url::parse(written) {
        Ok(_) => return Ok(written.to_owned()),
        Err(url::ParseError::RelativeUrlWithoutBase) => {}
        Err(error) => return Err(wrong(error)),
    }
    let mut base = Url::parse(repository).map_err(wrong)?;
    let path = format!("{}/", base.path().trim_end_matches('/'));
    base.set_path(&path);
    let mut url = base.join(written).map_err(wrong)?;
    url.set_query(base.query());
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "\
apiVersion: v1
entries:
  web:
    - {version: 1.10.0, urls: [web-1.10.0.tgz], digest: 0f1e}
    - {version: 1.9.0, urls: ['https://cdn.example.org/web-1.9.0.tgz']}
    - {version: 2.0.0-rc.1, urls: [/top/web.tgz]}
    - {version: 0.1.0}
";

    fn index() -> Index {
        Index::parse(INDEX.into(), "https://e.org/charts?token=t").expect("an index")
    }

    #[test]
    fn archives_are_relative_to_the_repository() {
        for (constraint, version, url) in [
            (None, "1.10.0", "https://e.org/charts/web-1.10.0.tgz?token=t"),
            (Some("~1.9"), "1.9.0", "https://cdn.example.org/web-1.9.0.tgz"),
            (Some(">1-0"), "2.0.0-rc.1", "https://e.org/top/web.tgz?token=t"),
        ] {
            let chosen = index().choose("web", constraint).expect("a version");
            assert_eq!((chosen.version.as_str(), chosen.url.as_str()), (version, url));
            assert_eq!(chosen.digest, None, "what is no SHA-256 is none");
        }
    }

    #[test]
    fn what_there_is_not_is_said() {
        let said =
            |name: &str, constraint| index().choose(name, constraint).unwrap_err().to_string();
        assert_eq!(
            said("web", Some("^3")),
            "https://e.org/charts?token=t has no version of `web` that meets ^3; the newest is 2.0.0-rc.1"
        );
        assert!(said("wep", None).contains("has no chart `wep` (did you mean `web`?)"));
        assert!(said("web", Some("newest")).contains("improper constraint"));
        assert!(said("web", Some("0.1.0")).contains("says no URL for web 0.1.0"));
        for bad in ["<html>", "a: [", "entries: []", ""] {
            assert!(Index::parse(bad.into(), "https://e.org").is_err(), "{bad}");
        }
    }
}
