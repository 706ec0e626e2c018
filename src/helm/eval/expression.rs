//! Evaluates pipelines, commands and operands.
//!
//! Mirrors `evalPipeline` and the functions that it calls in Go 1.25 `text/template/exec.go`.

use std::rc::Rc;

use super::frame::{Flow, Frame, Held, Stop};
use super::show::{self, Spot};
use crate::helm::call::Definition;
use crate::helm::origin::OriginId;
use crate::helm::parse::{CommandNode, Expr, Number, PipeNode, Reference};
use crate::helm::rope::Rope;
use crate::helm::signature::{self, Param, Signature};
use crate::helm::value::{Data, Nuance, Object, Value};
use crate::helm::values::method;

/// The cost of `derivePassword`, in steps: scrypt takes a tenth of a second by design.
const SCRYPT: usize = 1_000_000;
/// The cost of a bcrypt hash, in steps: it takes about a millisecond.
const BCRYPT: usize = 10_000;
/// How many bytes of a text a function looks at for the cost of a step.
const BYTES: usize = 64;
/// How many items of a list a function looks at for the cost of a step.
const ITEMS: usize = 16;

/// The arguments of a call: operands, and perhaps a piped value after them.
struct Given<'e> {
    args: &'e [Expr],
    piped: Option<Value>,
}

impl Given<'_> {
    const NOTHING: Self = Self { args: &[], piped: None };

    fn is_empty(&self) -> bool {
        self.args.is_empty() && self.piped.is_none()
    }
}

impl<'e> Frame<'e> {
    /// Evaluates a pipeline and sets its variables.
    pub(super) fn pipe(&mut self, pipe: &'e PipeNode, dot: &Value) -> Flow<Value> {
        let value = self.commands(pipe, dot)?;
        for name in &pipe.decl {
            self.set(name, Held { value: value.clone(), boxed: false }, pipe.is_assign)?;
        }
        Ok(value)
    }

    /// Evaluates a pipeline without setting its variables. If the context of another tool is only partly known, a
    /// failure gives an unknown value: the tool itself may succeed.
    pub(super) fn commands(&mut self, pipe: &'e PipeNode, dot: &Value) -> Flow<Value> {
        match (self.commands_in_turn(pipe, dot), self.ev.surroundings) {
            (Err(Stop::Fail(_)), Some(place)) => Ok(Value::str("", place.unknown)),
            (done, _) => done,
        }
    }

    fn commands_in_turn(&mut self, pipe: &'e PipeNode, dot: &Value) -> Flow<Value> {
        self.spot = Spot::Pipe(pipe);
        let mut value = self.command(&pipe.first, None, dot)?;
        for command in &pipe.rest {
            value = self.command(command, Some(value), dot)?;
        }
        Ok(value)
    }

    fn command(
        &mut self,
        command: &'e CommandNode,
        piped: Option<Value>,
        dot: &Value,
    ) -> Flow<Value> {
        let first = &command.operand;
        let given = Given { args: &command.args, piped };
        match first {
            Expr::Identifier(name) => {
                self.spot = Spot::Expr(first);
                self.call(name.text(self.text()), Spot::Command(command), given, dot)
            }
            Expr::Field(..) | Expr::Variable(..) | Expr::Chain(..) => {
                self.operand(first, given, dot).map(|held| held.value)
            }
            Expr::Pipe(..) => {
                self.no_function(first, &given)?;
                self.operand(first, Given::NOTHING, dot).map(|held| held.value)
            }
            _ => {
                self.spot = Spot::Expr(first);
                self.no_function(first, &given)?;
                match first {
                    Expr::Nil(_) => self.fail("nil is not a command"),
                    _ => self.operand(first, Given::NOTHING, dot).map(|held| held.value),
                }
            }
        }
    }

    fn no_function(&self, first: &'e Expr, given: &Given<'e>) -> Flow {
        match given.is_empty() {
            true => Ok(()),
            false => {
                let shown = show::expression(first, self.text());
                self.fail(&format!("can't give argument to non-function {shown}"))
            }
        }
    }

