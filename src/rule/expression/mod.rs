//! Compiles and evaluates the CEL expressions of rules.
//!
//! The `cel` crate parses an expression. What is evaluated is a tree of our own, with names resolved to slots and
//! values that borrow from the linted document. Rules are evaluated some fifty times for each object, and the crate's
//! own evaluation took 40 % of a run: it boxes every value, looks names up in maps scope by scope, compares operators
//! by their spelling and prepares errors that nobody reads. Whatever this tree does not support (functions without a
//! counterpart in `call`), the crate evaluates, on the same values.
//!
//! Beyond that, a name of a `let` is evaluated when it is first needed; a part that only depends on all objects that
//! are deployed together is evaluated once for them (`share`); and if a test over objects compares their kind, their
//! name or a text in them, an index finds those that it may hold for (`narrow`, `keyed`).
//!
//! It must agree with the crate: in this crate's tests, every expression is evaluated by both (see
//! [`Expression::evaluate`]), and the tests run every example of every rule.

mod call;
mod certain;
mod code;
mod compile;
mod datum;
mod depth;
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
mod sort;
mod unknown;

use std::cell::LazyCell;
use std::rc::Rc;
use std::sync::Arc;

use cel::Context;
use cel::common::ast::IdedExpr;
use cel::common::value::Val;

use crate::rule::need::Need;
use crate::yaml::Document;
use code::Code;
pub(crate) use datum::{Datum, Params};
pub(crate) use fault::Fault;
pub(crate) use lack::Lack;
pub(crate) use names::{Level, Names, Nature, Slot};
pub(crate) use share::Memory;

/// An expression has no value on what it was evaluated on: a field is missing, a value has the wrong type, or a
/// function refuses its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoValue;

/// The most items in lists that one rule may visit while it judges one scope. Comprehensions nest, and a rule may come
/// from an untrusted repository; plimsoll's own need less than a thousandth of this.
const MAX_STEPS: u32 = 10_000_000;

/// CEL's functions and those of `rule::function`. They are created when an expression first needs one of them, as many
/// runs do not.
pub(crate) type Functions = LazyCell<Context<'static, 'static>>;

/// The values of a rule's variables while it judges one scope.
pub(crate) struct Frame<'n> {
    slots: Vec<Held<'n>>,
    /// The number of items in lists that were visited.
    steps: u32,
    cel: Rc<Functions>,
    /// The documents that contain the nodes of the scope.
    documents: Rc<[&'n Arc<Document>]>,
    /// Values that are the same for all objects that are deployed together.
    memory: Option<Rc<Memory<'n>>>,
}

