//! Rules on the values of a release.

use super::finding::of_hit;
use super::layers::Families;
use super::merged::{Merged, merge};
use crate::finding::{Finding, Fix, Origin, Place, Related};
use crate::lint::gather::UnitFiles;
use crate::lint::mend;
use crate::lint::select::Active;
use crate::project::{Content, Release};
use crate::rule::layers::Layers;
use crate::rule::{Evaluator, Hit, ReleaseInfo, Repair, Scope, Target};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Step};

/// Judges the values of one release, with all its layers merged, without its chart.
pub(in crate::lint) fn judge(
    release: &Release,
    files: &UnitFiles<'_>,
    families: &Families<'_>,
    rendered: bool,
    active: &[Active],
    evaluator: &mut Evaluator,
    sources: &Sources,
) -> Vec<Finding> {
    let Some(layers) = layers(release, files) else {
        return Vec::new();
    };
    let info = ReleaseInfo { rendered, ..info(release, sources) };
    let mut findings = values(&layers, &info, active, evaluator);
    if !rendered {
        findings.extend(alone(&layers, families, active, sources));
    }
    for finding in &mut findings {
        finding.releases.push(release.display());
        if let (true, Some(name)) = (release.via.declares(), &release.name) {
            finding.related.push(Related {
                message: format!("release `{name}` is declared here"),
                place: Place { span: place(release), origin: Origin::Release },
            });
        }
    }
    findings
}

/// A release as rules see it.
pub(in crate::lint) fn info(release: &Release, sources: &Sources) -> ReleaseInfo {
    let declared = release.via.declares().then(|| sources.cite(place(release)));
    ReleaseInfo {
        name: release.name.clone().unwrap_or_default(),
        chart: release.chart.name.clone().unwrap_or_default(),
        namespace: release.namespace.clone().unwrap_or_default(),
        declared_in: declared.unwrap_or_default(),
        via: release.via.as_str().to_owned(),
        rendered: false,
    }
}

fn place(release: &Release) -> Span {
    release.name_span.unwrap_or(release.declared)
}

/// Judges values layers without a chart by rules of scope `layers`.
pub(in crate::lint) fn alone(
    given: &[Node<'_>],
    families: &Families<'_>,
    active: &[Active],
    sources: &Sources,
) -> Vec<Finding> {
    let family = families.of(given, sources);
    super::layers::judge(&Layers { given, family: &family, ..Layers::default() }, active, sources)
}

/// Judges merged values layers by rules of scope `values`; the last layer wins.
pub(in crate::lint) fn values(
    layers: &[Node<'_>],
    info: &ReleaseInfo,
    active: &[Active],
    evaluator: &mut Evaluator,
) -> Vec<Finding> {
    let rules: Vec<&Active> =
        active.iter().filter(|active| active.known.scope == Scope::Values).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let Some(merged) = merge(layers) else {
        return Vec::new();
    };
    let pairs = rules.iter().map(|active| active.pair());
    let hits = evaluator.values(&merged.document, info, pairs);
    hits.into_iter().filter_map(|(at, hit)| finding(rules[at], &hit, &merged, layers)).collect()
}

/// The roots of a release's layers; `None` if one of them is not known, since it could change any value.
pub(super) fn layers<'a>(release: &'a Release, files: &'a UnitFiles<'_>) -> Option<Vec<Node<'a>>> {
    let mut nodes = Vec::new();
    for layer in &release.values {
        if layer.target_path.is_some() {
            return None;
        }
        match &layer.content {
            Content::File => match files.at(layer.file.as_deref()?) {
                Some(file) => nodes.extend(file.roots().take(1)),
                None if layer.optional => {}
                None => return None,
            },
            Content::Yaml(node) | Content::Filled(node, _) => nodes.push(node.get()),
            // Single values change single keys only, so the other layers are still judged.
            Content::Set(_) => {}
            Content::Unknown | Content::Elsewhere => return None,
        }
    }
    Some(nodes)
}

fn finding(active: &Active, hit: &Hit, merged: &Merged, layers: &[Node<'_>]) -> Option<Finding> {
    let place = |target: &Target| {
        let span = merged.origin(target.span(&merged.document))?;
        Some(Place { span, origin: Origin::Values })
    };
    let related = hit.related.iter().filter_map(|(target, message)| {
        Some(Related { message: message.clone(), place: place(target)? })
    });
    let primary = place(&hit.target)?;
    Some(Finding {
        related: related.collect(),
        fix: fix(hit.repair.as_ref(), merged, layers, primary.span).map(Box::new),
        ..of_hit(active, hit, primary)
    })
}

/// The fix for a finding in merged values. It edits the layer that the finding is in.
fn fix(
    repair: Option<&Repair>,
    merged: &Merged,
    layers: &[Node<'_>],
    primary: Span,
) -> Option<Fix> {
    let repair = repair?;
    let home = layers.iter().find(|layer| layer.document().source() == primary.source)?;
    let edits = repair.changes.iter().map(|change| {
        let node = merged.document.node(change.target.node);
        let mut keys: Vec<String> = node.path().0.iter().map(key).collect();
        keys.extend(change.target.missing.iter().cloned());
        let (node, missing) = mend::reach(*home, &keys)?;
        change.action.edits(node, &missing)
    });
    mend::fix(repair, edits)
}

fn key(step: &Step<'_>) -> String {
    match step {
        Step::Key(key) => key.to_string(),
        Step::Index(at) => at.to_string(),
    }
}
