//! Fills in the repair of a check for one finding.

use super::judge::Judge;
use crate::rule::path::PathStep;
use crate::rule::repair::{self, Change, Plan, Repair};

impl<'n> Judge<'n> {
    /// Fills in a repair; `None` if its condition does not hold for this finding, or if a part has no value.
    pub(super) fn repair(&mut self, plan: &'n Plan) -> Option<Repair> {
        if plan.when.as_ref().is_some_and(|when| when.holds(&mut self.frame) != Ok(true)) {
            return None;
        }
        let change = |step: &'n repair::Step| {
            let target = self.reach(&step.place)?;
            let keys = step.place.path.steps.iter().filter_map(|step| match step {
                PathStep::Key(key) => Some(&**key),
                PathStep::Every | PathStep::Keys | PathStep::Index(_) => None,
            });
            let mut field = keys.collect::<Vec<_>>().join(".");
            let node = self.documents[target.document].node(target.node);
            if field.is_empty() {
                field = repair::named(node);
            }
            Some(Change { target, field, action: step.act.fill(node, &mut self.frame)? })
        };
        let changes = plan.steps.iter().map(change).collect::<Option<Vec<_>>>()?;
        let title = match &plan.title {
            Some(title) => title.fill(&mut self.frame),
            None => repair::title(&changes),
        };
        Some(Repair { safety: plan.safety, title, changes })
    }
}
