//! Compiles CEL's tree to [`Code`].

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, MapEntryExpr, MapExpr,
    SelectExpr, operators,
};

use super::call::Function;
use super::code::{Arithmetic, Code, Comparison, Junction, Wanted};
use super::lack;
use super::names::{Level, Names};
use super::narrow::Narrow;
use crate::rule::inventory::Selector;
use crate::rule::notation::Pattern;
use crate::yaml::Name;

/// Compiles an expression.
pub(super) fn compile(expression: &IdedExpr, names: &mut Names) -> Code {
    let known = match &expression.expr {
        Expr::Literal(literal) => of_literal(literal),
        Expr::Ident(name) => names.slot(name).map(Code::Variable),
        Expr::Select(select) => of_select(select, names),
        Expr::Call(call) => of_call(call, names),
        Expr::List(list) if list.optional_indices.is_empty() => {
            Some(Code::List(list.elements.iter().map(|item| compile(item, names)).collect()))
        }
        Expr::Map(map) => of_map(map, names),
        Expr::Comprehension(comprehension) => of_comprehension(comprehension, names),
        Expr::List(_) | Expr::Struct(_) | Expr::Unspecified => None,
    };
    known.unwrap_or_else(|| foreign(expression, names))
}

fn boxed(expression: &IdedExpr, names: &mut Names) -> Box<Code> {
    Box::new(compile(expression, names))
}

fn of_literal(literal: &LiteralValue) -> Option<Code> {
    Some(match literal {
        LiteralValue::Null => Code::Null,
        LiteralValue::Boolean(value) => Code::Bool(*value.inner()),
        LiteralValue::Int(value) => Code::Int(*value.inner()),
        LiteralValue::UInt(value) => Code::Uint(*value.inner()),
        LiteralValue::Double(value) => Code::Double(*value.inner()),
        LiteralValue::String(value) => Code::Text(value.inner().to_owned()),
        LiteralValue::Bytes(_) => return None,
    })
}

/// A map whose keys are distinct string literals; `None` for any other.
fn of_map(map: &MapExpr, names: &mut Names) -> Option<Code> {
    let mut entries: Vec<(String, Code)> = Vec::new();
    for entry in &map.entries {
        let EntryExpr::MapEntry(MapEntryExpr { key, value, optional: false }) = &entry.expr else {
            return None;
        };
        let Expr::Literal(LiteralValue::String(key)) = &key.expr else { return None };
        if entries.iter().any(|(known, _)| known == key.inner()) {
            return None;
        }
        entries.push((key.inner().to_owned(), compile(value, names)));
    }
    Some(Code::Record(entries))
}

/// The texts in a list of string literals; `None` for any other list.
fn texts(expression: &IdedExpr) -> Option<Vec<String>> {
    let Expr::List(list) = &expression.expr else { return None };
    let text = |item: &IdedExpr| match &item.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    };
    list.elements
        .iter()
        .map(text)
        .collect::<Option<_>>()
        .filter(|_| list.optional_indices.is_empty())
}

fn of_select(select: &SelectExpr, names: &mut Names) -> Option<Code> {
    if is_namespace(&select.operand, names) {
        return None;
    }
    let operand = boxed(&select.operand, names);
    let field = Name::from(select.field.as_str());
    Some(if select.test { Code::Has(operand, field) } else { Code::Select(operand, field) })
}

fn of_call(call: &CallExpr, names: &mut Names) -> Option<Code> {
    match (&call.target, call.args.as_slice()) {
        (None, args) => {
            of_operator(&call.func_name, args, names).or_else(|| of_function(call, names))
        }
        (Some(target), _) if is_namespace(target, names) => None,
        (Some(target), args) => match (call.func_name.as_str(), args) {
            ("orValue", [default]) => {
                Some(Code::OrValue(boxed(target, names), boxed(default, names)))
            }
            ("or", [other]) => Some(Code::OrElse(boxed(target, names), boxed(other, names))),
            ("hasValue", []) => Some(Code::HasValue(boxed(target, names))),
            _ => of_function(call, names),
        },
    }
}

