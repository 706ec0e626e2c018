//! The versions of Kubernetes in which APIs were deprecated and removed.
//!
//! The table follows the lifecycle markers of `k8s.io/api` 1.37 and the Kubernetes deprecation guide, for the built-in
//! groups and a few other widely used ones.

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
}

/// Every apiVersion and kind that is deprecated or removed, in no particular order.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    TABLE.keys().copied()
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
        let [version, kind, deprecated, removed, replacement] =
            row.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let minor = |text: &str| text.strip_prefix("1.")?.parse().ok();
        let replacement = if replacement == "-" { "" } else { replacement };
        let life =
            Lifecycle { deprecated: minor(deprecated), removed: minor(removed), replacement };
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
}
