//! Calls functions of a table as templates do, for tests.

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

/// Calls a function, as the first call in a render.
pub(super) fn called(
    table: &[(&str, Function)],
    name: &str,
    args: &[Value],
) -> Result<Value, String> {
    let (_, function) = table.iter().find(|(known, _)| *known == name).expect("a known name");
    function(&host(&Rc::new(Origins::default())), args)
}

/// A render without templates.
pub(super) fn host(origins: &Rc<Origins>) -> Evaluator<'static> {
    Evaluator::new(&[], Rc::clone(origins), |_| None, |_| true)
}

/// Returns the printed result, or an error message after `error: `.
pub(super) fn printed(table: &[(&str, Function)], name: &str, args: &[Value]) -> String {
    match called(table, name, args) {
        Ok(value) => print::plain(&value),
        Err(message) => format!("error: {message}"),
    }
}

/// The origin of a node in the values.
pub(super) fn leaf(origins: &Origins, key: &str) -> OriginId {
    let root = origins.leaf(None, "", None);
    OriginId::text(origins.leaf(Some(root), key, None))
}
