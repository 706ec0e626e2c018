//! Flux `HelmReleases`, with the kustomizations through which they are deployed.
//!
//! Mirrors helm-controller's `api/v2/helmrelease_types.go` (`GetReleaseName`, `GetReleaseNamespace`).

mod patch;
mod substitute;

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use self::patch::patches;
use super::{
    ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via, embedded, kustomize,
    split_oci,
};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::kustomize::{
    Application, Kustomization, Kustomizations, Object, Way, items, patch as kustomize_patch,
};
use crate::project::node::{NodeRef, scalar_text};
use crate::project::path::{is_below, join, parent};
use crate::project::word::Word;
use crate::source::Span;
use crate::yaml::{Kind, Node};

/// The objects of Flux in a repository.
struct Flux<'p> {
    /// Sources, charts, `ConfigMaps`, Secrets, each with its kind.
    objects: Vec<(String, Object<'p>)>,
    /// The same by kind and name.
    named: HashMap<(String, String), Vec<Object<'p>>>,
    kustomizations: &'p Kustomizations<'p>,
}

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    // Without a HelmRelease in the repository, nothing has to be parsed.
    let declares = |file: &File| file.holds(Word::HelmRelease);
    if !context.tree.of(Class::Manifest).any(declares) {
        return;
    }
    let kustomizations = context.kustomizations;
    let patches = kustomize_patch::paths(kustomizations);
    let mut releases = Vec::new();
    let (objects, named) = (Vec::new(), HashMap::new());
    let mut flux = Flux { objects, named, kustomizations };
    for file in context.tree.of(Class::Manifest) {
        for root in file.objects() {
            let text = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
            let object = Object { file, root };
            match (text("apiVersion").split('/').next().unwrap_or_default(), text("kind")) {
                ("helm.toolkit.fluxcd.io", "HelmRelease") if !patches.contains(&file.path) => {
                    releases.push(object);
                }
                ("source.toolkit.fluxcd.io", kind) | ("v1", kind @ ("ConfigMap" | "Secret")) => {
                    flux.add(kind, object);
                }
                _ => {}
            }
        }
    }
    for object in releases {
        for way in context.applied.ways(&object.file.path, kustomizations) {
            flux.release(object, &way, context, found);
        }
    }
}

impl<'p> Flux<'p> {
    fn add(&mut self, kind: &str, object: Object<'p>) {
        if let Some(name) = object.name() {
            self.named.entry((kind.to_owned(), name)).or_default().push(object);
        }
        self.objects.push((kind.to_owned(), object));
    }

    /// The objects of a kind and name, in the order of the repository.
    fn of_name(&self, kind: &str, name: &str) -> &[Object<'p>] {
        let key = (kind.to_owned(), name.to_owned());
        self.named.get(&key).map_or(&[], Vec::as_slice)
    }

