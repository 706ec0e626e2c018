//! Judges one scope by one rule. Pure: a scope in, hits out.

mod chart;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::common::types::{CelDouble, CelInt};
use cel::common::value::Val;
use cel::{Context, Env, Program, Value};

use super::algorithm::Scene;
use super::file::{Check, Rule, Scope};
use super::function;
use super::list::{SharedList, SharedMap};
use super::path::{NodePath, PathStep, Roots};
use super::undecided::Undecided;
use super::value::to_val;
use crate::finding::Severity;
use crate::kube::Object;
use crate::kube::schema::Schemas;
use crate::source::Span;
use crate::yaml::{Document, Kind, Node, NodeId};

/// A node, or where it would stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which of the scope's documents; but for charts there is one, 0.
    pub document: usize,
    /// The node, or the deepest one that is there on the way to it.
    pub node: NodeId,
    /// The keys that are missing below `node`; empty where the node itself is meant.
    pub missing: Vec<String>,
    /// True where the key is meant that the node stands under, not the node.
    pub key: bool,
}

/// What a rule found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Where.
    pub target: Target,
    /// What is wrong.
    pub message: String,
    /// What to do, where the rule says more than its `fix`.
    pub help: Option<String>,
    /// A severity of this very check, where it differs from the rule's.
    pub severity: Option<Severity>,
    /// Further places.
    pub related: Vec<(Target, String)>,
}

/// The release a scope is judged for.
#[derive(Debug, Clone, Default)]
pub struct ReleaseInfo {
    /// The release's name; empty where it is not known.
    pub name: String,
    /// The chart's name; empty where it is not known.
    pub chart: String,
    /// The namespace; empty where it is left open.
    pub namespace: String,
    /// Where the name was read, `.gitlab-ci.yml:4`; empty outside of releases.
    pub declared_in: String,
    /// True when the chart is at hand: what it makes of the values is then judged as objects, and
    /// a rule that could only guess at it has nothing to add.
    pub rendered: bool,
}

/// An object among those that are deployed together.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its document.
    pub document: Arc<Document>,
    /// Its mapping: the document's root, or an item of a `List`.
    pub node: NodeId,
}

/// What is known of the cluster; 0 where it is not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cluster {
    /// Nodes that pods can run on.
    pub nodes: u32,
    /// Zones that these nodes are spread over.
    pub zones: u32,
    /// What the largest node has for pods, in cores.
    pub node_cpu: f64,
    /// What the largest node has for pods, in bytes.
    pub node_memory: f64,
}

/// What all scopes of a run, or of one release, share.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Kubernetes version to judge by, `1.34`.
    pub kube_version: String,
    /// True where somebody said which version that is.
    pub kube_version_stated: bool,
    /// Where objects go that name no namespace: a release's, `default` for manifests as they lie;
    /// empty where that is left open.
    pub namespace: String,
    /// Schemas of custom resources.
    pub schemas: Arc<Schemas>,
    /// Facts of the cluster.
    pub cluster: Cluster,
    /// The release that the objects are of; empty for manifests that lie in the repository.
    pub release: ReleaseInfo,
    /// True for what a chart makes: no file of the repository holds it, and it has a release.
    pub rendered: bool,
}

/// What is deployed together, made known to CEL once.
struct Together {
    members: Vec<Member>,
    objects: SharedList,
    workloads: SharedList,
}

/// Evaluates rules. One a thread: it holds CEL's functions ready.
pub struct Evaluator {
    root: Context<'static, 'static>,
    setting: Setting,
    together: Option<Together>,
    settings: Settings,
    /// Checks that say nothing, because they could not be decided.
    pub undecided: Undecided,
    /// Kinds that a rule met and knows no schema of, as `Widget of example.org/v1`.
    pub unknown_kinds: std::collections::BTreeSet<String>,
}

