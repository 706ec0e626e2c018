//! Executes a template body, with its variables, its output and the conditions on it.

use std::rc::Rc;

use super::show::Spot;
use super::{Evaluator, Failure, MAX_ITEMS, MAX_MESSAGE, Named};
use crate::helm::origin::OriginId;
use crate::helm::parse::{
    BranchNode, Conditional, ListNode, Node, PipeNode, Pos, SmolStr, TemplateNode,
};
use crate::helm::print;
use crate::helm::rope::{Place, Rope, RopeBuilder};
use crate::helm::value::{Data, Value};

/// What ends a body early.
pub(super) enum Stop {
    Break,
    Continue,
    Fail(String),
}

pub(super) type Flow<T = ()> = Result<T, Stop>;

/// A value of a variable or of the dot. If Go has it as an `interface{}`, as for the items of a range, nil is not a
/// missing value but a nil pointer.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) value: Value,
    pub(super) boxed: bool,
}

/// The effects of a body other than its output, whichever branches are taken.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// The variables that it may set.
    assigned: Vec<SmolStr>,
    /// Whether it may leave or continue the enclosing loop.
    jumps: bool,
}

pub(super) struct Frame<'e> {
    pub(super) ev: &'e Evaluator<'e>,
    name: &'e str,
    at: &'e Named,
    pub(super) vars: Vec<(SmolStr, Held)>,
    /// Whether the dot is an item of a range.
    pub(super) boxed_dot: bool,
    /// The node that is being evaluated, for error messages.
    pub(super) spot: Spot<'e>,
    out: RopeBuilder,
    /// The conditions in this body; [`Evaluator::under`] has those of its callers as well.
    under: OriginId,
    /// For a text given to `tpl`: the text with its origins, and the place of the call.
    source: Option<(Rope, Place)>,
}

impl<'e> Frame<'e> {
    pub(super) fn new(
        ev: &'e Evaluator<'e>,
        name: &'e str,
        at: &'e Named,
        dot: &Value,
        source: Option<Rope>,
        here: Place,
    ) -> Self {
        Self {
            ev,
            name,
            at,
            vars: vec![(SmolStr::new_static("$"), Held { value: dot.clone(), boxed: false })],
            boxed_dot: false,
            spot: Spot::Start,
            out: ev.builder(),
            under: OriginId::NONE,
            source: source.map(|rope| (rope, here)),
        }
    }

    pub(super) fn run(mut self, dot: &Value) -> Result<Rope, String> {
        match self.list(&self.at.body, dot) {
            Err(Stop::Fail(message)) => Err(message),
            _ => {
                let text = self.out.take();
                self.ev.keep(self.out);
                Ok(text)
            }
        }
    }

    pub(super) fn fail<T>(&self, message: &str) -> Flow<T> {
        self.fail_with(message, OriginId::NONE)
    }

