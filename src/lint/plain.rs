//! Rules over manifests as they lie in the repository.

use std::cell::LazyCell;
use std::sync::Arc;

use super::alternatives::{Alternatives, must_hold_alone};
use super::kustomized::is_open;
use super::mend;
use super::select::{Active, Chosen};
use super::waive::{self, Waiving};
use crate::finding::{Finding, ObjectRef, Origin, Place, Related};
use crate::kube::{Object, objects};
use crate::project::Rewrites;
use crate::rule::{Company, Evaluator, Hit, Scope, Together};
use crate::yaml::{Document, Kind, Node, Stream};

/// What came of the objects of a stream.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    /// How many objects there are.
    pub(super) objects: usize,
    /// How many findings an annotation waives.
    pub(super) waived: usize,
}

/// What objects are judged in.
pub(super) struct Scene<'c> {
    /// All that is deployed together, the objects included.
    pub(super) together: Together<'c>,
    /// What there was before a change, where something has changed.
    pub(super) before: Option<&'c Company>,
    /// The scopes of the rules that have a say.
    pub(super) scopes: &'static [Scope],
    /// What kustomizations put in the place of what the objects say.
    pub(super) rewrites: Option<&'c Rewrites>,
    /// What may be deployed in the place of another.
    pub(super) alternatives: Option<&'c Alternatives<'c>>,
}

impl<'c> Scene<'c> {
    /// Of what lies in the repository.
    pub(super) fn here(
        together: Together<'c>,
        before: Option<&'c Company>,
        rewrites: Option<&'c Rewrites>,
        alternatives: &'c Alternatives<'c>,
    ) -> Self {
        let alternatives = Some(alternatives);
        Self { together, before, scopes: &DEPLOYED, rewrites, alternatives }
    }
}

/// The scopes of rules on what is deployed as it is.
pub(super) const DEPLOYED: [Scope; 2] = [Scope::Object, Scope::Release];

/// Judges every object of a stream.
pub(super) fn judge<'c>(
    stream: &'c Stream,
    scene: &Scene<'c>,
    chosen: &'c Chosen,
    waiving: &Waiving<'_>,
    evaluator: &mut Evaluator,
) -> Judged {
    let mut judged = Judged::default();
    let alone = LazyCell::new(|| scene.alternatives?.company(stream));
    for document in &stream.documents {
        for object in objects(document) {
            judged.objects += 1;
            let mut hits = hits(document, &object, scene, chosen, |_| true, evaluator);
            // Most objects have nothing of the kind, and then nobody asks what is deployed alone.
            if hits.iter().any(must_hold_alone)
                && let Some(company) = &*alone
            {
                let scene =
                    Scene { together: evaluator.together(company), alternatives: None, ..*scene };
                let alone = self::hits(document, &object, &scene, chosen, |_| true, evaluator);
                hits.retain(|hit| {
                    !must_hold_alone(hit) || alone.iter().any(|other| is_same(hit, other))
                });
            }
            if let Some(rewrites) = scene.rewrites {
                hits.retain(|(active, hit)| {
                    let open = is_open(rewrites, active, hit, document, &object);
                    evaluator.undecided.note(&active.known.id, usize::from(open));
                    !open
                });
            }
            let named = LazyCell::new(|| reference(&object));
            let mut own = hits
                .into_iter()
                .map(|(active, hit)| Finding {
                    fix: mend::in_place(hit.repair.as_ref(), |_| Some(document)),
                    ..finding(active, &hit, document, &object, &named, Origin::Manifest)
                })
                .collect();
            judged.waived += waive::apply(&object, &mut own, waiving);
            judged.findings.append(&mut own);
        }
    }
    judged
}

/// What those of the chosen rules that are of the scene's scopes and `wanted` find on one object.
pub(super) fn hits<'c>(
    document: &'c Arc<Document>,
    object: &Object<'c>,
    scene: &Scene<'c>,
    chosen: &'c Chosen,
    wanted: impl Fn(&Active) -> bool,
    evaluator: &mut Evaluator,
) -> Vec<(&'c Active, Hit)> {
    let concerned = chosen.by_kind.of(object).map(|at| &chosen.rules[at]);
    let has_a_say = |active: &&Active| scene.scopes.contains(&active.known.scope) && wanted(active);
    let rules = concerned.filter(has_a_say).map(|active| (active, active.pair()));
    let base = scene.before.and_then(|before| before.same(object));
    let mut hits = evaluator.object(document, object, &scene.together, base, rules);
    leave_to_others(&mut hits);
    hits
}

