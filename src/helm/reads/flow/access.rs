//! Looks up keys and items of shapes, and notes what is put into them and what is read.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::Flow;
use crate::helm::reads::path::{PathId, Paths};
use crate::helm::reads::shape::{Shape, Shapes};

/// The keys with which a template makes a map; they identify the map.
type Made = Box<[Rc<str>]>;

/// Maps to which something was added after they were made.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Maps to which something was added under any key.
    filled: HashSet<Made>,
    /// Maps to which something was added under an unknown key: it may be found under any key.
    opened: HashSet<Made>,
    /// Whether something was added under an unknown key to the root of a chart.
    roots: bool,
}

impl Flow<'_> {
    /// Returns the value of a key.
    pub(in crate::helm::reads) fn field(&mut self, of: &Shapes, name: &str) -> Shapes {
        let mut found: Vec<Shape> = Vec::new();
        let mut known = true;
        for shape in of.iter() {
            match shape {
                // The values as a plain map (helm: common.Values.AsMap).
                Shape::At(path) if name == "AsMap" && self.paths.is_root(*path) => {
                    found.push(Shape::At(*path));
                }
                Shape::At(path) => match self.paths.key(*path, name) {
                    Some(path) => found.push(Shape::At(path)),
                    None => known = false,
                },
                Shape::Root(chart) => match name {
                    "Values" => found.push(Shape::At(Paths::root(*chart))),
                    "Subcharts" => found.push(Shape::Subcharts(*chart)),
                    "Capabilities" | "Chart" | "Files" | "Release" | "Template" => known = false,
                    _ => known &= !self.maps.roots,
                },
                Shape::Subcharts(chart) => {
                    let children = &self.members[*chart].children;
                    let named = children.iter().filter(|(known, _)| known == name);
                    found.extend(named.map(|(_, child)| Shape::Root(*child)));
                }
                Shape::Map(entries) => match entries.get(name) {
                    Some(entry) => found.extend(entry.iter().cloned()),
                    None => known &= !self.maps.opened.contains(&made(entries)),
                },
                Shape::Computed => known = false,
                Shape::Nothing | Shape::Text(_) | Shape::Items(_) | Shape::List(_) => {}
            }
        }
        if let Some(assigned) = self.assigned.get(name) {
            found.extend(assigned.iter().cloned());
        }
        match (found.is_empty(), known) {
            (true, true) => found.push(Shape::Nothing),
            // A value that could not be followed and has `.Values` is the root of a chart.
            (true, false) if name == "Values" => {
                found.push(Shape::At(Paths::root(self.chart)));
            }
            (_, false) => found.push(Shape::Computed),
            (false, true) => {}
        }
        self.bounded(Shapes::of(found))
    }

    /// Returns what the items of a list or the values of a map may be.
    pub(in crate::helm::reads) fn elements(&mut self, of: &Shapes) -> Shapes {
        let mut found: Vec<Shape> = Vec::new();
        for shape in of.iter() {
            match shape {
                Shape::At(path) => found.extend(self.paths.any(*path).map(Shape::At)),
                Shape::Map(entries) => {
                    found.extend(entries.values().flat_map(Shapes::iter).cloned());
                    if self.maps.filled.contains(&made(entries)) {
                        // `set` may have added any value.
                        found.push(Shape::Computed);
                    }
                }
                Shape::Items(items) => found.extend(items.iter().flat_map(Shapes::iter).cloned()),
                Shape::List(items) => found.extend(items.iter().cloned()),
                Shape::Subcharts(chart) => {
                    let children = &self.members[*chart].children;
                    found.extend(children.iter().map(|(_, child)| Shape::Root(*child)));
                }
                Shape::Root(chart) => {
                    found.push(Shape::At(Paths::root(*chart)));
                }
                Shape::Nothing => found.push(Shape::Nothing),
                Shape::Computed => found.push(Shape::Computed),
                Shape::Text(_) => {}
            }
        }
        self.bounded(Shapes::of(found).or_computed())
    }

    /// Notes the value that `set` puts under a key; if there are too many, all count as read, and later ones are no
    /// longer followed.
    pub(in crate::helm::reads) fn assign(&mut self, key: &Rc<str>, value: &Shapes) {
        if self.crowded.contains(key) {
            self.escape(value);
            return;
        }
        let before = self.assigned.get(key).cloned().unwrap_or_default();
        let all = before.or(value);
        if all == before {
            return;
        }
        if all.is_too_many() {
            self.crowded.insert(Rc::clone(key));
        }
        let all = self.bounded(all);
        self.assigned.insert(Rc::clone(key), all);
        self.changed = true;
    }

    /// Notes that something was put into a map, and whether its key is known.
    pub(in crate::helm::reads) fn fill(&mut self, map: &Shapes, is_known: bool) {
        for shape in map.iter() {
            self.changed |= match shape {
                Shape::Map(entries) => {
                    self.maps.filled.insert(made(entries))
                        | (!is_known && self.maps.opened.insert(made(entries)))
                }
                Shape::Root(_) => !is_known && !std::mem::replace(&mut self.maps.roots, true),
                _ => false,
            };
        }
    }

    /// Marks a value as read, with everything below it.
    pub(in crate::helm::reads) fn escape(&mut self, value: &Shapes) {
        for shape in value.followed() {
            if !self.step() {
                return;
            }
            match shape {
                Shape::At(path) => self.paths.whole(*path),
                Shape::Root(chart) => self.paths.whole(Paths::root(*chart)),
                Shape::Subcharts(chart) => {
                    for (_, child) in &self.members[*chart].children {
                        self.paths.whole(Paths::root(*child));
                    }
                }
                Shape::Map(entries) => entries.values().for_each(|value| self.escape(value)),
                Shape::Items(items) => items.iter().for_each(|item| self.escape(item)),
                Shape::List(items) => self.escape(items),
                Shape::Nothing | Shape::Text(_) | Shape::Computed => {}
            }
        }
    }

    /// Marks a value as read, without the roots of charts: templates are executed on those anyway.
    pub(in crate::helm::reads) fn escape_but_roots(&mut self, value: &Shapes) {
        for shape in value.followed() {
            if !self.step() {
                return;
            }
            match shape {
                Shape::Root(_) | Shape::Subcharts(_) => {}
                Shape::Map(entries) => {
                    entries.values().for_each(|value| self.escape_but_roots(value));
                }
                Shape::Items(items) => items.iter().for_each(|item| self.escape_but_roots(item)),
                shape => self.escape(&Shapes::one(shape.clone())),
            }
        }
    }

    /// Marks that a value is tested for being empty.
    pub(in crate::helm::reads) fn test(&mut self, value: &Shapes) {
        value.iter().filter_map(place).for_each(|path| self.paths.tested(path));
    }

    /// Marks that the type of a value is tested.
    pub(in crate::helm::reads) fn type_of(&mut self, value: &Shapes) {
        value.iter().filter_map(place).for_each(|path| self.paths.typed(path));
    }

    /// Returns a value as it is; if it has too many alternatives, marks it as read and returns a computed one.
    pub(in crate::helm::reads) fn bounded(&mut self, value: Shapes) -> Shapes {
        if !value.is_too_many() {
            return value;
        }
        self.escape(&value);
        Shapes::computed()
    }
}

fn made(entries: &BTreeMap<Rc<str>, Shapes>) -> Made {
    entries.keys().cloned().collect()
}

/// Returns the node of the values that a shape denotes.
fn place(shape: &Shape) -> Option<PathId> {
    match shape {
        Shape::At(path) => Some(*path),
        _ => None,
    }
}
