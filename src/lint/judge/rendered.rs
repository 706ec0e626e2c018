//! Rules on the objects that a chart renders. Each finding is placed at the line that a person wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::chart::{directory_name, reference};
use super::failure::{failures, unloaded};
use super::layers::Families;
use super::plain::{Around, Hits};
use super::subject::Subject;
use super::{kustomized, layers, plain, release};
use crate::finding::{Finding, Origin, Place};
use crate::helm::calls::api_asked;
use crate::helm::capabilities::KubeVersion;
use crate::helm::chart::{Chart, ChartError};
use crate::helm::reads::Reads;
use crate::helm::render::{self as helm, Fault, Manifest, RenderError, Rendered};
use crate::helm::values::{Layer, Set, SetKind};
use crate::kube::schema::{NEWEST_MINOR, OLDEST_MINOR, is_of_others, served};
use crate::kube::{OPEN_NAMESPACE, objects};
use crate::lint::found::Found;
use crate::lint::gather::{Charts, UnitFiles};
use crate::lint::mend::Homes;
use crate::lint::outcome::Documents;
use crate::lint::piece::{in_parts, pieces};
use crate::lint::place::Places;
use crate::lint::select::{Active, Chosen};
use crate::lint::suppress::waive::{self, Waiving};
use crate::project::{Class, File, LocalChart, Release, Rewrites, Via};
use crate::rule::layers::{Layers, text};
use crate::rule::{Company, Evaluator, Scope};
use crate::source::{Sources, Span};
use crate::yaml::{Document, Node};

/// The rule whose finding explains why a chart does not render.
const NULL: &str = "values-null-removes-required";

/// A release to render and judge, with what is needed for that.
pub(in crate::lint) struct Task<'a> {
    pub(in crate::lint) release: &'a Release,
    pub(in crate::lint) path: PathBuf,
    pub(in crate::lint) kube_version: &'a str,
    /// APIs that all clusters have in addition to Kubernetes' own.
    pub(in crate::lint) api_versions: &'a [String],
    pub(in crate::lint) chosen: &'a Chosen,
    /// What is replaced in the rendered objects before they are deployed.
    pub(in crate::lint) rewrites: Option<&'a Rewrites>,
    pub(in crate::lint) files: &'a UnitFiles<'a>,
    /// The charts of the repository.
    pub(in crate::lint) charts: &'a [LocalChart],
    pub(in crate::lint) families: &'a Families<'a>,
    pub(in crate::lint) sources: &'a Sources,
    /// Whether the rendered documents are returned.
    pub(in crate::lint) keep_rendered: bool,
    /// Whether there are more processors than releases, so that a second thread may help to render this one.
    pub(in crate::lint) helped: bool,
    /// Whether the chart is in the repository and to be linted.
    pub(in crate::lint) in_repository: bool,
}

/// What a rendered document lacks to be an object of a cluster; `None` if it is one, or if it is empty.
fn lacks(document: &Document) -> Option<&'static str> {
    let root = document.root().filter(|root| !root.is_null())?;
    let has = |key: &str| root.get(key).is_some_and(|value| !value.is_null());
    ["apiVersion", "kind"].into_iter().find(|key| !has(key))
}

/// Whether a finding is about what a template says by itself, so that it holds whatever the values are.
fn holds_anyhow(finding: &Finding, sources: &Sources) -> bool {
    let places = finding.related.iter().map(|related| related.place).chain([finding.primary]);
    let is_literal = |place: Place| {
        let file = sources.get(place.span.source);
        let (before, behind) = file.text.split_at(place.span.start as usize);
        let line = [before.lines().next_back(), behind.lines().next()];
        let is_computed = line.into_iter().flatten().any(|part| part.contains("{{"));
        place.origin == Origin::Template && !is_computed
    };
    places.into_iter().all(is_literal)
}

/// The result of rendering and judging a release.
#[derive(Debug, Default)]
pub(in crate::lint) struct Judged {
    pub(in crate::lint) found: Found,
    /// Whether the chart was rendered with all that the release says.
    pub(in crate::lint) is_rendered: bool,
}

impl Judged {
    /// The result for a chart that was not rendered.
    fn unrendered(found: Found) -> Self {
        Self { found, is_rendered: false }
    }
}

