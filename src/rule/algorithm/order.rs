//! Keys in alphabetical order.

use super::text::{Text, TextHit};

/// Finds every key that comes after one that it precedes in the alphabet; with `deep`, also in mappings below the
/// outermost one.
pub(super) fn sorted(text: &Text<'_>, deep: bool) -> Vec<TextHit> {
    let mut hits = Vec::new();
    text.each_mapping(&mut |mapping| {
        if !deep && mapping.parent().is_some() {
            return;
        }
        let mut highest = None;
        for entry in mapping.written() {
            let name = entry.name();
            match &highest {
                Some(before) if *before > name => hits.push(TextHit::at(
                    entry.key.span(),
                    format!("`{name}` comes before `{before}` in the alphabet"),
                )),
                _ => highest = Some(name),
            }
        }
    });
    hits
}
