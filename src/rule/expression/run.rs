//! Evaluates compiled expressions as CEL specifies: `&&`, `||`, `all` and `exists` ignore a part that cannot be
//! evaluated if another part settles the result.

mod member;

use std::cmp::Ordering;
use std::rc::Rc;

use cel::Value;
use cel::common::ast::IdedExpr;

use super::call::Function;
use super::code::{Arithmetic, Code, Comparison, Junction};
use super::datum::{Datum, Member};
use super::items::Items;
use super::keyed::Keyed;
use super::narrow::Narrow;
use super::share::Sifted;
use super::{Frame, NoValue, Slot, share};
use crate::yaml::Kind;
use member::{Holder, attempt, found, has_within, holder, optional, select};

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
        Code::Select(of, field) => match holder(of, frame)? {
            Holder::Node(document, node) => found(Datum::present(document, node.get_named(field)))?,
            Holder::Value(of) => select(of, field)?,
        },
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
        Code::Choose(test, yes, no) => {
            let chosen = if holds(test, frame)? { yes } else { no };
            run(chosen, frame)?
        }
        Code::Compute(operator, one, two) => {
            let (one, two) = (run(one, frame)?, run(two, frame)?);
            compute(*operator, &one, &two, frame)?
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
        Code::Collect { range, narrow, item, guard, value, keyed, sifted } => {
            let (range, guard) = match sifted_items(sifted.as_deref(), frame) {
                Some((range, rest)) => (range, Some(rest)),
                None => {
                    let range = items(range, narrow.as_deref(), keyed.as_deref(), frame)?;
                    (range, guard.as_deref())
                }
            };
            collect(range, *item, guard, value, frame)?
        }
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
        Code::Shared(by, of) => share::recall(*by, of, frame)?,
        Code::Has(..)
        | Code::HasValue(_)
        | Code::Connect(..)
        | Code::Not(_)
        | Code::Compare(..)
        | Code::Among(..)
        | Code::Quantify { .. }
        | Code::TypeIs { .. }
        | Code::Grants { .. }
        | Code::Matches { .. } => Datum::Bool(holds(code, frame)?),
    })
}

/// Evaluates an expression to a boolean. Expressions that are always boolean do not create a value on the way.
pub(super) fn holds<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Result<bool, NoValue> {
    match code {
        Code::Has(of, field) => match holder(of, frame)? {
            Holder::Node(_, node) if node.kind() == Kind::Scalar => Err(NoValue),
            Holder::Node(_, node) => {
                Ok(node.get_named(field).is_some_and(|value| !value.is_null()))
            }
            Holder::Value(of) => has_within(of, field),
        },
        Code::HasValue(of) => Ok(optional(of, frame)?.is_some()),
        Code::Connect(junction, one, two) => connect(*junction, one, two, frame),
        Code::Not(of) => Ok(!holds(of, frame)?),
        Code::Compare(operator, of, two)
            if let (Comparison::Equal | Comparison::NotEqual, Code::Text(text)) =
                (operator, &**two) =>
        {
            let of = run(of, frame)?;
            Ok(is_text(&of, text) == (*operator == Comparison::Equal))
        }
        Code::Compare(operator, one, two) => {
            let (one, two) = (run(one, frame)?, run(two, frame)?);
            compared(*operator, &one, &two)
        }
        Code::Among(of, texts) => {
            let of = run(of, frame)?;
            Ok(texts.iter().any(|text| is_text(&of, text)))
        }
        Code::Quantify { junction, range, narrow, item, test, keyed, sifted } => {
            let (range, test) = match sifted_items(sifted.as_deref(), frame) {
                Some((range, rest)) => (range, rest),
                None => (items(range, narrow.as_deref(), keyed.as_deref(), frame)?, &**test),
            };
            quantify(*junction, range, *item, test, frame)
        }
        Code::TypeIs { of, name, fits, otherwise } => match run(of, frame)?.type_name() {
            Some(own) => Ok((own == name) == *fits),
            None => truth(run(otherwise, frame)),
        },
        Code::Grants { of, wanted, otherwise } => match holder(of, frame)? {
            Holder::Node(_, node) if node.kind() != Kind::Scalar => Ok(wanted.is_granted_by(node)),
            _ => truth(run(otherwise, frame)),
        },
        Code::Matches { of, pattern, otherwise } => {
            let found = run(of, frame)?.as_text().and_then(|text| pattern.is_match(text));
            found.map_or_else(|| truth(run(otherwise, frame)), Ok)
        }
        code => truth(run(code, frame)),
    }
}

/// Whether a value equals a text.
fn is_text(value: &Datum<'_>, text: &str) -> bool {
    match value.as_text() {
        Some(own) => own == text,
        None => Datum::Text(text).equals(value),
    }
}

/// The boolean in an outcome.
pub(super) fn truth(outcome: Outcome<'_>) -> Result<bool, NoValue> {
    match outcome? {
        Datum::Bool(value) => Ok(value),
        _ => Err(NoValue),
    }
}

