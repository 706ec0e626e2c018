//! The workflows and actions of GitHub: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>.

mod condition;

use std::collections::BTreeMap;

use self::condition::is_false;
use super::{
    Context, File, Kind, Mapped, Node, Piece, Pieces, RUN_TIME, Value, Variables, combined,
    interpolated, is_known,
};
use crate::project::node::scalar_text;
use crate::project::path::join;
use crate::source::Span;
use crate::yaml::Entry;

/// One piece for each script of each job of a workflow and each entry of its matrix, or for those of an action.
pub(in crate::project::release::script) fn github(
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let Some(root) = file.roots().next() else { return Vec::new() };
    let inputs = inputs(root);
    let choices = choices(root);
    let jobs: Vec<(String, Node<'_>)> = match root.get("runs") {
        Some(runs) => vec![("runs".to_owned(), runs)],
        None => root
            .get("jobs")
            .into_iter()
            .flat_map(Node::entries)
            .map(|entry| (entry.name().into_owned(), entry.value))
            .collect(),
    };
    let mut pieces = Pieces::of(file, context);
    for (name, node) in jobs {
        let before = pieces.found.len();
        let mut runs = matrix(node.at(&["strategy", "matrix"]));
        for choice in choices.iter().filter(|choice| is_in(&choice.name, node, root)) {
            runs = combined(&runs, &choice.values(node, root), |way, value| {
                way.insert(choice.name.clone(), Value::Text(value.clone()));
            });
        }
        for certain in runs {
            if is_never(node, &certain) {
                continue;
            }
            let expressions: Variables =
                inputs.clone().into_iter().chain(certain.clone()).collect();
            let mut own = Variables::new();
            variables(root.get("env"), &mut own, &expressions);
            variables(node.get("env"), &mut own, &expressions);
            Job { root, node, name: &name, variables: own, expressions, certain }.add(&mut pieces);
        }
        drop_repeated(&mut pieces.found, before);
    }
    pieces.found
}

/// Drops pieces that say the same, as those of steps that do not read what combinations differ in.
fn drop_repeated(pieces: &mut Vec<Piece>, from: usize) {
    let mut seen: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    let mut kept = from;
    for at in from..pieces.len() {
        let place = pieces[at].text.span(0, 0);
        let others = seen.entry(place).or_default();
        let is_same = |other: &usize| {
            pieces[*other].text.text == pieces[at].text.text
                && pieces[*other].environment == pieces[at].environment
        };
        if !others.iter().any(is_same) {
            others.push(kept);
            pieces.swap(kept, at);
            kept += 1;
        }
    }
    pieces.truncate(kept);
}

/// Whether a job or step is never run, as its condition is false.
fn is_never(node: Node<'_>, certain: &Variables) -> bool {
    let condition = node.get("if").and_then(scalar_text);
    condition.is_some_and(|condition| is_false(&condition, certain))
}

/// The events that a workflow is run for. As YAML 1.1 has it, the key `on` is true.
fn events(root: Node<'_>) -> Option<Node<'_>> {
    root.get("true").or_else(|| root.get("on"))
}

/// An input that is one of several options.
struct Choice {
    /// As expressions name it: `inputs.stage`.
    name: String,
    options: Vec<String>,
}

/// The inputs of a workflow that is run by hand of which one of several options is chosen.
fn choices(root: Node<'_>) -> Vec<Choice> {
    let inputs = events(root).and_then(|events| events.at(&["workflow_dispatch", "inputs"]));
    let choice = |entry: Entry<'_>| {
        let options = entry.value.get("options")?.items().filter_map(scalar_text).collect();
        let is_choice = entry.value.get("type").is_some_and(|kind| kind.raw() == "choice");
        is_choice.then(|| Choice { name: format!("inputs.{}", entry.name()), options })
    };
    let all = inputs.into_iter().flat_map(Node::entries).filter_map(choice);
    all.filter(|choice| !choice.options.is_empty()).collect()
}

impl Choice {
    /// The options, and what is not known where the job has a default and is run for other events, too.
    fn values(&self, job: Node<'_>, root: Node<'_>) -> Vec<String> {
        let mut values = self.options.clone();
        let mut others = events(root).into_iter().flat_map(Node::entries);
        let is_left_out = others.any(|event| event.name() != "workflow_dispatch");
        let default = format!("{} ||", self.name);
        if is_left_out && is_in(&default, job, root) {
            values.push(RUN_TIME.to_string());
        }
        values
    }
}

