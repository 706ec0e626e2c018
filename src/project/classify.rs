//! What a file is, by what is in it, and by its name where the name is what tools go by.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::file::File;
use super::walk::{Candidate, Read, read_text};
use super::word::{Word, Words};
use crate::finding::Finding;
use crate::kube;
use crate::source::Sources;
use crate::yaml::{self, Document, Kind, Node, NodeId, Stream, Style};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Kubernetes objects, Argo CD's and Flux's among them.
    Manifest,
    /// Values of a chart.
    Values,
    /// A chart's `Chart.yaml`.
    ChartMeta,
    /// A file in a chart's `templates/`: never read as YAML.
    ChartTemplate,
    /// Text with `{{`, lines that begin with `{%`, values that begin with `%s` or directives of ytt, outside of charts, that
    /// is not what is deployed before it is rendered.
    Template,
    /// `helmfile.yaml` or a part of one.
    Helmfile,
    /// `kustomization.yaml`.
    Kustomization,
    /// `skaffold.yaml`.
    Skaffold,
    /// `plimsoll.yaml`.
    Config,
    /// `.gitlab-ci.yml`, or a file it may include.
    GitLabCi,
    /// A workflow or an action of GitHub.
    GitHub,
    /// Another CI system's file.
    Ci,
    /// `Taskfile.yml`.
    Taskfile,
    /// A shell script.
    Script,
    /// A `Makefile`.
    Makefile,
    /// A `Jenkinsfile`.
    Jenkinsfile,
    /// A `justfile`.
    Justfile,
    /// Terraform.
    Terraform,
    /// Any other YAML, or nothing that matters.
    Other,
}

/// The API version of what kustomize itself makes and changes objects by.
const KUSTOMIZE_BUILTIN: &str = "builtin";

/// A file's name, asked for what it means to tools.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathName<'a>(pub(super) &'a str);

impl<'a> PathName<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        Self(path.rsplit('/').next().unwrap_or(path))
    }

    pub(super) fn has_extension(self, extensions: &[&str]) -> bool {
        let extension = self.0.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|extension| extensions.contains(&extension))
    }

    pub(super) fn is_yaml(self) -> bool {
        self.has_extension(&["yaml", "yml"])
    }

    pub(super) fn is_script(self) -> bool {
        self.has_extension(&["sh", "bash", "zsh", "ksh"])
    }

    pub(super) fn is_makefile(self) -> bool {
        matches!(self.0, "Makefile" | "makefile" | "GNUmakefile")
            || self.has_extension(&["mk", "mak"])
            || self.0.starts_with("Makefile.")
    }

    pub(super) fn is_jenkinsfile(self) -> bool {
        self.0.to_ascii_lowercase().contains("jenkinsfile") || self.has_extension(&["groovy"])
    }

    pub(super) fn is_justfile(self) -> bool {
        self.0.eq_ignore_ascii_case("justfile")
            || self.0.eq_ignore_ascii_case(".justfile")
            || self.has_extension(&["just"])
    }

    /// True when the name alone says that the file is to be read.
    pub(super) fn is_known(self) -> bool {
        self.is_script()
            || self.is_makefile()
            || self.is_jenkinsfile()
            || self.is_justfile()
            || self.0 == "Kustomization"
            || self.has_extension(&["tf", "tpl", "gotmpl", "json"])
    }

    /// `values.yaml`, `values-prod.yaml`, `prod.values.yaml`, `ci-values.yaml` and their like.
    pub(super) fn is_values(self) -> bool {
        let Some((stem, _)) = self.0.rsplit_once('.').filter(|_| self.is_yaml()) else {
            return false;
        };
        stem.split(['-', '_', '.']).any(|word| matches!(word, "values" | "Values" | "vals"))
    }

    /// `01-assert.yaml`, `02-pods-errors.yaml`: parts of objects that kuttl and its like expect in a step of a
    /// test, or do not.
    fn is_expectation(self) -> bool {
        let stem = self.0.rsplit_once('.').map_or(self.0, |(stem, _)| stem);
        stem.split_once('-').is_some_and(|(step, rest)| {
            let word = rest.rsplit('-').next().unwrap_or(rest);
            step.bytes().all(|byte| byte.is_ascii_digit())
                && matches!(word, "assert" | "error" | "errors")
        })
    }

    fn is_helmfile(self) -> bool {
        self.0.starts_with("helmfile") && (self.is_yaml() || self.has_extension(&["gotmpl"]))
    }
}

/// What a file's path and text say of it, without the files around it: what is found out by
/// parsing, and may be remembered instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What it is by itself; what other files say of it may make it another [`File::class`].
    pub class: Class,
    /// It is YAML rather than a template or a script.
    pub yaml: bool,
    /// It is YAML with an error in it.
    pub broken: bool,
    /// Of YAML, some of the words in it.
    pub words: Words,
    /// An Application or an `ApplicationSet` of Argo CD's is among its objects.
    pub applications: bool,
}

