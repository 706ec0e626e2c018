//! From the findings of a unit to entries of the report: drops what is silenced, and turns spans into lines. This is done
//! for each unit by itself, in parallel, so that a run never holds all of its findings twice.

pub mod baseline;
mod elsewhere;
pub(super) mod fingerprint;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::finding::{Finding, Place, Related, Severity};
use crate::lint::context::{Run, origin};
use crate::lint::found::Found;
use crate::lint::gather::UnitFiles;
use crate::lint::piece::FINDINGS_AT_LEAST;
use crate::lint::settings;
use crate::lint::suppress::{self, Exempt, Exemptions, Names, Suppressions, Verdict, directive};
use crate::project::Word;
use crate::report::model::Entry;
use crate::source::SourceId;
use elsewhere::Elsewhere;
use fingerprint::Places;

/// What settles findings: whatever may silence them.
pub(super) struct Settling<'r, 'p> {
    run: &'r Run<'p>,
    names: &'r Names<'r>,
    suppressions: Suppressions,
    exemptions: Exemptions,
    elsewhere: Elsewhere<'p>,
}

/// Findings as entries of the report, without those that are silenced.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) entries: Vec<Entry>,
    /// The texts that the entries point into.
    pub(super) pointed_into: BTreeSet<SourceId>,
    /// The texts with an error among the entries.
    faulty: BTreeSet<SourceId>,
    /// The rest of the result, without findings.
    pub(super) rest: Found,
}

impl<'r, 'p> Settling<'r, 'p> {
    pub(super) fn new(run: &'r Run<'p>, names: &'r Names<'r>) -> Self {
        let mut suppressions = suppressions(run);
        for file in run.linted() {
            suppressions.complete(&file.path);
        }
        let exemptions = Exemptions::new(run.config);
        Self { run, names, suppressions, exemptions, elsewhere: Elsewhere::new(run.project) }
    }

    /// Drops and counts findings that are silenced, and those that another folder may make untrue.
    pub(super) fn settle(&self, mut found: Found) -> Settled {
        self.elsewhere.leave_open(&mut found, self.run.sources);
        let mut findings = std::mem::take(&mut found.findings);
        let _held = self.run.held(&findings);
        let before = findings.len();
        findings.retain_mut(|finding| !self.silences(finding));
        found.waived += before - findings.len();
        Settled { rest: found, ..self.accept(findings) }
    }

    /// Turns findings into entries, whether or not something silences them.
    pub(super) fn accept(&self, findings: Vec<Finding>) -> Settled {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let faulty = errors.map(|finding| finding.primary.span.source).collect();
        let pointed_into = findings.iter().flat_map(sources).collect();
        let unit_files = UnitFiles::new(&self.run.files);
        let entry = |mut finding: Finding| {
            if finding.fingerprint.is_empty() {
                finding.fingerprint =
                    self.run.fingerprint(&finding, &unit_files, &mut Places::default());
            }
            Entry::new(finding, self.run.sources)
        };
        let entries = findings.into_par_iter().with_min_len(FINDINGS_AT_LEAST).map(entry).collect();
        Settled { entries, pointed_into, faulty, rest: Found::default() }
    }

    /// Findings on suppressions and exemptions that silenced nothing. All other findings must have been settled before.
    pub(super) fn unneeded(&self) -> Vec<Finding> {
        let Some(severity) = self.run.unused() else { return Vec::new() };
        let linted: BTreeSet<&str> = self.run.linted().map(|file| file.path.as_str()).collect();
        let path = |finding: &Finding| self.run.sources.path(finding.primary.span.source);
        let mut unneeded = self.suppressions.unused(self.names, severity, self.run.sources);
        unneeded.retain(|finding| linted.contains(path(finding).as_str()));
        // What the configuration says may be for files that are not linted in this run.
        let around = self.run.config.directory().map(crate::project::shown).unwrap_or_default();
        if self.run.project.covers(&around) {
            unneeded.extend(self.exemptions.unused(self.names, severity));
            let Run { config, rules, sources, .. } = self.run;
            unneeded.extend(self.run.choices.idle(config, rules, sources));
            unneeded.extend(settings::idle(config, self.run.project));
        }
        unneeded
    }

    /// True for a finding that is silenced. Adds a related place where a suppression has expired.
    fn silences(&self, finding: &mut Finding) -> bool {
        let (sources, today) = (self.run.sources, self.run.options.today);
        if self.run.options.no_ignores {
            return false;
        }
        match self.exemptions.judge(finding, sources, self.names, today) {
            Exempt::Yes => return true,
            Exempt::Ended(related) => finding.related.push(related),
            Exempt::No => {}
        }
        match self.suppressions.judge(finding, sources, self.names, today) {
            Verdict::Reported => {}
            Verdict::Silenced => return true,
            Verdict::Expired(date, span) => {
                let message = format!("this suppression ended on {date}");
                let place = Place { span, origin: finding.primary.origin };
                finding.related.push(Related { message, place });
            }
        }
        false
    }
}

/// All suppressions in the project's files.
fn suppressions(run: &Run<'_>) -> Suppressions {
    let mut suppressions = Suppressions::default();
    for file in run.project.files.iter().filter(|file| file.holds(Word::Directive)) {
        let source = run.sources.get(file.source);
        let directives = match file.stream() {
            Some(stream) => suppress::of_yaml(run.sources, file.source, &stream.comments),
            None => directive::in_template(file.source, &file.text(), source.lines()),
        };
        suppressions.add(&file.path, origin(file.class), directives);
    }
    suppressions
}

/// The texts that a finding points into.
fn sources(finding: &Finding) -> impl Iterator<Item = SourceId> {
    let related = finding.related.iter().map(|related| related.place.span.source);
    std::iter::once(finding.primary.span.source).chain(related)
}

impl Settled {
    /// An empty result with room for `count` entries and some more: a list that has to grow is in memory twice.
    pub(super) fn with_room(count: usize) -> Self {
        Self { entries: Vec::with_capacity(count + count / 64), ..Self::default() }
    }

    /// Merges two results.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.pointed_into.extend(other.pointed_into);
        self.faulty.extend(other.faulty);
        self.rest = self.rest.and(other.rest);
        self
    }

    /// The charts that cannot be loaded, except where another error stands in the file at fault and says why.
    pub(super) fn untold(&mut self) -> Vec<Finding> {
        let unloaded = std::mem::take(&mut self.rest.unloaded);
        let is_untold = |finding: &Finding| !self.faulty.contains(&finding.primary.span.source);
        unloaded.into_iter().filter(is_untold).collect()
    }
}
