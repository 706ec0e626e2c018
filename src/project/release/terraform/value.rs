//! Evaluates Terraform's expressions as far as the files alone determine them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::str::FromStr as _;

use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, TraversalOperator,
    UnaryOperator,
};
use hcl_edit::structure::Body;
use hcl_edit::template::Element;

use super::{Instance, Module, function, ident};
use crate::project::path::{absolute, on_disk, shown};
use crate::project::tree::Tree;

/// A value; `Unknown` if only Terraform knows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
    /// The text of the file at a path, as `file` and `templatefile` return it.
    File {
        path: String,
        is_template: bool,
    },
    Null,
    Unknown,
    /// A key or an item that does not exist, which is an error except in `try`.
    Missing,
}

impl From<bool> for Value {
    /// The text to which Terraform converts it.
    fn from(holds: bool) -> Self {
        Self::Text(holds.to_string())
    }
}

/// The values of names in one use of a module.
#[derive(Clone)]
pub(super) struct Scope<'m> {
    module: &'m Module<'m>,
    instance: &'m Instance,
    each: Option<(Value, Value)>,
    /// `count.index`, if there is a `count` that is known.
    index: Option<usize>,
    /// The variables of the enclosing `for` expressions, the innermost last.
    bound: Vec<(Rc<str>, Rc<Value>)>,
    depth: usize,
    /// How many more expressions may be evaluated. Locals that each use another several times would take forever.
    left: Rc<Cell<usize>>,
}

const MAX_DEPTH: usize = 40;
const MAX_EVALUATED: usize = 100_000;
/// The most instances of a `count` that are looked at.
const MAX_COUNT: usize = 64;

impl<'m> Scope<'m> {
    pub(super) fn new(module: &'m Module<'_>, instance: &'m Instance) -> Self {
        Self {
            module,
            instance,
            each: None,
            index: None,
            bound: Vec::new(),
            depth: 0,
            left: Rc::new(Cell::new(MAX_EVALUATED)),
        }
    }

    /// The scope of each instance of a block, with the instance's key: one without `for_each` and `count`, or if they
    /// are not known.
    pub(super) fn each(&self, body: &Body) -> Vec<(Option<String>, Self)> {
        let count = body.get_attribute("count").and_then(|count| self.text(&count.value));
        if let Some(count) = count.and_then(|count| count.parse::<usize>().ok()) {
            let one = count == 1;
            let scope = |index: usize| {
                let key = (!one).then(|| index.to_string());
                (key, Self { index: Some(index), ..self.clone() })
            };
            return (0..count.min(MAX_COUNT)).map(scope).collect();
        }
        let Some(attribute) = body.get_attribute("for_each") else {
            return vec![(None, self.clone())];
        };
        let scope = |key: String, value: Value| {
            let each = Some((Value::Text(key.clone()), value));
            (Some(key), Self { each, ..self.clone() })
        };
        match self.value(&attribute.value) {
            Value::Map(map) => map.into_iter().map(|(key, value)| scope(key, value)).collect(),
            Value::List(list) => list
                .into_iter()
                .filter_map(|item| match item {
                    Value::Text(text) => Some(scope(text.clone(), Value::Text(text))),
                    _ => None,
                })
                .collect(),
            _ => {
                vec![(None, Self { each: Some((Value::Unknown, Value::Unknown)), ..self.clone() })]
            }
        }
    }

