//! The result of a run as in the JSON contract, with lines and columns instead of spans.
//!
//! Every format is made from these types and not from findings, so that a report that was merged from the
//! JSON of shards prints the same bytes as the report of a single run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{
    Applicability, Edit, Finding, Fix, ObjectRef, Origin, Place, Related, Rendered, Severity,
};
use crate::project::UNRESOLVED;
use crate::source::{Position, Sources, Span};

/// The version of the JSON contract that [`Report`] follows.
pub const VERSION: u32 = 1;

/// Everything one run has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Of the contract: [`VERSION`].
    pub version: u32,
    /// Name and version of the program, `plimsoll 0.1.0`.
    pub tool: String,
    /// Which part of a run this is; absent for a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardEntry>,
    /// Sorted by file, place, rule and message.
    pub findings: Vec<Entry>,
    /// Of a part: suppressions and exemptions that it did not need. What all parts say is a
    /// finding of the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unneeded: Vec<Entry>,
    /// What was not checked and why, each said once; sorted. Absent when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Kinds of objects that no schema is known of, `Widget of example.org/v1`; one of the notes
    /// is made of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown_kinds: BTreeSet<String>,
    /// Templates that no chart here renders, by path; one of the notes is made of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub templates: BTreeSet<String>,
    /// Charts that are nowhere on this machine, with how to make each available; one of the notes
    /// is made of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absent_charts: BTreeMap<String, String>,
    /// Paths at which declarations say that charts are, and none is; one of the notes is made of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unbuilt_charts: BTreeSet<String>,
    /// Charts that are not rendered, with the names of those that they depend on and that are not here; one of the
    /// notes is made of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lacking_charts: BTreeMap<String, BTreeSet<String>>,
    /// Conditions of one's own rules that were evaluated, by place, and whether any of their values was true or false; a
    /// report of a whole run has those without such a value, and one of the notes is made of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own_conditions: BTreeMap<String, bool>,
    /// The counts.
    pub summary: Summary,
}

/// One part of a run: `index` of `of`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardEntry {
    /// Which part, from 1.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

/// Counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Files that were read as manifests, values, charts or declarations.
    pub files: usize,
    /// Charts in the repository.
    pub charts: usize,
    /// Releases that were rendered or whose values were checked.
    pub releases: usize,
    /// Kubernetes objects, plain and rendered, each release's own counted.
    pub objects: usize,
    /// Findings of severity `error`.
    pub error: usize,
    /// Findings of severity `warning`.
    pub warning: usize,
    /// Findings of severity `info`.
    pub info: usize,
    /// Findings that a comment, an annotation or the configuration silences.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub baselined: usize,
    /// Wall time, milliseconds.
    pub duration_ms: u64,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The rule's id.
    pub rule: String,
    /// The rule's group.
    pub group: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong at this place.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Arc<str>>,
    /// The rule's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Arc<str>>,
    /// Names the same fault in later runs, though lines have moved; unique in a report.
    pub fingerprint: String,
    /// The place to edit.
    pub location: Location,
    /// In what sort of text.
    pub origin: Origin,
    /// Further places, in the order in which to read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedEntry>,
    /// The object concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// The releases it was found in, `namespace/name`, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<String>,
    /// Releases of the same chart that do not have it, sorted; none where there are more than a hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clean_releases: Vec<String>,
    /// Where in Helm's output it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered: Option<RenderedLine>,
    /// How to repair it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixEntry>,
}

/// A range in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Relative to the working directory, with `/`.
    pub file: String,
    /// First character.
    pub start: Point,
    /// One past the last character.
    pub end: Point,
}

/// Line and column, both from 1; columns in Unicode scalar values.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Point {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl From<Position> for Point {
    fn from(Position { line, column }: Position) -> Self {
        Self { line, column }
    }
}

impl From<Point> for Position {
    fn from(Point { line, column }: Point) -> Self {
        Self { line, column }
    }
}

/// A further place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelatedEntry {
    /// What it has to do with the finding.
    pub message: String,
    /// Where.
    pub location: Location,
    /// In what sort of text.
    pub origin: Origin,
}

/// The Kubernetes object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// As written.
    pub api_version: String,
    /// As written.
    pub kind: String,
    /// Absent where nothing says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// Dotted path of the field concerned; absent for the object as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
}

/// A line of Helm's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedLine {
    /// The template, as in Helm's `# Source:` line.
    pub source: String,
    /// From 1, in that template's output.
    pub line: u32,
}