    fn release(
        &self,
        object: Object<'p>,
        way: &Way<'_, 'p>,
        context: &Context<'p>,
        found: &mut Found,
    ) {
        let Some(spec) = object.root.get("spec") else { return };
        let patches = patches(object, way, context);
        let patched = |path: &[&str]| {
            patches
                .iter()
                .rev()
                .find_map(|patch| patch.get().get("spec")?.at(path).and_then(scalar_text))
        };
        let text = |path: &[&str]| patched(path).or_else(|| spec.at(path).and_then(scalar_text));
        let substitute = |text: String| self.substitute(&text, way.applied);
        let mut namespace = object.namespace();
        let mut name = object.name().unwrap_or_default();
        for kustomization in &way.kustomizations {
            namespace = kustomization.namespace.clone().or(namespace);
            let affix =
                |key: &str| kustomization.root.get(key).and_then(scalar_text).unwrap_or_default();
            name = format!("{}{name}{}", affix("namePrefix"), affix("nameSuffix"));
        }
        let outer = way.applied.and_then(|applied| self.target_namespace(applied, context));
        namespace = outer.or(namespace).map(&substitute);
        let target = text(&["targetNamespace"]).map(&substitute);
        let name = substitute(name);
        let release_name = match (text(&["releaseName"]).map(&substitute), &target) {
            (Some(name), _) => name,
            (None, Some(target)) => shorten(&format!("{target}-{name}")),
            (None, None) => shorten(&name),
        };
        let declared = object.root.span();
        let chart = self.chart(spec, &text, object, way, namespace.as_deref(), context);
        if release_name.contains("${") {
            let why = format!("the release's name `{release_name}` is substituted in the cluster");
            found.unresolved.push(Unresolved { declared, why, chart_path: chart.path });
            return;
        }
        let named = spec.get("releaseName").or_else(|| object.root.at(&["metadata", "name"]));
        let outermost = way.kustomizations.last().filter(|_| way.kustomizations.len() > 1);
        found.releases.push(Release {
            name: Some(release_name),
            namespace: target.or(namespace.clone()).filter(|name| !name.contains("${")),
            chart,
            values: self.layers(spec, object, way, &patches, namespace.as_deref(), context),
            kube_version: None,
            api_versions: Vec::new(),
            // If either of the two validates the values, the release will fail at some time.
            skip_schema: ["install", "upgrade"].iter().all(|action| {
                text(&[action, "disableSchemaValidation"]).as_deref() == Some("true")
            }),
            declared,
            name_span: named.map(Node::span),
            via: Via::Flux,
            variant: outermost.map(|outer| outer.directory.to_owned()),
        });
    }

    /// The namespace that a Flux Kustomization gives to objects: its `targetNamespace`, or, where the kustomization that
    /// includes it replaces that by the name of a Namespace, the namespace of this kustomization.
    fn target_namespace(&self, applied: &Application<'p>, context: &Context<'p>) -> Option<String> {
        let path = &applied.object.file.path;
        let mut around = self.kustomizations.around(path);
        let replaced = around.find(|one| replaces_target(one, context));
        let replaced = replaced.and_then(|one| one.namespace.clone());
        let own = || applied.object.root.at(&["spec", "targetNamespace"]).and_then(scalar_text);
        replaced.or_else(own)
    }

