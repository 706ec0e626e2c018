//! Evaluates parsed templates as Go's text/template does, with the origin of what they write.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use gotmpl::parse::{BranchNode, CommandNode, Expr, ListNode, Node, Number, PipeNode, Pos};

use super::call::{Host, Lookup};
use super::origin::{OriginId, Origins, Through};
use super::parse::{Template, parse};
use super::print;
use super::rope::{PlaceId, Rope, RopeBuilder};
use super::value::{Data, Value};

/// Includes within each other that Helm allows.
const MAX_DEPTH: usize = 200;
/// Nodes that one render may execute.
const MAX_STEPS: u64 = 20_000_000;

#[derive(Debug, Clone)]
struct Named {
    file: Rc<str>,
    text: Arc<str>,
    body: Arc<ListNode>,
}

/// Renders the templates of one release.
#[derive(Debug)]
pub struct Evaluator {
    origins: Rc<Origins>,
    named: RefCell<Rc<HashMap<String, Named>>>,
    lookup: Lookup,
    places: RefCell<Vec<(Rc<str>, u32)>>,
    depth: Cell<usize>,
    steps: Cell<u64>,
}

enum Stop {
    Break,
    Continue,
    Fail(String),
}

type Flow<T = ()> = Result<T, Stop>;

struct Frame<'e> {
    ev: &'e Evaluator,
    name: &'e str,
    at: Named,
    vars: Vec<(String, Value)>,
    out: RopeBuilder,
    under: OriginId,
}

impl Evaluator {
    /// Takes templates in the order in which Helm registers them; a later one of a name wins.
    #[must_use]
    pub fn new(templates: &[Arc<Template>], origins: Rc<Origins>, lookup: Lookup) -> Self {
        let mut named = HashMap::new();
        for template in templates {
            register(&mut named, template);
        }
        Self {
            origins,
            named: RefCell::new(Rc::new(named)),
            lookup,
            places: RefCell::new(vec![("".into(), 0)]),
            depth: Cell::new(0),
            steps: Cell::new(0),
        }
    }

    /// The template's name and the 0-based byte offset behind a [`PlaceId`].
    pub fn place(&self, id: PlaceId) -> (Rc<str>, u32) {
        self.places.borrow()[id.0 as usize].clone()
    }

    /// Executes a named template; `<no value>` is still in the text.
    ///
    /// # Errors
    /// Go's error text, with template, line and column.
    pub fn execute(&self, name: &str, dot: &Value) -> Result<Rope, String> {
        let Some(at) = self.named.borrow().get(name).cloned() else {
            return Err(format!(
                "template: no template {name:?} associated with template \"gotpl\""
            ));
        };
        if self.depth.get() >= MAX_DEPTH {
            return Err(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            ));
        }
        self.depth.set(self.depth.get() + 1);
        let body = Arc::clone(&at.body);
        let mut frame = Frame {
            ev: self,
            name,
            at,
            vars: vec![("$".into(), dot.clone())],
            out: RopeBuilder::default(),
            under: OriginId::NONE,
        };
        let done = frame.list(&body, dot);
        self.depth.set(self.depth.get() - 1);
        match done {
            Err(Stop::Fail(message)) => Err(message),
            _ => Ok(frame.out.finish()),
        }
    }
}

fn register(named: &mut HashMap<String, Named>, template: &Template) {
    let file: Rc<str> = template.name.as_str().into();
    let bodies = template.defines.iter().map(|(name, body)| (name.as_str(), body));
    for (name, body) in bodies.chain([(template.name.as_str(), &template.body)]) {
        named.insert(
            name.to_owned(),
            Named {
                file: Rc::clone(&file),
                text: Arc::clone(&template.text),
                body: Arc::clone(body),
            },
        );
    }
}

impl Host for Evaluator {
    fn origins(&self) -> &Origins {
        &self.origins
    }

    fn include(&self, name: &str, dot: &Value) -> Result<Value, String> {
        self.execute(name, dot).map(Value::rope)
    }

