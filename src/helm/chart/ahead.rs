//! Parses templates while their chart is still being read.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use super::assemble::Parts;
use super::raw::{Content, RawFile};
use super::{Chart, ChartError, ChartFile, directory, unpack};
use crate::helm::aside::{Aside, Helper};
use crate::helm::function::is_known;
use crate::helm::parse::{SyntaxFault, Template, parse};
use crate::source::{SourceId, Sources};

/// The number of templates for which it is worth to start a second thread.
const MANY: usize = 24;

/// The only chart that a process renders, with a second thread.
pub struct Alone {
    /// The chart.
    pub chart: Chart,
    /// The second thread, which can be used for other work.
    pub(in crate::helm) helper: Helper,
    /// The templates that are being parsed.
    ahead: Cell<Option<Ahead>>,
}

impl Alone {
    /// Reads a chart as [`Chart::load`] does. If it has many templates, a second thread parses them meanwhile, until
    /// `settle` is called.
    ///
    /// # Errors
    /// As for [`Chart::load`].
    pub fn load(path: &Path, shown: &str, sources: &Sources) -> Result<Self, ChartError> {
        let helper = Helper::default();
        let (files, ahead) = match path.is_dir() {
            true => directory::read_ahead(path, sources.overlay(), &helper)?,
            false => (unpack(path, shown)?, None),
        };
        let parts = Parts { later: true, ..Parts::new(sources, None) };
        let chart = Chart::of_files(files, path, shown, parts, &|_| None)?;
        Ok(Self { chart, helper, ahead: Cell::new(ahead) })
    }

    /// Parses the remaining templates, together with the thread.
    pub(in crate::helm) fn settle(&self) {
        if let Some(ahead) = self.ahead.take() {
            ahead.settle(&self.chart);
        }
    }
}

/// Templates that two threads parse.
pub(super) struct Ahead(Aside<Result<Template, SyntaxFault>>);

impl Ahead {
    /// Starts to parse the templates among files with these names; `None` if there are only a few.
    pub(super) fn begin<'n>(names: impl Iterator<Item = &'n str>, helper: &Helper) -> Option<Self> {
        names.filter(|name| is_template(name)).nth(MANY - 1)?;
        let aside = Aside::new(|text: &Arc<str>| parse(SourceId::NOWHERE, text, is_known));
        aside.start(helper);
        Some(Self(aside))
    }

    /// Gives a file to the threads, if it is a template.
    pub(super) fn give(&self, file: &RawFile) {
        if let (true, Content::Text(text)) = (is_template(&file.name), &file.data) {
            self.0.give(Arc::clone(text));
        }
    }

    /// Sets the parsed templates of a chart and its subcharts.
    pub(super) fn settle(&self, chart: &Chart) {
        for template in &chart.templates {
            let ChartFile { text, source, .. } = &template.file;
            if let Some(parsed) = self.0.take(text) {
                let tree = parsed.map(|tree| Arc::new(Template { source: *source, ..tree }));
                template.parsed.get_or_init(|| tree);
            }
        }
        chart.dependencies.iter().for_each(|chart| self.settle(chart));
    }
}

/// Whether a file in a chart, or in a subchart, is a template.
fn is_template(name: &str) -> bool {
    name.starts_with("templates/") || name.contains("/templates/")
}