/// Whether two hits on an object say the same of the same place.
fn is_same((active, hit): &(&Active, Hit), (other, found): &(&Active, Hit)) -> bool {
    active.known.id == other.known.id && hit.target == found.target
}

/// Leaves out what another rule says more exactly of the same place.
fn leave_to_others(hits: &mut Vec<(&Active, Hit)>) {
    if hits.len() < 2 {
        return;
    }
    let yields = |active: &Active, hit: &Hit, all: &[(&Active, Hit)]| {
        let exact = &active.rule().yields_to;
        !exact.is_empty()
            && all.iter().any(|(other, found)| {
                found.target == hit.target && exact.iter().any(|id| **id == *other.known.id)
            })
    };
    let left: Vec<bool> = hits.iter().map(|(active, hit)| yields(active, hit, hits)).collect();
    if left.contains(&true) {
        let mut left = left.into_iter();
        hits.retain(|_| left.next() != Some(true));
    }
}

/// What findings call an object by; of no field in it yet.
pub(super) fn reference(object: &Object<'_>) -> ObjectRef {
    ObjectRef {
        api_version: object.api_version.to_owned(),
        kind: object.kind.to_owned(),
        namespace: object.namespace().map(ToOwned::to_owned),
        name: object.name().to_owned(),
        ..ObjectRef::default()
    }
}

/// A finding for a hit, at the object's own text; `named` is the object's [`reference()`].
#[must_use]
pub(super) fn finding(
    active: &Active,
    hit: &Hit,
    document: &Document,
    object: &Object<'_>,
    named: &ObjectRef,
    origin: Origin,
) -> Finding {
    let place = |span| Place { span, origin };
    let path = hit.target.path(document, object.node);
    let related = hit.related.iter().map(|(target, message)| Related {
        message: message.clone(),
        place: place(target.span(document)),
    });
    Finding {
        rule: Arc::clone(&active.known.id),
        group: Arc::clone(&active.known.group),
        severity: severity(active, hit),
        message: hit.message.trim().trim_end_matches('.').to_owned(),
        help: help(active, hit.help.as_deref()),
        url: active.rule().references.first().cloned(),
        primary: place(hit.target.span(document)),
        related: related.collect(),
        object: Some(ObjectRef {
            path,
            container: container(document.node(hit.target.node)),
            ..named.clone()
        }),
        releases: Vec::new(),
        rendered: None,
        sought: sought(active, document.node(hit.target.node))
            .filter(|_| origin == Origin::Manifest),
        fix: None,
        fingerprint: String::new(),
    }
}

/// The name of an object that a rule finds missing, at its name.
fn sought(active: &Active, node: Node<'_>) -> Option<Box<str>> {
    active.rule().seeks_object.then(|| node.raw().into())
}

/// The name of the container that a node is, or is in.
fn container(node: Node<'_>) -> Option<String> {
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let mut at = Some(node);
    while let Some(node) = at {
        let list = node.parent().filter(|parent| parent.kind() == Kind::Sequence);
        let key = list.and_then(Node::key_name);
        if key.is_some_and(|key| lists.contains(&&*key)) {
            return node.get("name").map(|name| name.raw().to_owned());
        }
        at = node.parent();
    }
    None
}

/// A check's own severity, unless the user chose one for the rule.
#[must_use]
pub(super) fn severity(active: &Active, hit: &Hit) -> crate::finding::Severity {
    match hit.severity {
        Some(severity) if !active.chosen => severity,
        _ => active.severity,
    }
}

/// What a hit says to do, or what its rule does.
#[must_use]
pub(super) fn help(active: &Active, own: Option<&str>) -> Option<Arc<str>> {
    let help = own.map_or_else(|| Arc::clone(&active.rule().fix), |own| own.trim().into());
    (!help.is_empty()).then_some(help)
}
