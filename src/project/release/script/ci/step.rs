//! Steps that run `helm` without a shell: with a list of arguments, as in Tekton and Cloud Build, or with Azure's task
//! `HelmDeploy`.

use super::{Context, Mapped, Piece, Pieces, Value, Variables, text_of, variables};
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::path::base_name;
use crate::yaml::{Kind, Node};

/// Tekton: the steps of Tasks, including those inside of Pipelines and runs.
pub(in crate::project::release::script) fn tekton(
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let mut pieces = Pieces::of(file, context);
    for object in file.objects() {
        let api = object.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        if let Some(spec) = object.get("spec").filter(|_| api.starts_with("tekton.dev/")) {
            steps(spec, &Variables::new(), &mut pieces);
        }
    }
    pieces.found
}

fn steps(spec: Node<'_>, outer: &Variables, pieces: &mut Pieces<'_, '_>) {
    let mut own = outer.clone();
    listed(spec.get("params"), &["value", "default"], &mut own);
    for step in spec.get("steps").into_iter().flat_map(Node::items) {
        let text = match step.get("script").filter(|script| script.kind() == Kind::Scalar) {
            Some(script) => Some(Mapped::scalar(script)),
            None => arguments(step),
        };
        let Some(text) = text else { continue };
        let text = text.substitute("$(params.", ")", |name| text_of(&own, name));
        let mut declared = Variables::new();
        listed(step.get("env"), &["value"], &mut declared);
        pieces.add(text, declared);
    }
    let tasks = spec.get("tasks").into_iter().flat_map(Node::items);
    let below = tasks.filter_map(|task| task.get("taskSpec"));
    let runs = ["taskSpec", "pipelineSpec"].into_iter().filter_map(|key| spec.get(key));
    below.chain(runs).for_each(|spec| steps(spec, &own, pieces));
}

/// The command of a step that is a list of words, if it runs `helm` according to its `command` or `entrypoint`, or to the name
/// of its image.
pub(super) fn arguments(step: Node<'_>) -> Option<Mapped> {
    let words = |key: &str| -> Vec<String> {
        let Some(node) = step.get(key) else { return Vec::new() };
        let items = node.items().filter_map(scalar_text);
        if node.kind() == Kind::Scalar { vec![node.raw().to_owned()] } else { items.collect() }
    };
    let mut command = words("command");
    if command.is_empty() {
        command = words("entrypoint");
    }
    let image = ["image", "name"].into_iter().find_map(|key| step.get(key).and_then(scalar_text));
    let image = image.unwrap_or_default();
    let of_helm =
        base_name(&image).split([':', '@']).next().is_some_and(|name| name.contains("helm"));
    if command.is_empty() && of_helm {
        command.push("helm".to_owned());
    }
    let args = step.get("args").filter(|args| args.kind() == Kind::Sequence)?;
    let first = command.first().map(|word| base_name(word).to_owned());
    (first.as_deref() == Some("helm")).then(|| {
        let words: Vec<String> = command.into_iter().chain(words("args")).collect();
        line(args, &words)
    })
}

/// Azure: `HelmDeploy@0` and `HelmDeploy@1` (azure-pipelines-tasks, Tasks/HelmDeployV0).
pub(super) fn helm_deploy(step: Node<'_>) -> Option<Mapped> {
    let task = step.get("task").and_then(Node::as_str)?;
    let inputs = step.get("inputs").filter(|_| task.starts_with("HelmDeploy@"))?;
    let of = |key: &str| inputs.get(key).and_then(scalar_text).filter(|text| !text.is_empty());
    let verb = of("command").filter(|verb| matches!(verb.as_str(), "install" | "upgrade"))?;
    let chart = match of("chartType").as_deref() {
        Some("FilePath") => of("chartPath"),
        _ => of("chartName").or_else(|| of("chartPath")),
    };
    let mut words = vec!["helm".to_owned(), verb, of("releaseName")?, chart?];
    let options = [
        ("--namespace", of("namespace")),
        ("--version", of("chartVersion").or_else(|| of("version"))),
        ("--values", of("valueFile")),
        ("--set", of("overrideValues").map(|set| set.replace('\n', ","))),
    ];
    for (option, value) in options {
        if let Some(value) = value {
            words.extend([option.to_owned(), value]);
        }
    }
    Some(line(step, &words))
}

/// Words as a command line, quoted so that a shell splits it into the same words, with the span of a node.
fn line(node: Node<'_>, words: &[String]) -> Mapped {
    let quoted = words.iter().map(|word| {
        let word = word.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{word}\"")
    });
    let text = quoted.collect::<Vec<_>>().join(" ");
    let span = node.span();
    Mapped::instead(span.source, &text, span.range().start)
}

/// Adds the variables in a list of maps, each with a `name`, and its value at the first of some keys that it has.
pub(super) fn listed(list: Option<Node<'_>>, keys: &[&str], into: &mut Variables) {
    for item in list.into_iter().flat_map(Node::items) {
        let value = keys.iter().find_map(|key| item.get(key)).and_then(scalar_text);
        if let (Some(name), Some(value)) = (item.get("name").and_then(scalar_text), value) {
            into.insert(name, Value::Text(value));
        }
    }
}

/// Adds variables as CI systems declare them: a map, its `variables` or `global`, as in AWS and Travis, or texts
/// `NAME=value`.
pub(super) fn declared(node: Option<Node<'_>>, into: &mut Variables) {
    let Some(node) = node else { return };
    variables(Some(node), into);
    for key in ["variables", "global"] {
        declared(node.get(key), into);
    }
    let texts = node.items().chain(std::iter::once(node)).filter_map(scalar_text);
    for text in texts.collect::<Vec<_>>() {
        let assignments = text.split_whitespace().filter_map(|word| word.split_once('='));
        for (name, value) in assignments {
            let value = value.trim_matches(['"', '\'']).to_owned();
            into.insert(name.to_owned(), Value::Text(value));
        }
    }
}
