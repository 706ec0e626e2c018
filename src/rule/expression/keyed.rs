//! Finds the items in a list for which a test can hold, by an index over a value of each item.
//!
//! `workloads.filter(w, podSpec(w).?serviceAccountName.orValue('default') == name)` only holds for items with the value
//! that is searched, and `selects(o.spec.selector, podLabels(object))` only for items whose selector has a label of the
//! pods. If the list and these values of its items are the same for all objects that are deployed together, an index
//! over them is built once, as for kinds and names (see [`narrow`](super::narrow)). So a rule that searches one item
//! for each object takes linear, not quadratic time.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::rc::Rc;

use foldhash::fast::{FixedState, RandomState};

use super::call::{Function, number_of};
use super::code::{Code, Comparison};
use super::datum::Datum;
use super::items::Items;
use super::names::{Level, Names, Slot};
use super::narrow::conjuncts;
use super::share::{Shared, level_within, mentions};
use super::{Frame, run};
use crate::rule::inventory::Selector;
use crate::yaml::{Entry, Node};

/// Shorter lists are searched without an index. In tests every list has one.
const FEW: i64 = if cfg!(test) { 0 } else { 16 };

/// A condition in a test that an item must satisfy, and that an index can answer.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    /// The objects for which the list is the same.
    by: Shared,
    item: Slot,
    fit: Fit,
}

/// How values of an item, which are the same for all objects, must relate to other values, which do not depend on the
/// item.
#[derive(Debug, Clone)]
enum Fit {
    /// Each value of the item equals the other one.
    Equal(Vec<(Code, Code)>),
    /// The item's value is a selector of this sort, and selects the labels that are the other value.
    Selects(Selector, Box<(Code, Code)>),
}

/// The items of a list by the hashes of their values.
pub(super) struct Index<'n> {
    items: Vec<Datum<'n>>,
    places: Places,
    /// The indexes of items whose value has no hash, or that have no value: the test is evaluated for each of these.
    odd: Vec<usize>,
}

type Places = HashMap<u64, Vec<usize>, RandomState>;

impl Keyed {
    /// Finds such a condition in a test on the items of a list that is shared as `by` says. The condition also stays a
    /// part of the test.
    pub(super) fn of(test: &Code, by: Shared, item: Slot, names: &Names) -> Option<Self> {
        let is_key = |code: &Code| {
            let level = level_within(code, names, &mut vec![item]);
            level == Level::Company && mentions(code, &|slot| slot == item)
        };
        let is_other = |code: &Code| !mentions(code, &|slot| slot == item);
        let told = |one: &Code, two: &Code| {
            (is_key(one) && is_other(two)).then(|| (one.clone(), two.clone()))
        };
        let mut parts = Vec::new();
        conjuncts(test, &mut parts);
        let equal = parts.iter().filter_map(|part| {
            let Code::Compare(Comparison::Equal, one, two) = part else { return None };
            told(one, two).or_else(|| told(two, one))
        });
        let equal: Vec<_> = equal.collect();
        let selects = || {
            parts.iter().find_map(|part| {
                let (sort, one, two) = selection(part)?;
                Some(Fit::Selects(sort, Box::new(told(one, two)?)))
            })
        };
        let fit = if equal.is_empty() { selects()? } else { Fit::Equal(equal) };
        Some(Self { by, item, fit })
    }

