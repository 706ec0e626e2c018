//! Finds the class of a file: by its content, or by its name if that is what tools go by.

mod template;

use std::path::Path;
use std::sync::Arc;

use super::candidate::{Candidate, Reason};
use super::class::{Class, Seen};
use super::file::File;
use super::name::PathName;
use super::path::{base_name, parent, path_in_repository};
use super::read::{Read, read_text};
use super::word::{Word, Words};
use crate::finding::Finding;
use crate::kube;
use crate::source::{self, Sources};
use crate::yaml::{self, Kind, Node, Stream};

/// The API version of kustomize's built-in generators and transformers.
const KUSTOMIZE_BUILTIN: &str = "builtin";

/// What the names of pipelines begin with, for services whose pipelines are read alike.
const CI_NAMES: [&str; 12] = [
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

/// The folders of pipelines, for services whose pipelines are read alike.
const CI_FOLDERS: [&str; 4] = ["/.circleci/", "/.buildkite/", "/.woodpecker/", "/.semaphore/"];

/// A cache of what is known about files, so that they need not be parsed for that again.
pub trait Recall: Sync {
    /// What is known about a file, by its path and text; `None` if it is not in the cache. `by_name` is the class that its
    /// name says.
    fn recall(&self, by_name: Option<Class>, file: &File) -> Option<Seen>;
    /// Adds what is known about a file, for the next run.
    fn note(&self, by_name: Option<Class>, file: &File, seen: Seen);
}

/// No cache.
impl Recall for () {
    fn recall(&self, _: Option<Class>, _: &File) -> Option<Seen> {
        None
    }
    fn note(&self, _: Option<Class>, _: &File, _: Seen) {}
}

/// The result of reading a candidate.
#[derive(Debug)]
pub enum Taken {
    /// A file that matters.
    File(File),
    /// A file that cannot be read, and why.
    Refused(Box<Finding>),
    /// A file that does not matter.
    Ignored,
}

/// Reads, parses and classifies one candidate. This does not depend on other files, so it can be done in parallel.
#[must_use]
pub fn take(candidate: &Candidate, sources: &Sources, memory: &dyn Recall) -> Taken {
    match read_text(candidate, sources) {
        Read::Text(text) => match take_text(candidate, text, sources, memory) {
            Some(file) => Taken::File(file),
            None => Taken::Ignored,
        },
        // What is not linted may be of any kind.
        Read::Refused(_) if !candidate.reason.is_to_lint() => Taken::Ignored,
        Read::Refused(finding) => Taken::Refused(finding),
        Read::Ignored => Taken::Ignored,
    }
}

/// Classifies a text as if it were at the candidate's path. `None` if it does not matter.
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
    let requested = candidate.reason.is_to_lint();
    if matches!(by_name, Some(Class::Other)) && candidate.reason != Reason::Named {
        // Only a helmfile says which of these templates are values, so all are kept.
        let unread = |source| File::new(source, Class::Other, requested, sources);
        let is_template = name.has_extension(&["gotmpl"]);
        return is_template.then(|| unread(sources.add(path.clone(), text)));
    }
    let source = sources.add(path.clone(), text);
    let class = by_name.unwrap_or(Class::Other);
    let mut file = File::new(source, class, requested, sources);
    if by_name.is_some_and(|class| !is_yaml_class(class)) {
        return Some(file);
    }
    file.seen = memory.recall(by_name, &file).unwrap_or_else(|| {
        let text = file.text();
        let stream = Arc::new(yaml::parse_apart(source, &text));
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

/// What is known about a parsed text.
fn look(path: &str, by_name: Option<Class>, text: &str, stream: &Stream) -> Seen {
    let name = PathName::of(path);
    if template::is_any(text, stream) {
        // Other templates, such as those of Ansible tasks or of a program's configuration, do not matter.
        let by_content = match name.is_helmfile() {
            true => Class::Helmfile,
            false if template::makes_objects(text) || name.is_values() => Class::Template,
            false => Class::Other,
        };
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

/// True if one of the objects is an Argo CD Application or `ApplicationSet`.
fn has_applications(stream: &Stream) -> bool {
    stream.documents.iter().flat_map(|document| kube::objects(document)).any(|object| {
        object.group() == "argoproj.io" && matches!(object.kind, "Application" | "ApplicationSet")
    })
}

/// True for classes whose files are parsed. Helmfiles are not, as their own reader renders them first.
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

/// The class that a file's name says; `None` if its content decides.
fn class_by_name(candidate: &Candidate, name: PathName<'_>, text: &str) -> Option<Class> {
    let path = &*path_in_repository(&candidate.shown);
    if is_of_chart(&candidate.path, "templates") {
        return Some(Class::ChartTemplate);
    }
    if let Some(class) = class_of_program(name, text) {
        return Some(class);
    }
    if is_helmfile(path, name) {
        return Some(Class::Helmfile);
    }
    if name.has_extension(&["tpl", "gotmpl"]) {
        return Some(if name.is_yaml_template() { Class::Template } else { Class::Other });
    }
    let is_json = name.has_extension(&["json"]);
    if is_json && !(text.contains("\"apiVersion\"") && text.contains("\"kind\"")) {
        return Some(Class::Other);
    }
    if let Some(class) = class_of_whole_name(name, text) {
        return Some(class);
    }
    if name.is_expectation() || is_unit_test(candidate, name, text) {
        return Some(Class::Other);
    }
    if !name.is_yaml() {
        let is_named = candidate.reason == Reason::Named;
        return (!is_named && !is_json).then_some(Class::Other);
    }
    class_of_pipeline(path, name)
}

/// The class of a file in a language of its own.
fn class_of_program(name: PathName<'_>, text: &str) -> Option<Class> {
    if name.is_script() || is_shell(text) {
        Some(Class::Script)
    } else if name.is_makefile() {
        Some(Class::Makefile)
    } else if name.is_jenkinsfile() {
        Some(Class::Jenkinsfile)
    } else if name.is_justfile() {
        Some(Class::Justfile)
    } else if name.has_extension(&["tf"]) {
        Some(Class::Terraform)
    } else {
        None
    }
}

fn is_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!")
        && first
            .split(['/', ' '])
            .any(|word| matches!(word, "sh" | "bash" | "zsh" | "dash" | "ksh"))
}

/// True if helmfile reads the file: it takes all that is directly in `helmfile.d`. In folders below there may be anything.
fn is_helmfile(path: &str, name: PathName<'_>) -> bool {
    let is_taken = name.is_yaml() || name.is_yaml_template();
    name.is_helmfile() || is_taken && base_name(parent(path)) == "helmfile.d"
}

/// The class of a file that its tool finds by its whole name.
fn class_of_whole_name(name: PathName<'_>, text: &str) -> Option<Class> {
    match name.0 {
        "Chart.yaml" => Some(Class::ChartMeta),
        "kustomization.yaml" | "kustomization.yml" | "Kustomization" => Some(Class::Kustomization),
        name if crate::config::FILE_NAMES.contains(&name) => {
            let component = crate::config::is_component(text);
            Some(if component { Class::GitLabCi } else { Class::Config })
        }
        "action.yml" | "action.yaml" => Some(Class::GitHub),
        "Taskfile.yml" | "Taskfile.yaml" | "taskfile.yml" | "taskfile.yaml"
        | "Taskfile.dist.yml" | "Taskfile.dist.yaml" => Some(Class::Taskfile),
        _ => None,
    }
}

/// True for a suite of helm-unittest. It is never deployed, and need not be YAML: helm-unittest changes backslashes first.
fn is_unit_test(candidate: &Candidate, name: PathName<'_>, text: &str) -> bool {
    name.0.ends_with("_test.yaml")
        && text.contains("asserts:")
        && is_of_chart(&candidate.path, "tests")
}

/// The class of a YAML file that a CI service finds by its name or its folder.
fn class_of_pipeline(path: &str, name: PathName<'_>) -> Option<Class> {
    if is_within(path, "/.github/workflows/") {
        Some(Class::GitHub)
    } else if name.0.ends_with("gitlab-ci.yml") || name.0.ends_with("gitlab-ci.yaml") {
        Some(Class::GitLabCi)
    } else if CI_NAMES.iter().any(|start| name.0.starts_with(start))
        || CI_FOLDERS.iter().any(|folder| is_within(path, folder))
    {
        Some(Class::Ci)
    } else {
        None
    }
}

/// True for a path below a folder anywhere, given as `/folder/`.
fn is_within(path: &str, folder: &str) -> bool {
    path.starts_with(&folder[1..]) || path.contains(folder)
}

/// True for a file below a chart's folder of this name. The working directory may lie in it, too.
fn is_of_chart(path: &Path, folder: &str) -> bool {
    let is_of_chart = |directory: &Path| {
        directory.file_name().is_some_and(|name| name == folder)
            && directory.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    };
    let is_inner = path.is_relative() && !path.starts_with("..");
    path.ancestors().skip(1).any(is_of_chart)
        || is_inner && source::here().directory.ancestors().any(is_of_chart)
}

fn class_by_content(path: &str, name: PathName<'_>, stream: &Stream) -> Class {
    let mut roots = stream.documents.iter().filter_map(|document| document.root());
    // The first document may be empty or a header, with objects after it.
    let class = roots.by_ref().take(64).find_map(class_of_document);
    match class {
        Some(class) => class,
        None if name.is_values() => Class::Values,
        None if path_in_repository(path).split('/').any(|part| part == "helmfile.d") => {
            Class::Helmfile
        }
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
            // Only kustomize reads these, to generate and transform objects.
            Some(KUSTOMIZE_BUILTIN) => Class::Other,
            _ => Class::Manifest,
        });
    }
    let is = |key: &str, kind: Kind| root.get(key).is_some_and(|node| node.kind() == kind);
    // A chart may be inherited. plimsoll's own configuration is recognised by its name.
    let names_chart =
        |release: Node<'_>| release.get("chart").is_some() || release.get("inherit").is_some();
    if is("releases", Kind::Sequence)
        && (root.get("defaultInherit").is_some() || root.get("releases")?.items().any(names_chart))
    {
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
