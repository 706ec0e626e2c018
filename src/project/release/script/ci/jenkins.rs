//! Jenkinsfiles: <https://www.jenkins.io/doc/book/pipeline/syntax/>.

use super::{Context, File, Mapped, Piece, Pieces, Value, Variables, references, text_of};

/// The scripts of `sh` steps, with the variables in `environment { … }`.
pub(in crate::project::release::script) fn jenkins(
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let text = &file.text();
    let mut own = Variables::new();
    let assignment = regex::Regex::new(
        r#"(?m)^\s*(?:def\s+|String\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')\s*;?\s*$"#,
    )
    .expect("invariant: a valid pattern");
    for found in assignment.captures_iter(text) {
        let value = found.get(2).or(found.get(3)).map_or("", |value| value.as_str());
        let value = references(&value.replace("${env.", "${").replace("${params.", "${"), &own);
        own.entry(found[1].to_owned()).or_insert(Value::Text(value));
    }
    let parameter = regex::Regex::new(
        r#"(?:string|choice)\s*\(\s*name:\s*['"](\w+)['"]\s*,\s*defaultValue:\s*['"]([^'"]*)['"]"#,
    )
    .expect("invariant: a valid pattern");
    for found in parameter.captures_iter(text) {
        own.entry(found[1].to_owned()).or_insert(Value::Text(found[2].to_owned()));
    }
    let step =
        regex::Regex::new(r#"\bsh\s*\(?\s*(?:\w+:\s*\w+\s*,\s*)*(?:script:\s*)?("""|'''|"|')"#)
            .expect("invariant: a valid pattern");
    let mut pieces = Pieces::of(file, context);
    let mut at = 0;
    while let Some(found) = step.captures_at(text, at) {
        let quote = &found[1];
        let start = found.get(0).map_or(at, |found| found.end());
        let Some(length) = closing(&text[start..], quote) else { break };
        at = start + length + quote.len();
        let mut mapped = Mapped::part(file.source, text, start..start + length);
        for prefix in ["${env.", "${params."] {
            mapped = mapped.substitute(prefix, "}", |name| text_of(&own, name));
        }
        pieces.add(mapped, own.clone());
    }
    pieces.found
}

/// The end of a quoted text; escaped quotes do not end it.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(quote) {
            return Some(at);
        }
        let char = text[at..].chars().next()?;
        at += char.len_utf8();
        if char == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}
