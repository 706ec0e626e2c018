//! Completion in `plimsoll.yaml` and in suppressions.

use std::sync::LazyLock;

use serde_json::Value;

use super::offer::{Offer, Offers};
use super::outline::Place;
use super::schema;
use crate::rule::RuleSet;

static SCHEMA: LazyLock<Value> = LazyLock::new(crate::config::schema);

/// What may be written at a place in the configuration.
pub(super) fn offers(place: &Place, known: &RuleSet) -> Offers {
    let path: Vec<String> = place.path.clone();
    let mut offers = Offers::new();
    match (path.as_slice(), &place.value_of) {
        _ if is_item(place) => return names(known),
        // The key of a rule's settings.
        ([.., map], None) if map == "rules" => return rules(known),
        (_, None) => schema::properties_of(&SCHEMA, &path, &mut offers),
        (_, Some(key)) if lists_rules(key) => return names(known),
        (_, Some(key)) => {
            let whole: Vec<String> = path.into_iter().chain([key.clone()]).collect();
            schema::words_of(&SCHEMA, &whole, &mut offers);
        }
    }
    offers
}

/// Whether a place is an item of a list of rules.
pub(super) fn is_item(place: &Place) -> bool {
    matches!(&place.path[..], [.., list, item] if item == "-" && lists_rules(list))
        && place.value_of.is_none()
}

fn lists_rules(key: &str) -> bool {
    matches!(key, "select" | "ignore" | "rules")
}

/// The ids of all rules.
pub(super) fn rules(known: &RuleSet) -> Offers {
    let offer = |rule: &std::sync::Arc<crate::rule::Rule>| {
        let detail = rule.group.to_string();
        (rule.id.to_string(), Offer { detail, about: rule.summary.clone() })
    };
    known.read().map(offer).collect()
}

/// The ids of all rules, and their groups.
fn names(known: &RuleSet) -> Offers {
    let mut offers = rules(known);
    for rule in &known.rules {
        let offer = Offer { detail: "group".to_owned(), about: String::new() };
        offers.entry(rule.group.to_string()).or_insert(offer);
    }
    offers
}
