//! The credentials for servers that Helm and Docker have stored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use url::Url;

use crate::source::Sources;
use crate::yaml;

/// The host under which Docker stores the credentials of Docker Hub, and the hosts that these are for.
const DOCKER_HUB: (&str, [&str; 3]) =
    ("index.docker.io", ["docker.io", "registry-1.docker.io", "auth.docker.io"]);

/// A name and a password or token.
#[derive(Clone, PartialEq, Eq)]
struct Login {
    name: String,
    password: String,
}

/// Names and passwords by server.
///
/// They are read from `$DOCKER_AUTH_CONFIG` (a Docker `config.json`, as GitLab sets it), Helm's registry configuration,
/// Docker's, and Helm's `repositories.yaml`. Docker's credential helpers are not run.
#[derive(Default)]
pub struct Credentials {
    /// By host and port.
    by_host: BTreeMap<String, Login>,
    /// By repository, as `repository_key` returns it.
    by_repository: BTreeMap<String, Login>,
    /// Hosts whose credentials only a credential helper knows.
    elsewhere: Vec<String>,
    /// URLs by alias, from `helm repo add`.
    aliases: BTreeMap<String, String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Passwords stay out of messages.
        let hosts = self.by_host.keys().chain(self.by_repository.keys());
        f.debug_list().entries(hosts).finish()
    }
}

impl Credentials {
    /// Reads the credentials from the environment and the home directory. What cannot be read is skipped.
    #[must_use]
    pub fn of_environment() -> Self {
        let mut credentials = Self::default();
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let folder = |name: &str| variable(name).map(PathBuf::from);
        let home = folder("HOME").unwrap_or_default();
        let helm = folder("HELM_CONFIG_HOME")
            .or_else(|| folder("XDG_CONFIG_HOME").map(|config| config.join("helm")))
            .unwrap_or_else(|| home.join(".config/helm"));
        let docker = folder("DOCKER_CONFIG").unwrap_or_else(|| home.join(".docker"));
        // The last file wins.
        let files = [
            docker.join("config.json"),
            folder("HELM_REGISTRY_CONFIG").unwrap_or_else(|| helm.join("registry/config.json")),
        ];
        for text in files.iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
            credentials.docker(&text);
        }
        if let Some(text) = variable("DOCKER_AUTH_CONFIG") {
            credentials.docker(&text.to_string_lossy());
        }
        let repositories =
            folder("HELM_REPOSITORY_CONFIG").unwrap_or_else(|| helm.join("repositories.yaml"));
        credentials.repositories(&repositories);
        credentials
    }

    /// Adds the credentials in a URL, if it has any.
    pub fn note(&mut self, url: &str) {
        let Ok(parsed) = Url::parse(url) else { return };
        if let (false, Some(password)) = (parsed.username().is_empty(), parsed.password()) {
            let login = Login { name: plain(parsed.username()), password: plain(password) };
            self.by_repository.insert(crate::project::repository_key(url), login);
        }
    }

    /// The header `Authorization` for a URL, if there are credentials for it.
    pub(super) fn basic(&self, url: &str) -> Option<String> {
        let login = self.login(url)?;
        let pair = format!("{}:{}", login.name, login.password);
        Some(format!("Basic {}", BASE64.encode(pair.as_bytes())))
    }

    fn login(&self, url: &str) -> Option<&Login> {
        let key = crate::project::repository_key(url);
        let within = |repository: &str| {
            key.strip_prefix(repository)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let own = self.by_repository.iter().filter(|(repository, _)| within(repository));
        own.max_by_key(|(repository, _)| repository.len())
            .map(|(_, login)| login)
            .or_else(|| self.by_host.get(&host(url)?))
    }

    /// Whether only a credential helper has the credentials for a URL.
    pub(super) fn are_elsewhere(&self, url: &str) -> bool {
        host(url).is_some_and(|host| self.elsewhere.contains(&host))
    }

    /// The URL of an alias, if `helm repo add` was run for it on this machine.
    #[must_use]
    pub fn url_of(&self, alias: &str) -> Option<&str> {
        self.aliases.get(alias).map(String::as_str)
    }

    /// Reads a Docker `config.json`.
    fn docker(&mut self, text: &str) {
        let Ok(config) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let hosts = |key: &str| config[key].as_object().into_iter().flatten();
        self.elsewhere.extend(hosts("credHelpers").map(|(host, _)| host_key(host)));
        let stored = config["credsStore"].is_string();
        for (host, entry) in hosts("auths") {
            let host = host_key(host);
            match login(entry) {
                Some(login) => {
                    self.by_host.insert(host, login);
                }
                None if stored => self.elsewhere.push(host),
                None => {}
            }
        }
    }

    /// Reads Helm's `repositories.yaml`.
    fn repositories(&mut self, path: &Path) {
        let Ok(text) = std::fs::read_to_string(path) else { return };
        let source = Sources::default().add(path.to_string_lossy(), text.as_str());
        let stream = yaml::parse(source, &text.into());
        let root = stream.documents.first().and_then(|document| document.root());
        let list = root.and_then(|root| root.get("repositories"));
        for repository in list.into_iter().flat_map(yaml::Node::items) {
            let text = |key: &str| repository.get(key).and_then(yaml::Node::as_str);
            let Some(url) = text("url") else { continue };
            if let Some(name) = text("name") {
                self.aliases.insert(name.to_owned(), url.to_owned());
            }
            if let (Some(name), Some(password)) = (text("username"), text("password"))
                && !name.is_empty()
            {
                let login = Login { name: name.to_owned(), password: password.to_owned() };
                self.by_repository.insert(crate::project::repository_key(url), login);
            }
        }
    }
}

