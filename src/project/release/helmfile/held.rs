//! Templates of a helmfile that are rendered for one release after another.

use std::borrow::Cow;

use crate::helm::parse::action_length;
use crate::project::release::text::Mapped;

/// Protects the templates in a text that use a release's data from being rendered: helmfile renders these later, for one
/// release after another. The length of the text stays the same.
pub(super) fn held_back(text: &str) -> Cow<'_, str> {
    if !text.contains(".Release") && !text.contains("tpl") {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, action) = rest.split_at(start);
        // What is not closed stays, with the text before it.
        let Some(length) = action_length(action) else { break };
        out.push_str(before);
        let (action, after) = action.split_at(length);
        let inner = &action[2..length - 2];
        match asks_for_release(inner) {
            true => [HELD[0], inner, HELD[1]].iter().for_each(|piece| out.push_str(piece)),
            false => out.push_str(action),
        }
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

/// The replacements for `{{` and `}}` in protected templates, of the same length: control characters, which YAML cannot
/// contain.
const HELD: [&str; 2] = ["\u{86}", "\u{87}"];

/// Restores the protected templates in a rendered text.
pub(super) fn let_go(mut mapped: Mapped) -> Mapped {
    if mapped.text.contains(HELD[0]) {
        mapped.text = mapped.text.replace(HELD[0], "{{").replace(HELD[1], "}}");
    }
    mapped
}

/// Whether an action writes a release's data, or data that may contain it. Comments do not, and neither do actions that
/// begin or end a block or set a variable, which the rest of the file may need.
fn asks_for_release(action: &str) -> bool {
    let words = action.trim_matches(['-', ' ', '\t', '\n']);
    if words.starts_with("/*") {
        return false;
    }
    let first = words.split_whitespace().next().unwrap_or_default();
    let is_block = matches!(first, "if" | "else" | "range" | "with" | "end" | "define" | "block");
    let code: Vec<&str> = words.split(['"', '`']).step_by(2).collect();
    let has = |word: &str| {
        let words = code.iter().flat_map(|code| code.split([' ', '\t', '\n', '(', ')', '|']));
        words.into_iter().any(|own| own == word)
    };
    let gives_all = || !assigns(words) && has("tpl") && has(".");
    !is_block && (code.iter().any(|code| code.contains(".Release")) || gives_all())
}

/// Whether an action sets a variable.
fn assigns(action: &str) -> bool {
    let Some(name) = action.strip_prefix('$') else { return false };
    let behind = name.trim_start_matches(|part: char| part.is_alphanumeric() || part == '_');
    let sign = behind.trim_start();
    sign.starts_with(":=") || sign.starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::held_back;

    #[test]
    fn what_is_not_closed_stays_in_its_place() {
        for text in ["a: {{ .Release.Name }} b: {{ tpl", "a: {{ tpl \"é", "é {{ .Release.Name"] {
            assert_eq!(held_back(text).len(), text.len(), "{text}");
        }
    }
}