    /// The text of an expression, if all of it is known.
    pub(super) fn text(&self, expression: &Expression) -> Option<String> {
        match self.value(expression) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a condition is true, if that is known.
    pub(super) fn truth(&self, expression: &Expression) -> Option<bool> {
        match self.value(expression) {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn value(&self, expression: &Expression) -> Value {
        let left = self.left.get();
        if self.depth > MAX_DEPTH || left == 0 {
            return Value::Unknown;
        }
        self.left.set(left - 1);
        let scope = Self { depth: self.depth + 1, ..self.clone() };
        scope.evaluate(expression)
    }

    fn evaluate(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::from(*value.value()),
            Expression::Number(value) => Value::Text(value.value().to_string()),
            Expression::String(value) => Value::Text(value.value().clone()),
            Expression::Array(items) => {
                Value::List(items.iter().map(|item| self.value(item)).collect())
            }
            Expression::Object(object) => {
                let entries = object.iter().filter_map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => ident(name).to_owned(),
                        ObjectKey::Expression(Expression::Variable(name)) => ident(name).to_owned(),
                        ObjectKey::Expression(expression) => self.text(expression)?,
                    };
                    Some((key, self.value(value.expr())))
                });
                Value::Map(entries.collect())
            }
            Expression::StringTemplate(template) => self.template(template.iter()),
            Expression::HeredocTemplate(heredoc) => self.template(heredoc.template.iter()),
            Expression::Parenthesis(inner) => self.value(inner.inner()),
            Expression::Conditional(conditional) => match self.truth(&conditional.cond_expr) {
                Some(true) => self.value(&conditional.true_expr),
                Some(false) => self.value(&conditional.false_expr),
                None => Value::Unknown,
            },
            Expression::BinaryOp(operation) => self.operation(operation),
            Expression::UnaryOp(operation) => match operation.operator.value() {
                UnaryOperator::Not => match self.truth(&operation.expr) {
                    Some(holds) => Value::from(!holds),
                    None => Value::Unknown,
                },
                UnaryOperator::Neg => Value::Unknown,
            },
            Expression::FuncCall(call) => self.call(call),
            Expression::ForExpr(each) => self.for_each(each),
            Expression::Traversal(traversal) => {
                let Expression::Variable(root) = &traversal.expr else {
                    return Value::Unknown;
                };
                let steps: Vec<Option<String>> = traversal
                    .operators
                    .iter()
                    .map(|operator| match operator.value() {
                        TraversalOperator::GetAttr(name) => Some(ident(name).to_owned()),
                        TraversalOperator::Index(index) => self.text(index),
                        TraversalOperator::LegacyIndex(index) => Some(index.value().to_string()),
                        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => None,
                    })
                    .collect();
                let Some(steps) = steps.into_iter().collect::<Option<Vec<String>>>() else {
                    return Value::Unknown;
                };
                self.reference(ident(root), &steps)
            }
            Expression::Variable(name) => self.bound(ident(name)).unwrap_or(Value::Unknown),
        }
    }

    /// The value of a variable of an enclosing `for` expression.
    fn bound(&self, name: &str) -> Option<Value> {
        let found = self.bound.iter().rfind(|(own, _)| &**own == name);
        found.map(|(_, value)| value.as_ref().clone())
    }

    fn operation(&self, operation: &BinaryOp) -> Value {
        let operator = operation.operator.value();
        if matches!(operator, BinaryOperator::And | BinaryOperator::Or) {
            let sides = [&operation.lhs_expr, &operation.rhs_expr].map(|side| self.truth(side));
            // One known side may be enough.
            let settles = *operator == BinaryOperator::Or;
            return match sides {
                [Some(a), _] if a == settles => Value::from(a),
                [_, Some(b)] if b == settles => Value::from(b),
                [Some(_), Some(_)] => Value::from(!settles),
                _ => Value::Unknown,
            };
        }
        let sides = [&operation.lhs_expr, &operation.rhs_expr].map(|side| self.value(side));
        let is_open =
            |side: &Value| matches!(side, Value::Unknown | Value::Missing | Value::File { .. });
        if sides.iter().any(is_open) {
            return Value::Unknown;
        }
        let number = |value: &Value| match value {
            Value::Text(text) => text.parse::<f64>().ok(),
            _ => None,
        };
        match (operator, number(&sides[0]), number(&sides[1])) {
            (BinaryOperator::Eq, ..) => Value::from(sides[0] == sides[1]),
            (BinaryOperator::NotEq, ..) => Value::from(sides[0] != sides[1]),
            (BinaryOperator::Less, Some(a), Some(b)) => Value::from(a < b),
            (BinaryOperator::LessEq, Some(a), Some(b)) => Value::from(a <= b),
            (BinaryOperator::Greater, Some(a), Some(b)) => Value::from(a > b),
            (BinaryOperator::GreaterEq, Some(a), Some(b)) => Value::from(a >= b),
            _ => Value::Unknown,
        }
    }

    fn call(&self, call: &FuncCall) -> Value {
        if call.args.expand_final() {
            return Value::Unknown;
        }
        let name = ident(&call.name.name);
        let mut arguments = call.args.iter().map(|argument| self.value(argument));
        match name {
            "try" => arguments.find(|value| *value != Value::Missing).unwrap_or(Value::Missing),
            "can" => match arguments.next() {
                None | Some(Value::Unknown) => Value::Unknown,
                Some(value) => Value::from(value != Value::Missing),
            },
            "file" | "templatefile" => match arguments.next() {
                Some(Value::Text(path)) => {
                    Value::File { path, is_template: name == "templatefile" }
                }
                _ => Value::Unknown,
            },
            _ => function::call(name, &arguments.collect::<Vec<_>>()),
        }
    }

    /// The result of `[for …]` or `{for …}`, if its collection is known.
    fn for_each(&self, each: &ForExpr) -> Value {
        let pairs: Vec<(Value, Value)> = match self.value(&each.intro.collection_expr) {
            Value::List(items) => {
                let index = |at: usize| Value::Text(at.to_string());
                items.into_iter().enumerate().map(|(at, item)| (index(at), item)).collect()
            }
            Value::Map(map) => {
                map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect()
            }
            _ => return Value::Unknown,
        };
        let mut items = Vec::new();
        for (key, value) in pairs {
            let mut scope = self.clone();
            if let Some(name) = &each.intro.key_var {
                scope.bound.push((name.as_str().into(), Rc::new(key)));
            }
            scope.bound.push((each.intro.value_var.as_str().into(), Rc::new(value)));
            match each.cond.as_ref().map(|cond| scope.truth(&cond.expr)) {
                Some(Some(false)) => continue,
                Some(None) => return Value::Unknown,
                Some(Some(true)) | None => {}
            }
            let key = each.key_expr.as_ref().map(|key| scope.text(key));
            items.push((key, scope.value(&each.value_expr)));
        }
        if each.key_expr.is_none() {
            return Value::List(items.into_iter().map(|(_, value)| value).collect());
        }
        let entries = items.into_iter().map(|(key, value)| Some((key??, value)));
        let entries: Option<BTreeMap<String, Value>> = entries.collect();
        entries.filter(|_| !each.grouping).map_or(Value::Unknown, Value::Map)
    }

    fn template<'e>(&self, elements: impl Iterator<Item = &'e Element>) -> Value {
        let mut text = String::new();
        for element in elements {
            match element {
                Element::Literal(literal) => text.push_str(literal.value()),
                Element::Interpolation(interpolation) => match self.value(&interpolation.expr) {
                    Value::Text(part) => text.push_str(&part),
                    _ => return Value::Unknown,
                },
                Element::Directive(_) => return Value::Unknown,
            }
        }
        Value::Text(text)
    }

    fn reference(&self, root: &str, steps: &[String]) -> Value {
        if let Some(value) = self.bound(root) {
            return walk(value, steps);
        }
        let Some((name, rest)) = steps.split_first() else { return Value::Unknown };
        let value = match root {
            "var" => return walk(self.variable(name), rest),
            "local" => match self.module.local(name) {
                Some(expression) => self.value(expression),
                None => Value::Unknown,
            },
            "each" => match (&self.each, name.as_str()) {
                (Some((key, _)), "key") => key.clone(),
                (Some((_, value)), "value") => value.clone(),
                _ => Value::Unknown,
            },
            "count" => match (self.index, name.as_str()) {
                (Some(index), "index") => Value::Text(index.to_string()),
                _ => Value::Unknown,
            },
            "path" => Value::Text(match name.as_str() {
                "module" => absolute(&self.module.directory),
                _ => absolute(&self.instance.root),
            }),
            "data" => {
                let Some((data_name, rest)) = rest.split_first() else { return Value::Unknown };
                return self.attribute("data", name, data_name, rest);
            }
            kind => return self.attribute("resource", kind, name, rest),
        };
        walk(value, rest)
    }

    fn variable(&self, name: &str) -> Value {
        if let Some(value) = self.instance.variables.get(name) {
            return value.clone();
        }
        let declared = self.module.block("variable", &[name]);
        let default = declared.and_then(|block| block.body.get_attribute("default"));
        default.map_or(Value::Unknown, |default| self.value(&default.value))
    }

    /// An argument of another resource: `kubernetes_namespace.x.metadata[0].name`.
    fn attribute(&self, block: &str, kind: &str, name: &str, steps: &[String]) -> Value {
        let Some(block) = self.module.block(block, &[kind, name]) else { return Value::Unknown };
        let mut body = &block.body;
        // A resource with one instance may still be indexed.
        let counted = body.has_attribute("count") || body.has_attribute("for_each");
        let mut steps = if counted && !steps.is_empty() { &steps[1..] } else { steps };
        // The id of a namespace is its name.
        let id = ["metadata".to_owned(), "name".to_owned()];
        if kind.starts_with("kubernetes_namespace") && *steps == ["id".to_owned()] {
            steps = &id;
        }
        while let Some((step, rest)) = steps.split_first() {
            if let Some(attribute) = body.get_attribute(step) {
                return walk(self.value(&attribute.value), rest);
            }
            let Some(inner) = body.get_blocks(step).next() else { return Value::Unknown };
            body = &inner.body;
            let indexed = rest.first().is_some_and(|step| step.parse::<usize>().is_ok());
            steps = if indexed { &rest[1..] } else { rest };
        }
        Value::Unknown
    }
}

