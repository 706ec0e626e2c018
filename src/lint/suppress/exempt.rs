//! The configuration's `exemptions`: findings that are accepted without an edit of the files that they are in.

use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::civil::Date;

use super::{Rules, ended, finding};
use crate::config::{Config, Exemption, Spanned};
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::lint::settings::globs::of_paths;
use crate::source::{Sources, Span};
use crate::spelling::question;

/// The exemptions of one run.
pub(in crate::lint) struct Exemptions(Vec<Compiled>);

struct Compiled {
    rules: Vec<String>,
    objects: Option<GlobSet>,
    containers: Option<GlobSet>,
    releases: Option<GlobSet>,
    paths: Option<GlobSet>,
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

    /// Findings on exemptions that cannot be read.
    pub(in crate::lint) fn invalid(&self, rules: &dyn Rules, severity: Severity) -> Vec<Finding> {
        let finding = |each: &Compiled| {
            let (message, help) = each.fault(rules)?;
            Some(finding(each.span, Origin::Release, severity, message, help))
        };
        self.0.iter().filter_map(finding).collect()
    }

    /// Findings on exemptions that can be read, and cover nothing. All other findings must have been judged before.
    pub(in crate::lint) fn unused(&self, rules: &dyn Rules, severity: Severity) -> Vec<Finding> {
        let is_unused = |each: &&Compiled| {
            !each.used.load(Ordering::Relaxed)
                && each.rules.iter().any(|rule| rules.runs(rule))
                && each.fault(rules).is_none()
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
    /// Why it cannot be read, and what to do about that; `None` if it can be read.
    fn fault(&self, rules: &dyn Rules) -> Option<(String, Option<String>)> {
        if self.rules.is_empty() {
            return Some(("an exemption names the rules it is for".to_owned(), None));
        }
        if let Err(text) = &self.until {
            return Some((format!("`{text}` is no date: write `2027-03-01`"), None));
        }
        self.rules.iter().find_map(|rule| {
            let near = rules.known(rule).err()?;
            let message = format!("`{rule}` is no rule, so nothing is exempt");
            Some((message, near.as_deref().map(question)))
        })
    }

    fn fits(&self, finding: &Finding, sources: &Sources) -> bool {
        let object = finding.object.as_ref();
        let fits = |globs: &Option<GlobSet>, text: Option<String>| {
            globs.as_ref().is_none_or(|globs| text.is_some_and(|text| globs.is_match(text)))
        };
        fits(&self.objects, object.map(|object| format!("{}/{}", object.kind, object.name)))
            && fits(&self.containers, object.and_then(|object| object.container.clone()))
            && fits(&self.paths, Some(sources.path(finding.primary.span.source)))
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
