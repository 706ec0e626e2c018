//! Annotations that silence findings on an object: `plimsoll.dev/ignore`, and those of other linters.

mod peers;

use jiff::civil::Date;

use super::directive::{ANNOTATION, in_annotation};
use super::{Rules, Useless, ended, finding};
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::kube::Object;
use crate::yaml::Node;

/// How annotations are read.
pub(in crate::lint) struct Waiving<'a> {
    /// Finds rules by name.
    pub(in crate::lint) rules: &'a dyn Rules,
    /// Annotations that end before this day have expired.
    pub(in crate::lint) today: Date,
    /// Ignore annotations.
    pub(in crate::lint) off: bool,
    /// The severity of waivers that silence nothing; `None` to not report them.
    pub(in crate::lint) unused: Option<Severity>,
}

/// Removes the findings of one object that its annotations silence, and returns their number. Adds findings on waivers
/// that silence nothing.
pub(in crate::lint) fn apply(
    object: &Object<'_>,
    findings: &mut Vec<Finding>,
    waiving: &Waiving<'_>,
) -> usize {
    if waiving.off {
        return 0;
    }
    let before = findings.len();
    take_switched_off(object, findings, waiving.rules);
    let annotations = object.node.at(&["metadata", "annotations"]);
    let Some(value) = annotations.and_then(|annotations| annotations.get(ANNOTATION)) else {
        return before - findings.len();
    };
    let span = value.span();
    let mut unused = Vec::new();
    let is_rule = |word: &str| waiving.rules.known(word).is_ok();
    for waiver in in_annotation(value.raw(), is_rule) {
        let mut used = false;
        let expired = ended(waiver.until, waiving.today);
        findings.retain_mut(|finding| {
            if waiver.problem.is_some() || !waiving.rules.names(&waiver.rule, &finding.rule) {
                return true;
            }
            used = true;
            if let Some(until) = expired {
                let message = format!("this suppression ended on {until}");
                let place = Place { span, origin: Origin::Manifest };
                finding.related.push(Related { message, place });
            }
            expired.is_some()
        });
        let Some(severity) = waiving.unused else { continue };
        let useless = match &waiver.problem {
            Some(problem) => Some(Useless::Unreadable(problem)),
            None => Useless::of(&waiver.rule, used, waiving.rules),
        };
        unused.extend(useless.map(|useless| {
            let help = useless.help();
            finding(span, Origin::Manifest, severity, useless.to_string(), help)
        }));
    }
    let silenced = before - findings.len();
    findings.extend(unused);
    silenced
}

/// Removes the findings of rules that annotations for other linters, on the object or its pod template, switch off.
fn take_switched_off(object: &Object<'_>, findings: &mut Vec<Finding>, rules: &dyn Rules) {
    if findings.is_empty() {
        return;
    }
    let annotations = [Some(object.node), object.pod_template()]
        .into_iter()
        .flatten()
        .filter_map(|node| node.at(&["metadata", "annotations"]));
    for entry in annotations.flat_map(Node::entries) {
        for check in peers::switched_off(&entry.name(), entry.value.raw()) {
            findings.retain(|finding| !rules.names(&check, &finding.rule));
        }
    }
}