impl Seen {
    /// What a file is that is not parsed.
    pub(super) fn unparsed(class: Class) -> Self {
        Self { class, yaml: false, broken: false, words: Words::default(), applications: false }
    }
}

/// Remembers what files were found to be, so that they need not be parsed for it again.
pub trait Recall: Sync {
    /// What a file of this class by name is, by its path and text; `None` when that is not remembered.
    fn recall(&self, by_name: Option<Class>, file: &File) -> Option<Seen>;
    /// Takes a note for the next run.
    fn note(&self, by_name: Option<Class>, file: &File, seen: Seen);
}

/// Nothing is remembered.
impl Recall for () {
    fn recall(&self, _: Option<Class>, _: &File) -> Option<Seen> {
        None
    }
    fn note(&self, _: Option<Class>, _: &File, _: Seen) {}
}

/// What came of taking a file in.
#[derive(Debug)]
pub enum Taken {
    /// A file that matters.
    File(File),
    /// A file that cannot be read, and why.
    Refused(Box<Finding>),
    /// A file that does not matter.
    Ignored,
}

/// Reads, parses and classifies one candidate. Knows nothing of other files, so that candidates
/// can be taken in on any number of threads.
#[must_use]
pub fn take(candidate: &Candidate, sources: &Sources, memory: &dyn Recall) -> Taken {
    match read_text(candidate, sources) {
        Read::Text(text) => match take_text(candidate, text, sources, memory) {
            Some(file) => Taken::File(file),
            None => Taken::Ignored,
        },
        Read::Refused(finding) => Taken::Refused(finding),
        Read::Ignored => Taken::Ignored,
    }
}

/// Classifies a text as if it stood at the candidate's path. `None` when it does not matter.
#[must_use]
pub fn take_text(
    candidate: &Candidate,
    text: Arc<str>,
    sources: &Sources,
    memory: &dyn Recall,
) -> Option<File> {
    let path = &candidate.shown;
    let name = PathName::of(path);
    let by_name = class_by_name(candidate, name, &text);
    if matches!(by_name, Some(Class::Other)) && !candidate.explicit {
        return None;
    }
    let source = sources.add(path.clone(), text);
    let class = by_name.unwrap_or(Class::Other);
    let mut file = File::new(source, class, candidate.requested, sources);
    if by_name.is_some_and(|class| !is_yaml_class(class)) {
        return Some(file);
    }
    file.seen = memory.recall(by_name, &file).unwrap_or_else(|| {
        let text = file.text();
        let stream = Arc::new(yaml::parse_lines(source, &text, 0..text.len()));
        let seen = look(path, by_name, &text, &stream);
        if seen.yaml {
            file.adopt(stream);
        }
        memory.note(by_name, &file, seen);
        seen
    });
    file.class = file.seen.class;
    Some(file)
}

/// Tells what a parsed text is.
fn look(path: &str, by_name: Option<Class>, text: &str, stream: &Stream) -> Seen {
    let name = PathName::of(path);
    if (text.contains("{{") && is_template(stream))
        || is_of_statements(text, stream)
        || is_of_marks(text, stream)
        || is_of_ytt(text)
    {
        let by_content = if name.is_helmfile() { Class::Helmfile } else { Class::Template };
        return Seen::unparsed(by_name.unwrap_or(by_content));
    }
    let words = Words::of_yaml(text);
    Seen {
        class: by_name.unwrap_or_else(|| class_by_content(path, name, stream)),
        yaml: true,
        broken: !stream.errors.is_empty(),
        words,
        applications: words.has(Word::Argo) && has_applications(stream),
    }
}

/// True where an object is one that Argo CD deploys by.
fn has_applications(stream: &Stream) -> bool {
    stream.documents.iter().flat_map(|document| kube::objects(document)).any(|object| {
        object.group() == "argoproj.io" && matches!(object.kind, "Application" | "ApplicationSet")
    })
}

/// Classes whose files are parsed. A helmfile is rendered first, by its own reader.
fn is_yaml_class(class: Class) -> bool {
    matches!(
        class,
        Class::ChartMeta
            | Class::Config
            | Class::GitLabCi
            | Class::GitHub
            | Class::Ci
            | Class::Taskfile
            | Class::Skaffold
            | Class::Kustomization
            | Class::Helmfile
            | Class::Other
    )
}

/// True when the text is a Go template rather than YAML: it does not parse, or `{{` opens a value
/// that is not quoted.
fn is_template(stream: &Stream) -> bool {
    !stream.errors.is_empty()
        || stream
            .documents
            .iter()
            .any(|document| document.root().is_some_and(|root| opens_action(root, document.text())))
}