impl Task<'_> {
    /// Renders the release's chart and judges the objects. `before` are the objects that it rendered to before a change.
    pub(in crate::lint) fn judge(
        &self,
        charts: &Charts<'_>,
        before: &Company,
        waiving: &Waiving<'_>,
        evaluator: &(dyn Fn() -> Evaluator + Sync),
    ) -> Judged {
        let mut judged = self.judge_rendered(charts, before, waiving, evaluator);
        if self.release.via == Via::StandIn {
            judged.found.findings.retain(|finding| holds_anyhow(finding, self.sources));
        }
        judged
    }

    fn judge_rendered(
        &self,
        charts: &Charts<'_>,
        before: &Company,
        waiving: &Waiving<'_>,
        evaluator: &(dyn Fn() -> Evaluator + Sync),
    ) -> Judged {
        let loaded = charts.load(&self.path, self.sources);
        let chart = match loaded.get() {
            Some(Ok(chart)) if chart.is_library() => return Judged::default(),
            Some(Ok(chart)) => chart,
            Some(Err(error)) => return self.unloaded(error),
            None => return Judged::default(),
        };
        let layers = match self.layers() {
            Ok(layers) => layers,
            Err(why) => {
                let note =
                    format!("{}: {why}, so its chart was not rendered", self.release.display());
                return Judged::unrendered(Found { notes: vec![note], ..Found::default() });
            }
        };
        let options = self.options(chart);
        let judge = |result: Result<Rendered, RenderError>| match result {
            Ok(rendered) => {
                self.chosen.prepare(made(&rendered).flat_map(|document| objects(document)));
                let around = Around {
                    company: &company(&rendered),
                    before: Some(before),
                    scopes: &plain::DEPLOYED,
                    rewrites: None,
                    alternatives: None,
                };
                let mut found = self.objects(&rendered, chart, around, waiving, evaluator);
                let again = |set: &str| again(chart, &options, &layers, set);
                let own =
                    Layers { rendered: Some(&rendered), again: Some(&again), ..Layers::default() };
                found.findings.extend(self.on_layers(chart, charts, own));
                Judged { found, is_rendered: true }
            }
            Err(error) => self.unrendered(error, chart, charts),
        };
        let mut judged = match self.helped {
            true => helm::render_helped(chart, &options, &layers, judge),
            false => helm::render(chart, &options, &layers, judge),
        };
        if judged.is_rendered {
            let longest = self.under_longest_name(chart, &layers, waiving, evaluator);
            judged.found.findings.extend(longest);
        }
        judged
    }

    /// Renders the release's chart and calls `look` with the result, without judging it.
    ///
    /// # Errors
    /// When the chart cannot be read or does not render; the error says why.
    pub(in crate::lint) fn look<T: Send>(
        &self,
        charts: &Charts<'_>,
        look: impl FnOnce(&Rendered, &Chart) -> T + Send,
    ) -> Result<T, String> {
        let loaded = charts.load(&self.path, self.sources);
        let chart = match loaded.get() {
            Some(Ok(chart)) => chart,
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("the chart is being read".to_owned()),
        };
        let layers = self.layers()?;
        helm::render(chart, &self.options(chart), &layers, |result| match result {
            Ok(rendered) => Ok(look(&rendered, chart)),
            Err(error) => Err(error.reason),
        })
    }

    /// The findings of rules of scope `layers`. `seen` has what is known from rendering.
    fn on_layers(&self, chart: &Chart, charts: &Charts<'_>, seen: Layers<'_>) -> Vec<Finding> {
        if !self.chosen.rules.iter().any(|active| active.known.scope == Scope::Layers) {
            return Vec::new();
        }
        let Some(mut given) = release::layers(self.release, self.files) else { return Vec::new() };
        // A release may name the chart's own values first, as in `valueFiles: [values.yaml, prod.yaml]`: they override
        // nothing.
        let path = |layer: &Node<'_>| self.sources.path(layer.span().source);
        let defaults = chart.values.first().map(|document| self.sources.path(document.source()));
        let own = given.iter().take_while(|layer| Some(path(layer)) == defaults).count();
        given.drain(..own);
        let family = self.families.of(&given, self.sources);
        let texts = layers::templates_in(&given);
        let reads = charts.reads(&self.path, chart, &texts, self.sources);
        let reads = reads.get_or_init(|| Reads::of(chart, &texts));
        let layers = Layers {
            given: &given,
            own: self.release.via == Via::ChartDefault || own > 0 && given.is_empty(),
            chart: Some(chart),
            reads: Some(reads),
            family: &family,
            ..seen
        };
        let mut findings = layers::judge(&layers, &self.chosen.rules, self.sources);
        self.adopt(&mut findings);
        findings
    }

    fn unloaded(&self, error: &ChartError) -> Judged {
        if let Some(values) = self.unfilled_values(error) {
            let note = format!(
                "{}: its chart has to be filled in first, since `{}` is a template, so it was not rendered",
                self.release.display(),
                values.path
            );
            return Judged::unrendered(Found { notes: vec![note], ..Found::default() });
        }
        let mut unloaded = vec![unloaded(error, self.release.declared, self.sources)];
        self.adopt(&mut unloaded);
        self.name(&mut unloaded, None);
        Judged::unrendered(Found { unloaded, ..Found::default() })
    }

    /// The values file that keeps a chart from being loaded, if it only becomes YAML when its placeholders are filled in.
    /// One with `{{` may be a mistake: Helm evaluates no template in values.
    fn unfilled_values(&self, error: &ChartError) -> Option<&File> {
        let file = self.files.at(&self.sources.path(error.span?.source))?;
        (file.class == Class::Template && !file.text().contains("{{")).then_some(file)
    }

    /// The result for a chart that does not render.
    fn unrendered(&self, error: RenderError, chart: &Chart, charts: &Charts<'_>) -> Judged {
        if error.fault == Fault::MissingDependency {
            let shown = crate::project::shown(&self.path);
            let lacking_charts = BTreeMap::from([(shown, error.missing.into_iter().collect())]);
            return Judged::unrendered(Found { lacking_charts, ..Found::default() });
        }
        // The placeholder for a value may be the reason why it fails.
        if self.is_guessed() {
            let note = format!(
                "{}: the chart does not render without values that are only known when it is deployed: {}",
                self.release.display(),
                error.reason
            );
            let findings = self.on_layers(chart, charts, Layers::default());
            return Judged::unrendered(Found { notes: vec![note], findings, ..Found::default() });
        }
        let seen = Layers { failure: Some(&error), ..Layers::default() };
        let own = self.on_layers(chart, charts, seen);
        // One fault gives one finding: where a null is the reason, that finding is enough.
        let told = own.iter().any(|finding| &*finding.rule == NULL);
        let mut findings = match told {
            true => Vec::new(),
            false => self.failed(&error, chart),
        };
        findings.extend(own);
        Judged::unrendered(Found { findings, ..Found::default() })
    }

    fn failed(&self, error: &RenderError, chart: &Chart) -> Vec<Finding> {
        let mut findings = failures(error, Span::new(chart.source, 0, 0), self.sources);
        // An invalid release name is not the chart's fault.
        if error.fault == Fault::ReleaseName {
            let place = Place { span: self.declared(), origin: Origin::Release };
            for finding in &mut findings {
                finding.primary = place;
            }
        }
        if let Some(api) = api_asked_of(chart, error) {
            let help = format!(
                "where the cluster has `{api}`, which the template asks for, name it under `api-versions` in plimsoll.yaml"
            );
            for finding in &mut findings {
                finding.help = Some(help.as_str().into());
            }
        }
        self.adopt(&mut findings);
        self.name(&mut findings, Some(chart));
        findings
    }

    /// Marks findings as findings on the chart as a whole.
    fn name(&self, findings: &mut [Finding], chart: Option<&Chart>) {
        let version = chart.map_or("v1", |chart| chart.metadata.api_version.as_str());
        for finding in findings {
            finding.object = Some(Box::new(reference(&directory_name(&self.path), version)));
        }
    }

    /// Marks findings as this release's, and moves their spans to the texts that the project has read.
    fn adopt(&self, findings: &mut [Finding]) {
        for finding in findings {
            for span in finding.spans_mut() {
                *span = self.files.known(*span, self.sources);
            }
            finding.releases.push(self.release.display());
        }
    }

    /// The options that the release's chart is rendered with.
    pub(in crate::lint) fn options(&self, chart: &Chart) -> helm::Release {
        let release = self.release;
        let said = release.kube_version.as_deref().unwrap_or(self.kube_version);
        let wanted = &chart.metadata.kube_version;
        let fits = |version: &KubeVersion| {
            wanted.is_empty() || crate::helm::function::fits(wanted, &version.normalized)
        };
        let mut version = KubeVersion::parse(said).ok();
        if release.kube_version.is_none() && !version.as_ref().is_some_and(fits) {
            // No version is stated for the release, so it is rendered for one that the chart accepts.
            let known = (OLDEST_MINOR..=NEWEST_MINOR).rev();
            let known = known.filter_map(|minor| KubeVersion::parse(&format!("1.{minor}")).ok());
            version = known.into_iter().find(fits).or(version);
        }
        helm::Release {
            name: release.name.clone().unwrap_or_else(|| "release-name".to_owned()),
            namespace: release.namespace.clone().unwrap_or_else(|| OPEN_NAMESPACE.to_owned()),
            kube_version: version,
            api_versions: [self.api_versions, &release.api_versions].concat(),
            serves,
            skip_schema: release.skip_schema,
            lenient: true,
            ..helm::Release::default()
        }
    }

    /// A note on a rendered document that is no object: no rule looks at it.
    fn no_object(&self, manifest: &Manifest) -> Option<String> {
        let lacks = lacks(manifest.document.as_ref()?)?;
        let (release, template) = (self.release.display(), &manifest.template);
        Some(format!(
            "{release}: {template} renders a document without `{lacks}`, which was not checked: Helm cannot install it"
        ))
    }

    /// Judges rendered objects by the rules of some scopes.
    pub(in crate::lint) fn objects<'c>(
        &'c self,
        rendered: &'c Rendered,
        chart: &Chart,
        around: Around<'c>,
        waiving: &Waiving<'_>,
        evaluator: &(dyn Fn() -> Evaluator + Sync),
    ) -> Found {
        let kept = self.keep_rendered.then(|| (self.release.display(), documents(rendered)));
        let mut found = Found { rendered: kept.into_iter().collect(), ..Found::default() };
        let homes = Homes { files: self.files, charts: self.charts, release: self.release };
        let made = rendered.manifests.iter().map(|manifest| (manifest, true));
        let left_out = rendered.left_out.iter().map(|manifest| (manifest, false));
        let manifests = made.chain(left_out);
        let manifests = manifests.filter_map(|(manifest, is_made)| {
            Some((manifest, (manifest.document.as_ref()?, is_made)))
        });
        let (manifests, documents): (Vec<_>, Vec<_>) = manifests.unzip();
        found.notes.extend(rendered.manifests.iter().find_map(|manifest| self.no_object(manifest)));
        let seen = self.hits(&documents, around, evaluator, &mut found);
        for ((manifest, (document, _)), hits) in manifests.into_iter().zip(documents).zip(seen) {
            let places = self.places(rendered, manifest, chart);
            for (object, mut hits) in objects(document).into_iter().zip(hits) {
                found.objects += 1;
                if let Some(rewrites) = self.rewrites {
                    let undecided = &mut found.undecided;
                    kustomized::leave_open(rewrites, &mut hits, document, &object, undecided);
                }
                let subject = Subject::new(document, &object, Origin::Template);
                let mut own: Vec<Finding> = hits
                    .into_iter()
                    .map(|(active, hit)| {
                        let mut finding = subject.finding(active, &hit);
                        places.settle(&mut finding, &hit, document);
                        finding.fix = places
                            .mend(&finding, hit.repair.as_ref(), document, &homes)
                            .map(Box::new);
                        finding
                    })
                    .collect();
                found.waived += waive::apply(&object, &mut own, waiving);
                for finding in &mut own {
                    places.move_rest(finding);
                    if let Some(object) = &mut finding.object
                        && object.namespace.is_none()
                    {
                        object.namespace.clone_from(&self.release.namespace);
                    }
                }
                found.findings.append(&mut own);
            }
        }
        self.adopt(&mut found.findings);
        found
    }

    /// The hits on the objects of rendered documents, by document and object. Each document comes with whether Helm
    /// deploys it, or leaves it out because of its hook.
    fn hits<'c>(
        &'c self,
        documents: &[(&'c Arc<Document>, bool)],
        around: Around<'c>,
        evaluator: &(dyn Fn() -> Evaluator + Sync),
        found: &mut Found,
    ) -> Vec<Vec<Hits<'c>>> {
        // What Helm leaves out because of its hook is never deployed, so only rules on charts apply to it.
        let of_helm = |active: &Active| &*active.known.group == "helm-chart";
        let pieces = pieces(documents, |(document, _)| document.span().range().len());
        let parts = in_parts(&pieces).map_init(
            || {
                let evaluator = evaluator();
                (around.scene(&evaluator), evaluator)
            },
            |(scene, evaluator), piece| {
                let of_document = |&(document, is_made): &(&'c Arc<Document>, bool)| {
                    let wanted = |active: &Active| is_made || of_helm(active);
                    let objects = objects(document);
                    let hits = objects.iter().map(|object| {
                        plain::hits(document, object, scene, self.chosen, wanted, evaluator)
                    });
                    hits.collect::<Vec<_>>()
                };
                let hits: Vec<_> = piece.iter().map(of_document).collect();
                let undecided = std::mem::take(&mut evaluator.undecided);
                (hits, undecided, std::mem::take(&mut evaluator.unknown_kinds))
            },
        );
        let parts: Vec<_> = parts.collect();
        let mut all = Vec::with_capacity(documents.len());
        for (hits, undecided, mut unknown_kinds) in parts {
            all.extend(hits);
            found.undecided.add(undecided);
            found.unknown_kinds.append(&mut unknown_kinds);
        }
        all
    }

    /// Finds where the parts of a rendered manifest come from.
    pub(in crate::lint) fn places<'r>(
        &'r self,
        rendered: &'r Rendered,
        manifest: &'r Manifest,
        chart: &'r Chart,
    ) -> Places<'r> {
        let (sources, declared) = (self.sources, self.declared());
        Places::new(rendered, manifest, sources, declared, chart, self.in_repository)
    }

    fn declared(&self) -> Span {
        self.release.name_span.unwrap_or(self.release.declared)
    }
}

