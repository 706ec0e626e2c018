//! The flags of `helm`.

use crate::project::release::shell::Field;

/// The flags of `helm install`, `upgrade` and `template` that take a value, including those of Helm 2.
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

/// An argument of a command.
pub(super) enum Argument<'w> {
    Positional(&'w Field),
    Flag {
        /// The flag's long name, if it has one.
        name: &'w str,
        /// The flag's value; empty if it takes none.
        value: &'w str,
        /// The word with the value; the flag's own if it takes none.
        word: &'w Field,
    },
}

/// The arguments of a command, each flag with its value. A flag whose value is missing at the end is left out.
pub(super) fn arguments(words: &[Field]) -> impl Iterator<Item = Argument<'_>> {
    let mut words = words.iter();
    std::iter::from_fn(move || {
        let word = words.next()?;
        Some(match flag(&word.text) {
            None => Argument::Positional(word),
            Some((name, Some(value))) => Argument::Flag { name, value, word },
            Some((name, None)) if takes_value(name) => {
                let word = words.next()?;
                Argument::Flag { name, value: &word.text, word }
            }
            Some((name, None)) => Argument::Flag { name, value: "", word },
        })
    })
}

/// The arguments that are neither flags nor their values.
pub(super) fn positionals(words: &[Field]) -> Vec<&str> {
    let positional = |argument| match argument {
        Argument::Positional(word) => Some(word.text.as_str()),
        Argument::Flag { .. } => None,
    };
    arguments(words).filter_map(positional).collect()
}

/// `--name=value`, `--name`, `-n value`, `-nvalue`: the flag's long name and the value in it.
fn flag(word: &str) -> Option<(&str, Option<&str>)> {
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
        "s" => "show-only",
        "a" => "api-versions",
        _ => return Some((letter, None)),
    };
    let value = rest.strip_prefix('=').unwrap_or(rest);
    Some((name, (!value.is_empty()).then_some(value)))
}

/// Whether the word after a flag is its value.
fn takes_value(name: &str) -> bool {
    VALUE_FLAGS.contains(&name)
}
