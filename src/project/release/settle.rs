//! Merges what all sources declare: removes duplicates, and finds what only shows in all of them together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Content, Context, Found, Release, Via, finding};
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::project::guide::is_ignored;
use crate::project::path::{base_name, parent};
use crate::spelling::{nearest, question};

/// Adds the repository URLs in the configuration to charts of which only the repository's alias is known.
pub(super) fn name_repositories(config: &Config, found: &mut Found) {
    let repositories = &config.settings.repositories;
    for chart in found.releases.iter_mut().map(|release| &mut release.chart) {
        if chart.repository.is_none()
            && let Some(url) = chart.alias.as_ref().and_then(|alias| repositories.get(alias))
        {
            chart.repository = Some(url.value.clone());
        }
    }
}

/// Removes releases that were found twice, and those that `plimsoll.yaml` declares differently.
pub(super) fn once(found: &mut Found) {
    let mut seen = BTreeSet::new();
    found.releases.retain(|release| seen.insert(release.key()));
    let declared: Vec<Release> =
        found.releases.iter().filter(|release| release.via == Via::Config).cloned().collect();
    let overrules = |release: &Release| {
        release.via != Via::Config
            && declared.iter().any(|own| {
                own.name.is_some()
                    && own.name == release.name
                    && (own.namespace == release.namespace || own.namespace.is_none())
            })
    };
    found.releases.retain(|release| !overrules(release));
    let contradictions = contradictions(&found.releases);
    found.findings.extend(contradictions);
}

/// Findings on declarations in one file, all in force at the same time, that give a release two charts, and on equal entries
/// in `plimsoll.yaml`.
fn contradictions(releases: &[Release]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_name = BTreeMap::new();
    for release in releases.iter().filter(|release| release.via.holds_at_once()) {
        let Some(name) = release.name.as_deref() else { continue };
        let within = (release.via, release.declared.source, release.variant.as_deref());
        let key = (within, release.namespace.as_deref(), name);
        let Some(first) = by_name.get(&key) else {
            by_name.insert(key, release);
            continue;
        };
        let what = match first.chart.display() == release.chart.display() {
            true if release.via != Via::Config => continue,
            true if first.kube_version == release.kube_version => "",
            true => continue,
            false => " with another chart",
        };
        let mut finding = finding(
            "release-declared-twice",
            Severity::Warning,
            release.name_span.unwrap_or(release.declared),
            format!("release {} is declared before{what}", release.display()),
        );
        let span = first.name_span.unwrap_or(first.declared);
        finding.related.push(Related {
            message: "first declared here".to_owned(),
            place: Place { span, origin: Origin::Release },
        });
        findings.push(finding);
    }
    findings
}

/// Records the values files that releases of different charts share: a key that one chart does not read, another may read.
pub(super) fn note_shared(found: &mut Found) {
    let mut charts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for release in &found.releases {
        for path in release.values.iter().filter_map(|layer| layer.file.as_deref()) {
            charts.entry(path).or_default().insert(release.chart.display());
        }
    }
    let shared = charts.into_iter().filter(|(_, charts)| charts.len() > 1);
    let shared: Vec<String> = shared.map(|(path, _)| path.to_owned()).collect();
    found.read_by_others.extend(shared);
}

/// Marks values files that are not part of the repository as not known: those outside of it, and those that git ignores, as
/// it does secrets. Optional ones are left as they are, and so are those in `plimsoll.yaml`, which are named for this run.
pub(super) fn set_elsewhere(context: &Context<'_>, found: &mut Found) {
    let releases = found.releases.iter_mut().filter(|release| release.via != Via::Config);
    for layer in releases.flat_map(|release| &mut release.values) {
        let needed = matches!(layer.content, Content::File) && !layer.optional;
        let is_elsewhere = |path: &str| {
            context.tree.is_elsewhere(path)
                || !context.tree.is_file(path) && is_ignored(Path::new(path))
        };
        if needed && layer.file.as_deref().is_some_and(is_elsewhere) {
            layer.content = Content::Elsewhere;
            layer.optional = true;
        }
    }
}

/// Reports values files that a declaration names and that do not exist.
pub(super) fn missing_files(context: &Context<'_>, found: &mut Found) {
    let mut said = BTreeSet::new();
    for release in &found.releases {
        for layer in release.values.iter().filter(|layer| !layer.optional) {
            let Some(path) = layer.file.as_deref() else { continue };
            if path.contains("://")
                || context.tree.is_file(path)
                || is_ignored(Path::new(path))
                || !said.insert((layer.span, path))
            {
                continue;
            }
            let name = release.display();
            let mut finding = finding(
                "release-values-missing",
                Severity::Warning,
                layer.span,
                format!("release {name} names the values file `{path}`, which is not there"),
            );
            let folder = parent(path);
            let beside = context.tree.directly_in(folder).filter(|file| file.is_yaml());
            let names: Vec<&str> = beside.map(|file| base_name(&file.path)).collect();
            finding.help = nearest(base_name(path), names).map(|near| question(near).into());
            found.findings.push(finding);
        }
    }
}
