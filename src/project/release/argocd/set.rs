//! `ApplicationSets`: one Application for each set of parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    Content, Context, Declaration, File, Found, Layer, Mapped, UNKNOWN, Via, application, documents,
};
use crate::project::chart::scalar_text;
use crate::project::tree::{base_name, is_below, join, parent};
use crate::yaml::{self, Kind, Node};

/// As many combinations of parameters are looked at.
const MAX_SETS: usize = 1000;

/// Flat parameters, nested ones by dotted names.
type Parameters = BTreeMap<String, String>;

/// What generators may look at.
#[derive(Clone, Copy)]
struct Around<'s, 'c> {
    file: &'s File,
    context: &'s Context<'c>,
    go_template: bool,
}

/// Parameters of which a generator knows none: a cluster has them.
fn open() -> Parameters {
    Parameters::from([(UNKNOWN.to_string(), String::new())])
}

fn is_open(set: &Parameters) -> bool {
    set.contains_key(UNKNOWN.encode_utf8(&mut [0; 4]))
}

pub(super) fn expand(
    root: Node<'_>,
    file: &File,
    rendered: Option<&Mapped>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let Some(spec) = root.get("spec") else { return };
    let go_template = spec.get("goTemplate").and_then(Node::as_bool).unwrap_or(false);
    let Some(template) = spec.get("template") else { return };
    let mut sets = Vec::new();
    let around = Around { file, context, go_template };
    for generator in spec.get("generators").into_iter().flat_map(|list| list.items()) {
        sets.extend(generate(generator, around, &Parameters::new(), 0));
    }
    let patch = spec.get("templatePatch").filter(|patch| patch.raw().contains("helm:"));
    let first = found.releases.len();
    for set in &sets {
        let fill = |text: &str| fill(text, set, go_template);
        let declaration = Declaration {
            path: &file.path,
            documents: documents(file),
            declared: match rendered {
                Some(mapped) => mapped.span(root.span().range().start, root.span().range().end),
                None => root.span(),
            },
            via: Via::ArgoCdApplicationSet,
            variant: set.get("path").or_else(|| set.get("path.path")).cloned(),
            fill: &fill,
            rendered,
        };
        // The template has an Application's metadata and spec.
        application(template, &declaration, context, found);
    }
    // What a patch of each Application makes of its values is not worked out here.
    if let Some(patch) = patch {
        let span = patch.key_span().unwrap_or(patch.span());
        let span =
            rendered.map_or(span, |mapped| mapped.span(span.range().start, span.range().end));
        for release in &mut found.releases[first..] {
            release.values.push(Layer::inline(span, Content::Unknown));
        }
    }
}

/// The parameter sets of a generator. What needs the cluster gives one set that is open: all its
/// parameters are unknown. `outer` are the parameters that a matrix has before.
fn generate(
    generator: Node<'_>,
    around: Around<'_, '_>,
    outer: &Parameters,
    depth: usize,
) -> Vec<Parameters> {
    let selector = generator.get("selector");
    let mut sets = Vec::new();
    for entry in generator.entries() {
        let node = entry.value;
        let made = match entry.name().as_ref() {
            "list" => list(node, around, outer),
            "git" => git(node, around, outer),
            "matrix" if depth < 4 => product(node, around, depth),
            "merge" if depth < 4 => merged(node, around, depth),
            "selector" | "template" => continue,
            _ => vec![open()],
        };
        for mut set in made {
            let mut seen = outer.clone();
            seen.extend(set.clone());
            for value in node.get("values").into_iter().flat_map(Node::entries) {
                if let Some(text) = scalar_text(value.value) {
                    let text = fill(&text, &seen, around.go_template);
                    set.insert(format!("values.{}", value.name()), text);
                }
            }
            if selector.is_none_or(|selector| selects(selector, &set)) {
                sets.push(set);
            }
        }
    }
    sets
}

/// Whether a generator's selector lets a set pass, or may.
fn selects(selector: Node<'_>, set: &Parameters) -> bool {
    let value = |key: &str| match set.get(key) {
        Some(value) if !value.contains(UNKNOWN) => Some(Some(value.as_str())),
        None if !is_open(set) => Some(None),
        _ => None,
    };
    let mut labels = selector.get("matchLabels").into_iter().flat_map(Node::entries);
    let mut expressions = selector.get("matchExpressions").into_iter().flat_map(Node::items);
    labels.all(|label| value(&label.name()).is_none_or(|own| own == Some(label.value.raw())))
        && expressions.all(|expression| {
            let key = expression.get("key").and_then(scalar_text).unwrap_or_default();
            let Some(own) = value(&key) else { return true };
            let mut values = expression.get("values").into_iter().flat_map(Node::items);
            match expression.get("operator").map(Node::raw) {
                Some("In") => own.is_some_and(|own| values.any(|value| value.raw() == own)),
                Some("NotIn") => own.is_none_or(|own| values.all(|value| value.raw() != own)),
                Some("Exists") => own.is_some(),
                Some("DoesNotExist") => own.is_none(),
                _ => true,
            }
        })
}

