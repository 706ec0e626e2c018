//! A need as it is asked of one object after the other.
//!
//! Some hundred rules are held against each object, and most of them fail: what that costs is to fetch
//! their needs from memory. Here each lies in one piece, a question beside the next.

use super::{Mark, Need, Traits};

/// Holds objects against a need.
#[derive(Debug, Clone)]
pub(crate) struct Sieve {
    /// The first question; [`MET`] where nothing is needed.
    first: u32,
    /// Questions, the last ones first.
    steps: Box<[Step]>,
    /// What is told otherwise than by a mark.
    others: Box<[Need]>,
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
        Self { first, steps: maker.steps.into(), others: maker.others.into() }
    }

    /// False only where the object does not meet the need.
    pub(crate) fn lets_through(&self, traits: &Traits<'_>) -> bool {
        let mut at = self.first;
        while let Some(&Step { test, yes, no }) = self.steps.get(at as usize) {
            let met = match test {
                Test::Mark(mark) => traits.marks().may_have(mark),
                Test::Other(other) => self.others[usize::from(other)].may_be_met(traits),
            };
            at = if met { yes } else { no };
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
