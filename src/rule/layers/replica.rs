//! A number of replicas beside an enabled autoscaler: one of them is ignored.

use super::{Layers, Remark, dotted, each_entry};
use crate::rule::repair::Rewrite;
use crate::yaml::Node;

/// Names of maps that enable an autoscaler.
const SCALERS: [&str; 4] = ["autoscaling", "hpa", "autoscaler", "keda"];

pub(super) fn judge(layers: &Layers<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for layer in layers.given {
        each_entry(*layer, &mut Vec::new(), &mut |path, _, entry| {
            let name = entry.key.raw();
            // No autoscaler scales up what has no pods, and some charts leave a part out that has none.
            let counts = |value: Node<'_>| value.as_i64().is_some_and(|count| count != 0);
            if matches!(name, "replicaCount" | "replicas") && counts(entry.value) {
                remarks.extend(beside(path, entry.value, name, layers));
            }
        });
    }
    remarks
}

fn beside(path: &[&str], count: Node<'_>, name: &str, layers: &Layers<'_>) -> Option<Remark> {
    let (scaler, switch) = SCALERS.iter().find_map(|scaler| {
        let switch: Vec<&str> = path.iter().copied().chain([*scaler, "enabled"]).collect();
        let (_, node) = layers.flag(&switch).filter(|(on, _)| *on)?;
        Some((dotted(&switch), node))
    })?;
    let path: Vec<&str> = path.iter().copied().chain([name]).collect();
    // Some charts write the number in spite of the autoscaler, and each upgrade sets it back.
    let other = count.as_i64()?.saturating_add(1).to_string();
    if layers.depends_on(&path, &other) == Some(true) {
        return None;
    }
    Some(Remark {
        repair: Rewrite::removed(count),
        related: vec![(switch.span(), format!("`{scaler}` is on"))],
        ..Remark::new(
            count.span(),
            format!("`{}` has no say: an autoscaler sets the number of pods", dotted(&path)),
        )
    })
}
