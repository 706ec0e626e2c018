//! Branches.

use super::condition::{assume, is_test};
use super::edit::matches;
use super::environment::Flow;
use super::expand::sole_variable;
use super::{Command, Environment, Joint, MAX_WAYS, Shell, Word, is_known, keep, keep_all};

impl Shell<'_> {
    /// Walks `FIRST && SECOND || THIRD`.
    pub(super) fn chain(
        &mut self,
        first: &Command,
        rest: &[(Joint, Command)],
        way: Environment,
    ) -> Vec<Environment> {
        // Programs are assumed to succeed; only tests have two ways.
        let test = is_test(first);
        let truth = self.truth(std::slice::from_ref(first), &way);
        let begun = self.step(first, way).into_iter();
        // Each way, and whether what it has come through is true.
        let mut ways: Vec<(Environment, Option<bool>)> = begun.map(|way| (way, truth)).collect();
        for (joint, next) in rest {
            let mut after = Vec::new();
            for (way, truth) in ways {
                if truth == Some(joint.skips()) || way.flow != Flow::On {
                    meet(&mut after, way, truth);
                    continue;
                }
                let own = self.truth(std::slice::from_ref(next), &way);
                let taken = self.step(next, way.clone());
                let ended = taken.iter().all(|way| way.flow.ends());
                let leaves = taken.iter().all(|way| way.flow != Flow::On);
                if ended || (truth.is_none() && (test || leaves)) {
                    meet(&mut after, way, Some(joint.skips()));
                }
                if !ended || !(test || *joint == Joint::Or) {
                    for way in taken {
                        meet(&mut after, way, own);
                    }
                }
            }
            ways = after;
        }
        ways.into_iter().map(|(way, _)| way).collect()
    }

    pub(super) fn branches(
        &mut self,
        branches: &[(Vec<Command>, Vec<Command>)],
        otherwise: &[Command],
        way: Environment,
    ) -> Vec<Environment> {
        let mut ended = Vec::new();
        let mut ways = Vec::new();
        let mut rest = Some(way);
        for (condition, body) in branches {
            let Some(way) = rest.take() else { break };
            let truth = self.truth(condition, &way);
            let mut taken = way.clone();
            if truth.is_none() {
                assume(condition, &mut taken, self);
            }
            let tried = self.list(condition, vec![taken]);
            if truth != Some(false) {
                let after = self.list(body, tried);
                let (on, off): (Vec<_>, Vec<_>) =
                    after.into_iter().partition(|way| !way.flow.ends());
                let all_ended = on.is_empty();
                keep_all(&mut ways, on);
                keep_all(&mut ended, off);
                // A check that ends the script is assumed to pass where the script is really run.
                if truth == Some(true) && !all_ended {
                    break;
                }
            }
            rest = Some(way);
        }
        if let Some(way) = rest {
            for way in self.list(otherwise, vec![way]) {
                keep(if way.flow.ends() { &mut ended } else { &mut ways }, way);
            }
        }
        if ways.is_empty() { ended } else { ways }
    }

    pub(super) fn case(
        &mut self,
        subject: &Word,
        arms: &[(Vec<Word>, Vec<Command>)],
        way: Environment,
    ) -> Vec<Environment> {
        let value = self.text(subject, &way);
        let known = is_known(&value);
        let mut ways = Vec::new();
        let mut all_matched = false;
        for (patterns, body) in arms {
            let patterns: Vec<String> =
                patterns.iter().map(|pattern| self.text(pattern, &way)).collect();
            let any = patterns.iter().any(|pattern| pattern == "*");
            if known && !any && !patterns.iter().any(|pattern| matches(pattern, &value)) {
                continue;
            }
            let mut taken = way.clone();
            if let ([pattern], Some(name)) = (patterns.as_slice(), sole_variable(subject))
                && !known
                && !pattern.contains(['*', '?', '['])
            {
                taken.set(&name, pattern.clone());
            }
            let after = self.list(body, vec![taken]);
            let on = after.into_iter().filter(|way| !way.flow.ends());
            keep_all(&mut ways, on.collect());
            all_matched |= any;
            if known {
                all_matched = true;
                break;
            }
        }
        if !all_matched || ways.is_empty() {
            keep(&mut ways, way);
        }
        ways
    }
}

/// Adds a way through a chain with the truth that it has come to, which is not known where the same way has another.
fn meet(ways: &mut Vec<(Environment, Option<bool>)>, way: Environment, truth: Option<bool>) {
    match ways.iter().position(|(other, _)| *other == way) {
        Some(at) => ways[at].1 = ways[at].1.filter(|other| Some(*other) == truth),
        None if ways.len() < MAX_WAYS => ways.push((way, truth)),
        None => {}
    }
}
