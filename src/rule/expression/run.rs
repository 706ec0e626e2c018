//! Runs compiled expressions, with the outcomes CEL specifies: `&&`, `||`, `all` and `exists` look
//! past a part that cannot be evaluated when another settles the matter.

use std::cmp::Ordering;
use std::rc::Rc;

use cel::Value;
use cel::common::ast::IdedExpr;

use super::call::Function;
use super::code::{Code, Operator};
use super::datum::{Datum, Member};
use super::items::Items;
use super::narrow::Narrow;
use super::{Frame, NoValue, Slot, share};

type Outcome<'n> = Result<Datum<'n>, NoValue>;

pub(super) fn run<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Outcome<'n> {
    Ok(match code {
        Code::Null => Datum::Null,
        Code::Bool(value) => Datum::Bool(*value),
        Code::Int(value) => Datum::Int(*value),
        Code::Uint(value) => Datum::Uint(*value),
        Code::Double(value) => Datum::Double(*value),
        Code::Text(text) => Datum::Text(text),
        Code::Variable(slot) => frame.get(*slot)?,
        Code::Select(of, field) => select(run(of, frame)?, field)?,
        Code::Has(of, field) => Datum::Bool(has(run(of, frame)?, field)?),
        Code::TrySelect(..) | Code::TryIndex(..) => {
            Datum::Optional(optional(code, frame)?.map(Rc::new))
        }
        Code::Index(of, index) => {
            let (of, index) = (run(of, frame)?, run(index, frame)?);
            match of {
                Datum::Optional(of) => {
                    let member = of.map_or(Member::Missing, |of| of.index(&index));
                    Datum::Optional(attempt(member).map(Rc::new))
                }
                of => found(of.index(&index))?,
            }
        }
        Code::OrValue(of, default) if default.is_literal() => match optional(of, frame)? {
            Some(value) => value,
            None => run(default, frame)?,
        },
        Code::OrValue(of, default) => {
            let default = run(default, frame)?;
            optional(of, frame)?.unwrap_or(default)
        }
        Code::OrElse(of, other) => {
            let other = optional(other, frame)?;
            Datum::Optional(optional(of, frame)?.or(other).map(Rc::new))
        }
        Code::HasValue(of) => Datum::Bool(optional(of, frame)?.is_some()),
        Code::Connect(settles, one, two) => Datum::Bool(connect(*settles, one, two, frame)?),
        Code::Not(of) => Datum::Bool(!truth(run(of, frame))?),
        Code::Choose(test, yes, no) => {
            let chosen = if truth(run(test, frame))? { yes } else { no };
            run(chosen, frame)?
        }
        Code::Binary(operator, one, two) => {
            let (one, two) = (run(one, frame)?, run(two, frame)?);
            binary(*operator, &one, &two, frame)?
        }
        Code::List(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| run(item, frame)).collect();
            Datum::List(items?.into())
        }
        Code::Record(entries) => {
            let entry = |(key, value): &'n (String, Code)| Ok((key.into(), run(value, frame)?));
            let entries: Result<Vec<_>, _> = entries.iter().map(entry).collect();
            Datum::Record(entries?.into())
        }
        Code::Among(of, texts) => {
            let of = run(of, frame)?;
            Datum::Bool(match of.as_text() {
                Some(text) => texts.iter().any(|one| one == text),
                None => texts.iter().any(|one| Datum::Text(one).equals(&of)),
            })
        }
        Code::Quantify { settles, range, narrow, item, test } => {
            let range = items(range, narrow.as_ref(), frame)?;
            Datum::Bool(quantify(*settles, range, *item, test, frame)?)
        }
        Code::Collect { range, narrow, item, guard, value } => {
            let range = items(range, narrow.as_ref(), frame)?;
            collect(range, *item, guard.as_deref(), value, frame)?
        }
        Code::TypeIs { of, name, fits, otherwise } => match run(of, frame)?.type_name() {
            Some(own) => Datum::Bool((own == name) == *fits),
            None => run(otherwise, frame)?,
        },
        Code::Call { native, args, expression } => match args.as_slice() {
            [(_, one)] => {
                let values = [run(one, frame)?];
                call(*native, args, &values, expression, frame)?
            }
            [(_, one), (_, two)] => {
                let values = [run(one, frame)?, run(two, frame)?];
                call(*native, args, &values, expression, frame)?
            }
            _ => {
                let values: Result<Vec<_>, _> =
                    args.iter().map(|(_, arg)| run(arg, frame)).collect();
                call(*native, args, &values?, expression, frame)?
            }
        },
        Code::Foreign { variables, expression } => {
            let values = variables
                .iter()
                .filter_map(|(name, slot)| Some((name.as_str(), frame.get(*slot).ok()?)));
            let values: Vec<_> = values.collect();
            by_cel(expression, values.iter().map(|(name, value)| (*name, value)), frame)?
        }
        Code::Shared(of) => share::recall(of, frame)?,
    })
}

