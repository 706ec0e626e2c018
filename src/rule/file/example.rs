//! The examples of a rule file.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::Value;

use super::{Reader, RuleError, further_document};
use crate::kube::parse_quantity;
use crate::rule::setting::{Cluster, ReleaseInfo};
use crate::rule::value::to_value;
use crate::source::{SourceId, Span};
use crate::yaml::{self, Kind, Node};

const EXAMPLE_KEYS: &[&str] =
    &["violates", "satisfies", "fixed", "params", "release", "cluster", "kube-version", "base"];

const RELEASE_KEYS: &[&str] = &["name", "chart", "namespace", "via"];
const CLUSTER_KEYS: &[&str] = &["nodes", "zones", "node-cpu", "node-memory"];

/// An example: a text or the files of a chart, with the lines on which the rule must find something.
#[derive(Debug, Clone)]
pub struct Example {
    /// The manifest or values file; empty if there are files.
    pub text: String,
    /// The files of a chart, with their paths; empty if there is one text.
    pub files: Vec<(String, String)>,
    /// The chart's files in the Git revision that a run compares with; the text of a manifest has an empty path.
    pub base: Vec<(String, String)>,
    /// True if the rule must find something.
    pub violates: bool,
    /// For a violating example, those of its texts that repairs change, as they must be afterwards, without marks and
    /// by path; a single text has an empty path. Empty if the example does not say.
    pub fixed: Vec<(String, String)>,
    /// Parameters that are set for this example.
    pub params: BTreeMap<String, Value>,
    /// The release that uses the values or renders the objects.
    pub release: ReleaseInfo,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// The Kubernetes version to judge by.
    pub kube_version: Option<String>,
    /// The place of the example's text in the rule file.
    pub span: Span,
}

/// Reads the examples of a rule file.
pub(super) fn examples(source: SourceId, text: &Arc<str>) -> (Vec<Example>, Vec<RuleError>) {
    let stream = yaml::parse(source, text);
    let mut reader = Reader { errors: Vec::new() };
    for error in &stream.errors {
        reader.error(error.span, error.message.clone());
    }
    reader.errors.extend(further_document(&stream));
    let root = stream.documents.first().and_then(|file| file.root());
    let list = root.and_then(|root| root.get("examples"));
    if let Some(other) = list.filter(|list| list.kind() != Kind::Sequence && !list.is_null()) {
        reader.error(other.span(), "`examples` is a list".to_owned());
    }
    let items = list.into_iter().flat_map(Node::items);
    let params = root.and_then(|root| root.get("params"));
    let params: Vec<_> = params.into_iter().flat_map(Node::entries).map(|one| one.name()).collect();
    let params: Vec<&str> = params.iter().map(AsRef::as_ref).collect();
    let examples = items.filter_map(|node| example(&mut reader, node, &params)).collect();
    (examples, reader.errors)
}

fn example(reader: &mut Reader, node: Node<'_>, of_rule: &[&str]) -> Option<Example> {
    reader.known(node, EXAMPLE_KEYS);
    for (key, keys) in [("params", of_rule), ("release", RELEASE_KEYS), ("cluster", CLUSTER_KEYS)] {
        node.get(key).into_iter().for_each(|part| reader.known(part, keys));
    }
    let (text, violates) = match (node.get("violates"), node.get("satisfies")) {
        (Some(text), None) => (text, true),
        (None, Some(text)) => (text, false),
        _ => {
            reader.error(node.span(), "an example either violates or satisfies".to_owned());
            return None;
        }
    };
    let params = node.get("params").into_iter().flat_map(Node::entries);
    Some(Example {
        text: text.raw().to_owned(),
        files: files(text),
        base: node.get("base").map(texts).unwrap_or_default(),
        violates,
        fixed: node.get("fixed").map(texts).unwrap_or_default(),
        params: params.map(|entry| (entry.name().into_owned(), to_value(entry.value))).collect(),
        release: node.get("release").map_or_else(ReleaseInfo::default, release),
        cluster: node.get("cluster").map_or_else(Cluster::default, cluster),
        kube_version: node.get("kube-version").map(|version| version.raw().to_owned()),
        span: text.span(),
    })
}

/// The files in a mapping from paths to texts.
fn files(node: Node<'_>) -> Vec<(String, String)> {
    let file = |entry: yaml::Entry<'_>| (entry.name().into_owned(), entry.value.raw().to_owned());
    node.entries().map(file).collect()
}

/// The files of an example, or its single text with an empty path.
fn texts(node: Node<'_>) -> Vec<(String, String)> {
    match node.kind() {
        Kind::Mapping => files(node),
        _ => vec![(String::new(), node.raw().to_owned())],
    }
}

/// The release of an example.
fn release(node: Node<'_>) -> ReleaseInfo {
    let part = |key| node.get(key).map_or("", Node::raw).to_owned();
    let name = part("name");
    let declared_in = if name.is_empty() { String::new() } else { "plimsoll.yaml:1".to_owned() };
    let (chart, namespace, via) = (part("chart"), part("namespace"), part("via"));
    ReleaseInfo { name, chart, namespace, declared_in, via, ..ReleaseInfo::default() }
}

/// The cluster of an example, in the notation of `plimsoll.yaml`.
fn cluster(node: Node<'_>) -> Cluster {
    let count = |key| node.get(key).and_then(|count| count.raw().parse().ok()).unwrap_or_default();
    let quantity =
        |key| node.get(key).and_then(|one| parse_quantity(one.raw())).unwrap_or_default();
    Cluster {
        nodes: count("nodes"),
        zones: count("zones"),
        node_cpu: quantity("node-cpu"),
        node_memory: quantity("node-memory"),
    }
}
