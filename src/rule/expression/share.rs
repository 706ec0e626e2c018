//! What is the same for all objects that are deployed together, worked out once for all of them.
//!
//! `objects.filter(…)` in a rule looks at everything that is deployed. Where nothing in it depends on
//! the object that is judged, each of them would come to the same. So does a list that is written in
//! the rule, which is put together once as well.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::code::Code;
use super::datum::Datum;
use super::names::{Level, Names, Slot};
use super::{Frame, NoValue, run};

/// What was worked out of all that is deployed together, by the expression and the parameters of its
/// rule: both stay where they are for as long as they are used.
#[derive(Default)]
pub(crate) struct Memory<'n> {
    known: RefCell<HashMap<(usize, usize), Outcome<'n>, RandomState>>,
}

type Outcome<'n> = Result<Datum<'n>, NoValue>;

/// Evaluates what is the same for all, or remembers it.
pub(super) fn recall<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Outcome<'n> {
    let params = match frame.get(Slot::PARAMS) {
        Ok(Datum::Params(params)) => Rc::as_ptr(&params).addr(),
        _ => 0,
    };
    let key = (std::ptr::from_ref(code).addr(), params);
    let Some(memory) = frame.memory.clone() else {
        return run::run(code, frame);
    };
    if let Some(known) = memory.known.borrow().get(&key) {
        return known.clone();
    }
    let value = run::run(code, frame);
    memory.known.borrow_mut().insert(key, value.clone());
    value
}

/// Marks the largest parts of an expression that are the same for all and take a look at each.
pub(super) fn share(code: &mut Code, names: &Names) {
    let is_shared = || level(code, names) == Level::Company && takes_a_walk(code, names);
    if is_written_list(code) || is_shared() {
        let whole = std::mem::replace(code, Code::Null);
        *code = Code::Shared(Box::new(whole));
        return;
    }
    code.parts_mut(&mut |part| share(part, names));
}

/// True for a list of values that are all written in the rule.
fn is_written_list(code: &Code) -> bool {
    matches!(code, Code::List(items) if !items.is_empty() && items.iter().all(Code::is_literal))
}

/// What an expression depends on.
pub(super) fn level(code: &Code, names: &Names) -> Level {
    let mut bound = Vec::new();
    level_within(code, names, &mut bound)
}

/// The same where the items of some lists are the expression's own.
fn level_within(code: &Code, names: &Names, bound: &mut Vec<Slot>) -> Level {
    let of = |slot: Slot, bound: &[Slot]| match bound.contains(&slot) {
        true => Level::Company,
        false => names.level(slot),
    };
    let mut deepest = match code {
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

/// Whether an expression goes over objects that are deployed together, or a list that was made of them.
fn takes_a_walk(code: &Code, names: &Names) -> bool {
    let objects = |slot: Slot| {
        let made = slot.index() >= Slot::ROOTS && names.level(slot) == Level::Company;
        made || matches!(slot, Slot::OBJECTS | Slot::WORKLOADS)
    };
    let mut walks = match code {
        Code::Quantify { range, .. } | Code::Collect { range, .. } => mentions(range, &objects),
        Code::Foreign { variables, .. } => variables.iter().any(|(_, slot)| objects(*slot)),
        _ => false,
    };
    code.parts(&mut |part| walks = walks || takes_a_walk(part, names));
    walks
}

/// Whether an expression asks for a variable.
pub(super) fn mentions(code: &Code, wanted: &dyn Fn(Slot) -> bool) -> bool {
    let mut found = match code {
        Code::Variable(slot) => wanted(*slot),
        Code::Foreign { variables, .. } => variables.iter().any(|(_, slot)| wanted(*slot)),
        _ => false,
    };
    code.parts(&mut |part| found = found || mentions(part, wanted));
    found
}
