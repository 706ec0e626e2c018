//! A table of all functions by name, which is built at compile time: filling it would take nearly as long as the rest
//! of a run that renders a chart, and a run uses only a few functions.

use super::TABLES;
use crate::helm::call::{Definition, Function};
use crate::helm::signature::{self, Signature};

const COUNT: usize = count();
/// All functions, with their names.
static FUNCTIONS: [(&str, Function); COUNT] = joined();
/// A hash table with open addressing: the index of a function plus one, or 0.
static SLOTS: [u16; SLOT_COUNT] = slots();
/// A power of two, and several times [`COUNT`].
const SLOT_COUNT: usize = 1024;
/// The index of the row of [`signature::TABLE`] that contains the function, plus one, or 0.
static ROWS: [u8; COUNT] = rows();

/// Finds a function of Go, sprig or Helm by its name.
pub(super) fn find(name: &str) -> Option<Definition> {
    let index = position(name.as_bytes(), &FUNCTIONS, &SLOTS)?;
    let row = usize::from(ROWS[index]).checked_sub(1);
    let signature = row.map_or(Signature::OPEN, signature::of_row);
    Some(Definition { run: FUNCTIONS[index].1, signature })
}

const fn count() -> usize {
    let mut count = 0;
    let mut table = 0;
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
}

const fn joined() -> [(&'static str, Function); COUNT] {
    let mut all = [TABLES[0][0]; COUNT];
    let (mut at, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut function = 0;
        while function < TABLES[table].len() {
            all[at] = TABLES[table][function];
            at += 1;
            function += 1;
        }
        table += 1;
    }
    all
}

#[expect(clippy::cast_possible_truncation, reason = "there are fewer functions than slots")]
const fn slots() -> [u16; SLOT_COUNT] {
    let functions = joined();
    let mut slots = [0; SLOT_COUNT];
    let mut index = 0;
    while index < COUNT {
        let mut slot = hash(functions[index].0.as_bytes());
        while slots[slot] != 0 {
            slot = (slot + 1) % SLOT_COUNT;
        }
        slots[slot] = index as u16 + 1;
        index += 1;
    }
    slots
}

#[expect(clippy::cast_possible_truncation, reason = "a row has at least one name")]
const fn rows() -> [u8; COUNT] {
    let (functions, slots) = (joined(), slots());
    let mut rows = [0; COUNT];
    let mut row = 0;
    while row < signature::TABLE.len() {
        let mut rest = signature::TABLE[row].2.as_bytes();
        while let Some((word, after)) = first_word(rest) {
            if let Some(index) = position(word, &functions, &slots) {
                rows[index] = row as u8 + 1;
            }
            rest = after;
        }
        row += 1;
    }
    rows
}

/// Returns the first word, which ends at white space, and the rest of the text.
const fn first_word(mut text: &[u8]) -> Option<(&[u8], &[u8])> {
    while let [first, rest @ ..] = text
        && first.is_ascii_whitespace()
    {
        text = rest;
    }
    let mut length = 0;
    while length < text.len() && !text[length].is_ascii_whitespace() {
        length += 1;
    }
    if length == 0 { None } else { Some(text.split_at(length)) }
}

const fn position(
    name: &[u8],
    functions: &[(&str, Function); COUNT],
    slots: &[u16; SLOT_COUNT],
) -> Option<usize> {
    let mut slot = hash(name);
    while slots[slot] != 0 {
        let index = slots[slot] as usize - 1;
        if is_same(functions[index].0.as_bytes(), name) {
            return Some(index);
        }
        slot = (slot + 1) % SLOT_COUNT;
    }
    None
}

/// FNV-1a, reduced to a slot.
const fn hash(name: &[u8]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 16)) as usize % SLOT_COUNT
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_with_what_it_takes() {
        for (name, run) in FUNCTIONS {
            let found = find(name).expect(name);
            assert!(std::ptr::fn_addr_eq(found.run, run), "{name}");
            let row = ROWS[position(name.as_bytes(), &FUNCTIONS, &SLOTS).unwrap()];
            assert_ne!(row, 0, "what {name} takes");
        }
        let unknown = ["", "nope", "lowe", "lowers"].map(find);
        assert!(unknown.iter().all(Option::is_none));
    }
}
