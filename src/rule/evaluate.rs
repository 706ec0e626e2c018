//! Judges one scope by one rule. Evaluation is pure: it takes a scope and returns hits.

mod chart;
mod judge;
mod mend;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use cel::{Context, Value};
use foldhash::fast::RandomState;

use super::algorithm::Scene;
use super::company::Company;
use super::environment;
use super::expression::{Datum, Functions, Memory, Params, Slot};
use super::file::{Rule, Scope};
use super::function;
use super::hit::Hit;
use super::need::Traits;
use super::placeholder::{Stage, leave_open};
use super::setting::{Cluster, ReleaseInfo, Setting};
use super::undecided::Undecided;
use crate::kube::{Object, containers, minor};
use crate::yaml::{Document, Kind, Node};
use judge::Judge;

/// Evaluates rules. Each thread has its own, with CEL's functions ready for use.
pub struct Evaluator {
    cel: Rc<Functions>,
    setting: Setting,
    /// [`Setting::namespace`], as the value of variables.
    namespace: Rc<str>,
    /// Variables that have the same value for every rule.
    facts: Vec<(Slot, Datum<'static>)>,
    settings: Settings,
    /// Checks without a result, because they could not be decided.
    pub undecided: Undecided,
    /// Kinds that were met and have no schema, as `Widget of example.org/v1`.
    pub unknown_kinds: BTreeSet<String>,
}

impl Evaluator {
    /// Creates an evaluator for a setting.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        let minor = minor(&setting.kube_version);
        let facts = vec![
            (Slot::KUBE_VERSION, Datum::Made(setting.kube_version.as_str().into())),
            (Slot::KUBE_MINOR, Datum::Int(minor.into())),
            (Slot::KUBE_VERSION_STATED, Datum::Bool(setting.kube_version_stated)),
            (Slot::RENDERED, Datum::Bool(setting.rendered)),
            (Slot::CLUSTER, facts(setting.cluster)),
            (Slot::RELEASE, info(&setting.release)),
        ];
        Self {
            cel: Rc::new(Functions::new(functions)),
            namespace: setting.namespace.as_str().into(),
            setting,
            facts,
            settings: Settings::default(),
            undecided: Undecided::default(),
            unknown_kinds: BTreeSet::new(),
        }
    }