    /// Calls a function; errors of the function itself are reported at `whole`.
    fn call(&mut self, name: &str, whole: Spot<'e>, given: Given<'e>, dot: &Value) -> Flow<Value> {
        let ev = self.ev;
        if matches!(name, "and" | "or") {
            self.check_count(&Signature::JUNCTION, name, &given)?;
            return self.junction(name == "or", given, dot);
        }
        let Some(Definition { run, signature }) = (ev.lookup)(name) else {
            return self.fail(&format!("{name:?} is not a defined function"));
        };
        self.check_count(&signature, name, &given)?;
        let args = self.arguments(&signature, given, dot)?;
        if !matches!(name, "include" | "tpl") {
            ev.memo.note_arguments(&args);
        }
        let allowed = ev.step(cost(name, &args));
        let result = allowed.and_then(|()| run(ev, &args)).and_then(|value| ev.bounded(value));
        result.or_else(|message| {
            self.spot = whole;
            let origins = &ev.origins;
            let involved = origins.all(args.iter().map(|value| value.own_origin(origins)));
            self.fail_with(&format!("error calling {name}: {message}"), involved)
        })
    }

    fn check_count(&self, signature: &Signature, name: &str, given: &Given<'e>) -> Flow {
        signature
            .check_count(name, given.args.len(), given.piped.is_some())
            .or_else(|message| self.fail(&message))
    }

    fn arguments(
        &mut self,
        signature: &Signature,
        given: Given<'e>,
        dot: &Value,
    ) -> Flow<Vec<Value>> {
        let mut args = Vec::with_capacity(given.args.len() + 1);
        for (index, arg) in given.args.iter().enumerate() {
            args.push(self.argument(arg, signature.param(index), dot)?.handed_over());
        }
        if let Some(value) = given.piped {
            let param = signature.param(args.len());
            args.push(self.checked(Held { value, boxed: false }, param)?.handed_over());
        }
        Ok(args)
    }

    /// Evaluates `and` or `or`: returns the first argument that decides, and does not evaluate the later ones.
    fn junction(&mut self, or: bool, given: Given<'e>, dot: &Value) -> Flow<Value> {
        let origins = Rc::clone(&self.ev.origins);
        let mut tested = OriginId::NONE;
        let mut last = Value::NIL;
        for arg in given.args {
            last = self.argument(arg, Param::Any, dot)?;
            if last.truth() == or {
                return Ok(last.tinted(tested, &origins));
            }
            tested = origins.union(tested, origins.derived(last.own_origin(&origins)));
        }
        Ok(given.piped.unwrap_or(last).tinted(tested, &origins))
    }

    /// Evaluates an operand as the argument for a parameter.
    fn argument(&mut self, expr: &'e Expr, param: Param, dot: &Value) -> Flow<Value> {
        self.spot = Spot::Expr(expr);
        match expr {
            Expr::Nil(_) => match param.can_be_nil() {
                true => Ok(Value::NIL),
                false => self.fail(&format!("cannot assign nil to {param}")),
            },
            Expr::Bool(..) | Expr::Number(..) | Expr::String(..) => {
                let value = self.operand(expr, Given::NOTHING, dot)?.value;
                self.constant(expr, value, param)
            }
            _ => {
                let held = self.operand(expr, Given::NOTHING, dot)?;
                self.checked(held, param)
            }
        }
    }

    /// Checks a literal as the argument for a parameter; a whole float is accepted for an integer.
    fn constant(&self, expr: &'e Expr, value: Value, param: Param) -> Flow<Value> {
        let wanted = match param {
            Param::Any => return Ok(value),
            Param::Text => "string",
            Param::Bool => "bool",
            Param::Int => "integer",
            Param::Uint32 => "unsigned integer",
            Param::Float => "float",
            Param::List | Param::Map | Param::Time | Param::Certificate => {
                let shown = show::expression(expr, self.text());
                return self.fail(&format!("can't handle {shown} for arg of type {param}"));
            }
        };
        let fitting = match (param, &value.data) {
            (Param::Int | Param::Uint32, Data::Float(number)) => {
                whole(*number).map(|number| Value::int(number, value.origin))
            }
            (Param::Uint32, Data::Int(number)) => (*number >= 0).then(|| value.clone()),
            #[expect(clippy::cast_precision_loss, reason = "Go converts integers so")]
            (Param::Float, Data::Int(number)) => {
                Some(Value::new(Data::Float(*number as f64), value.origin))
            }
            _ => param.admits(&value).then(|| value.clone()),
        };
        match fitting {
            Some(value) => Ok(value),
            None => {
                let shown = show::expression(expr, self.text());
                self.fail(&format!("expected {wanted}; found {shown}"))
            }
        }
    }

