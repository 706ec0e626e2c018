//! What a run has checked, and what it has not.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::Coverage;
use super::context::Run;
use super::select::{self, Request};
use super::unit::Unit;
use crate::project::{Class, File};
use crate::report::summary::counted;
use crate::rule::Undecided;

impl Run<'_> {
    /// The files and rules that the run has checked, for the comparison with a baseline.
    pub(super) fn coverage(&self) -> Coverage {
        let files = self.project.files.iter().filter(|file| file.requested);
        let request = &self.options.request;
        let chosen = *request != Request::default();
        Coverage {
            files: files.map(|file| file.path.clone()).collect(),
            rules: chosen.then(|| {
                let builtin = select::BUILTIN.iter().map(|id| (*id).to_owned());
                self.choices.ids().map(ToOwned::to_owned).chain(builtin).collect()
            }),
        }
    }

    /// The conditions of one's own rules that were evaluated, by place, and whether any of their values was true or
    /// false.
    pub(super) fn own_conditions(&self, undecided: &Undecided) -> BTreeMap<String, bool> {
        let mut conditions = BTreeMap::new();
        for (id, condition, answered) in undecided.answers() {
            let known = self.rules.rules.iter().find(|known| known.id == *id);
            if let Some(place) = known.and_then(|known| known.rule().place_of(condition)) {
                *conditions.entry(self.sources.cite(place)).or_default() |= answered;
            }
        }
        conditions
    }

    /// What was read and which releases were found, one line each, for `--verbose`.
    pub(super) fn details(&self, units: &[Unit<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
        for file in units.iter().flat_map(|unit| &unit.files) {
            *classes.entry(file.class).or_default() += 1;
        }
        lines.extend(classes.iter().map(|(class, count)| {
            format!("{} read as {}", counted(*count, "file"), class.words())
        }));
        for &at in units.iter().flat_map(|unit| &unit.releases) {
            let release = &self.project.releases[at];
            let values: Vec<&str> = release
                .values
                .iter()
                .map(|layer| layer.file.as_deref().unwrap_or("inline"))
                .collect();
            lines.push(format!(
                "release {} of {} ({}, {}) with {}",
                release.display(),
                release.chart.display(),
                release.via.as_str(),
                self.sources.cite(release.declared),
                if values.is_empty() {
                    "the chart's own values".to_owned()
                } else {
                    values.join(", ")
                },
            ));
        }
        lines
    }

    /// Templates that belong to no chart and are no values layer of a release, so that nothing says what they render to; and
    /// those of a chart that was not read, as where only a template is piped in.
    pub(super) fn templates(&self, units: &[Unit<'_>]) -> BTreeSet<String> {
        let is_unrendered = |file: &File| match file.class {
            Class::Template => !self.judged_with_release(&file.path),
            Class::ChartTemplate => self.project.chart_around(&file.path).is_none(),
            _ => false,
        };
        let files = units.iter().flat_map(|unit| &unit.files).filter(|file| is_unrendered(file));
        files.map(|file| file.path.clone()).collect()
    }
}
