//! Rules on the values layers of a release, with its chart if that is available.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::of_rule;
use crate::finding::{Finding, Origin, Place, Related, Sought};
use crate::lint::mend;
use crate::lint::place::shown::{first_line, origin_of, token};
use crate::lint::select::Active;
use crate::project::{Class, File};
use crate::rule::layers::{self, Layers, Relative, Remark};
use crate::rule::{Scope, Seeks};
use crate::source::Sources;
use crate::yaml::{Kind, Node};

/// Judges layers by the active rules of scope `layers`.
pub(super) fn judge(layers: &Layers<'_>, active: &[Active], sources: &Sources) -> Vec<Finding> {
    let rules = active.iter().filter(|active| active.known.scope == Scope::Layers);
    rules
        .flat_map(|active| {
            let remarks = layers::judge(active.rule(), active.params(), layers);
            remarks.into_iter().map(move |remark| finding(active, remark, sources))
        })
        .collect()
}

/// Groups of values files whose paths differ only in the name of an environment, such as `prod` and `test`.
#[derive(Debug, Default)]
pub(in crate::lint) struct Families<'p> {
    members: BTreeMap<String, Vec<(&'p File, &'p str)>>,
    /// The family of each path.
    of: BTreeMap<&'p str, String>,
}

impl<'p> Families<'p> {
    pub(in crate::lint) fn new(files: &'p [File]) -> Self {
        let mut families = Self::default();
        for file in files.iter().filter(|file| file.class == Class::Values) {
            let Some((family, word)) = layers::environment(&file.path) else { continue };
            families.of.insert(&file.path, family.clone());
            families.members.entry(family).or_default().push((file, word));
        }
        families
    }

    /// The files in the family of a path, including its own; none for a path without a family.
    pub(in crate::lint) fn around(&self, path: &str) -> impl Iterator<Item = &'p File> {
        let members = self.of.get(path).and_then(|name| self.members.get(name));
        members.into_iter().flatten().map(|(file, _)| *file)
    }

    /// The files in the families of some layers, including the layers' own.
    pub(in crate::lint) fn of(&self, given: &[Node<'_>], sources: &Sources) -> Vec<Relative<'p>> {
        let paths = given.iter().map(|layer| sources.get(layer.span().source).path.clone());
        let names: BTreeSet<&String> =
            paths.filter_map(|path| self.of.get(path.as_str())).collect();
        let members = names.into_iter().filter_map(|name| self.members.get(name)).flatten();
        members
            .filter_map(|(file, environment)| {
                Some(Relative { path: &file.path, environment, root: file.roots().next()? })
            })
            .collect()
    }
}

/// The texts in layers that may be templates.
pub(super) fn templates_in<'n>(layers: &[Node<'n>]) -> Vec<&'n str> {
    let mut texts = Vec::new();
    for layer in layers {
        templates(*layer, &mut texts);
    }
    texts
}

fn templates<'n>(node: Node<'n>, found: &mut Vec<&'n str>) {
    match node.kind() {
        Kind::Scalar => found.extend(Some(node.raw()).filter(|text| text.contains("{{"))),
        Kind::Sequence => node.items().for_each(|item| templates(item, found)),
        Kind::Mapping => node.entries().for_each(|entry| {
            templates(entry.key, found);
            templates(entry.value, found);
        }),
    }
}

fn finding(active: &Active, remark: Remark, sources: &Sources) -> Finding {
    let place = |span| Place { span, origin: origin_of(span, sources) };
    let related = remark.related.into_iter().map(|(span, message)| {
        let span = first_line(token(span, sources), sources);
        Related { message, place: place(span) }
    });
    let primary = Place { span: first_line(remark.span, sources), origin: Origin::Values };
    let fix = mend::rewritten(active.rule(), remark.repair);
    Finding {
        related: related.collect(),
        sought: (active.rule().seeks == Some(Seeks::Reader)).then(|| Box::new(Sought::Reader)),
        fix: fix.map(Box::new),
        ..of_rule(active, remark.severity, remark.message, remark.help.as_deref(), primary)
    }
}
