//! Lookup of members: in what they are looked up, and the result if they are missing or cannot be looked up.

use std::rc::Rc;
use std::sync::Arc;

use super::{Outcome, run};
use crate::rule::expression::code::Code;
use crate::rule::expression::datum::{Datum, Member};
use crate::rule::expression::{Frame, NoValue};
use crate::yaml::{Document, Name, Node};

/// A value in which a member is looked up.
pub(super) enum Holder<'n> {
    /// A node, so that a chain of members only creates a value for the last one. It may be a scalar, which has no
    /// members.
    Node(&'n Arc<Document>, Node<'n>),
    Value(Datum<'n>),
}

impl<'n> Holder<'n> {
    fn of(value: Datum<'n>) -> Self {
        match value {
            Datum::Node(document, node) => Self::Node(document, node),
            value => Self::Value(value),
        }
    }

    /// The member with a name, if there is one.
    fn member(&self, field: &Name) -> Option<Datum<'n>> {
        attempt(match self {
            Self::Node(document, node) => Datum::present(document, node.get_named(field)),
            Self::Value(of) => of.member(field),
        })
    }

    fn index(&self, index: &Datum<'n>) -> Member<'n> {
        match self {
            Self::Node(document, node) => Datum::of(document, *node).index(index),
            Self::Value(of) => of.index(index),
        }
    }

    /// The member with a name, as a holder for the lookup of a further member in it.
    fn holder(&self, field: &Name) -> Option<Self> {
        match self {
            Self::Node(document, node) => {
                let member = node.get_named(field).filter(|member| !member.is_null());
                member.map(|member| Self::Node(document, member))
            }
            Self::Value(_) => self.member(field).map(Self::of),
        }
    }
}

/// Evaluates an expression in which a member is looked up.
pub(super) fn holder<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Result<Holder<'n>, NoValue> {
    match code {
        Code::Variable(slot) => match frame.known(*slot) {
            Some(Datum::Node(document, node)) => Ok(Holder::Node(document, *node)),
            _ => frame.get(*slot).map(Holder::of),
        },
        Code::Select(of, field) => match holder(of, frame)? {
            Holder::Value(of) => select(of, field).map(Holder::of),
            of @ Holder::Node(..) => of.holder(field).ok_or(NoValue),
        },
        _ => run(code, frame).map(Holder::of),
    }
}

pub(super) fn found(member: Member<'_>) -> Outcome<'_> {
    match member {
        Member::Found(value) => Ok(value),
        Member::Missing | Member::Wrong | Member::None => Err(NoValue),
    }
}

/// `of.field`; if `of` is an optional, the result is one, too.
pub(super) fn select<'n>(of: Datum<'n>, field: &str) -> Outcome<'n> {
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

fn has(member: &Member<'_>) -> Result<bool, NoValue> {
    match member {
        Member::Found(_) => Ok(true),
        Member::Missing => Ok(false),
        Member::Wrong | Member::None => Err(NoValue),
    }
}

/// `has(of.field)`, in which `of` may be an optional.
pub(super) fn has_within(of: Datum<'_>, field: &str) -> Result<bool, NoValue> {
    match of {
        Datum::Optional(None) => Ok(false),
        Datum::Optional(Some(inner)) => match inner.member(field) {
            Member::Wrong => Ok(false),
            member => has(&member),
        },
        of => has(&of.member(field)),
    }
}

/// Evaluates an expression to an optional. A chain of `.?` does not create any on the way.
pub(super) fn optional<'n>(
    code: &'n Code,
    frame: &mut Frame<'n>,
) -> Result<Option<Datum<'n>>, NoValue> {
    match code {
        Code::TrySelect(of, field) => Ok(seen_through(of, frame)?.and_then(|of| of.member(field))),
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

/// Evaluates an expression in which a member is looked up; if it is an optional, the value in that.
fn seen_through<'n>(code: &'n Code, frame: &mut Frame<'n>) -> Result<Option<Holder<'n>>, NoValue> {
    Ok(match code {
        Code::TrySelect(of, field) => seen_through(of, frame)?.and_then(|of| of.holder(field)),
        Code::TryIndex(..) => optional(code, frame)?.map(Holder::of),
        _ => match holder(code, frame)? {
            Holder::Value(Datum::Optional(value)) => {
                value.map(|value| Holder::of(Rc::unwrap_or_clone(value)))
            }
            of => Some(of),
        },
    })
}

pub(super) fn attempt(member: Member<'_>) -> Option<Datum<'_>> {
    match member {
        Member::Found(value) => Some(value),
        Member::Missing | Member::Wrong | Member::None => None,
    }
}
