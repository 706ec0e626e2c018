//! How templates call functions, and Go's checks of their arguments.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::origin::{OriginId, Origins};
use super::rope::Rope;
use super::signature::Signature;
use super::value::{Data, Entries, Nuance, Value};

/// What a function can use in addition to its arguments.
pub trait Host {
    /// The origins of the render, to combine those of the arguments.
    fn origins(&self) -> &Origins;
    /// The conditions under which the call is made.
    fn under(&self) -> OriginId;
    /// Notes that a map was changed which may also be used elsewhere.
    fn note_change(&self);
    /// Executes the named template with `dot`, as `include` does.
    ///
    /// # Errors
    /// Go's message if there is no such template, if it fails, or if it is nested too deep.
    fn include(&self, name: &str, dot: &Value) -> Result<Value, String>;
    /// Executes a text as a template with `dot`, as `tpl` does.
    ///
    /// # Errors
    /// Go's message if the text cannot be parsed or fails.
    fn tpl(&self, text: &Rope, dot: &Value) -> Result<Value, String>;
    /// The context of templates of other tools; `None` for those of a chart.
    fn surroundings(&self) -> Option<Surroundings<'_>>;
}

/// The context in which another tool than Helm renders templates, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'s> {
    /// The files that templates may read.
    pub files: &'s dyn Files,
    /// The origin of values that only the running tool knows. Such a value is an empty text: a template is rendered as
    /// if nothing were set, and the origin tells that the result is not certain.
    pub unknown: OriginId,
}

/// Files, by their paths as templates write them.
pub trait Files: fmt::Debug + Sync {
    /// Returns the text of a file; `None` if it cannot be read.
    fn text(&self, path: &str) -> Option<Arc<str>>;
    /// Whether there is such a file, even if it cannot be read here.
    fn is_file(&self, path: &str) -> bool;
    /// Whether there is such a directory.
    fn is_directory(&self, path: &str) -> bool;
}

/// A template function: its arguments are in order, a piped one last. Errors are those of Go's function; the evaluator
/// adds the template, the line and the name.
pub type Function = fn(&dyn Host, &[Value]) -> Result<Value, String>;

/// A function, with the types of its parameters, which Go checks before it calls it.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The function itself.
    pub run: Function,
    /// Its parameters.
    pub signature: Signature,
}

/// Finds a function by name.
pub type Lookup = fn(&str) -> Option<Definition>;

fn mistyped<T>(value: &Value, expected: &str) -> Result<T, String> {
    Err(match value.data {
        Data::Nil => format!("invalid value; expected {expected}"),
        _ => format!("wrong type for value; expected {expected}; got {}", value.type_name()),
    })
}

/// Returns the argument at `index`, of any type.
///
/// # Errors
/// If there are fewer arguments.
pub fn any(args: &[Value], index: usize) -> Result<&Value, String> {
    let count = args.len();
    args.get(index).ok_or_else(|| format!("wrong number of args: want {} got {count}", index + 1))
}

/// Returns the `string` at `index`.
///
/// # Errors
/// If there is none, or it has another type.
pub fn text(args: &[Value], index: usize) -> Result<&Rope, String> {
    match any(args, index)? {
        Value { data: Data::Str(rope), nuance, .. } if *nuance != Nuance::Bytes => Ok(rope),
        other => mistyped(other, "string"),
    }
}

/// Returns the `int` at `index`.
///
/// # Errors
/// If there is none, or it has another type, such as `int64` or `float64`.
pub fn int(args: &[Value], index: usize) -> Result<i64, String> {
    match any(args, index)? {
        Value { data: Data::Int(value), .. } => Ok(*value),
        other => mistyped(other, "int"),
    }
}

/// Returns the `map[string]interface {}` at `index`; for nil, a new empty map, as in Go.
///
/// # Errors
/// If there is none, or it has another type.
pub fn map(args: &[Value], index: usize) -> Result<Rc<RefCell<Entries>>, String> {
    match any(args, index)? {
        Value { data: Data::Map(entries), .. } => Ok(Rc::clone(entries)),
        Value { data: Data::Nil, .. } => Ok(Rc::default()),
        other => mistyped(other, "map[string]interface {}"),
    }
}

/// Returns the items of the list at `index`; `verb` is the operation, for the error message.
///
/// # Errors
/// If there is none, or it is not a list.
pub fn list(args: &[Value], index: usize, verb: &str) -> Result<Vec<Value>, String> {
    match any(args, index)? {
        Value { data: Data::List(items), .. } => Ok(items.borrow().clone()),
        Value { data: Data::Object(object), .. } if object.items().is_some() => {
            Ok(object.items().unwrap_or_default())
        }
        Value { data: Data::Nil, .. } => {
            Err("runtime error: invalid memory address or nil pointer dereference".to_owned())
        }
        other => Err(format!("Cannot {verb} on type {}", super::print::kind(other))),
    }
}

/// The origin of a result that is computed from all arguments and contains none of their characters.
pub fn computed(host: &dyn Host, args: &[Value]) -> OriginId {
    let origins = host.origins();
    origins.collapsed(origins.all(args.iter().map(|value| value.deep_origin(origins))))
}
