//! The schemas of the built-in kinds, which are included as text and parsed when they are first needed.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use foldhash::fast::RandomState;

use super::shape::{Reference, Shape, read};
use super::{NEWEST_MINOR, OLDEST_MINOR};

/// Written by `build.py`, which also describes the format.
///
/// The text is not compressed: decompression would take as long as the rest of the check of a small file, and every run
/// with a validation would need further memory for the result.
const TEXT: &str = include_str!("kubernetes.tsv");
/// The approximate number of distinct forms of definitions in the text.
const FORMS: usize = 1400;

/// A definition that others refer to by its name.
pub(super) struct Definition {
    /// The last part of its name, which is the type's name in Kubernetes.
    pub(super) kind: &'static str,
    pub(super) shape: Shape,
}

/// The forms of a definition, side by side; empty if there is no definition with the name.
pub(super) type Forms = &'static [Form];

/// A form of a definition, with the versions of Kubernetes that have it.
pub(super) struct Form {
    /// The definition's name.
    name: &'static str,
    versions: u32,
    text: &'static str,
    definition: OnceLock<Option<Definition>>,
}

#[derive(Default)]
struct Table {
    /// In the order of the text, so the forms of a definition are side by side.
    forms: Vec<Form>,
    /// The range of the forms of each definition, by its name.
    definitions: HashMap<&'static str, Range<usize>, RandomState>,
    /// From apiVersion and kind to the name of the definition and the kind's versions.
    kinds: HashMap<(&'static str, &'static str), (&'static str, u32), RandomState>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    table.forms.reserve(FORMS);
    table.definitions.reserve(FORMS);
    for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.splitn(5, '\t');
        let mut part = || parts.next().unwrap_or_default();
        let (versions, name, api_version, kind, text) = (part(), part(), part(), part(), part());
        let versions = u32::from_str_radix(versions, 16).unwrap_or(0);
        if !kind.is_empty() {
            table.kinds.entry((api_version, kind)).or_insert((name, 0)).1 |= versions;
        }
        let at = table.forms.len();
        table.definitions.entry(name).or_insert(at..at).end = at + 1;
        table.forms.push(Form { name, versions, text, definition: OnceLock::new() });
    }
    table
});

/// The result of looking up a built-in kind.
pub(super) enum Kind {
    /// The version serves it, with the definition of this name.
    Served(&'static str),
    /// The version does not serve it, but the ones from this oldest to this newest minor version do.
    Elsewhere(u32, u32),
}

/// Looks up a kind.
pub(super) fn kind(api_version: &str, kind: &str, minor: u32) -> Option<Kind> {
    let (name, versions) = *TABLE.kinds.get(&(api_version, kind))?;
    Some(if versions & bit(minor) != 0 {
        Kind::Served(name)
    } else {
        let first = OLDEST_MINOR + versions.trailing_zeros();
        let last = OLDEST_MINOR + 31 - versions.leading_zeros();
        Kind::Elsewhere(first, last)
    })
}

/// Every apiVersion and kind that some version serves, in no particular order.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    TABLE.kinds.keys().copied()
}

/// Every apiVersion and kind that a version serves, in no particular order.
pub(super) fn kinds_in(minor: u32) -> impl Iterator<Item = (&'static str, &'static str)> {
    let served = move |(_, (_, versions)): &(_, &(_, u32))| versions & bit(minor) != 0;
    TABLE.kinds.iter().filter(served).map(|(kind, _)| *kind)
}

/// The oldest and the newest minor version that serves the kind in an API version, or any kind in it.
pub(super) fn served(api_version: &str, kind: Option<&str>) -> Option<(u32, u32)> {
    let of = TABLE.kinds.iter().filter(|((version, name), _)| {
        *version == api_version && kind.is_none_or(|kind| kind == *name)
    });
    let versions = of.fold(0, |all, (_, (_, versions))| all | versions);
    (versions != 0).then(|| {
        (OLDEST_MINOR + versions.trailing_zeros(), OLDEST_MINOR + 31 - versions.leading_zeros())
    })
}

/// The forms of the definition with a name.
pub(super) fn forms(name: &str) -> Forms {
    TABLE.definitions.get(name).map_or(&[], |places| &TABLE.forms[places.clone()])
}

/// A definition in a version of Kubernetes.
pub(super) fn definition(reference: &Reference, minor: u32) -> Option<&'static Definition> {
    let form = reference.forms().iter().find(|form| form.versions & bit(minor) != 0)?;
    let definition = form.definition.get_or_init(|| {
        let kind = form.name.rsplit_once('.').map_or(form.name, |(_, kind)| kind);
        Some(Definition { kind, shape: read(form.text)? })
    });
    definition.as_ref()
}

fn bit(minor: u32) -> u32 {
    1 << (minor.clamp(OLDEST_MINOR, NEWEST_MINOR) - OLDEST_MINOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_every_definition_is_read_and_refers_to_what_there_is() {
        fn check(shape: &Shape, versions: u32) {
            match shape {
                Shape::List(inner) | Shape::Map(inner) => check(inner, versions),
                Shape::Object(fields) => {
                    fields.iter().for_each(|(_, field)| check(&field.shape, versions));
                }
                Shape::Named(name) => {
                    for minor in OLDEST_MINOR..=NEWEST_MINOR {
                        if versions & bit(minor) != 0 {
                            assert!(definition(name, minor).is_some(), "{name:?} in 1.{minor}");
                        }
                    }
                }
                _ => {}
            }
        }
        assert!(TABLE.definitions.len() > 800);
        let listed: usize = TABLE.definitions.values().map(Range::len).sum();
        assert_eq!(listed, TABLE.forms.len(), "those of a definition are side by side");
        for form in &TABLE.forms {
            check(&read(form.text).unwrap_or_else(|| panic!("{}", form.text)), form.versions);
        }
    }

    #[test]
    fn kinds_are_served_by_their_versions() {
        assert!(matches!(kind("apps/v1", "Deployment", 37), Some(Kind::Served(_))));
        let budget = kind("policy/v1beta1", "PodDisruptionBudget", 30);
        assert!(budget.is_none(), "1.25, the oldest that is carried, does not serve it");
        let scaler = kind("autoscaling/v2beta2", "HorizontalPodAutoscaler", 30);
        assert!(matches!(scaler, Some(Kind::Elsewhere(25, 25))));
        assert!(kind("example.org/v1", "Widget", 37).is_none());
    }
}