    fn object(&self, kind: &str, name: &str, namespace: Option<&str>) -> Option<Object<'p>> {
        self.of_name(kind, name).iter().copied().min_by_key(|object| {
            match (object.namespace().as_deref(), namespace) {
                (Some(own), Some(wanted)) if own == wanted => 0,
                (None, _) | (_, None) => 1,
                _ => 2,
            }
        })
    }

    /// The object that is nearest to the place that refers to it, if several have the same name.
    fn source(
        &self,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
        near: &str,
    ) -> Option<Object<'p>> {
        let is_beside = |object: &&Object<'p>| parent(&object.file.path) == parent(near);
        let beside = self.of_name(kind, name).iter().find(is_beside).copied();
        beside.or_else(|| self.object(kind, name, namespace))
    }

    fn chart(
        &self,
        spec: Node<'p>,
        text: &dyn Fn(&[&str]) -> Option<String>,
        object: Object<'p>,
        way: &Way<'_, 'p>,
        namespace: Option<&str>,
        context: &Context<'_>,
    ) -> ChartRef {
        let substitute = |text: String| self.substitute(&text, way.applied);
        let near = object.file.path.as_str();
        let chart_node = spec.at(&["chart", "spec"]);
        if let Some(kind) = text(&["chartRef", "kind"]) {
            let name = text(&["chartRef", "name"]).map(&substitute).unwrap_or_default();
            let namespace = text(&["chartRef", "namespace"]);
            let namespace = namespace.as_deref();
            let span = spec.get("chartRef").map(Node::span);
            let component = || self.of_component(&kind, &name, way.applied?);
            let found = self.source(&kind, &name, namespace, near).or_else(component);
            let Some(source) = found.and_then(|source| source.root.get("spec")) else {
                return ChartRef { name: None, span, ..ChartRef::default() };
            };
            if kind == "HelmChart" {
                let inner = |path: &[&str]| source.at(path).and_then(scalar_text);
                let own = |key: &[&str]| inner(key);
                let chart = self.source_chart(&own, namespace, near, context);
                return ChartRef { span, ..chart };
            }
            let url = source.get("url").and_then(scalar_text).map(&substitute).unwrap_or_default();
            let (repository, name, _) = split_oci(&url);
            let version = ["digest", "semver", "tag"]
                .iter()
                .rev()
                .find_map(|key| source.at(&["ref", key]).and_then(scalar_text))
                .map(&substitute);
            let (name, repository) = (Some(name), Some(repository));
            return ChartRef { name, repository, version, span, ..ChartRef::default() };
        }
        let inner = |path: &[&str]| {
            let full: Vec<&str> = ["chart", "spec"].iter().chain(path).copied().collect();
            text(&full)
        };
        let chart = self.source_chart(&inner, namespace, near, context);
        ChartRef { span: chart_node.and_then(|node| node.get("chart")).map(Node::span), ..chart }
    }

    /// A source in a component that a Flux Kustomization adds, whose name is substituted.
    fn of_component(
        &self,
        kind: &str,
        name: &str,
        applied: &Application<'p>,
    ) -> Option<Object<'p>> {
        let components: Vec<String> = applied.components().collect();
        let is_meant = |(own, object): &&(String, Object<'p>)| {
            let substituted = || self.substitute(&object.name().unwrap_or_default(), Some(applied));
            own == kind
                && components.iter().any(|component| is_below(&object.file.path, component))
                && substituted() == name
        };
        self.objects.iter().find(is_meant).map(|(_, object)| *object)
    }

    /// `chart`, `version` and `sourceRef`, as `HelmReleases` and `HelmCharts` have them.
    fn source_chart(
        &self,
        text: &dyn Fn(&[&str]) -> Option<String>,
        namespace: Option<&str>,
        near: &str,
        context: &Context<'_>,
    ) -> ChartRef {
        let name = text(&["chart"]);
        let version = text(&["version"]);
        let kind = text(&["sourceRef", "kind"]).unwrap_or_else(|| "HelmRepository".to_owned());
        let source_name = text(&["sourceRef", "name"]).unwrap_or_default();
        let source_namespace = text(&["sourceRef", "namespace"]);
        let namespace = source_namespace.as_deref().or(namespace);
        let source = self.source(&kind, &source_name, namespace, near);
        let url = source.and_then(|source| source.root.at(&["spec", "url"])).and_then(scalar_text);
        if kind == "HelmRepository" {
            return ChartRef { name, repository: url, version, ..ChartRef::default() };
        }
        let path = name.unwrap_or_default();
        let tops: Vec<&str> = context.tree.tops_of(near).collect();
        let local = context.chart_by_path(path.trim_start_matches('/'), &tops);
        local.unwrap_or_else(|| ChartRef {
            name: Some(path.trim_end_matches('/').rsplit('/').next().unwrap_or(&path).to_owned()),
            repository: url,
            git: true,
            version,
            ..ChartRef::default()
        })
    }

    fn layers(
        &self,
        spec: Node<'p>,
        object: Object<'p>,
        way: &Way<'_, 'p>,
        patches: &[NodeRef],
        namespace: Option<&str>,
        context: &Context<'p>,
    ) -> Vec<Layer> {
        let mut layers = Vec::new();
        let patched =
            patches.iter().rev().find_map(|patch| patch.get().at(&["spec", "valuesFrom"]));
        let from = patched.or_else(|| spec.get("valuesFrom"));
        for entry in from.into_iter().flat_map(|list| list.items()) {
            layers.push(self.from(entry, way, namespace, context));
        }
        let documents = object.file.stream().map_or(&[][..], |stream| &stream.documents);
        if let Some(values) = spec.get("values").filter(|values| values.kind() == Kind::Mapping) {
            let span = values.key_span().unwrap_or(values.span());
            layers.push(Layer::inline(span, embedded::values(values, documents, context.sources)));
        }
        for patch in patches {
            let Some(values) = patch.get().at(&["spec", "values"]) else { continue };
            let content =
                NodeRef { document: std::sync::Arc::clone(&patch.document), node: values.id() };
            let span = values.key_span().unwrap_or(values.span());
            layers.push(Layer::inline(span, Content::Yaml(content)));
        }
        layers
    }

    /// One entry of `valuesFrom`.
    fn from(
        &self,
        entry: Node<'_>,
        way: &Way<'_, 'p>,
        namespace: Option<&str>,
        context: &Context<'_>,
    ) -> Layer {
        let text = |key: &str| entry.get(key).and_then(scalar_text);
        let kind = text("kind").unwrap_or_default();
        let name = text("name").unwrap_or_default();
        let key = text("valuesKey").unwrap_or_else(|| "values.yaml".to_owned());
        let generator = if kind == "Secret" { "secretGenerator" } else { "configMapGenerator" };
        let generated = way
            .kustomizations
            .iter()
            .find_map(|kustomization| kustomize::generated(kustomization, generator, &name, &key));
        let layer = generated.or_else(|| {
            let object = self.object(&kind, &name, namespace)?;
            let data = ["data", "stringData"];
            let node = data.iter().find_map(|data| object.root.get(data)?.get(&key))?;
            let content = match (kind.as_str(), node.parent().and_then(Node::key_span)) {
                // `data` of a Secret is encoded, and often encrypted.
                ("Secret", Some(span)) if is_data(span, context) => Content::Unknown,
                _ => embedded::values(node, &[], context.sources),
            };
            Some(Layer::inline(node.key_span().unwrap_or(node.span()), content))
        });
        let mut layer = layer.unwrap_or_else(|| Layer::inline(entry.span(), Content::Elsewhere));
        layer.target_path = text("targetPath");
        layer.optional = entry.get("optional").and_then(Node::as_bool).unwrap_or(false);
        layer
    }
}

