//! The sorts of files there are.

use serde::{Deserialize, Serialize};

use super::word::Words;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Kubernetes objects, Argo CD's and Flux's among them.
    Manifest,
    /// Values of a chart.
    Values,
    /// A chart's `Chart.yaml`.
    ChartMeta,
    /// A file in a chart's `templates/`: never read as YAML.
    ChartTemplate,
    /// Text with `{{`, lines that begin with `{%`, values that begin with `%s` or directives of ytt, outside of charts, that
    /// is not what is deployed before it is rendered.
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
    /// What files of the class are called, many of them.
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

/// What a file's path and text say of it, without the files around it: what is found out by
/// parsing, and may be remembered instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What it is by itself; what other files say of it may make it another [`File::class`].
    pub class: Class,
    /// It is YAML rather than a template or a script.
    pub yaml: bool,
    /// It is YAML with an error in it.
    pub broken: bool,
    /// Of YAML, some of the words in it.
    pub words: Words,
    /// An Application or an `ApplicationSet` of Argo CD's is among its objects.
    pub applications: bool,
}

impl Seen {
    /// What is known of a file that is not parsed.
    pub(super) fn unparsed(class: Class) -> Self {
        Self { class, yaml: false, broken: false, words: Words::default(), applications: false }
    }
}
