//! Go to definition, and find references.

use gen_lsp_types as lsp;

use super::chart::{readers, releases, settings};
use super::diagnostics::Texts;
use super::rendered::location;
use super::subject::{Key, Subject, is_template, subject};
use super::symbol::defined;
use super::view::View;
use crate::lint::trace::Spot;

/// The definition of what a place is about. For a values key, that is the chart's default, or, from the default itself,
/// the templates that read it; for a path in a template, it is where the values set it.
pub(super) fn definition(view: &View<'_>, offset: usize) -> Vec<lsp::Location> {
    let spots = match subject(view, offset) {
        Some(Subject::Value(key)) => {
            let here = |spot: &Spot| spot.file == view.shown && spot.range().contains(&offset);
            let set = set(view, &key);
            let elsewhere: Vec<Spot> = set
                .into_iter()
                .filter(|(spot, is_default)| *is_default && !here(spot))
                .map(|(spot, _)| spot)
                .collect();
            if elsewhere.is_empty() { read(view, &key) } else { elsewhere }
        }
        Some(Subject::Read(key)) => set(view, &key).into_iter().map(|(spot, _)| spot).collect(),
        Some(Subject::Include(name, _)) => definitions(view, &name),
        Some(Subject::Rule(..)) | None => Vec::new(),
    };
    locations(view, &spots)
}

/// All places where a key is set or read.
pub(super) fn references(view: &View<'_>, offset: usize) -> Vec<lsp::Location> {
    let spots = match subject(view, offset) {
        Some(Subject::Value(key) | Subject::Read(key)) => {
            let mut spots: Vec<Spot> = set(view, &key).into_iter().map(|(spot, _)| spot).collect();
            spots.extend(read(view, &key));
            spots
        }
        Some(Subject::Include(name, _)) => includes(view, &name),
        Some(Subject::Rule(..)) | None => Vec::new(),
    };
    locations(view, &spots)
}

/// The places where the releases of the document set a key, each with whether it is a default.
fn set(view: &View<'_>, key: &Key) -> Vec<(Spot, bool)> {
    let mut found: Vec<(Spot, bool)> = Vec::new();
    for (at, _) in releases(view) {
        for one in settings(&view.snapshot, &view.snapshot.project.releases[at], key) {
            let one = (one.spot, one.is_default);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

fn read(view: &View<'_>, key: &Key) -> Vec<Spot> {
    let releases = releases(view).into_iter();
    let read = releases
        .flat_map(|(at, _)| readers(&view.snapshot, &view.snapshot.project.releases[at], key));
    let read: std::collections::BTreeSet<Spot> = read.collect();
    read.into_iter().collect()
}

/// The places where a template of this name is defined.
fn definitions(view: &View<'_>, name: &str) -> Vec<Spot> {
    lines(view, &|line| defined(line) == Some(name))
}

fn includes(view: &View<'_>, name: &str) -> Vec<Spot> {
    let quoted = format!("\"{name}\"");
    lines(view, &|line| line.contains("{{") && line.contains(&quoted))
}

/// The lines of templates in the repository for which `wanted` is true.
fn lines(view: &View<'_>, wanted: &dyn Fn(&str) -> bool) -> Vec<Spot> {
    let mut found = Vec::new();
    for file in view.snapshot.project.files.iter().filter(|file| is_template(file)) {
        let mut start = 0;
        for line in file.text().split_inclusive('\n') {
            if wanted(line) {
                let end = start + line.trim_end().len();
                found.push(Spot { file: file.path.clone(), start, end });
            }
            start += line.len();
        }
    }
    found
}

fn locations(view: &View<'_>, spots: &[Spot]) -> Vec<lsp::Location> {
    let mut texts = Texts::new(&view.snapshot);
    spots.iter().filter_map(|spot| location(view, &mut texts, spot)).collect()
}