/// The content of a slot.
#[derive(Clone)]
enum Held<'n> {
    Nothing,
    Value(Datum<'n>),
    /// The value of an expression that is evaluated when it is first needed.
    Later(&'n Expression),
}

impl<'n> Frame<'n> {
    pub(crate) fn new(cel: Rc<Functions>, documents: Rc<[&'n Arc<Document>]>) -> Self {
        let mut slots = Vec::with_capacity(Slot::MOST);
        slots.resize(Slot::ROOTS, Held::Nothing);
        Self { slots, steps: 0, cel, documents, memory: None }
    }

    /// Sets the memory for values that are the same for all objects that are deployed together.
    pub(crate) fn remember(&mut self, memory: Rc<Memory<'n>>) {
        self.memory = Some(memory);
    }

    /// Makes room for another rule's variables; those of every rule keep their values. Each variable of a rule is set
    /// or unset before it is used, so old values do not matter.
    pub(crate) fn begin(&mut self, slots: usize) {
        self.reserve(slots);
        self.steps = 0;
    }

    /// Makes room for the variables of a check.
    pub(crate) fn reserve(&mut self, slots: usize) {
        if self.slots.len() < slots {
            self.slots.resize(slots, Held::Nothing);
        }
    }

    /// Counts one visited item of a list.
    ///
    /// # Errors
    /// If the rule has visited too many items: its expression then has no value.
    fn step(&mut self) -> Result<(), NoValue> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS { Err(NoValue) } else { Ok(()) }
    }

    pub(crate) fn set(&mut self, slot: Slot, value: Datum<'n>) {
        self.slots[slot.0] = Held::Value(value);
    }

    /// Sets a variable, or unsets it.
    pub(crate) fn put(&mut self, slot: Slot, value: Option<Datum<'n>>) {
        self.slots[slot.0] = value.map_or(Held::Nothing, Held::Value);
    }

    /// Sets a variable to an expression, which is evaluated when the variable is first used.
    pub(crate) fn defer(&mut self, slot: Slot, expression: &'n Expression) {
        self.slots[slot.0] = Held::Later(expression);
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// If it has none.
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

    /// The value of a variable, if it is set and has been evaluated.
    fn known(&self, slot: Slot) -> Option<&Datum<'n>> {
        match &self.slots[slot.0] {
            Held::Value(value) => Some(value),
            Held::Nothing | Held::Later(_) => None,
        }
    }

    /// Converts a value of CEL.
    fn taken(&self, value: &(dyn Val + 'static)) -> Datum<'n> {
        Datum::from_val(value, &self.documents)
    }
}

/// CEL's tree of an expression; `None` if it cannot be compiled.
pub(crate) fn parsed(source: &str) -> Option<IdedExpr> {
    depth::check_length(source).ok()?;
    depth::check(parse::parse(source).ok()?).ok()
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Expression {
    code: Code,
    /// The same expression, left to CEL as a whole.
    #[cfg(test)]
    reference: Code,
}

impl Expression {
    /// Compiles an expression with the names that are in scope.
    ///
    /// # Errors
    /// The syntax error, as CEL words it, or the first name that is not defined; or the expression is too large.
    pub(crate) fn compile(source: &str, names: &mut Names) -> Result<Self, Fault> {
        depth::check_length(source)?;
        let parsed = parse::parse(source);
        let expression = parsed.map_err(|error| format!("this is not CEL: {error}"))?;
        let expression = depth::check(expression)?;
        names.briefly(|names| unknown::check(&expression, names))?;
        let mut code = compile::compile(&expression, names);
        share::share(&mut code, names);
        Ok(Self {
            code,
            #[cfg(test)]
            reference: compile::foreign(&expression, names),
        })
    }

    /// What the value is, in words, if it or a part that must be boolean can be none.
    pub(crate) fn never_boolean(&self) -> Option<&'static str> {
        sort::never_boolean(&self.code)
    }

    /// The value, if it is written out as `true` or `false`.
    pub(crate) fn constant(&self) -> Option<bool> {
        match self.code {
            Code::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// What the value depends on.
    pub(crate) fn level(&self, names: &Names) -> Level {
        share::level(&self.code, names)
    }

    /// The value on objects that lack some keys.
    pub(crate) fn lack(&self, names: &mut Names) -> Option<Lack> {
        lack::lack(&self.code, names)
    }

    /// The expression is true or false on every object that does not meet this need; `None` if that is not known.
    pub(crate) fn decided(&self, names: &mut Names) -> Option<Need> {
        certain::decided(&self.code, names)
    }

    /// What is known of a variable with this expression as its value.
    pub(crate) fn nature(&self, names: &mut Names) -> Nature {
        Nature::Value {
            lack: self.lack(names).and_then(Lack::keep),
            certain: certain::certain(&self.code, names),
            decided: self.decided(names),
        }
    }

    /// Evaluates the expression. In tests, CEL must have the same result.
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

    /// Evaluates the expression, which must be a boolean.
    pub(crate) fn holds<'n>(&'n self, frame: &mut Frame<'n>) -> Result<bool, NoValue> {
        let outcome = run::holds(&self.code, frame);
        #[cfg(test)]
        assert_eq!(outcome, run::truth(self.evaluate(frame)), "{:?}", self.code);
        outcome
    }
}

#[cfg(test)]
mod tests;
