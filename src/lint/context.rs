//! What is known while the units of a run are judged.

use super::gather::{Charts, CustomSchemas, Files, Involved};
use super::judge::{Families, Past};
use super::options::Options;
use super::select::{self, Choices};
use super::suppress::{self, Names, Waiving};
use crate::config::{Config, Level};
use crate::finding::{Finding, Origin, Severity};
use crate::project::{Class, File, Project};
use crate::rule::RuleSet;
use crate::source::Sources;

/// One run: what was asked for, what was read, and what all units share.
pub(super) struct Run<'p> {
    pub(super) options: &'p Options,
    pub(super) config: &'p Config,
    pub(super) rules: &'p RuleSet,
    pub(super) sources: &'p Sources,
    pub(super) project: &'p Project,
    pub(super) files: Files<'p>,
    pub(super) involved: Involved<'p>,
    pub(super) families: Families<'p>,
    pub(super) choices: Choices,
    pub(super) schemas: CustomSchemas<'p>,
    pub(super) charts: Charts<'p>,
    pub(super) past: Past<'p>,
}

impl<'p> Run<'p> {
    /// Gives findings that the pipeline itself reports the severity that the user chose, and drops those that are
    /// switched off. Where that hides that something could not be judged at all, a note says so.
    pub(super) fn weigh(&self, findings: &mut Vec<Finding>, notes: &mut Vec<String>) {
        findings.retain_mut(|finding| {
            let path = &self.sources.path(finding.primary.span.source);
            let Some(level) = self.choices.at(path).level(&finding.rule) else { return true };
            match select::severity_of(level) {
                Some(severity) => finding.severity = severity,
                None => notes.extend(select::hidden(&finding.rule)),
            }
            level != Level::Off
        });
    }

    /// The severity of suppressions that silence nothing; `None` where these are not reported.
    pub(super) fn unused(&self) -> Option<Severity> {
        let all = self.options.request.select.is_empty() && !self.options.no_ignores;
        let level = self.choices.base.level(suppress::UNUSED).unwrap_or(Level::Warning);
        select::severity_of(level).filter(|_| all)
    }

    pub(super) fn waiving<'a>(&self, names: &'a Names<'_>) -> Waiving<'a> {
        Waiving {
            rules: names,
            today: self.options.today,
            off: self.options.no_ignores,
            unused: self.unused(),
        }
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names { set: self.rules, active: &self.choices.base.rules }
    }

    /// The files that some unit judges, in this shard or in another.
    pub(super) fn linted(&self) -> impl Iterator<Item = &'p File> {
        let requested = self.project.files.iter().filter(|file| file.requested);
        requested.filter(|file| file.class != Class::Other || is_broken(file))
    }
}

/// True for a file that is not valid YAML, but seems to be meant as a Kubernetes object.
fn is_broken(file: &File) -> bool {
    file.seen.broken && file.text().contains("apiVersion")
}

/// The sort of text that a finding in a file of this class stands in.
pub(super) fn origin(class: Class) -> Origin {
    match class {
        Class::Values => Origin::Values,
        Class::ChartMeta => Origin::Chart,
        Class::ChartTemplate | Class::Template => Origin::Template,
        Class::Manifest | Class::Other | Class::Kustomization => Origin::Manifest,
        Class::Helmfile
        | Class::Skaffold
        | Class::Config
        | Class::GitLabCi
        | Class::GitHub
        | Class::Ci
        | Class::Taskfile
        | Class::Script
        | Class::Makefile
        | Class::Jenkinsfile
        | Class::Justfile
        | Class::Terraform => Origin::Release,
    }
}
