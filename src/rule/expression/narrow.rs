//! Which objects of a list a test can hold for, told by their kind, name or namespace.
//!
//! `objects.exists(o, o.kind == 'Role' && …)` holds for no object of another kind, whatever else it
//! asks. So the test is put to those alone that an index has under the kind: a rule that looks for one
//! among all objects, for each of them, takes no square of their number. The same goes for
//! `sameNamespace(o, object)`.

use super::Frame;
use super::call::Function;
use super::code::{Code, Comparison};
use super::datum::Datum;
use super::items::Items;
use super::names::Slot;
use super::run::run;
use super::share::mentions;
use crate::kube::Object;
use crate::rule::list::SharedList;

/// What a test asks of an item before anything else can matter.
#[derive(Debug, Clone)]
pub(super) struct Narrow {
    pub(super) by: Option<By>,
    /// It can stand in the namespace of this object.
    beside: Option<Box<Code>>,
}

/// What an item's kind or name must be.
#[derive(Debug, Clone)]
pub(super) enum By {
    /// Its kind is this.
    Kind(Box<Code>),
    /// Its kind is one of these.
    Kinds(Vec<String>),
    /// Its name is this, where that is not `otherwise`, which stands for one that has none.
    Name { is: Box<Code>, otherwise: String },
}

impl Narrow {
    /// Reads it off a test on `item`; a name, which few objects share, before a kind. The part of the
    /// test it was read off stays where it is.
    pub(super) fn of(test: &Code, item: Slot) -> Option<Self> {
        let mut parts = Vec::new();
        conjuncts(test, &mut parts);
        let named = parts.iter().find_map(|part| by_name(part, item));
        let by = named.or_else(|| parts.iter().find_map(|part| by_kind(part, item)));
        let beside = parts.iter().find_map(|part| by_namespace(part, item));
        let beside = beside.map(|object| Box::new(object.clone()));
        (by.is_some() || beside.is_some()).then_some(Self { by, beside })
    }

    /// The code in it, but for an object that items stand beside.
    pub(super) fn code(&self) -> Option<&Code> {
        match self.by.as_ref()? {
            By::Kind(is) | By::Name { is, .. } => Some(is),
            By::Kinds(_) => None,
        }
    }

    /// The code in it, but for an object that items stand beside.
    pub(super) fn code_mut(&mut self) -> Option<&mut Code> {
        match self.by.as_mut()? {
            By::Kind(is) | By::Name { is, .. } => Some(is),
            By::Kinds(_) => None,
        }
    }

    /// Those of the list that the test may hold for, in their order; all of them where what is asked
    /// for is no text.
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

    /// The namespace that items must be able to stand in; `None` where each of them is.
    fn namespace<'n>(&'n self, frame: &mut Frame<'n>) -> Option<&'n str> {
        match run(self.beside.as_deref()?, frame) {
            Ok(Datum::Node(_, object)) => Object::new(object)?.namespace(),
            _ => None,
        }
    }
}

/// What all of must hold for a test to hold.
pub(super) fn conjuncts<'c>(test: &'c Code, found: &mut Vec<&'c Code>) {
    match test {
        Code::Connect(false, one, two) => {
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

/// `object` of `sameNamespace(item, object)`
fn by_namespace(part: &Code, item: Slot) -> Option<&Code> {
    let Code::Call { native: Some(Function::SameNamespace), args, .. } = part else { return None };
    let object = match args.as_slice() {
        [(_, one), (_, object)] | [(_, object), (_, one)] if is(one, item) => object,
        _ => return None,
    };
    (!mentions(object, &|slot| slot == item)).then_some(object)
}

/// `''` of `item.?metadata.?name.orValue('')`
fn otherwise(code: &Code, item: Slot) -> Option<&str> {
    let Code::OrValue(name, otherwise) = code else { return None };
    let (Code::TrySelect(metadata, name), Code::Text(otherwise)) = (&**name, &**otherwise) else {
        return None;
    };
    let Code::TrySelect(of, metadata) = &**metadata else { return None };
    (name == "name" && metadata == "metadata" && is(of, item)).then_some(otherwise)
}

/// What a side of the item is held to equal, on which the item has no influence.
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
