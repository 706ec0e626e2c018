//! Edits of `plimsoll.yaml` that keep everything else in it.

use std::sync::Arc;

use crate::source::SourceId;
use crate::yaml::{self, Kind, Node, Style};

/// The text of the configuration with a rule's severity set; `None` if there is no simple way to add it.
pub(super) fn with_severity(text: &str, rule: &str, severity: &str) -> Option<String> {
    let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(text));
    if !stream.errors.is_empty() || stream.documents.len() > 1 {
        return None;
    }
    let root = stream.documents.first().and_then(|document| document.root());
    let root = root.filter(|root| !root.is_null());
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let Some(root) = root else { return Some(appended(text, rule, severity, end)) };
    if root.kind() != Kind::Mapping || root.style() == Style::Flow {
        return None;
    }
    match root.get("rules").filter(|rules| !rules.is_null()) {
        None if root.get("rules").is_some() => None,
        None => Some(appended(text, rule, severity, end)),
        Some(rules) => match rules.get(rule) {
            Some(own) => replaced(text, own, severity),
            None => inserted(text, rules, &format!("{rule}: {severity}{end}")),
        },
    }
}

fn appended(text: &str, rule: &str, severity: &str, end: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    format!("{text}{gap}rules:{end}  {rule}: {severity}{end}")
}

/// The text with the severity in the rule's entry replaced.
fn replaced(text: &str, own: Node<'_>, severity: &str) -> Option<String> {
    let value = match own.kind() {
        Kind::Scalar => own,
        Kind::Mapping => own.get("severity")?,
        Kind::Sequence => return None,
    };
    let range = value.span().range();
    (!range.is_empty()).then(|| [&text[..range.start], severity, &text[range.end..]].concat())
}

/// The text with a new first entry in a block mapping, indented as the present first entry.
fn inserted(text: &str, rules: Node<'_>, entry: &str) -> Option<String> {
    if rules.kind() != Kind::Mapping || rules.style() == Style::Flow {
        return None;
    }
    let first = rules.written().next()?.key.span().range().start;
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..first];
    indent.trim().is_empty().then(|| [&text[..line], indent, entry, &text[line..]].concat())
}

#[cfg(test)]
mod tests {
    use super::with_severity;

    #[test]
    fn a_severity_is_set_where_the_configuration_has_its_place() {
        for (before, after) in [
            ("", "rules:\n  a-rule: off\n"),
            ("preset: all", "preset: all\nrules:\n  a-rule: off\n"),
            (
                "rules:\n    # why\n    b: info\n",
                "rules:\n    # why\n    a-rule: off\n    b: info\n",
            ),
            ("rules:\n  a-rule: error # x\n", "rules:\n  a-rule: off # x\n"),
            ("rules: {a-rule: {severity: info}}\n", "rules: {a-rule: {severity: off}}\n"),
        ] {
            assert_eq!(with_severity(before, "a-rule", "off").as_deref(), Some(after));
        }
    }

    #[test]
    fn what_cannot_be_added_to_is_left_alone() {
        for text in ["rules: {b: info}\n", "{preset: all}\n", "a: [\n", "- a\n"] {
            assert_eq!(with_severity(text, "a-rule", "off"), None, "{text}");
        }
    }
}
