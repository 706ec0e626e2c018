//! The logic of a rule, compiled from its file as far as it is needed: a run needs a few rules and some of their
//! checks, and compiling all of them takes longer than the lint of most repositories.

mod compile;

use std::sync::{Arc, OnceLock};

pub(super) use self::compile::{alternatives, safety};
use super::expression::{Expression, Names, Slot};
use super::file::{RuleError, Scope};
use super::need::{Crowd, Sieve, Traits};
use super::path::NodePath;
use super::repair::Plan;
use super::template::Template;
use crate::finding::Severity;
use crate::yaml::{Document, NodeId};

/// The logic of a rule.
#[derive(Debug)]
pub(crate) struct Logic {
    pub(crate) lets: Vec<Let>,
    pub(crate) when: Option<Guard>,
    pub(crate) checks: Vec<Check>,
    /// The number of slots for the variables that all of its checks share.
    pub(crate) slots: usize,
    /// The names of these variables.
    names: Names,
    /// The document that checks are compiled from.
    file: Arc<Document>,
    /// The errors outside of its checks.
    errors: Vec<RuleError>,
}

/// A name for an expression that several places use. It is evaluated when the first of them needs it.
#[derive(Debug)]
pub(crate) struct Let {
    pub(crate) slot: Slot,
    pub(crate) expression: Expression,
    /// The number of a check's variables that must be set before it can be evaluated. Its value changes each time the
    /// last of these is set.
    pub(crate) chosen: usize,
}

/// A condition that must hold before any of a rule's checks is evaluated.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) expression: Expression,
    /// For an object that does not meet it, the expression is false.
    unless: Sieve,
    /// For an object that does not meet it, the expression is true or false; `None` if that is not known.
    undecided: Option<Sieve>,
}

/// One check of a rule.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) each: Vec<Each>,
    /// An object that does not meet it has no nodes to choose.
    reach: Sieve,
    /// Its node in the rule's file.
    node: NodeId,
    compiled: OnceLock<(Option<Body>, Vec<RuleError>)>,
}

/// What a check does with the nodes that are chosen.
#[derive(Debug)]
pub(crate) struct Body {
    /// For an object that does not meet it, the check cannot find anything.
    pub(crate) need: Sieve,
    pub(crate) lets: Vec<Let>,
    pub(crate) when: Option<Expression>,
    pub(crate) test: Expression,
    /// The result of the test that is a fault: `false` for `require`, `true` for `forbid`.
    pub(crate) fails_on: bool,
    pub(crate) at: Vec<Place>,
    /// The part of the text there that is at fault.
    pub(crate) part: Option<Template>,
    pub(crate) related: Vec<(Place, Template)>,
    pub(crate) message: Template,
    pub(crate) help: Option<Template>,
    pub(crate) severity: Option<Severity>,
    /// The first whose condition holds is offered.
    pub(crate) repairs: Vec<Plan>,
    /// The number of slots for its variables, including those that all checks share.
    pub(crate) slots: usize,
}

/// A variable of a check that is set to one node after the other.
#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) node: Slot,
    /// The variable with `_key` after its name: the key of the node, if the path goes over the values of a mapping.
    pub(crate) key: Slot,
    pub(crate) place: Place,
}

/// A path, with the slot of the variable at which it starts.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) start: Slot,
    pub(crate) path: NodePath,
}

impl Logic {
    /// Compiles the part of a rule file before the checks, and the paths of the nodes that the checks choose.
    pub(super) fn of(file: &Arc<Document>, scope: Scope) -> Self {
        compile::compile(file, scope)
    }

    /// The index of the first check that may find something in an object; `None` if the rule cannot find anything.
    pub(crate) fn first_concerning(&self, traits: &Traits<'_>) -> Option<usize> {
        let met = |sieve: &Sieve| sieve.lets_through(traits);
        let first = || self.checks.iter().position(|check| met(check.need()));
        match &self.when {
            None => first(),
            Some(Guard { unless, undecided, .. }) => match undecided {
                // A `when` without a value is counted as undecided, even without any nodes to look at.
                None => met(unless).then_some(0),
                Some(undecided) if met(undecided) => Some(0),
                Some(_) => met(unless).then(first).flatten(),
            },
        }
    }

    /// The compiled body of a check; `None` if it has errors, which [`Logic::faults`] reports.
    pub(crate) fn body<'c>(&self, check: &'c Check) -> Option<&'c Body> {
        self.compiled(check).0.as_ref()
    }

    fn compiled<'c>(&self, check: &'c Check) -> &'c (Option<Body>, Vec<RuleError>) {
        check.compiled.get_or_init(|| compile::body(self.file.node(check.node), &self.names))
    }

    /// Compiles the checks that may find nodes in any of the objects.
    pub(super) fn prepare(&self, crowd: &Crowd) {
        for check in self.checks.iter().filter(|check| check.reach.lets_any_through(crowd)) {
            self.compiled(check);
        }
    }

    /// The errors in the logic, in the order of the file. Compiles all of it.
    pub(super) fn faults(&self) -> impl Iterator<Item = &RuleError> {
        let of_checks = self.checks.iter().flat_map(|check| &self.compiled(check).1);
        self.errors.iter().chain(of_checks)
    }
}

impl Check {
    /// What an object must meet for the check to find something, as far as it is known so far.
    pub(crate) fn need(&self) -> &Sieve {
        self.known().map_or(&self.reach, |body| &body.need)
    }

    /// The body, if it has been compiled.
    pub(crate) fn known(&self) -> Option<&Body> {
        self.compiled.get().and_then(|(body, _)| body.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::objects;
    use crate::rule::read;
    use crate::source::SourceId;
    use crate::yaml;

    #[test]
    fn checks_are_compiled_for_objects_that_have_what_they_go_over() {
        let text = "
id: own
group: own
severity: error
since: 0.1.0
summary: s
why: w
fix: f
kinds: [any]
checks:
  - {for: {shared: pod.hostPID}, forbid: shared, at: shared, message: m}
  - {for: {volume: 'pod.volumes[*]'}, forbid: has(volume.hostPath), at: volume, message: m}
  - {for: {was: base.spec}, forbid: has(was.paused), at: object.spec, message: m}
  - {forbid: has(object.spec.paused), at: object.spec, message: m}
";
        let rule = read(SourceId::NOWHERE, &text.into()).expect("the rule is sound");
        let known = || rule.logic().checks.iter().map(|check| check.known().is_some());
        assert!(known().eq([false; 4]));
        let manifests = "
{apiVersion: v1, kind: Pod, spec: {hostPID: true}}
---
{apiVersion: v1, kind: Other, volumes: []}
";
        let stream = yaml::parse(SourceId::NOWHERE, &manifests.into());
        let pod = objects(&stream.documents[0]);
        rule.logic().prepare(&Crowd::of(&pod));
        // Whether an object will be compared with another is not known in advance.
        assert!(known().eq([true, false, true, true]));
        let both: Vec<_> = stream.documents.iter().flat_map(|document| objects(document)).collect();
        rule.logic().prepare(&Crowd::of(&both));
        assert!(known().eq([true; 4]));
        assert!(rule.faults().is_empty());
    }
}
