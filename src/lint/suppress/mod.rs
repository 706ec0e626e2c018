//! Suppressions by comments, annotations and exemptions, and findings on those that silence nothing.

pub mod directive;
pub(super) mod exempt;
mod names;
pub mod silence;
pub(super) mod waive;
mod withdraw;

pub(super) use exempt::{Exempt, Exemptions};
pub(super) use names::Names;
pub(super) use waive::Waiving;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;

use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::source::{SourceId, Sources, Span};
use crate::spelling::question;
use directive::{Directive, Scope};

/// The rule about suppressions themselves.
pub(super) const UNUSED: &str = "unused-suppression";

/// What suppressions need to know of rules.
pub(super) trait Rules: Sync {
    /// True if a suppression of `named` silences the rule `rule`.
    fn names(&self, named: &str, rule: &str) -> bool;
    /// True if `named` names a rule that runs.
    fn runs(&self, named: &str) -> bool;
    /// Checks that `named` names a rule.
    ///
    /// # Errors
    /// When it names none; with a similar name, if there is one.
    fn known(&self, named: &str) -> Result<(), Option<String>>;
}

/// All suppressions of one run, by the paths of files. Source ids would not do: a chart's template may have been read
/// twice, by the walk and by the renderer.
#[derive(Debug, Default)]
pub(super) struct Suppressions {
    files: BTreeMap<String, File>,
}

#[derive(Debug, Default)]
struct File {
    /// True if all rules that could find something in the file have run.
    complete: bool,
    origin: Option<Origin>,
    directives: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    directive: Directive,
    /// Whether it has silenced something, for each rule that it names.
    used: Vec<AtomicBool>,
}

/// What suppressions do with a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No suppression silences it.
    Reported,
    /// A suppression silences it.
    Silenced,
    /// A suppression silenced it until this day.
    Expired(Date, Span),
}

impl Suppressions {
    /// Adds the directives of a file, unless they were added before.
    pub(super) fn add(&mut self, path: &str, origin: Origin, directives: Vec<Directive>) {
        if directives.is_empty() || self.files.contains_key(path) {
            return;
        }
        let slot = |directive: Directive| {
            let used = directive.rules.iter().map(|_| AtomicBool::new(false)).collect();
            Slot { directive, used }
        };
        let directives = directives.into_iter().map(slot).collect();
        let file = File { complete: false, origin: Some(origin), directives };
        self.files.insert(path.to_owned(), file);
    }

    /// Marks a file as completely judged, so that its suppressions are unused unless they have silenced a finding.
    pub(super) fn complete(&mut self, path: &str) {
        if let Some(file) = self.files.get_mut(path) {
            file.complete = true;
        }
    }

    /// Decides about a finding. One on a rendered object may be suppressed at the line where it is reported, and at each
    /// related line of values or templates.
    #[must_use]
    pub(super) fn judge(
        &self,
        finding: &Finding,
        sources: &Sources,
        rules: &dyn Rules,
        today: Date,
    ) -> Verdict {
        let explains =
            |related: &&Related| matches!(related.place.origin, Origin::Values | Origin::Template);
        let related = finding.related.iter().filter(explains).map(|related| related.place);
        let mut expired = None;
        for place in std::iter::once(finding.primary).chain(related) {
            match self.at(place, &finding.rule, sources, rules, today) {
                Verdict::Silenced => return Verdict::Silenced,
                Verdict::Expired(date, span) => expired = Some(Verdict::Expired(date, span)),
                Verdict::Reported => {}
            }
        }
        expired.unwrap_or(Verdict::Reported)
    }

    fn at(
        &self,
        place: Place,
        rule: &str,
        sources: &Sources,
        rules: &dyn Rules,
        today: Date,
    ) -> Verdict {
        if self.files.is_empty() {
            return Verdict::Reported;
        }
        let source = sources.get(place.span.source);
        let Some(file) = self.files.get(&source.path) else { return Verdict::Reported };
        let line = source.lines().line_of(place.span.start as usize);
        let mut verdict = Verdict::Reported;
        for Slot { directive, used } in &file.directives {
            let covers = match directive.scope {
                Scope::File => true,
                Scope::Lines(first, last) => (first..=last).contains(&line),
            };
            if !covers || directive.problem.is_some() {
                continue;
            }
            for (named, used) in directive.rules.iter().zip(used) {
                if !rules.names(&named.id, rule) {
                    continue;
                }
                used.store(true, Ordering::Relaxed);
                match ended(directive.until, today) {
                    Some(until) => verdict = Verdict::Expired(until, directive.span),
                    None => return Verdict::Silenced,
                }
            }
        }
        verdict
    }

