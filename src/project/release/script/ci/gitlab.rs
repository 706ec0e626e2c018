//! GitLab's pipelines: <https://docs.gitlab.com/ci/yaml/>.

use super::{
    Context, File, Kind, Node, Piece, Value, Variables, combined, lines, piece, references,
    variables,
};
use crate::project::class::Class;
use crate::project::node::scalar_text;

/// Top-level keys that are not jobs.
const RESERVED: [&str; 8] =
    ["variables", "default", "workflow", "include", "stages", "image", "cache", "services"];
/// The deepest nesting of included files, and of jobs that extend others.
const MAX_DEPTH: u8 = 10;

/// One piece for each job of a pipeline, with `include`, `extends`, `default` and `!reference` resolved. A file that another
/// one includes is read as part of that one.
pub(in crate::project::release::script) fn gitlab<'p>(
    file: &'p File,
    context: &Context<'p>,
) -> Vec<Piece> {
    let Some(pipeline) = Pipeline::of(file, context) else { return Vec::new() };
    let workflow = pipeline.roots.iter().find_map(|root| root.at(&["workflow", "rules"]));
    if workflow.is_some_and(|rules| pipeline.never(rules)) {
        return Vec::new();
    }
    let mut global = Variables::new();
    for root in pipeline.roots.iter().rev() {
        variables(root.get("variables"), &mut global);
    }
    let mut jobs: Vec<(String, Node<'_>)> = Vec::new();
    for entry in pipeline.roots.iter().flat_map(|root| root.entries()) {
        let name = entry.name();
        let is_job = entry.value.kind() == Kind::Mapping && !RESERVED.contains(&name.as_ref());
        if is_job && !jobs.iter().any(|(known, _)| *known == name) {
            jobs.push((name.into_owned(), entry.value));
        }
    }
    let runs = |(name, job): &(String, Node<'_>)| {
        !name.starts_with('.') && (job.get("script").is_some() || job.get("extends").is_some())
    };
    // Without any job that runs, all jobs are templates for other repositories.
    let only_templates = !jobs.iter().any(runs);
    let mut pieces = Vec::new();
    for (name, job) in jobs {
        if !name.starts_with('.') || only_templates {
            pieces.extend(self::job(&name, job, file, &pipeline, &global, context));
        }
    }
    pieces
}

/// The pieces of one job: one for each entry of its matrix.
fn job(
    name: &str,
    job: Node<'_>,
    file: &File,
    pipeline: &Pipeline<'_>,
    global: &Variables,
    context: &Context<'_>,
) -> Vec<Piece> {
    let chain = pipeline.chain(name, job);
    let first = |key: &str| {
        let own = chain.iter().find_map(|job| job.get(key));
        own.or_else(|| pipeline.roots.iter().find_map(|root| root.at(&["default", key])))
    };
    if chain.iter().find_map(|job| job.get("rules")).is_some_and(|rules| pipeline.never(rules)) {
        return Vec::new();
    }
    let mut own = global.clone();
    for job in chain.iter().rev() {
        variables(job.get("variables"), &mut own);
    }
    let environment = first("environment").and_then(|node| node.get("name").or(Some(node)));
    if let Some(environment) = environment.and_then(scalar_text) {
        let environment = references(&environment, &own);
        own.entry("CI_ENVIRONMENT_NAME".to_owned()).or_insert(Value::Text(environment));
    }
    own.entry("CI_JOB_NAME".to_owned()).or_insert(Value::Text(name.to_owned()));
    let mut pieces = Vec::new();
    for own in matrix(first("parallel").and_then(|node| node.get("matrix")), &own) {
        for keys in [&["before_script", "script"][..], &["after_script"]] {
            let mut scalars = Vec::new();
            for node in keys.iter().filter_map(|key| first(key)) {
                pipeline.followed(node).into_iter().for_each(|node| lines(node, &mut scalars));
            }
            pieces.extend(piece(file, &scalars, own.clone(), Some(name.to_owned()), context));
        }
    }
    pieces
}

/// A file with all files that it includes; the including file has priority.
struct Pipeline<'p> {
    roots: Vec<Node<'p>>,
}

impl<'p> Pipeline<'p> {
    /// The pipeline of a file; `None` if another file includes it.
    fn of(file: &'p File, context: &Context<'p>) -> Option<Self> {
        let with = |file| {
            let mut files = Vec::new();
            gather(file, context, &mut files, 0);
            files
        };
        let holds = |files: &[&File]| files.iter().any(|other| other.path == file.path);
        let mut others = context.tree.of(Class::GitLabCi).filter(|other| other.path != file.path);
        let included = others.any(|other| other.text().contains("include") && holds(&with(other)));
        let roots = with(file).into_iter().filter_map(|file| file.roots().next()).collect();
        (!included).then_some(Self { roots })
    }

