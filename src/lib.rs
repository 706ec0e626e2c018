//! plimsoll lints what you deploy, and shows you the line you wrote.
//!
//! Data flows one way, and each module knows only those above it in this list:
//!
//! - [`source`][]: files with ids, text, line index, spans. Knows no YAML.
//! - [`finding`][]: what plimsoll says about a place.
//! - [`spelling`][]: the known name that a misspelt one was meant to be; which names are in capitals.
//! - [`yaml`][]: text to spanned tree. Knows no Kubernetes.
//! - [`config`][]: `plimsoll.yaml`.
//! - [`helm`][]: chart and values layers to rendered text with origins.
//! - [`kube`][]: documents as objects, pods, selectors, quantities.
//! - [`project`][]: a repository as charts, releases, values files, manifests.
//! - [`vendor`][]: charts of other repositories, fetched; the only code that talks to a network.
//! - [`rule`][]: rule files, compiled, evaluated over a scope.
//! - [`report`][]: findings as entries with lines and columns; a file a format.
//! - [`lint`][]: the pipeline; beside it, only [`project`][] and `plimsoll render` run things in parallel.
//! - [`fix`][]: fixes tried by linting and rendering again, and applied.
//! - [`lsp`][]: the way in from an editor.
//! - [`cli`][]: the way in; a file a command.

pub mod cli;
pub mod config;
pub mod finding;
pub mod fix;
pub mod helm;
pub mod kube;
pub mod lint;
pub mod lsp;
pub mod project;
pub mod report;
pub mod rule;
pub mod source;
pub mod spelling;
pub mod vendor;
pub mod yaml;
