//! How deep expressions nest. Everything that walks over an expression calls itself for each of its parts, so one that
//! nests thousands deep, such as a long chain of fields, would exhaust the stack.

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr};

use super::fault::Fault;

/// The longest expression, in bytes.
const LONGEST: usize = 16 * 1024;

/// How deep the parts of an expression may nest. CEL's parsers refuse brackets that nest deeper than 96, but not chains of
/// fields or operators.
const DEEPEST: usize = 400;

/// Refuses a text that is too long for an expression.
///
/// # Errors
/// If it is.
pub(super) fn check_length(source: &str) -> Result<(), Fault> {
    match source.len() <= LONGEST {
        true => Ok(()),
        false => Err(too_large(&format!("is {} bytes long; {LONGEST} are allowed", source.len()))),
    }
}

/// Returns an expression that does not nest too deep.
///
/// # Errors
/// If it does.
pub(super) fn check(expression: IdedExpr) -> Result<IdedExpr, Fault> {
    let mut level = vec![&expression];
    for _ in 0..DEEPEST {
        if level.is_empty() {
            return Ok(expression);
        }
        level = level.into_iter().flat_map(|one| parts(&one.expr)).collect();
    }
    drop(level);
    dismantle(expression);
    Err(too_large(&format!("has more than {DEEPEST} steps, one inside or after the other")))
}

fn too_large(what: &str) -> Fault {
    Fault {
        message: format!("this expression {what}"),
        help: Some("give parts of it names under `let`".to_owned()),
        word: None,
    }
}

fn parts(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Select(select) => vec![&*select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(of_entry).collect(),
        Expr::Struct(of) => of.entries.iter().flat_map(of_entry).collect(),
        Expr::Comprehension(of) => {
            vec![&of.iter_range, &of.accu_init, &of.loop_cond, &of.loop_step, &of.result]
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Vec::new(),
    }
}

fn of_entry(entry: &IdedEntryExpr) -> Vec<&IdedExpr> {
    match &entry.expr {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// Frees an expression part by part: the compiler's own way calls itself for each level.
fn dismantle(expression: IdedExpr) {
    let mut left = vec![expression.expr];
    while let Some(expression) = left.pop() {
        match expression {
            Expr::Call(call) => {
                left.extend(call.target.map(|target| target.expr));
                left.extend(call.args.into_iter().map(|argument| argument.expr));
            }
            Expr::Select(select) => left.push(select.operand.expr),
            Expr::List(list) => left.extend(list.elements.into_iter().map(|item| item.expr)),
            Expr::Map(map) => map.entries.into_iter().for_each(|entry| take(entry.expr, &mut left)),
            Expr::Struct(of) => {
                of.entries.into_iter().for_each(|entry| take(entry.expr, &mut left));
            }
            Expr::Comprehension(of) => {
                let of = *of;
                let all = [of.iter_range, of.accu_init, of.loop_cond, of.loop_step, of.result];
                left.extend(all.map(|part| part.expr));
            }
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
    }
}

fn take(entry: EntryExpr, left: &mut Vec<Expr>) {
    match entry {
        EntryExpr::StructField(field) => left.push(field.value.expr),
        EntryExpr::MapEntry(entry) => left.extend([entry.key.expr, entry.value.expr]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn a_chain_of_any_length_is_refused_without_a_crash() {
        for (first, step) in [("object", ".a"), ("1", "+1"), ("object", "[0]")] {
            let chain = |steps: usize| format!("{first}{}", step.repeat(steps));
            check(parse(&chain(50)).expect(step)).expect(step);
            for steps in [1_000, 4_000] {
                let refused = parse(&chain(steps)).map(|parsed| check(parsed).is_err());
                assert_ne!(refused, Ok(false), "{steps} times {step}");
            }
        }
        // CEL makes a balanced tree of these.
        check(parse(&format!("true{}", "&&!x".repeat(1_000))).expect("CEL")).expect("flat");
        assert!(check_length(&"a".repeat(LONGEST)).is_ok());
        assert!(check_length(&"a".repeat(LONGEST + 1)).is_err());
    }
}
