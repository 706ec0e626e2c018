//! Finds what a template engine leaves behind where a value is missing or of the wrong type.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::super::hit::{Hit, Target};
use crate::kube::Object;
use crate::kube::schema::is_of_others;
use crate::yaml::{Kind, Node, Step, Style};

/// Fields of Kubernetes' own kinds in which braces are always a fault.
const NAMING: &[&str] =
    &["name", "namespace", "image", "kind", "apiVersion", "host", "serviceName"];

/// An object whose text has none of these has no residue.
static SUSPICIOUS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // With other kinds of match, the crate does not use its vectorized search.
    let marks = ["<no value>", "%!", "map[", "{{"];
    let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(marks);
    search.expect("invariant: a search for four words is small")
});

/// Finds every text of an object with residue. Braces only count in the output of a chart, and only in fields that must
/// be names, as the configuration of other programs may itself be a template.
pub(super) fn judge(object: &Object<'_>, rendered: bool) -> Vec<Hit> {
    let text = &object.node.document().text()[object.node.span().range()];
    if !SUSPICIOUS.is_match(text) {
        return Vec::new();
    }
    // Custom resources may have templates as names (workflows, sets of applications).
    let braces = rendered && !is_of_others(object.api_version);
    let mut hits = Vec::new();
    // A status is written by a controller, not by a person.
    let written = object.node.written().filter(|entry| entry.name() != "status");
    written.for_each(|entry| walk(entry.value, braces, &mut hits));
    hits
}

fn walk(node: Node<'_>, braces: bool, hits: &mut Vec<Hit>) {
    match node.kind() {
        Kind::Sequence => node.items().for_each(|item| walk(item, braces, hits)),
        Kind::Mapping => {
            node.written().for_each(|entry| walk(entry.value, braces, hits));
        }
        Kind::Scalar => {
            if let Some(message) = fault(node, braces) {
                hits.push(Hit::at(Target::of(node), message));
            }
        }
    }
}

fn fault(node: Node<'_>, braces: bool) -> Option<String> {
    let text = node.raw();
    // A block scalar is mostly a file of another program, in which any of this may be intended.
    if matches!(node.style(), Style::Literal | Style::Folded) || text.contains('\n') {
        return None;
    }
    if text.contains("<no value>") {
        return Some("`<no value>` stands for a value that was not there".to_owned());
    }
    if let Some(verb) = format_fault(text) {
        let why = match verb.contains("MISSING") || verb.contains("<nil>") {
            true => "got no value",
            false => "got a value of the wrong sort",
        };
        return Some(format!("`{verb}` is a format that {why}"));
    }
    if is_printed_map(text) {
        return Some(format!("a whole map was printed where a text must stand: `{}`", short(text)));
    }
    let named = || {
        let last = node.path().0.into_iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.into_owned()),
            Step::Index(_) => None,
        });
        last.is_some_and(|key| NAMING.contains(&key.as_str()))
    };
    (braces && text.contains("{{") && text.contains("}}") && named())
        .then(|| format!("`{}` was not rendered", short(text)))
}

/// Finds Go's `%!d(string=x)`, `%!(EXTRA int=1)` and similar.
fn format_fault(text: &str) -> Option<&str> {
    text.match_indices("%!").find_map(|(at, _)| {
        let rest = &text[at + 2..];
        let open = rest.find('(').filter(|open| *open <= 1)?;
        let fits = rest[..open].chars().all(|verb| verb.is_ascii_alphabetic())
            && (open == 1
                || ["EXTRA ", "NOVERB", "BADWIDTH"].iter().any(|word| rest[1..].starts_with(word)));
        let end = rest.find(')').filter(|_| fits)?;
        Some(&text[at..=at + 2 + end])
    })
}

/// Whether the text ends with a map that Go has printed, `map[key:value]`, with at least one entry.
fn is_printed_map(text: &str) -> bool {
    let Some(at) = text.find("map[") else { return false };
    let before = text[..at].chars().next_back();
    let key = &text[at + 4..];
    let end = key.find(|c: char| !(c.is_ascii_alphanumeric() || "-_./".contains(c))).unwrap_or(0);
    before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        && end > 0
        && key[end..].starts_with(':')
        && text.trim_end().ends_with(']')
}

fn short(text: &str) -> &str {
    text.char_indices().nth(60).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_maps_have_an_entry_and_end_the_text() {
        for printed in ["map[cpu:100m memory:1Gi]", "v-map[a:b]", "[map[name:x]]"] {
            assert!(is_printed_map(printed), "{printed}");
        }
        for other in ["map[string]string", "map[]", "roadmap[a:b]", "map[a:b] of it"] {
            assert!(!is_printed_map(other), "{other}");
        }
    }

    #[test]
    fn formats_that_failed_are_told_from_percent_signs() {
        assert_eq!(format_fault("a-%!s(int=8)-b"), Some("%!s(int=8)"));
        assert_eq!(format_fault("%!(EXTRA string=x)"), Some("%!(EXTRA string=x)"));
        for other in ["100%!", "%!important", "50%! (no)", "%!(x)"] {
            assert_eq!(format_fault(other), None, "{other}");
        }
    }
}