fn list(node: Node<'_>, around: Around<'_, '_>, outer: &Parameters) -> Vec<Parameters> {
    let elements = node.get("elements").into_iter().flat_map(|list| list.items());
    let mut sets: Vec<Parameters> = elements
        .map(|element| {
            let mut set = Parameters::new();
            flatten(element, "", &mut set);
            if !outer.is_empty() {
                for value in set.values_mut() {
                    *value = fill(value, outer, around.go_template);
                }
            }
            set
        })
        .collect();
    if node.get("elementsYaml").is_some() && sets.is_empty() {
        sets.push(open());
    }
    sets
}

fn flatten(node: Node<'_>, name: &str, into: &mut Parameters) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match node.kind() {
        Kind::Scalar => {
            into.insert(name.to_owned(), scalar_text(node).unwrap_or_default());
        }
        Kind::Mapping => {
            node.entries().for_each(|entry| flatten(entry.value, &below(&entry.name()), into));
        }
        Kind::Sequence => {
            let items = node.items().enumerate();
            items.for_each(|(at, item)| flatten(item, &below(&at.to_string()), into));
        }
    }
}

fn git(node: Node<'_>, around: Around<'_, '_>, outer: &Parameters) -> Vec<Parameters> {
    let Around { file, context, go_template } = around;
    let top = context.tree.root_of(&file.path);
    let mut included = BTreeSet::new();
    let mut excluded = BTreeSet::new();
    let files = node.get("files");
    let patterns = files.or_else(|| node.get("directories"));
    for item in patterns.into_iter().flat_map(|list| list.items()) {
        let Some(pattern) = item.get("path").and_then(scalar_text) else { continue };
        let pattern = fill(&pattern, outer, go_template);
        if pattern.contains(UNKNOWN) {
            return vec![open()];
        }
        let matching = match files {
            Some(_) => files_matching(top, &pattern, context),
            None => directories_matching(top, &pattern, context),
        };
        if item.get("exclude").and_then(Node::as_bool).unwrap_or(false) {
            excluded.extend(matching);
        } else {
            included.extend(matching);
        }
    }
    let prefix = node.get("pathParamPrefix").and_then(scalar_text);
    let mut sets = Vec::new();
    for path in included.difference(&excluded) {
        let relative =
            if top.is_empty() { path } else { path[top.len()..].trim_start_matches('/') };
        let directory = if files.is_some() { parent(relative) } else { relative };
        let mut own = Parameters::new();
        path_parameters(directory, prefix.as_deref(), &mut own);
        if files.is_none() {
            sets.push(own);
            continue;
        }
        let key = prefix.as_ref().map_or("path".to_owned(), |prefix| format!("{prefix}.path"));
        own.insert(format!("{key}.filename"), base_name(relative).to_owned());
        own.insert(format!("{key}.filenameNormalized"), normalize(base_name(relative)));
        sets.extend(content(path, context).into_iter().map(|mut set| {
            set.extend(own.clone());
            set
        }));
    }
    sets
}

/// `path`, `path.basename` and their relatives, in both notations.
fn path_parameters(directory: &str, prefix: Option<&str>, into: &mut Parameters) {
    let key = prefix.map_or("path".to_owned(), |prefix| format!("{prefix}.path"));
    let base = base_name(directory);
    into.insert(key.clone(), directory.to_owned());
    into.insert(format!("{key}.path"), directory.to_owned());
    into.insert(format!("{key}.basename"), base.to_owned());
    into.insert(format!("{key}.basenameNormalized"), normalize(base));
    for (at, segment) in directory.split('/').enumerate() {
        into.insert(format!("{key}[{at}]"), segment.to_owned());
        into.insert(format!("{key}.segments.{at}"), segment.to_owned());
    }
}

/// As a DNS name may be: lower case letters, digits, `-` and `.`.
fn normalize(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let lower = name.to_lowercase();
    lower.chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}

fn directories_matching(top: &str, pattern: &str, context: &Context<'_>) -> Vec<String> {
    let full = join(top, pattern);
    let Ok(glob) = globset::GlobBuilder::new(&full).literal_separator(true).build() else {
        return Vec::new();
    };
    let matcher = glob.compile_matcher();
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.') && part != "..");
    let directories = context.tree.directories().filter(|path| matcher.is_match(path));
    directories.filter(|path| is_below(path, top) && !hidden(path)).map(str::to_owned).collect()
}

/// Files that match, JSON included, which nothing else in a project reads.
fn files_matching(top: &str, pattern: &str, context: &Context<'_>) -> Vec<String> {
    let full = join(top, pattern);
    let Ok(glob) = globset::GlobBuilder::new(&full).literal_separator(true).build() else {
        return Vec::new();
    };
    let matcher = glob.compile_matcher();
    let fixed = full.split(['*', '?', '[', '{']).next().unwrap_or_default();
    let base = if fixed.len() == full.len() {
        parent(&full)
    } else {
        fixed.rsplit_once('/').map_or("", |(base, _)| base)
    };
    let start = if base.is_empty() { "." } else { base };
    let mut found: BTreeSet<String> = context.tree.glob(top, pattern).into_iter().collect();
    for entry in walkdir::WalkDir::new(start).max_depth(12).into_iter().flatten().take(50_000) {
        let path = crate::project::shown(entry.path());
        if entry.file_type().is_file() && matcher.is_match(&path) {
            found.insert(path);
        }
    }
    found.into_iter().collect()
}

