//! The values layers of a release over its chart: rules that need to see more than one tree.
//!
//! Each layer is judged by itself, at its own lines, against the chart's defaults, what its templates
//! read and what it renders. A rule of scope `layers` names one of the algorithms here.

mod credential;
mod dependency;
mod distance;
mod family;
mod image;
mod null;
mod number;
mod replica;
mod shape;
mod toggle;
mod trace;
mod unread;

use std::collections::{BTreeMap, BTreeSet};

use cel::Value;

use super::file::Rule;
use super::repair::Rewrite;
use crate::finding::Severity;
use crate::helm::chart::Chart;
use crate::helm::reads::Reads;
use crate::helm::render::{RenderError, Rendered};
use crate::helm::value::Data;
use crate::source::Span;
use crate::yaml::{Entry, Kind, Node, NodeId};

pub use family::{Relative, environment};
pub use toggle::text;

/// Renders a release once more, with a text of `helm --set`.
pub type Again<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What is judged: the layers, and what is known of the chart they are for.
#[derive(Clone, Copy, Default)]
pub struct Layers<'a> {
    /// The layers that a release puts over the chart's values, the last wins; each a map.
    pub given: &'a [Node<'a>],
    /// The chart's own values are what is judged, for nothing is put over them.
    pub own: bool,
    /// The chart, where it is at hand.
    pub chart: Option<&'a Chart>,
    /// What its templates could read, where that is known.
    pub reads: Option<&'a Reads>,
    /// What it makes of the values, where it renders.
    pub rendered: Option<&'a Rendered>,
    /// Why it does not.
    pub failure: Option<&'a RenderError>,
    /// What it makes, as [`text`], with one value set as `helm --set` does; `None` where it then
    /// does not render.
    pub again: Option<&'a Again<'a>>,
    /// Values files of the layers' families, the layers themselves among them.
    pub family: &'a [Relative<'a>],
}

/// What a rule has to say of a place in the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do, where that is more than the rule's `fix`.
    pub help: Option<String>,
    /// A weight of its own.
    pub severity: Option<Severity>,
    /// Further places.
    pub related: Vec<(Span, String)>,
    /// What makes it go away, where that is known.
    pub repair: Option<Rewrite>,
}

impl Remark {
    fn new(span: Span, message: String) -> Self {
        Self { span, message, help: None, severity: None, related: Vec::new(), repair: None }
    }
}

/// What a rule of scope `layers` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Keys that nothing reads. Parameters: `ignore-prefixes`.
    Unused,
    /// Keys that nothing reads and that lie near one that is read. Parameters: `max-distance`.
    Misspelt,
    /// Keys that nothing reads here and that a chart below would read.
    Misplaced,
    /// Values of another type than the default's. Parameters: `allow-int-string`.
    Type,
    /// Values equal to the default's.
    Redundant,
    /// Lists that lose items of the default's.
    List,
    /// Nulls that take away what the chart needs.
    Null,
    /// Numbers that were meant as texts. Parameters: `keys`.
    Number,
    /// Whole numbers that are rendered with an exponent.
    Exponent,
    /// Expressions of templates that are rendered as they are.
    Expression,
    /// Values of a chart that conditions or tags leave out.
    Disabled,
    /// Replicas beside an autoscaler.
    Replicas,
    /// Switches that change nothing.
    Toggle,
    /// Keys that one environment sets and others do not.
    Drift,
    /// What production has less of than environments before it. Parameters: `order`.
    Weaker,
    /// Images whose parts stand in the wrong values.
    Image,
    /// Credentials that are written out. Parameters: `key-patterns`, `entropy`.
    Credential,
}

impl Algorithm {
    /// Every name.
    pub(crate) const NAMES: [(&'static str, Self); 17] = [
        ("values-unused", Self::Unused),
        ("values-misspelt", Self::Misspelt),
        ("values-misplaced", Self::Misplaced),
        ("values-type", Self::Type),
        ("values-redundant", Self::Redundant),
        ("values-list", Self::List),
        ("values-null", Self::Null),
        ("values-number", Self::Number),
        ("values-exponent", Self::Exponent),
        ("values-expression", Self::Expression),
        ("values-disabled", Self::Disabled),
        ("values-replicas", Self::Replicas),
        ("values-toggle", Self::Toggle),
        ("values-drift", Self::Drift),
        ("values-weaker", Self::Weaker),
        ("values-image", Self::Image),
        ("values-credential", Self::Credential),
    ];
}

/// Judges layers by one rule; remarks in the order of the layers, none twice.
#[must_use]
pub fn judge(rule: &Rule, given: &BTreeMap<String, Value>, layers: &Layers<'_>) -> Vec<Remark> {
    let Some(super::algorithm::Algorithm::Layers(algorithm)) = rule.algorithm else {
        return Vec::new();
    };
    let params = Params { rule, given };
    let mut remarks = match algorithm {
        Algorithm::Unused => unread::unused(layers, &params),
        Algorithm::Misspelt => unread::misspelt(layers, &params),
        Algorithm::Misplaced => unread::misplaced(layers),
        Algorithm::Type => shape::mismatched(layers, &params),
        Algorithm::Redundant => shape::redundant(layers),
        Algorithm::List => shape::lists(layers),
        Algorithm::Null => null::judge(layers),
        Algorithm::Number => number::judge(layers, &params),
        Algorithm::Exponent => trace::exponents(layers),
        Algorithm::Expression => trace::expressions(layers),
        Algorithm::Disabled => dependency::judge(layers),
        Algorithm::Replicas => replica::judge(layers),
        Algorithm::Toggle => toggle::judge(layers),
        Algorithm::Drift => family::drifted(layers),
        Algorithm::Weaker => family::weaker(layers, &params),
        Algorithm::Image => image::judge(layers),
        Algorithm::Credential => credential::judge(layers, &params),
    };
    let mut seen = BTreeSet::new();
    remarks.retain(|remark| seen.insert((remark.span, remark.message.clone())));
    remarks
}

/// The parameters of a rule.
struct Params<'a> {
    rule: &'a Rule,
    given: &'a BTreeMap<String, Value>,
}

