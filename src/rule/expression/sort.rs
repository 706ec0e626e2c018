//! Finds conditions that are neither true nor false, whatever they are evaluated on. CEL's own checker would refuse them;
//! without it, they would have no value anywhere, and their rule would find nothing.

use super::call::Function;
use super::code::Code;
use super::names::Slot;

/// What the value of a condition is, in words, if it is certainly not a boolean; `None` if it may be one. A part that must
/// be boolean, such as either side of `&&`, counts as well.
pub(super) fn never_boolean(code: &Code) -> Option<&'static str> {
    match code {
        Code::Null => Some("null"),
        Code::Int(_) | Code::Uint(_) | Code::Double(_) => Some("a number"),
        Code::Compute(..) => Some("a number or a text"),
        Code::Text(_) => Some("a text"),
        Code::List(_) | Code::Collect { .. } => Some("a list"),
        Code::Record(_) => Some("a map"),
        Code::TrySelect(..) | Code::TryIndex(..) | Code::OrElse(..) => {
            Some("an optional (`.?` without `.orValue(…)` or `.hasValue()`)")
        }
        Code::Call { native: Some(native), .. } => result(*native),
        Code::Connect(_, one, two) => never_boolean(one).or_else(|| never_boolean(two)),
        Code::Not(of) | Code::Shared(_, of) => never_boolean(of),
        Code::Choose(test, yes, no) => never_boolean(test).or_else(|| {
            let yes = never_boolean(yes)?;
            never_boolean(no).map(|_| yes)
        }),
        Code::Quantify { test, .. } => never_boolean(test),
        Code::Variable(slot) => variable(*slot),
        Code::Bool(_)
        | Code::OrValue(..)
        | Code::Select(..)
        | Code::Index(..)
        | Code::Has(..)
        | Code::HasValue(_)
        | Code::Compare(..)
        | Code::Among(..)
        | Code::TypeIs { .. }
        | Code::Grants { .. }
        | Code::Matches { .. }
        | Code::Call { native: None, .. }
        | Code::Foreign { .. } => None,
    }
}

/// What a variable that every rule has stands for, in words; `None` for the others.
fn variable(slot: Slot) -> Option<&'static str> {
    match slot {
        Slot::NAME | Slot::TARGET_NAMESPACE | Slot::KUBE_VERSION => Some("a text"),
        Slot::REPLICAS | Slot::KUBE_MINOR => Some("a number"),
        Slot::CONTAINERS | Slot::OBJECTS | Slot::WORKLOADS => Some("a list"),
        Slot::OBJECT | Slot::TEMPLATE | Slot::POD | Slot::PARAMS => Some("a map"),
        _ => None,
    }
}

/// What a function returns, in words; `None` if that is or may be a boolean.
fn result(function: Function) -> Option<&'static str> {
    match function {
        Function::ByteSize
        | Function::Double
        | Function::Int
        | Function::PodResource
        | Function::Quantity
        | Function::ReplicasOf
        | Function::Scaled
        | Function::Size
        | Function::Sum => Some("a number"),
        Function::Find
        | Function::Join
        | Function::LowerAscii
        | Function::Nearest
        | Function::Replace
        | Function::Text
        | Function::Trim
        | Function::UpperAscii => Some("a text"),
        Function::Distinct
        | Function::Flatten
        | Function::OfKind
        | Function::OfName
        | Function::Pods(_)
        | Function::Split => Some("a list"),
        Function::Image
        | Function::Lifecycle
        | Function::PodLabels
        | Function::PodSpec
        | Function::ServedIn => Some("a map"),
        Function::AnyPods(_)
        | Function::Contains
        | Function::EndsWith
        | Function::Grants
        | Function::InList
        | Function::IsQuantity
        | Function::Matches
        | Function::MatchesLabels
        | Function::SameNamespace
        | Function::Selects
        | Function::StartsWith
        | Function::Value => None,
    }
}
