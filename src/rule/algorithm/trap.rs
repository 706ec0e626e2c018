//! Plain scalars that go-yaml v2, and so Helm and Kubernetes, reads as something other than their text, if that is not
//! what a person meant.

use std::borrow::Cow;

use super::text::{Text, TextHit, TextKind};
use crate::rule::repair::Rewrite;
use crate::yaml::{Entry, Kind, Node, Scalar, Step};

/// Words at the beginning or the end of names of switches, whose values are meant as booleans.
const SWITCHES: &[&str] = &[
    "able",
    "abled",
    "enable",
    "disable",
    "is",
    "has",
    "use",
    "allow",
    "create",
    "install",
    "skip",
    "force",
    "with",
    "auto",
    "only",
    "debug",
    "required",
    "ready",
    "active",
    "insecure",
    "secure",
    "verify",
    "validate",
    "should",
    "privileged",
    "readonly",
    "expose",
    "include",
    "exclude",
    "run",
    "tls",
    "ssl",
    "persist",
    "persistence",
];
/// Parts of keys whose values are permissions, which people write in octal.
const PERMISSIONS: &[&str] = &["mode", "umask", "perm", "chmod"];

/// Finds words such as `no`, `on` and `y`, which are booleans in YAML 1.1.
pub(super) fn truthy(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = Vec::new();
    for &(node, key) in text.typed() {
        let Some(value) = word(node) else { continue };
        let raw = node.raw();
        if key {
            hits.push(TextHit {
                repair: Some(quoted(node, text)),
                ..TextHit::at(
                    node.span(),
                    format!(
                        "the key `{raw}` is read as the boolean {value}: it is called `{value}` then"
                    ),
                )
            });
        } else if text.kind == TextKind::Values && is_text(node) {
            let message = format!("`{raw}` is read as the boolean {value}, not as text");
            let repair = Some(quoted(node, text));
            hits.push(TextHit { repair, ..TextHit::at(node.span(), message) });
        }
    }
    hits
}

/// The rewrite that puts the scalar in quotes.
fn quoted(node: Node<'_>, text: &Text<'_>) -> Rewrite {
    let quoted = Rewrite::quoted(node);
    if text.kind == TextKind::Values { quoted.of_values() } else { quoted }
}

/// The boolean that a scalar is, unless it is written as `true` or `false`.
fn word(node: Node<'_>) -> Option<bool> {
    let raw = node.raw();
    let spelled = raw.eq_ignore_ascii_case("true") || raw.eq_ignore_ascii_case("false");
    if spelled { None } else { node.as_bool() }
}

/// Whether a person most likely means text: a single letter, a word in a list with texts, or a word under a key that is
/// not the name of a switch.
fn is_text(node: Node<'_>) -> bool {
    if node.raw().len() == 1 {
        return true;
    }
    if let Some(list) = node.parent().filter(|parent| parent.kind() == Kind::Sequence) {
        return list.items().any(|item| matches!(item.scalar(), Some(Scalar::Str(_))));
    }
    let words = key_words(node);
    let ends = [words.first(), words.last()];
    !ends.iter().flatten().any(|word| {
        SWITCHES.contains(&word.as_str()) || word.ends_with("able") || word.ends_with("abled")
    })
}

/// The words of a camel-case or dashed key, in lower case.
fn key_words(node: Node<'_>) -> Vec<String> {
    let key = node.path().0.into_iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.into_owned()),
        Step::Index(_) => None,
    });
    let mut words = vec![String::new()];
    for char in key.unwrap_or_default().chars() {
        if char.is_uppercase() || !char.is_alphanumeric() {
            words.push(String::new());
        }
        if char.is_alphanumeric() {
            words.last_mut().expect("invariant: there is a word").extend(char.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Finds numbers that begin with a zero: they are octal if their digits allow it, and otherwise decimal without the
/// zero.
pub(super) fn octal(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = Vec::new();
    for &(node, _) in text.typed() {
        if let Some(message) = zero_fault(node) {
            let repair = Some(quoted(node, text));
            hits.push(TextHit { repair, ..TextHit::at(node.span(), message) });
        }
    }
    hits
}

fn zero_fault(node: Node<'_>) -> Option<String> {
    let raw = node.raw();
    let digits = raw.strip_prefix(['-', '+']).unwrap_or(raw);
    let zero = digits.strip_prefix('0')?;
    let octal = zero.strip_prefix('o');
    let number = octal.unwrap_or(zero);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return None;
    }
    let read: Cow<'_, str> = match node.scalar()? {
        Scalar::Int(int) => int.to_string().into(),
        Scalar::Float(float) => float.to_string().into(),
        _ => return None,
    };
    let words = key_words(node);
    let octal_is_meant =
        PERMISSIONS.iter().any(|name| words.iter().any(|word| word.contains(name)));
    let is_octal = number.bytes().all(|b| matches!(b, b'0'..=b'7' | b'_'));
    if is_octal && (octal_is_meant || octal.is_some()) {
        return None;
    }
    Some(match is_octal {
        true if number.bytes().any(|b| b != b'0') => format!("`{raw}` is read as octal: {read}"),
        _ => format!("`{raw}` is read as the number {read}: its leading zero is lost"),
    })
}

/// Finds words such as `22:30`, which are numbers to base sixty in YAML 1.1.
pub(super) fn sexagesimal(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = Vec::new();
    for node in text.numeric() {
        if let Some(number) = base_sixty(node) {
            let message = format!("`{}` is the number {number} to readers of YAML 1.1", node.raw());
            let repair = Some(quoted(node, text));
            hits.push(TextHit { repair, ..TextHit::at(node.span(), message) });
        }
    }
    hits
}

/// The number that YAML 1.1 (`yaml.org/type/int.html`) reads from digits with colons between them.
fn base_sixty(node: Node<'_>) -> Option<u64> {
    let raw = node.raw().strip_prefix(['-', '+']).unwrap_or(node.raw());
    let mut parts = raw.split(':');
    let first = parts.next().filter(|first| first.starts_with(|c| matches!(c, '1'..='9')))?;
    let mut number: u64 = first.parse().ok()?;
    let mut rest = parts.peekable();
    rest.peek()?;
    for part in rest {
        let digit: u64 = part.parse().ok().filter(|digit| *digit < 60 && part.len() <= 2)?;
        number = number.checked_mul(60)?.checked_add(digit)?;
    }
    Some(number)
}

/// Finds keys that a merge key after them overwrites: in go-yaml v2 the later of the two wins.
pub(super) fn merge(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = Vec::new();
    if !text.text.contains("<<") {
        return hits;
    }
    text.each_mapping(&mut |mapping| {
        if mapping.is_as_written() {
            return;
        }
        let written: Vec<Entry<'_>> = mapping.written().collect();
        for (at, merge) in written.iter().enumerate().filter(|(_, entry)| entry.key.is_merge_key())
        {
            for lost in written[..at].iter().filter(|entry| !entry.key.is_merge_key()) {
                let name = lost.name();
                let Some(value) = mapping.get(&name) else { continue };
                let again = written[at..].iter().any(|entry| entry.name() == name);
                if again || value == lost.value || crate::rule::value::same(value, lost.value) {
                    continue;
                }
                let message = format!("`{name}` is overwritten by the merge key below it");
                let mut hit = TextHit::at(lost.key.span(), message);
                hit.related.push((merge.key.span(), "Helm and Kubernetes read it last".to_owned()));
                hits.push(hit);
            }
        }
    });
    hits
}