fn of_operator(name: &str, args: &[IdedExpr], names: &mut Names) -> Option<Code> {
    match (name, args) {
        (operators::LOGICAL_AND, [one, two]) => {
            Some(Code::Connect(Junction::And, boxed(one, names), boxed(two, names)))
        }
        (operators::LOGICAL_OR, [one, two]) => {
            Some(Code::Connect(Junction::Or, boxed(one, names), boxed(two, names)))
        }
        (operators::LOGICAL_NOT, [one]) => Some(Code::Not(boxed(one, names))),
        (operators::CONDITIONAL, [test, yes, no]) => {
            Some(Code::Choose(boxed(test, names), boxed(yes, names), boxed(no, names)))
        }
        (operators::INDEX, [of, at]) => Some(Code::Index(boxed(of, names), boxed(at, names))),
        (operators::OPT_INDEX, [of, at]) => {
            Some(Code::TryIndex(boxed(of, names), boxed(at, names)))
        }
        (operators::OPT_SELECT, [of, field]) => match &field.expr {
            Expr::Literal(LiteralValue::String(field)) => {
                Some(Code::TrySelect(boxed(of, names), field.inner().into()))
            }
            _ => None,
        },
        (operators::EQUALS | operators::NOT_EQUALS, [one, two])
            if type_asked(one, two, names).is_some() =>
        {
            let (of, type_name) = type_asked(one, two, names)?;
            let (fits, whole) = (name == operators::EQUALS, call_of(name, args));
            Some(Code::TypeIs {
                of: boxed(of, names),
                name: type_name.to_owned(),
                fits,
                otherwise: Box::new(foreign(&whole, names)),
            })
        }
        (operators::IN, [one, list]) if let Some(texts) = texts(list) => {
            Some(Code::Among(boxed(one, names), texts))
        }
        (operators::GREATER, [one, two]) if let Some((sort, call)) = any_pods(one, two) => {
            let (args, expression) = placed(call, names);
            let native = Some(Function::AnyPods(sort));
            let whole = call_of(name, &[call_of("size", &[expression]), two.clone()]);
            Some(Code::Call { native, args, expression: Box::new(whole) })
        }
        (name, [one, two]) => {
            if let Some(operator) = Comparison::named(name) {
                return Some(Code::Compare(operator, boxed(one, names), boxed(two, names)));
            }
            let operator = Arithmetic::named(name)?;
            Some(Code::Compute(operator, boxed(one, names), boxed(two, names)))
        }
        _ => None,
    }
}

/// For the two sides of `type(x) == string`, returns `x` and `string`.
fn type_asked<'e>(
    one: &'e IdedExpr,
    two: &'e IdedExpr,
    names: &Names,
) -> Option<(&'e IdedExpr, &'e str)> {
    let (Expr::Call(call), Expr::Ident(name)) = (&one.expr, &two.expr) else { return None };
    let plain = ["bool", "double", "int", "string", "uint"].contains(&name.as_str());
    match call.args.as_slice() {
        [of] if call.func_name == "type" && call.target.is_none() => {
            (plain && names.slot(name).is_none()).then_some((of, name))
        }
        _ => None,
    }
}

fn call_of(name: &str, args: &[IdedExpr]) -> IdedExpr {
    let call = CallExpr { func_name: name.to_owned(), target: None, args: args.to_vec() };
    IdedExpr { id: 0, expr: Expr::Call(call) }
}

/// Compiles a call. The function is evaluated natively if it can be, and else by CEL with the evaluated arguments.
fn of_function(call: &CallExpr, names: &mut Names) -> Option<Code> {
    if call.func_name.starts_with('@') {
        return None;
    }
    if let Some(of) = measured(call) {
        return Some(byte_size(of, names));
    }
    let (args, expression) = placed(call, names);
    let native = Function::named(&call.func_name, args.len());
    let expression = Box::new(expression);
    let (wanted, matched) = (wanted(native, &args, names), matched(native, &args));
    let whole = Code::Call { native, args, expression };
    Some(match (wanted, matched) {
        (Some((of, wanted)), _) => Code::Grants { of, wanted, otherwise: Box::new(whole) },
        (None, Some((of, pattern))) => Code::Matches { of, pattern, otherwise: Box::new(whole) },
        (None, None) => whole,
    })
}

