//! What is fuzzed: each function takes any bytes, and panics where a promise of plimsoll is broken.
//!
//! `fuzz_targets/` hands them to libFuzzer; `tests/suite/fuzzed.rs` compiles this file into the
//! tests and feeds it with faulty copies of files of this repository.

use std::path::Path;
use std::sync::Arc;

use plimsoll::config::{self, Config};
use plimsoll::helm::capabilities::KubeVersion;
use plimsoll::helm::chart::Chart;
use plimsoll::helm::parse::{SyntaxFault, parse as parse_template};
use plimsoll::helm::print;
use plimsoll::helm::render::{Release, RenderError, Rendered, render};
use plimsoll::helm::scalar::Inquiry;
use plimsoll::helm::values::{self, Layer, Set, SetKind};
use plimsoll::lint::directive::{self, Directive};
use plimsoll::project::{self, Candidate, Reason, Walked};
use plimsoll::rule;
use plimsoll::source::{LineIndex, Overlay, SourceId, Sources, Span};
use plimsoll::yaml::{self, Node};

/// Ends one part of an input that has several.
pub const SEPARATOR: &str = "\n%%\n";

/// Depth to which trees are walked: aliases may repeat a tree without end.
const DEPTH: usize = 40;

/// A YAML text: spans lie in the text and within their parents', and both readers agree.
pub fn yaml_tree(bytes: &[u8]) {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let source = Sources::default().add("a.yaml", Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    for error in &stream.errors {
        slice(&text, error.span);
    }
    for comment in &stream.comments {
        let comment = slice(&text, comment.span);
        assert!(comment.starts_with('#') && !comment.contains('\n'), "{comment:?}");
    }
    for document in &stream.documents {
        if let Some(root) = document.root() {
            tree(&text, root, 0);
        }
    }
    let full = yaml::parse_fully(source, &text);
    assert_eq!(stream.errors, full.errors);
    assert_eq!(stream.comments, full.comments);
    assert_eq!(format!("{:?}", stream.documents), format!("{:?}", full.documents));
}

/// A template: a tree, or a fault whose place lies in the text.
pub fn template(bytes: &[u8]) {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let source = Sources::default().add("a.yaml", Arc::clone(&text));
    if let Err(SyntaxFault { offset, started, message }) = parse_template(source, &text, |_| true) {
        assert!(!message.is_empty());
        assert!(text.is_char_boundary(offset), "{offset} in {text:?}");
        assert!(started.is_none_or(|started| text.is_char_boundary(started)));
    }
}

/// A template and a chart's values: manifests, each scalar of which has its origin in a text that
/// there is; or a fault in one.
pub fn evaluator(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (template, values) = text.split_once(SEPARATOR).unwrap_or((&text, ""));
    let sources = Sources::default();
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("values.yaml", values),
        ("templates/a.yaml", template),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let Ok(chart) = Chart::of_texts(&files, &sources) else { return };
    render(&chart, &Release::default(), &[], |rendered| origins_hold(rendered, &sources));
}

/// A chart's values, a values file over them, and a `--set` over both: the values that templates
/// see, which are the same when the file is given twice.
pub fn values_merging(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split(SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (defaults, file, set) = (part(), part(), part());
    let sources = Sources::default();
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("values.yaml", defaults),
        ("charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 1.0.0\n"),
        ("charts/d/values.yaml", defaults),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let Ok(chart) = Chart::of_texts(&files, &sources) else { return };
    let file: Arc<str> = file.into();
    let id = sources.add("v.yaml", Arc::clone(&file));
    let Ok(documents) = values::file("v.yaml", &file, id) else { return };
    let file = Layer::File(documents);
    let merged = |layers: &[Layer]| {
        render(&chart, &Release::default(), layers, |rendered| {
            rendered.map(|rendered| print::plain(&rendered.values)).map_err(|error| error.message)
        })
    };
    assert_eq!(merged(std::slice::from_ref(&file)), merged(&[file.clone(), file.clone()]));
    for kind in [SetKind::Value, SetKind::String, SetKind::Json, SetKind::Literal] {
        let set = Layer::Set(Set { kind, text: set.to_owned(), span: None });
        // Whether it can be read is its author's affair.
        let _ = merged(&[file.clone(), set]);
    }
}

/// A chart's archive, as it is or, where it is not compressed, as it would be.
pub fn archive(bytes: &[u8]) {
    let compressed;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes
    } else {
        compressed = gzip(bytes);
        &compressed
    };
    let sources = Sources::default();
    if let Ok(chart) = Chart::unpack(bytes, "c.tgz", &sources) {
        let release = Release { lenient: true, ..Release::default() };
        render(&chart, &release, &[], |rendered| origins_hold(rendered, &sources));
    }
}

/// A constraint and a version: told apart as Helm does it, in `semverCompare` and for a chart's
/// own `kubeVersion`.
pub fn version(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (constraint, version) = text.split_once('\n').unwrap_or((&text, ""));
    let quoted = |text: &str| print::quote(text);
    let (constraint, quoted_version) = (quoted(constraint), quoted(version));
    let template = format!(
        "a: {{{{ semverCompare {constraint} {quoted_version} }}}}\n\
         b: {{{{ (semver {quoted_version}).Major }}}}\n"
    );
    let chart = format!("apiVersion: v2\nname: c\nversion: 1.0.0\nkubeVersion: {constraint}\n");
    let files = [("Chart.yaml", chart), ("templates/a.yaml", template)];
    let files = files.map(|(name, text)| (name.to_owned(), text));
    let sources = Sources::default();
    let Ok(chart) = Chart::of_texts(&files, &sources) else { return };
    let release = Release { kube_version: KubeVersion::parse(version).ok(), ..Release::default() };
    render(&chart, &release, &[], |rendered| origins_hold(rendered, &sources));
}

/// A rule file: a rule whose logic compiles and can be tried on its examples, or faults in it.
pub fn rule_file(bytes: &[u8]) {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let source = Sources::default().add("rules/g/r.yaml", Arc::clone(&text));
    match rule::read(source, &text) {
        Ok(rule) => {
            for fault in rule.faults() {
                slice(&text, fault.span);
            }
            for example in rule.examples().iter().filter(|_| rule.faults().is_empty()) {
                // What is expected need not be what is found.
                let _ = rule::example::run(&rule, example);
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                slice(&text, error.span);
            }
        }
    }
}

/// Suppression comments, in YAML and in a template: each stands where it says.
pub fn suppression(bytes: &[u8]) {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let source = Sources::default().add("a.yaml", Arc::clone(&text));
    let lines = LineIndex::new(&text);
    let comments = yaml::parse(source, &text).comments;
    let in_yaml =
        directive::in_comments(source, &text, &lines, comments.iter().map(|comment| comment.span));
    for Directive { span, rules, problem, .. } in
        in_yaml.into_iter().chain(directive::in_template(source, &text, &lines))
    {
        assert!(slice(&text, span).starts_with("plimsoll:"));
        assert!(problem.is_some() || !rules.is_empty());
        for named in rules {
            assert_eq!(slice(&text, named.span), named.id);
        }
    }
}

/// A `plimsoll.yaml`: settings, and faults that stand in it.
pub fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let sources = Sources::default();
    let config = config::parse(Path::new("plimsoll.yaml"), "plimsoll.yaml", &text, &sources);
    for finding in config.findings {
        slice(&text, finding.primary.span);
        assert!(!finding.message.is_empty());
    }
}

