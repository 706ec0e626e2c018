//! Releases of Terraform's `helm_release`. A resource in a root module is one release, a resource in any other module
//! one release for each call of the module.
//!
//! Mirrors docs/resources/release.md of the provider hashicorp/helm.

mod encode;
mod function;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr as _;

use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::{Element, StringTemplate};
use hcl_edit::{Ident, Span as _};

use self::value::{Scope, Value};
use super::command::{self, Assignment, AssignmentKind};
use super::shell::RUN_TIME;
use super::{Content, Context, Found, Layer, Release, Unresolved, Via};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::NodeRef;
use crate::project::tree::{Tree, join, parent};
use crate::source::Span;
use crate::yaml;

/// A Terraform module: the files of one directory.
#[derive(Default)]
struct Module<'p> {
    directory: String,
    files: Vec<(&'p File, Body)>,
}

impl Module<'_> {
    fn blocks<'m>(&'m self, kind: &'m str) -> impl Iterator<Item = &'m Block> {
        self.files.iter().flat_map(move |(_, body)| body.get_blocks(kind))
    }

    /// The block with these labels, such as `variable "name"` or `resource "kind" "name"`.
    fn block<'m>(&'m self, kind: &str, labels: &[&str]) -> Option<&'m Block> {
        self.files.iter().flat_map(|(_, body)| body.blocks()).find(|block| {
            block.has_ident(kind)
                && block.labels.len() == labels.len()
                && block.labels.iter().zip(labels).all(|(own, label)| own.as_str() == *label)
        })
    }

    fn local(&self, name: &str) -> Option<&Expression> {
        self.files
            .iter()
            .flat_map(|(_, body)| body.get_blocks("locals"))
            .find_map(|locals| locals.body.get_attribute(name))
            .map(|attribute| &attribute.value)
    }
}

/// One use of a module: a root module, or a call of another module.
#[derive(Clone, Default)]
struct Instance {
    variables: BTreeMap<String, Value>,
    label: Option<String>,
    /// The directory of the root module, in which Terraform runs.
    root: String,
}

type Modules<'p> = BTreeMap<String, Module<'p>>;

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let mut modules = Modules::new();
    for file in context.tree.of(Class::Terraform) {
        let body = match Body::from_str(&file.text()) {
            Ok(body) => body,
            Err(error) => {
                found.unresolved.extend(unread(file, &error));
                continue;
            }
        };
        let directory = parent(&file.path).to_owned();
        let module = modules.entry(directory.clone()).or_default();
        module.directory = directory;
        module.files.push((file, body));
    }
    for module in modules.values() {
        let releases = module.files.iter().flat_map(|(file, body)| {
            let resources = body.get_blocks("resource");
            resources.filter(|block| is_release(block)).map(move |block| (*file, block))
        });
        let releases: Vec<_> = releases.collect();
        if releases.is_empty() {
            continue;
        }
        for instance in instances(module, &modules, context.tree, 0) {
            for (file, block) in &releases {
                each(file, block, module, &instance, context, found);
            }
        }
    }
}

/// The error for a file with a `helm_release` that is not valid HCL.
fn unread(file: &File, error: &hcl_edit::parser::Error) -> Option<Unresolved> {
    let release = file.text().find("\"helm_release\"")?;
    let why = format!("line {} of the file is not valid HCL", error.location().line());
    let declared = Span::new(file.source, release, release + "\"helm_release\"".len());
    Some(Unresolved { declared, why, chart_path: None })
}

fn is_release(block: &Block) -> bool {
    block.labels.first().is_some_and(|label| label.as_str() == "helm_release")
}