/// A parameter file: a map, or a list of maps.
fn content(path: &str, context: &Context<'_>) -> Vec<Parameters> {
    let text: Arc<str> = match context.tree.file(path) {
        Some(file) => file.text(),
        None => match std::fs::read_to_string(path) {
            Ok(text) if text.len() < 1 << 20 => text.into(),
            _ => return Vec::new(),
        },
    };
    let stream = yaml::parse(context.sources.add(path, Arc::clone(&text)), &text);
    let Some(root) = stream.documents.first().and_then(|document| document.root()) else {
        return Vec::new();
    };
    let nodes: Vec<Node<'_>> = match root.kind() {
        Kind::Sequence => root.items().collect(),
        _ => vec![root],
    };
    nodes
        .into_iter()
        .map(|node| {
            let mut set = Parameters::new();
            flatten(node, "", &mut set);
            set
        })
        .collect()
}

/// Every combination of what generators give; one may be written with the parameters of those before it.
fn product(node: Node<'_>, around: Around<'_, '_>, depth: usize) -> Vec<Parameters> {
    let mut sets = vec![Parameters::new()];
    for generator in node.get("generators").into_iter().flat_map(|list| list.items()) {
        let written = &generator.document().text()[generator.span().range()];
        let alone = (!written.contains("{{"))
            .then(|| generate(generator, around, &Parameters::new(), depth + 1));
        let combined = sets.iter().take(MAX_SETS).flat_map(|set| {
            let made = match &alone {
                Some(made) => made.clone(),
                None => generate(generator, around, set, depth + 1),
            };
            made.into_iter().map(move |more| {
                let mut set = set.clone();
                set.extend(more);
                set
            })
        });
        sets = combined.take(MAX_SETS).collect();
    }
    sets
}

/// The first generator's sets, overlaid by sets of the others that agree in the merge keys.
fn merged(node: Node<'_>, around: Around<'_, '_>, depth: usize) -> Vec<Parameters> {
    let keys = node.get("mergeKeys").into_iter().flat_map(|list| list.items());
    let keys: Vec<String> = keys.filter_map(scalar_text).collect();
    let generators = node.get("generators").into_iter().flat_map(|list| list.items());
    let none = Parameters::new();
    let mut made = generators.map(|generator| generate(generator, around, &none, depth + 1));
    let mut sets = made.next().unwrap_or_default();
    for more in made {
        for set in &mut sets {
            let agreeing = more.iter().find(|more| {
                keys.iter().all(|key| set.contains_key(key) && set.get(key) == more.get(key))
            });
            set.extend(agreeing.cloned().unwrap_or_default());
        }
    }
    sets
}

/// Fills in `{{…}}`. What is not among the parameters becomes unknown.
fn fill(text: &str, set: &Parameters, go_template: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((expression, after)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        let expression = expression.trim_matches(['-', ' ']);
        let value = match go_template {
            true => go_value(expression, set),
            false => set.get(expression).cloned(),
        };
        match value {
            Some(value) => out.push_str(&value),
            None => out.push(UNKNOWN),
        }
        rest = after;
    }
    out + rest
}

/// `.a.b`, `index .path.segments 1`, `default`, `lower` and the like, in a pipeline.
fn go_value(expression: &str, set: &Parameters) -> Option<String> {
    let mut parts = expression.split('|').map(str::trim);
    let mut value = operand(parts.next()?, set);
    for part in parts {
        let words: Vec<&str> = part.split_whitespace().collect();
        value = match words.as_slice() {
            ["lower"] => value.map(|text| text.to_lowercase()),
            ["upper"] => value.map(|text| text.to_uppercase()),
            ["normalize"] => value.map(|text| normalize(&text)),
            ["quote"] => value.map(|text| format!("\"{text}\"")),
            ["trim" | "toString"] => value.map(|text| text.trim().to_owned()),
            ["default", default] => {
                value.filter(|text| !text.is_empty()).or_else(|| operand(default, set))
            }
            _ => None,
        };
    }
    value
}

fn operand(text: &str, set: &Parameters) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [word] if word.starts_with('.') => set.get(&word[1..]).cloned(),
        [word] if word.starts_with('"') => Some(word.trim_matches('"').to_owned()),
        ["index", list, at] => {
            let list = list.strip_prefix('.')?;
            set.get(&format!("{list}.{}", at.trim_matches('"'))).cloned()
        }
        ["default", default, value] => {
            operand(value, set).filter(|text| !text.is_empty()).or_else(|| operand(default, set))
        }
        ["normalize", value] => operand(value, set).map(|text| normalize(&text)),
        _ => None,
    }
}
