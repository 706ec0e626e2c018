//! Versions of Kubernetes.

use super::schema::NEWEST_MINOR;

/// The Kubernetes version that is assumed if none is stated.
pub const NEWEST_KUBE_VERSION: &str = "1.37";

/// The minor version in a version of Kubernetes 1: 34 in `1.34`, `v1.34.2` and `1.34-gke.100`. If there is none, the
/// newest that is known.
#[must_use]
pub fn minor(version: &str) -> u32 {
    let second = version.split('.').nth(1).unwrap_or_default();
    let end = second.find(|c: char| !c.is_ascii_digit()).unwrap_or(second.len());
    second[..end].parse().unwrap_or(NEWEST_MINOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_is_read_whatever_a_provider_puts_behind_it() {
        for version in ["1.29", "v1.29", "1.29.4", "1.29+", "1.29-gke.100", "v1.29.4-eks-036c24b"] {
            assert_eq!(minor(version), 29, "{version}");
        }
    }

    #[test]
    fn the_newest_is_meant_where_there_is_no_minor() {
        for version in [NEWEST_KUBE_VERSION, "", "1", "latest", "1.x", "1.99999999999"] {
            assert_eq!(minor(version), NEWEST_MINOR, "{version}");
        }
    }
}
