//! plimsoll lints what you deploy, and shows you the line you wrote.
//!
//! Data flows one way, and each module knows only those above it in this list:
//!
//! - [`source`][]: files with ids, text, line index, spans. Knows no YAML.
//! - [`finding`][]: what plimsoll says about a place.
//! - [`spelling`][]: the known name that is nearest to a misspelt one; which names are written in capitals.
//! - [`yaml`][]: a text as a tree with spans. Knows no Kubernetes.
//! - [`config`][]: `plimsoll.yaml`.
//! - [`helm`][]: a chart and values layers rendered to text with origins.
//! - [`kube`][]: documents as objects, pods, selectors, quantities.
//! - [`project`][]: a repository as charts, releases, values files, manifests.
//! - [`vendor`][]: charts fetched from other repositories; the only code that uses a network.
//! - [`rule`][]: rule files, compiled and evaluated on a scope.
//! - [`report`][]: findings as entries with lines and columns; one file per format.
//! - [`lint`][]: the pipeline. Besides it, only [`yaml`][], [`helm`][] and [`project`][] share work among threads.
//! - [`fix`][]: fixes, tried by linting and rendering again, and applied.
//! - [`lsp`][]: the language server.
//! - [`cli`][]: the command line; one file per command.

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
