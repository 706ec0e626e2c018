//! YAML against the official test suite (github.com/yaml/yaml-test-suite), where `YAML_TEST_SUITE`
//! names a checkout of it. Its cases are not kept here.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use plimsoll::source::SourceId;
use plimsoll::yaml::{self, ErrorKind, Kind, Node, Style};

/// Cases that are read otherwise, as Helm's own YAML reads them.
const OTHERWISE: &[(&str, &str)] = &[
    ("9C9N/0", "libyaml takes a flow sequence that is not indented"),
    ("DK95/1", "libyaml takes a tab before the next line of a quoted scalar"),
    ("QB6E/0", "libyaml takes a quoted scalar that is not indented"),
    ("JEF9/2", "libyaml has no line feed where the text ends within a block scalar"),
    ("L24T/1", "libyaml has no line feed where the text ends within a block scalar"),
    ("ZYU8/2", "libyaml refuses a %YAML directive with two versions"),
    ("3UYS/0", "libyaml knows no escape of a slash"),
    ("6BCT/0", "libyaml takes no tab behind a dash"),
    ("A2M4/0", "libyaml takes no tab behind a dash"),
    ("Y79Y/10", "libyaml takes no tab behind a dash"),
    ("6CA3/0", "libyaml takes no tab where a line starts"),
    ("DK95/0", "libyaml takes no tab where a line starts"),
    ("DK95/3", "libyaml takes no tab where a line starts"),
    ("DK95/4", "libyaml takes no tab where a line starts"),
    ("DK95/7", "libyaml takes no tab where a line starts"),
    ("Q5MG/0", "libyaml takes no tab where a line starts"),
    ("96NN/0", "libyaml takes no tab as the first of a block scalar"),
    ("96NN/1", "libyaml takes no tab as the first of a block scalar"),
    ("R4YG/0", "libyaml takes no tab as the first of a block scalar"),
    ("Y79Y/1", "libyaml takes no tab as the first of a block scalar"),
];

/// One case: the events that the suite expects, or that it is to be refused.
struct Case {
    name: String,
    text: String,
    events: Vec<String>,
    fails: bool,
}

#[test]
fn the_official_suite_is_read_as_it_says() {
    let Some(suite) = std::env::var_os("YAML_TEST_SUITE") else { return };
    let mut wrong = String::new();
    let (mut right, mut no_objects) = (0, 0);
    for case in cases(&Path::new(&suite).join("src")) {
        let text: Arc<str> = case.text.as_str().into();
        let stream = yaml::parse(SourceId::NOWHERE, &text);
        // Keys that no object can have are sound to YAML, and refused as sigs.k8s.io/yaml refuses them.
        let no_object = |error: &yaml::SyntaxError| error.message.ends_with("cannot be a key");
        if !case.fails && stream.errors.iter().any(no_object) {
            no_objects += 1;
            continue;
        }
        let refused = stream.errors.iter().any(|error| error.kind == ErrorKind::Syntax);
        let read = stream.documents.iter().flat_map(|document| {
            document.root().map_or_else(|| vec!["=VAL :".to_owned()], |root| events(&text, root))
        });
        let read: Vec<String> = read.collect();
        let same = if case.fails { refused } else { !refused && read == case.events };
        let excused = OTHERWISE.iter().any(|(name, _)| *name == case.name);
        match same {
            true => right += 1,
            false if excused => {}
            false => {
                let _ = writeln!(
                    wrong,
                    "{}: fails {}, {:?}\n  {:?}\n  {:?}",
                    case.name, case.fails, stream.errors, case.events, read
                );
            }
        }
    }
    let counts = format!("{right} right, {no_objects} no objects");
    assert!(wrong.is_empty(), "{counts}; otherwise:\n{wrong}");
    assert!(right > 350 && no_objects < 30, "{counts}");
}