/// All uses of a module: one for each chain of calls from a root module.
fn instances(
    module: &Module<'_>,
    modules: &Modules<'_>,
    tree: &Tree<'_>,
    depth: usize,
) -> Vec<Instance> {
    let mut instances = Vec::new();
    let mut called = false;
    for caller in modules.values().filter(|_| depth < 6) {
        for call in caller.blocks("module") {
            let source = call.body.get_attribute("source").and_then(|source| source.value.as_str());
            let Some(source) = source.filter(|source| source.starts_with('.')) else { continue };
            if join(&caller.directory, source) != module.directory {
                continue;
            }
            called = true;
            let name = call.labels.first().map_or("", |label| label.as_str());
            for outer in self::instances(caller, modules, tree, depth + 1) {
                let scope = Scope::new(caller, &outer);
                for (key, scope) in scope.each(&call.body) {
                    let variables = call
                        .body
                        .attributes()
                        .map(|argument| (argument.key.to_string(), scope.value(&argument.value)));
                    let inner = match &key {
                        Some(key) => format!("module.{name}[\"{key}\"]"),
                        None => format!("module.{name}"),
                    };
                    let label = match &outer.label {
                        Some(outer) => format!("{outer}.{inner}"),
                        None => inner,
                    };
                    instances.push(Instance {
                        variables: variables.collect(),
                        label: Some(label),
                        root: outer.root.clone(),
                    });
                }
            }
        }
    }
    if !called {
        let root = module.directory.clone();
        instances.push(Instance { variables: value::assigned(&root, tree), label: None, root });
    }
    instances
}

/// Adds the releases of a resource: one, or several with `for_each` or `count`.
fn each(
    file: &File,
    block: &Block,
    module: &Module<'_>,
    instance: &Instance,
    context: &Context<'_>,
    found: &mut Found,
) {
    let scope = Scope::new(module, instance);
    for (key, scope) in scope.each(&block.body) {
        let variant = match (&instance.label, key) {
            (Some(label), Some(key)) => Some(format!("{label}[\"{key}\"]")),
            (Some(label), None) => Some(label.clone()),
            (None, key) => key.map(|key| format!("[\"{key}\"]")),
        };
        release(file, block, &scope, instance, variant, context, found);
    }
}

fn release(
    file: &File,
    block: &Block,
    scope: &Scope<'_>,
    instance: &Instance,
    variant: Option<String>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let span = |range| place(range, file);
    let attribute = |name: &str| block.body.get_attribute(name);
    let text = |name: &str| attribute(name).and_then(|found| scope.text(&found.value));
    let declared = span(block.span());
    let directory = parent(&file.path);
    let mut bases = vec![instance.root.as_str(), directory];
    bases.extend(context.tree.tops_of(&file.path));
    let Some(chart_text) = text("chart").filter(|chart| !chart.is_empty()) else {
        let why = "the chart is only known when Terraform runs".to_owned();
        found.unresolved.push(Unresolved { declared, why, chart_path: None });
        return;
    };
    let repository = text("repository").filter(|url| !url.is_empty());
    let mut chart = match repository {
        Some(url) if url.starts_with("oci://") => super::ChartRef {
            name: Some(chart_text),
            repository: Some(url),
            ..super::ChartRef::default()
        },
        repository => command::chart(&chart_text, repository, &bases, None, context),
    };
    if chart.path.is_none() {
        chart.version = text("version").or(chart.version);
    }
    chart.span = attribute("chart").map(|chart| span(chart.span()));
    let namespace = match attribute("namespace").map(|namespace| scope.value(&namespace.value)) {
        Some(Value::Text(namespace)) => Some(namespace),
        // The provider's default. A module that is not called here may get another namespace from its callers.
        Some(Value::Null) if instance.label.is_some() => Some("default".to_owned()),
        Some(_) => None,
        None => Some("default".to_owned()),
    };
    let mut values = Vec::new();
    if let Some(list) = attribute("values") {
        layers(&list.value, file, scope, &bases, context, &mut values);
    }
    values.extend(set(block, file, scope));
    found.releases.push(Release {
        name: text("name").filter(|name| !name.is_empty()),
        namespace,
        chart,
        values,
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema: false,
        declared,
        name_span: attribute("name").map(|name| span(name.value.span())),
        via: Via::Terraform,
        variant,
    });
}

/// The span of a range that the HCL parser returned.
fn place(range: Option<Range<usize>>, file: &File) -> Span {
    let range = range.unwrap_or(0..0);
    Span::new(file.source, range.start, range.end)
}

