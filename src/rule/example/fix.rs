//! Checks the repairs of an example: their result, and that the rule finds nothing in it.

use super::{Judged, judge};
use crate::rule::file::{Example, Rule};
use crate::source::{Edit, apply};

/// The most rounds in which an example is judged and repaired.
const ROUNDS: usize = 5;

/// Compares the result of the repairs with the fixed texts of the example.
///
/// # Errors
/// A sentence that says what differs.
pub(super) fn run(rule: &Rule, example: &Example, judged: Judged) -> Result<(), String> {
    let names: Vec<String> = judged.texts.iter().map(|(path, _)| path.clone()).collect();
    let left = judged.said.len().saturating_sub(judged.repairs.len());
    let made = repaired(rule, example, judged)?;
    for (path, wanted) in &example.fixed {
        // The name of a single text does not matter.
        let is_own = |name: &String| name == path || example.files.is_empty();
        let at = names.iter().position(is_own);
        let at = at.ok_or_else(|| format!("`fixed` has `{path}`, which the example has not"))?;
        if made[at] != *wanted {
            return Err(format!("the repairs make another text:\n{}", made[at]));
        }
    }
    // Findings without a repair are found again.
    let again = judge(rule, &with(example, &names, &made))?;
    match again.repairs.is_empty() && again.said.len() <= left {
        true => Ok(()),
        false => Err(format!("once it is repaired, still: {:?}", again.said)),
    }
}

/// The texts of an example after all its repairs, without marks.
pub(super) fn repaired(
    rule: &Rule,
    example: &Example,
    mut judged: Judged,
) -> Result<Vec<String>, String> {
    let names: Vec<String> = judged.texts.iter().map(|(path, _)| path.clone()).collect();
    for _ in 0..ROUNDS {
        let Some(texts) = mended(&judged) else { break };
        judged = judge(rule, &with(example, &names, &texts))?;
    }
    Ok(judged.texts.iter().map(|(_, text)| without_marks(text)).collect())
}

/// The texts after as many repairs as do not overlap; `None` if there are no repairs.
fn mended(judged: &Judged) -> Option<Vec<String>> {
    let mut edits: Vec<Vec<Edit>> = vec![Vec::new(); judged.texts.len()];
    for repair in &judged.repairs {
        let clashes = |(at, edit): &(usize, Edit)| {
            let same = |other: &Edit| edit.overlaps(other) || edit.span == other.span;
            edits[*at].iter().any(same)
        };
        if !repair.iter().any(clashes) {
            for (at, edit) in repair {
                edits[*at].push(edit.clone());
            }
        }
    }
    if edits.iter().all(Vec::is_empty) {
        return None;
    }
    judged.texts.iter().zip(&edits).map(|((_, text), edits)| apply(text, edits)).collect()
}

/// The example with other texts.
pub(super) fn with(example: &Example, names: &[String], texts: &[String]) -> Example {
    let files = names.iter().cloned().zip(texts.iter().cloned());
    match example.files.is_empty() {
        true => Example { text: texts[0].clone(), ..example.clone() },
        false => Example { files: files.collect(), ..example.clone() },
    }
}

/// A text without the marks on its lines.
pub(super) fn without_marks(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.rsplit_once("# ^") {
            Some((line, mark)) => {
                let end = if mark.ends_with('\n') { "\n" } else { "" };
                format!("{}{end}", line.trim_end())
            }
            None => line.to_owned(),
        })
        .collect()
}
