//! Which items of a list a test can hold for, told by a text of each.
//!
//! `workloads.filter(w, podSpec(w).?serviceAccountName.orValue('default') == name)` holds for those alone
//! whose text is the one that is asked for. Where the list and the texts of its items are the same for all
//! objects that are deployed together, an index over them is made once, as for kinds and names (see
//! [`narrow`](super::narrow)): a rule that looks for one item, for each object, takes no square of their number.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::code::{Code, Comparison};
use super::datum::Datum;
use super::items::Items;
use super::names::{Level, Names, Slot};
use super::narrow::conjuncts;
use super::share::{Shared, level_within, mentions};
use super::{Frame, run};

/// Shorter lists are gone through sooner than an index is made of them. Within tests there is one of each.
const FEW: i64 = if cfg!(test) { 0 } else { 16 };

/// What a test asks of an item before anything else can matter: that a text of it is another text.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    /// Who share the list.
    by: Shared,
    item: Slot,
    /// The item's text, which is the same for all objects,
    of: Code,
    /// and what it must be, on which the item has no influence.
    is: Code,
}

/// The items of a list by their texts.
pub(super) struct Index<'n> {
    items: Vec<Datum<'n>>,
    places: HashMap<Box<str>, Vec<usize>, RandomState>,
    /// The places of items that have another value there, or none: a test is put to each of these.
    odd: Vec<usize>,
}

impl Keyed {
    /// Reads it off a test on the items of a list that these share. The part of the test it was read off
    /// stays where it is.
    pub(super) fn of(test: &Code, by: Shared, item: Slot, names: &Names) -> Option<Self> {
        let is_key = |code: &Code| {
            let level = level_within(code, names, &mut vec![item]);
            level == Level::Company && mentions(code, &|slot| slot == item)
        };
        let is_other = |code: &Code| !mentions(code, &|slot| slot == item);
        let mut parts = Vec::new();
        conjuncts(test, &mut parts);
        parts.into_iter().find_map(|part| {
            let Code::Compare(Comparison::Equal, one, two) = part else { return None };
            let (of, is) = match (&**one, &**two) {
                (of, is) | (is, of) if is_key(of) && is_other(is) => (of, is),
                _ => return None,
            };
            Some(Self { by, item, of: of.clone(), is: is.clone() })
        })
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
        let is = run::run(&self.is, frame).ok()?;
        let text = is.as_text()?;
        Some(self.index(list, frame)?.items(text))
    }

    /// The index of the list, made when it is first asked for.
    fn index<'n>(&'n self, list: &Datum<'n>, frame: &mut Frame<'n>) -> Option<Rc<Index<'n>>> {
        let memory = Rc::clone(frame.memory.as_ref()?);
        let key = self.by.key(&self.of, frame);
        if let Some(known) = memory.index(key) {
            return Some(known);
        }
        let made = Rc::new(self.made(list, frame)?);
        memory.keep_index(key, Rc::clone(&made));
        Some(made)
    }

    fn made<'n>(&'n self, list: &Datum<'n>, frame: &mut Frame<'n>) -> Option<Index<'n>> {
        let items: Vec<Datum<'n>> = list.clone().items().ok()?.collect();
        let mut index = Index { items, places: HashMap::default(), odd: Vec::new() };
        for (at, item) in index.items.iter().enumerate() {
            frame.set(self.item, item.clone());
            let value = run::run(&self.of, frame).ok();
            match value.as_ref().and_then(Datum::as_text) {
                Some(text) => match index.places.get_mut(text) {
                    Some(places) => places.push(at),
                    None => drop(index.places.insert(text.into(), vec![at])),
                },
                None => index.odd.push(at),
            }
        }
        Some(index)
    }
}

impl<'n> Index<'n> {
    fn items(&self, text: &str) -> Items<'n> {
        let mut places = self.places.get(text).cloned().unwrap_or_default();
        if !self.odd.is_empty() {
            places.extend(&self.odd);
            places.sort_unstable();
        }
        let items: Vec<_> = places.into_iter().map(|at| self.items[at].clone()).collect();
        Items::Taken(items.into_iter())
    }
}
