//! Go's checks of typed parameters.

use std::cell::RefCell;
use std::rc::Rc;

use crate::helm::call::Host;
use crate::helm::origin::{OriginId, Origins};
use crate::helm::rope::Rope;
use crate::helm::value::{Data, Entries, Value};

fn mistyped<T>(value: &Value, expected: &str) -> Result<T, String> {
    Err(match value.data {
        Data::Nil => format!("invalid value; expected {expected}"),
        _ => format!("wrong type for value; expected {expected}; got {}", value.type_name()),
    })
}

/// The argument at `index`, of any type.
pub(super) fn any(args: &[Value], index: usize) -> Result<&Value, String> {
    let count = args.len();
    args.get(index).ok_or_else(|| format!("wrong number of args: want {} got {count}", index + 1))
}

/// The `string` at `index`.
pub(super) fn text(args: &[Value], index: usize) -> Result<&Rope, String> {
    match any(args, index)? {
        Value { data: Data::Str(rope), .. } => Ok(rope),
        other => mistyped(other, "string"),
    }
}

/// The `int` at `index`.
pub(super) fn int(args: &[Value], index: usize) -> Result<i64, String> {
    match any(args, index)? {
        Value { data: Data::Int(value), .. } => Ok(*value),
        other => mistyped(other, "int"),
    }
}

/// The `map[string]interface {}` at `index`.
pub(super) fn map(args: &[Value], index: usize) -> Result<&Rc<RefCell<Entries>>, String> {
    match any(args, index)? {
        Value { data: Data::Map(entries), .. } => Ok(entries),
        other => mistyped(other, "map[string]interface {}"),
    }
}

/// What all arguments are computed from, for a result that keeps none of their characters.
pub(super) fn computed(host: &dyn Host, args: &[Value]) -> OriginId {
    let origins: &Origins = host.origins();
    let all = args
        .iter()
        .fold(OriginId::NONE, |all, value| origins.union(all, value.deep_origin(origins)));
    origins.collapsed(all)
}

/// Calls functions of a table the way templates do.
#[cfg(test)]
pub(super) mod tests {
    use std::rc::Rc;

    use crate::helm::call::Function;
    use crate::helm::eval::Evaluator;
    use crate::helm::origin::{OriginId, Origins};
    use crate::helm::print;
    use crate::helm::value::{Data, Value};

    impl From<&str> for Value {
        fn from(text: &str) -> Self {
            Self::str(text, OriginId::NONE)
        }
    }

    impl From<i64> for Value {
        fn from(number: i64) -> Self {
            Self::new(Data::Int(number), OriginId::NONE)
        }
    }

    /// Calls once, as the first call of a render.
    pub(in crate::helm::function) fn called(
        table: &[(&str, Function)],
        name: &str,
        args: &[Value],
    ) -> Result<Value, String> {
        let (_, function) = table.iter().find(|(known, _)| *known == name).expect("a known name");
        function(&host(&Rc::new(Origins::default())), args)
    }

    /// A render with no templates.
    pub(in crate::helm::function) fn host(origins: &Rc<Origins>) -> Evaluator {
        Evaluator::new(&[], Rc::clone(origins), |_| None, |_| true)
    }

    /// What the result prints as; an error after `error: `.
    pub(in crate::helm::function) fn printed(
        table: &[(&str, Function)],
        name: &str,
        args: &[Value],
    ) -> String {
        match called(table, name, args) {
            Ok(value) => print::plain(&value),
            Err(message) => format!("error: {message}"),
        }
    }

    /// The origin of a values leaf.
    pub(in crate::helm::function) fn leaf(origins: &Origins, key: &str) -> OriginId {
        let root = origins.leaf(None, "", None);
        OriginId::text(origins.leaf(Some(root), key, None))
    }
}
