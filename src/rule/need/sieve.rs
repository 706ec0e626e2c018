//! Compiles a need, to test it on many objects.
//!
//! Some hundred needs are tested on each object, and most are not met, so most of the time is for loading them from
//! memory. Here each need is in one piece, with its questions next to each other.

use super::{Crowd, Mark, Need, Traits};

/// A compiled need.
#[derive(Debug, Clone)]
pub(crate) struct Sieve {
    /// The index of the first question; [`MET`] if nothing is needed.
    first: u32,
    /// The questions, the last ones first.
    steps: Box<[Step]>,
    /// Conditions that are not marks.
    others: Box<[Need]>,
    /// Whether the need only holds for objects with pods, because that was assumed for it.
    assumes_pods: bool,
}

/// A question with the next one for each answer: the index of a question, [`MET`] or [`UNMET`].
#[derive(Debug, Clone, Copy)]
struct Step {
    test: Test,
    yes: u32,
    no: u32,
}

#[derive(Debug, Clone, Copy)]
enum Test {
    Mark(Mark),
    /// A condition in `others`, by its index.
    Other(u16),
}

const MET: u32 = u32::MAX;
const UNMET: u32 = u32::MAX - 1;

impl Default for Sieve {
    fn default() -> Self {
        Self::of(&Need::NOTHING)
    }
}

impl Sieve {
    /// Compiles a need.
    pub(crate) fn of(need: &Need) -> Self {
        let mut maker = Maker { steps: Vec::new(), others: Vec::new() };
        let first = maker.add(need, MET, UNMET);
        let (steps, others) = (maker.steps.into(), maker.others.into());
        Self { first, steps, others, assumes_pods: false }
    }

    /// Sets whether the need only holds for objects with pods. Objects without pods are then always let through.
    pub(crate) fn assuming_pods(self, assumes_pods: bool) -> Self {
        Self { assumes_pods, ..self }
    }

    /// False only if the object does not meet the need.
    pub(crate) fn lets_through(&self, traits: &Traits<'_>) -> bool {
        if self.assumes_pods && !traits.pods {
            return true;
        }
        self.ends(|test| match test {
            Test::Mark(mark) => traits.marks().may_have(mark),
            Test::Other(other) => self.others[usize::from(other)].may_be_met(traits),
        })
    }

    /// False only if none of several objects meets the need.
    pub(crate) fn lets_any_through(&self, crowd: &Crowd) -> bool {
        if self.assumes_pods && !crowd.pods {
            return true;
        }
        self.ends(|test| match test {
            Test::Mark(mark) => crowd.marks.may_have(mark),
            Test::Other(other) => {
                !matches!(self.others[usize::from(other)], Need::Pods) || crowd.pods
            }
        })
    }

    /// Whether the answers lead to [`MET`].
    #[inline]
    fn ends(&self, is_met: impl Fn(Test) -> bool) -> bool {
        let mut at = self.first;
        while let Some(&Step { test, yes, no }) = self.steps.get(at as usize) {
            at = if is_met(test) { yes } else { no };
        }
        at == MET
    }
}

/// Compiles a need to questions, the last ones first, as each needs the indexes of the next ones.
struct Maker {
    steps: Vec<Step>,
    others: Vec<Need>,
}

impl Maker {
    /// Adds the questions of a need, with the next ones for when it is met and when it is not; returns the index of the
    /// first.
    fn add(&mut self, need: &Need, yes: u32, no: u32) -> u32 {
        match need {
            Need::Marks(marks) => {
                marks.iter().rev().fold(no, |next, mark| self.ask(Test::Mark(*mark), yes, next))
            }
            Need::Every(marks) => {
                marks.iter().rev().fold(yes, |next, mark| self.ask(Test::Mark(*mark), next, no))
            }
            Need::All(parts) => parts.iter().rev().fold(yes, |next, part| self.add(part, next, no)),
            Need::Any(parts) => parts.iter().rev().fold(no, |next, part| self.add(part, yes, next)),
            // If there are too many, which no rule has, the condition counts as met; that only costs time.
            other => match u16::try_from(self.others.len()) {
                Ok(at) => {
                    self.others.push(other.clone());
                    self.ask(Test::Other(at), yes, no)
                }
                Err(_) => MET,
            },
        }
    }

    fn ask(&mut self, test: Test, yes: u32, no: u32) -> u32 {
        let at = u32::try_from(self.steps.len());
        self.steps.push(Step { test, yes, no });
        at.expect("invariant: a rule's file has fewer words than 2^32")
    }
}
