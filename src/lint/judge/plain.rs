//! Rules on the objects in manifests.

use std::cell::{LazyCell, OnceCell};
use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::alternatives::{Alternatives, must_hold_alone};
use super::kustomized::leave_open;
use super::subject::Subject;
use crate::finding::{Finding, Origin};
use crate::kube::{Object, objects};
use crate::lint::found::Found;
use crate::lint::mend;
use crate::lint::select::{Active, Chosen};
use crate::lint::suppress::waive::{self, Waiving};
use crate::project::Rewrites;
use crate::rule::{Company, Evaluator, Hit, Scope, Target, Together};
use crate::yaml::{Document, Stream};

/// What objects are judged with, apart from the rules.
#[derive(Clone, Copy)]
pub(in crate::lint) struct Around<'c> {
    /// Everything that is deployed together, including the objects.
    pub(in crate::lint) company: &'c Company,
    /// The objects before a change, if something has changed.
    pub(in crate::lint) before: Option<&'c Company>,
    /// The scopes of the rules that run.
    pub(in crate::lint) scopes: &'static [Scope],
    /// What kustomizations replace in the objects.
    pub(in crate::lint) rewrites: Option<&'c Rewrites>,
    /// The files that are deployed instead of each other.
    pub(in crate::lint) alternatives: Option<&'c Alternatives<'c>>,
}

/// The same for one evaluator, with what the evaluator has worked out about it.
pub(in crate::lint) struct Scene<'c> {
    pub(in crate::lint) around: Around<'c>,
    together: Together<'c>,
}

impl<'c> Around<'c> {
    /// The scene for an evaluator that has worked out nothing yet.
    pub(in crate::lint) fn scene(self, evaluator: &Evaluator) -> Scene<'c> {
        Scene { around: self, together: evaluator.together(self.company) }
    }
}

impl<'c> Scene<'c> {
    /// The scene for manifests in the repository.
    pub(in crate::lint) fn here(
        together: Together<'c>,
        before: Option<&'c Company>,
        rewrites: Option<&'c Rewrites>,
        alternatives: &'c Alternatives<'c>,
    ) -> Self {
        let (company, alternatives) = (together.company(), Some(alternatives));
        let around = Around { company, before, scopes: &DEPLOYED, rewrites, alternatives };
        Self { around, together }
    }
}

/// The scopes of rules on objects as they are deployed.
pub(super) const DEPLOYED: [Scope; 2] = [Scope::Object, Scope::Release];

/// Judges every object in some documents of a stream.
pub(in crate::lint) fn judge<'c>(
    stream: &'c Stream,
    documents: &'c [Arc<Document>],
    scene: &Scene<'c>,
    chosen: &'c Chosen,
    waiving: &Waiving<'_>,
    evaluator: &mut Evaluator,
) -> Found {
    let mut found = Found::default();
    let company = LazyCell::new(|| scene.around.alternatives?.company(stream));
    let alone = OnceCell::new();
    for document in documents {
        for object in objects(document) {
            found.objects += 1;
            let mut hits = hits(document, &object, scene, chosen, |_| true, evaluator);
            // Most objects have no such hit, and then what is deployed alone need not be worked out.
            if hits.iter().any(must_hold_alone)
                && let Some(company) = &*company
            {
                // Here as well, results that rules share among all objects are worked out once.
                let scene = alone.get_or_init(|| {
                    Around { company, alternatives: None, ..scene.around }.scene(evaluator)
                });
                let asked = |active: &Active| has_a_part(active, &hits);
                let alone = self::hits(document, &object, scene, chosen, asked, evaluator);
                hits.retain(|hit| {
                    !must_hold_alone(hit) || alone.iter().any(|other| is_same(hit, other))
                });
            }
            if let Some(rewrites) = scene.around.rewrites {
                leave_open(rewrites, &mut hits, document, &object, &mut evaluator.undecided);
            }
            let subject = Subject::new(document, &object, Origin::Manifest);
            let mut own = hits
                .into_iter()
                .map(|(active, hit)| Finding {
                    fix: mend::in_place(hit.repair.as_ref(), |_| Some(document)).map(Box::new),
                    ..subject.finding(active, &hit)
                })
                .collect();
            found.waived += waive::apply(&object, &mut own, waiving);
            found.findings.append(&mut own);
        }
    }
    found.unknown_kinds.append(&mut evaluator.unknown_kinds);
    found.undecided.add(std::mem::take(&mut evaluator.undecided));
    found
}

/// The hits of rules on one object.
pub(super) type Hits<'c> = Vec<(&'c Active, Hit)>;

/// The hits on one object of those chosen rules that have one of the scene's scopes and are `wanted`.
pub(super) fn hits<'c>(
    document: &'c Arc<Document>,
    object: &Object<'c>,
    scene: &Scene<'c>,
    chosen: &'c Chosen,
    wanted: impl Fn(&Active) -> bool,
    evaluator: &mut Evaluator,
) -> Hits<'c> {
    let has_a_say =
        |active: &&Active| scene.around.scopes.contains(&active.known.scope) && wanted(active);
    let base = scene.around.before.and_then(|before| before.same(object));
    let mut hits = Vec::new();
    let mut said = HashSet::new();
    for view in object.views() {
        let concerned = chosen.by_kind.of(&view).map(|at| &chosen.rules[at]);
        let rules = concerned.filter(has_a_say).map(|active| (active, active.pair()));
        let mut found = evaluator.object(document, &view, &scene.together, base, rules);
        if view.is_sort() {
            // A fault of the object itself shows with each of its pod templates, but is reported once.
            found.retain(|(active, hit)| {
                said.insert((Arc::clone(&active.known.id), hit.target.clone(), hit.message.clone()))
            });
        }
        leave_to_others(&mut found);
        hits.append(&mut found);
    }
    hits
}

/// Whether a rule has to run again to decide which hits hold with an alternative alone: it has made such a hit, or a
/// rule that has yields to it.
fn has_a_part(active: &Active, hits: &[(&Active, Hit)]) -> bool {
    let id = &active.known.id;
    let mut made = hits.iter().filter(|hit| must_hold_alone(hit)).map(|(made, _)| made);
    made.any(|made| {
        made.known.id == *id || made.rule().yields_to.iter().any(|other| **other == **id)
    })
}

/// Whether two hits on an object are of the same rule and at the same place.
fn is_same((active, hit): &(&Active, Hit), (other, found): &(&Active, Hit)) -> bool {
    active.known.id == other.known.id && hit.target == found.target
}

/// Drops hits of rules that yield to another rule with a hit at the same place.
fn leave_to_others(hits: &mut Hits<'_>) {
    let exact = |active: &Active| !active.rule().yields_to.is_empty();
    if hits.len() < 2 || !hits.iter().any(|(active, _)| exact(active)) {
        return;
    }
    // There may be thousands of hits, so they are looked up by hash.
    let said: HashSet<(&str, &Target), RandomState> =
        hits.iter().map(|(active, hit)| (&*active.known.id, &hit.target)).collect();
    let yields = |active: &Active, hit: &Hit| {
        let mut others = active.rule().yields_to.iter();
        others.any(|other| said.contains(&(other.as_str(), &hit.target)))
    };
    let left: Vec<bool> = hits.iter().map(|(active, hit)| yields(active, hit)).collect();
    if left.contains(&true) {
        let mut left = left.into_iter();
        hits.retain(|_| left.next() != Some(true));
    }
}