pub(super) fn truth(outcome: Outcome<'_>) -> Result<bool, NoValue> {
    match outcome? {
        Datum::Bool(value) => Ok(value),
        _ => Err(NoValue),
    }
}

fn found(member: Member<'_>) -> Outcome<'_> {
    match member {
        Member::Found(value) => Ok(value),
        Member::Missing | Member::Wrong | Member::None => Err(NoValue),
    }
}

/// `of.field`; of an optional it is an optional again.
fn select<'n>(of: Datum<'n>, field: &str) -> Outcome<'n> {
    match of {
        Datum::Optional(None) => Ok(of),
        Datum::Optional(Some(inner)) => match inner.member(field) {
            Member::Found(value) => Ok(Datum::Optional(Some(Rc::new(value)))),
            Member::Missing | Member::Wrong => Ok(Datum::Optional(None)),
            Member::None => Err(NoValue),
        },
        of => found(of.member(field)),
    }
}

fn has(of: Datum<'_>, field: &str) -> Result<bool, NoValue> {
    match of {
        Datum::Optional(None) => Ok(false),
        Datum::Optional(Some(inner)) => match inner.member(field) {
            Member::Found(_) => Ok(true),
            Member::Missing | Member::Wrong => Ok(false),
            Member::None => Err(NoValue),
        },
        of => match of.member(field) {
            Member::Found(_) => Ok(true),
            Member::Missing => Ok(false),
            Member::Wrong | Member::None => Err(NoValue),
        },
    }
}

/// Evaluates to an optional. Within a chain of `.?` none is ever made.
fn optional<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Result<Option<Datum<'n>>, NoValue> {
    match code {
        Code::TrySelect(of, field) => {
            Ok(seen_through(of, frame)?.and_then(|of| attempt(of.member(field))))
        }
        Code::TryIndex(of, index) => {
            let (of, index) = (seen_through(of, frame)?, run(index, frame)?);
            Ok(of.and_then(|of| attempt(of.index(&index))))
        }
        _ => match run(code, frame)? {
            Datum::Optional(value) => Ok(value.map(Rc::unwrap_or_clone)),
            _ => Err(NoValue),
        },
    }
}

/// Evaluates to what an optional holds, or to what is no optional.
fn seen_through<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Result<Option<Datum<'n>>, NoValue> {
    match code {
        Code::TrySelect(..) | Code::TryIndex(..) => optional(code, frame),
        _ => Ok(match run(code, frame)? {
            Datum::Optional(value) => value.map(Rc::unwrap_or_clone),
            value => Some(value),
        }),
    }
}

fn attempt(member: Member<'_>) -> Option<Datum<'_>> {
    match member {
        Member::Found(value) => Some(value),
        Member::Missing | Member::Wrong | Member::None => None,
    }
}

fn connect<'n>(
    settles: bool,
    one: &'n Code,
    two: &'n Code,
    frame: &mut Frame<'n>,
) -> Result<bool, NoValue> {
    let first = truth(run(one, frame));
    if first == Ok(settles) {
        return Ok(settles);
    }
    let second = truth(run(two, frame))?;
    if second == settles { Ok(settles) } else { first }
}

fn binary<'n>(
    operator: Operator,
    one: &Datum<'n>,
    two: &Datum<'n>,
    frame: &Frame<'n>,
) -> Outcome<'n> {
    match operator {
        Operator::Add | Operator::Subtract | Operator::Multiply => {
            compute(operator, one, two, frame)
        }
        comparison => compared(comparison, one, two).map(Datum::Bool),
    }
}

/// What a comparison of two values gives.
///
/// # Errors
/// Where the two cannot be compared so, or the operator is no comparison.
pub(super) fn compared<'n>(
    operator: Operator,
    one: &Datum<'n>,
    two: &Datum<'n>,
) -> Result<bool, NoValue> {
    let ordered = |fits: fn(Ordering) -> bool| one.compare(two).map(fits);
    match operator {
        Operator::Equal => Ok(one.equals(two)),
        Operator::NotEqual => Ok(!one.equals(two)),
        Operator::Less => ordered(Ordering::is_lt),
        Operator::AtMost => ordered(Ordering::is_le),
        Operator::More => ordered(Ordering::is_gt),
        Operator::AtLeast => ordered(Ordering::is_ge),
        Operator::In => two.contains(one),
        Operator::Add | Operator::Subtract | Operator::Multiply => Err(NoValue),
    }
}