impl Evaluator {
    /// Makes an evaluator.
    #[must_use]
    pub fn new(env: &Arc<Env>, setting: Setting) -> Self {
        let mut root = Context::with_env(Arc::clone(env));
        function::register(&mut root);
        root.add_variable_from_value("kube_version", setting.kube_version.clone());
        root.add_variable_from_value("kube_version_stated", setting.kube_version_stated);
        root.add_variable_from_value("rendered", setting.rendered);
        let minor =
            setting.kube_version.split('.').nth(1).and_then(|minor| minor.parse::<i64>().ok());
        root.add_variable_from_value("kube_minor", minor.unwrap_or(i64::MAX));
        root.add_variable_as_val("cluster", Box::new(facts(setting.cluster)));
        root.add_variable_from_value("release", info(&setting.release));
        Self {
            root,
            setting,
            together: None,
            settings: Settings::default(),
            undecided: Undecided::default(),
            unknown_kinds: std::collections::BTreeSet::new(),
        }
    }

    /// The setting it judges by.
    #[must_use]
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Judges one object by rules on objects and on releases; `members` are all objects that are
    /// deployed together, itself included, and may be empty for rules on objects.
    pub fn object<'r>(
        &mut self,
        document: &Arc<Document>,
        object: &Object<'_>,
        members: &[Member],
        rules: impl IntoIterator<Item = (&'r Rule, &'r BTreeMap<String, Value>)>,
    ) -> Vec<(usize, Hit)> {
        let mut rules =
            rules.into_iter().enumerate().filter(|(_, (rule, _))| applies(rule, object)).peekable();
        if rules.peek().is_none() {
            return Vec::new();
        }
        let company = (!members.is_empty()).then(|| self.together(members));
        let mut context = self.root.new_inner_scope();
        context.add_variable_as_val("object", to_val(document, object.node));
        let mut roots = vec![("object", Roots::One(object.node))];
        if let Some(template) = object.pod_template() {
            context.add_variable_as_val("template", to_val(document, template));
            roots.push(("template", Roots::One(template)));
        }
        if let Some(pod) = object.pod_spec() {
            context.add_variable_as_val("pod", to_val(document, pod));
            roots.push(("pod", Roots::One(pod)));
        }
        let containers: Vec<_> =
            object.containers().iter().map(|container| container.node).collect();
        let all: Vec<Box<dyn Val>> =
            containers.iter().map(|&node| to_val(document, node)).collect();
        context.add_variable_as_val("containers", Box::new(cel::common::types::CelList::from(all)));
        roots.push(("containers", Roots::Several(containers)));
        context.add_variable_from_value("replicas", object.replicas());
        context.add_variable_from_value("name", object.name().to_owned());
        let namespace = object.namespace().unwrap_or(&self.setting.namespace);
        context.add_variable_from_value("target_namespace", namespace.to_owned());
        if let Some((objects, workloads)) = company {
            context.add_variable_as_val("objects", Box::new(objects));
            context.add_variable_as_val("workloads", Box::new(workloads));
        }
        let documents = std::slice::from_ref(document);
        let mut hits = Vec::new();
        let mut undecided = Undecided::default();
        let mut settings = std::mem::take(&mut self.settings);
        for (at, (rule, params)) in rules {
            let mut open = 0;
            let found = judge(rule, params, &mut settings, &context, documents, &roots, &mut open);
            undecided.note(&rule.id, open);
            hits.extend(found.into_iter().map(|hit| (at, hit)));
            if let Some(algorithm) = rule.algorithm {
                let scene = Scene { rule, params, object, members, setting: &self.setting };
                let judged = algorithm.judge(&scene);
                hits.extend(judged.hits.into_iter().map(|hit| (at, hit)));
                self.unknown_kinds.extend(judged.unknown_kind);
            }
        }
        drop(context);
        self.settings = settings;
        self.undecided.add(undecided);
        hits
    }

    /// What is deployed together, as values: all objects, and those among them that make pods. Kept
    /// for the next object, which most often stands in the same company.
    fn together(&mut self, members: &[Member]) -> (SharedList, SharedList) {
        let same = |kept: &Together| {
            kept.members.len() == members.len()
                && kept.members.iter().zip(members).all(|(kept, member)| {
                    kept.node == member.node && Arc::ptr_eq(&kept.document, &member.document)
                })
        };
        let kept = self.together.take().filter(same).unwrap_or_else(|| {
            let nodes = || members.iter().map(|member| (member, member.document.node(member.node)));
            let objects = nodes().map(|(member, node)| to_val(&member.document, node)).collect();
            let workloads = nodes()
                .filter(|(_, node)| {
                    Object::new(*node).is_some_and(|object| object.pod_template().is_some())
                })
                .map(|(member, node)| to_val(&member.document, node))
                .collect();
            Together {
                members: members.to_vec(),
                objects: SharedList::new(objects),
                workloads: SharedList::new(workloads),
            }
        });
        let lists = (kept.objects.clone(), kept.workloads.clone());
        self.together = Some(kept);
        lists
    }

    /// Judges a values file, as one release uses it.
    pub fn values<'r>(
        &mut self,
        document: &Arc<Document>,
        release: &ReleaseInfo,
        rules: impl IntoIterator<Item = (&'r Rule, &'r BTreeMap<String, Value>)>,
    ) -> Vec<(usize, Hit)> {
        let Some(root) = document.root().filter(|root| root.kind() == Kind::Mapping) else {
            return Vec::new();
        };
        let mut context = self.root.new_inner_scope();
        context.add_variable_as_val("values", to_val(document, root));
        context.add_variable_from_value("release", info(release));
        let roots = [("values", Roots::One(root))];
        let documents = std::slice::from_ref(document);
        let mut hits = Vec::new();
        let mut undecided = Undecided::default();
        let mut settings = std::mem::take(&mut self.settings);
        for (at, (rule, params)) in rules.into_iter().enumerate() {
            if rule.scope == Scope::Values {
                let mut open = 0;
                let found =
                    judge(rule, params, &mut settings, &context, documents, &roots, &mut open);
                undecided.note(&rule.id, open);
                hits.extend(found.into_iter().map(|hit| (at, hit)));
            }
        }
        drop(context);
        self.settings = settings;
        self.undecided.add(undecided);
        hits
    }
}

