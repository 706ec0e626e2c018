//! What a rule does, compiled from its file as far as it is needed: a run needs a few of the rules that there
//! are and some of the checks of these, and compiling all takes longer than linting most repositories.

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
    /// How many slots the variables take that all of its checks have.
    pub(crate) slots: usize,
    /// The names of these.
    names: Names,
    /// The file that checks are compiled from.
    file: Arc<Document>,
    /// What is wrong with it, but for its checks.
    errors: Vec<RuleError>,
}

/// A name for what several places need. It is worked out when one of them asks for it.
#[derive(Debug)]
pub(crate) struct Let {
    pub(crate) slot: Slot,
    pub(crate) expression: Expression,
    /// How many of a check's variables must be chosen before its value is known; it is another one
    /// each time the last of these is chosen anew.
    pub(crate) chosen: usize,
}

/// What a rule asks before it looks at any of its checks.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) expression: Expression,
    /// Of an object that does not meet it, the expression is false.
    unless: Sieve,
    /// Of an object that does not meet it, the expression is true or false; `None` where that is not known.
    undecided: Option<Sieve>,
}

/// One check of a rule.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) each: Vec<Each>,
    /// In an object that does not meet it there are no nodes to choose.
    reach: Sieve,
    /// Where it stands in the rule's file.
    node: NodeId,
    compiled: OnceLock<(Option<Body>, Vec<RuleError>)>,
}

/// What a check does with the nodes that are chosen.
#[derive(Debug)]
pub(crate) struct Body {
    /// Of an object that does not meet it there is nothing to say.
    pub(crate) need: Sieve,
    pub(crate) lets: Vec<Let>,
    pub(crate) when: Option<Expression>,
    pub(crate) test: Expression,
    /// What the test must give for a finding: `false` for `require`, `true` for `forbid`.
    pub(crate) fails_on: bool,
    pub(crate) at: Vec<Place>,
    /// The part of the text there that is at fault.
    pub(crate) part: Option<Template>,
    pub(crate) related: Vec<(Place, Template)>,
    pub(crate) message: Template,
    pub(crate) help: Option<Template>,
    pub(crate) severity: Option<Severity>,
    /// The first that is for the finding is offered.
    pub(crate) repairs: Vec<Plan>,
    /// How many slots its variables take, those that all checks have among them.
    pub(crate) slots: usize,
}

/// A variable of a check that stands for one node after the other.
#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) node: Slot,
    /// The variable with `_key` behind its name: the key the node stands under, where the path goes
    /// over the values of a mapping.
    pub(crate) key: Slot,
    pub(crate) place: Place,
}

/// A path, with the slot of the variable it starts at.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) start: Slot,
    pub(crate) path: NodePath,
}

impl Logic {
    /// Compiles what the file of a rule of some scope says before its checks, and which nodes these choose.
    pub(super) fn of(file: &Arc<Document>, scope: Scope) -> Self {
        compile::compile(file, scope)
    }

    /// The first check that may have something to say of an object; `None` where the rule has nothing to say.
    pub(crate) fn first_concerning(&self, traits: &Traits<'_>) -> Option<usize> {
        let met = |sieve: &Sieve| sieve.lets_through(traits);
        let first = || self.checks.iter().position(|check| met(check.need()));
        match &self.when {
            None => first(),
            Some(Guard { unless, undecided, .. }) => match undecided {
                // Where it may have no value, that is counted, whatever there is to look at.
                None => met(unless).then_some(0),
                Some(undecided) if met(undecided) => Some(0),
                Some(_) => met(unless).then(first).flatten(),
            },
        }
    }

    /// What a check does; `None` for one that is wrong, which [`Logic::faults`] tells of.
    pub(crate) fn body<'c>(&self, check: &'c Check) -> Option<&'c Body> {
        self.compiled(check).0.as_ref()
    }

    fn compiled<'c>(&self, check: &'c Check) -> &'c (Option<Body>, Vec<RuleError>) {
        check.compiled.get_or_init(|| compile::body(self.file.node(check.node), &self.names))
    }

    /// Compiles the checks that may find their nodes in some objects.
    pub(super) fn prepare(&self, crowd: &Crowd<'_>) {
        for check in self.checks.iter().filter(|check| check.reach.lets_any_through(crowd)) {
            self.compiled(check);
        }
    }

    /// What is wrong with it, in the order of the file. Compiles all of it.
    pub(super) fn faults(&self) -> impl Iterator<Item = &RuleError> {
        let of_checks = self.checks.iter().flat_map(|check| &self.compiled(check).1);
        self.errors.iter().chain(of_checks)
    }
}

impl Check {
    /// What is known so far of what an object must meet for there to be something to say.
    pub(crate) fn need(&self) -> &Sieve {
        self.known().map_or(&self.reach, |body| &body.need)
    }

    /// What it does, where that has been compiled.
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
        // Nobody knows of objects in advance whether they will be compared with others.
        assert!(known().eq([true, false, true, true]));
        let both: Vec<_> = stream.documents.iter().flat_map(|document| objects(document)).collect();
        rule.logic().prepare(&Crowd::of(&both));
        assert!(known().eq([true; 4]));
        assert!(rule.faults().is_empty());
    }
}
