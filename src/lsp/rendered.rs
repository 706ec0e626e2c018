//! `plimsoll/rendered`: renders a release, with the place to edit for each line.

use gen_lsp_types as lsp;
use serde::{Deserialize, Serialize};

use super::chart::releases;
use super::diagnostics::Texts;
use super::view::{Traces, View};
use crate::lint::trace::Spot;

/// The parameters of the request.
#[derive(Debug, Deserialize)]
pub(super) struct Params {
    /// A values file, a template, or a file that declares a release.
    pub(super) uri: lsp::Uri,
    /// The release to render, of those that the file belongs to; the first by default.
    pub(super) release: Option<String>,
}

/// The answer; empty if the file belongs to no release.
#[derive(Debug, Default, Serialize)]
pub(super) struct Answer {
    /// The releases that the file belongs to.
    releases: Vec<String>,
    /// The release that was rendered.
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

/// Renders a release that the document belongs to.
///
/// # Errors
/// When there is none of that name, or it does not render; with the reason.
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

/// A spot as the client's location; `None` if it is in no file.
pub(super) fn location(
    view: &View<'_>,
    texts: &mut Texts<'_>,
    spot: &Spot,
) -> Option<lsp::Location> {
    let uri = view.editor.workspace.uri(&spot.file, view.editor.documents)?;
    let text = texts.get(&spot.file)?;
    Some(lsp::Location { uri, range: text.range(spot.range(), view.editor.encoding) })
}
