//! `plimsoll/rendered`: what a release is rendered to, with the place that a person edits for each
//! line.

use gen_lsp_types as lsp;
use serde::{Deserialize, Serialize};

use super::chart::releases;
use super::diagnostics::Texts;
use super::view::{Traces, View};
use crate::lint::trace::Spot;

/// What a client asks for.
#[derive(Debug, Deserialize)]
pub(super) struct Params {
    /// A values file, a template, or what declares a release.
    pub(super) uri: lsp::Uri,
    /// Which of its releases; the first where none is named.
    pub(super) release: Option<String>,
}

/// The answer; empty where no release is made of the file.
#[derive(Debug, Default, Serialize)]
pub(super) struct Answer {
    /// The releases that the file has a part in.
    releases: Vec<String>,
    /// The one that is shown.
    release: String,
    /// What `helm template` prints.
    text: String,
    /// One for each line of the text.
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    location: Option<lsp::Location>,
}

/// Renders a release that the document has a part in.
///
/// # Errors
/// When there is none of that name, or it does not render: why.
pub(super) fn rendered(
    view: &View<'_>,
    traces: &mut Traces,
    wanted: Option<&str>,
) -> Result<Answer, String> {
    let known = releases(view);
    let found = match wanted {
        Some(name) => known.iter().find(|(_, known)| known == name),
        None => known.first(),
    };
    let (at, release) = match (found, wanted) {
        (Some(found), _) => found,
        (None, None) => return Ok(Answer::default()),
        (None, Some(name)) => return Err(format!("this file has no part in a release {name}")),
    };
    let trace = traces.of(*at, &view.snapshot)?;
    let mut texts = Texts::new(&view.snapshot);
    let lines = trace.lines.iter().map(|spot| Line {
        location: spot.as_ref().and_then(|spot| location(view, &mut texts, spot)),
    });
    Ok(Answer {
        lines: lines.collect(),
        releases: known.iter().map(|(_, name)| name.clone()).collect(),
        release: release.clone(),
        text: trace.text.clone(),
    })
}

/// A spot as a link; `None` where there is none.
pub(super) fn location(
    view: &View<'_>,
    texts: &mut Texts<'_>,
    spot: &Spot,
) -> Option<lsp::Location> {
    let uri = view.editor.workspace.uri(&spot.file, view.editor.documents)?;
    let text = texts.get(&spot.file)?;
    Some(lsp::Location { uri, range: text.range(spot.range(), view.editor.encoding) })
}
