//! Follows values to the manifests that a chart renders.

use std::sync::LazyLock;

use regex::Regex;

use super::{Layers, Remark};
use crate::helm::origin::Through;
use crate::helm::render::{Manifest, Rendered};
use crate::helm::scalar::Inquiry;
use crate::kube::Object;
use crate::rule::repair::Rewrite;
use crate::source::{SourceId, Span};
use crate::yaml::edit;

/// A number that a template printed with an exponent.
pub(super) struct Exponent {
    /// The printed text, `1e+06`.
    printed: String,
    /// The path of the value, `/limits/bytes`.
    pointer: String,
    /// The place of the value.
    pub(super) value: Span,
    /// The place in the template that prints it.
    template: Option<Span>,
}

/// Finds whole numbers that a template prints with an exponent.
pub(super) fn exponents(layers: &Layers<'_>) -> Vec<Remark> {
    let Some(rendered) = layers.rendered else { return Vec::new() };
    let written: Vec<_> = layers.given.iter().copied().chain(layers.defaults().nodes).collect();
    let text = |span: Span| {
        let own = |node: &&crate::yaml::Node<'_>| node.span().source == span.source;
        let node = written.iter().find(own)?;
        node.document().text().get(span.range()).map(ToOwned::to_owned)
    };
    let remark = |exponent: Exponent| {
        let written = text(exponent.value)?;
        let digits = written.strip_prefix('-').unwrap_or(&written);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let template = exponent.template.map(|span| (span, "this line prints it".to_owned()));
        Some(Remark {
            help: Some("convert it where it is printed, `| int64`; or quote the value".to_owned()),
            repair: Some(Rewrite::replaced(exponent.value, edit::quoted(&written))),
            related: template.into_iter().collect(),
            ..Remark::new(
                exponent.value,
                format!(
                    "`{}` is printed as `{}`: {written} is a floating-point number to templates",
                    exponent.pointer.trim_start_matches('/').replace('/', "."),
                    exponent.printed
                ),
            )
        })
    };
    rendered_exponents(rendered).into_iter().filter_map(remark).collect()
}

/// Every number with an exponent in the output that comes from a value alone.
pub(super) fn rendered_exponents(rendered: &Rendered) -> Vec<Exponent> {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"-?\b\d(?:\.\d+)?e\+\d{2,3}\b").expect("invariant: the pattern is sound")
    });
    let mut found = Vec::new();
    for manifest in rendered.manifests.iter().filter(|m| m.text.as_str().contains("e+")) {
        let inquiry = Inquiry::new(manifest, &rendered.origins);
        for number in NUMBER.find_iter(manifest.text.as_str()) {
            let Some((pointer, value)) = written(&inquiry, number.range()) else { continue };
            found.push(Exponent {
                printed: number.as_str().to_owned(),
                pointer,
                value,
                template: template(rendered, &inquiry, number.range()),
            });
        }
    }
    found
}

/// Finds template expressions in values that are rendered verbatim.
pub(super) fn expressions(layers: &Layers<'_>) -> Vec<Remark> {
    static ACTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"\{\{[^{}]*(?:\.(?:Values|Release|Chart|Capabilities)\b|\binclude ")[^{}]*\}\}"#,
        )
        .expect("invariant: the pattern is sound")
    });
    let Some(rendered) = layers.rendered else { return Vec::new() };
    let mut remarks = Vec::new();
    let manifests = rendered.manifests.iter().filter(|m| m.text.as_str().contains("{{"));
    for manifest in manifests.filter(|manifest| !hands_values_on(manifest)) {
        let inquiry = Inquiry::new(manifest, &rendered.origins);
        for action in ACTION.find_iter(manifest.text.as_str()) {
            let Some((pointer, value)) = written(&inquiry, action.range()) else { continue };
            let path = pointer.trim_start_matches('/').replace('/', ".");
            let place = template(rendered, &inquiry, action.range());
            remarks.push(Remark {
                related: place
                    .map(|span| (span, "this line writes it without `tpl`".to_owned()))
                    .into_iter()
                    .collect(),
                ..Remark::new(
                    value,
                    format!(
                        "`{path}` holds a template, and the chart does not evaluate it: `{}` is \
                         what {} gets",
                        action.as_str(),
                        object(manifest)
                    ),
                )
            });
        }
    }
    remarks
}

/// Custom resources that install another chart, as group and kind. Expressions in the values for that chart are for it
/// to evaluate.
const INSTALLERS: [(&str, &str); 5] = [
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("helm.cattle.io", "HelmChart"),
    ("helm.cattle.io", "HelmChartConfig"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
];

fn hands_values_on(manifest: &Manifest) -> bool {
    let root = manifest.document.as_ref().and_then(|document| document.root());
    let object = root.and_then(Object::new);
    object.is_some_and(|object| INSTALLERS.contains(&(object.group(), object.kind)))
}

/// The path and place of the value whose text is in a range of the output.
fn written(inquiry: &Inquiry<'_>, range: std::ops::Range<usize>) -> Option<(String, Span)> {
    let leaves = inquiry.leaves(inquiry.origin(range));
    let text = |(_, through): &&(_, Through)| *through == Through::Text;
    let (leaf, _) = leaves.iter().find(text)?;
    Some((leaf.pointer.clone(), leaf.span?))
}

fn template(
    rendered: &Rendered,
    inquiry: &Inquiry<'_>,
    range: std::ops::Range<usize>,
) -> Option<Span> {
    let (file, at) = rendered.place(inquiry.place(range)?);
    let at = at as usize;
    (file.source != SourceId::NOWHERE).then(|| Span::new(file.source, at, at))
}

fn object(manifest: &Manifest) -> String {
    let root = manifest.document.as_ref().and_then(|document| document.root());
    let kind = root.and_then(|root| root.get("kind")).map_or("the object", |kind| kind.raw());
    let name = root.and_then(|root| root.at(&["metadata", "name"]));
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} `{}`", name.raw()))
}
