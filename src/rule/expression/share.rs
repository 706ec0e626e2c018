//! Evaluates the parts of expressions that are the same for all objects which are deployed together only once.
//!
//! `objects.filter(…)` in a rule visits everything that is deployed. If nothing in it depends on the judged object, it
//! has the same value for each of them. So has a list of literals, which is also built only once. If it depends on
//! nothing of the object but its namespace, as in `objects.filter(o, sameNamespace(o, object))`, it has the same value
//! for each object of that namespace. And if only a part of a test is the same for all objects, that part is not
//! evaluated again for each item.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::call::Function;
use super::code::{Code, Junction};
use super::datum::Datum;
use super::keyed::{Index, Keyed};
use super::names::{Level, Names, Slot};
use super::narrow::{By, Narrow, conjuncts};
use super::{Frame, NoValue, run};
use crate::kube::namespace;

/// Values that were computed about all objects that are deployed together.
#[derive(Default)]
pub(crate) struct Memory<'n> {
    known: RefCell<HashMap<Key<'n>, Outcome<'n>, RandomState>>,
    indexes: RefCell<HashMap<Key<'n>, Rc<Index<'n>>, RandomState>>,
}

impl<'n> Memory<'n> {
    /// An index that was built over a list.
    pub(super) fn index(&self, key: Key<'n>) -> Option<Rc<Index<'n>>> {
        self.indexes.borrow().get(&key).cloned()
    }

    pub(super) fn keep_index(&self, key: Key<'n>, index: Rc<Index<'n>>) {
        self.indexes.borrow_mut().insert(key, index);
    }
}

/// The address of an expression and that of its rule's parameters, both of which stay there while they are used; and
/// the namespace of the objects for which the value is the same, unless it is the same for all.
pub(super) type Key<'n> = (usize, usize, Option<&'n str>);

/// The objects for which a value is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// All objects.
    ByAll,
    /// The objects that state the same namespace, or none.
    ByNeighbours,
}

impl Shared {
    /// The key for the value of an expression.
    pub(super) fn key<'n>(self, code: &'n Code, frame: &mut Frame<'n>) -> Key<'n> {
        let place = match (self, frame.known(Slot::OBJECT)) {
            (Self::ByNeighbours, Some(Datum::Node(_, object))) => namespace(*object),
            _ => None,
        };
        let params = match frame.get(Slot::PARAMS) {
            Ok(Datum::Params(params)) => Rc::as_ptr(&params).addr(),
            _ => 0,
        };
        (std::ptr::from_ref(code).addr(), params, place)
    }
}

type Outcome<'n> = Result<Datum<'n>, NoValue>;

/// A test on objects that are deployed together, of which a part is the same for many. That part is evaluated once, and
/// the rest only for the objects for which it holds; unless the part has no value.
#[derive(Debug, Clone)]
pub(super) struct Sifted {
    pub(super) by: Shared,
    /// The objects for which the part holds.
    pub(super) list: Code,
    /// The rest of the test.
    pub(super) rest: Code,
    /// Finds the objects in the list for which the rest may hold.
    pub(super) keyed: Option<Keyed>,
}

/// Evaluates an expression, or recalls its value if it was evaluated for the same objects.
pub(super) fn recall<'n>(by: Shared, code: &'n Code, frame: &mut Frame<'n>) -> Outcome<'n> {
    let Some(memory) = frame.memory.clone() else {
        return run::run(code, frame);
    };
    let key = by.key(code, frame);
    if let Some(known) = memory.known.borrow().get(&key) {
        return known.clone();
    }
    let value = run::run(code, frame);
    memory.known.borrow_mut().insert(key, value.clone());
    value
}

/// Marks the largest parts of an expression that are the same for all objects and that visit some of them.
pub(super) fn share(code: &mut Code, names: &Names) {
    match shared(code, names) {
        Some(by) => {
            let mut whole = std::mem::replace(code, Code::Null);
            key_all(&mut whole, names);
            *code = Code::Shared(by, Box::new(whole));
        }
        None => {
            sift(code, names);
            key(code, names);
            code.parts_mut(&mut |part| share(part, names));
        }
    }
}

