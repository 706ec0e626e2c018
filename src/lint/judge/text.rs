//! Rules on the texts of YAML files.

use super::finding::of_rule;
use crate::finding::{Finding, Origin, Place, Related};
use crate::lint::mend;
use crate::lint::select::{Active, Chosen};
use crate::project::{Class, File};
use crate::rule::{Evaluator, Text, TextKind};

/// Judges a file's text by the chosen rules of scope `text`. `origin` is the sort of the file.
pub(in crate::lint) fn judge(
    file: &File,
    origin: Origin,
    chosen: &Chosen,
    evaluator: &mut Evaluator,
) -> Vec<Finding> {
    let rules: Vec<&Active> = chosen.on_texts.iter().map(|&at| &chosen.rules[at]).collect();
    let Some(stream) = file.stream().filter(|_| !rules.is_empty()) else {
        return Vec::new();
    };
    let text = file.text();
    let text = Text::new(kind(file.class), &text, stream);
    let pairs = rules.iter().map(|active| active.pair());
    let place = |span| Place { span, origin };
    let finding = |(at, hit): (usize, crate::rule::TextHit)| {
        let active: &Active = rules[at];
        let related = hit.related.into_iter();
        Finding {
            fix: mend::rewritten(active.rule(), hit.repair).map(Box::new),
            related: related
                .map(|(span, message)| Related { message, place: place(span) })
                .collect(),
            ..of_rule(active, None, hit.message, None, place(hit.span))
        }
    };
    evaluator.text(&text, pairs).into_iter().map(finding).collect()
}

fn kind(class: Class) -> TextKind {
    match class {
        Class::Values => TextKind::Values,
        Class::Manifest => TextKind::Manifest,
        Class::ChartMeta => TextKind::Chart,
        _ => TextKind::Other,
    }
}