    /// Checks a value as the argument for a parameter.
    fn checked(&self, held: Held, param: Param) -> Flow<Value> {
        let Held { value, boxed } = held;
        let is_nil = matches!(value.data, Data::Nil);
        if param == Param::Any
            || !is_nil && param.admits(&value)
            || is_nil && !boxed && param.can_be_nil()
        {
            // A parameter that is a map gets a plain map.
            return Ok(match (param, value.nuance) {
                (Param::Map, Nuance::Values) => value.with(Nuance::None),
                _ => value,
            });
        }
        let message = match (is_nil, boxed) {
            (true, true) => format!("wrong type for value; expected {param}; got interface {{}}"),
            (true, false) => format!("invalid value; expected {param}"),
            _ => format!("wrong type for value; expected {param}; got {}", value.type_name()),
        };
        self.fail_with(&message, value.own_origin(&self.ev.origins))
    }

    fn operand(&mut self, expr: &'e Expr, given: Given<'e>, dot: &Value) -> Flow<Held> {
        let none = OriginId::NONE;
        let value = match expr {
            Expr::Dot(_) => return Ok(Held { value: dot.clone(), boxed: self.boxed_dot }),
            Expr::Nil(_) => Value::NIL,
            Expr::Bool(_, value) => Value::bool(*value, none),
            Expr::String(pos, text) => Value::str(text, self.source_origin(pos.offset())),
            Expr::Number(_, Number::Int(n)) => Value::int(*n, none),
            Expr::Number(_, Number::Float(n)) => Value::new(Data::Float(*n), none),
            Expr::Number(_, Number::Uint(n)) => return self.fail(&format!("{n} overflows int")),
            Expr::Identifier(name) => {
                self.call(name.text(self.text()), Spot::Expr(expr), Given::NOTHING, dot)?
            }
            Expr::Pipe(_, pipe) => {
                let depth = self.vars.len();
                let value = self.pipe(pipe, dot);
                self.vars.truncate(depth);
                value?
            }
            Expr::Field(_, reference) => {
                self.spot = Spot::Expr(expr);
                let held = Held { value: dot.clone(), boxed: self.boxed_dot };
                return self.fields(held, *reference, given, dot);
            }
            Expr::Variable(_, reference) => {
                self.spot = Spot::Expr(expr);
                let name = reference.variable(self.text());
                let Some((_, held)) = self.vars.iter().rev().find(|(known, _)| known == name)
                else {
                    return self.fail(&format!("undefined variable: {name}"));
                };
                let held = held.clone();
                if name == reference.text(self.text()) {
                    self.no_function(expr, &given)?;
                    return Ok(held);
                }
                return self.fields(held, *reference, given, dot);
            }
            Expr::Chain(_, chain) => {
                self.spot = Spot::Expr(expr);
                let base = self.argument(&chain.base, Param::Any, dot)?;
                let held = Held { value: base, boxed: false };
                return self.fields(held, chain.fields, given, dot);
            }
        };
        Ok(Held { value, boxed: false })
    }