/// A part of a URL with percent-encoding decoded.
fn plain(text: &str) -> String {
    // Forms are decoded in the same way, except for `+`.
    let form = text.replace('+', "%2B");
    url::form_urlencoded::parse(form.as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

/// The host of a URL, with the port unless it is the default of the scheme.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next()?;
    Some(host_key(host.rsplit('@').next()?))
}

/// The host of an entry in Docker's configuration, such as `https://index.docker.io/v1/`.
fn host_key(name: &str) -> String {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    let host = name.split('/').next().unwrap_or(name).to_ascii_lowercase();
    let (hub, meant) = DOCKER_HUB;
    if meant.contains(&host.as_str()) { hub.to_owned() } else { host }
}

/// An entry of `auths`: `auth` is base64 of `name:password`.
fn login(entry: &serde_json::Value) -> Option<Login> {
    let text = |key: &str| entry[key].as_str().filter(|text| !text.is_empty());
    if let (Some(name), Some(password)) = (text("username"), text("password")) {
        return Some(Login { name: name.to_owned(), password: password.to_owned() });
    }
    let decoded = BASE64.decode(text("auth")?.as_bytes()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, password) = decoded.split_once(':')?;
    let password = password.trim_end_matches('\0').to_owned();
    Some(Login { name: name.to_owned(), password })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_keeps_them_by_host() {
        let mut credentials = Credentials::default();
        // `me:p:w`
        credentials.docker(
            r#"{"auths": {"registry.example.org:5000": {"auth": "bWU6cDp3"}, "https://index.docker.io/v1/": {"username": "a", "password": "b"}, "stored.example.org": {}},
                "credsStore": "desktop", "credHelpers": {"gcr.io": "gcloud"}}"#,
        );
        let basic = |url: &str| credentials.basic(url);
        assert_eq!(basic("oci://registry.example.org:5000/x"), Some("Basic bWU6cDp3".to_owned()));
        assert_eq!(basic("https://registry.example.org/x"), None);
        assert_eq!(basic("https://registry-1.docker.io/v2/"), Some("Basic YTpi".to_owned()));
        assert!(credentials.are_elsewhere("oci://gcr.io/x"));
        assert!(credentials.are_elsewhere("oci://stored.example.org/x"));
        assert!(!credentials.are_elsewhere("oci://registry.example.org:5000/x"));
        assert!(!format!("{credentials:?}").contains("p:w"));
    }

    #[test]
    fn helm_keeps_them_by_repository() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = "repositories:\n  - {name: a, url: 'https://e.org/a/', username: u, password: '1'}\n  - {name: b, url: 'https://e.org/b', username: '', password: ''}\n";
        std::fs::write(file.path(), text).expect("written");
        let mut credentials = Credentials::default();
        credentials.repositories(file.path());
        credentials.note("https://x%40y:p%2Fq+r@e.org/c");
        let basic = |url: &str| credentials.basic(url).is_some();
        assert!(basic("https://e.org/a/web-1.0.0.tgz"));
        assert!(!basic("https://e.org/ab/web-1.0.0.tgz"));
        assert!(!basic("https://e.org/b"));
        assert_eq!(credentials.url_of("b"), Some("https://e.org/b"));
        let login = credentials.login("https://e.org/c/index.yaml").expect("somebody");
        assert_eq!((login.name.as_str(), login.password.as_str()), ("x@y", "p/q+r"));
    }
}
