//! The way in which templates call functions, and Go's checks of their arguments.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::origin::{OriginId, Origins};
use super::rope::Rope;
use super::signature::Signature;
use super::value::{Data, Entries, Nuance, Value};

/// What a function may use besides its arguments.
pub trait Host {
    /// The render's origins, to unite and derive those of the arguments.
    fn origins(&self) -> &Origins;
    /// What decided that the call happens at all.
    fn under(&self) -> OriginId;
    /// Hears that a map is changed that others may hold as well.
    fn note_change(&self);
    /// Renders the named template with `dot`, as `include` does.
    ///
    /// # Errors
    /// Go's text when there is no such template, when it fails, or when it recurses too deep.
    fn include(&self, name: &str, dot: &Value) -> Result<Value, String>;
    /// Evaluates a text as a template with `dot`, as `tpl` does.
    ///
    /// # Errors
    /// Go's text when the template does not parse or fails.
    fn tpl(&self, text: &Rope, dot: &Value) -> Result<Value, String>;
    /// What surrounds templates of other tools; `None` for a chart's.
    fn surroundings(&self) -> Option<Surroundings<'_>>;
}

/// The place where a tool other than Helm renders templates, as far as it is known here.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'s> {
    /// The files that templates may read.
    pub files: &'s dyn Files,
    /// The origin of what only the running tool knows. Such a thing is an empty text: a template is
    /// rendered as where nothing is set, and the origin tells what that leaves open.
    pub unknown: OriginId,
}

/// Files by path, as templates write it.
pub trait Files: fmt::Debug + Sync {
    /// What a file holds; `None` where there is none.
    fn text(&self, path: &str) -> Option<Arc<str>>;
    /// Whether there is such a file, readable here or not.
    fn is_file(&self, path: &str) -> bool;
    /// Whether there is such a directory.
    fn is_directory(&self, path: &str) -> bool;
}

/// A template function: arguments in order, a piped one last. An error is the text that Go's
/// function would return; the evaluator adds template, line and name.
pub type Function = fn(&dyn Host, &[Value]) -> Result<Value, String>;

/// A function, and what Go checks of its arguments before it calls it.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The function itself.
    pub run: Function,
    /// What it takes.
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

/// The argument at `index`, of any type.
///
/// # Errors
/// When fewer are given.
pub fn any(args: &[Value], index: usize) -> Result<&Value, String> {
    let count = args.len();
    args.get(index).ok_or_else(|| format!("wrong number of args: want {} got {count}", index + 1))
}

/// The `string` at `index`.
///
/// # Errors
/// When it is not there or of another type.
pub fn text(args: &[Value], index: usize) -> Result<&Rope, String> {
    match any(args, index)? {
        Value { data: Data::Str(rope), nuance, .. } if *nuance != Nuance::Bytes => Ok(rope),
        other => mistyped(other, "string"),
    }
}

/// The `int` at `index`.
///
/// # Errors
/// When it is not there or of another type, `int64` and `float64` included.
pub fn int(args: &[Value], index: usize) -> Result<i64, String> {
    match any(args, index)? {
        Value { data: Data::Int(value), .. } => Ok(*value),
        other => mistyped(other, "int"),
    }
}

/// The `map[string]interface {}` at `index`; nil is an empty map of its own, as in Go.
///
/// # Errors
/// When it is not there or of another type.
pub fn map(args: &[Value], index: usize) -> Result<Rc<RefCell<Entries>>, String> {
    match any(args, index)? {
        Value { data: Data::Map(entries), .. } => Ok(Rc::clone(entries)),
        Value { data: Data::Nil, .. } => Ok(Rc::default()),
        other => mistyped(other, "map[string]interface {}"),
    }
}

/// The items of the list at `index`; `verb` says what the function wanted to do with it.
///
/// # Errors
/// When it is not there or no list.
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

/// What all arguments are computed from, for a result that keeps none of their characters.
pub fn computed(host: &dyn Host, args: &[Value]) -> OriginId {
    let origins = host.origins();
    origins.collapsed(origins.all(args.iter().map(|value| value.deep_origin(origins))))
}
