//! Counts checks that could not be decided, and so report nothing, and notes which conditions never have a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The most rules that a sentence names.
const NAMED: usize = 5;

/// The number of checks of each rule that could not be decided, because a field is missing or has another type, for
/// example.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Undecided {
    counts: BTreeMap<Arc<str>, usize>,
    /// Of the rules of one's own: the conditions that were evaluated, and whether any of their values was true or false.
    answers: BTreeMap<(Arc<str>, Condition), bool>,
}

/// A condition in a rule's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Condition {
    /// The index of its check; `None` for the condition of the whole rule.
    pub check: Option<usize>,
    /// What it decides.
    pub part: Part,
}

/// What a condition of a rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// Whether the rule or the check applies: `when`.
    When,
    /// Whether there is a fault: `require` or `forbid`.
    Test,
    /// Whether there is a finding although not every name under `let` has been needed: all must have a value.
    Names,
}

impl Undecided {
    /// Counts checks of one rule.
    pub fn note(&mut self, rule: &Arc<str>, checks: usize) {
        if checks > 0 {
            *self.counts.entry(Arc::clone(rule)).or_default() += checks;
        }
    }

    /// Notes whether conditions of one rule had a value.
    pub(super) fn answer(
        &mut self,
        rule: &Arc<str>,
        answers: impl IntoIterator<Item = (Condition, bool)>,
    ) {
        for (condition, answered) in answers {
            *self.answers.entry((Arc::clone(rule), condition)).or_default() |= answered;
        }
    }

    /// The conditions of one's own rules that were evaluated, and whether any of their values was true or false. A rule
    /// with a condition without such a value has found nothing by it, wherever it looked.
    pub fn answers(&self) -> impl Iterator<Item = (&Arc<str>, Condition, bool)> {
        self.answers.iter().map(|((rule, condition), answered)| (rule, *condition, *answered))
    }

    /// Adds other counts.
    pub fn add(&mut self, other: Self) {
        for ((rule, condition), answered) in other.answers {
            *self.answers.entry((rule, condition)).or_default() |= answered;
        }
        for (rule, checks) in other.counts {
            *self.counts.entry(rule).or_default() += checks;
        }
    }

    /// States how many there are, and which rules have the most; `None` if there are none.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let all: usize = self.counts.values().sum();
        let mut rules: Vec<_> = self.counts.iter().map(|(rule, checks)| (*checks, rule)).collect();
        rules.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.cmp(b)));
        let named: Vec<_> =
            rules.iter().take(NAMED).map(|(checks, rule)| format!("{rule} {checks}")).collect();
        let named = named.join(", ");
        let (checks, report) = if all == 1 { ("check", "reports") } else { ("checks", "report") };
        let most = if rules.len() > NAMED { "; the most by rule" } else { "" };
        (all > 0).then(|| {
            format!("{all} {checks} could not be decided, and {report} nothing{most}: {named}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(counts: &[(&str, usize)]) -> Option<String> {
        let mut undecided = Undecided::default();
        for (rule, checks) in counts {
            undecided.note(&Arc::from(*rule), *checks);
        }
        undecided.sentence()
    }

    #[test]
    fn the_rules_with_the_most_checks_come_first() {
        assert_eq!(sentence(&[("a", 0)]), None);
        let one = "1 check could not be decided, and reports nothing: a 1";
        assert_eq!(sentence(&[("a", 1)]).as_deref(), Some(one));
        let few = "3 checks could not be decided, and report nothing: b 2, a 1";
        assert_eq!(sentence(&[("a", 1), ("b", 2)]).as_deref(), Some(few));
        let many = ["a", "b", "c", "d", "e", "f"].map(|rule| (rule, 1));
        let six = "6 checks could not be decided, and report nothing; the most by rule: a 1, b 1, c 1, d 1, e 1";
        assert_eq!(sentence(&many).as_deref(), Some(six));
    }
}
