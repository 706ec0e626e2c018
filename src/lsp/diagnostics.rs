//! Findings as diagnostics.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;

use super::document::Documents;
use super::position::{Encoding, Text, unseen};
use super::workspace::Workspace;
use crate::finding::Severity;
use crate::lint::Snapshot;
use crate::report::model::{Entry, Location};

/// What is needed to turn findings into diagnostics.
pub(super) struct Editor<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) documents: &'a Documents,
    pub(super) encoding: Encoding,
    /// Whether the client shows related places.
    pub(super) related: bool,
}

/// The texts of a snapshot, each looked up once.
pub(super) struct Texts<'a> {
    snapshot: &'a Snapshot,
    known: BTreeMap<String, Option<Text>>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, known: BTreeMap::new() }
    }

    /// The text at a shown path.
    pub(super) fn get(&mut self, shown: &str) -> Option<&Text> {
        let snapshot = self.snapshot;
        let known = self.known.entry(shown.to_owned());
        let read = || snapshot.text(shown).map(Text::new);
        known.or_insert_with(read).as_ref()
    }
}

impl Editor<'_> {
    /// One finding as a diagnostic.
    pub(super) fn diagnostic(&self, entry: &Entry, texts: &mut Texts<'_>) -> lsp::Diagnostic {
        let href = entry.url.as_deref().and_then(|url| url.parse().ok());
        let mut message = message(entry);
        let mut related = Vec::new();
        for other in &entry.related {
            match self.location(&other.location, texts).filter(|_| self.related) {
                Some(location) => related.push(lsp::DiagnosticRelatedInformation {
                    location,
                    message: other.message.clone(),
                }),
                None => {
                    let Location { file, start, .. } = &other.location;
                    message.push_str(&format!("\n{file}:{}: {}", start.line, other.message));
                }
            }
        }
        lsp::Diagnostic {
            range: self.range(&entry.location, texts),
            severity: Some(severity(entry.severity)),
            code: Some(lsp::Code::String(entry.rule.clone())),
            code_description: href.map(|href| lsp::CodeDescription { href }),
            source: Some("plimsoll".to_owned()),
            message: lsp::Message::String(message),
            related_information: (!related.is_empty()).then_some(related),
            ..lsp::Diagnostic::default()
        }
    }

    /// A report's location as the client's; `None` if it is in no file.
    pub(super) fn location(
        &self,
        location: &Location,
        texts: &mut Texts<'_>,
    ) -> Option<lsp::Location> {
        let uri = self.workspace.uri(&location.file, self.documents)?;
        Some(lsp::Location { uri, range: self.range(location, texts) })
    }

    fn range(&self, location: &Location, texts: &mut Texts<'_>) -> lsp::Range {
        match texts.get(&location.file) {
            Some(text) => text.range_of(location, self.encoding),
            None => unseen(location),
        }
    }
}

/// Merges findings with the same message at the same place, with all their releases: a line is shown with the message
/// once, whatever the names of the rendered objects are.
pub(super) fn united(entries: Vec<Entry>) -> Vec<Entry> {
    let mut united: Vec<Entry> = Vec::new();
    for entry in entries {
        let same = |other: &&mut Entry| {
            (&other.rule, &other.location, &other.message)
                == (&entry.rule, &entry.location, &entry.message)
        };
        match united.iter_mut().find(same) {
            Some(known) => {
                known.releases.extend(entry.releases);
                known.releases.sort();
                known.releases.dedup();
                known.clean_releases.retain(|release| !known.releases.contains(release));
            }
            None => united.push(entry),
        }
    }
    united
}

/// The message of a diagnostic: what is wrong, in which releases, and what to do about it.
fn message(entry: &Entry) -> String {
    let mut message = entry.message.clone();
    let several = entry.releases.len() > 1 || !entry.clean_releases.is_empty();
    if several && !entry.releases.is_empty() {
        message.push_str(&format!("\nin {}", entry.releases.join(", ")));
        if !entry.clean_releases.is_empty() {
            message.push_str(&format!("; not in {}", entry.clean_releases.join(", ")));
        }
    }
    if let Some(help) = &entry.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    message
}

fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp::DiagnosticSeverity::Error,
        Severity::Warning => lsp::DiagnosticSeverity::Warning,
        Severity::Info => lsp::DiagnosticSeverity::Information,
    }
}