/// Whether a job, or what is set for all jobs, contains a text.
fn is_in(text: &str, job: Node<'_>, root: Node<'_>) -> bool {
    let written = |node: Node<'_>| {
        node.document().text().get(node.span().range()).is_some_and(|own| own.contains(text))
    };
    written(job) || root.get("env").is_some_and(written)
}

/// The inputs of an action or a workflow, with their defaults.
fn inputs(root: Node<'_>) -> Variables {
    let lists = [
        root.get("inputs"),
        events(root).and_then(|events| events.at(&["workflow_dispatch", "inputs"])),
        events(root).and_then(|events| events.at(&["workflow_call", "inputs"])),
    ];
    let entries = lists.into_iter().flatten().flat_map(Node::entries);
    let defaults = entries.filter_map(|entry| {
        let text = entry.value.get("default").and_then(scalar_text)?;
        Some((format!("inputs.{}", entry.name()), Value::Text(text)))
    });
    defaults.collect()
}

/// A job of a workflow, for one entry of its matrix, or what an action runs.
struct Job<'a> {
    /// The whole workflow or action.
    root: Node<'a>,
    node: Node<'a>,
    name: &'a str,
    /// What `env` sets for all steps.
    variables: Variables,
    /// What expressions may name besides `env`: `inputs.x` and `matrix.x`.
    expressions: Variables,
    /// Those of them that are certain, whoever starts the run.
    certain: Variables,
}

impl Job<'_> {
    /// Adds the scripts of its steps.
    fn add(&self, pieces: &mut Pieces<'_, '_>) {
        let Self { root, node, name, variables: own, expressions, certain } = self;
        let steps = node.get("steps").into_iter().flat_map(|steps| steps.items());
        for step in steps.filter(|step| !is_never(*step, certain)) {
            let run = step.get("run").filter(|run| run.kind() == Kind::Scalar);
            let Some(run) = run else { continue };
            let mut own = own.clone();
            variables(step.get("env"), &mut own, expressions);
            let folder = step
                .get("working-directory")
                .or_else(|| node.at(&["defaults", "run", "working-directory"]))
                .or_else(|| root.at(&["defaults", "run", "working-directory"]))
                .and_then(scalar_text)
                .map(|folder| expanded(&folder, &own, expressions));
            let above = folder.as_deref().and_then(workspace_above);
            let text = Mapped::scalar(run).substitute("${{", "}}", |expression| match &above {
                Some(above) if expression == WORKSPACE => above.clone(),
                _ => evaluate(expression, &own, expressions),
            });
            let tops = pieces.context.tree.tops_of(&pieces.file.path);
            let mut piece = pieces.piece(text, own);
            piece.environment.directories = match folder {
                Some(folder) if !is_known(&folder) => Vec::new(),
                Some(folder) => tops.map(|top| join(top, &folder)).collect(),
                None => tops.map(str::to_owned).collect(),
            };
            piece.variant = Some((*name).to_owned());
            // What runs steps without a `shell` is bash.
            piece.environment.braces =
                self.shell(step).is_none_or(|shell| !shell.starts_with("sh"));
            pieces.found.push(piece);
        }
    }
}

impl<'a> Job<'a> {
    /// The shell of a step, if one is named.
    fn shell(&self, step: Node<'a>) -> Option<String> {
        let own = step.get("shell").or_else(|| self.node.at(&["defaults", "run", "shell"]));
        own.or_else(|| self.root.at(&["defaults", "run", "shell"])).and_then(scalar_text)
    }
}

/// The folder into which the repository is checked out.
const WORKSPACE: &str = "github.workspace";

/// The relative path from a folder in the workspace to the workspace.
fn workspace_above(folder: &str) -> Option<String> {
    let folder = join("", folder);
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    (depth > 0 && is_known(&folder)).then(|| vec![".."; depth].join("/"))
}

fn variables(node: Option<Node<'_>>, into: &mut Variables, expressions: &Variables) {
    for entry in node.into_iter().flat_map(Node::entries) {
        if let Some(text) = scalar_text(entry.value) {
            let text = expanded(&text, into, expressions);
            into.insert(entry.name().into_owned(), Value::Text(text));
        }
    }
}

