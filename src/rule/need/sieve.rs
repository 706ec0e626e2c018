//! A need as it is asked of one object after the other.
//!
//! Some hundred rules are held against each object, and most of them fail: what that costs is to fetch
//! their needs from memory. Here each lies in one piece, a question beside the next.

use super::{Crowd, Mark, Need, Traits};

/// Holds objects against a need.
#[derive(Debug, Clone)]
pub(crate) struct Sieve {
    /// The first question; [`MET`] where nothing is needed.
    first: u32,
    /// Questions, the last ones first.
    steps: Box<[Step]>,
    /// What is told otherwise than by a mark.
    others: Box<[Need]>,
    /// Whether the need was told of objects that have pods, and holds for these alone.
    assumes_pods: bool,
}

/// A question, and where each answer leads: to another question, [`MET`] or [`UNMET`].
#[derive(Debug, Clone, Copy)]
struct Step {
    test: Test,
    yes: u32,
    no: u32,
}

#[derive(Debug, Clone, Copy)]
enum Test {
    Mark(Mark),
    /// One of the others.
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
    /// Holds objects against this.
    pub(crate) fn of(need: &Need) -> Self {
        let mut maker = Maker { steps: Vec::new(), others: Vec::new() };
        let first = maker.add(need, MET, UNMET);
        let (steps, others) = (maker.steps.into(), maker.others.into());
        Self { first, steps, others, assumes_pods: false }
    }

    /// The same for a need that may have been told of objects with pods, and so holds for these alone.
    pub(crate) fn assuming_pods(self, assumes_pods: bool) -> Self {
        Self { assumes_pods, ..self }
    }

    /// False only where the object does not meet the need.
    pub(crate) fn lets_through(&self, traits: &Traits<'_>) -> bool {
        if self.assumes_pods && !traits.pods {
            return true;
        }
        self.ends(|test| match test {
            Test::Mark(mark) => traits.marks().may_have(mark),
            Test::Other(other) => self.others[usize::from(other)].may_be_met(traits),
        })
    }

    /// False only where none of several objects meets the need.
    pub(crate) fn lets_any_through(&self, crowd: &Crowd<'_>) -> bool {
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

/// Makes questions of a need, the last ones first: each is to know where its answers lead.
struct Maker {
    steps: Vec<Step>,
    others: Vec<Need>,
}

impl Maker {
    /// Adds the questions of a need that lead on where it is met and where it is not; gives the first.
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
            // To have met it costs a walk and nothing else: no rule has so many.
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