fn compute<'n>(
    operator: Operator,
    one: &Datum<'n>,
    two: &Datum<'n>,
    frame: &Frame<'n>,
) -> Outcome<'n> {
    match (operator, one, two) {
        (Operator::Add, Datum::List(one), Datum::List(two)) => {
            return Ok(Datum::List(one.iter().chain(two.iter()).cloned().collect()));
        }
        (_, Datum::Int(one), Datum::Int(two)) => {
            let computed = match operator {
                Operator::Subtract => one.checked_sub(*two),
                Operator::Multiply => one.checked_mul(*two),
                _ => one.checked_add(*two),
            };
            return computed.map(Datum::Int).ok_or(NoValue);
        }
        (_, Datum::Double(one), Datum::Double(two)) => {
            return Ok(Datum::Double(match operator {
                Operator::Subtract => one - two,
                Operator::Multiply => one * two,
                _ => one + two,
            }));
        }
        (Operator::Add, one, two) => {
            if let (Some(one), Some(two)) = (one.as_text(), two.as_text()) {
                return Ok(Datum::Made([one, two].concat().into()));
            }
        }
        _ => {}
    }
    let (one, two) = (one.to_val(), two.to_val());
    let computed = match operator {
        Operator::Subtract => one.as_subtractor().ok_or(NoValue)?.sub(two.as_ref()),
        Operator::Multiply => one.as_multiplier().ok_or(NoValue)?.mul(two.as_ref()),
        _ => one.as_adder().ok_or(NoValue)?.add(two.as_ref()),
    };
    computed.map(|value| frame.taken(value.as_ref())).map_err(|_| NoValue)
}

/// What a comprehension goes over.
fn items<'n>(
    range: &'n Code,
    narrow: Option<&'n Narrow>,
    frame: &mut Frame<'n>,
) -> Result<Items<'n>, NoValue> {
    match (run(range, frame)?, narrow) {
        (Datum::Objects(list), Some(narrow)) => Ok(narrow.items(list, frame)),
        (range, _) => range.items(),
    }
}

/// `all` or `exists`: what an item gives that settles the matter goes before one that gives nothing.
fn quantify<'n>(
    settles: bool,
    range: Items<'n>,
    item: Slot,
    test: &'n Code,
    frame: &mut Frame<'n>,
) -> Result<bool, NoValue> {
    let mut outcome = Ok(!settles);
    for value in range {
        frame.step()?;
        frame.set(item, value);
        match truth(run(test, frame)) {
            Ok(value) if value == settles => return Ok(settles),
            Ok(_) => {}
            Err(NoValue) => outcome = Err(NoValue),
        }
    }
    outcome
}

/// `filter` and `map`.
fn collect<'n>(
    range: Items<'n>,
    item: Slot,
    guard: Option<&'n Code>,
    value: &'n Code,
    frame: &mut Frame<'n>,
) -> Outcome<'n> {
    let mut collected = Vec::new();
    for each in range {
        frame.step()?;
        frame.set(item, each);
        let wanted = match guard {
            Some(guard) => truth(run(guard, frame))?,
            None => true,
        };
        if wanted {
            collected.push(run(value, frame)?);
        }
    }
    Ok(Datum::List(collected.into()))
}

/// Calls a function, where CEL has to by `expression`.
fn call<'n>(
    native: Option<Function>,
    args: &'n [(String, Code)],
    values: &[Datum<'n>],
    expression: &IdedExpr,
    frame: &Frame<'n>,
) -> Outcome<'n> {
    native.and_then(|native| native.call(values)).unwrap_or_else(|| {
        by_cel(expression, args.iter().map(|(name, _)| name.as_str()).zip(values), frame)
    })
}

/// Has CEL evaluate an expression over some values.
fn by_cel<'n, 'v>(
    expression: &IdedExpr,
    values: impl Iterator<Item = (&'v str, &'v Datum<'n>)>,
    frame: &Frame<'n>,
) -> Outcome<'n>
where
    'n: 'v,
{
    let mut context = frame.cel.new_inner_scope();
    for (name, value) in values {
        context.add_variable_as_val(name, value.to_val());
    }
    let value = Value::resolve_val(expression, &context).map_err(|_| NoValue)?;
    Ok(frame.taken(value.as_ref()))
}
