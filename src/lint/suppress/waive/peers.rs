//! Annotations that make other linters skip checks. They are honoured, so that changing linters needs no edits.

/// The checks that an annotation switches off, each as `linter:check`; `linter:*` for all checks of a linter.
///
/// Mirrors what kube-linter, kube-score, Polaris and Checkov read.
pub(super) fn switched_off(key: &str, value: &str) -> Vec<String> {
    if let Some(check) = key.strip_prefix("ignore-check.kube-linter.io/") {
        return vec![format!("kube-linter:{check}")];
    }
    if let Some(check) = key.strip_prefix("polaris.fairwinds.com/") {
        let check = if check == "exempt" { Some("*") } else { check.strip_suffix("-exempt") };
        let check = check.filter(|_| value.eq_ignore_ascii_case("true"));
        return check.map(|check| format!("polaris:{check}")).into_iter().collect();
    }
    if CHECKOV.iter().any(|prefix| key.starts_with(prefix)) {
        let check = value.split('=').next().unwrap_or_default().trim();
        return vec![format!("checkov:{check}")];
    }
    match key {
        "kube-linter.io/ignore-all" => vec!["kube-linter:*".to_owned()],
        "kube-score/ignore" => {
            value.split(',').map(|check| format!("kube-score:{}", check.trim())).collect()
        }
        _ => Vec::new(),
    }
}

/// The prefixes of Checkov's annotations, which are followed by a number.
const CHECKOV: [&str; 3] = ["checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_linter_has_its_way() {
        for (key, value, checks) in [
            (
                "ignore-check.kube-linter.io/no-anti-affinity",
                "one node",
                &["kube-linter:no-anti-affinity"][..],
            ),
            ("kube-linter.io/ignore-all", "a mess", &["kube-linter:*"]),
            (
                "kube-score/ignore",
                "pod-probes, service-type",
                &["kube-score:pod-probes", "kube-score:service-type"],
            ),
            ("polaris.fairwinds.com/exempt", "True", &["polaris:*"]),
            ("polaris.fairwinds.com/hostNetworkSet-exempt", "true", &["polaris:hostNetworkSet"]),
            ("polaris.fairwinds.com/hostNetworkSet-exempt", "false", &[]),
            ("checkov.io/skip1", "CKV_K8S_11=no limits here", &["checkov:CKV_K8S_11"]),
            ("bridgecrew.io/skip", "CKV_K8S_11", &["checkov:CKV_K8S_11"]),
            ("example.org/ignore", "everything", &[]),
        ] {
            assert_eq!(switched_off(key, value), checks, "{key}: {value}");
        }
    }
}
