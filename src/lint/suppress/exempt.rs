//! The configuration's `exemptions`: findings that are accepted without an edit of the files that they are in.

use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::civil::Date;

use super::{Rules, ended, finding};
use crate::config::{Config, Exemption, Spanned};
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::lint::settings::globs::{PathGlobs, of_paths};
use crate::source::{Sources, Span};

/// Findings on exemptions without rules, and on ends that are not dates. Rules that do not exist are reported with the
/// other names in the configuration.
pub(in crate::lint) fn faults(config: &Config) -> Vec<Finding> {
    let exemptions = || config.settings.exemptions.iter();
    let without = exemptions().filter(|each| each.rules.is_empty()).filter_map(|each| {
        let message = "an exemption names the rules it is for".to_owned();
        config.fault(each, message, "`rules: [rule-id]`".to_owned())
    });
    let ends = exemptions().filter_map(|each| each.until.as_ref());
    let ends = ends.filter(|until| until.value.parse::<Date>().is_err()).filter_map(|until| {
        let message = format!("`{}` is not a date", until.value);
        config.fault(until, message, "write it as `2027-03-01`".to_owned())
    });
    without.chain(ends).collect()
}

/// The exemptions of one run.
pub(in crate::lint) struct Exemptions(Vec<Compiled>);

struct Compiled {
    rules: Vec<String>,
    objects: Option<GlobSet>,
    containers: Option<GlobSet>,
    releases: Option<GlobSet>,
    paths: Option<PathGlobs>,
    until: Result<Option<Date>, String>,
    span: Span,
    used: AtomicBool,
}

/// What exemptions do with a finding.
pub(in crate::lint) enum Exempt {
    /// No exemption covers it.
    No,
    /// An exemption covers it.
    Yes,
    /// An exemption covered it until some day; with the place of the exemption.
    Ended(Related),
}

impl Exemptions {
    pub(in crate::lint) fn new(config: &Config) -> Self {
        let compile = |each: &Spanned<Exemption>| {
            let paths = || of_paths(&each.paths, config);
            Some(Compiled {
                rules: text(&each.rules).collect(),
                objects: globs(text(&each.objects)),
                containers: globs(text(&each.containers)),
                releases: globs(text(&each.releases)),
                paths: (!each.paths.is_empty()).then(paths),
                until: each.until.as_ref().map_or(Ok(None), |until| {
                    until.value.parse().map(Some).map_err(|_| until.value.clone())
                }),
                span: config.span(each)?,
                used: AtomicBool::new(false),
            })
        };
        Self(config.settings.exemptions.iter().filter_map(compile).collect())
    }

    /// Decides whether a finding is exempt. An exemption by release only covers a finding if it covers all releases of
    /// the finding.
    pub(in crate::lint) fn judge(
        &self,
        finding: &Finding,
        sources: &Sources,
        rules: &dyn Rules,
        today: Date,
    ) -> Exempt {
        let mut exempt = Exempt::No;
        for each in &self.0 {
            if !each.rules.iter().any(|rule| rules.names(rule, &finding.rule))
                || !each.fits(finding, sources)
            {
                continue;
            }
            each.used.store(true, Ordering::Relaxed);
            let Ok(until) = each.until else { continue };
            let Some(until) = ended(until, today) else { return Exempt::Yes };
            exempt = Exempt::Ended(Related {
                message: format!("this exemption ended on {until}"),
                place: Place { span: each.span, origin: Origin::Release },
            });
        }
        exempt
    }

    /// Findings on exemptions that can be read, and cover nothing. All other findings must have been judged before.
    pub(in crate::lint) fn unused(&self, rules: &dyn Rules, severity: Severity) -> Vec<Finding> {
        let is_unused = |each: &&Compiled| {
            !each.used.load(Ordering::Relaxed)
                && each.rules.iter().any(|rule| rules.runs(rule))
                && each.until.is_ok()
        };
        let finding = |each: &Compiled| {
            let message = "this exemption exempts nothing".to_owned();
            let help = Some("take it out".to_owned());
            finding(each.span, Origin::Release, severity, message, help)
        };
        self.0.iter().filter(is_unused).map(finding).collect()
    }
}

impl Compiled {
    fn fits(&self, finding: &Finding, sources: &Sources) -> bool {
        let object = finding.object.as_ref();
        let fits = |globs: &Option<GlobSet>, text: Option<String>| {
            globs.as_ref().is_none_or(|globs| text.is_some_and(|text| globs.is_match(text)))
        };
        fits(&self.objects, object.map(|object| format!("{}/{}", object.kind, object.name)))
            && fits(&self.containers, object.and_then(|object| object.container.clone()))
            && self
                .paths
                .as_ref()
                .is_none_or(|globs| globs.is_match(&sources.path(finding.primary.span.source)))
            && self.releases.as_ref().is_none_or(|globs| {
                !finding.releases.is_empty()
                    && finding.releases.iter().all(|release| globs.is_match(release))
            })
    }
}

fn text(words: &[Spanned<String>]) -> impl Iterator<Item = String> {
    words.iter().map(|word| word.value.clone())
}

/// One matcher for all patterns; `None` without patterns. An invalid glob matches nothing.
fn globs(patterns: impl Iterator<Item = String>) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    let mut any = false;
    for pattern in patterns {
        any = true;
        if let Ok(glob) = Glob::new(&pattern) {
            set.add(glob);
        }
    }
    any.then(|| set.build().unwrap_or_else(|_| GlobSet::empty()))
}