    /// The items in a list for which the test may hold, in their order; `None` if that may be all of them.
    pub(super) fn items<'n>(
        &'n self,
        list: &Datum<'n>,
        frame: &mut Frame<'n>,
    ) -> Option<Items<'n>> {
        if list.size()? < FEW {
            return None;
        }
        let numbers = match &self.fit {
            Fit::Equal(pairs) => vec![number(pairs.iter().map(|(_, other)| other), frame)?],
            Fit::Selects(_, pair) => match run::run(&pair.1, frame).ok()? {
                Datum::Node(_, labels) => labels_of(labels),
                Datum::Null => Vec::new(),
                Datum::Record(labels) if labels.is_empty() => Vec::new(),
                _ => return None,
            },
        };
        Some(self.index(list, frame)?.items(&numbers))
    }

    /// The index of the list, which is built when it is first needed.
    fn index<'n>(&'n self, list: &Datum<'n>, frame: &mut Frame<'n>) -> Option<Rc<Index<'n>>> {
        let memory = Rc::clone(frame.memory.as_ref()?);
        let of = match &self.fit {
            Fit::Equal(pairs) => &pairs.first()?.0,
            Fit::Selects(_, pair) => &pair.0,
        };
        let key = self.by.key(of, frame);
        if let Some(known) = memory.index(key) {
            return Some(known);
        }
        let made = Rc::new(self.made(list, frame)?);
        memory.keep_index(key, Rc::clone(&made));
        Some(made)
    }

    fn made<'n>(&'n self, list: &Datum<'n>, frame: &mut Frame<'n>) -> Option<Index<'n>> {
        let items: Vec<Datum<'n>> = list.clone().items().ok()?.collect();
        let numbers: Vec<Vec<u64>> = items.iter().map(|item| self.numbers(item, frame)).collect();
        let mut counts: HashMap<u64, usize, RandomState> = HashMap::default();
        for number in numbers.iter().flatten() {
            *counts.entry(*number).or_default() += 1;
        }
        let (mut places, mut odd) = (Places::default(), Vec::new());
        for (at, numbers) in numbers.iter().enumerate() {
            // A label that nearly all selectors have, such as `part-of`, narrows the search the least.
            match numbers.iter().min_by_key(|number| counts[number]) {
                Some(number) => places.entry(*number).or_default().push(at),
                None => odd.push(at),
            }
        }
        Some(Index { items, places, odd })
    }

    /// The hashes of an item, one of which any value that satisfies the condition also has; empty if they are not
    /// known.
    fn numbers<'n>(&'n self, item: &Datum<'n>, frame: &mut Frame<'n>) -> Vec<u64> {
        frame.set(self.item, item.clone());
        match &self.fit {
            Fit::Equal(pairs) => {
                number(pairs.iter().map(|(own, _)| own), frame).into_iter().collect()
            }
            Fit::Selects(sort, pair) => {
                let Ok(Datum::Node(_, selector)) = run::run(&pair.0, frame) else {
                    return Vec::new();
                };
                sort.equal(selector).map(labels_of).unwrap_or_default()
            }
        }
    }
}

/// A hash of several values, which equal ones have in common; `None` if one of them has none.
fn number<'n>(values: impl Iterator<Item = &'n Code>, frame: &mut Frame<'n>) -> Option<u64> {
    values.into_iter().try_fold(0, |sum, value| {
        let own = number_of(&run::run(value, frame).ok()?)?;
        Some(FixedState::default().hash_one((sum, own)))
    })
}

/// `selects(one, two)`, `matchesLabels(one, two)`
fn selection(part: &Code) -> Option<(Selector, &Code, &Code)> {
    let Code::Call { native: Some(function), args, .. } = part else { return None };
    let sort = match function {
        Function::Selects => Selector::Labels,
        Function::MatchesLabels => Selector::Plain,
        _ => return None,
    };
    match args.as_slice() {
        [(_, one), (_, two)] => Some((sort, one, two)),
        _ => None,
    }
}

/// A hash for each label of a mapping.
fn labels_of(labels: Node<'_>) -> Vec<u64> {
    let number =
        |entry: Entry<'_>| FixedState::default().hash_one((entry.name(), entry.value.raw()));
    labels.entries().map(number).collect()
}

impl<'n> Index<'n> {
    fn items(&self, numbers: &[u64]) -> Items<'n> {
        let known = numbers.iter().filter_map(|number| self.places.get(number));
        let mut places: Vec<usize> = known.flatten().chain(&self.odd).copied().collect();
        places.sort_unstable();
        places.dedup();
        let items: Vec<_> = places.into_iter().map(|at| self.items[at].clone()).collect();
        Items::Taken(items.into_iter())
    }
}
