//! The configuration's `exemptions`: findings that are accepted without an edit of the files that they are in.

use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::civil::Date;

use super::{Rules, ended, finding};
use crate::config::{Config, Exemption, Spanned};
use crate::finding::{Finding, Origin, Place, Related, Severity};
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
            let base = config.directory().map(crate::project::shown).unwrap_or_default();
            let paths: Vec<String> =
                each.paths.iter().map(|path| crate::project::join(&base, &path.value)).collect();
            Some(Compiled {
                rules: text(&each.rules).collect(),
                objects: globs(text(&each.objects)),
                containers: globs(text(&each.containers)),
                releases: globs(text(&each.releases)),
                paths: globs(paths.into_iter()),
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

    /// Findings on exemptions that cannot be read, and, if the `whole` repository was linted, on those that cover nothing.
    pub(in crate::lint) fn unused(
        &self,
        rules: &dyn Rules,
        severity: Severity,
        whole: bool,
    ) -> Vec<Finding> {
        let finding = |each: &Compiled| {
            let unknown =
                each.rules.iter().find_map(|rule| rules.known(rule).err().map(|near| (rule, near)));
            let (message, help) = match (&each.until, unknown) {
                _ if each.rules.is_empty() => {
                    ("an exemption names the rules it is for".to_owned(), None)
                }
                (Err(text), _) => (format!("`{text}` is no date: write `2027-03-01`"), None),
                (_, Some((rule, near))) => (
                    format!("`{rule}` is no rule, so nothing is exempt"),
                    near.as_deref().map(question),
                ),
                _ if !whole || each.used.load(Ordering::Relaxed) => return None,
                _ if !each.rules.iter().any(|rule| rules.runs(rule)) => return None,
                _ => ("this exemption exempts nothing".to_owned(), Some("take it out".to_owned())),
            };
            Some(finding(each.span, Origin::Release, severity, message, help))
        };
        self.0.iter().filter_map(finding).collect()
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