fn connect<'n>(
    junction: Junction,
    one: &'n Code,
    two: &'n Code,
    frame: &mut Frame<'n>,
) -> Result<bool, NoValue> {
    let settles = junction.settling();
    let first = holds(one, frame);
    if first == Ok(settles) {
        return Ok(settles);
    }
    let second = holds(two, frame)?;
    if second == settles { Ok(settles) } else { first }
}

/// The result of a comparison.
///
/// # Errors
/// If the two values cannot be compared by this operator.
pub(super) fn compared<'n>(
    operator: Comparison,
    one: &Datum<'n>,
    two: &Datum<'n>,
) -> Result<bool, NoValue> {
    let ordered = |fits: fn(Ordering) -> bool| one.compare(two).map(fits);
    match operator {
        Comparison::Equal => Ok(one.equals(two)),
        Comparison::NotEqual => Ok(!one.equals(two)),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::AtMost => ordered(Ordering::is_le),
        Comparison::More => ordered(Ordering::is_gt),
        Comparison::AtLeast => ordered(Ordering::is_ge),
        Comparison::In => two.contains(one),
    }
}

fn compute<'n>(
    operator: Arithmetic,
    one: &Datum<'n>,
    two: &Datum<'n>,
    frame: &Frame<'n>,
) -> Outcome<'n> {
    match (operator, one, two) {
        (Arithmetic::Add, Datum::List(one), Datum::List(two)) => {
            return Ok(Datum::List(one.iter().chain(two.iter()).cloned().collect()));
        }
        (_, Datum::Int(one), Datum::Int(two)) => {
            let computed = match operator {
                Arithmetic::Subtract => one.checked_sub(*two),
                Arithmetic::Multiply => one.checked_mul(*two),
                Arithmetic::Add => one.checked_add(*two),
            };
            return computed.map(Datum::Int).ok_or(NoValue);
        }
        (_, Datum::Double(one), Datum::Double(two)) => {
            return Ok(Datum::Double(match operator {
                Arithmetic::Subtract => one - two,
                Arithmetic::Multiply => one * two,
                Arithmetic::Add => one + two,
            }));
        }
        (Arithmetic::Add, one, two) => {
            if let (Some(one), Some(two)) = (one.as_text(), two.as_text()) {
                return Ok(Datum::Made([one, two].concat().into()));
            }
        }
        _ => {}
    }
    let (one, two) = (one.to_val(), two.to_val());
    let computed = match operator {
        Arithmetic::Subtract => one.as_subtractor().ok_or(NoValue)?.sub(two.as_ref()),
        Arithmetic::Multiply => one.as_multiplier().ok_or(NoValue)?.mul(two.as_ref()),
        Arithmetic::Add => one.as_adder().ok_or(NoValue)?.add(two.as_ref()),
    };
    computed.map(|value| frame.taken(value.as_ref())).map_err(|_| NoValue)
}

/// The items that a comprehension visits.
fn items<'n>(
    range: &'n Code,
    narrow: Option<&'n Narrow>,
    keyed: Option<&'n Keyed>,
    frame: &mut Frame<'n>,
) -> Result<Items<'n>, NoValue> {
    let range = run(range, frame)?;
    let narrow = match &range {
        Datum::Objects(list) => narrow.map(|narrow| (narrow, *list)),
        _ => None,
    };
    let is_found = narrow.is_some_and(|(narrow, _)| narrow.by.is_some());
    let keyed = keyed.filter(|_| !is_found).and_then(|keyed| keyed.items(&range, frame));
    match (keyed, narrow) {
        (Some(items), _) => Ok(items),
        (None, Some((narrow, list))) => Ok(narrow.items(list, frame)),
        (None, None) => range.items(),
    }
}

/// The items that were sifted before, and the rest of the test; `None` if the sifting had no value.
fn sifted_items<'n>(
    sifted: Option<&'n Sifted>,
    frame: &mut Frame<'n>,
) -> Option<(Items<'n>, &'n Code)> {
    let Sifted { by, list, rest, keyed } = sifted?;
    let list = share::recall(*by, list, frame).ok()?;
    let found = keyed.as_ref().and_then(|keyed| keyed.items(&list, frame));
    let found = found.map_or_else(|| list.items(), Ok).ok()?;
    Some((found, rest))
}

/// `all` or `exists`: an item that settles the result takes precedence over one that cannot be evaluated.
fn quantify<'n>(
    junction: Junction,
    range: Items<'n>,
    item: Slot,
    test: &'n Code,
    frame: &mut Frame<'n>,
) -> Result<bool, NoValue> {
    let settles = junction.settling();
    let mut outcome = Ok(!settles);
    for value in range {
        frame.step()?;
        frame.set(item, value);
        match holds(test, frame) {
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
            Some(guard) => holds(guard, frame)?,
            None => true,
        };
        if wanted {
            collected.push(run(value, frame)?);
        }
    }
    Ok(Datum::List(collected.into()))
}

/// Calls a function natively if it can be, and else by CEL's evaluation of `expression`.
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

/// Lets CEL evaluate an expression with some values.
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
