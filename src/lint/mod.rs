//! The pipeline: a repository to a sorted report. The only parallel code.
//!
//! Files are read and judged in parallel, each release is rendered and judged by itself; what
//! they find is united, suppressed, held against the baseline and sorted. The same input gives
//! the same bytes on any number of threads.

pub mod baseline;
pub mod changed;
pub mod directive;
pub mod fingerprint;
mod intake;
#[allow(dead_code, reason = "releases use it next")]
mod merged;
mod plain;
pub mod select;
pub mod shard;
pub mod suppress;
mod syntax;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use rayon::prelude::*;

use crate::config::Config;
use crate::finding::{Finding, Origin, Related, Severity};
use crate::report::model::Entry;
use crate::report::{Report, Texts, unite};
use crate::rule::{Evaluator, RuleSet, Setting, environment};
use crate::source::Sources;
use intake::Manifest;
use select::{Active, Request, UnknownName};
use suppress::{Suppressions, Verdict};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// Which rules.
    pub request: Request,
    /// Kubernetes version to judge and render by, where a release does not say.
    pub kube_version: String,
    /// Findings are shown although something silences them.
    pub no_ignores: bool,
    /// The day by which suppressions expire.
    pub today: Date,
}

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// United, suppressed, sorted and counted.
    pub report: Report,
    /// The texts that findings point into.
    pub texts: Texts,
}

/// Lints.
///
/// # Errors
/// When the command line or the configuration names a rule or preset that does not exist.
pub fn run(
    options: &Options,
    config: &Config,
    rules: &RuleSet,
    sources: &Sources,
) -> Result<Outcome, UnknownName> {
    let active = select::choose(rules, &options.request, &config.settings, &[])?;
    let manifests = intake::manifests(&options.paths, sources);
    let mut suppressions = Suppressions::default();
    for manifest in &manifests {
        let comments = &manifest.stream.comments;
        let directives = suppress::of_yaml(sources, manifest.source, comments);
        suppressions.add(&manifest.path, Origin::Manifest, directives);
        suppressions.complete(&manifest.path);
    }

    let mut report = Report::new();
    report.summary.files = manifests.len();
    let together = together(&manifests);
    let found: Vec<(Vec<Finding>, usize)> = manifests
        .par_iter()
        .map_init(
            || evaluator(options),
            |evaluator, manifest| {
                let mut findings = syntax::findings(&manifest.stream, Origin::Manifest);
                let own = plain::members(&manifest.stream).len();
                let members = together.get(folder(&manifest.path)).map_or(&[][..], Vec::as_slice);
                findings.extend(plain::judge(&manifest.stream, members, &active, evaluator));
                (findings, own)
            },
        )
        .collect();
    report.summary.objects = found.iter().map(|(_, own)| own).sum();
    let findings: Vec<Finding> = found.into_iter().flat_map(|(findings, _)| findings).collect();

    let names = Names { set: rules, active: &active };
    let (mut kept, suppressed) = judge(findings, &suppressions, &names, options, sources);
    report.summary.suppressed = suppressed;
    if !options.no_ignores && options.request.select.is_empty() {
        kept.extend(suppressions.unused(&names, Severity::Warning));
    }
    let streams: BTreeMap<_, _> =
        manifests.iter().map(|manifest| (manifest.source, &manifest.stream)).collect();
    let entries: Vec<Entry> = kept
        .par_iter()
        .map(|finding| {
            let source = finding.primary.span.source;
            let stream = streams.get(&source).copied();
            let print = fingerprint::of(finding, &sources.get(source), stream);
            Entry::new(finding, print, sources)
        })
        .collect();
    let mut ids: Vec<_> = kept.iter().flat_map(places).collect();
    ids.sort_unstable();
    ids.dedup();
    report.findings = unite::entries(entries);
    report.finish();
    Ok(Outcome { report, texts: Texts::of_run(sources, &ids) })
}

fn evaluator(options: &Options) -> Evaluator {
    Evaluator::new(environment(), Setting { kube_version: options.kube_version.clone() })
}

/// The texts a finding points into.
fn places(finding: &Finding) -> impl Iterator<Item = crate::source::SourceId> {
    let related = finding.related.iter().map(|related| related.place.span.source);
    std::iter::once(finding.primary.span.source).chain(related)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The objects of each directory: what one `kubectl apply -f` deploys.
fn together(manifests: &[Manifest]) -> BTreeMap<&str, Vec<crate::rule::Member>> {
    let mut together: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for manifest in manifests {
        together
            .entry(folder(&manifest.path))
            .or_default()
            .extend(plain::members(&manifest.stream));
    }
    together
}

/// Leaves silenced findings out and counts them; says of expired suppressions that they are.
fn judge(
    findings: Vec<Finding>,
    suppressions: &Suppressions,
    names: &Names<'_>,
    options: &Options,
    sources: &Sources,
) -> (Vec<Finding>, usize) {
    if options.no_ignores {
        return (findings, 0);
    }
    let before = findings.len();
    let kept: Vec<Finding> = findings
        .into_iter()
        .filter_map(|mut finding| {
            match suppressions.judge(&finding, sources, names, options.today) {
                Verdict::Reported => Some(finding),
                Verdict::Silenced => None,
                Verdict::Expired(date, span) => {
                    let message = format!("this suppression ended on {date}");
                    let place = crate::finding::Place { span, origin: finding.primary.origin };
                    finding.related.push(Related { message, place });
                    Some(finding)
                }
            }
        })
        .collect();
    let silenced = before - kept.len();
    (kept, silenced)
}

/// Rules by the names that suppressions use.
struct Names<'a> {
    set: &'a RuleSet,
    active: &'a [Active],
}

impl suppress::Rules for Names<'_> {
    fn names(&self, named: &str, rule: &str) -> bool {
        named == rule || select::named(self.set, named).iter().any(|known| &*known.id == rule)
    }

    fn runs(&self, named: &str) -> bool {
        let named = select::named(self.set, named);
        named.iter().any(|rule| self.active.iter().any(|active| active.rule.id == rule.id))
    }

    fn known(&self, named: &str) -> Result<(), Option<String>> {
        if select::BUILTIN.contains(&named) || !select::named(self.set, named).is_empty() {
            return Ok(());
        }
        Err(select::nearest(self.set, named))
    }
}