/// Separates the part of a test over objects that is the same for many from the rest of the test.
fn sift(code: &mut Code, names: &Names) {
    let (range, narrow, item, test, sifted) = match code {
        Code::Quantify { junction: Junction::Or, range, narrow, item, test, sifted, .. } => {
            (range, narrow, *item, &*test, sifted)
        }
        Code::Collect { range, narrow, item, guard: Some(guard), sifted, .. } => {
            (range, narrow, *item, &*guard, sifted)
        }
        _ => return,
    };
    let of = |part: &Code| level_within(part, names, &mut vec![item]);
    let by = |part: &Code| shared_by(of(part));
    if by(range).is_none() || !mentions(range, &|slot| is_deployed(slot, names)) {
        return;
    }
    let mut parts = Vec::new();
    conjuncts(test, &mut parts);
    let (same, other): (Vec<&Code>, Vec<&Code>) =
        parts.into_iter().partition(|part| by(part).is_some());
    let Some(guard) = all(same) else { return };
    let sifting = Narrow::of(&guard, item);
    // The index for the test as it is finds fewer objects.
    let sifts_kinds =
        matches!(sifting.as_ref().and_then(|sifting| sifting.by.as_ref()), Some(By::Kinds(_)));
    let indexed = narrow.as_ref().and_then(|narrow| narrow.by.as_ref()).is_some_and(|narrowed| {
        match narrowed {
            By::Kinds(_) => false,
            By::Kind(is) => by(is).is_none(),
            // A test with a walk of its own is evaluated once for a whole kind, rather than by each object that looks
            // for a name.
            By::Name { .. } => !(sifts_kinds && goes_over(&guard)),
        }
    });
    if indexed {
        return;
    }
    let mut list = Code::Collect {
        range: range.clone(),
        narrow: sifting.map(Box::new),
        item,
        guard: Some(Box::new(guard)),
        value: Box::new(Code::Variable(item)),
        keyed: None,
        sifted: None,
    };
    let Some(by) = by(&list) else { return };
    key_all(&mut list, names);
    let mut rest = all(other).unwrap_or(Code::Bool(true));
    share(&mut rest, names);
    let keyed = Keyed::of(&rest, by, item, names);
    *sifted = Some(Box::new(Sifted { by, list, rest, keyed }));
}

/// Finds an index over values of the items in a list that is the same for many objects.
fn key(code: &mut Code, names: &Names) {
    let (range, narrow, item, test, keyed) = match code {
        Code::Quantify { junction: Junction::Or, range, narrow, item, test, keyed, .. } => {
            (range, narrow, *item, &*test, keyed)
        }
        Code::Collect { range, narrow, item, guard: Some(guard), keyed, .. } => {
            (range, narrow, *item, &*guard, keyed)
        }
        _ => return,
    };
    // Objects of a kind or name are found by the indexes over all objects.
    let indexed = narrow.as_ref().is_some_and(|narrow| narrow.by.is_some());
    if indexed && is_of_objects(range) {
        return;
    }
    let by = shared_by(level(range, names));
    let by = by.filter(|_| mentions(range, &|slot| is_deployed(slot, names)));
    *keyed = by.and_then(|by| Keyed::of(test, by, item, names)).map(Box::new);
}

/// True for the objects that are deployed together, or some kind of them.
fn is_of_objects(range: &Code) -> bool {
    matches!(
        range,
        Code::Variable(Slot::OBJECTS | Slot::WORKLOADS)
            | Code::Call { native: Some(Function::OfKind), .. }
    )
}

/// Does so for each list that an expression visits.
fn key_all(code: &mut Code, names: &Names) {
    key(code, names);
    code.parts_mut(&mut |part| key_all(part, names));
}

