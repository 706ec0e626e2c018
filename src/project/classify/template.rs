//! Recognises templates of various kinds by how they differ from YAML.

use crate::spelling::is_in_capitals;
use crate::yaml::{Kind, Node, Stream, Style};

/// Whether a text is a template of any kind.
pub(super) fn is_any(text: &str, stream: &Stream) -> bool {
    (text.contains("{{") && is_template(text, stream))
        || is_of_statements(text, stream)
        || is_of_marks(text, stream)
        || is_of_ytt(text)
}

/// Whether a template seems to render to objects: it has lines with the keys `kind` and `apiVersion`.
pub(super) fn makes_objects(text: &str) -> bool {
    let has_key =
        |key: &str| text.lines().any(|line| line.trim_start_matches([' ', '-']).starts_with(key));
    has_key("kind:") && has_key("apiVersion:")
}

/// True for a Go template: the text does not parse, or `{{` begins a value that is not quoted. If all of them are in quotes,
/// as in policies of Kyverno, they are not what does not parse.
fn is_template(text: &str, stream: &Stream) -> bool {
    let is_odd = |before: &str, quote: char| before.matches(quote).count() % 2 == 1;
    let is_quoted = |before: &str| is_odd(before, '"') || is_odd(before, '\'');
    let opens = |line: &str| line.match_indices("{{").any(|(at, _)| !is_quoted(&line[..at]));
    !stream.errors.is_empty() && text.lines().any(opens)
        || stream
            .documents
            .iter()
            .any(|document| document.root().is_some_and(|root| opens_action(root, document.text())))
}

/// True for a text that does not parse because of statements of Jinja and the like, of Terraform, or of `FreeMarker`:
/// `{% raw %}`, `%{ if web }`, `<#noparse>`.
fn is_of_statements(text: &str, stream: &Stream) -> bool {
    let is_statement =
        |line: &str| ["{%", "%{", "<#"].iter().any(|mark| line.trim_start().starts_with(mark));
    !stream.errors.is_empty() && text.lines().any(is_statement)
}

/// True for a text that does not parse because of placeholders: a value that begins with `%s`, `%VERSION%` or
/// `@VERSION@`, as no plain value may; a value that begins with `{prefix}` and goes on; a list in brackets with
/// `${SUBNETS}`; or a line that only consists of `<LABELS>`, or of `${LABELS}`, which envsubst and Terraform replace.
fn is_of_marks(text: &str, stream: &Stream) -> bool {
    let is_name =
        |text: &str, end: char| text.split_once(end).is_some_and(|(name, _)| is_in_capitals(name));
    let is_prefix = |text: &str| {
        text.split_once('}').is_some_and(|(name, rest)| {
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let goes_on =
                rest.starts_with(|next: char| !next.is_whitespace() && !matches!(next, ',' | '}'));
            let is_left = !rest.ends_with('}') || goes_on && rest.contains('{');
            (is_in_capitals(name) || goes_on && name.chars().all(is_part)) && is_left
        })
    };
    let is_verb = |text: &str| {
        text.strip_prefix('s')
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '/', ':']))
    };
    let is_mark = |line: &str| {
        let item = line.trim_start().trim_start_matches("- ");
        let value = item.split_once(": ").map_or(item, |(_, value)| value.trim_start());
        value.strip_prefix('%').is_some_and(|rest| is_name(rest, '%') || is_verb(rest))
            || value.strip_prefix('@').is_some_and(|rest| is_name(rest, '@'))
            || value.strip_prefix('{').is_some_and(is_prefix)
            || value
                .strip_prefix('[')
                .is_some_and(|rest| rest.split(',').any(|item| item.trim_start().starts_with("${")))
    };
    let is_slot = |line: &str| {
        let slot = line.trim().strip_prefix('<');
        slot.is_some_and(|slot| slot.find('>') == Some(slot.len() - 1) && is_name(slot, '>'))
    };
    let is_block = |line: &str| {
        let block = line.trim().strip_prefix("${");
        block.is_some_and(|block| {
            block.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && block.find('}') == Some(block.len() - 1)
        })
    };
    let is_any = |line: &str| is_mark(line) || is_slot(line) || is_block(line);
    !stream.errors.is_empty() && text.lines().any(is_any)
}

/// True for a ytt template. Directives of ytt are YAML comments, after a value or on lines of their own.
fn is_of_ytt(text: &str) -> bool {
    // `#@ if web:`, `#@/ web`, or the name of a module: `#@data/values`.
    let is_letter = |letter: char| letter.is_ascii_lowercase();
    let begins =
        |rest: &str| rest.starts_with(' ') || rest.trim_start_matches(is_letter).starts_with('/');
    let is_directive = |line: &str| {
        let mut parts = line.split("#@");
        let before = parts.next().unwrap_or_default().trim_end();
        (before.is_empty() || before.ends_with([':', '-'])) && parts.next().is_some_and(begins)
    };
    text.contains("#@") && text.lines().any(is_directive)
}

fn opens_action(node: Node<'_>, text: &str) -> bool {
    match node.kind() {
        Kind::Scalar => false,
        Kind::Sequence => node.items().any(|item| opens_action(item, text)),
        Kind::Mapping => {
            (node.style() == Style::Flow && text[node.span().range()].starts_with("{{"))
                || node.written().any(|entry| {
                    opens_action(entry.key, text)
                        || (entry.value.alias_span().is_none() && opens_action(entry.value, text))
                })
        }
    }
}
