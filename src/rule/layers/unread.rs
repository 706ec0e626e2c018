//! Keys that no template reads, and which key was meant instead.

use std::collections::BTreeSet;

use super::distance::nearest;
use super::{Defaults, Layers, Params, Remark, aliased, child, dotted, holds};
use crate::finding::Severity;
use crate::helm::reads::View;
use crate::rule::repair::Rewrite;
use crate::yaml::{Entry, Kind, Node, NodeId};

/// A key that nothing reads, the topmost of its branch.
struct Unread<'a> {
    key: Node<'a>,
    value: Node<'a>,
    path: Vec<&'a str>,
    /// Keys in the same map that are read and that the layer does not set.
    beside: Vec<&'a str>,
    /// The default for the key.
    default: Option<Node<'a>>,
    meant: Meant<'a>,
}

/// The key that was most likely meant.
enum Meant<'a> {
    /// This key in the same map.
    Near(&'a str),
    /// This key in the same map. The map as a whole may be read, too, so the evidence is weaker: neither a template nor
    /// the chart's own values have the key itself, and both have this one.
    Slip(&'a str),
    /// The same key below this one, at which the values of a subchart start that reads it.
    Below(&'a str),
    /// This name, which is the chart's alias for the dependency.
    Alias(&'a str),
    Unknown,
}

/// The most edits for a misspelt key, unless the rule sets another number.
const MOST: usize = 2;

pub(super) fn unused(layers: &Layers<'_>, params: &Params<'_>) -> Vec<Remark> {
    let ignored = params.texts("ignore-prefixes");
    let unread = unread(layers, MOST).into_iter();
    let unread = unread.filter(|unread| matches!(unread.meant, Meant::Unknown));
    unread
        .filter(|unread| !ignored.iter().any(|prefix| dotted(&unread.path).starts_with(prefix)))
        .map(|unread| Remark {
            repair: Rewrite::removed(unread.value),
            ..remark(&unread, layers, elsewhere(&unread, layers))
        })
        .collect()
}

pub(super) fn misspelt(layers: &Layers<'_>, params: &Params<'_>) -> Vec<Remark> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number of edits"
    )]
    let most = params.number("max-distance") as usize;
    let misspelt = |unread: Unread<'_>| {
        let path = dotted(&unread.path);
        let (meant, message) = match unread.meant {
            Meant::Near(meant) => {
                (meant, format!("nothing reads `{path}`; did you mean `{meant}`?"))
            }
            Meant::Slip(meant) => {
                (meant, format!("the chart does not know `{path}`; did you mean `{meant}`?"))
            }
            Meant::Below(_) | Meant::Alias(_) | Meant::Unknown => return None,
        };
        let help = format!("write `{meant}`: that is what the chart reads here");
        let repair = Rewrite::renamed(unread.value, meant);
        let remark = remark(&unread, layers, Some(help));
        // A template that reads the whole map may read it.
        let slip = matches!(unread.meant, Meant::Slip(_)).then_some(Severity::Warning);
        Some(Remark { message, repair, severity: remark.severity.or(slip), ..remark })
    };
    unread(layers, most).into_iter().filter_map(misspelt).collect()
}

pub(super) fn misplaced(layers: &Layers<'_>) -> Vec<Remark> {
    let misplaced = |unread: Unread<'_>| {
        let path = dotted(&unread.path);
        let repair = match unread.meant {
            Meant::Alias(alias) => Rewrite::renamed(unread.value, alias),
            _ => None,
        };
        let (message, help) = match unread.meant {
            Meant::Below(chart) => (
                format!(
                    "`{path}` reaches no template: the chart `{chart}` reads it below `{chart}`"
                ),
                format!("move it below `{chart}:`"),
            ),
            Meant::Alias(alias) => (
                format!("`{path}` reaches no template: this chart is known as `{alias}` here"),
                format!("write `{alias}` in place of `{path}`"),
            ),
            Meant::Near(_) | Meant::Slip(_) | Meant::Unknown => return None,
        };
        Some(Remark { message, repair, ..remark(&unread, layers, Some(help)) })
    };
    unread(layers, MOST).into_iter().filter_map(misplaced).collect()
}

fn remark(unread: &Unread<'_>, layers: &Layers<'_>, help: Option<String>) -> Remark {
    let chart = layers.chart.map_or("", |chart| chart.metadata.name.as_str());
    let default = unread.default.filter(|_| !layers.own);
    let default = default.map(|node| node.key_span().unwrap_or_else(|| node.span()));
    Remark {
        help,
        // The chart's own values, without any layer over them, have misled nobody so far.
        severity: layers.own.then_some(Severity::Info),
        related: default
            .map(|span| (span, "the chart's own values have it as well".to_owned()))
            .into_iter()
            .collect(),
        ..Remark::new(
            unread.key.span(),
            format!("nothing in the chart `{chart}` reads `{}`", dotted(&unread.path)),
        )
    }
}

