//! Examples in other notations, as some people write YAML. The result of a repair in such a file must mean the same as
//! in the plain example.

use super::*;
use crate::yaml::edit::{NewValue, quoted};
use crate::yaml::{Kind, Node, Style};

/// Rewrites a text in another notation with the same meaning.
type Costume = (&'static str, fn(&str) -> String);

const COSTUMES: &[Costume] = &[
    ("line ends of Windows", |text| text.replace('\n', "\r\n")),
    ("no end of the last line", |text| text.trim_end_matches('\n').to_owned()),
    ("comments between keys", |text| with_lines(text, |indent| format!("{indent}# why\n"))),
    ("empty lines between keys", |text| with_lines(text, |_| "\n".to_owned())),
    ("a comment at the end", |text| format!("{text}# the end\n")),
    ("documents around it", |text| format!("---\n{text}...\n---\n# nothing\n")),
    ("a tab before each value", |text| with_values(text, |value| format!("\t{value}"))),
    ("an anchor on each value", |text| with_values(text, anchored)),
    ("everything in braces", braced),
    ("keys in quotes", |text| with_keys(text, |key| format!("\"{key}\""))),
];

#[test]
fn repairs_say_the_same_however_a_file_is_written() {
    let mut wrong = Vec::new();
    for (rule, example, plain) in repaired() {
        for (name, dress) in COSTUMES {
            let dressed = dressed(&example, *dress);
            // In another notation, a text may not be what the rule looks at, or may not be YAML at all.
            let Ok(judged) = judge(&rule, &dressed) else { continue };
            if let Err(why) = try_on(&rule, &dressed, judged, &plain) {
                wrong.push(format!("{} with {name}: {why}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Compares the results of the repairs of an example in another notation with those of the plain one.
fn try_on(rule: &Rule, dressed: &Example, judged: Judged, plain: &[String]) -> Result<(), String> {
    let (found, offered) = (judged.said.len(), judged.repairs.len());
    let (names, before): (Vec<_>, Vec<_>) = judged.texts.iter().cloned().unzip();
    let made = fix::repaired(rule, dressed, judged)?;
    before.iter().zip(&made).try_for_each(|(old, new)| keeps_its_looks(old, new))?;
    // Rules on notation may judge the other notation differently.
    if rule.scope == Scope::Text {
        return Ok(());
    }
    let again = judge(rule, &fix::with(dressed, &names, &made))?;
    if again.said.len() > found.saturating_sub(offered) {
        return Err(format!("still {:?} in\n{}", again.said, made.join("\n~~~\n")));
    }
    // A repair that cannot be written without other changes is left out.
    let said = |texts: &[String]| -> Vec<_> { texts.iter().map(|text| meaning(text)).collect() };
    match again.said.is_empty() && offered > 0 && said(&made) != said(plain) {
        true => Err(format!("another meaning:\n{}", made.join("\n~~~\n"))),
        false => Ok(()),
    }
}

/// Checks that comments, line ends and the end of the last line are kept.
fn keeps_its_looks(old: &str, new: &str) -> Result<(), String> {
    let comments = |text: &str| text.matches("# why").count() + text.matches("# the end").count();
    // Comments in a part that is removed or rewritten go with it.
    let kept = |line: &&str| new.lines().any(|other| other.trim() == line.trim());
    let gone = old.lines().filter(|line| !kept(line)).count();
    let bare = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
    let why = match () {
        () if !old.contains("{{") && !parsed(new).errors.is_empty() => "no YAML",
        () if comments(new) > comments(old) || comments(old) - comments(new) > gone => {
            "comments are lost"
        }
        () if bare(old) == 0 && bare(new) > 0 => "a line ends otherwise",
        () if old.ends_with('\n') != new.ends_with('\n') => "the last line ends otherwise",
        () => return Ok(()),
    };
    Err(format!("{why}:\n{new}"))
}

fn dressed(example: &Example, dress: fn(&str) -> String) -> Example {
    let is_yaml = |path: &str, text: &str| path.ends_with(".yaml") && !text.contains("{{");
    let files = example.files.iter().map(|(path, text)| {
        let text =
            if is_yaml(path, text) { dress(&fix::without_marks(text)) } else { text.clone() };
        (path.clone(), text)
    });
    Example {
        text: dress(&fix::without_marks(&example.text)),
        files: files.collect(),
        ..example.clone()
    }
}

fn parsed(text: &str) -> yaml::Stream {
    yaml::parse(SourceId::NOWHERE, &Arc::from(text))
}

/// The values in a text, without comments; nothing for empty documents.
fn meaning(text: &str) -> Vec<NewValue> {
    let stream = parsed(text);
    let roots = stream.documents.iter().filter_map(|document| document.root());
    roots.filter(|root| !root.is_null()).map(NewValue::of).collect()
}

/// The text with a further line before each line that begins with a key of a block mapping.
fn with_lines(text: &str, line: impl Fn(&str) -> String) -> String {
    changed(text, |entry, edits| {
        let start = entry.key.span().start as usize;
        let at = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = &text[at..start];
        if indent.trim().is_empty() {
            edits.push((at..at, line(indent)));
        }
    })
}

/// The text with other words for the values after the colon of their keys.
fn with_values(text: &str, word: impl Fn(&str) -> String) -> String {
    changed(text, |entry, edits| {
        let (key, value) = (entry.key.span().range(), entry.value.span().range());
        let gap = text.get(key.end..value.start).unwrap_or_default();
        let plain = entry.value.kind() == Kind::Scalar && entry.value.alias_span().is_none();
        if plain && gap == ": " && !text[value.clone()].contains('\n') {
            let new = word(&text[value.clone()]);
            edits.push((value, new));
        }
    })
}

fn anchored(value: &str) -> String {
    match value.starts_with(['&', '!', '*']) {
        true => value.to_owned(),
        false => format!("&it {value}"),
    }
}

fn with_keys(text: &str, word: impl Fn(&str) -> String) -> String {
    changed(text, |entry, edits| {
        let key = entry.key.span().range();
        if entry.key.style() == Style::Plain && &text[key.clone()] != "<<" {
            edits.push((key.clone(), word(&text[key])));
        }
    })
}

/// The text in flow style, each document on one line.
fn braced(text: &str) -> String {
    let stream = parsed(text);
    let roots = stream.documents.iter().filter_map(|document| document.root());
    roots.map(|root| format!("---\n{}\n", in_braces(root))).collect()
}

fn in_braces(node: Node<'_>) -> String {
    let joined = |parts: &mut dyn Iterator<Item = String>| parts.collect::<Vec<_>>().join(", ");
    match node.kind() {
        Kind::Scalar
            if node.style() == Style::Plain && !node.raw().contains([',', '[', ']', '{', '}']) =>
        {
            node.raw().to_owned()
        }
        Kind::Scalar => quoted(node.raw()),
        Kind::Sequence => format!("[{}]", joined(&mut node.items().map(in_braces))),
        Kind::Mapping => {
            let entry = |entry: yaml::Entry<'_>| {
                format!("{}: {}", in_braces(entry.key), in_braces(entry.value))
            };
            format!("{{{}}}", joined(&mut node.entries().map(entry)))
        }
    }
}

/// The text with the edits that `edit` makes for each entry of a block mapping.
fn changed(
    text: &str,
    mut edit: impl FnMut(&yaml::Entry<'_>, &mut Vec<(std::ops::Range<usize>, String)>),
) -> String {
    fn walk(node: Node<'_>, see: &mut dyn FnMut(&yaml::Entry<'_>)) {
        match node.kind() {
            Kind::Mapping if node.style() != Style::Flow => node.written().for_each(|entry| {
                see(&entry);
                if entry.value.alias_span().is_none() {
                    walk(entry.value, see);
                }
            }),
            Kind::Sequence if node.style() != Style::Flow => {
                node.items().for_each(|item| walk(item, see));
            }
            _ => {}
        }
    }
    let stream = parsed(text);
    let mut edits = Vec::new();
    for root in stream.documents.iter().filter_map(|document| document.root()) {
        walk(root, &mut |entry| edit(entry, &mut edits));
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    edits.dedup_by(|one, other| one.0 == other.0);
    let mut new = text.to_owned();
    for (range, with) in edits {
        new.replace_range(range, &with);
    }
    new
}
