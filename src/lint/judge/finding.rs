//! From what a rule says of a place to a finding.

use std::sync::Arc;

use crate::finding::{Finding, Place, Severity};
use crate::lint::select::Active;
use crate::rule::Hit;

/// A finding of a rule. The severity and the help of the check that made it go before the rule's; a
/// severity that the user chose for the rule goes before both.
pub(super) fn of_rule(
    active: &Active,
    severity: Option<Severity>,
    message: String,
    help: Option<&str>,
    primary: Place,
) -> Finding {
    let rule = active.rule();
    let help = help.map_or_else(|| Arc::clone(&rule.fix), |help| help.trim().into());
    let severity = severity.filter(|_| !active.chosen).unwrap_or(active.severity);
    let (id, group) = (Arc::clone(&active.known.id), Arc::clone(&active.known.group));
    Finding {
        help: (!help.is_empty()).then_some(help),
        url: rule.references.first().cloned(),
        ..Finding::new((id, group), severity, message, primary)
    }
}

/// The finding for a hit, without what stands beside its primary place.
pub(super) fn of_hit(active: &Active, hit: &Hit, primary: Place) -> Finding {
    let message = hit.message.trim().trim_end_matches('.').to_owned();
    of_rule(active, hit.severity, message, hit.help.as_deref(), primary)
}
