//! What plimsoll says: a finding, and all a reader of one needs.
//!
//! A finding carries spans, never lines; `report` turns them into lines. Findings are plain data:
//! they hold no reference to a tree, so a stage can hand them on and drop what it parsed.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::source::Edit;
use crate::source::Span;

/// How much a finding weighs. Ordered: `Info < Warning < Error`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Likely wrong; does not fail a run by default.
    Warning,
    /// Wrong; fails a run.
    Error,
}

impl Severity {
    /// The word users read and write.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What sort of text a span lies in, as the JSON contract names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A values file, or values written inline in a release's declaration.
    Values,
    /// A chart's template.
    Template,
    /// A manifest as it lies in the repository.
    Manifest,
    /// The file that declares a release (or plimsoll's own configuration).
    Release,
    /// A chart's metadata: `Chart.yaml`, its lock, its schema.
    Chart,
}

impl Origin {
    /// The word in the JSON contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Template => "template",
            Self::Manifest => "manifest",
            Self::Release => "release",
            Self::Chart => "chart",
        }
    }
}

/// A place a person can look at and edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// In what sort of text.
    pub origin: Origin,
}

/// A further place that explains the finding, with what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Related {
    /// What this place has to do with the finding.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// Names the Kubernetes object a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ObjectRef {
    /// As written, `apps/v1`.
    pub api_version: String,
    /// As written, `Deployment`.
    pub kind: String,
    /// `metadata.namespace` or the release's; `None` where neither says.
    pub namespace: Option<String>,
    /// `metadata.name`, or `metadata.generateName` where that is all there is; may be empty.
    pub name: String,
    /// Dotted path of the field concerned, `spec.template.spec.containers[0].image`; may be empty.
    pub path: String,
    /// Name of the container that the field is in.
    pub container: Option<String>,
}

/// Where in Helm's output a finding was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rendered {
    /// The template, as Helm's `# Source:` line names it.
    pub source: String,
    /// Line in that template's rendered text, from 1.
    pub line: u32,
}

/// Whether a fix may be applied unasked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Every release renders the same but for the field concerned.
    Safe,
    /// Likely right, but behaviour may change.
    Unsafe,
    /// To be shown, never applied.
    Display,
}

impl Applicability {
    /// The word in the JSON contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::Display => "display",
        }
    }
}

/// Among the fields of a [`Fix`]: any scalar may change, but none may come or go.
pub const ANY_FIELD: &str = "*";

/// Edits that make the finding go away. They do not overlap and are sorted by span.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fix {
    /// Whether it may be applied unasked. What a rule claims, until `fix` has proven it.
    pub applicability: Applicability,
    /// What it does, as a person reads it in a menu: "set `hostNetwork: false`".
    pub title: String,
    /// The fields of objects, or keys of values, that it changes: dotted paths without the indexes
    /// of lists, from the object, or from the list item that they are in. [`ANY_FIELD`] where the
    /// change is one of values, whose fields are the chart's to choose.
    pub fields: Vec<String>,
    /// The edits; never empty.
    pub edits: Vec<Edit>,
}

/// One fault, at one primary place.
///
/// What it holds apart makes it smaller by half: a run may move some hundred thousand from list to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id, `anti-affinity-required`.
    pub rule: Arc<str>,
    /// The rule's group, `scheduling`.
    pub group: Arc<str>,
    /// After configuration.
    pub severity: Severity,
    /// What is wrong, one sentence without a full stop, for this very place.
    pub message: String,
    /// What to do about it.
    pub help: Option<Arc<str>>,
    /// The rule's page.
    pub url: Option<Arc<str>>,
    /// The place to edit.
    pub primary: Place,
    /// Further places, in the order in which to read them.
    pub related: Vec<Related>,
    /// The object concerned.
    pub object: Option<Box<ObjectRef>>,
    /// The releases it was found in, `namespace/name`, sorted; empty outside of releases.
    pub releases: Vec<String>,
    /// Where in Helm's output, for rendered objects.
    pub rendered: Option<Rendered>,
    /// What is missing, where what is wrong is that there is none: another folder or release of the repository may be
    /// deployed with it.
    pub sought: Option<Box<Sought>>,
    /// How to repair it, where that is known.
    pub fix: Option<Box<Fix>>,
    /// Names the fault in later runs, though lines have moved; empty until the pipeline names it.
    pub fingerprint: String,
}

/// What something in a file asks for that is not beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sought {
    /// An object of this name.
    Object(String),
    /// Pods with these labels.
    Pods(BTreeMap<String, String>),
    /// Something that reads a key of a values file.
    Reader,
}

impl Finding {
    /// A finding that says nothing beyond its message and place.
    #[must_use]
    pub fn new(
        (rule, group): (impl Into<Arc<str>>, impl Into<Arc<str>>),
        severity: Severity,
        message: String,
        primary: Place,
    ) -> Self {
        Self {
            rule: rule.into(),
            group: group.into(),
            severity,
            message,
            help: None,
            url: None,
            primary,
            related: Vec::new(),
            object: None,
            releases: Vec::new(),
            rendered: None,
            sought: None,
            fix: None,
            fingerprint: String::new(),
        }
    }

    /// Every span that it holds.
    pub fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        // Without `..`: a new field that holds a span is to be given here too.
        let Self {
            rule: _,
            group: _,
            severity: _,
            message: _,
            help: _,
            url: _,
            primary,
            related,
            object: _,
            releases: _,
            rendered: _,
            sought: _,
            fix,
            fingerprint: _,
        } = self;
        let related = related.iter_mut().map(|related| &mut related.place.span);
        let edits = fix.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
        std::iter::once(&mut primary.span).chain(related).chain(edits)
    }
}
