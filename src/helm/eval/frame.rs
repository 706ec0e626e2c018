//! One executing template body: its variables, its output, and the conditions it stands under.

use std::rc::Rc;

use gotmpl::parse::{
    BranchNode, CommandNode, Expr, ListNode, Node, Number, PipeNode, Pos, SmolStr,
};

use super::show;
use super::{Evaluator, Failure, MAX_STEPS, Named};
use crate::helm::builtin;
use crate::helm::origin::OriginId;
use crate::helm::print;
use crate::helm::rope::{PlaceId, Rope, RopeBuilder};
use crate::helm::value::{Data, Value};

enum Stop {
    Break,
    Continue,
    Fail(String),
}

type Flow<T = ()> = Result<T, Stop>;

/// What a body may do besides writing, whichever way its branches go.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Variables it may set.
    assigned: Vec<SmolStr>,
    /// It may leave or restart the loop around it.
    jumps: bool,
}

pub(super) struct Frame<'e> {
    ev: &'e Evaluator,
    name: &'e str,
    at: &'e Named,
    vars: Vec<(SmolStr, Value)>,
    out: RopeBuilder,
    /// Conditions within this body; [`Evaluator::under`] has those of its callers too.
    under: OriginId,
    /// For a text given to `tpl`: the text with its origins, and the place of the call.
    source: Option<(Rope, PlaceId)>,
}

impl<'e> Frame<'e> {
    pub(super) fn new(
        ev: &'e Evaluator,
        name: &'e str,
        at: &'e Named,
        dot: &Value,
        source: Option<Rope>,
        here: PlaceId,
    ) -> Self {
        Self {
            ev,
            name,
            at,
            vars: vec![(SmolStr::from("$"), dot.clone())],
            out: RopeBuilder::default(),
            under: OriginId::NONE,
            source: source.map(|rope| (rope, here)),
        }
    }

    pub(super) fn run(mut self, dot: &Value) -> Result<Rope, String> {
        let body = std::sync::Arc::clone(&self.at.body);
        match self.list(&body, dot) {
            Err(Stop::Fail(message)) => Err(message),
            _ => Ok(self.out.finish()),
        }
    }

    fn fail<T>(&self, pos: Pos, shown: &str, message: &str) -> Flow<T> {
        self.fail_with(pos, shown, message, OriginId::NONE)
    }

    fn fail_with<T>(&self, pos: Pos, shown: &str, message: &str, involved: OriginId) -> Flow<T> {
        let before = &self.at.text[..pos.offset.min(self.at.text.len())];
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let text = format!(
            "template: {}:{line}:{column}: executing {:?} at <{shown}>: {message}",
            self.at.file.name, self.name
        );
        let mut failure = self.ev.failure.borrow_mut();
        if failure.is_none() {
            let place = match &self.source {
                Some((_, here)) => self.ev.place(*here),
                None => (Rc::clone(&self.at.file), u32::try_from(pos.offset).unwrap_or(0)),
            };
            let origins = &self.ev.origins;
            *failure = Some(Failure {
                message: text.clone(),
                reason: message.to_owned(),
                place: Some(place),
                involved: origins.union(involved, origins.condition(self.ev.under.get())),
            });
        }
        Err(Stop::Fail(text))
    }

    fn place(&self, pos: Pos) -> PlaceId {
        if let Some((_, here)) = &self.source {
            return *here;
        }
        self.place_at(pos.offset)
    }

    fn place_at(&self, offset: usize) -> PlaceId {
        let offset = u32::try_from(offset).unwrap_or(0);
        let mut places = self.ev.places.borrow_mut();
        if places.last().is_none_or(|(file, at)| *at != offset || !Rc::ptr_eq(file, &self.at.file))
        {
            places.push((Rc::clone(&self.at.file), offset));
        }
        PlaceId(u32::try_from(places.len() - 1).unwrap_or(0))
    }

    /// What the text at `offset` of a `tpl` text is computed from.
    fn source_origin(&self, offset: usize) -> OriginId {
        let Some((rope, _)) = &self.source else { return OriginId::NONE };
        let mut end = 0;
        for segment in rope.segments() {
            end += segment.len as usize;
            if offset < end {
                return self.ev.origins.derived(segment.origin);
            }
        }
        OriginId::NONE
    }