    /// The setting for which it judges.
    #[must_use]
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Prepares what is deployed together, so that this evaluator can judge the objects in it.
    #[must_use]
    pub fn together<'c>(&self, company: &'c Company) -> Together<'c> {
        Together { company, memory: Rc::default() }
    }

    /// Judges one object by rules that apply to its kind (see [`ByKind`](super::ByKind)). Each rule comes with a key,
    /// which is returned with its hits. `together` comes from this evaluator, and has all objects that are deployed
    /// together, this one included; it may be empty for rules on single objects. `base` is the same object in the Git
    /// revision that a run compares with.
    pub fn object<'c, K: Copy>(
        &mut self,
        document: &'c Arc<Document>,
        object: &Object<'c>,
        together: &Together<'c>,
        base: Option<(&'c Arc<Document>, Node<'c>)>,
        rules: impl IntoIterator<Item = (K, (&'c Rule, &'c BTreeMap<String, Value>))>,
    ) -> Vec<(K, Hit)> {
        let mut rules = rules.into_iter().peekable();
        if rules.peek().is_none() {
            return Vec::new();
        }
        let documents = std::iter::once(document).chain(base.map(|(held, _)| held));
        let mut judge = Judge::new(&self.cel, &self.facts, documents);
        judge.frame.remember(Rc::clone(&together.memory));
        judge.know(Slot::OBJECT, object.node);
        if let Some((_, base)) = base {
            judge.know(Slot::BASE, base);
        }
        let pods = object.pods();
        if let Some(pods) = pods {
            judge.know(Slot::TEMPLATE, pods.template);
        }
        let pod = pods.and_then(|pods| pods.spec());
        if let Some(pod) = pod {
            judge.know(Slot::POD, pod);
        }
        let containers = pod.map(containers).unwrap_or_default();
        judge.know_all(Slot::CONTAINERS, containers.iter().map(|container| container.node));
        judge.frame.set(Slot::REPLICAS, Datum::Int(object.replicas()));
        judge.frame.set(Slot::NAME, Datum::Text(object.name()));
        let namespace = object.namespace().map(Datum::Text);
        let namespace = namespace.unwrap_or_else(|| Datum::Made(Rc::clone(&self.namespace)));
        judge.frame.set(Slot::TARGET_NAMESPACE, namespace);
        judge.is_sort = object.is_sort();
        judge.traits = Some(Traits::of(object, pod.is_some(), together.company, base.is_some()));
        let company = Some(together.company).filter(|all| !all.is_empty());
        judge.accompany(company);
        let stage = if self.setting.rendered { Stage::Rendered } else { Stage::Written };
        let mut hits = Vec::new();
        for (key, (rule, params)) in rules {
            let mut found = judge.rule(rule, || self.settings.of(rule, params));
            let undecided = std::mem::take(&mut judge.undecided);
            self.undecided.answer(&rule.id, std::mem::take(&mut judge.answers));
            // Most rules find nothing.
            if undecided > 0 || !found.is_empty() {
                let open = leave_open(rule, |_| document, stage, &mut found);
                self.undecided.note(&rule.id, undecided + open);
                push_all(&mut hits, key, found);
            }
            if let Some(algorithm) = rule.algorithm {
                // A rule on single objects does not see what is deployed beside the object.
                let company = company.filter(|_| rule.scope == Scope::Release);
                let scene = Scene { rule, params, object, company, setting: &self.setting };
                let mut judged = algorithm.judge(&scene);
                let open = leave_open(rule, |_| document, stage, &mut judged.hits);
                self.undecided.note(&rule.id, open);
                push_all(&mut hits, key, judged.hits);
                self.unknown_kinds.extend(judged.unknown_kind);
            }
        }
        hits
    }

    /// Judges a values file for one release that uses it.
    pub fn values<'r>(
        &mut self,
        document: &Arc<Document>,
        release: &ReleaseInfo,
        rules: impl IntoIterator<Item = (&'r Rule, &'r BTreeMap<String, Value>)>,
    ) -> Vec<(usize, Hit)> {
        let Some(root) = document.root().filter(|root| root.kind() == Kind::Mapping) else {
            return Vec::new();
        };
        let mut judge = Judge::new(&self.cel, &self.facts, [document]);
        judge.know(Slot::VALUES, root);
        judge.frame.set(Slot::RELEASE, info(release));
        let mut hits = Vec::new();
        for (at, (rule, params)) in rules.into_iter().enumerate() {
            if rule.scope == Scope::Values {
                let found = judge.rule(rule, || self.settings.of(rule, params));
                self.undecided.note(&rule.id, std::mem::take(&mut judge.undecided));
                self.undecided.answer(&rule.id, std::mem::take(&mut judge.answers));
                hits.extend(found.into_iter().map(|hit| (at, hit)));
            }
        }
        hits
    }
}

/// The objects that are deployed together, with results about all of them that rules have computed so far; for one
/// evaluator.
#[derive(Clone)]
pub struct Together<'c> {
    company: &'c Company,
    memory: Rc<Memory<'c>>,
}

impl<'c> Together<'c> {
    /// The objects that are deployed together.
    #[must_use]
    pub fn company(&self) -> &'c Company {
        self.company
    }
}

/// Adds the hits of a rule.
fn push_all<K: Copy>(hits: &mut Vec<(K, Hit)>, key: K, found: Vec<Hit>) {
    hits.extend(found.into_iter().map(|hit| (key, hit)));
}

fn functions() -> Context<'static, 'static> {
    let mut cel = Context::with_env(Arc::clone(environment()));
    function::register(&mut cel);
    cel
}

/// The value of the variable `release`.
fn info(release: &ReleaseInfo) -> Datum<'static> {
    let texts = [
        ("name", &release.name),
        ("chart", &release.chart),
        ("namespace", &release.namespace),
        ("declared_in", &release.declared_in),
        ("via", &release.via),
    ];
    let texts = texts.map(|(key, value)| (key, Value::from(value.as_str())));
    mapping(texts.into_iter().chain([("rendered", Value::Bool(release.rendered))]))
}

/// The value of the variable `cluster`.
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

/// The parameters of rules as CEL values, converted once for each rule and its settings.
#[derive(Default)]
struct Settings {
    known: HashMap<(usize, usize), Rc<Params>, RandomState>,
}

impl Settings {
    fn of(&mut self, rule: &Rule, params: &BTreeMap<String, Value>) -> Rc<Params> {
        // Rules and their settings live until the end of the run, so no others get their addresses.
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

#[cfg(test)]
mod tests;