/// Replaces the expressions in a text.
fn expanded(text: &str, own: &Variables, expressions: &Variables) -> String {
    interpolated(text, "${{", "}}", |expression| evaluate(expression, own, expressions))
}

/// Evaluates the few expressions whose values may be known: `env.X`, `matrix.x`, `inputs.x`, `… || 'default'`.
fn evaluate(expression: &str, own: &Variables, expressions: &Variables) -> String {
    for part in expression.split("||").map(str::trim) {
        let literal = part.strip_prefix('\'').and_then(|part| part.strip_suffix('\''));
        if let Some(literal) = literal {
            return literal.to_owned();
        }
        // What a condition on the run chooses is not known: `github.ref == 'refs/heads/main' && 'prod' || 'dev'`.
        if part.contains(['&', '=', '!', '<', '>', '(']) {
            return RUN_TIME.to_string();
        }
        let value = match part.strip_prefix("env.") {
            Some(name) => own.get(name),
            None => expressions.get(part.strip_prefix("github.event.").unwrap_or(part)),
        };
        match value {
            Some(Value::Text(text)) if is_known(text) => return text.clone(),
            _ if part == WORKSPACE => return ".".to_owned(),
            _ => {}
        }
    }
    RUN_TIME.to_string()
}

/// The variables of each combination of a matrix; without a matrix, one combination that sets none.
fn matrix(node: Option<Node<'_>>) -> Vec<Variables> {
    let Some(node) = node.filter(|node| node.kind() == Kind::Mapping) else {
        return vec![Variables::new()];
    };
    let mut combinations = vec![Variables::new()];
    for entry in node.entries() {
        let name = entry.name();
        let is_axis = !matches!(name.as_ref(), "include" | "exclude");
        if is_axis && entry.value.kind() == Kind::Sequence {
            let values: Vec<Node<'_>> = entry.value.items().collect();
            combinations = combined(&combinations, &values, |way, value| put(&name, *value, way));
        }
    }
    for excluded in node.get("exclude").into_iter().flat_map(Node::items) {
        let mut own = Variables::new();
        excluded.entries().for_each(|entry| put(&entry.name(), entry.value, &mut own));
        let is_excluded =
            |way: &Variables| own.iter().all(|(key, value)| way.get(key) == Some(value));
        combinations.retain(|way| own.is_empty() || !is_excluded(way));
    }
    let include = node.get("include").filter(|node| node.kind() == Kind::Sequence);
    match include {
        Some(include) => with_included(combinations, include),
        None => combinations,
    }
}

/// Sets what a value of a matrix stands for: `matrix.NAME`, or `matrix.NAME.KEY` for each of its keys.
fn put(name: &str, value: Node<'_>, into: &mut Variables) {
    match value.kind() {
        Kind::Mapping => {
            for entry in value.entries() {
                if let Some(text) = scalar_text(entry.value) {
                    into.insert(format!("matrix.{name}.{}", entry.name()), Value::Text(text));
                }
            }
        }
        _ => {
            let text = scalar_text(value).unwrap_or_else(|| RUN_TIME.to_string());
            into.insert(format!("matrix.{name}"), Value::Text(text));
        }
    }
}

/// Adds the entries of `include`. One that agrees with combinations extends all of them; any other is a combination of
/// its own.
fn with_included(mut combinations: Vec<Variables>, include: Node<'_>) -> Vec<Variables> {
    let own = combinations.clone();
    let mut alone = Vec::new();
    for set in include.items() {
        let mut included = Variables::new();
        for entry in set.entries() {
            put(&entry.name(), entry.value, &mut included);
        }
        let mut agreed = false;
        for (own, base) in own.iter().zip(&mut combinations).filter(|(own, _)| !own.is_empty()) {
            if own.iter().all(|(key, value)| included.get(key).is_none_or(|given| given == value)) {
                base.extend(included.clone());
                agreed = true;
            }
        }
        if !agreed {
            alone.push(included);
        }
    }
    // A matrix of nothing but entries of `include` has no combination without them.
    let is_alone = matches!(&combinations[..], [only] if only.is_empty());
    if is_alone && !alone.is_empty() {
        combinations.clear();
    }
    combinations.extend(alone);
    combinations
}
