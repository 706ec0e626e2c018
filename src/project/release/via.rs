//! The sources of releases.

/// What a release was read from, as the JSON contract names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// `plimsoll.yaml`.
    Config,
    /// An Argo CD Application.
    ArgoCd,
    /// An Argo CD ApplicationSet.
    ArgoCdApplicationSet,
    /// A Flux HelmRelease.
    Flux,
    /// A helmfile.
    Helmfile,
    /// `fleet.yaml`.
    Fleet,
    /// A HelmChart of k3s or RKE2.
    K3s,
    /// `helmCharts` of a kustomization.
    Kustomize,
    /// A `helm` command in a CI file.
    CiCommand,
    /// A `helm` command in a script.
    ScriptCommand,
    /// A `helm` command in a Makefile.
    Makefile,
    /// Terraform's `helm_release`.
    Terraform,
    /// `skaffold.yaml`.
    Skaffold,
    /// A chart with its own values: nothing declares a release of it.
    ChartDefault,
    /// A chart with one of its `ci/*-values.yaml`.
    ChartCiValues,
    /// A chart with a values file beside its own.
    SiblingValues,
}

impl Via {
    /// The word in the JSON contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::ArgoCd => "argocd",
            Self::ArgoCdApplicationSet => "argocd-applicationset",
            Self::Flux => "flux",
            Self::Helmfile => "helmfile",
            Self::Fleet => "fleet",
            Self::K3s => "k3s",
            Self::Kustomize => "kustomize",
            Self::CiCommand => "ci-command",
            Self::ScriptCommand => "script-command",
            Self::Makefile => "makefile",
            Self::Terraform => "terraform",
            Self::Skaffold => "skaffold",
            Self::ChartDefault => "chart-default",
            Self::ChartCiValues => "chart-ci-values",
            Self::SiblingValues => "sibling-values",
        }
    }

    /// Whether all declarations of one such file hold together, in one cluster: commands, and
    /// blocks that are counted, may stand for either of two ways; Applications name their cluster.
    pub(super) fn holds_at_once(self) -> bool {
        match self {
            Self::Config
            | Self::Flux
            | Self::Helmfile
            | Self::K3s
            | Self::Kustomize
            | Self::Skaffold => true,
            Self::ArgoCd
            | Self::ArgoCdApplicationSet
            | Self::CiCommand
            | Self::Fleet
            | Self::ScriptCommand
            | Self::Makefile
            | Self::Terraform
            | Self::ChartDefault
            | Self::ChartCiValues
            | Self::SiblingValues => false,
        }
    }
}