    /// Findings on suppressions that silence nothing, name no rule, or cannot be read.
    #[must_use]
    pub(super) fn unused(
        &self,
        rules: &dyn Rules,
        severity: Severity,
        sources: &Sources,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for file in self.files.values() {
            let origin = file.origin.unwrap_or(Origin::Manifest);
            for Slot { directive, used } in &file.directives {
                let say = |span, useless: Useless<'_>| {
                    let help = useless.help();
                    finding(span, origin, severity, useless.to_string(), help)
                };
                if let Some(problem) = &directive.problem {
                    findings.push(say(directive.span, Useless::Unreadable(problem)));
                    continue;
                }
                for (at, (named, used)) in directive.rules.iter().zip(used).enumerate() {
                    let settled = used.load(Ordering::Relaxed) || !file.complete;
                    let Some(useless) = Useless::of(&named.id, settled, rules) else { continue };
                    let text = || sources.get(named.span.source);
                    let fix = match useless {
                        Useless::Idle(_) => withdraw::fix(directive, at, &text()).map(Box::new),
                        Useless::Unreadable(_) | Useless::Unknown { .. } => None,
                    };
                    findings.push(Finding { fix, ..say(named.span, useless) });
                }
            }
        }
        findings
    }
}

/// Why a suppression silences nothing.
enum Useless<'a> {
    /// It cannot be read, for this reason.
    Unreadable(&'a str),
    /// It names no rule; perhaps the one that is near is meant.
    Unknown { named: &'a str, near: Option<String> },
    /// The rule that it names has no finding there.
    Idle(&'a str),
}

impl<'a> Useless<'a> {
    /// Why a suppression of a rule silences nothing; `None` if it does, or if it is not known because the rule did not run.
    /// `settled` says that it has silenced something, or that the file was not completely judged.
    fn of(named: &'a str, settled: bool, rules: &dyn Rules) -> Option<Self> {
        match rules.known(named) {
            Err(near) => Some(Self::Unknown { named, near }),
            Ok(()) if settled || !rules.runs(named) => None,
            Ok(()) => Some(Self::Idle(named)),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unreadable(_) => None,
            Self::Unknown { near, .. } => near.as_deref().map(question),
            Self::Idle(_) => Some("take the suppression out".to_owned()),
        }
    }
}

impl fmt::Display for Useless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(problem) => write!(f, "this suppression silences nothing: {problem}"),
            Self::Unknown { named, .. } => {
                write!(f, "`{named}` is not a rule, so nothing is silenced")
            }
            Self::Idle(named) => write!(f, "`{named}` finds nothing here to silence"),
        }
    }
}

/// The last day of a suppression, if that day is over.
fn ended(until: Option<Date>, today: Date) -> Option<Date> {
    until.filter(|until| *until < today)
}

/// A finding on a suppression.
#[must_use]
pub(super) fn finding(
    span: Span,
    origin: Origin,
    severity: Severity,
    message: String,
    help: Option<String>,
) -> Finding {
    let help = help.map(Arc::from);
    Finding { help, ..Finding::new((UNUSED, "meta"), severity, message, Place { span, origin }) }
}

/// Reads the directives of a YAML file.
#[must_use]
pub(super) fn of_yaml(
    sources: &Sources,
    source: SourceId,
    comments: &[crate::yaml::Comment],
) -> Vec<Directive> {
    let file = sources.get(source);
    if !directive::may_hold(&file.text) {
        return Vec::new();
    }
    let spans = comments.iter().map(|comment| comment.span);
    directive::in_comments(source, &file.text, file.lines(), spans)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::ended;

    #[test]
    fn what_is_silenced_until_a_day_is_silenced_on_it() {
        let (day, next) = (date(2027, 3, 1), date(2027, 3, 2));
        assert_eq!(ended(Some(day), day), None);
        assert_eq!(ended(Some(day), next), Some(day));
        assert_eq!(ended(None, next), None);
    }
}