    /// Stops with an error at the node that is being evaluated.
    pub(super) fn fail_with<T>(&self, message: &str, involved: OriginId) -> Flow<T> {
        if message.len() > MAX_MESSAGE {
            return Err(Stop::Fail(message.to_owned()));
        }
        let offset = self.spot.offset().min(self.at.text.len());
        let before = &self.at.text[..offset];
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let text = format!(
            "template: {}:{line}:{column}: executing {:?} at <{}>: {message}",
            self.at.file.name,
            self.name,
            self.spot.shown(&self.at.text)
        );
        let mut failure = self.ev.failure.borrow_mut();
        if failure.is_none() {
            let place = match &self.source {
                Some((_, here)) => self.ev.place(*here),
                None => (Rc::clone(&self.at.file), u32::try_from(offset).unwrap_or(0)),
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

    /// The text of the template, for literals in error messages.
    pub(super) fn text(&self) -> &'e str {
        &self.at.text
    }

    fn place(&self, pos: Pos) -> Place {
        match &self.source {
            Some((_, here)) => *here,
            None => self.number(pos).map(Place::of_action).unwrap_or_default(),
        }
    }

    /// Returns a number for a place in this template; `None` if origins are not collected.
    fn number(&self, pos: Pos) -> Option<u32> {
        if !self.ev.origins.are_asked() {
            return None;
        }
        let offset = u32::try_from(pos.offset()).unwrap_or(0);
        let mut places = self.ev.places.borrow_mut();
        let place = (self.at.number, offset);
        if places.last() != Some(&place) {
            places.push(place);
        }
        u32::try_from(places.len() - 1).ok()
    }

    /// The origin of the text at a byte offset of a text given to `tpl`.
    pub(super) fn source_origin(&self, offset: usize) -> OriginId {
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

    fn list(&mut self, list: &'e ListNode, dot: &Value) -> Flow {
        list.nodes.iter().try_for_each(|node| self.node(node, dot))
    }

    fn node(&mut self, node: &'e Node, dot: &Value) -> Flow {
        self.step()?;
        match node {
            Node::Text(text) => {
                self.write_text(text.text(self.text()), text.pos);
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
            Node::If(branch) => self.branch(branch, dot, Conditional::If),
            Node::With(branch) => self.branch(branch, dot, Conditional::With),
            Node::Range(branch) => self.range(branch, dot),
            Node::Template(call) => self.template(call, dot),
            Node::Break(_) => Err(Stop::Break),
            Node::Continue(_) => Err(Stop::Continue),
        }
    }

    fn step(&self) -> Flow {
        self.ev.step(1).or_else(|message| self.fail(&message))
    }

    fn template(&mut self, call: &'e TemplateNode, dot: &Value) -> Flow {
        let place = self.place(call.pos);
        self.ev.here.set(place);
        self.spot = Spot::Template(call);
        let Some((name, body)) = self.ev.find(&call.name) else {
            if let Some(around) = self.ev.surroundings {
                self.write(&Value::str("", around.unknown), call.pos, place);
                return Ok(());
            }
            return self.fail(&format!("template {:?} not defined", call.name.as_str()));
        };
        let value = match &call.pipe {
            Some(pipe) => self.pipe(pipe, dot)?,
            None => Value::NIL,
        };
        let text = self.ev.once(&body, &value, || self.ev.body(&name, &body, &value, None));
        let text = match text {
            Ok(text) => text,
            // An error about a limit of the render has no place yet.
            Err(message) if self.ev.failure.borrow().is_none() => {
                self.spot = Spot::Template(call);
                return self.fail(&message);
            }
            Err(message) => return Err(Stop::Fail(message)),
        };
        self.write(&Value::rope(text), call.pos, place);
        Ok(())
    }

    /// Writes literal text, each byte of which has its place.
    fn write_text(&mut self, text: &str, pos: Pos) {
        if let Some((rope, here)) = &self.source {
            let (rope, here) = (rope.clone(), *here);
            let start = pos.offset().min(rope.len());
            let end = (start + text.len()).min(rope.len());
            if rope.as_str().get(start..end) == Some(text) {
                let piece = rope.slice(start..end).tinted(self.under, &self.ev.origins);
                self.push(&piece, here);
            } else {
                self.out.push_placed(text, self.under, here);
            }
            return;
        }
        let place = self.number(pos).map(Place::of_literal).unwrap_or_default();
        self.out.push_placed(text, self.under, place);
    }

    fn write(&mut self, value: &Value, pos: Pos, place: Place) {
        let origins = &self.ev.origins;
        let extra = origins.union(self.under, self.source_origin(pos.offset()));
        let text = match (&value.data, self.ev.surroundings) {
            (Data::Nil, Some(around)) => Rope::new("", around.unknown),
            (Data::Nil, None) => Rope::new("<no value>", value.origin),
            _ => {
                self.ev.memo.note_whole(value);
                print::shown(value, origins)
            }
        }
        .tinted(extra, origins);
        self.push(&text, place);
    }

    fn push(&mut self, text: &Rope, place: Place) {
        let mut at = 0;
        for segment in text.segments() {
            let end = at + segment.len as usize;
            let place = if segment.place == Place::default() { place } else { segment.place };
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

    fn branch(&mut self, branch: &'e BranchNode, dot: &Value, of: Conditional) -> Flow {
        let depth = self.vars.len();
        let place = self.place(branch.pos);
        self.ev.here.set(place);
        let value = self.pipe(&branch.pipe, dot)?;
        let outer = self.tested(&value, branch.pipe.pos);
        self.mark(branch, place);
        let done = if value.truth() {
            match of {
                Conditional::If => self.list(&branch.body, dot),
                Conditional::With => self.with_dot(&branch.body, &value, false),
            }
        } else {
            branch.else_body.as_ref().map_or(Ok(()), |body| self.list(body, dot))
        };
        self.vars.truncate(depth);
        let mut jumps = false;
        if self.under != outer.0 && !branch.is_quiet {
            // A variable that the other branch would have set also depends on the condition.
            let tint = self.ev.origins.condition(self.under);
            for body in std::iter::once(&branch.body).chain(&branch.else_body) {
                let effects = self.effects(body);
                jumps |= effects.jumps;
                for name in &effects.assigned {
                    if let Some((_, held)) = self.vars.iter_mut().rev().find(|(n, _)| n == name) {
                        held.value = held.value.tinted(tint, &self.ev.origins);
                    }
                }
            }
        }
        if !jumps {
            self.restore(outer);
        }
        done
    }

    /// Writes an empty segment with the conditions of a branch or loop.
    fn mark(&mut self, branch: &BranchNode, place: Place) {
        let place = match branch.starts_line() {
            true => place.starting_line(branch.indent()),
            false => place,
        };
        self.out.push_placed("", self.under, place);
    }

    fn with_dot(&mut self, body: &'e ListNode, dot: &Value, boxed: bool) -> Flow {
        let outer = std::mem::replace(&mut self.boxed_dot, boxed);
        let done = self.list(body, dot);
        self.boxed_dot = outer;
        done
    }

    /// Adds a value to the conditions of what follows; returns the former conditions.
    fn tested(&mut self, value: &Value, pos: Pos) -> (OriginId, OriginId) {
        let origins = &self.ev.origins;
        let outer = (self.under, self.ev.under.get());
        let own = origins.union(value.own_origin(origins), self.source_origin(pos.offset()));
        let condition = origins.condition(own);
        self.under = origins.union(outer.0, condition);
        self.ev.under.set(origins.union(outer.1, condition));
        outer
    }

    fn restore(&mut self, outer: (OriginId, OriginId)) {
        self.under = outer.0;
        self.ev.under.set(outer.1);
    }

    fn range(&mut self, branch: &'e BranchNode, dot: &Value) -> Flow {
        let depth = self.vars.len();
        let place = self.place(branch.pos);
        self.ev.here.set(place);
        let pipe = &branch.pipe;
        let value = self.commands(pipe, dot)?;
        self.ev.memo.note_whole(&value);
        let outer = self.tested(&value, pipe.pos);
        self.mark(branch, place);
        let Some(items) = items(&value).or_else(|| self.ev.surroundings.map(|_| Vec::new())) else {
            let message = format!("range can't iterate over {}", print::plain(&value));
            return self.fail_with(&message, value.origin);
        };
        if value.integer().is_some() && pipe.decl.len() > 1 {
            let shown = print::plain(&value);
            return self.fail(&format!("can't use {shown} to iterate over more than one variable"));
        }
        if items.len() > MAX_ITEMS as usize {
            return self.fail(&format!("a loop of more than {MAX_ITEMS} turns"));
        }
        let mut done = Ok(());
        if items.is_empty() {
            // If there are no items, Go sets the variables to the value that is ranged over.
            for name in &pipe.decl {
                self.set(name, Held { value: value.clone(), boxed: false }, pipe.is_assign)?;
            }
            if let Some(body) = &branch.else_body {
                done = self.list(body, dot);
            }
        }
        let within = (self.under, self.ev.under.get());
        let boxed = matches!(value.data, Data::List(_) | Data::Map(_));
        for (key, item) in items {
            self.step()?;
            let bound: &[&Value] = if pipe.decl.len() == 2 { &[&key, &item] } else { &[&item] };
            for (index, (name, value)) in pipe.decl.iter().zip(bound).enumerate() {
                let boxed = boxed && index + 1 == pipe.decl.len();
                self.set(name, Held { value: (*value).clone(), boxed }, pipe.is_assign)?;
            }
            let ended = self.with_dot(&branch.body, &item, boxed);
            self.vars.truncate(depth);
            match ended {
                Err(Stop::Break) => break,
                // What follows a `continue` or `break` depends on its condition until the iteration ends; after a
                // `break`, so do the remaining iterations.
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

    /// Declares a variable, or assigns to one. As in Go, it is only now checked that the variable exists.
    pub(super) fn set(&mut self, name: &SmolStr, held: Held, assign: bool) -> Flow {
        if !assign {
            self.vars.push((name.clone(), held));
            return Ok(());
        }
        let value = held.value.tinted(self.under, &self.ev.origins);
        match self.vars.iter_mut().rev().find(|(known, _)| known == name) {
            Some(slot) => slot.1 = Held { value, ..held },
            // A part of a template that is rendered alone lacks the variables around it.
            None if self.ev.surroundings.is_some() => {}
            None => return self.fail(&format!("undefined variable: {name}")),
        }
        Ok(())
    }
}

/// Returns the keys and items of a value, for `range`; `None` if Go cannot iterate over it.
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
        // One more than allowed, so that the limit is noticed.
        Data::Int(count) | Data::Int64(count) => (0..(*count).min(i64::from(MAX_ITEMS) + 1))
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
            Node::Text(_) | Node::Template(_) => {}
        }
    }
}