/// Whether a kustomization replaces the `targetNamespace` of Flux Kustomizations by the name of a Namespace.
fn replaces_target(kustomization: &Kustomization<'_>, context: &Context<'_>) -> bool {
    let replaces = |one: Node<'_>| {
        let of_namespace = one.at(&["source", "kind"]).and_then(Node::as_str) == Some("Namespace");
        of_namespace
            && items(one, "targets").any(|target| {
                let mut fields = items(target, "fieldPaths");
                target.at(&["select", "kind"]).and_then(Node::as_str) == Some("Kustomization")
                    && fields.any(|field| field.as_str() == Some("spec.targetNamespace"))
            })
    };
    let mut entries = items(kustomization.root, "replacements");
    entries.any(|entry| match entry.get("path").and_then(Node::as_str) {
        None => replaces(entry),
        Some(path) => {
            let file = context.tree.file(&join(kustomization.directory, path));
            // A file has one replacement, or a list of them.
            file.is_some_and(|file| {
                file.roots().any(|root| replaces(root) || root.items().any(replaces))
            })
        }
    })
}

fn is_data(span: Span, context: &Context<'_>) -> bool {
    &context.sources.get(span.source).text[span.range()] == "data"
}

/// Helm's limit is 53 characters; Flux cuts at 40 and adds a hash (helm-controller,
/// internal/release/name.go).
fn shorten(name: &str) -> String {
    if name.len() <= 53 || !name.is_char_boundary(40) {
        return name.to_owned();
    }
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(name.as_bytes()));
    format!("{}-{}", &name[..40], &hash[..12])
}