/// Adds the layers of an expression in `values`, in order.
fn layers(
    expression: &Expression,
    file: &File,
    scope: &Scope<'_>,
    bases: &[&str],
    context: &Context<'_>,
    into: &mut Vec<Layer>,
) {
    let span = place(expression.span(), file);
    match expression {
        Expression::Array(items) => {
            items.iter().for_each(|item| layers(item, file, scope, bases, context, into));
        }
        Expression::Parenthesis(inner) => {
            layers(inner.inner(), file, scope, bases, context, into);
        }
        Expression::FuncCall(call) => {
            let argument = call.args.get(0);
            match call.name.name.as_str() {
                "concat" | "compact" | "flatten" | "tolist" => {
                    call.args.iter().for_each(|arg| layers(arg, file, scope, bases, context, into));
                }
                // The first argument that exists, or that has items.
                name @ ("try" | "coalescelist") => {
                    let passes = |value: &Value| match value {
                        Value::Missing => name == "try",
                        Value::List(items) => name == "coalescelist" && items.is_empty(),
                        _ => false,
                    };
                    let mut args = call.args.iter();
                    if let Some(arg) = args.find(|arg| !passes(&scope.value(arg))) {
                        layers(arg, file, scope, bases, context, into);
                    }
                }
                "file" | "templatefile" => {
                    given(&scope.value(expression), span, bases, context, into);
                }
                "yamlencode" | "jsonencode" => {
                    let values = argument.map(|object| encode::values(object, file, scope));
                    into.push(Layer::inline(span, values.unwrap_or(Content::Unknown)));
                }
                _ => into.push(Layer::inline(span, Content::Unknown)),
            }
        }
        Expression::HeredocTemplate(heredoc) => {
            let range = span.range();
            let text = &file.text()[range.clone()];
            let plain = heredoc.template.iter().all(Element::is_literal);
            let body = text.find('\n').map_or(range.end, |at| range.start + at + 1);
            let content = match plain {
                true => {
                    plain_values(file, body..body + heredoc_length(&file.text()[body..range.end]))
                }
                false => Content::Unknown,
            };
            into.push(Layer::inline(span, content));
        }
        Expression::Conditional(conditional) => match scope.truth(&conditional.cond_expr) {
            Some(true) => layers(&conditional.true_expr, file, scope, bases, context, into),
            Some(false) => layers(&conditional.false_expr, file, scope, bases, context, into),
            None => into.push(Layer::inline(span, Content::Elsewhere)),
        },
        Expression::Variable(_) | Expression::Traversal(_) | Expression::ForExpr(_) => {
            given(&scope.value(expression), span, bases, context, into);
        }
        Expression::Null(_) => {}
        // Before Terraform 0.12 every expression stood in quotes: `"${file("values.yaml")}"`.
        Expression::StringTemplate(template) => match sole(template) {
            Some(inner) => layers(inner, file, scope, bases, context, into),
            None => into.push(Layer::inline(span, Content::Unknown)),
        },
        _ => into.push(Layer::inline(span, Content::Unknown)),
    }
}

/// Adds the layers of a value that stands at another place, such as the caller of a module: files, or what is not known.
fn given(value: &Value, span: Span, bases: &[&str], context: &Context<'_>, into: &mut Vec<Layer>) {
    match value {
        Value::Null => {}
        Value::List(items) => {
            for item in items {
                given(item, span, bases, context, into);
            }
        }
        Value::File { path, is_template } => {
            let located = context.tree.locate(path, bases);
            let mut layer = Layer::file(located.unwrap_or_else(|| join(bases[0], path)), span);
            if *is_template {
                layer.content = Content::Unknown;
            }
            into.push(layer);
        }
        _ => into.push(Layer::inline(span, Content::Elsewhere)),
    }
}

/// The expression in a string that consists of nothing else: `"${…}"`.
fn sole(template: &StringTemplate) -> Option<&Expression> {
    let mut elements = template.iter();
    match (elements.next(), elements.next()) {
        (Some(Element::Interpolation(only)), None) => Some(&only.expr),
        _ => None,
    }
}

