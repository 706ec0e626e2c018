//! Findings, with everything that a reader of one needs.
//!
//! A finding has spans, not lines; `report` converts them to lines. Findings are plain data without references to a
//! tree, so a stage can pass them on and drop what it parsed.

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
    /// The location.
    pub span: Span,
    /// The sort of text that it is in.
    pub origin: Origin,
}

/// A further place that explains the finding, with how it relates to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Related {
    /// How the place relates to the finding.
    pub message: String,
    /// The place.
    pub place: Place,
}

/// Identifies the Kubernetes object of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ObjectRef {
    /// As written, `apps/v1`.
    pub api_version: String,
    /// As written, `Deployment`.
    pub kind: String,
    /// `metadata.namespace`, or else the release's; `None` if there is neither.
    pub namespace: Option<String>,
    /// `metadata.name`, or else `metadata.generateName`; may be empty.
    pub name: String,
    /// Dotted path of the field, `spec.template.spec.containers[0].image`; may be empty.
    pub path: String,
    /// Name of the container that has the field.
    pub container: Option<String>,
}

/// The location of a finding in Helm's output.
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

/// As a field of a [`Fix`]: any scalar may change, but no field may be added or removed.
pub const ANY_FIELD: &str = "*";

/// Edits that repair a finding. They do not overlap and are sorted by span.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fix {
    /// Whether it may be applied without asking: as the rule declares it, until `fix` has verified it.
    pub applicability: Applicability,
    /// The title in a menu: "set `hostNetwork: false`".
    pub title: String,
    /// The fields of objects, or keys of values, that it changes: dotted paths without the indexes of lists, starting
    /// from the object, or from the list item that contains them. [`ANY_FIELD`] for a change of values, for which the
    /// chart determines the fields.
    pub fields: Vec<String>,
    /// The edits; never empty.
    pub edits: Vec<Edit>,
}

/// A fault, with one primary place.
///
/// Rare parts are boxed, which halves its size: a run may move some hundred thousand findings between lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id, `anti-affinity-required`.
    pub rule: Arc<str>,
    /// The rule's group, `scheduling`.
    pub group: Arc<str>,
    /// The severity after configuration.
    pub severity: Severity,
    /// What is wrong at this place, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<Arc<str>>,
    /// The rule's page.
    pub url: Option<Arc<str>>,
    /// The place to edit.
    pub primary: Place,
    /// Further places, in the order in which to read them.
    pub related: Vec<Related>,
    /// The object with the fault.
    pub object: Option<Box<ObjectRef>>,
    /// The releases in which it was found, `namespace/name`, sorted; empty outside of releases.
    pub releases: Vec<String>,
    /// The location in Helm's output, for rendered objects.
    pub rendered: Option<Rendered>,
    /// What is missing, if that is the fault: it may be in another folder or release of the repository that is deployed
    /// together with this one.
    pub sought: Option<Box<Sought>>,
    /// The repair, if one is known.
    pub fix: Option<Box<Fix>>,
    /// Identifies the fault in later runs, even if lines have moved; empty until the pipeline sets it.
    pub fingerprint: String,
}

/// Something that is referred to and that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sought {
    /// An object with this name.
    Object(String),
    /// Pods with these labels.
    Pods(BTreeMap<String, String>),
    /// A reader of a key in a values file.
    Reader,
}

impl Finding {
    /// A finding with nothing but its message and place.
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

    /// Every span in it.
    pub fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        // Without `..`, so that a new field with a span is not forgotten here.
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