/// True for what does not parse for lines that Jinja and its like take out: `{% raw %}`.
fn is_of_statements(text: &str, stream: &Stream) -> bool {
    !stream.errors.is_empty() && text.lines().any(|line| line.trim_start().starts_with("{%"))
}

/// True for what does not parse for what a program puts something in the place of: a value that begins with `%s`, as
/// `printf` has it, or with `%VERSION%` or `@VERSION@`, since no plain value may begin so, or with `{PREFIX}` and goes on; or a
/// line that is nothing but `<LABELS>`.
fn is_of_marks(text: &str, stream: &Stream) -> bool {
    let is_name = |text: &str, end: char| {
        text.split_once(end).is_some_and(|(name, _)| {
            name.starts_with(|first: char| first.is_ascii_uppercase())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || b"_0123456789".contains(&byte))
        })
    };
    let is_verb = |text: &str| {
        text.strip_prefix('s')
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '/', ':']))
    };
    let is_mark = |line: &str| {
        let item = line.trim_start().trim_start_matches("- ");
        let value = item.split_once(": ").map_or(item, |(_, value)| value.trim_start());
        value.strip_prefix('%').is_some_and(|rest| is_name(rest, '%') || is_verb(rest))
            || value.strip_prefix('@').is_some_and(|rest| is_name(rest, '@'))
            || value
                .strip_prefix('{')
                .is_some_and(|rest| is_name(rest, '}') && !rest.ends_with('}'))
    };
    let is_slot = |line: &str| {
        let slot = line.trim().strip_prefix('<');
        slot.is_some_and(|slot| slot.find('>') == Some(slot.len() - 1) && is_name(slot, '>'))
    };
    !stream.errors.is_empty() && text.lines().any(|line| is_mark(line) || is_slot(line))
}

/// True for what ytt fills in: its directives are YAML's comments, behind a value or in lines of their own.
fn is_of_ytt(text: &str) -> bool {
    let begins = |rest: &str| rest.starts_with([' ', '/']);
    let is_directive = |line: &str| {
        let mut parts = line.split("#@");
        let before = parts.next().unwrap_or_default().trim_end();
        (before.is_empty() || before.ends_with([':', '-'])) && parts.next().is_some_and(begins)
    };
    text.contains("#@") && text.lines().any(is_directive)
}

fn opens_action(node: Node<'_>, text: &str) -> bool {
    match node.kind() {
        Kind::Scalar => false,
        Kind::Sequence => node.items().any(|item| opens_action(item, text)),
        Kind::Mapping => {
            (node.style() == Style::Flow && text[node.span().range()].starts_with("{{"))
                || node.written().any(|entry| {
                    opens_action(entry.key, text)
                        || (entry.value.alias_span().is_none() && opens_action(entry.value, text))
                })
        }
    }
}

fn class_by_name(candidate: &Candidate, name: PathName<'_>, text: &str) -> Option<Class> {
    let path = &candidate.shown;
    if is_of_chart(&candidate.path, "templates") {
        return Some(Class::ChartTemplate);
    }
    let within = |folder: &str| path.starts_with(&folder[1..]) || path.contains(folder);
    if name.is_script() || is_shell(text) {
        return Some(Class::Script);
    }
    if name.is_makefile() {
        return Some(Class::Makefile);
    }
    if name.is_jenkinsfile() {
        return Some(Class::Jenkinsfile);
    }
    if name.is_justfile() {
        return Some(Class::Justfile);
    }
    if name.has_extension(&["tf"]) {
        return Some(Class::Terraform);
    }
    if name.is_helmfile() || (within("/helmfile.d/") && name.is_yaml()) {
        return Some(Class::Helmfile);
    }
    if name.has_extension(&["tpl", "gotmpl"]) {
        return Some(if name.0.ends_with(".yaml.gotmpl") { Class::Template } else { Class::Other });
    }
    if name.has_extension(&["json"])
        && !(text.contains("\"apiVersion\"") && text.contains("\"kind\""))
    {
        return Some(Class::Other);
    }
    match name.0 {
        "Chart.yaml" => return Some(Class::ChartMeta),
        "kustomization.yaml" | "kustomization.yml" | "Kustomization" => {
            return Some(Class::Kustomization);
        }
        name if crate::config::FILE_NAMES.contains(&name) => {
            let component = crate::config::is_component(text);
            return Some(if component { Class::GitLabCi } else { Class::Config });
        }
        "action.yml" | "action.yaml" => return Some(Class::GitHub),
        "Taskfile.yml" | "Taskfile.yaml" | "taskfile.yml" | "taskfile.yaml"
        | "Taskfile.dist.yml" | "Taskfile.dist.yaml" => return Some(Class::Taskfile),
        _ => {}
    }
    // What helm-unittest reads is no YAML before it has mended backslashes, and is never deployed.
    let is_suite = || {
        name.0.ends_with("_test.yaml")
            && text.contains("asserts:")
            && is_of_chart(&candidate.path, "tests")
    };
    if name.is_expectation() || is_suite() {
        return Some(Class::Other);
    }
    if !name.is_yaml() {
        return (!candidate.explicit && !name.has_extension(&["json"])).then_some(Class::Other);
    }
    if within("/.github/workflows/") {
        return Some(Class::GitHub);
    }
    if name.0.ends_with("gitlab-ci.yml") || name.0.ends_with("gitlab-ci.yaml") {
        return Some(Class::GitLabCi);
    }
    let ci = [
        "azure-pipelines",
        "bitbucket-pipelines",
        ".drone",
        ".travis",
        "cloudbuild",
        "buildspec",
        ".woodpecker",
        "appveyor",
        ".semaphore",
        "codefresh",
        ".cirrus",
        "wercker",
    ];
    if ci.iter().any(|start| name.0.starts_with(start))
        || within("/.circleci/")
        || within("/.buildkite/")
        || within("/.woodpecker/")
        || within("/.semaphore/")
    {
        return Some(Class::Ci);
    }
    None
}