    fn list(&mut self, list: &ListNode, dot: &Value) -> Flow {
        list.nodes.iter().try_for_each(|node| self.node(node, dot))
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Flow {
        self.ev.steps.set(self.ev.steps.get() + 1);
        if self.ev.steps.get() > MAX_STEPS {
            let message = format!("the chart takes more than {MAX_STEPS} steps to render");
            return Err(Stop::Fail(format!("template: {}: {message}", self.at.file.name)));
        }
        match node {
            Node::List(list) => self.list(list, dot),
            Node::Text(text) => {
                self.text(&text.text, text.pos);
                Ok(())
            }
            Node::Action(action) => {
                let place = self.place(action.pos);
                self.ev.here.set(place);
                let depth = self.vars.len();
                let value = self.pipe(&action.pipe, dot)?;
                if action.pipe.decl.is_empty() {
                    self.vars.truncate(depth);
                    self.write(&value, action.pos, place);
                }
                Ok(())
            }
            Node::If(branch) => self.branch(branch, dot, false),
            Node::With(branch) => self.branch(branch, dot, true),
            Node::Range(branch) => self.range(branch, dot),
            Node::Template(call) => {
                let place = self.place(call.pos);
                self.ev.here.set(place);
                let value = match &call.pipe {
                    Some(pipe) => self.pipe(pipe, dot)?,
                    None => Value::NIL,
                };
                let text = self.ev.execute(&call.name, &value);
                match text {
                    Ok(text) => self.write(&Value::rope(text), call.pos, place),
                    Err(message)
                        if message.starts_with("template: ")
                            && !message.starts_with("template: no template ") =>
                    {
                        return Err(Stop::Fail(message));
                    }
                    Err(message) => {
                        let shown = format!("{{{{template {:?}}}}}", call.name.as_str());
                        return self.fail(call.pos, &shown, &message);
                    }
                }
                Ok(())
            }
            Node::Define(_) => Ok(()),
            Node::Break(_) => Err(Stop::Break),
            Node::Continue(_) => Err(Stop::Continue),
        }
    }

    /// Writes literal text, a line at a time, so that each byte knows its template line.
    fn text(&mut self, text: &str, pos: Pos) {
        if let Some((rope, here)) = &self.source {
            let (rope, here) = (rope.clone(), *here);
            let start = pos.offset.min(rope.len());
            let end = (start + text.len()).min(rope.len());
            if rope.as_str().get(start..end) == Some(text) {
                let piece = rope.slice(start..end).tinted(self.under, &self.ev.origins);
                self.push(&piece, here);
            } else {
                self.out.push_placed(text, self.under, here);
            }
            return;
        }
        let mut offset = pos.offset;
        for line in text.split_inclusive('\n') {
            let place = self.place_at(offset);
            self.out.push_placed(line, self.under, place);
            offset += line.len();
        }
    }

    fn write(&mut self, value: &Value, pos: Pos, place: PlaceId) {
        let origins = &self.ev.origins;
        let extra = origins.union(self.under, self.source_origin(pos.offset));
        let text = match &value.data {
            Data::Nil => Rope::new("<no value>", value.origin),
            _ => print::rope(value, origins),
        }
        .tinted(extra, origins);
        self.push(&text, place);
    }

    fn push(&mut self, text: &Rope, place: PlaceId) {
        let mut at = 0;
        for segment in text.segments() {
            let end = at + segment.len as usize;
            let place = if segment.place == PlaceId::default() { place } else { segment.place };
            self.out.push_placed(&text.as_str()[at..end], segment.origin, place);
            at = end;
        }
    }

    fn effects(&self, list: &ListNode) -> Rc<Effects> {
        let key = std::ptr::from_ref(list).addr();
        if let Some(known) = self.ev.assigned.borrow().get(&key) {
            return Rc::clone(known);
        }
        let mut effects = Effects::default();
        gather(list, &mut effects, true);
        let effects = Rc::new(effects);
        self.ev.assigned.borrow_mut().insert(key, Rc::clone(&effects));
        effects
    }

    fn branch(&mut self, branch: &BranchNode, dot: &Value, with: bool) -> Flow {
        let depth = self.vars.len();
        let place = self.place(branch.pos);
        self.ev.here.set(place);
        let value = self.pipe(&branch.pipe, dot)?;
        let outer = self.tested(&value, branch.pipe.pos);
        self.out.push_placed("", self.under, place);
        let done = if value.truth() {
            self.list(&branch.body, if with { &value } else { dot })
        } else {
            branch.else_body.as_ref().map_or(Ok(()), |body| self.list(body, dot))
        };
        self.vars.truncate(depth);
        let mut jumps = false;
        if self.under != outer.0 {
            // A variable that the other branch would have set depends on the condition as well.
            let tint = self.ev.origins.condition(self.under);
            for body in std::iter::once(&branch.body).chain(&branch.else_body) {
                let effects = self.effects(body);
                jumps |= effects.jumps;
                for name in &effects.assigned {
                    if let Some((_, value)) = self.vars.iter_mut().rev().find(|(n, _)| n == name) {
                        *value = value.tinted(tint, &self.ev.origins);
                    }
                }
            }
        }
        if !jumps {
            self.restore(outer);
        }
        done
    }

    /// Puts what follows under the condition of `value`; gives the conditions until now.
    fn tested(&mut self, value: &Value, pos: Pos) -> (OriginId, OriginId) {
        let origins = &self.ev.origins;
        let outer = (self.under, self.ev.under.get());
        let own = origins.union(value.own_origin(origins), self.source_origin(pos.offset));
        let condition = origins.condition(own);
        self.under = origins.union(outer.0, condition);
        self.ev.under.set(origins.union(outer.1, condition));
        outer
    }

    fn restore(&mut self, outer: (OriginId, OriginId)) {
        self.under = outer.0;
        self.ev.under.set(outer.1);
    }

    fn range(&mut self, branch: &BranchNode, dot: &Value) -> Flow {
        let depth = self.vars.len();
        let place = self.place(branch.pos);
        self.ev.here.set(place);
        let pipe = &branch.pipe;
        let value = self.commands(pipe, dot)?;
        let outer = self.tested(&value, pipe.pos);
        self.out.push_placed("", self.under, place);
        let Some(items) = items(&value) else {
            let message = format!("range can't iterate over {}", print::plain(&value));
            return self.fail_with(pipe.pos, &show::pipeline(pipe), &message, value.origin);
        };
        let mut done = Ok(());
        if let (true, Some(body)) = (items.is_empty(), &branch.else_body) {
            done = self.list(body, dot);
        }
        let within = (self.under, self.ev.under.get());
        for (key, item) in items {
            let bound: &[&Value] = if pipe.decl.len() == 2 { &[&key, &item] } else { &[&item] };
            for (name, value) in pipe.decl.iter().zip(bound) {
                self.set(name, (*value).clone(), pipe.is_assign);
            }
            let ended = self.list(&branch.body, &item);
            self.vars.truncate(depth);
            match ended {
                Err(Stop::Break) => break,
                // What follows a `continue` or `break` depends on its condition until the
                // iteration ends; after a `break`, so do the iterations to come.
                Err(Stop::Continue) | Ok(()) => self.restore(within),
                fail @ Err(Stop::Fail(_)) => {
                    done = fail;
                    break;
                }
            }
        }
        self.restore(outer);
        self.vars.truncate(depth);
        done
    }

    fn set(&mut self, name: &SmolStr, value: Value, assign: bool) {
        if assign {
            let value = value.tinted(self.under, &self.ev.origins);
            if let Some(slot) = self.vars.iter_mut().rev().find(|(n, _)| n == name) {
                slot.1 = value;
            }
        } else {
            self.vars.push((name.clone(), value));
        }
    }

    fn pipe(&mut self, pipe: &PipeNode, dot: &Value) -> Flow<Value> {
        let value = self.commands(pipe, dot)?;
        for name in &pipe.decl {
            self.set(name, value.clone(), pipe.is_assign);
        }
        Ok(value)
    }

    fn commands(&mut self, pipe: &PipeNode, dot: &Value) -> Flow<Value> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last.take(), dot)?);
        }
        Ok(last.unwrap_or_default())
    }

    fn command(&mut self, command: &CommandNode, piped: Option<Value>, dot: &Value) -> Flow<Value> {
        let Some(first) = command.args.first() else { return Ok(Value::NIL) };
        if let Expr::Identifier(pos, name) = first {
            return self.call(*pos, name, &command.args[1..], piped, dot);
        }
        if command.args.len() == 1 && piped.is_none() {
            return self.expr(first, dot, &[]);
        }
        let mut args = Vec::new();
        for arg in &command.args[1..] {
            args.push(self.expr(arg, dot, &[])?);
        }
        args.extend(piped);
        match first {
            Expr::Field(..) | Expr::Variable(..) | Expr::Chain(..) => self.expr(first, dot, &args),
            other => {
                let shown = show::context(other);
                self.fail(
                    other.pos(),
                    &shown,
                    &format!("can't give argument to non-function {shown}"),
                )
            }
        }
    }

    fn call(
        &mut self,
        pos: Pos,
        name: &str,
        given: &[Expr],
        piped: Option<Value>,
        dot: &Value,
    ) -> Flow<Value> {
        if name == "and" || name == "or" {
            return self.junction(name == "or", given, piped, dot);
        }
        let mut args = Vec::with_capacity(given.len() + 1);
        for arg in given {
            args.push(self.expr(arg, dot, &[])?);
        }
        args.extend(piped);
        let ev = self.ev;
        let done = match (ev.lookup)(name).or_else(|| builtin::find(name)) {
            Some(function) => function(ev, &args),
            None => return self.fail(pos, name, &format!("function {name:?} not defined")),
        };
        done.or_else(|message| {
            let origins = &ev.origins;
            let involved = origins.all(args.iter().map(|value| value.own_origin(origins)));
            let message = match message.starts_with("wrong type for value")
                || message.starts_with("invalid value;")
                || message.starts_with("wrong number of args")
            {
                true => message,
                false => format!("error calling {name}: {message}"),
            };
            self.fail_with(pos, &shown_call(name, given), &message, involved)
        })
    }

    /// `and`, `or`: the first argument that decides, the later ones are not evaluated.
    fn junction(
        &mut self,
        or: bool,
        given: &[Expr],
        piped: Option<Value>,
        dot: &Value,
    ) -> Flow<Value> {
        let origins = Rc::clone(&self.ev.origins);
        let mut tested = OriginId::NONE;
        let mut last = Value::NIL;
        for arg in given {
            last = self.expr(arg, dot, &[])?;
            if last.truth() == or {
                return Ok(last.tinted(tested, &origins));
            }
            tested = origins.union(tested, origins.derived(last.own_origin(&origins)));
        }
        Ok(piped.unwrap_or(last).tinted(tested, &origins))
    }

    fn expr(&mut self, expr: &Expr, dot: &Value, args: &[Value]) -> Flow<Value> {
        let none = OriginId::NONE;
        match expr {
            Expr::Dot(_) => Ok(dot.clone()),
            Expr::Nil(_) => Ok(Value::NIL),
            Expr::Bool(_, value) => Ok(Value::bool(*value, none)),
            Expr::String(pos, text) => Ok(Value::str(text, self.source_origin(pos.offset))),
            Expr::Number(_, Number::Int(n)) => Ok(Value::int(*n, none)),
            Expr::Number(_, Number::Uint(n)) => Ok(Value::int(n.cast_signed(), none)),
            Expr::Number(_, Number::Float(n)) => Ok(Value::new(Data::Float(*n), none)),
            Expr::Identifier(pos, name) => self.call(*pos, name, &[], None, dot),
            Expr::Pipe(_, pipe) => {
                let depth = self.vars.len();
                let value = self.pipe(pipe, dot);
                self.vars.truncate(depth);
                value
            }
            Expr::Field(pos, path) => self.fields(*pos, dot.clone(), path, args, expr),
            Expr::Variable(pos, name, path) => {
                let Some((_, value)) = self.vars.iter().rev().find(|(n, _)| n == name) else {
                    return self.fail(*pos, name, &format!("undefined variable: {name}"));
                };
                let value = value.clone();
                self.fields(*pos, value, path, args, expr)
            }
            Expr::Chain(pos, base, path) => {
                let base = self.expr(base, dot, &[])?;
                self.fields(*pos, base, path, args, expr)
            }
        }
    }

    /// Follows a path of fields. Go lets every field of a value that is nil from the start be
    /// nil, but refuses a field of a nil found on the way.
    fn fields(
        &self,
        pos: Pos,
        mut value: Value,
        path: &[SmolStr],
        args: &[Value],
        expr: &Expr,
    ) -> Flow<Value> {
        let origins = &self.ev.origins;
        let from_nil = matches!(value.data, Data::Nil);
        for (index, name) in path.iter().enumerate() {
            let name = name.as_str();
            let args = if index + 1 == path.len() { args } else { &[] };
            value = match &value.data {
                Data::Map(entries) => {
                    if !args.is_empty() {
                        let message = format!("{name} is not a method but has arguments");
                        return self.fail(pos, &show::context(expr), &message);
                    }
                    match entries.borrow().get(name) {
                        Some(found) => found.clone(),
                        None => Value::new(Data::Nil, origins.missing(value.origin, name)),
                    }
                }
                Data::Nil if from_nil => Value::new(Data::Nil, origins.missing(value.origin, name)),
                Data::Nil => {
                    let message = format!("nil pointer evaluating interface {{}}.{name}");
                    return self.fail_with(pos, &show::context(expr), &message, value.origin);
                }
                Data::Object(object) => match object.call(name, args, origins) {
                    Some(Ok(found)) => found,
                    Some(Err(message)) => {
                        let message = format!("error calling {name}: {message}");
                        return self.fail(pos, &show::context(expr), &message);
                    }
                    None => {
                        let message =
                            format!("can't evaluate field {name} in type {}", object.type_name());
                        return self.fail(pos, &show::context(expr), &message);
                    }
                },
                _ => {
                    let message = format!("can't evaluate field {name} in type interface {{}}");
                    let involved = value.own_origin(origins);
                    return self.fail_with(pos, &show::context(expr), &message, involved);
                }
            };
        }
        if path.is_empty() && !args.is_empty() {
            let shown = show::context(expr);
            return self.fail(pos, &shown, &format!("can't give argument to non-function {shown}"));
        }
        Ok(value)
    }
}