/// The value to which a path of keys and indices leads.
fn walk(value: Value, steps: &[String]) -> Value {
    steps.iter().fold(value, |value, step| match value {
        Value::Map(mut map) => map.remove(step).unwrap_or(Value::Missing),
        Value::List(list) => match step.parse::<usize>() {
            Ok(at) => list.into_iter().nth(at).unwrap_or(Value::Missing),
            Err(_) => Value::Missing,
        },
        Value::Null | Value::Missing => Value::Missing,
        Value::Text(_) | Value::File { .. } | Value::Unknown => Value::Unknown,
    })
}

/// The variables of a root module that `terraform.tfvars` and `*.auto.tfvars` set.
pub(super) fn assigned(directory: &str, tree: &Tree<'_>) -> BTreeMap<String, Value> {
    let Ok(entries) = std::fs::read_dir(on_disk(directory)) else { return BTreeMap::new() };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
        })
        .collect();
    // `terraform.tfvars` first; the others, by name, override it.
    files.sort_by_key(|path| (!path.ends_with("terraform.tfvars"), path.clone()));
    let empty = (Module::default(), Instance::default());
    let scope = Scope::new(&empty.0, &empty.1);
    let mut values = BTreeMap::new();
    for file in files {
        let Some(text) = tree.text(&shown(&file)) else { continue };
        let Ok(body) = Body::from_str(&text) else { continue };
        for attribute in body.attributes() {
            values.insert(ident(&attribute.key).to_owned(), scope.value(&attribute.value));
        }
    }
    values
}
