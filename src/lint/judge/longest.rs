//! Rules on what a chart renders for a release with the longest possible name.
//!
//! Users choose the name of a release, and names that a chart derives from it may become too long. This only depends on
//! the chart, so it is only judged for charts in the repository.

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
/// The longest release name that Helm allows (helm: `chartutil.ValidateReleaseName`).
const OF_HELM: usize = 53;

impl Task<'_> {
    /// The findings of rules of scope `longest-name`; none if the chart does not render with such a name.
    pub(super) fn under_longest_name(
        &self,
        chart: &Chart,
        layers: &[Layer],
        waiving: &Waiving<'_>,
        evaluator: &(dyn Fn() -> Evaluator + Sync),
    ) -> Vec<Finding> {
        let rule = self.chosen.rules.iter().find(|active| active.known.scope == Scope::LongestName);
        let Some(rule) = rule.filter(|_| self.in_repository) else { return Vec::new() };
        // Templates check whether the release's name contains the chart's, and this one is unlikely to.
        let options = helm::Release { name: "x".repeat(longest(rule)), ..self.options(chart) };
        // Waivers of other rules silence nothing here, but are not unused for that.
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

/// The longest name of a release that a rule allows, in characters.
fn longest(active: &Active) -> usize {
    let most = match active.param(LONGEST) {
        Some(ParamValue::Int(most)) => usize::try_from(*most).ok(),
        _ => None,
    };
    most.unwrap_or(OF_HELM).clamp(1, OF_HELM)
}