/// A script, a Makefile, a Terraform module, a helmfile or a pipeline: the releases in it stand in it.
pub fn script(bytes: &[u8]) {
    const NAMES: [&str; 6] =
        ["deploy.sh", "Makefile", "main.tf", "helmfile.yaml", ".gitlab-ci.yml", "justfile"];
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    for name in NAMES {
        let shown = format!("fuzzed/{name}");
        let mut overlay = Overlay::default();
        overlay.put(Path::new(&shown), Arc::clone(&text));
        let sources = Sources::with_overlay(overlay);
        let path = shown.clone().into();
        let candidate = Candidate { shown, path, reason: Reason::Within };
        let taken = project::take(&candidate, &sources, &());
        let walked = Walked { roots: vec!["fuzzed".to_owned()], ..Walked::default() };
        let project = project::assemble(walked, vec![taken], &Config::default(), &sources);
        let declared = project.releases.iter().map(|release| release.declared);
        for span in declared.chain(project.unresolved.iter().map(|release| release.declared)) {
            slice(&sources.get(span.source).text, span);
        }
    }
}

/// The text at a span, which must be one of the text.
fn slice(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or_else(|| panic!("{span:?} is not in {text:?}"))
}

fn tree(text: &str, node: Node<'_>, depth: usize) {
    let span = node.span();
    slice(text, span);
    if depth > DEPTH || node.alias_span().is_some() {
        return;
    }
    for child in node.items().chain(node.written().flat_map(|entry| [entry.key, entry.value])) {
        let inner = child.span();
        let within = inner.start >= span.start && inner.end <= span.end;
        assert!(within || child.alias_span().is_some(), "{child:?} in {node:?}");
        tree(text, child, depth + 1);
    }
}

fn origins_hold(rendered: Result<Rendered, RenderError>, sources: &Sources) {
    let in_its_text = |span: Span| {
        if span.source != SourceId::NOWHERE {
            slice(&sources.get(span.source).text, span);
        }
    };
    match rendered {
        Ok(rendered) => {
            for manifest in rendered.manifests.iter().chain(&rendered.left_out) {
                let asked = Inquiry::new(manifest, &rendered.origins);
                asked.each_scalar(|scalar| {
                    slice(manifest.text.as_str(), scalar.node.span());
                    for (leaf, _) in asked.leaves(scalar.origin) {
                        leaf.span.into_iter().for_each(in_its_text);
                    }
                });
            }
        }
        Err(error) => {
            assert!(!error.message.is_empty());
            error.span.into_iter().for_each(in_its_text);
            error.involved.into_iter().filter_map(|(_, span)| span).for_each(in_its_text);
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a vector takes everything")
}