/// Whether Kubernetes 1.`minor` serves an API.
fn serves(api: &str, minor: u32) -> bool {
    let minor = minor.clamp(OLDEST_MINOR, NEWEST_MINOR);
    served(api).is_some_and(|(first, last)| (first..=last).contains(&minor))
}

/// The template and the text of each rendered document.
fn documents(rendered: &Rendered) -> Documents {
    let text =
        |manifest: &Manifest| (manifest.template.to_string(), manifest.text.as_str().to_owned());
    rendered.manifests.iter().map(text).collect()
}

/// All objects that a chart renders to.
pub(super) fn company(rendered: &Rendered) -> Company {
    Company::of(made(rendered))
}

/// All documents that a chart renders to.
fn made(rendered: &Rendered) -> impl Iterator<Item = &Arc<Document>> {
    rendered.manifests.iter().filter_map(|manifest| manifest.document.as_ref())
}

/// What a release renders to with one more `--set`.
fn again(chart: &Chart, options: &helm::Release, layers: &[Layer], set: &str) -> Option<String> {
    let set = Set { kind: SetKind::Value, text: set.to_owned(), span: None };
    let layers: Vec<Layer> = layers.iter().cloned().chain([Layer::Set(set)]).collect();
    helm::render(chart, options, &layers, |done| done.ok().as_ref().map(text))
}

/// The API whose absence seems to be the reason why a template calls `fail`.
fn api_asked_of(chart: &Chart, error: &RenderError) -> Option<String> {
    let span = error.span?;
    let at = span.start as usize;
    let Some(own) = chart.templates.iter().find(|one| one.file.source == span.source) else {
        return chart.dependencies.iter().find_map(|dependency| api_asked_of(dependency, error));
    };
    let refuses = own.file.text.get(at..).is_some_and(|rest| rest.starts_with("fail"));
    // Whether Kubernetes has an API of its own only depends on its version.
    api_asked(own.parsed().as_ref().ok().filter(|_| refuses)?, at).filter(|api| is_of_others(api))
}
