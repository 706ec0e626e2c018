//! Templates that are parsed while their chart is still being read.

use std::sync::Arc;

use super::{Content, RawFile};
use crate::helm::aside::Aside;
use crate::helm::function::is_known;
use crate::helm::parse::{SyntaxFault, Template, parse};
use crate::source::SourceId;

/// So many templates are worth the start of a second thread.
const MANY: usize = 24;

/// Templates in the hands of two threads.
pub(super) struct Ahead(Aside<Result<Template, SyntaxFault>>);

impl Ahead {
    /// Starts to parse the templates of a chart whose files have these names; not where there are few.
    pub(super) fn begin<'n>(names: impl Iterator<Item = &'n str>) -> Option<Self> {
        names.filter(|name| is_template(name)).nth(MANY - 1)?;
        let aside = Aside::new(|text: &Arc<str>| parse(SourceId::NOWHERE, text, is_known));
        aside.start();
        Some(Self(aside))
    }

    /// Hands over a file, if it is a template.
    pub(super) fn give(&self, file: &RawFile) {
        if let (true, Content::Text(text)) = (is_template(&file.name), &file.data) {
            self.0.give(Arc::clone(text));
        }
    }

    /// What came of a text that was handed over, and that stands in this file.
    pub(super) fn take(
        &self,
        text: &Arc<str>,
        source: SourceId,
    ) -> Option<Result<Template, SyntaxFault>> {
        let parsed = self.0.take(text)?;
        Some(parsed.map(|tree| Template { source, ..tree }))
    }
}

/// Whether a file of a chart, or of one within it, is a template.
fn is_template(name: &str) -> bool {
    name.starts_with("templates/") || name.contains("/templates/")
}
