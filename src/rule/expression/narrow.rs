//! Finds the objects in a list for which a test can hold, by an index over their kind, name or namespace.
//!
//! `objects.exists(o, o.kind == 'Role' && …)` only holds for objects of that kind, so only those that the index has for
//! the kind are tested. A rule that searches one among all objects, for each of them, then takes linear, not quadratic
//! time. The same goes for `sameNamespace(o, object)`.

use super::Frame;
use super::call::Function;
use super::code::{Code, Comparison, Junction};
use super::datum::Datum;
use super::items::Items;
use super::names::Slot;
use super::run::run;
use super::share::mentions;
use crate::kube::Object;
use crate::rule::list::SharedList;

/// A condition in a test that an item must satisfy, and that an index can answer.
#[derive(Debug, Clone)]
pub(super) struct Narrow {
    pub(super) by: Option<By>,
    /// The item can be in the namespace of this object.
    beside: Option<Box<Code>>,
}

/// A condition on an item's kind or name.
#[derive(Debug, Clone)]
pub(super) enum By {
    /// Its kind equals this.
    Kind(Box<Code>),
    /// Its kind is one of these.
    Kinds(Vec<String>),
    /// Its name equals this, unless this equals `otherwise`, which replaces the name of an object without one.
    Name { is: Box<Code>, otherwise: String },
}

impl Narrow {
    /// Finds such conditions in a test on `item`; one on the name, which few objects share, is preferred to one on the
    /// kind. The conditions also stay a part of the test.
    pub(super) fn of(test: &Code, item: Slot) -> Option<Self> {
        let mut parts = Vec::new();
        conjuncts(test, &mut parts);
        let named = parts.iter().find_map(|part| by_name(part, item));
        let by = named.or_else(|| parts.iter().find_map(|part| by_kind(part, item)));
        let beside = parts.iter().find_map(|part| by_namespace(part, item));
        let beside = beside.map(|object| Box::new(object.clone()));
        (by.is_some() || beside.is_some()).then_some(Self { by, beside })
    }

    /// The expression that the kind or name is compared with, if there is one.
    pub(super) fn code(&self) -> Option<&Code> {
        match self.by.as_ref()? {
            By::Kind(is) | By::Name { is, .. } => Some(is),
            By::Kinds(_) => None,
        }
    }

    /// The expression that the kind or name is compared with, to be changed.
    pub(super) fn code_mut(&mut self) -> Option<&mut Code> {
        match self.by.as_mut()? {
            By::Kind(is) | By::Name { is, .. } => Some(is),
            By::Kinds(_) => None,
        }
    }

    /// The objects in a list for which the test may hold, in their order; all of them if the kind or name that is
    /// searched is not a text.
    pub(super) fn items<'n>(&'n self, list: &'n SharedList, frame: &mut Frame<'n>) -> Items<'n> {
        let namespace = self.namespace(frame);
        let picked = match &self.by {
            Some(By::Kinds(kinds)) => Some(list.of_kinds(kinds, namespace)),
            Some(By::Kind(is)) => {
                let kind = run(is, frame).ok();
                let kind = kind.as_ref().and_then(Datum::as_text);
                kind.map(|kind| list.of_kinds(&[kind], namespace))
            }
            Some(By::Name { is, otherwise }) => {
                let name = run(is, frame).ok();
                let name = name.as_ref().and_then(Datum::as_text);
                name.filter(|name| name != otherwise).map(|name| list.of_name(name))
            }
            None => namespace.map(|namespace| list.of_namespace(namespace)),
        };
        match picked {
            Some(nodes) => Items::Picked(nodes.into_iter()),
            None => Items::Objects(list.nodes()),
        }
    }

    /// The namespace in which items must be able to be; `None` if it may be any.
    fn namespace<'n>(&'n self, frame: &mut Frame<'n>) -> Option<&'n str> {
        match run(self.beside.as_deref()?, frame) {
            Ok(Datum::Node(_, object)) => Object::new(object)?.namespace(),
            _ => None,
        }
    }
}

/// Adds the conditions that must all hold for a test to hold.
pub(super) fn conjuncts<'c>(test: &'c Code, found: &mut Vec<&'c Code>) {
    match test {
        Code::Connect(Junction::And, one, two) => {
            conjuncts(one, found);
            conjuncts(two, found);
        }
        other => found.push(other),
    }
}

/// `item.kind == x`, `item.kind in ['A', 'B']`
fn by_kind(part: &Code, item: Slot) -> Option<By> {
    let kind =
        |code: &Code| matches!(code, Code::Select(of, field) if field == "kind" && is(of, item));
    match part {
        Code::Among(of, kinds) if kind(of) => Some(By::Kinds(kinds.clone())),
        _ => Some(By::Kind(Box::new(equal_to(part, item, kind)?.clone()))),
    }
}

/// `item.?metadata.?name.orValue('') == x`
fn by_name(part: &Code, item: Slot) -> Option<By> {
    let named = |code: &Code| otherwise(code, item).is_some();
    let is = equal_to(part, item, named)?;
    let Code::Compare(_, one, two) = part else { return None };
    let otherwise = otherwise(one, item).or_else(|| otherwise(two, item))?.to_owned();
    Some(By::Name { is: Box::new(is.clone()), otherwise })
}

/// For `sameNamespace(item, object)`, returns `object`.
fn by_namespace(part: &Code, item: Slot) -> Option<&Code> {
    let Code::Call { native: Some(Function::SameNamespace), args, .. } = part else { return None };
    let object = match args.as_slice() {
        [(_, one), (_, object)] | [(_, object), (_, one)] if is(one, item) => object,
        _ => return None,
    };
    (!mentions(object, &|slot| slot == item)).then_some(object)
}

/// For `item.?metadata.?name.orValue('')`, returns `''`.
fn otherwise(code: &Code, item: Slot) -> Option<&str> {
    let Code::OrValue(name, otherwise) = code else { return None };
    let (Code::TrySelect(metadata, name), Code::Text(otherwise)) = (&**name, &**otherwise) else {
        return None;
    };
    let Code::TrySelect(of, metadata) = &**metadata else { return None };
    (name == "name" && metadata == "metadata" && is(of, item)).then_some(otherwise)
}

/// The expression that must equal one for which `side` holds, if it does not depend on the item.
fn equal_to(part: &Code, item: Slot, side: impl Fn(&Code) -> bool) -> Option<&Code> {
    let Code::Compare(Comparison::Equal, one, two) = part else { return None };
    let other = match (side(one), side(two)) {
        (true, false) => two,
        (false, true) => one,
        _ => return None,
    };
    (!mentions(other, &|slot| slot == item)).then_some(other)
}

fn is(code: &Code, item: Slot) -> bool {
    matches!(code, Code::Variable(slot) if *slot == item)
}