/// A release as rules see it.
fn info(release: &ReleaseInfo) -> HashMap<String, Value> {
    let parts = [
        ("name", &release.name),
        ("chart", &release.chart),
        ("namespace", &release.namespace),
        ("declared_in", &release.declared_in),
    ];
    let mut info: HashMap<String, Value> = parts
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::String(Arc::new(value.clone()))))
        .collect();
    info.insert("rendered".to_owned(), Value::Bool(release.rendered));
    info
}

/// A cluster as rules see it.
fn facts(cluster: Cluster) -> SharedMap {
    let facts: [(&str, Box<dyn Val>); 4] = [
        ("nodes", Box::new(CelInt::from(i64::from(cluster.nodes)))),
        ("zones", Box::new(CelInt::from(i64::from(cluster.zones)))),
        ("node_cpu", Box::new(CelDouble::from(cluster.node_cpu))),
        ("node_memory", Box::new(CelDouble::from(cluster.node_memory))),
    ];
    SharedMap::new(facts.map(|(name, value)| (name.to_owned(), value)))
}

/// Whether a rule looks at objects of this kind.
fn applies(rule: &Rule, object: &Object<'_>) -> bool {
    matches!(rule.scope, Scope::Object | Scope::Release)
        && rule.kinds.iter().any(|kind| match kind.as_str() {
            "any" => true,
            "pods" => object.pod_template().is_some(),
            "workloads" => object.kind != "Pod" && object.pod_template().is_some(),
            kind => match kind.rsplit_once('/') {
                Some((group, kind)) => kind == object.kind && group == object.group(),
                None => kind == object.kind,
            },
        })
}

/// The parameters of rules as CEL values, made once for each rule and its settings.
#[derive(Default)]
struct Settings {
    known: HashMap<(usize, usize), SharedMap>,
}