fn is_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!")
        && first
            .split(['/', ' '])
            .any(|word| matches!(word, "sh" | "bash" | "zsh" | "dash" | "ksh"))
}

/// True for a file below a folder of this name of a directory that has a `Chart.yaml`.
fn is_of_chart(path: &Path, folder: &str) -> bool {
    path.ancestors().skip(1).any(|directory| {
        directory.file_name().is_some_and(|name| name == folder)
            && directory.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    })
}

fn class_by_content(path: &str, name: PathName<'_>, stream: &Stream) -> Class {
    let mut roots = stream.documents.iter().filter_map(|document| document.root());
    // The first document may be empty or a header; objects may follow it.
    let class = roots.by_ref().take(64).find_map(class_of_document);
    match class {
        Some(class) => class,
        None if name.is_values() => Class::Values,
        None if path.split('/').any(|part| part == "helmfile.d") => Class::Helmfile,
        None => Class::Other,
    }
}

fn class_of_document(root: Node<'_>) -> Option<Class> {
    if root.kind() != Kind::Mapping {
        return None;
    }
    let text = |key: &str| root.get(key).and_then(Node::as_str);
    if let Some(api_version) = text("apiVersion") {
        if api_version.starts_with("skaffold/") {
            return Some(Class::Skaffold);
        }
        text("kind")?;
        return Some(match api_version.split('/').next() {
            Some("kustomize.config.k8s.io") => Class::Kustomization,
            // What makes and changes objects for kustomize, which alone reads it.
            Some(KUSTOMIZE_BUILTIN) => Class::Other,
            _ => Class::Manifest,
        });
    }
    let is = |key: &str, kind: Kind| root.get(key).is_some_and(|node| node.kind() == kind);
    if is("releases", Kind::Sequence)
        && root.get("releases")?.items().any(|release| release.get("chart").is_some())
    {
        // plimsoll's own configuration is told by its name.
        return Some(Class::Helmfile);
    }
    if is("tasks", Kind::Mapping) && text("version").is_some() {
        return Some(Class::Taskfile);
    }
    if is("jobs", Kind::Mapping) && (root.get("on").is_some() || root.get("true").is_some()) {
        return Some(Class::GitHub);
    }
    let is_job = |entry: yaml::Entry<'_>| {
        let script = entry.value.get("script");
        script.is_some_and(|script| match script.kind() {
            Kind::Sequence => script.items().all(|line| line.kind() != Kind::Mapping),
            Kind::Scalar => !script.is_null(),
            Kind::Mapping => false,
        }) && (entry.value.get("stage").is_some()
            || entry.value.get("image").is_some()
            || entry.value.get("extends").is_some()
            || entry.value.get("rules").is_some())
    };
    if root.entries().any(is_job) {
        return Some(Class::GitLabCi);
    }
    None
}

/// A node with the document it lies in.
#[derive(Debug, Clone)]
pub struct NodeRef {
    /// The document.
    pub document: Arc<Document>,
    /// Which node of it.
    pub node: NodeId,
}

impl NodeRef {
    /// Names a node of one of `documents`; `None` when it comes from none of them.
    #[must_use]
    pub fn new(documents: &[Arc<Document>], node: Node<'_>) -> Option<Self> {
        let own = documents.iter().find(|own| std::ptr::eq(own.as_ref(), node.document()))?;
        Some(Self { document: Arc::clone(own), node: node.id() })
    }

    /// The node.
    #[must_use]
    pub fn get(&self) -> Node<'_> {
        self.document.node(self.node)
    }
}
