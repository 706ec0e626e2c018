//! Which items of a list a test can hold for, told by a value of each.
//!
//! `workloads.filter(w, podSpec(w).?serviceAccountName.orValue('default') == name)` holds for those alone
//! whose value is the one that is asked for, and `selects(o.spec.selector, podLabels(object))` for those alone
//! whose selector names a label of the pods. Where the list and these values of its items are the same for all
//! objects that are deployed together, an index over them is made once, as for kinds and names (see
//! [`narrow`](super::narrow)): a rule that looks for one item, for each object, takes no square of their number.

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

/// Shorter lists are gone through sooner than an index is made of them. Within tests there is one of each.
const FEW: i64 = if cfg!(test) { 0 } else { 16 };

/// What a test asks of an item before anything else can matter.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    /// Who share the list.
    by: Shared,
    item: Slot,
    fit: Fit,
}

/// How values of an item, which are the same for all objects, fit others, on which the item has no influence.
#[derive(Debug, Clone)]
enum Fit {
    /// Each equals the other.
    Equal(Vec<(Code, Code)>),
    /// It is a selector of this sort, and selects the labels that the other is.
    Selects(Selector, Box<(Code, Code)>),
}

/// The items of a list by numbers of their values.
pub(super) struct Index<'n> {
    items: Vec<Datum<'n>>,
    places: Places,
    /// The places of items whose value has no number, or that have none: a test is put to each of these.
    odd: Vec<usize>,
}

type Places = HashMap<u64, Vec<usize>, RandomState>;

impl Keyed {
    /// Reads it off a test on the items of a list that these share. The part of the test it was read off
    /// stays where it is.
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

    /// Those of the list that the test may hold for, in their order; `None` where all of them may.
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

    /// The index of the list, made when it is first asked for.
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
            // Of labels that nearly all selectors name, as `part-of`, nothing is learned.
            match numbers.iter().min_by_key(|number| counts[number]) {
                Some(number) => places.entry(*number).or_default().push(at),
                None => odd.push(at),
            }
        }
        Some(Index { items, places, odd })
    }

    /// Numbers of an item, one of which what it fits has, too; none where nothing is known of that.
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

/// A number that some values have in common with those that equal them, one by one.
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

/// A number for each label of a mapping: the same for the same label, and for few others.
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
