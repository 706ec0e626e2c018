//! Loops and branches.

use super::condition::{assume, is_test};
use super::edit::matches;
use super::environment::Flow;
use super::expand::sole_variable;
use super::{
    COMPUTED, Command, Environment, Joint, MAX_TURNS, MAX_WAYS, Shell, Word, is_known, keep,
    keep_all,
};

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
                let ended = taken.iter().all(|way| way.flow != Flow::On);
                if ended || (truth.is_none() && test) {
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

    pub(super) fn for_loop(
        &mut self,
        name: &str,
        words: Option<&[Word]>,
        body: &[Command],
        way: Environment,
    ) -> Vec<Environment> {
        let values: Vec<String> = match words {
            None => way.arguments.clone().unwrap_or_else(|| vec![COMPUTED.to_string()]),
            Some(words) => self.globbed(words, &way),
        };
        let mut ways = vec![way];
        for value in values.iter().take(MAX_TURNS) {
            let known = if is_known(value) { value.clone() } else { COMPUTED.to_string() };
            for way in &mut ways {
                way.set(name, known.clone());
            }
            ways = self.list(body, ways);
        }
        ways
    }

    pub(super) fn while_loop(
        &mut self,
        condition: &[Command],
        body: &[Command],
        mut way: Environment,
    ) -> Vec<Environment> {
        // `while [ $# -gt 0 ]; do case $1 in …; shift; done` reads the caller's options, and
        // `while read …` a stream: neither is known.
        let mut names = Vec::new();
        for command in condition {
            let command = if let Command::Not(inner) = command { inner } else { command };
            if let Command::Simple { words, .. } = command {
                let words: Vec<_> = words.iter().filter_map(Word::literal).collect();
                if words.first().is_some_and(|word| word == "read" || word == "getopts") {
                    names.extend(words.into_iter().skip(1).filter(|word| !word.starts_with('-')));
                }
            }
        }
        let reads_options = way.arguments.is_none() && names.is_empty();
        for name in names {
            way.set(&name, COMPUTED);
        }
        let ways = self.list(condition, vec![way.clone()]);
        let mut after = self.list(body, ways);
        if reads_options {
            // Where a script reads its options, the defaults stay.
            return vec![way];
        }
        after.retain(|way| way.flow == Flow::On);
        if after.is_empty() { vec![way] } else { after }
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
                    after.into_iter().partition(|way| way.flow == Flow::On);
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
                match way.flow {
                    Flow::On => keep(&mut ways, way),
                    Flow::Returned | Flow::Exited => keep(&mut ended, way),
                }
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
            let on = after.into_iter().filter(|way| way.flow == Flow::On);
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
