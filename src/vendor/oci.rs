//! OCI registries (<https://github.com/opencontainers/distribution-spec>), as far as it is needed to pull a
//! chart, and token authentication, as in <https://distribution.github.io/distribution/spec/auth/token/>.

use std::collections::HashMap;

use serde_json::Value;
use ureq::http::header;
use url::Url;

use super::Credentials;
use super::http::{Answer, Client, FetchError, Get};
use crate::project::digest;

/// The media types of a chart's archive: the one that Helm pushes now, and the one before Helm 3.7.
const CHART_LAYERS: [&str; 2] =
    ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The most bytes of a manifest: the size that registries have to accept.
const MAX_MANIFEST: u64 = 4 << 20;
/// The most bytes of a page of tags, and of a token.
const MAX_PAGE: u64 = 4 << 20;
/// The most pages of tags.
const MAX_PAGES: usize = 200;

/// The protocol for registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// Without TLS, as for a registry on the same machine.
    Http,
}

impl Scheme {
    /// As it stands in a URL.
    fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// Pulls charts from registries. Tokens are reused.
#[derive(Debug)]
pub(super) struct Registries<'a> {
    client: &'a Client,
    credentials: &'a Credentials,
    scheme: Scheme,
    /// The header `Authorization` by repository.
    authorizations: HashMap<String, String>,
}

impl<'a> Registries<'a> {
    pub(super) fn new(client: &'a Client, credentials: &'a Credentials, scheme: Scheme) -> Self {
        Self { client, credentials, scheme, authorizations: HashMap::new() }
    }

    /// The versions of a chart: its tags, with `+` where a tag can only have `_`.
    ///
    /// `chart` is the reference without a tag, `oci://registry/path/name`.
    pub(super) fn versions(&mut self, chart: &str) -> Result<Vec<String>, FetchError> {
        let base = self.base(chart)?;
        let mut url = format!("{base}/tags/list?n=1000");
        let mut versions = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.get(&base, &url, &[], MAX_PAGE)?;
            let next = next_page(&answer, &url);
            let page = json(&answer.success(&url)?, &url)?;
            let tags = page["tags"].as_array().into_iter().flatten();
            versions.extend(tags.filter_map(Value::as_str).map(|tag| tag.replace('_', "+")));
            match next {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(versions)
    }

    /// The archive of a version, or of a manifest given by its digest `sha256:…`; at most `limit` bytes.
    pub(super) fn pull(
        &mut self,
        chart: &str,
        version: &str,
        limit: u64,
    ) -> Result<Vec<u8>, FetchError> {
        let base = self.base(chart)?;
        let layer = self.layer(&base, &version.replace('+', "_"), 1)?;
        let url = format!("{base}/blobs/{layer}");
        let bytes = self.get(&base, &url, &[], limit)?.success(&url)?;
        verify(&bytes, &layer, &url, "the manifest")?;
        Ok(bytes)
    }

    /// The digest of the layer with the chart.
    fn layer(&mut self, base: &str, reference: &str, nested: u8) -> Result<String, FetchError> {
        let url = format!("{base}/manifests/{reference}");
        let bytes = self.get(base, &url, &[MANIFEST, INDEX], MAX_MANIFEST)?.success(&url)?;
        if is_digest(reference) {
            verify(&bytes, reference, &url, "the reference")?;
        }
        let manifest = json(&bytes, &url)?;
        let texts = |list: &str, key: &'static str| -> Vec<Value> {
            let list = manifest[list].as_array().cloned().unwrap_or_default();
            list.into_iter().filter(|entry| entry[key].is_string()).collect()
        };
        if let ([only], true) = (&texts("manifests", "digest")[..], nested > 0) {
            return self.layer(base, only["digest"].as_str().unwrap_or_default(), nested - 1);
        }
        let layers = texts("layers", "mediaType");
        let chart = CHART_LAYERS
            .iter()
            .find_map(|kind| layers.iter().find(|layer| layer["mediaType"] == **kind));
        let digest = chart.and_then(|layer| layer["digest"].as_str());
        digest.map(ToOwned::to_owned).ok_or_else(|| {
            FetchError::Unusable(format!(
                "{url} is not a chart: no layer of it is a chart's archive"
            ))
        })
    }

    /// The URL of a repository in the registry.
    fn base(&self, chart: &str) -> Result<String, FetchError> {
        let reference = chart.strip_prefix("oci://").unwrap_or(chart).trim_end_matches('/');
        let reference = reference
            .split_once('@')
            .map_or(reference, |(user, rest)| if user.contains('/') { reference } else { rest });
        let (host, path) = reference.split_once('/').ok_or_else(|| {
            FetchError::Unusable(format!("{chart} names no repository in its registry"))
        })?;
        let host = if host == "docker.io" { "registry-1.docker.io" } else { host };
        Ok(format!("{}://{host}/v2/{path}", self.scheme.as_str()))
    }

    /// Sends a request, and repeats it with credentials if the registry demands them.
    fn get(
        &mut self,
        base: &str,
        url: &str,
        accept: &[&str],
        limit: u64,
    ) -> Result<Answer, FetchError> {
        let known = self.authorizations.get(base).map(String::as_str);
        let answer = self.client.get(Get { url, accept, authorization: known, limit })?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let Some(authorization) = self.authorize(&answer, base)? else {
            return Ok(answer);
        };
        let again = Get { url, accept, authorization: Some(&authorization), limit };
        let answer = self.client.get(again)?;
        self.authorizations.insert(base.to_owned(), authorization);
        Ok(answer)
    }

