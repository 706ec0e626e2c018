//! The versions of Kubernetes in which APIs were deprecated and removed.
//!
//! The table follows the lifecycle markers of `k8s.io/api` 1.37 and the Kubernetes deprecation guide, for the built-in
//! groups; kinds of other projects follow their release notes.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

/// The lifecycle of a kind in an API version, in minor versions of Kubernetes 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// The version in which it was deprecated.
    pub deprecated: Option<u32>,
    /// The version in which it was removed.
    pub removed: Option<u32>,
    /// The API version to use instead; empty if there is none.
    pub replacement: &'static str,
    /// What serves it, if that is not Kubernetes. Then the versions of Kubernetes say nothing, and are `None`.
    pub component: Option<Component>,
}

/// A program that no longer serves an API version of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// Its name, `cert-manager`.
    pub name: &'static str,
    /// The first of its versions without the API version, `1.6`.
    pub removed: &'static str,
}

/// Every apiVersion and kind of Kubernetes that is deprecated or removed, in no particular order.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    TABLE.iter().filter(|(_, life)| life.component.is_none()).map(|(kind, _)| *kind)
}

/// Looks up an API version and kind; `None` if they are neither deprecated nor removed.
#[must_use]
pub fn lifecycle(api_version: &str, kind: &str) -> Option<Lifecycle> {
    TABLE.get(&(api_version, kind)).copied()
}

/// The minor version in which the last kind of an API version was removed; `None` if none was.
#[must_use]
pub(super) fn version_removed(api_version: &str) -> Option<u32> {
    TABLE
        .iter()
        .filter(|((version, _), _)| *version == api_version)
        .filter_map(|(_, life)| life.removed)
        .max()
}

static TABLE: LazyLock<HashMap<(&str, &str), Lifecycle, RandomState>> = LazyLock::new(|| {
    let rows = include_str!("lifecycle.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let [version, kind, deprecated, removed, replacement, component] =
            row.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let own = component == "-";
        let minor = |text: &str| text.strip_prefix("1.").filter(|_| own)?.parse().ok();
        let life = Lifecycle {
            deprecated: minor(deprecated),
            removed: minor(removed),
            replacement: if replacement == "-" { "" } else { replacement },
            component: (!own).then_some(Component { name: component, removed }),
        };
        Some(((version, kind), life))
    })
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_ingress_is_gone_since_1_22() {
        let life = lifecycle("networking.k8s.io/v1beta1", "Ingress").expect("a row");
        assert_eq!(life.removed, Some(22));
        assert_eq!(life.replacement, "networking.k8s.io/v1");
        assert_eq!(lifecycle("apps/v1", "Deployment"), None);
    }

    #[test]
    fn every_row_is_read() {
        let rows = include_str!("lifecycle.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(TABLE.len(), rows.count());
    }

    #[test]
    fn what_is_not_kubernetes_goes_by_its_own_versions() {
        let life = lifecycle("cert-manager.io/v1alpha2", "Certificate").expect("a row");
        assert_eq!((life.deprecated, life.removed), (None, None));
        assert_eq!(life.component, Some(Component { name: "cert-manager", removed: "1.6" }));
        assert!(!kinds().any(|(version, _)| version == "cert-manager.io/v1alpha2"));
    }
}