impl Params<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.rule.param(self.given, name)
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true)))
    }

    fn number(&self, name: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "parameters are small")]
        match self.get(name) {
            Some(Value::Int(value)) => *value as f64,
            Some(Value::Float(value)) => *value,
            _ => 0.0,
        }
    }

    fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::List(items)) => items.iter().map(super::value_text).collect(),
            _ => Vec::new(),
        }
    }
}

impl<'a> Layers<'a> {
    /// What is judged: the layers, or the chart's own values.
    fn judged(&self) -> Vec<Node<'a>> {
        match self.own {
            true => self.defaults().nodes,
            false => self.given.to_vec(),
        }
    }

    /// The chart's own values.
    fn defaults(&self) -> Defaults<'a> {
        Defaults::of(self.chart)
    }

    /// The boolean that holds at a path in the end; `None` where there is none, or where something
    /// that is no layer, such as a flag of the command line, has changed it.
    fn flag(&self, path: &[&str]) -> Option<(bool, Node<'a>)> {
        let node = self.at(path)?;
        let value = node.as_bool()?;
        let held = self.rendered.map(|rendered| helm_flag(&rendered.values, path));
        (held.is_none_or(|held| held == Some(value))).then_some((value, node))
    }

    /// The value that holds at a path in the end; `None` where there is none, or null.
    fn at(&self, path: &[&str]) -> Option<Node<'a>> {
        for layer in self.given.iter().rev() {
            let mut node = *layer;
            let mut covered = true;
            for key in path {
                match node.get(key) {
                    Some(below) => node = below,
                    // What is no map hides whatever lies below in other layers.
                    None if node.kind() != Kind::Mapping => return None,
                    None => {
                        covered = false;
                        break;
                    }
                }
            }
            if covered {
                return Some(node).filter(|node| !node.is_null());
            }
        }
        let defaults = path.iter().fold(self.defaults(), |at, key| at.below(key));
        defaults.node().filter(|node| !node.is_null())
    }
}

fn helm_flag(values: &crate::helm::value::Value, path: &[&str]) -> Option<bool> {
    match (&values.data, path) {
        (Data::Bool(value), []) => Some(*value),
        (Data::Map(entries), [key, rest @ ..]) => helm_flag(entries.borrow().get(*key)?, rest),
        _ => None,
    }
}

/// A node of the values that charts bring along: the chart's own come before those of the chart
/// whose values stand there.
#[derive(Debug, Clone)]
struct Defaults<'a> {
    nodes: Vec<Node<'a>>,
    /// The chart whose values start here.
    chart: Option<&'a Chart>,
}

impl<'a> Defaults<'a> {
    fn of(chart: Option<&'a Chart>) -> Self {
        let nodes = chart.into_iter().flat_map(|chart| &chart.values);
        Self { nodes: nodes.filter_map(|document| document.root()).collect(), chart }
    }

    fn below(&self, key: &str) -> Self {
        let mut nodes: Vec<Node<'a>> = self.nodes.iter().filter_map(|node| node.get(key)).collect();
        let chart = self.chart.and_then(|chart| child(chart, key));
        nodes.extend(Self::of(chart).nodes);
        Self { nodes, chart }
    }

    fn node(&self) -> Option<Node<'a>> {
        self.nodes.first().copied()
    }
}

/// The chart that a chart knows under a name.
fn child<'a>(chart: &'a Chart, name: &str) -> Option<&'a Chart> {
    let declared = chart.metadata.dependencies.iter().find(|d| d.shown() == name);
    let own = declared.map_or(name, |dependency| dependency.name.as_str());
    chart.dependencies.iter().find(|other| other.metadata.name == own)
}

/// Shows each entry of a mapping and of the mappings within, with the mapping it stands in and the
/// path of that one; `path` is the outer mapping's.
fn each_entry<'a>(
    map: Node<'a>,
    path: &mut Vec<&'a str>,
    each: &mut impl FnMut(&[&'a str], Node<'a>, Entry<'a>),
) {
    for entry in map.entries() {
        each(path, map, entry);
        if entry.value.kind() == Kind::Mapping {
            path.push(entry.key.raw());
            each_entry(entry.value, path, each);
            path.pop();
        }
    }
}

/// `a.b.c`
fn dotted(path: &[&str]) -> String {
    path.join(".")
}

/// The nodes of a tree that aliases stand for: what is written there is meant elsewhere as well.
fn aliased(root: Node<'_>) -> BTreeSet<NodeId> {
    fn walk(node: Node<'_>, found: &mut BTreeSet<NodeId>) {
        if node.alias_span().is_some() {
            found.insert(node.id());
            return;
        }
        match node.kind() {
            Kind::Mapping => node.written().for_each(|entry| walk(entry.value, found)),
            Kind::Sequence => node.items().for_each(|item| walk(item, found)),
            Kind::Scalar => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(root, &mut found);
    found
}

/// Whether a tree holds one of these nodes.
fn holds(node: Node<'_>, ids: &BTreeSet<NodeId>) -> bool {
    !ids.is_empty()
        && (ids.contains(&node.id())
            || match node.kind() {
                Kind::Mapping => node.written().any(|entry| holds(entry.value, ids)),
                Kind::Sequence => node.items().any(|item| holds(item, ids)),
                Kind::Scalar => false,
            })
}