/// The suite's cases, in the order of their names.
fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for file in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
        if file.path().extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let stem = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text: Arc<str> = std::fs::read_to_string(file.path()).expect("a case").into();
        let stream = yaml::parse(SourceId::NOWHERE, &text);
        assert!(stream.errors.is_empty(), "{stem}: {:?}", stream.errors);
        let root = stream.documents[0].root().expect("a list of cases");
        // What a case leaves out is as in the one before it.
        let (mut given, mut expected) = (String::new(), Vec::new());
        for (at, item) in root.items().enumerate() {
            if let Some(yaml) = item.get("yaml") {
                given = shown(yaml.raw());
            }
            if let Some(tree) = item.get("tree") {
                expected = tree.raw().lines().filter_map(event).collect();
            }
            if item.get("skip").is_some() {
                continue;
            }
            cases.push(Case {
                name: format!("{stem}/{at}"),
                text: given.clone(),
                events: expected.clone(),
                fails: item.get("fail").is_some(),
            });
        }
    }
    cases
}

/// A text as the suite means it: it makes blanks, tabs and ends visible.
fn shown(text: &str) -> String {
    let text = text.replace('␣', " ").replace('↵', "").replace('←', "\r").replace('⇔', "\u{feff}");
    let mut out = String::with_capacity(text.len());
    let mut dashes = 0;
    for c in text.chars() {
        match c {
            '—' => dashes += 1,
            '»' => {
                out.push('\t');
                dashes = 0;
            }
            c => {
                out.extend(std::iter::repeat_n('—', std::mem::take(&mut dashes)));
                out.push(c);
            }
        }
    }
    match out.split_once('∎') {
        Some((before, _)) => before.to_owned(),
        None => out,
    }
}

/// An expected event without anchor and tag, which the tree keeps elsewhere; `None` for the stream's
/// and the documents' own.
fn event(line: &str) -> Option<String> {
    let line = line.trim_start();
    let (kind, mut rest) = line.split_once(' ').unwrap_or((line, ""));
    match kind {
        "+STR" | "-STR" | "+DOC" | "-DOC" => return None,
        "+MAP" | "+SEQ" => {
            let flow = rest.split(' ').find(|word| matches!(*word, "{}" | "[]"));
            return Some(flow.map_or(kind.to_owned(), |flow| format!("{kind} {flow}")));
        }
        _ => {}
    }
    while let Some((_, value)) = rest.split_once(' ').filter(|(word, _)| is_property(word)) {
        rest = value;
    }
    let value = if rest.is_empty() { kind.to_owned() } else { format!("{kind} {rest}") };
    Some(value.replace('␣', " "))
}

fn is_property(word: &str) -> bool {
    word.starts_with('&') || (word.starts_with('<') && word.ends_with('>'))
}

fn events(text: &str, node: Node<'_>) -> Vec<String> {
    if let Some(alias) = node.alias_span() {
        return vec![format!("=ALI {}", &text[alias.range()])];
    }
    match node.kind() {
        Kind::Scalar => vec![format!("=VAL {}{}", mark(node.style()), escaped(node.raw()))],
        Kind::Sequence => {
            let inner = node.items().flat_map(|item| events(text, item));
            std::iter::once(opened("+SEQ", "[]", node))
                .chain(inner)
                .chain(["-SEQ".into()])
                .collect()
        }
        Kind::Mapping => {
            let entries = node.written().flat_map(|entry| [entry.key, entry.value]);
            let inner = entries.flat_map(|item| events(text, item));
            std::iter::once(opened("+MAP", "{}", node))
                .chain(inner)
                .chain(["-MAP".into()])
                .collect()
        }
    }
}

fn opened(event: &str, flow: &str, node: Node<'_>) -> String {
    match node.style() {
        Style::Flow => format!("{event} {flow}"),
        _ => event.to_owned(),
    }
}

fn mark(style: Style) -> char {
    match style {
        Style::SingleQuoted => '\'',
        Style::DoubleQuoted => '"',
        Style::Literal => '|',
        Style::Folded => '>',
        _ => ':',
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            c => out.push(c),
        }
    }
    out
}
