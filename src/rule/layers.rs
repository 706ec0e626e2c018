//! Rules on the values layers of a release, which compare several trees.
//!
//! Each layer is judged separately, with findings on its own lines. It is compared with the chart's defaults, with what
//! the templates read, and with the rendered output. A rule of scope `layers` names one of the algorithms here.

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
/// Renders a release again, with an argument of `helm --set`.
pub type Again<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The layers that are judged, and what is known of their chart.
#[derive(Clone, Copy, Default)]
pub struct Layers<'a> {
    /// The layers of a release over the chart's values; each is a map, and the last one has precedence.
    pub given: &'a [Node<'a>],
    /// True if the chart's own values are judged, because no layers are put over them.
    pub own: bool,
    /// The chart, if it is available.
    pub chart: Option<&'a Chart>,
    /// The values that its templates may read, if that is known.
    pub reads: Option<&'a Reads>,
    /// The output of the release, if it renders.
    pub rendered: Option<&'a Rendered>,
    /// The error, if it does not render.
    pub failure: Option<&'a RenderError>,
    /// Renders the release, as [`text`], with one value set as by `helm --set`. It returns `None` if the release then
    /// does not render.
    pub again: Option<&'a Again<'a>>,
    /// The values files in the families of the layers, including the layers.
    pub family: &'a [Relative<'a>],
}

/// A fault at a place in the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The place.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do, if that is more than the rule's `fix`.
    pub help: Option<String>,
    /// The severity, if it is not the rule's.
    pub severity: Option<Severity>,
    /// Further places.
    pub related: Vec<(Span, String)>,
    /// The edit that repairs it, if one is known.
    pub repair: Option<Rewrite>,
}

impl Remark {
    fn new(span: Span, message: String) -> Self {
        Self { span, message, help: None, severity: None, related: Vec::new(), repair: None }
    }
}

/// An algorithm that a rule of scope `layers` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Keys that nothing reads. Parameters: `ignore-prefixes`.
    Unused,
    /// Keys that nothing reads, but that are similar to a key beside them that is read. Parameters: `max-distance`.
    Misspelt,
    /// Keys that nothing reads here, but that a subchart would read.
    Misplaced,
    /// Values of another type than the default. Parameters: `allow-int-string`.
    Type,
    /// Values that equal the default.
    Redundant,
    /// Lists that lose items of the default.
    List,
    /// Nulls that remove values that the chart needs.
    Null,
    /// Numbers that are meant as texts. Parameters: `keys`.
    Number,
    /// Whole numbers that are rendered with an exponent.
    Exponent,
    /// Template expressions that are rendered verbatim.
    Expression,
    /// Values for a subchart that a condition or tags disable.
    Disabled,
    /// A number of replicas beside an autoscaler.
    Replicas,
    /// Switches without an effect.
    Toggle,
    /// Keys that one environment sets and others do not.
    Drift,
    /// Values that are lower in production than in environments before it. Parameters: `order`.
    Weaker,
    /// Images with parts in the wrong values.
    Image,
    /// Credentials in plain text. Parameters: `key-patterns`, `entropy`.
    Credential,
}

impl Algorithm {
    /// The names of all algorithms on layers.
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

/// Judges layers by one rule; remarks are in the order of the layers, without duplicates.
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
    /// The trees that are judged: the layers, or the chart's own values.
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

    /// The boolean that a path has in the merged values; `None` if there is none, or if something other than a layer,
    /// such as a command-line flag, has changed it.
    fn flag(&self, path: &[&str]) -> Option<(bool, Node<'a>)> {
        let node = self.at(path)?;
        let value = node.as_bool()?;
        let held = self.rendered.map(|rendered| helm_flag(&rendered.values, path));
        (held.is_none_or(|held| held == Some(value))).then_some((value, node))
    }

    /// Whether the release renders otherwise with another value at a path; `None` if it is not rendered.
    fn depends_on(&self, path: &[&str], value: &str) -> Option<bool> {
        let (rendered, again) = self.rendered.zip(self.again)?;
        Some(again(&format!("{}={value}", escaped(path))) != Some(text(rendered)))
    }

    /// The value that a path has in the merged values; `None` if there is none, or null.
    fn at(&self, path: &[&str]) -> Option<Node<'a>> {
        for layer in self.given.iter().rev() {
            let mut node = *layer;
            let mut covered = true;
            for key in path {
                match node.get(key) {
                    Some(below) => node = below,
                    // A value that is not a map replaces everything below it in other layers.
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

/// A node in the default values of charts: those of the parent chart come before those of the subchart whose values are
/// at that key.
#[derive(Debug, Clone)]
struct Defaults<'a> {
    nodes: Vec<Node<'a>>,
    /// The chart whose values start at this node.
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

/// The subchart that a chart knows by a name or an alias.
fn child<'a>(chart: &'a Chart, name: &str) -> Option<&'a Chart> {
    let declared = chart.metadata.dependencies.iter().find(|d| d.shown() == name);
    let own = declared.map_or(name, |dependency| dependency.name.as_str());
    chart.dependencies.iter().find(|other| other.metadata.name == own)
}

/// The whole output of a release as one text.
#[must_use]
pub fn text(rendered: &Rendered) -> String {
    let texts: Vec<&str> = rendered.manifests.iter().map(|m| m.text.as_str()).collect();
    texts.join("\n---\n")
}

/// A path in the notation of `--set`.
fn escaped(path: &[&str]) -> String {
    let key = |key: &&str| key.replace('\\', "\\\\").replace('.', "\\.").replace(',', "\\,");
    path.iter().map(key).collect::<Vec<_>>().join(".")
}

/// Calls `each` with every entry of a mapping and of the mappings in it, with the mapping that contains the entry and
/// that mapping's path. `path` is that of the outer mapping.
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

/// The nodes that aliases refer to: their contents are used in several places.
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

/// Whether a tree contains one of these nodes.
fn holds(node: Node<'_>, ids: &BTreeSet<NodeId>) -> bool {
    !ids.is_empty()
        && (ids.contains(&node.id())
            || match node.kind() {
                Kind::Mapping => node.written().any(|entry| holds(entry.value, ids)),
                Kind::Sequence => node.items().any(|item| holds(item, ids)),
                Kind::Scalar => false,
            })
}