/// Whether an expression visits the items of a list.
fn goes_over(code: &Code) -> bool {
    let mut goes = matches!(code, Code::Quantify { .. } | Code::Collect { .. });
    code.parts(&mut |part| goes = goes || goes_over(part));
    goes
}

/// Joins conditions by `&&`.
fn all(parts: Vec<&Code>) -> Option<Code> {
    let both = |one, two| Code::Connect(Junction::And, Box::new(one), Box::new(two));
    parts.into_iter().cloned().reduce(both)
}

fn shared(code: &Code, names: &Names) -> Option<Shared> {
    if is_written_list(code) {
        return Some(Shared::ByAll);
    }
    shared_by(level(code, names)).filter(|_| takes_a_walk(code, names))
}

fn shared_by(level: Level) -> Option<Shared> {
    match level {
        Level::Company => Some(Shared::ByAll),
        Level::Neighbours => Some(Shared::ByNeighbours),
        Level::Scope | Level::Chosen(_) | Level::Item => None,
    }
}

/// Whether a variable has objects that are deployed together as its value, or a list that was computed from them.
fn is_deployed(slot: Slot, names: &Names) -> bool {
    let made = slot.index() >= Slot::ROOTS && names.level(slot) <= Level::Neighbours;
    made || matches!(slot, Slot::OBJECTS | Slot::WORKLOADS)
}

/// True for a list of literals.
fn is_written_list(code: &Code) -> bool {
    matches!(code, Code::List(items) if !items.is_empty() && items.iter().all(Code::is_literal))
}

/// What the value of an expression depends on.
pub(super) fn level(code: &Code, names: &Names) -> Level {
    let mut bound = Vec::new();
    level_within(code, names, &mut bound)
}

/// What an expression depends on, if the variables in `bound` are items of lists within it.
pub(super) fn level_within(code: &Code, names: &Names, bound: &mut Vec<Slot>) -> Level {
    let of = |slot: Slot, bound: &[Slot]| match bound.contains(&slot) {
        true => Level::Company,
        false => names.level(slot),
    };
    let mut deepest = match code {
        Code::Call { native: Some(Function::SameNamespace), args, .. } => {
            // The judged object only counts by its namespace here.
            let level = |argument: &Code, bound: &mut Vec<Slot>| match argument {
                Code::Variable(Slot::OBJECT) => Level::Neighbours,
                other => level_within(other, names, bound),
            };
            let levels = args.iter().map(|(_, argument)| level(argument, bound));
            return levels.max().unwrap_or(Level::Company);
        }
        Code::Variable(slot) => of(*slot, bound),
        Code::Foreign { variables, .. } => {
            let levels = variables.iter().map(|(_, slot)| of(*slot, bound));
            levels.max().unwrap_or(Level::Company)
        }
        Code::Quantify { item, .. } | Code::Collect { item, .. } => {
            bound.push(*item);
            Level::Company
        }
        _ => Level::Company,
    };
    code.parts(&mut |part| deepest = deepest.max(level_within(part, names, bound)));
    deepest
}

/// Whether an expression visits objects that are deployed together, or a list that was computed from them.
fn takes_a_walk(code: &Code, names: &Names) -> bool {
    let objects = |slot: Slot| is_deployed(slot, names);
    let mut walks = match code {
        Code::Quantify { .. } | Code::Collect { .. } => mentions(code, &objects),
        Code::Foreign { variables, .. } => variables.iter().any(|(_, slot)| objects(*slot)),
        _ => false,
    };
    code.parts(&mut |part| walks = walks || takes_a_walk(part, names));
    walks
}

/// Whether an expression uses a variable.
pub(super) fn mentions(code: &Code, wanted: &dyn Fn(Slot) -> bool) -> bool {
    let mut found = match code {
        Code::Variable(slot) => wanted(*slot),
        Code::Foreign { variables, .. } => variables.iter().any(|(_, slot)| wanted(*slot)),
        _ => false,
    };
    code.parts(&mut |part| found = found || mentions(part, wanted));
    found
}
