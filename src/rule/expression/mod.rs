//! CEL as rules use it, compiled.
//!
//! The `cel` crate parses an expression; what is evaluated is a tree of our own, with names resolved
//! to slots and values that borrow from the linted tree. Rules are evaluated some fifty times for
//! each object, and of the crate's own evaluation most goes to boxing every value, looking names up
//! in maps scope by scope, comparing operators by their spelling and preparing errors that nobody
//! reads: it took 40 % of a run. Whatever this tree does not know (functions without a counterpart in
//! `call`), the crate evaluates, on the values at hand.
//!
//! What the tree does beyond that: a name of a `let` is evaluated when it is asked for; what depends on
//! nothing but all that is deployed together is evaluated once for all of it (`share`); and where a
//! test over objects asks for their kind or name, or for a text of theirs, an index finds those it may
//! hold for (`narrow`, `keyed`).
//!
//! It is held equal to the crate: within this crate's tests, whatever is evaluated is evaluated by both
//! (see [`Expression::evaluate`]), and the tests run every example of every rule.

mod call;
mod certain;
mod code;
mod compile;
mod datum;
mod fault;
mod items;
mod keyed;
mod lack;
mod names;
mod narrow;
mod parse;
mod parts;
mod run;
mod share;
mod unknown;

use std::cell::LazyCell;
use std::rc::Rc;
use std::sync::Arc;

use cel::Context;
use cel::common::value::Val;

use crate::rule::need::Need;
use crate::yaml::Document;
use code::Code;
pub(crate) use datum::{Datum, Params};
pub(crate) use fault::Fault;
pub(crate) use lack::Lack;
pub(crate) use names::{Level, Names, Nature, Slot};
pub(crate) use share::Memory;

/// An expression that has no value on what it was evaluated on: a field is missing, a type is
/// wrong, a function refuses its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoValue;

/// How many items one rule may look at in lists while it judges one scope. Comprehensions nest, and a
/// rule may come from whoever wrote the repository; those of plimsoll stay below a thousandth of it.
const MAX_STEPS: u32 = 10_000_000;

/// CEL's functions and those of `rule::function`, made when an expression first needs one of them:
/// many runs come to none.
pub(crate) type Functions = LazyCell<Context<'static, 'static>>;

/// The variables of one rule while it judges one scope.
pub(crate) struct Frame<'n> {
    slots: Vec<Held<'n>>,
    /// Items looked at in lists.
    steps: u32,
    cel: Rc<Functions>,
    /// What the nodes of the scope that is judged lie in.
    documents: Rc<[&'n Arc<Document>]>,
    /// What is the same for every object of those that are judged together.
    memory: Option<Rc<Memory<'n>>>,
}

