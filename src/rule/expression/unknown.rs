//! Names in an expression that are not defined. Such an expression has no value on any object, so a rule with a
//! misspelt name would never find anything.

use std::sync::Arc;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue};
use cel::{Context, ExecutionError, Value};

use super::fault::Fault;
use super::names::{Level, Names, Slot};
use crate::rule::{environment, function};

/// The names of types, to which `type(x)` is compared.
const TYPES: [&str; 11] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "type",
    "uint",
];

/// Names of functions, sorted: those of rules, and those of CEL's own that rules call or that may be meant by a
/// misspelt name. CEL may have others, see [`is_function`].
const FUNCTIONS: [&str; 70] = [
    "base64Layers",
    "bool",
    "bytes",
    "ceilDiv",
    "charAt",
    "compareVersions",
    "contains",
    "cronFault",
    "cronPeriod",
    "distinct",
    "double",
    "dyn",
    "endsWith",
    "find",
    "flatten",
    "fromController",
    "grants",
    "hasValue",
    "image",
    "inList",
    "inNetwork",
    "indexOf",
    "int",
    "isCIDR",
    "isConstraint",
    "isIP",
    "isQuantity",
    "join",
    "lastIndexOf",
    "lifecycle",
    "lowerAscii",
    "matches",
    "matchesLabels",
    "nearest",
    "ofKind",
    "ofName",
    "or",
    "orValue",
    "podLabels",
    "podResource",
    "podSpec",
    "podsMatching",
    "podsSelected",
    "quantity",
    "replace",
    "replicasOf",
    "reverse",
    "runByCluster",
    "sameNamespace",
    "satisfies",
    "scaled",
    "seconds",
    "selects",
    "servedIn",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "string",
    "substring",
    "sum",
    "text",
    "timeZone",
    "trim",
    "type",
    "uint",
    "upperAscii",
    "value",
    "versionForm",
];

/// CEL's macros, which are no functions: what is written otherwise is taken for a call of one.
const MACROS: [(&str, &str); 6] = [
    ("all", "list.all(item, condition)"),
    ("exists", "list.exists(item, condition)"),
    ("exists_one", "list.exists_one(item, condition)"),
    ("filter", "list.filter(item, condition)"),
    ("has", "has(map.field)"),
    ("map", "list.map(item, value)"),
];

/// Searches for a name that is not defined.
///
/// # Errors
/// The first such name, in the order of evaluation.
pub(super) fn check(expression: &IdedExpr, names: &mut Names) -> Result<(), Fault> {
    match &expression.expr {
        Expr::Ident(name) if names.slot(name).is_some() || TYPES.contains(&name.as_str()) => Ok(()),
        Expr::Ident(name) => Err(names.unknown(name)),
        Expr::Select(select) => {
            check(&select.operand, names)?;
            parameter(&select.operand, &select.field, names)
        }
        Expr::Call(call) => of_call(call, names),
        Expr::List(list) => list.elements.iter().try_for_each(|item| check(item, names)),
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| of_entry(&entry.expr, names)),
        Expr::Struct(of) => of.entries.iter().try_for_each(|entry| of_entry(&entry.expr, names)),
        Expr::Comprehension(of) => of_comprehension(of, names),
        Expr::Literal(_) | Expr::Unspecified => Ok(()),
    }
}

fn of_entry(entry: &EntryExpr, names: &mut Names) -> Result<(), Fault> {
    match entry {
        EntryExpr::StructField(field) => check(&field.value, names),
        EntryExpr::MapEntry(entry) => {
            check(&entry.key, names)?;
            check(&entry.value, names)
        }
    }
}

/// Checks that the field in `params.field` is a parameter of the rule.
fn parameter(operand: &IdedExpr, field: &str, names: &Names) -> Result<(), Fault> {
    let of_params =
        matches!(&operand.expr, Expr::Ident(name) if names.slot(name) == Some(Slot::PARAMS));
    if of_params { names.parameter(field) } else { Ok(()) }
}

fn of_call(call: &CallExpr, names: &mut Names) -> Result<(), Fault> {
    // Operators are calls of functions whose names cannot be written.
    let operator = call.func_name.starts_with(['_', '@', '!', '-']);
    let family =
        call.target.as_deref().filter(|target| super::compile::is_namespace(target, names));
    if !operator && !is_function(call, family) {
        family.map_or(Ok(()), |family| check(family, names))?;
        let fault = Fault::unknown("function", &call.func_name, FUNCTIONS.iter().copied());
        let usage = MACROS.iter().find(|(name, _)| *name == call.func_name);
        let usage = usage.map(|(_, usage)| format!("write it as `{usage}`"));
        return Err(Fault { help: usage.or(fault.help), ..fault });
    }
    if let (Some(target), None) = (call.target.as_deref(), family) {
        check(target, names)?;
    }
    if let [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }] = &call.args[..]
        && operator
    {
        parameter(of, field.inner(), names)?;
    }
    call.args.iter().try_for_each(|argument| check(argument, names))
}

/// Whether there is a function with the name that is called, for any arguments.
fn is_function(call: &CallExpr, family: Option<&IdedExpr>) -> bool {
    let at_home = family.is_none() && FUNCTIONS.binary_search(&call.func_name.as_str()).is_ok();
    at_home || cel_knows(call, family)
}

/// Asks CEL by a call without arguments, as there is no list of its functions. For a function that it knows, it reports
/// wrong arguments.
fn cel_knows(call: &CallExpr, family: Option<&IdedExpr>) -> bool {
    let null = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Null) };
    let target = call.target.as_ref().map(|_| Box::new(family.cloned().unwrap_or(null)));
    let bare = CallExpr { func_name: call.func_name.clone(), target, args: Vec::new() };
    let mut cel = Context::with_env(Arc::clone(environment()));
    function::register(&mut cel);
    let said = Value::resolve(&IdedExpr { id: 0, expr: Expr::Call(bare) }, &cel);
    !matches!(said, Err(ExecutionError::UndeclaredReference(_)))
}

fn of_comprehension(of: &ComprehensionExpr, names: &mut Names) -> Result<(), Fault> {
    check(&of.iter_range, names)?;
    check(&of.accu_init, names)?;
    let outside = names.mark();
    let variables = [Some(&of.iter_var), of.iter_var2.as_ref(), Some(&of.accu_var)];
    variables.into_iter().flatten().for_each(|variable| {
        names.bind(variable, Level::Item);
    });
    let parts = [&of.loop_cond, &of.loop_step, &of.result];
    let checked = parts.into_iter().try_for_each(|part| check(part, names));
    names.reset(outside);
    checked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_sorted_and_known_to_cel() {
        assert!(FUNCTIONS.is_sorted());
        let target = || Some(Box::new(IdedExpr::default()));
        for name in FUNCTIONS {
            let call = |target| CallExpr { func_name: name.to_owned(), target, args: Vec::new() };
            let known = cel_knows(&call(None), None) || cel_knows(&call(target()), None);
            assert!(known, "{name}");
        }
    }

    #[test]
    fn what_cel_does_not_know_is_unknown() {
        // This build of CEL is without functions on times.
        for name in ["sizes", "duration", "timestamp"] {
            let call = CallExpr { func_name: name.to_owned(), target: None, args: Vec::new() };
            assert!(!cel_knows(&call, None), "{name}");
        }
    }
}
