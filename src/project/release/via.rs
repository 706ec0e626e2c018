//! Where releases are declared.

/// What declares a release, as the JSON report names it.
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
    /// A chart with its default values, of which nothing declares a release.
    ChartDefault,
    /// A chart with its default values, in the place of releases whose values are not here. `plimsoll releases` leaves it
    /// out.
    StandIn,
    /// A chart with one of its files `ci/*-values.yaml`.
    ChartCiValues,
    /// A chart with another values file beside its `values.yaml`.
    SiblingValues,
}

impl Via {
    /// Its name in the JSON report.
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
            Self::ChartDefault | Self::StandIn => "chart-default",
            Self::ChartCiValues => "chart-ci-values",
            Self::SiblingValues => "sibling-values",
        }
    }

    /// Whether all releases that one such file declares are in the same cluster at the same time. Commands and blocks
    /// with `count` may be alternatives, and Applications name their cluster.
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
            | Self::StandIn
            | Self::ChartCiValues
            | Self::SiblingValues => false,
        }
    }

    /// Whether it declares something, and does not only go without saying for a chart in the repository.
    #[must_use]
    pub fn declares(self) -> bool {
        !matches!(
            self,
            Self::ChartDefault | Self::StandIn | Self::ChartCiValues | Self::SiblingValues
        )
    }
}
