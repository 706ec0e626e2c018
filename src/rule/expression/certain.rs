//! Finds out which expressions have a value on every object. The others may fail with an error, which is counted.

use super::call::Function;
use super::code::{Code, Comparison};
use super::names::{Names, Nature, Slot};
use crate::rule::need::Need;
use crate::yaml::Kind;

/// The expression has a value on every object that does not meet this need; `None` if that is not known.
pub(super) fn certain(code: &Code, names: &mut Names) -> Option<Need> {
    match code {
        Code::Variable(slot) => match names.nature(*slot).clone() {
            Nature::Open => None,
            Nature::Value { certain, .. } => certain,
            Nature::Given | Nature::Mappings | Nature::Mapping | Nature::Node { .. } => {
                names.assume(*slot);
                Some(Need::NEVER)
            }
        },
        Code::OrValue(of, default) => {
            Some(certain_optional(of, names)?.or(certain(default, names)?))
        }
        Code::Select(of, field) => match **of {
            // Every object has these fields, and every rule has a value for all of its parameters.
            Code::Variable(Slot::OBJECT) if ["kind", "apiVersion"].contains(&&**field) => {
                Some(Need::NEVER)
            }
            Code::Variable(Slot::PARAMS) => Some(Need::NEVER),
            _ => None,
        },
        Code::Call { native: Some(Function::Text), args, .. } => match args.as_slice() {
            [(_, of)] => scalar(of, names),
            _ => None,
        },
        code if code.is_literal() => Some(Need::NEVER),
        code => decided(code, names),
    }
}

/// The expression is true or false on every object that does not meet this need; `None` if that is not known.
pub(super) fn decided(code: &Code, names: &mut Names) -> Option<Need> {
    match code {
        Code::Bool(_) => Some(Need::NEVER),
        Code::Variable(slot) => match names.nature(*slot) {
            Nature::Value { decided, .. } => decided.clone(),
            _ => None,
        },
        Code::Has(of, _) => mapping(of, names),
        Code::HasValue(of) => certain_optional(of, names),
        Code::Not(of) => decided(of, names),
        Code::Connect(_, one, two) => Some(decided(one, names)?.or(decided(two, names)?)),
        Code::Compare(Comparison::Equal | Comparison::NotEqual, one, two) => {
            Some(certain(one, names)?.or(certain(two, names)?))
        }
        Code::Among(of, _) => certain(of, names),
        Code::Call { native: Some(native), args, .. } => match (native, args.as_slice()) {
            (
                Function::Contains | Function::StartsWith | Function::EndsWith,
                [(_, of), (_, Code::Text(_))],
            ) => text(of, names),
            _ => None,
        },
        _ => None,
    }
}

/// An optional can be evaluated on every object that does not meet this need; `None` if that is not known.
pub(super) fn certain_optional(code: &Code, names: &mut Names) -> Option<Need> {
    match code {
        Code::TrySelect(of, _) => certain_optional(of, names).or_else(|| certain(of, names)),
        Code::TryIndex(of, index) if matches!(**index, Code::Text(_)) => {
            certain_optional(of, names).or_else(|| certain(of, names))
        }
        Code::OrElse(one, two) => {
            Some(certain_optional(one, names)?.or(certain_optional(two, names)?))
        }
        _ => None,
    }
}

/// The expression is a mapping in the object unless the object meets this need; `None` if that is not known.
pub(super) fn mapping(code: &Code, names: &mut Names) -> Option<Need> {
    let Code::Variable(slot) = code else { return None };
    let unless = match names.nature(*slot).clone() {
        Nature::Mapping => Need::NEVER,
        Nature::Node { mapping, .. } => mapping?,
        _ => return None,
    };
    names.assume(*slot);
    Some(unless)
}

/// The expression is a scalar unless the object meets this need; `None` if that is not known.
fn scalar(code: &Code, names: &mut Names) -> Option<Need> {
    match code {
        Code::Text(_) | Code::Variable(Slot::NAME) => Some(Need::NEVER),
        Code::Variable(slot) => match names.nature(*slot) {
            Nature::Node { scalar, .. } => scalar.clone(),
            _ => None,
        },
        Code::OrValue(of, default) => {
            let field = match (&**of, &**default) {
                (Code::TrySelect(_, field), Code::Text(_)) => &**field,
                (Code::TryIndex(_, index), Code::Text(_)) => match &**index {
                    Code::Text(field) => field.as_str(),
                    _ => return None,
                },
                _ => return None,
            };
            Some(certain_optional(of, names)?.or(Need::other(field, Kind::Scalar, false)))
        }
        _ => None,
    }
}

/// The expression is a text unless the object meets this need; `None` if that is not known.
pub(super) fn text(code: &Code, names: &mut Names) -> Option<Need> {
    match code {
        Code::Text(_) | Code::Variable(Slot::NAME) => Some(Need::NEVER),
        Code::Variable(slot) => match names.nature(*slot) {
            Nature::Node { text, .. } => text.clone(),
            _ => None,
        },
        Code::Call { native: Some(Function::Text), .. } => certain(code, names),
        _ => None,
    }
}