/// The arguments of a call under names, and the call with these names as its arguments.
fn placed(call: &CallExpr, names: &mut Names) -> (Vec<(String, Code)>, IdedExpr) {
    let given = call.target.iter().map(AsRef::as_ref).chain(&call.args);
    // Variables of rules cannot have such a name.
    let args: Vec<(String, Code)> = given
        .enumerate()
        .map(|(at, argument)| (format!("@{at}"), compile(argument, names)))
        .collect();
    let mut places =
        args.iter().map(|(name, _)| IdedExpr { id: 0, expr: Expr::Ident(name.clone()) });
    let target = call.target.as_ref().and_then(|_| places.next()).map(Box::new);
    let call = CallExpr { func_name: call.func_name.clone(), target, args: places.collect() };
    (args, IdedExpr { id: 0, expr: Expr::Call(call) })
}

/// For the two sides of `size(podsSelected(…)) > 0`, returns the call. Whether there is any pod is known without a list
/// of them.
fn any_pods<'e>(one: &'e IdedExpr, two: &IdedExpr) -> Option<(Selector, &'e CallExpr)> {
    let Expr::Literal(LiteralValue::Int(count)) = &two.expr else { return None };
    let Expr::Call(size) = &one.expr else { return None };
    match size.args.as_slice() {
        [of] if size.func_name == "size" && size.target.is_none() && *count.inner() == 0 => {
            let Expr::Call(call) = &of.expr else { return None };
            let given = usize::from(call.target.is_some()) + call.args.len();
            match Function::named(&call.func_name, given) {
                Some(Function::Pods(sort)) => Some((sort, call)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// For a call of `matches` with a literal pattern, returns the text that is matched and the pattern.
fn matched(native: Option<Function>, args: &[(String, Code)]) -> Option<(Box<Code>, Box<Pattern>)> {
    match (native, args) {
        (Some(Function::Matches), [(_, of), (_, Code::Text(pattern))]) => {
            Some((Box::new(of.clone()), Box::new(Pattern::new(pattern))))
        }
        _ => None,
    }
}

/// For a call of `grants` with literal lists, returns the rule of a role and the permissions.
fn wanted(
    native: Option<Function>,
    args: &[(String, Code)],
    names: &mut Names,
) -> Option<(Box<Code>, Box<Wanted>)> {
    let (Some(Function::Grants), [(_, of), (_, groups), (_, resources), (_, verbs)]) =
        (native, args)
    else {
        return None;
    };
    let mut texts = |list: &Code| lack::written_texts(list, names);
    let (groups, resources, verbs) = (texts(groups)?, texts(resources)?, texts(verbs)?);
    Some((Box::new(of.clone()), Box::new(Wanted { groups, resources, verbs })))
}

/// For `size(bytes(x))`, returns `x`.
fn measured(call: &CallExpr) -> Option<&IdedExpr> {
    let sole = |call: &'_ CallExpr, name: &str| {
        call.func_name == name && call.target.is_none() && call.args.len() == 1
    };
    let inner = call.args.first().filter(|_| sole(call, "size"))?;
    match &inner.expr {
        Expr::Call(inner) if sole(inner, "bytes") => inner.args.first(),
        _ => None,
    }
}

/// Compiles `size(bytes(x))` to a function that counts without a copy of the text, which CEL would make.
fn byte_size(of: &IdedExpr, names: &mut Names) -> Code {
    let place = "@0";
    let argument = IdedExpr { id: 0, expr: Expr::Ident(place.to_owned()) };
    let expression = Box::new(call_of("size", &[call_of("bytes", &[argument])]));
    let args = vec![(place.to_owned(), compile(of, names))];
    Code::Call { native: Some(Function::ByteSize), args, expression }
}

fn of_comprehension(of: &ComprehensionExpr, names: &mut Names) -> Option<Code> {
    if of.iter_var2.is_some() || !is_ident(&of.result, &of.accu_var) {
        return None;
    }
    let quantified = quantified(of);
    let collected = collected(of);
    if quantified.is_none() && collected.is_none() {
        return None;
    }
    let range = boxed(&of.iter_range, names);
    let outside = names.mark();
    let item = names.bind(&of.iter_var, Level::Item);
    names.note(item, lack::item_nature(&range, names));
    let code = match (quantified, collected) {
        (Some((junction, test)), _) => {
            let test = boxed(test, names);
            let narrow = Narrow::of(&test, item).filter(|_| junction == Junction::Or).map(Box::new);
            Code::Quantify { junction, range, narrow, item, test, keyed: None, sifted: None }
        }
        (None, collected) => {
            let (guard, value) = collected?;
            let guard = guard.map(|guard| boxed(guard, names));
            let narrow = guard.as_ref().and_then(|guard| Narrow::of(guard, item)).map(Box::new);
            let value = boxed(value, names);
            Code::Collect { range, narrow, item, guard, value, keyed: None, sifted: None }
        }
    };
    names.reset(outside);
    Some(code)
}

/// The test of `exists` or `all`, and how its values make one.
fn quantified(of: &ComprehensionExpr) -> Option<(Junction, &IdedExpr)> {
    let Expr::Call(step) = &of.loop_step.expr else {
        return None;
    };
    let junction = match step.func_name.as_str() {
        operators::LOGICAL_OR => Junction::Or,
        operators::LOGICAL_AND => Junction::And,
        _ => return None,
    };
    let begins = matches!(&of.accu_init.expr,
        Expr::Literal(LiteralValue::Boolean(value)) if *value.inner() != junction.settling());
    match step.args.as_slice() {
        [accu, test] if begins && is_ident(accu, &of.accu_var) => Some((junction, test)),
        _ => None,
    }
}

/// The guard and the value of `filter` or `map`.
fn collected(of: &ComprehensionExpr) -> Option<(Option<&IdedExpr>, &IdedExpr)> {
    let starts_empty = matches!(&of.accu_init.expr, Expr::List(list) if list.elements.is_empty());
    if !starts_empty || !matches!(of.loop_cond.expr, Expr::Literal(_)) {
        return None;
    }
    let Expr::Call(step) = &of.loop_step.expr else {
        return None;
    };
    match (step.func_name.as_str(), step.args.as_slice()) {
        (operators::CONDITIONAL, [guard, then, otherwise]) if is_ident(otherwise, &of.accu_var) => {
            Some((Some(guard), appended(then, &of.accu_var)?))
        }
        _ => Some((None, appended(&of.loop_step, &of.accu_var)?)),
    }
}

/// For `accu + [x]`, returns `x`.
fn appended<'e>(step: &'e IdedExpr, accu: &str) -> Option<&'e IdedExpr> {
    let Expr::Call(call) = &step.expr else {
        return None;
    };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::ADD, [one, two]) if is_ident(one, accu) => match &two.expr {
            Expr::List(list) if list.optional_indices.is_empty() => {
                match list.elements.as_slice() {
                    [item] => Some(item),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_ident(expression: &IdedExpr, name: &str) -> bool {
    matches!(&expression.expr, Expr::Ident(ident) if ident == name)
}

/// True for `a` and `a.b` if `a` is not a variable, but the name of a type or of a function's namespace.
pub(super) fn is_namespace(expression: &IdedExpr, names: &Names) -> bool {
    match &expression.expr {
        Expr::Ident(name) => names.slot(name).is_none(),
        Expr::Select(select) if !select.test => is_namespace(&select.operand, names),
        _ => false,
    }
}

/// Leaves an expression to CEL, with every variable that it uses.
pub(super) fn foreign(expression: &IdedExpr, names: &Names) -> Code {
    let mut variables = Vec::new();
    let mut open = vec![expression];
    while let Some(part) = open.pop() {
        match &part.expr {
            Expr::Ident(name) => {
                let known = variables.iter().any(|(known, _)| known == name);
                if let Some(slot) = names.slot(name).filter(|_| !known) {
                    variables.push((name.clone(), slot));
                }
            }
            Expr::Select(select) => open.push(&select.operand),
            Expr::Call(call) => {
                open.extend(call.target.as_deref());
                open.extend(&call.args);
            }
            Expr::List(list) => open.extend(&list.elements),
            Expr::Map(map) => {
                open.extend(map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)));
            }
            Expr::Struct(of) => {
                open.extend(of.entries.iter().flat_map(|entry| entry_parts(&entry.expr)));
            }
            Expr::Comprehension(of) => open.extend([
                &of.iter_range,
                &of.accu_init,
                &of.loop_cond,
                &of.loop_step,
                &of.result,
            ]),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }
    Code::Foreign { variables, expression: Box::new(expression.clone()) }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
