//! Judges one scope by one rule. Pure: a scope in, hits out.

mod chart;
mod mend;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use cel::{Context, Env, Value};

use super::algorithm::Scene;
use super::expression::{Datum, Expression, Frame, NoValue, Params, Slot};
use super::file::{Rule, Scope};
use super::function;
use super::list::SharedList;
use super::logic::{Check, Each, Place};
use super::path::{PathStep, Roots};
use super::repair::Repair;
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
    /// What makes it go away, where the rule knows.
    pub repair: Option<Repair>,
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
    cel: Context<'static, 'static>,
    setting: Setting,
    /// What every rule knows, whatever it judges.
    facts: Vec<(Slot, Datum<'static>)>,
    together: Option<Together>,
    settings: Settings,
    /// Checks that say nothing, because they could not be decided.
    pub undecided: Undecided,
    /// Kinds that a rule met and knows no schema of, as `Widget of example.org/v1`.
    pub unknown_kinds: BTreeSet<String>,
}

impl Evaluator {
    /// Makes an evaluator.
    #[must_use]
    pub fn new(env: &Arc<Env>, setting: Setting) -> Self {
        let mut cel = Context::with_env(Arc::clone(env));
        function::register(&mut cel);
        let minor = setting.kube_version.split('.').nth(1).and_then(|minor| minor.parse().ok());
        let facts = vec![
            (Slot::KUBE_VERSION, Datum::Made(setting.kube_version.as_str().into())),
            (Slot::KUBE_MINOR, Datum::Int(minor.unwrap_or(i64::MAX))),
            (Slot::KUBE_VERSION_STATED, Datum::Bool(setting.kube_version_stated)),
            (Slot::RENDERED, Datum::Bool(setting.rendered)),
            (Slot::CLUSTER, facts(setting.cluster)),
            (Slot::RELEASE, info(&setting.release)),
        ];
        Self {
            cel,
            setting,
            facts,
            together: None,
            settings: Settings::default(),
            undecided: Undecided::default(),
            unknown_kinds: BTreeSet::new(),
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
        let mut judge = Judge::new(&self.cel, &self.facts, std::slice::from_ref(document));
        judge.know(Slot::OBJECT, object.node);
        if let Some(template) = object.pod_template() {
            judge.know(Slot::TEMPLATE, template);
        }
        if let Some(pod) = object.pod_spec() {
            judge.know(Slot::POD, pod);
        }
        let containers = object.containers();
        judge.know_all(Slot::CONTAINERS, containers.iter().map(|container| container.node));
        judge.frame.set(Slot::REPLICAS, Datum::Int(object.replicas()));
        judge.frame.set(Slot::NAME, Datum::Text(object.name()));
        let namespace = object.namespace().unwrap_or(&self.setting.namespace);
        judge.frame.set(Slot::TARGET_NAMESPACE, Datum::Text(namespace));
        if let Some((objects, workloads)) = &company {
            judge.frame.set(Slot::OBJECTS, Datum::Objects(objects));
            judge.frame.set(Slot::WORKLOADS, Datum::Objects(workloads));
        }
        let mut hits = Vec::new();
        for (at, (rule, params)) in rules {
            let found = judge.rule(rule, self.settings.of(rule, params));
            self.undecided.note(&rule.id, std::mem::take(&mut judge.undecided));
            hits.extend(found.into_iter().map(|hit| (at, hit)));
            if let Some(algorithm) = rule.algorithm {
                let scene = Scene { rule, params, object, members, setting: &self.setting };
                let judged = algorithm.judge(&scene);
                hits.extend(judged.hits.into_iter().map(|hit| (at, hit)));
                self.unknown_kinds.extend(judged.unknown_kind);
            }
        }
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
        let mut judge = Judge::new(&self.cel, &self.facts, std::slice::from_ref(document));
        judge.know(Slot::VALUES, root);
        judge.frame.set(Slot::RELEASE, info(release));
        let mut hits = Vec::new();
        for (at, (rule, params)) in rules.into_iter().enumerate() {
            if rule.scope == Scope::Values {
                let found = judge.rule(rule, self.settings.of(rule, params));
                self.undecided.note(&rule.id, std::mem::take(&mut judge.undecided));
                hits.extend(found.into_iter().map(|hit| (at, hit)));
            }
        }
        hits
    }
}

/// A release as rules see it.
fn info(release: &ReleaseInfo) -> Datum<'static> {
    let texts = [
        ("name", &release.name),
        ("chart", &release.chart),
        ("namespace", &release.namespace),
        ("declared_in", &release.declared_in),
    ];
    let texts = texts.map(|(key, value)| (key, Value::from(value.as_str())));
    mapping(texts.into_iter().chain([("rendered", Value::Bool(release.rendered))]))
}