/// The paths at which the chart reads a key with the same name, as a suggestion.
fn elsewhere(unread: &Unread<'_>, layers: &Layers<'_>) -> Option<String> {
    let name = *unread.path.last()?;
    let mut paths = layers.reads?.top().named(name);
    // A path above this key does not help.
    paths.retain(|path| {
        !unread.path.starts_with(&path.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let shown: Vec<String> =
        paths.iter().take(2).map(|path| format!("`{}`", path.join("."))).collect();
    match &shown[..] {
        [] if unread.beside.is_empty() => None,
        [] => {
            let beside = unread
                .beside
                .iter()
                .min_by_key(|key| (strsim::damerau_levenshtein(name, key), **key))?;
            Some(format!("take it out; the nearest key that the chart reads here is `{beside}`"))
        }
        shown => Some(format!("the chart reads {}: is that what is meant?", shown.join(" and "))),
    }
}

fn unread<'a>(layers: &Layers<'a>, most: usize) -> Vec<Unread<'a>> {
    let Some(reads) = layers.reads else { return Vec::new() };
    let top = reads.top();
    let mut found = Vec::new();
    for layer in layers.judged() {
        let aliased = aliased(layer);
        let mut walk = Walk { aliased, layers: *layers, most, path: Vec::new(), found: Vec::new() };
        match top.is_whole() {
            true => walk.slips(layer, &top, &layers.defaults()),
            false => walk.map(layer, &top, &layers.defaults()),
        }
        found.append(&mut walk.found);
    }
    found
}

struct Walk<'a> {
    aliased: BTreeSet<NodeId>,
    layers: Layers<'a>,
    most: usize,
    path: Vec<&'a str>,
    found: Vec<Unread<'a>>,
}

impl<'a> Walk<'a> {
    fn map(&mut self, map: Node<'a>, view: &View<'a>, default: &Defaults<'a>) {
        for entry in map.written().filter(|entry| !entry.key.is_merge_key()) {
            let name = entry.key.raw();
            self.path.push(name);
            let (below, default) = (view.below(name), default.below(name));
            if below.is_read() {
                self.value(entry.value, &below, &default);
            } else if !holds(entry.value, &self.aliased) {
                self.unread(&entry, map, view, &default);
            }
            self.path.pop();
        }
    }

    fn value(&mut self, node: Node<'a>, view: &View<'a>, default: &Defaults<'a>) {
        if view.is_whole() {
            self.slips(node, view, default);
            return;
        }
        // A node with aliases may be read in another place.
        if node.alias_span().is_some() || self.aliased.contains(&node.id()) {
            return;
        }
        match node.kind() {
            Kind::Mapping => {
                let filled = |node: &Node<'_>| node.kind() == Kind::Mapping && !node.is_empty();
                // A template may only test that the map is not empty.
                if !view.is_tested() || self.layers.own || default.nodes.iter().any(filled) {
                    self.map(node, view, default);
                }
            }
            Kind::Sequence if view.has_items() => {
                for item in node.items() {
                    self.value(item, &view.below("0"), &Defaults::of(None));
                }
            }
            Kind::Sequence | Kind::Scalar => {}
        }
    }

    /// Finds keys that are similar to another in the same map, in a map that may be read as a whole. Such a map also
    /// has known keys: those that templates name and that the chart's own values have.
    fn slips(&mut self, map: Node<'a>, view: &View<'a>, default: &Defaults<'a>) {
        if self.layers.own || map.alias_span().is_some() || self.aliased.contains(&map.id()) {
            return;
        }
        let named: BTreeSet<&str> = view.keys().into_iter().collect();
        for entry in map.written().filter(|entry| !entry.key.is_merge_key()) {
            let name = entry.key.raw();
            self.path.push(name);
            let known = default.below(name);
            if named.contains(name) || known.node().is_some() {
                self.slips(entry.value, &view.below(name), &known);
            } else if !holds(entry.value, &self.aliased) {
                let alike = |other: &&str| {
                    let there = default.below(other).node();
                    map.get(other).is_none()
                        && there.is_some_and(|there| are_of_a_kind(there, entry.value))
                };
                let beside: Vec<&str> = named.iter().copied().filter(alike).collect();
                if let Some(near) = nearest(name, beside.iter().copied(), self.most) {
                    let (path, meant) = (self.path.clone(), Meant::Slip(near));
                    let Entry { key, value } = entry;
                    self.found.push(Unread { key, value, path, beside, default: None, meant });
                }
            }
            self.path.pop();
        }
    }

    fn unread(
        &mut self,
        entry: &Entry<'a>,
        map: Node<'a>,
        view: &View<'a>,
        default: &Defaults<'a>,
    ) {
        let Entry { key, value } = *entry;
        let set = |name: &&str| map.get(name).is_none();
        let beside: Vec<&str> = view.keys().into_iter().filter(set).collect();
        let name = key.raw();
        let meant = match nearest(name, beside.iter().copied(), self.most) {
            Some(near) => Meant::Near(near),
            None if self.path.len() == 1 => self.misplaced(name),
            None => Meant::Unknown,
        };
        let (path, default) = (self.path.clone(), default.node());
        self.found.push(Unread { key, value, path, beside, default, meant });
    }

    /// Whether a key at the top is meant for a subchart.
    fn misplaced(&self, name: &str) -> Meant<'a> {
        let (Some(chart), Some(reads)) = (self.layers.chart, self.layers.reads) else {
            return Meant::Unknown;
        };
        let dependencies = &chart.metadata.dependencies;
        if let Some(known) = dependencies.iter().find(|d| d.name == name && d.shown() != name) {
            return Meant::Alias(known.shown());
        }
        let below = dependencies.iter().map(|dependency| dependency.shown()).find(|shown| {
            let Some(child) = child(chart, shown).filter(|child| !child.is_library()) else {
                return false;
            };
            let default = Defaults::of(Some(child)).below(name).node().is_some();
            let view = reads.top().below(shown);
            default && view.below(name).is_read()
        });
        below.map_or(Meant::Unknown, Meant::Below)
    }
}

/// Whether both are mappings, lists or scalars; null matches anything.
fn are_of_a_kind(one: Node<'_>, other: Node<'_>) -> bool {
    one.is_null() || other.is_null() || one.kind() == other.kind()
}