impl Settings {
    fn of(&mut self, rule: &Rule, params: &BTreeMap<String, Value>) -> Box<dyn Val> {
        // Rules and their settings live as long as the run.
        let key = (std::ptr::from_ref(rule).addr(), std::ptr::from_ref(params).addr());
        let map = self.known.entry(key).or_insert_with(|| {
            let entries = rule.params.iter().filter_map(|param| {
                let value = params.get(&param.name).unwrap_or(&param.default).clone();
                Some((param.name.replace('-', "_"), value.try_into().ok()?))
            });
            SharedMap::new(entries)
        });
        Box::new(map.clone())
    }
}

fn judge(
    rule: &Rule,
    params: &BTreeMap<String, Value>,
    settings: &mut Settings,
    context: &Context<'_, 'static>,
    documents: &[Arc<Document>],
    roots: &[(&str, Roots<'_>)],
    undecided: &mut usize,
) -> Vec<Hit> {
    // Most rules look into lists that most objects do not have.
    let idle = |check: &Check| {
        let first = check.each.first().and_then(|(_, path)| Some((path, start(path, roots, &[])?)));
        first.is_some_and(|(path, start)| path.nodes(start).is_empty())
    };
    if !rule.checks.is_empty() && rule.checks.iter().all(idle) {
        return Vec::new();
    }
    // Names are looked up scope by scope, so there are no more of them than needed.
    let mut own;
    let scope = if rule.params.is_empty() && rule.lets.is_empty() {
        context
    } else {
        own = context.new_inner_scope();
        if !rule.params.is_empty() {
            own.add_variable_as_val("params", settings.of(rule, params));
        }
        if !bind(&rule.lets, &mut own, undecided) {
            return Vec::new();
        }
        &own
    };
    if !holds(rule.when.as_ref(), scope, undecided) {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for check in &rule.checks {
        let mut bound: Vec<(&str, Node<'_>)> = Vec::new();
        let mut scope = scope.new_inner_scope();
        walk(check, 0, &mut scope, documents, roots, &mut bound, &mut hits, undecided);
    }
    hits
}

/// Evaluates a rule's or a check's `let`s in order; false where one cannot be.
fn bind(
    lets: &[(String, Program)],
    scope: &mut Context<'_, 'static>,
    undecided: &mut usize,
) -> bool {
    for (name, program) in lets {
        let value = match Value::resolve_val(program.expression(), scope) {
            Ok(value) => value.into_owned(),
            Err(_) => {
                *undecided += 1;
                return false;
            }
        };
        scope.add_variable_as_val(name.clone(), value);
    }
    true
}

fn holds(when: Option<&Program>, scope: &Context<'_, 'static>, undecided: &mut usize) -> bool {
    when.is_none_or(|program| match program.execute(scope) {
        Ok(Value::Bool(value)) => value,
        _ => {
            *undecided += 1;
            false
        }
    })
}

#[allow(clippy::too_many_arguments, reason = "the state of one recursion, private to this file")]
fn walk<'n, 'c>(
    check: &'c Check,
    depth: usize,
    scope: &mut Context<'_, 'static>,
    documents: &[Arc<Document>],
    roots: &[(&str, Roots<'n>)],
    bound: &mut Vec<(&'c str, Node<'n>)>,
    hits: &mut Vec<Hit>,
    undecided: &mut usize,
) {
    if let Some((name, path)) = check.each.get(depth) {
        let nodes = start(path, roots, bound).map_or_else(Vec::new, |start| path.nodes(start));
        for node in nodes {
            let document = &documents[holder(documents, node)];
            scope.add_variable_as_val(name.clone(), to_val(document, node));
            if let Some(key) = key_in_mapping(path, node) {
                scope.add_variable_from_value(format!("{name}_key"), key);
            }
            bound.push((name, node));
            walk(check, depth + 1, scope, documents, roots, bound, hits, undecided);
            bound.pop();
        }
        return;
    }
    if !bind(&check.lets, scope, undecided) || !holds(check.when.as_ref(), scope, undecided) {
        return;
    }
    match check.test.execute(scope) {
        Ok(Value::Bool(value)) if value == check.fails_on => {}
        Ok(Value::Bool(_)) => return,
        _ => {
            *undecided += 1;
            return;
        }
    }
    let Some(target) = target(&check.at, documents, roots, bound) else {
        return;
    };
    let related = check.related.iter().filter_map(|(path, message)| {
        let target =
            target_of(path, documents, roots, bound).filter(|target| target.missing.is_empty())?;
        Some((target, message.fill(scope)))
    });
    hits.push(Hit {
        target,
        message: check.message.fill(scope),
        help: check.help.as_ref().map(|help| help.fill(scope)),
        severity: check.severity,
        related: related.collect(),
    });
}

/// The key of a node that a path reached as one of the values of a mapping.
fn key_in_mapping(path: &NodePath, node: Node<'_>) -> Option<String> {
    let every = path.steps.last() == Some(&PathStep::Every);
    let parent = node.parent().filter(|parent| every && parent.kind() == Kind::Mapping)?;
    let entry = parent.entries().find(|entry| entry.value == node)?;
    Some(entry.name().into_owned())
}

fn start<'n>(
    path: &NodePath,
    roots: &[(&str, Roots<'n>)],
    bound: &[(&str, Node<'n>)],
) -> Option<Roots<'n>> {
    if let Some((_, node)) = bound.iter().rev().find(|(name, _)| *name == path.root) {
        return Some(Roots::One(*node));
    }
    roots.iter().find(|(name, _)| *name == path.root).map(|(_, roots)| roots.clone())
}

/// Which of a scope's documents a node lies in.
fn holder(documents: &[Arc<Document>], node: Node<'_>) -> usize {
    let own = |document: &Arc<Document>| std::ptr::eq(document.as_ref(), node.document());
    documents.iter().position(own).expect("invariant: a scope's nodes lie in its documents")
}

fn target_of(
    path: &NodePath,
    documents: &[Arc<Document>],
    roots: &[(&str, Roots<'_>)],
    bound: &[(&str, Node<'_>)],
) -> Option<Target> {
    let start = match start(path, roots, bound)? {
        Roots::One(node) => node,
        Roots::Several(nodes) => nodes.into_iter().next()?,
    };
    let (node, missing) = path.reach(start);
    Some(Target { document: holder(documents, node), node: node.id(), missing, key: false })
}

/// The first place that is there; where none is, the first, with what is missing.
fn target(
    at: &[NodePath],
    documents: &[Arc<Document>],
    roots: &[(&str, Roots<'_>)],
    bound: &[(&str, Node<'_>)],
) -> Option<Target> {
    let reached: Vec<_> =
        at.iter().filter_map(|path| target_of(path, documents, roots, bound)).collect();
    let there = reached.iter().find(|target| target.missing.is_empty()).cloned();
    there.or_else(|| reached.into_iter().next())
}

impl Target {
    /// What to underline: the node; for something missing, the key of the mapping it is missing
    /// from, or that mapping's first key.
    #[must_use]
    pub fn span(&self, document: &Document) -> Span {
        let node = document.node(self.node);
        if self.missing.is_empty() && node.kind() == Kind::Scalar && !self.key {
            return node.span();
        }
        if let Some(key) = node.key_span() {
            return key;
        }
        // A list item has no key of its own: its name says which one it is.
        let name = node.get("name").filter(|name| name.kind() == Kind::Scalar);
        let first = node.written().next().map(|entry| entry.key);
        name.or(first).unwrap_or(node).span()
    }

    /// The dotted path of the field concerned, from `from` (an object's own node) on.
    #[must_use]
    pub fn path(&self, document: &Document, from: Node<'_>) -> String {
        let skip = from.path().0.len();
        let node = document.node(self.node).path();
        let mut path = crate::yaml::Path(node.0.into_iter().skip(skip).collect());
        path.0.extend(self.missing.iter().map(|key| crate::yaml::Step::Key(key.clone().into())));
        path.to_string()
    }
}
