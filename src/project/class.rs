//! The classes of files.

use serde::{Deserialize, Serialize};

use super::word::Words;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Kubernetes objects, including those of Argo CD and Flux.
    Manifest,
    /// Values of a chart.
    Values,
    /// A chart's `Chart.yaml`.
    ChartMeta,
    /// A file in a chart's `templates/`, which is never read as YAML.
    ChartTemplate,
    /// A template of objects or values outside of charts: text with `{{`, lines that begin with `{%`, values that begin
    /// with `%s`, or ytt directives. It has to be rendered before it is deployed.
    Template,
    /// `helmfile.yaml` or a part of one.
    Helmfile,
    /// `kustomization.yaml`.
    Kustomization,
    /// `skaffold.yaml`.
    Skaffold,
    /// `plimsoll.yaml`.
    Config,
    /// `.gitlab-ci.yml`, or a file it may include.
    GitLabCi,
    /// A workflow or an action of GitHub.
    GitHub,
    /// Another CI system's file.
    Ci,
    /// `Taskfile.yml`.
    Taskfile,
    /// A shell script.
    Script,
    /// A `Makefile`.
    Makefile,
    /// A `Jenkinsfile`.
    Jenkinsfile,
    /// A `justfile`.
    Justfile,
    /// Terraform.
    Terraform,
    /// Any other YAML, or nothing that matters.
    Other,
}

impl Class {
    /// Whether files of the class may declare releases, but have nothing that is linted.
    #[must_use]
    pub fn only_declares(self) -> bool {
        match self {
            Self::GitLabCi
            | Self::GitHub
            | Self::Ci
            | Self::Taskfile
            | Self::Script
            | Self::Makefile
            | Self::Jenkinsfile
            | Self::Justfile
            | Self::Terraform
            | Self::Config => true,
            Self::Manifest
            | Self::Values
            | Self::ChartMeta
            | Self::ChartTemplate
            | Self::Template
            | Self::Helmfile
            | Self::Kustomization
            | Self::Skaffold
            | Self::Other => false,
        }
    }

    /// How several files of the class are called.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Manifest => "manifests",
            Self::Values => "values",
            Self::ChartMeta => "metadata of charts",
            Self::ChartTemplate => "templates of charts",
            Self::Template => "templates outside of charts",
            Self::Helmfile => "helmfiles",
            Self::Kustomization => "kustomizations",
            Self::Skaffold => "configurations of skaffold",
            Self::Config => "configurations of plimsoll",
            Self::GitLabCi => "pipelines of GitLab",
            Self::GitHub => "workflows of GitHub",
            Self::Ci => "pipelines",
            Self::Taskfile => "Taskfiles",
            Self::Script => "scripts",
            Self::Makefile => "Makefiles",
            Self::Jenkinsfile => "Jenkinsfiles",
            Self::Justfile => "justfiles",
            Self::Terraform => "Terraform",
            Self::Other => "nothing that is linted",
        }
    }
}

/// What is known about a file from its own path and text, without other files. Finding this out takes parsing the file,
/// so it is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its class by itself. Other files may change its [`File::class`](super::File::class).
    pub class: Class,
    /// Whether it is YAML, and not a template or a script.
    pub yaml: bool,
    /// Whether it is YAML with a syntax error.
    pub broken: bool,
    /// Which of some words are in it, if it is YAML.
    pub words: Words,
    /// Whether one of its objects is an Argo CD Application or `ApplicationSet`.
    pub applications: bool,
}

impl Seen {
    /// What is known of a file that is not parsed.
    pub(super) fn unparsed(class: Class) -> Self {
        Self { class, yaml: false, broken: false, words: Words::default(), applications: false }
    }
}
