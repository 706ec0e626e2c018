//! Merges the values of charts and of their users into one tree.
//!
//! Mirrors Helm 4.1 `pkg/chart/common/util/coalesce.go`, with its order and its oddities.

use std::cell::RefCell;
use std::rc::Rc;

use crate::helm::origin::{LeafId, OriginId, Origins};
use crate::helm::print::sprintf;
use crate::helm::rope::Rope;
use crate::helm::value::{Data, Entries, Value};

pub(in crate::helm) type Table = Rc<RefCell<Entries>>;

/// The values of a chart and its subcharts in a render.
pub(in crate::helm) struct Tree {
    /// The name under which its parent refers to it.
    pub(in crate::helm) name: String,
    /// The chart's own values.
    pub(in crate::helm) values: Value,
    /// The path of its values in the merged values.
    pub(in crate::helm) leaf: LeafId,
    /// The charts that it depends on.
    pub(in crate::helm) children: Vec<Tree>,
    /// The chart: an index in the render's list of members.
    pub(in crate::helm) chart: usize,
}

/// A value that is dropped because a map and another value have the same key; Helm warns of it, or says nothing.
#[derive(Debug, Clone)]
pub struct Clash {
    /// The dropped value.
    pub dropped: OriginId,
    /// The value that is used instead.
    pub kept: OriginId,
    /// Whether the dropped value is a map.
    pub map: bool,
}

/// What becomes of a null in the values that win.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::helm) enum Nulls {
    /// It removes the value that it wins over, as in `CoalesceValues`.
    Remove,
    /// It is kept, for a later merge, as in `MergeValues`.
    Keep,
}

/// Merges values, and notes where a map meets a value that is not a map.
pub(in crate::helm) struct Coalescer<'a> {
    pub(in crate::helm) origins: &'a Origins,
    pub(in crate::helm) clashes: RefCell<Vec<Clash>>,
}

pub(in crate::helm) fn table(value: &Value) -> Option<&Table> {
    match &value.data {
        Data::Map(entries) => Some(entries),
        _ => None,
    }
}

fn is_nil(value: &Value) -> bool {
    matches!(value.data, Data::Nil)
}

impl<'a> Coalescer<'a> {
    pub(in crate::helm) fn new(origins: &'a Origins) -> Self {
        Self { origins, clashes: RefCell::default() }
    }

    /// Merges values, of which `given` win.
    pub(in crate::helm) fn values(
        &self,
        tree: &Tree,
        given: &Value,
        nulls: Nulls,
    ) -> Result<Value, String> {
        let copy = given.deep_copy();
        self.coalesce(tree, &copy, nulls, |tree| tree.values.deep_copy())?;
        Ok(copy)
    }

    /// Merges values as `CoalesceValues` does, for the last time: the result shares the maps of `given` and of the
    /// tree's values, and changes them.
    pub(in crate::helm) fn last(&self, tree: &Tree, given: Value) -> Result<Value, String> {
        self.coalesce(tree, &given, Nulls::Remove, |tree| tree.values.clone())?;
        Ok(given)
    }

    fn coalesce(
        &self,
        tree: &Tree,
        into: &Value,
        nulls: Nulls,
        defaults: fn(&Tree) -> Value,
    ) -> Result<(), String> {
        let Some(entries) = table(into) else { return Ok(()) };
        self.own(tree, &defaults(tree), entries, nulls);
        self.children(tree, entries, nulls, defaults)
    }

    fn children(
        &self,
        tree: &Tree,
        into: &Table,
        nulls: Nulls,
        defaults: fn(&Tree) -> Value,
    ) -> Result<(), String> {
        for child in &tree.children {
            let known = into.borrow().get(child.name.as_str()).cloned();
            let below = match known {
                None => {
                    let fresh = super::empty(child.leaf);
                    into.borrow_mut().insert(child.name.as_str().into(), fresh.clone());
                    fresh
                }
                Some(value) if table(&value).is_some() => value,
                Some(value) => {
                    let format = Rope::new("%t", OriginId::NONE);
                    let shown = sprintf(&format, &[value], self.origins);
                    return Err(format!("type mismatch on {}: {}", child.name, shown.as_str()));
                }
            };
            if let Some(entries) = table(&below) {
                self.globals(entries, into, child.leaf);
            }
            self.coalesce(child, &below, nulls, defaults)?;
        }
        Ok(())
    }

