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

use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::{Element, HeredocTemplate, StringTemplate};
use hcl_edit::{Ident, Span as _};

use self::value::{Scope, Value};
use super::command::{self, Assignment, AssignmentKind};
use super::shell::RUN_TIME;
use super::{Content, Context, Found, Layer, Release, Unresolved, Via};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::NodeRef;
use crate::project::path::{join, parent};
use crate::project::tree::Tree;
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
        let reader = Reader { file, scope, bases: &bases, context };
        reader.layers(&list.value, &mut values);
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

/// What expressions in `values` are read with.
struct Reader<'a> {
    file: &'a File,
    scope: &'a Scope<'a>,
    bases: &'a [&'a str],
    context: &'a Context<'a>,
}

impl Reader<'_> {
    /// Adds the layers of an expression, in order.
    fn layers(&self, expression: &Expression, into: &mut Vec<Layer>) {
        let span = place(expression.span(), self.file);
        match expression {
            Expression::Array(items) => items.iter().for_each(|item| self.layers(item, into)),
            Expression::Parenthesis(inner) => self.layers(inner.inner(), into),
            Expression::FuncCall(call) => self.layers_of_call(call, expression, into),
            Expression::HeredocTemplate(heredoc) => {
                into.push(Layer::inline(span, self.heredoc(heredoc, span)));
            }
            Expression::Conditional(conditional) => {
                match self.scope.truth(&conditional.cond_expr) {
                    Some(true) => self.layers(&conditional.true_expr, into),
                    Some(false) => self.layers(&conditional.false_expr, into),
                    None => into.push(Layer::inline(span, Content::Elsewhere)),
                }
            }
            Expression::Variable(_) | Expression::Traversal(_) | Expression::ForExpr(_) => {
                self.layers_of_value(&self.scope.value(expression), span, into);
            }
            Expression::Null(_) => {}
            // Before Terraform 0.12 every expression stood in quotes: `"${file("values.yaml")}"`.
            Expression::StringTemplate(template) => match sole(template) {
                Some(inner) => self.layers(inner, into),
                None => into.push(Layer::inline(span, Content::Unknown)),
            },
            _ => into.push(Layer::inline(span, Content::Unknown)),
        }
    }

    /// Adds the layers of a function's call, which is the expression `whole`.
    fn layers_of_call(&self, call: &FuncCall, whole: &Expression, into: &mut Vec<Layer>) {
        let span = place(whole.span(), self.file);
        match call.name.name.as_str() {
            "concat" | "compact" | "flatten" | "tolist" => {
                call.args.iter().for_each(|arg| self.layers(arg, into));
            }
            // The first argument that exists, or that has items.
            name @ ("try" | "coalescelist") => {
                let passes = |value: &Value| match value {
                    Value::Missing => name == "try",
                    Value::List(items) => name == "coalescelist" && items.is_empty(),
                    _ => false,
                };
                let mut args = call.args.iter();
                if let Some(arg) = args.find(|arg| !passes(&self.scope.value(arg))) {
                    self.layers(arg, into);
                }
            }
            "file" | "templatefile" => self.layers_of_value(&self.scope.value(whole), span, into),
            "yamlencode" | "jsonencode" => {
                let object = call.args.get(0);
                let values = object.map(|object| encode::values(object, self.file, self.scope));
                into.push(Layer::inline(span, values.unwrap_or(Content::Unknown)));
            }
            _ => into.push(Layer::inline(span, Content::Unknown)),
        }
    }

    /// Adds the layers of a value that stands at another place, such as the caller of a module: files, or what is not known.
    fn layers_of_value(&self, value: &Value, span: Span, into: &mut Vec<Layer>) {
        match value {
            Value::Null => {}
            Value::List(items) => {
                for item in items {
                    self.layers_of_value(item, span, into);
                }
            }
            Value::File { path, is_template } => {
                let located = self.context.tree.locate(path, self.bases);
                let path = located.unwrap_or_else(|| join(self.bases[0], path));
                let mut layer = Layer::file(path, span);
                if *is_template {
                    layer.content = Content::Unknown;
                }
                into.push(layer);
            }
            _ => into.push(Layer::inline(span, Content::Elsewhere)),
        }
    }

    /// The values in a heredoc without expressions.
    fn heredoc(&self, heredoc: &HeredocTemplate, span: Span) -> Content {
        if !heredoc.template.iter().all(Element::is_literal) {
            return Content::Unknown;
        }
        let Range { start, end } = span.range();
        let text = &self.file.text()[start..end];
        let body = text.find('\n').map_or(text.len(), |at| at + 1);
        let length = heredoc_length(&text[body..]);
        plain_values(self.file, start + body..start + body + length)
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