/// What stands in a slot.
#[derive(Clone)]
enum Held<'n> {
    Nothing,
    Value(Datum<'n>),
    /// The value of an expression, which is evaluated when somebody asks.
    Later(&'n Expression),
}

impl<'n> Frame<'n> {
    pub(crate) fn new(cel: Rc<Functions>, documents: Rc<[&'n Arc<Document>]>) -> Self {
        let mut slots = Vec::with_capacity(Slot::MOST);
        slots.resize(Slot::ROOTS, Held::Nothing);
        Self { slots, steps: 0, cel, documents, memory: None }
    }

    /// Keeps, from now on, what is the same for all objects that are deployed together.
    pub(crate) fn remember(&mut self, memory: Rc<Memory<'n>>) {
        self.memory = Some(memory);
    }

    /// Makes room for another rule's variables; those every rule has stay. A rule gives each of its own
    /// a value, or takes it away, before it asks for it.
    pub(crate) fn begin(&mut self, slots: usize) {
        self.reserve(slots);
        self.steps = 0;
    }

    /// Makes room for the variables of one of its checks.
    pub(crate) fn reserve(&mut self, slots: usize) {
        if self.slots.len() < slots {
            self.slots.resize(slots, Held::Nothing);
        }
    }

    /// Counts one item of a list.
    ///
    /// # Errors
    /// When the rule has looked at too many: what it asks has no value then.
    fn step(&mut self) -> Result<(), NoValue> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS { Err(NoValue) } else { Ok(()) }
    }

    pub(crate) fn set(&mut self, slot: Slot, value: Datum<'n>) {
        self.slots[slot.0] = Held::Value(value);
    }

    /// Gives a variable a value, or takes it away.
    pub(crate) fn put(&mut self, slot: Slot, value: Option<Datum<'n>>) {
        self.slots[slot.0] = value.map_or(Held::Nothing, Held::Value);
    }

    /// Gives a variable the value that an expression will have when it is first asked for.
    pub(crate) fn defer(&mut self, slot: Slot, expression: &'n Expression) {
        self.slots[slot.0] = Held::Later(expression);
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// Where it has none.
    pub(crate) fn get(&mut self, slot: Slot) -> Result<Datum<'n>, NoValue> {
        let expression = match &self.slots[slot.0] {
            Held::Value(value) => return Ok(value.clone()),
            Held::Nothing => return Err(NoValue),
            Held::Later(expression) => *expression,
        };
        let value = expression.evaluate(self);
        self.put(slot, value.clone().ok());
        value
    }

    /// The value of a variable, where it has been worked out.
    fn known(&self, slot: Slot) -> Option<&Datum<'n>> {
        match &self.slots[slot.0] {
            Held::Value(value) => Some(value),
            Held::Nothing | Held::Later(_) => None,
        }
    }

    /// Takes a value of CEL over.
    fn taken(&self, value: &(dyn Val + 'static)) -> Datum<'n> {
        Datum::from_val(value, &self.documents)
    }
}

/// An expression, compiled.
#[derive(Debug)]
pub(crate) struct Expression {
    code: Code,
    /// The whole of it left to CEL.
    #[cfg(test)]
    reference: Code,
}

impl Expression {
    /// Compiles an expression over the names in scope.
    ///
    /// # Errors
    /// What is wrong with its syntax, as CEL says it, or the first name that stands for nothing.
    pub(crate) fn compile(source: &str, names: &mut Names) -> Result<Self, Fault> {
        let parsed = parse::parse(source);
        let expression = parsed.map_err(|error| format!("this is no CEL: {error}"))?;
        names.briefly(|names| unknown::check(&expression, names))?;
        let mut code = compile::compile(&expression, names);
        share::share(&mut code, names);
        Ok(Self {
            code,
            #[cfg(test)]
            reference: compile::foreign(&expression, names),
        })
    }

    /// What it depends on.
    pub(crate) fn level(&self, names: &Names) -> Level {
        share::level(&self.code, names)
    }

    /// What it comes to where the object lacks something.
    pub(crate) fn lack(&self, names: &mut Names) -> Option<Lack> {
        lack::lack(&self.code, names)
    }

    /// Unless this is met, it is true or false; `None` where that is not known.
    pub(crate) fn decided(&self, names: &mut Names) -> Option<Need> {
        certain::decided(&self.code, names)
    }

    /// What is known of a variable that stands for it.
    pub(crate) fn nature(&self, names: &mut Names) -> Nature {
        Nature::Value {
            lack: self.lack(names).and_then(Lack::keep),
            certain: certain::certain(&self.code, names),
            decided: self.decided(names),
        }
    }

    /// Evaluates it. Within tests, CEL must come to the same.
    pub(crate) fn evaluate<'n>(&'n self, frame: &mut Frame<'n>) -> Result<Datum<'n>, NoValue> {
        let outcome = run::run(&self.code, frame);
        #[cfg(test)]
        self.hold_against_cel(&outcome, frame);
        outcome
    }

    #[cfg(test)]
    fn hold_against_cel<'n>(&'n self, outcome: &Result<Datum<'n>, NoValue>, frame: &mut Frame<'n>) {
        let reference = run::run(&self.reference, frame);
        let same = match (outcome, &reference) {
            (Ok(own), Ok(other)) => {
                let (own, other) = (own.to_val(), other.to_val());
                own.equals(other.as_ref()) || format!("{own:?}") == format!("{other:?}")
            }
            (own, other) => own.is_err() && other.is_err(),
        };
        assert!(same, "{outcome:?} and not {reference:?}: {:?}", self.code);
    }

    /// Evaluates it to a boolean.
    pub(crate) fn holds<'n>(&'n self, frame: &mut Frame<'n>) -> Result<bool, NoValue> {
        let outcome = run::holds(&self.code, frame);
        #[cfg(test)]
        assert_eq!(outcome, run::truth(self.evaluate(frame)), "{:?}", self.code);
        outcome
    }
}

#[cfg(test)]
mod tests;
