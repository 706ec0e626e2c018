//! What becomes of the manifests that `helm template` prints: `helm template web ./chart | kubectl apply -f -` deploys as
//! `helm install` does.

use super::call::{helm, is_wrapping};
use super::flag::{Argument, arguments, positionals};
use crate::project::path::{base_name, is_below};
use crate::project::release::Context;
use crate::project::release::shell::{Call, Field, Output, STREAM, is_known, places};

/// The text in the file for a word of a call.
type Written<'w> = &'w dyn Fn(&Call, &Field) -> String;

/// Where printed manifests go.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) enum Fate {
    /// They are not applied, as far as the commands show.
    Unused,
    /// They are applied, in the namespace that `kubectl` is told.
    Applied { namespace: Option<String> },
    /// They are in files or below folders, at these shown paths.
    Kept(Vec<String>),
}

/// Manifests that are applied from a path.
#[derive(Debug)]
pub(in crate::project::release) struct Read {
    path: String,
    namespace: Option<String>,
}

/// What becomes of the manifests that a call of `helm template` prints; [`Fate::Unused`] for any other call.
pub(in crate::project::release) fn fate(call: &Call, all: &[Call], written: Written<'_>) -> Fate {
    let Some(helm) = helm(call, &|word| written(call, word)) else { return Fate::Unused };
    let verbs = positionals(helm.words);
    if !matches!(verbs.as_slice(), ["template", ..] | ["secrets", "template", ..]) {
        return Fate::Unused;
    }
    let mut paths = Vec::new();
    for argument in arguments(helm.words) {
        if let Argument::Flag { name: "output-dir", value, .. } = argument {
            paths.extend(places(value, &call.directories));
        }
    }
    match &call.output {
        Output::Shown | Output::Captured => {}
        Output::Files(files) => paths.extend_from_slice(files),
        Output::Piped(readers) => {
            for reader in all.get(readers.clone()).unwrap_or_default() {
                match applied(reader, written) {
                    Some(Kubectl { files, namespace })
                        if files.iter().any(|file| is_stream(file)) =>
                    {
                        return Fate::Applied { namespace };
                    }
                    _ => paths.extend(kept(reader)),
                }
            }
        }
    }
    if paths.is_empty() { Fate::Unused } else { Fate::Kept(paths) }
}

/// The files that a program puts its input into.
fn kept(reader: &Call) -> Vec<String> {
    let mut paths = match &reader.output {
        Output::Files(files) => files.clone(),
        _ => Vec::new(),
    };
    if let [program, names @ ..] = reader.words.as_slice()
        && base_name(&program.text) == "tee"
    {
        let names = names.iter().filter(|name| !name.text.starts_with('-'));
        paths.extend(names.flat_map(|name| places(&name.text, &reader.directories)));
    }
    paths
}

/// The paths from which a call applies manifests.
pub(in crate::project::release) fn reads(call: &Call, written: Written<'_>) -> Vec<Read> {
    let Some(Kubectl { files, namespace }) = applied(call, written) else { return Vec::new() };
    let paths = files.iter().flat_map(|file| places(file, &call.directories));
    paths.map(|path| Read { path, namespace: namespace.clone() }).collect()
}

impl Fate {
    /// What becomes of manifests that are in files, if these are read later. Files that the repository holds are judged
    /// where they are.
    pub(in crate::project::release) fn with(self, reads: &[Read], context: &Context<'_>) -> Self {
        let Self::Kept(paths) = &self else { return self };
        let new = paths.iter().filter(|path| !context.tree.is_file(path));
        let holds = |read: &&Read| {
            new.clone().any(|path| is_below(path, &read.path) || is_below(&read.path, path))
        };
        match reads.iter().find(holds) {
            Some(read) => Self::Applied { namespace: read.namespace.clone() },
            None => self,
        }
    }
}

/// What `kubectl apply` and its relatives read, and into which namespace they put it.
struct Kubectl {
    files: Vec<String>,
    namespace: Option<String>,
}

/// Reads a call of `kubectl apply`, `create` or `replace`; `None` for any other call, and for one that changes nothing.
fn applied(call: &Call, written: Written<'_>) -> Option<Kubectl> {
    let mut words = call.words.as_slice();
    loop {
        let (first, rest) = words.split_first()?;
        let name = base_name(&first.text);
        // `$KUBECTL apply`, with KUBECTL set where the script runs.
        let variable =
            || first.spread && written(call, first).to_ascii_lowercase().contains("kubectl");
        let is_behind = words.len() < call.words.len();
        words = rest;
        if matches!(name, "kubectl" | "oc") || variable() {
            break;
        }
        // These contain kubectl.
        if !matches!(name, "k3s" | "microk8s" | "minikube") && !is_wrapping(name, is_behind) {
            return None;
        }
    }
    let mut verb = None;
    let mut found = Kubectl { files: Vec::new(), namespace: None };
    let mut words = words.iter().map(|word| word.text.as_str());
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        match (name, value) {
            ("--dry-run", None) => return None,
            ("--dry-run", Some(value)) if value != "none" => return None,
            ("-f" | "--filename", value) => {
                let files = value.or_else(|| words.next()).unwrap_or_default();
                found.files.extend(files.split(',').map(str::to_owned));
            }
            ("-n" | "--namespace", value) => {
                let value = value.or_else(|| words.next()).filter(|name| is_known(name));
                found.namespace = value.map(str::to_owned);
            }
            _ if verb.is_none() && !word.starts_with('-') => {
                verb = Some(word).filter(|word| matches!(*word, "apply" | "create" | "replace"));
            }
            _ => {
                if let Some(file) = word.strip_prefix("-f") {
                    found.files.push(file.to_owned());
                }
            }
        }
    }
    verb.map(|_| found)
}

/// Whether a file of `kubectl` is what another program prints.
fn is_stream(file: &str) -> bool {
    matches!(file, "-" | "/dev/stdin" | STREAM)
}