    /// Evaluates the fields of a reference. In Go, every field of a value that is nil from the start is nil, but a
    /// field of a nil that is found on the way is an error.
    fn fields(
        &mut self,
        mut held: Held,
        reference: Reference,
        mut given: Given<'e>,
        dot: &Value,
    ) -> Flow<Held> {
        let origins = &self.ev.origins;
        let mut names = reference.fields(self.text());
        let mut next = names.next();
        while let Some(name) = next {
            next = names.next();
            let given = match next {
                None => std::mem::replace(&mut given, Given::NOTHING),
                Some(_) => Given::NOTHING,
            };
            let Held { value, boxed } = &held;
            held = match &value.data {
                Data::Map(_) if value.nuance == Nuance::Values && method::is_method(name) => {
                    self.ev.memo.note_whole(value);
                    let values = value.clone();
                    self.method(&values, name, given, dot)?
                }
                Data::Map(_) if !given.is_empty() => {
                    return self.fail(&format!("{name} is not a method but has arguments"));
                }
                Data::Map(entries) => {
                    self.ev.memo.note_field(name);
                    let found = entries.borrow().get(name).cloned();
                    let found = found.unwrap_or_else(|| value.absent(name, origins));
                    let found = value.member(&found, origins).into_owned();
                    Held { boxed: !value.nuance.is_texts(), value: found }
                }
                Data::Nil if !*boxed => Held { value: value.absent(name, origins), boxed: false },
                Data::Nil => {
                    let message = format!("nil pointer evaluating interface {{}}.{name}");
                    return self.fail_with(&message, value.origin);
                }
                Data::Object(object) => self.member(&Rc::clone(object), name, given, dot)?,
                _ => {
                    let of = if *boxed { "interface {}" } else { value.type_name() };
                    let message = format!("can't evaluate field {name} in type {of}");
                    return self.fail_with(&message, value.own_origin(origins));
                }
            };
        }
        Ok(held)
    }

    /// Calls a method of a chart's values.
    fn method(&mut self, values: &Value, name: &str, given: Given<'e>, dot: &Value) -> Flow<Held> {
        let spot = self.spot;
        let args = self.method_arguments(name, given, dot)?;
        self.spot = spot;
        match method::call(values, name, &args, &self.ev.origins) {
            Ok(value) => Ok(Held { value, boxed: false }),
            Err(message) => self.fail(&format!("error calling {name}: {message}")),
        }
    }

    fn method_arguments(&mut self, name: &str, given: Given<'e>, dot: &Value) -> Flow<Vec<Value>> {
        let signature = signature::of_method(name);
        self.check_count(&signature, name, &given)?;
        let args = self.arguments(&signature, given, dot)?;
        self.ev.memo.note_arguments(&args);
        Ok(args)
    }

    /// Reads a field or calls a method of a Go struct.
    fn member(
        &mut self,
        object: &Rc<dyn Object>,
        name: &str,
        given: Given<'e>,
        dot: &Value,
    ) -> Flow<Held> {
        let is_field = || {
            let fields = object.members().or_else(|| object.fields(OriginId::NONE));
            fields.into_iter().flatten().any(|(own, _)| own == name)
        };
        if !given.is_empty() && is_field() {
            return self.fail(&format!("{name} has arguments but cannot be invoked as function"));
        }
        let spot = self.spot;
        let args = self.method_arguments(name, given, dot)?;
        self.spot = spot;
        match object.call(name, &args, &self.ev.origins) {
            Some(Ok(value)) => Ok(Held { value, boxed: false }),
            Some(Err(message)) => self.fail(&format!("error calling {name}: {message}")),
            None => {
                let of = object.type_name();
                self.fail(&format!("can't evaluate field {name} in type {of}"))
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked by the way back")]
#[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "Go compares so")]
fn whole(number: f64) -> Option<i64> {
    let integer = number as i64;
    (integer as f64 == number).then_some(integer)
}

/// What a call costs in steps, in addition to its node: a share of all that the function may have to look at.
fn cost(function: &str, args: &[Value]) -> usize {
    let bytes = |text: &Rope| match function {
        "shuffle" => text.len(),
        _ if function.starts_with("from") => text.len() / (BYTES / 4),
        _ => text.len() / BYTES,
    };
    let items = |items: usize| match function {
        // Each item is compared with all that were kept before, or with all other arguments.
        "uniq" | "mustUniq" => items.saturating_mul(items) / ITEMS,
        "has" | "mustHas" => items / 2,
        "without" | "mustWithout" => items.saturating_mul(args.len()) / ITEMS,
        _ => items / ITEMS,
    };
    let own = args.iter().map(|arg| match &arg.data {
        Data::Str(text) => bytes(text),
        Data::List(list) => items(list.borrow().len()),
        _ => 0,
    });
    let base = match function {
        "derivePassword" => SCRYPT,
        "bcrypt" | "htpasswd" => BCRYPT,
        _ => 0,
    };
    own.fold(base, usize::saturating_add)
}