/// A cluster as rules see it.
fn facts(cluster: Cluster) -> Datum<'static> {
    mapping([
        ("nodes", Value::Int(cluster.nodes.into())),
        ("zones", Value::Int(cluster.zones.into())),
        ("node_cpu", Value::Float(cluster.node_cpu)),
        ("node_memory", Value::Float(cluster.node_memory)),
    ])
}

fn mapping(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Datum<'static> {
    let entries = entries.into_iter().map(|(name, value)| (name.to_owned(), value));
    Datum::Params(Rc::new(Params::new(entries)))
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

/// The parameters of rules as values, made once for each rule and its settings.
#[derive(Default)]
struct Settings {
    known: HashMap<(usize, usize), Rc<Params>>,
}

impl Settings {
    fn of(&mut self, rule: &Rule, params: &BTreeMap<String, Value>) -> Rc<Params> {
        // Rules and their settings live as long as the run.
        let key = (std::ptr::from_ref(rule).addr(), std::ptr::from_ref(params).addr());
        let made = self.known.entry(key).or_insert_with(|| {
            let entries = rule.params.iter().map(|param| {
                let value = params.get(&param.name).unwrap_or(&param.default).clone();
                (param.name.replace('-', "_"), value)
            });
            Rc::new(Params::new(entries))
        });
        Rc::clone(made)
    }
}

/// Judges one scope, rule after rule.
struct Judge<'n> {
    /// What the scope's nodes lie in; but for charts one document.
    documents: &'n [Arc<Document>],
    frame: Frame<'n>,
    /// The nodes that variables stand for, by slot.
    nodes: Vec<Option<Node<'n>>>,
    /// Variables that stand for several nodes which stand in no one sequence.
    several: Vec<(Slot, Vec<Node<'n>>)>,
    undecided: usize,
}

impl<'n> Judge<'n> {
    fn new(
        cel: &'n Context<'static, 'static>,
        facts: &[(Slot, Datum<'static>)],
        documents: &'n [Arc<Document>],
    ) -> Self {
        let mut frame = Frame::new(cel, documents);
        for (slot, fact) in facts {
            frame.set(*slot, fact.clone());
        }
        let nodes = vec![None; Slot::ROOTS];
        Self { documents, frame, nodes, several: Vec::new(), undecided: 0 }
    }

    /// Makes a node known under a variable.
    fn know(&mut self, slot: Slot, node: Node<'n>) {
        self.frame.set(slot, self.datum(node));
        self.nodes[slot.index()] = Some(node);
    }

    /// Makes nodes known under a variable that stands for all of them.
    fn know_all(&mut self, slot: Slot, nodes: impl Iterator<Item = Node<'n>>) {
        let nodes: Vec<Node<'n>> = nodes.collect();
        self.frame.set(slot, Datum::List(nodes.iter().map(|node| self.datum(*node)).collect()));
        self.several.push((slot, nodes));
    }

    fn datum(&self, node: Node<'n>) -> Datum<'n> {
        Datum::of(&self.documents[self.holder(node)], node)
    }

    /// Which of the scope's documents a node lies in.
    fn holder(&self, node: Node<'_>) -> usize {
        let own = |document: &Arc<Document>| std::ptr::eq(document.as_ref(), node.document());
        self.documents
            .iter()
            .position(own)
            .expect("invariant: a scope's nodes lie in its documents")
    }

    fn rule(&mut self, rule: &'n Rule, params: Rc<Params>) -> Vec<Hit> {
        let logic = rule.logic();
        self.nodes.truncate(Slot::ROOTS);
        self.nodes.resize(logic.slots.max(Slot::ROOTS), None);
        self.frame.begin(logic.slots);
        // Most rules look into lists that most objects do not have.
        if !logic.checks.is_empty() && logic.checks.iter().all(|check| self.is_idle(check)) {
            return Vec::new();
        }
        self.frame.set(Slot::PARAMS, Datum::Params(params));
        let mut hits = Vec::new();
        if self.bind(&logic.lets) && self.holds(logic.when.as_ref()) {
            logic.checks.iter().for_each(|check| self.walk(check, &check.each, &mut hits));
        }
        hits
    }

    /// True for a check over nodes of which there are none.
    fn is_idle(&self, check: &Check) -> bool {
        let first = check.each.first().map(|each| &each.place);
        let first = first.and_then(|place| Some((place, self.roots(place)?)));
        first.is_some_and(|(place, roots)| !place.path.leads_anywhere(roots))
    }

    /// Evaluates a rule's or a check's `let`s in order; false where one cannot be.
    fn bind(&mut self, lets: &'n [(Slot, Expression)]) -> bool {
        lets.iter().all(|(slot, expression)| match expression.evaluate(&mut self.frame) {
            Ok(value) => {
                self.frame.set(*slot, value);
                true
            }
            Err(NoValue) => {
                self.undecided += 1;
                false
            }
        })
    }

    fn holds(&mut self, when: Option<&'n Expression>) -> bool {
        when.is_none_or(|expression| self.is(expression, true))
    }

    /// True where an expression gives `value`; one that gives none is counted.
    fn is(&mut self, expression: &'n Expression, value: bool) -> bool {
        expression.holds(&mut self.frame).map_or_else(
            |NoValue| {
                self.undecided += 1;
                false
            },
            |given| given == value,
        )
    }

    /// Evaluates a check for every combination of the nodes that are left to choose.
    fn walk(&mut self, check: &'n Check, each: &'n [Each], hits: &mut Vec<Hit>) {
        let Some((Each { node: slot, key, place }, rest)) = each.split_first() else {
            hits.extend(self.check(check));
            return;
        };
        let nodes = self.roots(place).map_or_else(Vec::new, |roots| place.path.nodes(roots));
        for node in nodes {
            self.know(*slot, node);
            // The values of a mapping come with their keys.
            if place.path.steps.last() == Some(&PathStep::Every)
                && let Some(name) = node.key_name()
            {
                self.frame.set(*key, Datum::Made(name.into()));
            }
            self.walk(check, rest, hits);
        }
    }

    fn check(&mut self, check: &'n Check) -> Option<Hit> {
        if !self.bind(&check.lets)
            || !self.holds(check.when.as_ref())
            || !self.is(&check.test, check.fails_on)
        {
            return None;
        }
        let target = self.target(&check.at)?;
        let related = check.related.iter().filter_map(|(place, message)| {
            let target = self.reach(place).filter(|target| target.missing.is_empty())?;
            Some((target, message.fill(&mut self.frame)))
        });
        let related = related.collect();
        let repair = check.repairs.iter().find_map(|plan| self.repair(plan));
        Some(Hit {
            target,
            message: check.message.fill(&mut self.frame),
            help: check.help.as_ref().map(|help| help.fill(&mut self.frame)),
            severity: check.severity,
            related,
            repair,
        })
    }

    /// What the variable stands for that a path starts at.
    fn roots(&self, place: &Place) -> Option<Roots<'_, 'n>> {
        let start = place.start?;
        let several = self.several.iter().find(|(slot, _)| *slot == start);
        match several {
            Some((_, nodes)) => Some(Roots::Several(nodes)),
            None => self.nodes[start.index()].map(Roots::One),
        }
    }

    fn reach(&self, place: &Place) -> Option<Target> {
        let start = match self.roots(place)? {
            Roots::One(node) => node,
            Roots::Several(nodes) => *nodes.first()?,
        };
        let (node, missing) = place.path.reach(start);
        Some(Target { document: self.holder(node), node: node.id(), missing, key: false })
    }

    /// The first place that is there; where none is, the first, with what is missing.
    fn target(&self, at: &[Place]) -> Option<Target> {
        let mut reached = at.iter().filter_map(|place| self.reach(place));
        let first = reached.next()?;
        if first.missing.is_empty() {
            return Some(first);
        }
        Some(reached.find(|target| target.missing.is_empty()).unwrap_or(first))
    }
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
