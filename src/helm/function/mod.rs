//! The functions that Helm's templates can call: Go's, sprig's and Helm's own.

#![allow(
    clippy::unnecessary_wraps,
    reason = "a function that cannot fail has the type of those that can"
)]

mod case;
mod crypto;
mod date;
mod defaults;
mod encode;
mod json;
mod lists;
mod maps;
mod numbers;
mod path;
mod random;
mod regex;
mod semver;
mod strings;
mod table;
#[cfg(test)]
mod testing;
mod toml;
mod url;
mod words;
mod yaml;

pub(crate) use crypto::is_generated_key;
pub(super) use date::is_time;
pub(super) use regex::pattern_fault;
pub(crate) use semver::highest;
pub(super) use semver::{is_version, satisfies};
pub(super) use url::Url;

use super::builtin;
use super::call::{Definition, Function};
use super::value::{Budget, Data, Value};

/// The two forms of a function of sprig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `toDate`: an error gives another result, or fails as a panic of Go does.
    Plain,
    /// `mustToDate`: an error is passed on.
    Must,
}

const TABLES: &[&[(&str, Function)]] = &[
    builtin::TABLE,
    crypto::TABLE,
    date::TABLE,
    defaults::TABLE,
    encode::TABLE,
    json::TABLE,
    lists::TABLE,
    maps::TABLE,
    numbers::TABLE,
    path::TABLE,
    random::TABLE,
    regex::TABLE,
    semver::TABLE,
    strings::TABLE,
    toml::TABLE,
    url::TABLE,
    yaml::TABLE,
];

/// Finds a function of Go, sprig or Helm by name.
#[must_use]
pub fn find(name: &str) -> Option<Definition> {
    table::find(name)
}

/// Whether templates can call a function with this name, including those of Go itself.
#[must_use]
pub fn is_known(name: &str) -> bool {
    matches!(name, "and" | "or") || find(name).is_some()
}

/// Whether a version meets a constraint of Masterminds/semver; false if either is not valid.
#[must_use]
pub fn fits(constraint: &str, version: &str) -> bool {
    satisfies(constraint, version).unwrap_or(false)
}

/// Returns what is wrong with a constraint or a version, as Masterminds/semver reports it.
#[must_use]
pub fn constraint_fault(constraint: &str, version: &str) -> Option<String> {
    satisfies(constraint, version).err()
}

/// Compares two values as Go's `reflect.DeepEqual` does.
fn deep_equal(a: &Value, b: &Value) -> bool {
    equal_within(a, b, &mut Budget::default())
}

#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn equal_within(a: &Value, b: &Value, budget: &mut Budget) -> bool {
    if !budget.enter() {
        return false;
    }
    let same = match (&a.data, &b.data) {
        (Data::Nil, Data::Nil) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a), Data::Int(b)) | (Data::Int64(a), Data::Int64(b)) => a == b,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a.as_str() == b.as_str(),
        (Data::List(_), Data::List(_)) if a.type_name() != b.type_name() => false,
        (Data::List(a), Data::List(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal_within(a, b, budget))
        }
        _ if a.nuance != b.nuance => false,
        (Data::Map(a), Data::Map(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|((k, a), (l, b))| k == l && equal_within(a, b, budget))
        }
        _ => false,
    };
    budget.leave();
    same
}
