//! The flags of `helm`.

use crate::project::release::shell::Field;

/// The flags of `helm install` and `helm upgrade` that take a value, including those of Helm 2.
const VALUE_FLAGS: [&str; 53] = [
    "namespace",
    "kube-context",
    "kubeconfig",
    "kube-apiserver",
    "kube-token",
    "kube-as-user",
    "kube-as-group",
    "kube-ca-file",
    "kube-tls-server-name",
    "registry-config",
    "repository-cache",
    "repository-config",
    "burst-limit",
    "qps",
    "content-cache",
    "values",
    "set",
    "set-string",
    "set-file",
    "set-json",
    "set-literal",
    "version",
    "repo",
    "username",
    "password",
    "cert-file",
    "key-file",
    "ca-file",
    "keyring",
    "timeout",
    "description",
    "post-renderer",
    "post-renderer-args",
    "name-template",
    "output",
    "history-max",
    "labels",
    "name",
    "tiller-namespace",
    "tiller-connection-timeout",
    "host",
    "home",
    "tls-ca-cert",
    "tls-cert",
    "tls-key",
    "tls-hostname",
    "cascade",
    "max-history",
    "show-only",
    "api-versions",
    "kube-version",
    "output-dir",
    "color",
];

/// The arguments that are neither flags nor their values.
pub(super) fn positionals(words: &[Field]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match flag(&word.text) {
            Some((name, None)) if takes_value(name) => {
                words.next();
            }
            Some(_) => {}
            None => found.push(word.text.as_str()),
        }
    }
    found
}

/// `--name=value`, `--name`, `-n value`, `-nvalue`: the flag's long name and the value in it.
pub(super) fn flag(word: &str) -> Option<(&str, Option<&str>)> {
    if let Some(long) = word.strip_prefix("--") {
        return Some(match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        });
    }
    let short = word.strip_prefix('-').filter(|short| !short.is_empty())?;
    // Flags of one letter may share a dash: `-in NAMESPACE`.
    let short = short.strip_prefix('i').filter(|rest| !rest.is_empty()).unwrap_or(short);
    let (letter, rest) = short.split_at(short.chars().next().map_or(0, char::len_utf8));
    let name = match letter {
        "n" => "namespace",
        "f" => "values",
        "o" => "output",
        "l" => "labels",
        "g" => "generate-name",
        _ => return Some((letter, None)),
    };
    let value = rest.strip_prefix('=').unwrap_or(rest);
    Some((name, (!value.is_empty()).then_some(value)))
}

/// Whether the word after a flag is its value.
pub(super) fn takes_value(name: &str) -> bool {
    VALUE_FLAGS.contains(&name)
}
