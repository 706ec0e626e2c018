//! Runs a rule's examples: a violating one is found on its marked lines and nowhere else, a
//! satisfying one not at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::evaluate::{Evaluator, Member, Setting};
use super::file::{Example, Rule, Scope};
use super::{NEWEST_KUBE_VERSION, environment};
use crate::kube::objects;
use crate::source::Sources;
use crate::yaml;

/// Runs one example; what is wrong, if anything.
///
/// # Errors
/// A sentence that says which line was expected and which was found.
pub fn run(rule: &Rule, example: &Example) -> Result<(), String> {
    let text: Arc<str> = example.text.as_str().into();
    let source = Sources::default().add("example.yaml", Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    if let Some(error) = stream.errors.first() {
        return Err(format!("the example is no YAML: {}", error.message));
    }
    let setting = Setting {
        kube_version: example.kube_version.as_deref().unwrap_or(NEWEST_KUBE_VERSION).to_owned(),
        namespace: "default".to_owned(),
        cluster: example.cluster,
        release: example.release.clone(),
        ..Setting::default()
    };
    let mut evaluator = Evaluator::new(environment(), setting);
    let mut members = Vec::new();
    for document in &stream.documents {
        members.extend(
            objects(document)
                .iter()
                .map(|object| Member { document: Arc::clone(document), node: object.node.id() }),
        );
    }
    let line_of = |offset: u32| text[..offset as usize].matches('\n').count() + 1;
    let mut found = BTreeSet::new();
    let mut messages = Vec::new();
    for document in &stream.documents {
        let hits = if rule.scope == Scope::Values {
            evaluator.values(document, &example.release, [(rule, &example.params)])
        } else {
            objects(document)
                .iter()
                .flat_map(|object| {
                    evaluator.object(document, object, &members, [(rule, &example.params)])
                })
                .collect()
        };
        for (_, hit) in hits {
            let line = line_of(hit.target.span(document).start);
            found.insert(line);
            messages.push(format!("line {line}: {}", hit.message));
        }
    }
    let mut expected = BTreeSet::new();
    for (at, line) in text.lines().enumerate() {
        let Some((_, marked)) = line.rsplit_once("# ^") else {
            continue;
        };
        expected.insert(at + 1);
        let part = marked.trim();
        let said = |message: &String| {
            message.starts_with(&format!("line {}:", at + 1)) && message.contains(part)
        };
        if !part.is_empty() && !messages.iter().any(said) {
            return Err(format!("line {} should say \"{part}\"; said were {messages:?}", at + 1));
        }
    }
    if example.violates && expected.is_empty() {
        return Err("a violating example marks its lines with `# ^`".to_owned());
    }
    if !example.violates && !expected.is_empty() {
        return Err("a satisfying example marks no line".to_owned());
    }
    if found == expected {
        return Ok(());
    }
    Err(format!("found on lines {found:?}, expected on {expected:?}: {messages:?}"))
}