fn shown_call(name: &str, given: &[Expr]) -> String {
    let mut text = name.to_owned();
    for arg in given {
        text.push(' ');
        text.push_str(&show::context(arg));
    }
    match text.char_indices().nth(20) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// Keys and items to range over; `None` when Go cannot.
fn items(value: &Value) -> Option<Vec<(Value, Value)>> {
    let key = |key: &str| Value::str(key, value.origin);
    Some(match &value.data {
        Data::Nil => Vec::new(),
        Data::List(items) => (0i64..)
            .map(|i| Value::int(i, OriginId::NONE))
            .zip(items.borrow().iter().cloned())
            .collect(),
        Data::Map(entries) => entries.borrow().iter().map(|(k, v)| (key(k), v.clone())).collect(),
        Data::Object(object) => match object.items() {
            Some(items) => (0i64..).map(|i| Value::int(i, OriginId::NONE)).zip(items).collect(),
            None => object.entries()?.iter().map(|(k, v)| (key(k), v.clone())).collect(),
        },
        Data::Int(count) | Data::Int64(count) => (0..(*count).min(super::MAX_STEPS.cast_signed()))
            .map(|i| Value::int(i, value.origin))
            .map(|i| (i.clone(), i))
            .collect(),
        _ => return None,
    })
}

fn gather(list: &ListNode, effects: &mut Effects, in_loop: bool) {
    let assigned = |pipe: &PipeNode, effects: &mut Effects| {
        if pipe.is_assign {
            effects.assigned.extend(pipe.decl.iter().cloned());
        }
    };
    for node in &list.nodes {
        match node {
            Node::List(list) => gather(list, effects, in_loop),
            Node::Action(action) => assigned(&action.pipe, effects),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                let in_loop = in_loop && !matches!(node, Node::Range(_));
                assigned(&branch.pipe, effects);
                gather(&branch.body, effects, in_loop);
                if let Some(body) = &branch.else_body {
                    gather(body, effects, in_loop);
                }
            }
            Node::Break(_) | Node::Continue(_) => effects.jumps |= in_loop,
            Node::Text(_) | Node::Template(_) | Node::Define(_) => {}
        }
    }
}