    fn tpl(&self, text: &Value, dot: &Value) -> Result<Value, String> {
        let source = print::rope(text, &self.origins);
        if !source.as_str().contains("{{") {
            return Ok(Value::rope(source));
        }
        let template = parse("gotpl", &Arc::from(source.as_str())).map_err(|f| f.message)?;
        let before = Rc::clone(&self.named.borrow());
        register(Rc::make_mut(&mut self.named.borrow_mut()), &template);
        let done = self.execute("gotpl", dot);
        *self.named.borrow_mut() = before;
        let derived = self.origins.derived(source.origin(&self.origins));
        Ok(Value::rope(done?.tinted(derived, &self.origins)))
    }
}

impl Frame<'_> {
    fn fail<T>(&self, pos: Pos, message: &str) -> Flow<T> {
        let before = &self.at.text[..pos.offset.min(self.at.text.len())];
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        Err(Stop::Fail(format!(
            "template: {}:{line}:{column}: executing {:?}: {message}",
            self.at.file, self.name
        )))
    }

    fn place(&self, pos: Pos) -> PlaceId {
        let mut places = self.ev.places.borrow_mut();
        places.push((Rc::clone(&self.at.file), u32::try_from(pos.offset).unwrap_or(0)));
        PlaceId(u32::try_from(places.len() - 1).unwrap_or(0))
    }

    fn list(&mut self, list: &ListNode, dot: &Value) -> Flow {
        list.nodes.iter().try_for_each(|node| self.node(node, dot))
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Flow {
        self.ev.steps.set(self.ev.steps.get() + 1);
        if self.ev.steps.get() > MAX_STEPS {
            return Err(Stop::Fail(format!("the template {:?} does not end", self.name)));
        }
        match node {
            Node::List(list) => self.list(list, dot),
            Node::Text(text) => {
                let place = self.place(text.pos);
                self.out.push_placed(&text.text, self.under, place);
                Ok(())
            }
            Node::Action(action) => {
                let value = self.pipe(&action.pipe, dot)?;
                if action.pipe.decl.is_empty() {
                    self.write(&value, action.pos);
                }
                Ok(())
            }
            Node::If(branch) => self.branch(branch, dot, false),
            Node::With(branch) => self.branch(branch, dot, true),
            Node::Range(branch) => self.range(branch, dot),
            Node::Template(call) => {
                let value = match &call.pipe {
                    Some(pipe) => self.pipe(pipe, dot)?,
                    None => Value::NIL,
                };
                let text = self.ev.execute(&call.name, &value).map_err(Stop::Fail)?;
                self.write(&Value::rope(text), call.pos);
                Ok(())
            }
            Node::Define(_) => Ok(()),
            Node::Break(_) => Err(Stop::Break),
            Node::Continue(_) => Err(Stop::Continue),
        }
    }

    fn write(&mut self, value: &Value, pos: Pos) {
        let origins = &self.ev.origins;
        let text = match &value.data {
            Data::Nil => Rope::new("<no value>", value.origin),
            _ => print::rope(value, origins),
        }
        .tinted(self.under, origins);
        let place = self.place(pos);
        let mut at = 0;
        for segment in text.segments() {
            let end = at + segment.len as usize;
            let place = if segment.place == PlaceId::default() { place } else { segment.place };
            self.out.push_placed(&text.as_str()[at..end], segment.origin, place);
            at = end;
        }
        if text.segments().is_empty() {
            self.out.push_placed(text.as_str(), self.under, place);
        }
    }

    fn branch(&mut self, branch: &BranchNode, dot: &Value, with: bool) -> Flow {
        let depth = self.vars.len();
        let value = self.pipe(&branch.pipe, dot)?;
        let outer = self.tested(&value);
        let place = self.place(branch.pos);
        self.out.push_placed("", self.under, place);
        let done = if value.truth() {
            self.list(&branch.body, if with { &value } else { dot })
        } else {
            branch.else_body.as_ref().map_or(Ok(()), |body| self.list(body, dot))
        };
        self.under = outer;
        self.vars.truncate(depth);
        done
    }

    /// Puts what follows under the condition of `value`; gives the conditions until now.
    fn tested(&mut self, value: &Value) -> OriginId {
        let origins = &self.ev.origins;
        let outer = self.under;
        self.under = origins.union(outer, origins.condition(value.own_origin(origins)));
        outer
    }

    fn range(&mut self, branch: &BranchNode, dot: &Value) -> Flow {
        let depth = self.vars.len();
        let value = self.pipe(&branch.pipe, dot)?;
        let outer = self.tested(&value);
        let place = self.place(branch.pos);
        self.out.push_placed("", self.under, place);
        let str_key = |key: &str| Value::str(key, value.origin);
        let items: Vec<(Value, Value)> = match &value.data {
            Data::Nil => Vec::new(),
            Data::List(items) => (0i64..)
                .map(|i| Value::new(Data::Int(i), OriginId::NONE))
                .zip(items.borrow().iter().cloned())
                .collect(),
            Data::Map(entries) => {
                entries.borrow().iter().map(|(k, v)| (str_key(k), v.clone())).collect()
            }
            Data::Object(object) if object.entries().is_some() => {
                let entries = object.entries().unwrap_or_default();
                entries.iter().map(|(k, v)| (str_key(k), v.clone())).collect()
            }
            Data::Int(count) => (0..(*count).min(10_000_000))
                .map(|i| Value::new(Data::Int(i), value.origin))
                .map(|i| (i.clone(), i))
                .collect(),
            _ => {
                let message = format!("range can't iterate over {}", print::plain(&value));
                return self.fail(branch.pipe.pos, &message);
            }
        };
        let mut done = Ok(());
        if let (true, Some(body)) = (items.is_empty(), &branch.else_body) {
            done = self.list(body, dot);
        }
        for (key, item) in items {
            let names = &branch.pipe.decl;
            if names.len() == 2 {
                self.set(&names[0], key, branch.pipe.is_assign);
            }
            if let Some(name) = names.last() {
                self.set(name, item.clone(), branch.pipe.is_assign);
            }
            match self.list(&branch.body, &item) {
                Err(Stop::Break) => break,
                Err(Stop::Continue) | Ok(()) => self.vars.truncate(depth + names.len()),
                fail => {
                    done = fail;
                    break;
                }
            }
        }
        self.under = outer;
        self.vars.truncate(depth);
        done
    }

    fn set(&mut self, name: &str, value: Value, assign: bool) {
        if assign {
            let value = value.tinted(self.under, &self.ev.origins);
            if let Some(slot) = self.vars.iter_mut().rev().find(|(n, _)| n == name) {
                slot.1 = value;
            }
        } else {
            self.vars.push((name.to_owned(), value));
        }
    }

    fn pipe(&mut self, pipe: &PipeNode, dot: &Value) -> Flow<Value> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last.take(), dot)?);
        }
        let value = last.unwrap_or_default();
        if pipe.decl.len() == 1 {
            self.set(&pipe.decl[0], value.clone(), pipe.is_assign);
        }
        Ok(value)
    }

    fn command(&mut self, command: &CommandNode, piped: Option<Value>, dot: &Value) -> Flow<Value> {
        let Some(first) = command.args.first() else { return Ok(Value::NIL) };
        if let Expr::Identifier(pos, name) = first {
            return self.call(*pos, name, &command.args[1..], piped, dot);
        }
        let mut args = Vec::new();
        for arg in &command.args[1..] {
            args.push(self.expr(arg, dot, &[])?);
        }
        args.extend(piped);
        self.expr(first, dot, &args)
    }

    fn call(
        &mut self,
        pos: Pos,
        name: &str,
        given: &[Expr],
        piped: Option<Value>,
        dot: &Value,
    ) -> Flow<Value> {
        let origins = Rc::clone(&self.ev.origins);
        if name == "and" || name == "or" {
            let mut tested = OriginId::NONE;
            let mut last = Value::NIL;
            for arg in given {
                last = self.expr(arg, dot, &[])?;
                if last.truth() == (name == "or") {
                    return Ok(last.tinted(tested, &origins));
                }
                tested = origins.union(tested, origins.derived(last.own_origin(&origins)));
            }
            return Ok(piped.unwrap_or(last).tinted(tested, &origins));
        }
        let mut args = Vec::with_capacity(given.len() + 1);
        for arg in given {
            args.push(self.expr(arg, dot, &[])?);
        }
        args.extend(piped);
        let done = match super::builtin::call(name, &args, &origins) {
            Some(done) => done,
            None => match (name, (self.ev.lookup)(name)) {
                (_, Some(function)) => function(self.ev, &args),
                ("include", _) if args.len() == 2 => {
                    self.ev.include(args[0].as_str().unwrap_or_default(), &args[1])
                }
                ("tpl", _) if args.len() == 2 => self.ev.tpl(&args[0], &args[1]),
                _ => return self.fail(pos, &format!("function {name:?} not defined")),
            },
        };
        done.or_else(|message| {
            self.fail(pos, &format!("at <{name}>: error calling {name}: {message}"))
        })
    }

    fn expr(&mut self, expr: &Expr, dot: &Value, args: &[Value]) -> Flow<Value> {
        let none = OriginId::NONE;
        match expr {
            Expr::Dot(_) => Ok(dot.clone()),
            Expr::Nil(_) => Ok(Value::NIL),
            Expr::Bool(_, value) => Ok(Value::bool(*value, none)),
            Expr::String(_, text) => Ok(Value::str(text, none)),
            Expr::Number(_, Number::Int(n)) => Ok(Value::new(Data::Int(*n), none)),
            Expr::Number(_, Number::Uint(n)) => Ok(Value::new(Data::Int(n.cast_signed()), none)),
            Expr::Number(_, Number::Float(n)) => Ok(Value::new(Data::Float(*n), none)),
            Expr::Identifier(pos, name) => self.call(*pos, name, &[], None, dot),
            Expr::Pipe(_, pipe) => self.pipe(pipe, dot),
            Expr::Field(pos, path) => self.fields(*pos, dot.clone(), path, args),
            Expr::Variable(pos, name, path) => {
                let found = self
                    .vars
                    .iter()
                    .rev()
                    .find(|(n, _)| n.trim_start_matches('$') == name.trim_start_matches('$'));
                let Some((_, value)) = found else {
                    return self.fail(*pos, &format!("undefined variable {name:?}"));
                };
                self.fields(*pos, value.clone(), path, args)
            }
            Expr::Chain(pos, base, path) => {
                let base = self.expr(base, dot, &[])?;
                self.fields(*pos, base, path, args)
            }
        }
    }

    fn fields<S: AsRef<str>>(
        &self,
        pos: Pos,
        mut value: Value,
        path: &[S],
        args: &[Value],
    ) -> Flow<Value> {
        let origins = &self.ev.origins;
        for (index, name) in path.iter().enumerate() {
            let name = name.as_ref();
            let args = if index + 1 == path.len() { args } else { &[] };
            value = match &value.data {
                Data::Map(entries) => match entries.borrow().get(name) {
                    Some(found) => found.clone(),
                    None => Value::new(Data::Nil, missing(value.origin, name, origins)),
                },
                Data::Nil => {
                    return self.fail(
                        pos,
                        &format!("at <.{name}>: nil pointer evaluating interface {{}}.{name}"),
                    );
                }
                Data::Object(object) => match object.call(name, args, origins) {
                    Some(Ok(found)) => found,
                    Some(Err(message)) => {
                        return self.fail(pos, &format!("error calling {name}: {message}"));
                    }
                    None => {
                        return self.fail(
                            pos,
                            &format!("can't evaluate field {name} in type {}", object.type_name()),
                        );
                    }
                },
                _ => {
                    return self
                        .fail(pos, &format!("can't evaluate field {name} in type interface {{}}"));
                }
            };
        }
        Ok(value)
    }
}

/// The origin of a key that is not there: the pointer where it would stand.
fn missing(parent: OriginId, key: &str, origins: &Origins) -> OriginId {
    origins.entries(parent).iter().filter(|(_, through)| *through == Through::Text).fold(
        OriginId::NONE,
        |all, (leaf, _)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            let pointer = format!("{}/{key}", origins.describe(*leaf).pointer);
            origins.union(all, origins.leaf(&pointer, None))
        },
    )
}
