//! What requests are answered from: a document, and what is known about its surroundings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use gen_lsp_types as lsp;

use super::capability::Client;
use super::diagnostics::Editor;
use super::document::Document;
use crate::lint::trace::Trace;
use crate::lint::{Session, Snapshot};
use crate::report::model::{Entry, FixEntry};

/// An open document, with what is known about its surroundings.
pub(super) struct View<'w> {
    pub(super) snapshot: Arc<Snapshot>,
    /// The document's path as findings name it.
    pub(super) shown: String,
    pub(super) document: &'w Document,
    /// The findings of the last run in its session.
    pub(super) found: &'w [Entry],
    pub(super) editor: Editor<'w>,
    pub(super) client: &'w Client,
    /// The rendered releases of the snapshot, as far as they were needed.
    pub(super) traces: &'w RefCell<Traces>,
    /// The results of trying fixes, as far as they were needed.
    pub(super) proven: &'w RefCell<Proven>,
    pub(super) session: &'w Session,
}

impl View<'_> {
    /// The byte offset of a client's position in the document.
    pub(super) fn offset(&self, position: lsp::Position) -> usize {
        self.document.text.offset(position, self.editor.encoding)
    }
}

/// Rendered releases, each made once for a snapshot.
#[derive(Debug, Default)]
pub(super) struct Traces(BTreeMap<usize, Result<Arc<Trace>, String>>);

impl Traces {
    /// A release as it is rendered.
    pub(super) fn of(&mut self, release: usize, snapshot: &Snapshot) -> Result<Arc<Trace>, String> {
        self.0.entry(release).or_insert_with(|| snapshot.trace(release).map(Arc::new)).clone()
    }
}

/// Fixes after they were tried, by the fingerprints of their findings; `None` for a fix that does not help.
pub(super) type Proven = BTreeMap<String, Option<FixEntry>>;
