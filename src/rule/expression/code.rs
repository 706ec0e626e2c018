//! Expressions as they run: CEL's tree with names resolved to slots and operators to variants.

use cel::common::ast::{IdedExpr, operators};

use super::call::Function;
use super::keyed::Keyed;
use super::names::Slot;
use super::narrow::Narrow;
use super::share::{Shared, Sifted};
use crate::kube::grants;
use crate::rule::notation::Pattern;
use crate::yaml::{Name, Node};

/// One step of an expression.
#[derive(Debug, Clone)]
pub(super) enum Code {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Variable(Slot),
    /// `x.field`
    Select(Box<Code>, Name),
    /// `has(x.field)`
    Has(Box<Code>, Name),
    /// `x.?field`
    TrySelect(Box<Code>, Name),
    /// `x[index]`
    Index(Box<Code>, Box<Code>),
    /// `x[?index]`
    TryIndex(Box<Code>, Box<Code>),
    /// `x.orValue(default)`
    OrValue(Box<Code>, Box<Code>),
    /// `x.hasValue()`
    HasValue(Box<Code>),
    /// `x.or(y)`
    OrElse(Box<Code>, Box<Code>),
    /// `&&` for false, `||` for true: the value that settles it.
    Connect(bool, Box<Code>, Box<Code>),
    Not(Box<Code>),
    Choose(Box<Code>, Box<Code>, Box<Code>),
    Compare(Comparison, Box<Code>, Box<Code>),
    Compute(Arithmetic, Box<Code>, Box<Code>),
    List(Vec<Code>),
    /// A map whose keys are texts that are written in it.
    Record(Vec<(String, Code)>),
    /// `x in ['a', 'b']`
    Among(Box<Code>, Vec<String>),
    /// `all` for false, `exists` for true: the value that settles it.
    Quantify {
        settles: bool,
        range: Box<Code>,
        /// Of objects, those it may hold for.
        narrow: Option<Box<Narrow>>,
        item: Slot,
        test: Box<Code>,
        /// Of a list that is the same for many objects, those it may hold for.
        keyed: Option<Box<Keyed>>,
        /// The same over those for which a part of the test is known to hold.
        sifted: Option<Box<Sifted>>,
    },
    /// `filter` and `map`.
    Collect {
        range: Box<Code>,
        /// Of objects, those the guard may hold for.
        narrow: Option<Box<Narrow>>,
        item: Slot,
        guard: Option<Box<Code>>,
        value: Box<Code>,
        /// Of a list that is the same for many objects, those the guard may hold for.
        keyed: Option<Box<Keyed>>,
        /// The same over those for which a part of the guard is known to hold.
        sifted: Option<Box<Sifted>>,
    },
    /// `type(x) == string`, or `!=` where it is not to fit. What has a type of CEL's own is left to
    /// CEL.
    TypeIs {
        of: Box<Code>,
        name: String,
        fits: bool,
        otherwise: Box<Code>,
    },
    /// `grants(x, ['apps'], ['deployments'], ['create'])`, where what is asked is written in the rule.
    Grants {
        of: Box<Code>,
        wanted: Box<Wanted>,
        /// The call, for what is no mapping of an object.
        otherwise: Box<Code>,
    },
    /// `of.matches('pattern')`
    Matches {
        of: Box<Code>,
        pattern: Box<Pattern>,
        /// The call, for what is no text.
        otherwise: Box<Code>,
    },
    /// A function. CEL is asked to call it by `expression`, with the arguments under their names,
    /// where it is none of those that need no such detour.
    Call {
        native: Option<Function>,
        args: Vec<(String, Code)>,
        // What is seldom looked at makes no others larger.
        expression: Box<IdedExpr>,
    },
    /// Anything else: CEL evaluates it, with these variables.
    Foreign {
        variables: Vec<(String, Slot)>,
        expression: Box<IdedExpr>,
    },
    /// What is the same for all objects that are deployed together, or for those of one namespace.
    Shared(Shared, Box<Code>),
}

impl Code {
    /// True for what has a value whatever it is evaluated on.
    pub(super) fn is_literal(&self) -> bool {
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::Text(_) => true,
            Self::List(items) => items.is_empty(),
            Self::Record(entries) => entries.is_empty(),
            _ => false,
        }
    }
}

/// Rights that a role may grant: one of the verbs on one of the resources in one of the groups.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) groups: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) verbs: Vec<String>,
}

impl Wanted {
    /// Whether a rule of a role grants one of them.
    pub(super) fn is_granted_by(&self, rule: Node<'_>) -> bool {
        grants(rule, &self.groups, &self.resources, &self.verbs)
    }
}

/// Operators that compare two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
}

/// Operators that make a value of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

impl Comparison {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            operators::EQUALS => Self::Equal,
            operators::NOT_EQUALS => Self::NotEqual,
            operators::LESS => Self::Less,
            operators::LESS_EQUALS => Self::AtMost,
            operators::GREATER => Self::More,
            operators::GREATER_EQUALS => Self::AtLeast,
            operators::IN => Self::In,
            _ => return None,
        })
    }
}

impl Arithmetic {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            operators::ADD => Self::Add,
            operators::SUBSTRACT => Self::Subtract,
            operators::MULTIPLY => Self::Multiply,
            _ => return None,
        })
    }
}