/// Edits that make a finding go away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FixEntry {
    /// Whether it may be applied unasked.
    pub applicability: Applicability,
    /// What it does, for a menu.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Dotted paths of the fields or values that it changes, indexes of lists left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Sorted; they do not overlap.
    pub edits: Vec<EditEntry>,
}

/// Replaces a range of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EditEntry {
    /// Relative to the working directory.
    pub file: String,
    /// First character replaced.
    pub start: Point,
    /// One past the last.
    pub end: Point,
    /// What stands there afterwards.
    pub text: String,
}

/// The JSON Schema of the contract, for who reads reports.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Report).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "A report of plimsoll".into());
    }
    schema
}

impl Report {
    /// An empty report of this program.
    #[must_use]
    pub fn new() -> Self {
        Self {
            version: VERSION,
            tool: format!("plimsoll {}", env!("CARGO_PKG_VERSION")),
            shard: None,
            findings: Vec::new(),
            unneeded: Vec::new(),
            notes: Vec::new(),
            unknown_kinds: BTreeSet::new(),
            templates: BTreeSet::new(),
            absent_charts: BTreeMap::new(),
            unbuilt_charts: BTreeSet::new(),
            lacking_charts: BTreeMap::new(),
            own_conditions: BTreeMap::new(),
            summary: Summary::default(),
        }
    }

    /// How many things were not looked at that a gate may rely on: what the notes say, releases
    /// that cannot be read from the repository, and a run that found nothing to lint.
    #[must_use]
    pub fn unchecked(&self) -> usize {
        let releases = self.findings.iter().filter(|entry| entry.rule == UNRESOLVED).count();
        self.notes.len() + releases + usize::from(self.summary.files == 0)
    }

    /// The weightiest severity among the findings.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|entry| entry.severity).max()
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    /// An error that says no more than which rule found it, and where in which values.
    #[cfg(test)]
    pub(crate) fn bare(rule: &str, location: Location) -> Self {
        Self {
            rule: rule.to_owned(),
            group: "g".to_owned(),
            severity: Severity::Error,
            message: String::new(),
            help: None,
            url: None,
            fingerprint: String::new(),
            location,
            origin: Origin::Values,
            related: Vec::new(),
            object: None,
            releases: Vec::new(),
            clean_releases: Vec::new(),
            rendered: None,
            fix: None,
        }
    }

    /// Turns a finding's spans into lines and columns.
    #[must_use]
    pub fn new(finding: Finding, sources: &Sources) -> Self {
        let related = finding.related.into_iter();
        Self {
            rule: str::to_owned(&finding.rule),
            group: str::to_owned(&finding.group),
            severity: finding.severity,
            message: finding.message,
            help: finding.help,
            url: finding.url,
            fingerprint: finding.fingerprint,
            location: location(finding.primary.span, sources),
            origin: finding.primary.origin,
            related: related.map(|related| related_entry(related, sources)).collect(),
            object: finding.object.map(|named| object(*named)),
            releases: finding.releases,
            clean_releases: Vec::new(),
            rendered: finding.rendered.map(rendered),
            fix: finding.fix.map(|fix| fix_entry(*fix, sources)),
        }
    }

    /// What reports are sorted by: total, and free of ids that differ from run to run.
    pub(super) fn key(&self) -> impl Ord + '_ {
        (
            &self.location,
            &self.rule,
            &self.message,
            self.object.as_ref().map(|object| (&object.kind, &object.name, &object.path)),
            &self.releases,
            &self.fingerprint,
        )
    }
}

fn related_entry(related: Related, sources: &Sources) -> RelatedEntry {
    let Place { span, origin } = related.place;
    RelatedEntry { message: related.message, location: location(span, sources), origin }
}

fn location(span: Span, sources: &Sources) -> Location {
    let file = sources.get(span.source);
    let point = |offset| file.position(offset).into();
    Location { file: file.path.clone(), start: point(span.start), end: point(span.end) }
}

fn object(object: ObjectRef) -> Object {
    let ObjectRef { api_version, kind, namespace, name, path, container: _ } = object;
    Object { api_version, kind, namespace, name, path }
}

fn rendered(rendered: Rendered) -> RenderedLine {
    RenderedLine { source: rendered.source, line: rendered.line }
}

fn fix_entry(fix: Fix, sources: &Sources) -> FixEntry {
    let edit = |edit: Edit| {
        let Location { file, start, end } = location(edit.span, sources);
        EditEntry { file, start, end, text: edit.text }
    };
    FixEntry {
        applicability: fix.applicability,
        title: fix.title,
        fields: fix.fields,
        edits: fix.edits.into_iter().map(edit).collect(),
    }
}