    fn get(&self, name: &str) -> impl Iterator<Item = Node<'p>> {
        self.roots.iter().filter_map(move |root| root.get(name))
    }

    /// A job, its definitions in other files, and the jobs that it extends; the first has priority.
    fn chain(&self, name: &str, job: Node<'p>) -> Vec<Node<'p>> {
        let mut chain = Vec::new();
        let own: Vec<Node<'p>> = self.get(name).collect();
        let own = if own.is_empty() { vec![job] } else { own };
        self.extend(&own, &mut chain, 0);
        chain
    }

    fn extend(&self, jobs: &[Node<'p>], chain: &mut Vec<Node<'p>>, depth: u8) {
        chain.extend(jobs);
        let Some(extends) = jobs.iter().find_map(|job| job.get("extends")) else { return };
        let mut parents = Vec::new();
        lines(extends, &mut parents);
        for parent in parents.into_iter().rev().filter(|_| depth < MAX_DEPTH) {
            let parent: Vec<Node<'p>> = self.get(parent.raw()).collect();
            self.extend(&parent, chain, depth + 1);
        }
    }

    /// Whether a job with these rules is never run: the first rule that applies decides, and without one the job is left
    /// out.
    fn never(&self, rules: Node<'_>) -> bool {
        let Some(rules) = self.rules(rules).filter(|rules| !rules.is_empty()) else { return false };
        for rule in rules {
            if rule.get("when").is_none_or(|when| when.raw() != "never") {
                return false;
            }
            if ["if", "changes", "exists"].iter().all(|key| rule.get(key).is_none()) {
                return true;
            }
        }
        true
    }

    /// A list of rules with those that it refers to; `None` if one of these is not here.
    fn rules<'a>(&self, rules: Node<'a>) -> Option<Vec<Node<'a>>>
    where
        'p: 'a,
    {
        let is_reference = |node: &Node<'_>| node.tag() == Some("!reference");
        let items = |node: Node<'a>| match is_reference(&node) {
            true => vec![node],
            false => node.items().collect(),
        };
        let mut all = Vec::new();
        for rule in items(rules) {
            match is_reference(&rule) {
                true => all.extend(self.followed(rule).into_iter().next()?.items()),
                false => all.push(rule),
            }
        }
        (!all.iter().any(is_reference)).then_some(all)
    }

    /// Resolves `!reference [job, key]`.
    fn followed<'a>(&self, node: Node<'a>) -> Vec<Node<'a>>
    where
        'p: 'a,
    {
        if node.tag() == Some("!reference") {
            let path: Vec<&str> = node.items().map(Node::raw).collect();
            return self.roots.iter().find_map(|root| root.at(&path)).into_iter().collect();
        }
        match node.kind() {
            Kind::Sequence => node.items().flat_map(|item| self.followed(item)).collect(),
            _ => vec![node],
        }
    }
}

/// Collects a file and the files in the repository that it includes, the file itself first.
fn gather<'p>(file: &'p File, context: &Context<'p>, files: &mut Vec<&'p File>, depth: u8) {
    if depth > MAX_DEPTH || files.iter().any(|known| known.path == file.path) {
        return;
    }
    files.push(file);
    let Some(include) = file.roots().next().and_then(|root| root.get("include")) else { return };
    let items = match include.kind() {
        Kind::Sequence => include.items().collect(),
        _ => vec![include],
    };
    // Files that are included later have priority.
    for item in items.into_iter().rev() {
        let path = item.get("local").and_then(scalar_text).or_else(|| scalar_text(item));
        let Some(path) = path.filter(|path| !path.contains("://")) else { continue };
        let path = path.trim_start_matches('/');
        let paths = match path.contains('*') {
            true => context.tree.glob(context.tree.root_of(&file.path), path),
            false => vec![context.tree.from_top(&file.path, path)],
        };
        for included in paths.iter().filter_map(|path| context.tree.file(path)) {
            gather(included, context, files, depth + 1);
        }
    }
}

/// One set of variables for each job of `parallel: matrix:`.
fn matrix(node: Option<Node<'_>>, own: &Variables) -> Vec<Variables> {
    let Some(node) = node.filter(|node| node.kind() == Kind::Sequence) else {
        return vec![own.clone()];
    };
    let mut all = Vec::new();
    for set in node.items() {
        let mut ways = vec![own.clone()];
        for entry in set.entries() {
            let mut values = Vec::new();
            lines(entry.value, &mut values);
            ways = combined(&ways, &values, |way, value| {
                way.insert(entry.name().into_owned(), Value::Text(value.raw().to_owned()));
            });
        }
        all.extend(ways);
    }
    all
}
