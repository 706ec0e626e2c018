//! Judges what is no object: a chart, a text.

use std::collections::{BTreeMap, HashMap};

use cel::Value;
use cel::common::types::{CelList, CelMap};
use cel::common::value::Val;

use super::super::value::to_val;
use super::{Evaluator, Hit, Roots, Rule, Scope, judge};
use crate::rule::algorithm::{Text, TextHit};
use crate::rule::chart::ChartView;
use crate::rule::undecided::Undecided;
use crate::yaml::Node;

/// Variables that stand for one document, an empty map where there is none.
const DOCUMENTS: [&str; 4] = ["chart", "requirements", "lock", "base"];
/// Variables that stand for a list of the outline.
const LISTS: [&str; 4] = ["files", "changed", "subcharts", "calls"];

impl Evaluator {
    /// Judges a chart by rules of scope `chart`.
    ///
    /// # Panics
    /// Never: a chart's nodes lie in its own documents.
    pub fn chart<'r>(
        &mut self,
        chart: &ChartView,
        rules: impl IntoIterator<Item = (&'r Rule, &'r BTreeMap<String, Value>)>,
    ) -> Vec<(usize, Hit)> {
        let documents = chart.documents();
        let value = |node: Node<'_>| -> Box<dyn Val> {
            let own = documents.iter().find(|own| std::ptr::eq(own.as_ref(), node.document()));
            to_val(own.expect("invariant: a chart's nodes lie in its documents"), node)
        };
        let mut context = self.root.new_inner_scope();
        let mut roots = Vec::new();
        for name in DOCUMENTS {
            let root = chart.root(name);
            let empty = || Box::new(CelMap::from(HashMap::new())) as Box<dyn Val>;
            context.add_variable_as_val(name, root.map_or_else(empty, value));
            roots.extend(root.map(|root| (name, Roots::One(root))));
        }
        for name in LISTS {
            let Some(list) = chart.list(name) else { continue };
            context.add_variable_as_val(name, value(list));
            roots.push((name, Roots::One(list)));
        }
        let several: [(&str, Vec<Node<'_>>); 2] =
            [("dependencies", chart.dependencies().collect()), ("crds", chart.crds().collect())];
        for (name, nodes) in several {
            let values: Vec<_> = nodes.iter().map(|&node| value(node)).collect();
            context.add_variable_as_val(name, Box::new(CelList::from(values)));
            roots.push((name, Roots::Several(nodes)));
        }
        context.add_variable_from_value("directory", chart.directory().to_owned());
        let mut hits = Vec::new();
        let mut undecided = Undecided::default();
        let mut settings = std::mem::take(&mut self.settings);
        for (at, (rule, params)) in rules.into_iter().enumerate() {
            if rule.scope != Scope::Chart {
                continue;
            }
            let mut open = 0;
            let found = judge(rule, params, &mut settings, &context, documents, &roots, &mut open);
            undecided.note(&rule.id, open);
            hits.extend(found.into_iter().map(|hit| (at, hit)));
            if let Some(algorithm) = rule.algorithm {
                hits.extend(algorithm.judge_chart(chart).into_iter().map(|hit| (at, hit)));
            }
        }
        drop(context);
        self.settings = settings;
        self.undecided.add(undecided);
        hits
    }
    /// Judges a text by rules of scope `text`, which are algorithms.
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
