//! Judges charts and texts, which are not objects.

use std::collections::BTreeMap;

use cel::Value;

use super::{Evaluator, Hit, Judge, Rule, Scope};
use crate::rule::algorithm::{Text, TextHit};
use crate::rule::chart::ChartView;
use crate::rule::expression::{Datum, Slot};
use crate::rule::hit::Target;
use crate::rule::placeholder::{Stage, leave_open};

/// Variables for one document; an empty map if the document is missing.
const DOCUMENTS: [(&str, Slot); 4] = [
    ("chart", Slot::CHART),
    ("requirements", Slot::REQUIREMENTS),
    ("lock", Slot::LOCK),
    ("base", Slot::BASE),
];
/// Variables for a list of the outline.
const LISTS: [(&str, Slot); 4] = [
    ("files", Slot::FILES),
    ("changed", Slot::CHANGED),
    ("subcharts", Slot::SUBCHARTS),
    ("calls", Slot::CALLS),
];

impl Evaluator {
    /// Judges a chart by rules of scope `chart`.
    ///
    /// # Panics
    /// Never: a chart's nodes are in its own documents.
    pub fn chart<'r>(
        &mut self,
        chart: &ChartView,
        rules: impl IntoIterator<Item = (&'r Rule, &'r BTreeMap<String, Value>)>,
    ) -> Vec<(usize, Hit)> {
        let documents = chart.documents();
        let mut judge = Judge::new(&self.cel, &self.facts, documents);
        for (name, slot) in DOCUMENTS {
            match chart.root(name) {
                Some(root) => judge.know(slot, root),
                None => judge.frame.set(slot, super::mapping([])),
            }
        }
        for (name, slot) in LISTS {
            if let Some(list) = chart.list(name) {
                judge.know(slot, list);
            }
        }
        judge.know_all(Slot::DEPENDENCIES, chart.dependencies());
        judge.know_all(Slot::CRDS, chart.crds());
        judge.frame.set(Slot::DIRECTORY, Datum::Text(chart.directory()));
        let mut hits = Vec::new();
        for (at, (rule, params)) in rules.into_iter().enumerate() {
            if rule.scope != Scope::Chart {
                continue;
            }
            let mut found = judge.rule(rule, || self.settings.of(rule, params));
            let document = |target: &Target| &*documents[target.document];
            let open = leave_open(rule, document, Stage::Written, &mut found);
            self.undecided.note(&rule.id, std::mem::take(&mut judge.undecided) + open);
            self.undecided.answer(&rule.id, std::mem::take(&mut judge.answers));
            hits.extend(found.into_iter().map(|hit| (at, hit)));
            if let Some(algorithm) = rule.algorithm {
                hits.extend(algorithm.judge_chart(chart).into_iter().map(|hit| (at, hit)));
            }
        }
        hits
    }

    /// Judges a text by rules of scope `text`, all of which are algorithms.
    pub fn text<'r>(
        &mut self,
        text: &Text<'_>,
        rules: impl IntoIterator<Item = (&'r Rule, &'r BTreeMap<String, Value>)>,
    ) -> Vec<(usize, TextHit)> {
        let mut hits = Vec::new();
        for (at, (rule, params)) in rules.into_iter().enumerate() {
            let meant = rule.kinds.iter().any(|kind| kind == "any" || kind == text.kind.as_str());
            let Some(algorithm) = rule.algorithm.filter(|_| meant && rule.scope == Scope::Text)
            else {
                continue;
            };
            let found = algorithm.judge_text(rule, params, text);
            hits.extend(found.into_iter().map(|hit| (at, hit)));
        }
        hits
    }
}