    /// The header `Authorization` that answers the challenge of a registry; `None` if there is no answer.
    fn authorize(&self, answer: &Answer, base: &str) -> Result<Option<String>, FetchError> {
        let challenge = answer.header(&header::WWW_AUTHENTICATE).unwrap_or_default();
        let basic = self.credentials.basic(base);
        if basic.is_none() && self.credentials.are_elsewhere(base) {
            return Err(FetchError::Unusable(format!(
                "{base} wants a login that only a credential helper of Docker knows, which plimsoll does not run; \
                 put it into the variable DOCKER_AUTH_CONFIG"
            )));
        }
        let Some(parameters) = scheme(challenge, "Bearer") else {
            return Ok(basic.filter(|_| scheme(challenge, "Basic").is_some()));
        };
        let Some(realm) = parameter(parameters, "realm") else { return Ok(None) };
        let unusable = |why: &dyn std::fmt::Display| {
            FetchError::Unusable(format!("{base} asks for a token from `{realm}`: {why}"))
        };
        let mut url = Url::parse(&realm).map_err(|error| unusable(&error))?;
        let path = base.split_once("/v2/").map_or("", |(_, path)| path);
        let scope = parameter(parameters, "scope");
        let scope = scope.unwrap_or_else(|| format!("repository:{path}:pull"));
        if let Some(service) = parameter(parameters, "service") {
            url.query_pairs_mut().append_pair("service", &service);
        }
        url.query_pairs_mut().append_pair("scope", &scope);
        let get = Get {
            url: url.as_str(),
            accept: &[],
            authorization: basic.as_deref(),
            limit: MAX_PAGE,
        };
        let bytes = self.client.get(get)?.success(url.as_str())?;
        let token = json(&bytes, url.as_str())?;
        let token = ["token", "access_token"].iter().find_map(|key| token[key].as_str());
        let token = token.ok_or_else(|| unusable(&"the answer has none"))?;
        Ok(Some(format!("Bearer {token}")))
    }
}

/// Whether a reference is a digest and not a tag.
pub(super) fn is_digest(reference: &str) -> bool {
    reference.starts_with("sha256:")
}

/// Checks that bytes have the digest `sha256:…`.
fn verify(
    bytes: &[u8],
    expected: &str,
    url: &str,
    promise: &'static str,
) -> Result<(), FetchError> {
    let Some(expected) = expected.strip_prefix("sha256:") else {
        let why = format!("{url} has a digest that is not a SHA-256: {expected}");
        return Err(FetchError::Unusable(why));
    };
    let found = digest(bytes);
    if found == expected {
        return Ok(());
    }
    Err(FetchError::Digest { url: url.to_owned(), promise, expected: expected.to_owned(), found })
}

fn json(bytes: &[u8], url: &str) -> Result<Value, FetchError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let url = super::http::without_credentials(url);
        FetchError::Broken { url, why: format!("no JSON: {error}") }
    })
}

/// The URL of the next page, from `Link: </v2/…>; rel="next"`, if it is in the same registry.
fn next_page(answer: &Answer, url: &str) -> Option<String> {
    let link = answer.header(&header::LINK)?;
    let target = link.split_once('<')?.1.split_once('>')?.0;
    let page = Url::parse(url).ok()?;
    let next = page.join(target).ok()?;
    (link.contains("next") && next.origin() == page.origin()).then(|| next.into())
}

/// The parameters of a challenge, if it has this scheme.
fn scheme<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = challenge.split_once(' ').unwrap_or((challenge, ""));
    scheme.eq_ignore_ascii_case(name).then_some(rest)
}

/// A parameter of a challenge: `name="value"` or `name=value`, with commas between.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim().trim_start_matches(',').trim();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_have_parameters() {
        let challenge = r#"Bearer realm="https://auth.example.org/t",service=a, scope="repository:x/y:pull,push""#;
        let parameters = scheme(challenge, "bearer").expect("the scheme");
        let value = |name: &str| parameter(parameters, name);
        assert_eq!(value("realm").as_deref(), Some("https://auth.example.org/t"));
        assert_eq!(value("service").as_deref(), Some("a"));
        assert_eq!(value("scope").as_deref(), Some("repository:x/y:pull,push"));
        assert_eq!(value("error"), None);
        assert_eq!(scheme(challenge, "Basic"), None);
        assert_eq!(scheme("Basic", "Basic"), Some(""));
    }

    #[test]
    fn references_are_repositories_of_a_registry() {
        let client = Client::new(super::super::Limits::default());
        let credentials = Credentials::default();
        let registries = Registries::new(&client, &credentials, Scheme::Https);
        for (chart, base) in [
            ("oci://e.org:5000/a/web", "https://e.org:5000/v2/a/web"),
            ("registry-1.docker.io/a/web", "https://registry-1.docker.io/v2/a/web"),
            ("oci://docker.io/a/web", "https://registry-1.docker.io/v2/a/web"),
            ("oci://me:secret@e.org/a/web", "https://e.org/v2/a/web"),
        ] {
            assert_eq!(registries.base(chart).expect("a reference"), base);
        }
        assert!(registries.base("oci://web").is_err());
    }
}
