//! Rules over what a chart makes for a release with the longest name.
//!
//! Whoever installs a chart chooses the name, and names that charts make of it have a limit. That is
//! a question to the chart alone, so only charts of the repository are asked.

use super::plain::Around;
use super::rendered::Task;
use crate::finding::Finding;
use crate::helm::chart::Chart;
use crate::helm::render as helm;
use crate::helm::values::Layer;
use crate::lint::select::Active;
use crate::lint::suppress::Waiving;
use crate::rule::{Company, Evaluator, ParamValue, Scope};

/// The parameter that says how long a name may be.
const LONGEST: &str = "max-release-name";
/// What Helm allows (helm: `chartutil.ValidateReleaseName`).
const OF_HELM: usize = 53;

impl Task<'_> {
    /// What rules of scope `longest-name` find; nothing where the chart refuses such a name.
    pub(super) fn under_longest_name(
        &self,
        chart: &Chart,
        layers: &[Layer],
        waiving: &Waiving<'_>,
        evaluator: &(dyn Fn() -> Evaluator + Sync),
    ) -> Vec<Finding> {
        let rule = self.chosen.rules.iter().find(|active| active.known.scope == Scope::LongestName);
        let Some(rule) = rule.filter(|_| self.in_repository) else { return Vec::new() };
        // A name that is unlikely to hold the chart's: templates ask for that.
        let options = helm::Release { name: "x".repeat(longest(rule)), ..self.options(chart) };
        // Waivers that other rules need are not unneeded here.
        let waiving = Waiving { unused: None, ..*waiving };
        helm::render(chart, &options, layers, |done| {
            let Ok(rendered) = done else { return Vec::new() };
            let around = Around {
                company: &Company::default(),
                before: None,
                scopes: &[Scope::LongestName],
                rewrites: None,
                alternatives: None,
            };
            self.objects(&rendered, chart, around, &waiving, evaluator).findings
        })
    }
}

/// How many characters a release's name may have, by a rule.
fn longest(active: &Active) -> usize {
    let most = match active.param(LONGEST) {
        Some(ParamValue::Int(most)) => usize::try_from(*most).ok(),
        _ => None,
    };
    most.unwrap_or(OF_HELM).clamp(1, OF_HELM)
}
