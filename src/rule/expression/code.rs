//! Compiled expressions: CEL's tree with names resolved to slots, and operators to variants.

use cel::common::ast::{IdedExpr, operators};

use super::call::Function;
use super::keyed::Keyed;
use super::names::Slot;
use super::narrow::Narrow;
use super::share::{Shared, Sifted};
use crate::kube::grants;
use crate::rule::notation::Pattern;
use crate::yaml::{Name, Node};

/// A node of a compiled expression.
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
    /// `x && y` or `x || y`
    Connect(Junction, Box<Code>, Box<Code>),
    Not(Box<Code>),
    Choose(Box<Code>, Box<Code>, Box<Code>),
    Compare(Comparison, Box<Code>, Box<Code>),
    Compute(Arithmetic, Box<Code>, Box<Code>),
    List(Vec<Code>),
    /// A map whose keys are string literals.
    Record(Vec<(String, Code)>),
    /// `x in ['a', 'b']`
    Among(Box<Code>, Vec<String>),
    /// `all` or `exists`
    Quantify {
        junction: Junction,
        range: Box<Code>,
        /// If the range is a list of objects, finds those that the test may hold for.
        narrow: Option<Box<Narrow>>,
        item: Slot,
        test: Box<Code>,
        /// If the range is the same for many objects, finds the items that the test may hold for.
        keyed: Option<Box<Keyed>>,
        /// The same test on only those items for which a part of it is known to hold.
        sifted: Option<Box<Sifted>>,
    },
    /// `filter` and `map`
    Collect {
        range: Box<Code>,
        /// If the range is a list of objects, finds those that the guard may hold for.
        narrow: Option<Box<Narrow>>,
        item: Slot,
        guard: Option<Box<Code>>,
        value: Box<Code>,
        /// If the range is the same for many objects, finds the items that the guard may hold for.
        keyed: Option<Box<Keyed>>,
        /// The same collection of only those items for which a part of the guard is known to hold.
        sifted: Option<Box<Sifted>>,
    },
    /// `type(x) == string`, or `!=` if `fits` is false. Values of other CEL types are left to CEL, by `otherwise`.
    TypeIs {
        of: Box<Code>,
        name: String,
        fits: bool,
        otherwise: Box<Code>,
    },
    /// `grants(x, ['apps'], ['deployments'], ['create'])` with literal lists.
    Grants {
        of: Box<Code>,
        wanted: Box<Wanted>,
        /// The call, for values that are not a mapping of an object.
        otherwise: Box<Code>,
    },
    /// `of.matches('pattern')`
    Matches {
        of: Box<Code>,
        pattern: Box<Pattern>,
        /// The call, for values that are not a text.
        otherwise: Box<Code>,
    },
    /// A function call. If `native` is `None` or does not support the types of the arguments, CEL evaluates
    /// `expression`, in which the arguments are variables with the names in `args`.
    Call {
        native: Option<Function>,
        args: Vec<(String, Code)>,
        // Boxed, as it is seldom used and would make all variants larger.
        expression: Box<IdedExpr>,
    },
    /// Anything else: CEL evaluates it, with these variables.
    Foreign {
        variables: Vec<(String, Slot)>,
        expression: Box<IdedExpr>,
    },
    /// An expression with the same value for all objects that are deployed together, or for those of one namespace.
    Shared(Shared, Box<Code>),
}

impl Code {
    /// True for literals, which have a value in any case.
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

/// Permissions in a role: one of the verbs on one of the resources in one of the API groups.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) groups: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) verbs: Vec<String>,
}

impl Wanted {
    /// Whether a rule of a role grants one of the permissions.
    pub(super) fn is_granted_by(&self, rule: Node<'_>) -> bool {
        grants(rule, &self.groups, &self.resources, &self.verbs)
    }
}

/// How the values of several conditions make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Junction {
    /// `&&` and `all`: every condition must hold.
    And,
    /// `||` and `exists`: one condition that holds is enough.
    Or,
}

impl Junction {
    /// The value that settles the result once one condition has it, whatever the others evaluate to.
    pub(super) fn settling(self) -> bool {
        self == Self::Or
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

/// Operators that compute a value from two.
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