    /// Copies the globals of a parent into those of a child.
    fn globals(&self, into: &Table, from: &Table, leaf: LeafId) {
        let own = into.borrow().get("global").cloned();
        let own =
            own.unwrap_or_else(|| super::empty(self.origins.leaf(Some(leaf), "global", None)));
        let given = from.borrow().get("global").cloned();
        let (Some(theirs), Some(given)) = (
            table(&own).cloned(),
            given.map_or(Some(Table::default()), |given| table(&given).cloned()),
        ) else {
            return;
        };
        let entries = given.borrow().clone();
        for (key, value) in entries {
            let present = theirs.borrow().get(&key).cloned();
            match (table(&value), present) {
                (Some(map), None) => {
                    let copy = Value::map(map.borrow().clone(), value.origin);
                    theirs.borrow_mut().insert(key, copy);
                }
                (Some(map), Some(present)) => {
                    if let Some(below) = table(&present) {
                        let copy = Rc::new(RefCell::new(map.borrow().clone()));
                        self.tables(&copy, below, Nulls::Keep);
                        theirs.borrow_mut().insert(key, Value::new(Data::Map(copy), value.origin));
                    } else {
                        self.clash(&value, &present);
                    }
                }
                (None, Some(present)) if table(&present).is_some() => self.clash(&value, &present),
                (None, _) => {
                    theirs.borrow_mut().insert(key, value);
                }
            }
        }
        into.borrow_mut().insert("global".into(), own);
    }

    /// Merges a chart's own values below those that are given.
    fn own(&self, tree: &Tree, defaults: &Value, into: &Table, nulls: Nulls) {
        let Some(defaults) = table(defaults) else { return };
        for (key, default) in defaults.borrow().iter() {
            let present = into.borrow().get(key).cloned();
            match present {
                None => {
                    into.borrow_mut().insert(Rc::clone(key), default.clone());
                }
                Some(value) if is_nil(&value) && nulls == Nulls::Remove => {
                    into.borrow_mut().remove(key);
                }
                Some(value) => match (table(&value), table(default)) {
                    (Some(given), Some(below)) => {
                        let is_of_child = tree.children.iter().any(|child| *child.name == **key);
                        let nulls = if is_of_child { Nulls::Keep } else { nulls };
                        self.tables(given, below, nulls);
                    }
                    (Some(_), None) if !is_nil(default) => self.clash(default, &value),
                    (None, Some(_)) => self.clash(default, &value),
                    _ => {}
                },
            }
        }
    }

    /// Merges tables as `coalesceTablesFullKey` does: values of `into` win.
    pub(in crate::helm) fn tables(&self, into: &Table, from: &Table, nulls: Nulls) {
        if Rc::ptr_eq(into, from) {
            return;
        }
        let set: Vec<Rc<str>> =
            from.borrow().iter().filter(|(_, v)| !is_nil(v)).map(|(k, _)| Rc::clone(k)).collect();
        let mut given = from.borrow().clone();
        for (key, value) in into.borrow().iter() {
            if is_nil(value) {
                given.insert(Rc::clone(key), value.clone());
            }
        }
        for (key, value) in given {
            let present = into.borrow().get(&key).cloned();
            match present {
                Some(present)
                    if nulls == Nulls::Remove && is_nil(&present) && set.contains(&key) =>
                {
                    into.borrow_mut().remove(&key);
                }
                None => {
                    into.borrow_mut().insert(key, value);
                }
                Some(present) => match (table(&present), table(&value)) {
                    (Some(below), Some(above)) => self.tables(below, above, nulls),
                    (None, Some(_)) => self.clash(&value, &present),
                    (Some(_), None) if !is_nil(&value) => self.clash(&value, &present),
                    _ => {}
                },
            }
        }
    }

    fn clash(&self, dropped: &Value, kept: &Value) {
        // A null in a user's values is there to remove the default.
        if is_nil(kept) {
            return;
        }
        self.clashes.borrow_mut().push(Clash {
            dropped: dropped.own_origin(self.origins),
            kept: kept.own_origin(self.origins),
            map: table(dropped).is_some(),
        });
    }
}