/// The length of a heredoc's body without the line of the closing delimiter.
fn heredoc_length(body: &str) -> usize {
    let body = body.trim_end();
    body.rfind('\n').map_or(0, |at| at + 1)
}

fn plain_values(file: &File, range: Range<usize>) -> Content {
    let stream = yaml::parse_part(file.source, &file.text(), range);
    let root = stream.documents.first().and_then(|document| document.root());
    match root.and_then(|root| NodeRef::new(&stream.documents, root)) {
        Some(root) if stream.errors.is_empty() => Content::Yaml(root),
        _ => Content::Unknown,
    }
}

/// `set`, `set_list`, `set_sensitive` and `set_wo` as one layer. They are blocks, or since version 3 of the provider
/// lists of objects.
fn set(block: &Block, file: &File, scope: &Scope<'_>) -> Option<Layer> {
    let names = ["set", "set_list", "set_sensitive", "set_wo"];
    let mut spans: Vec<Range<usize>> = Vec::new();
    // `None` for what cannot be evaluated.
    let mut assignments: Vec<Option<Assignment>> = Vec::new();
    for inner in block.body.blocks() {
        let dynamic = inner.ident.as_str() == "dynamic"
            && inner.labels.first().is_some_and(|label| names.contains(&label.as_str()));
        if dynamic {
            spans.extend(inner.span());
            assignments.push(None);
        } else if names.contains(&inner.ident.as_str()) {
            spans.extend(inner.span());
            let get = |name: &str| inner.body.get_attribute(name).map(|found| &found.value);
            let lists = inner.ident.as_str() == "set_list";
            assignments.push(assignment(&get, lists, inner.span(), file, scope));
        }
    }
    for name in names {
        let Some(list) = block.body.get_attribute(name) else { continue };
        spans.extend(list.span());
        let Expression::Array(items) = &list.value else {
            assignments.push(None);
            continue;
        };
        assignments.extend(items.iter().map(|item| {
            let Expression::Object(object) = item else { return None };
            let get = |name: &str| member(object, name);
            assignment(&get, name == "set_list", item.span(), file, scope)
        }));
    }
    let start = spans.into_iter().min_by_key(|span| span.start)?;
    let span = Span::new(file.source, start.start, start.end);
    let known = assignments.into_iter().collect::<Option<Vec<Assignment>>>();
    Some(Layer::inline(span, known.map_or(Content::Unknown, Content::Set)))
}

/// One assignment, whose arguments `get` returns. `None` if its path is not known, or its value is not a text. A value
/// that only Terraform knows is known at deployment.
fn assignment<'e>(
    get: &dyn Fn(&str) -> Option<&'e Expression>,
    is_list: bool,
    range: Option<Range<usize>>,
    file: &File,
    scope: &Scope<'_>,
) -> Option<Assignment> {
    let value = get("value")?;
    let text = match scope.value(value) {
        Value::Unknown | Value::File { .. } if !is_list => RUN_TIME.to_string(),
        _ => scope.text(value)?,
    };
    let is_string = get("type").and_then(|kind| scope.text(kind)).as_deref() == Some("string");
    Some(Assignment {
        kind: if is_string { AssignmentKind::String } else { AssignmentKind::Value },
        path: get("name").and_then(|name| scope.text(name))?,
        value: text,
        span: place(range, file),
        value_span: value.span().map(|range| place(Some(range), file)),
    })
}

/// The value of a key in an object expression.
fn member<'e>(object: &'e Object, name: &str) -> Option<&'e Expression> {
    let is_meant = |key: &ObjectKey| match key {
        ObjectKey::Ident(key) => key.as_str() == name,
        ObjectKey::Expression(Expression::Variable(key)) => key.as_str() == name,
        ObjectKey::Expression(Expression::String(key)) => key.value() == name,
        ObjectKey::Expression(_) => false,
    };
    object.iter().find(|(key, _)| is_meant(key)).map(|(_, value)| value.expr())
}

fn ident(ident: &Ident) -> &str {
    ident.as_str()
}
