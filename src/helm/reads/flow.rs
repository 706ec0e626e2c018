//! Executes templates on shapes.

mod access;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::helm::parse::{
    BranchNode, CommandNode, Conditional, Expr, ListNode, Node, PipeNode, Reference, SmolStr,
};

use super::Member;
use super::path::Paths;
use super::shape::{Shape, Shapes};
use super::text::Called;
use access::Changed;

/// The number of nodes of templates and of shapes after which all values count as read. A shape may contain another
/// one many times, so the cost of a walk through it has to be limited as well. In the charts of about two hundred
/// repositories, all analyses that end but two need at most 320 thousand steps; those two need 630 and 820 thousand.
/// Analyses that take longer, such as those of definitions that merge maps key by key, may not even end after twenty
/// million.
pub(super) const MAX_STEPS: usize = 400_000;
/// How deep templates may be nested.
const MAX_DEPTH: usize = 120;
/// How often all templates are executed again because `set` has put new values somewhere.
const MAX_ROUNDS: usize = 6;

/// A definition, the shapes it is executed on, and the chart it is executed for.
type Key = (Rc<str>, Shapes, usize);

/// Executes all templates of a tree of charts.
pub(super) struct Flow<'c> {
    pub(super) members: &'c [Member<'c>],
    /// What is called by texts that are given to `tpl`.
    called: Called<'c>,
    pub(super) paths: Paths,
    defines: BTreeMap<&'c str, Vec<Body<'c>>>,
    /// The text of the template that is being executed.
    pub(super) text: &'c str,
    /// Definitions that were executed on a shape, and the texts that they write if those are known.
    done: HashMap<Key, Shapes>,
    /// The values that `set` puts under a key, in any map.
    assigned: HashMap<Rc<str>, Shapes>,
    /// Keys under which `set` puts too many values to follow.
    crowded: HashSet<Rc<str>>,
    /// Maps to which something was added.
    maps: Changed,
    /// Whether something was put under a key that may have been read before.
    changed: bool,
    /// The chart whose template is being executed.
    pub(super) chart: usize,
    /// The number of nodes that were executed.
    pub(super) steps: usize,
    depth: usize,
}

/// The body of a template or definition, and the text that contains it.
type Body<'c> = (&'c ListNode, &'c str);

/// The state of a body: its variables, and what it writes.
struct Frame {
    vars: Vec<Variable>,
    written: Shapes,
    /// The number of enclosing branches and loops that may not be executed.
    unsure: usize,
}

#[derive(Clone, PartialEq)]
struct Variable {
    name: SmolStr,
    value: Shapes,
    /// The value of [`Frame::unsure`] when it was declared.
    unsure: usize,
}

impl<'c> Flow<'c> {
    pub(super) fn new(members: &'c [Member<'c>], called: Called<'c>, paths: Paths) -> Self {
        let mut defines: BTreeMap<&str, Vec<Body<'_>>> = BTreeMap::new();
        for template in members.iter().flat_map(|member| parsed(member.chart)) {
            for (name, body) in &template.defines {
                let bodies = defines.entry(name.as_str()).or_default();
                // A chart that is used twice has the same bodies twice.
                if !bodies.iter().any(|(known, _)| std::ptr::eq(*known, &raw const **body)) {
                    bodies.push((body, &template.text));
                }
            }
        }
        Self {
            members,
            called,
            paths,
            defines,
            text: "",
            done: HashMap::new(),
            assigned: HashMap::new(),
            crowded: HashSet::new(),
            maps: Changed::default(),
            changed: false,
            chart: 0,
            steps: 0,
            depth: 0,
        }
    }

    pub(super) fn into_paths(self) -> Paths {
        self.paths
    }

    /// Executes everything until nothing new is found.
    pub(super) fn run(&mut self) {
        for _ in 0..MAX_ROUNDS {
            self.changed = false;
            self.done.clear();
            for chart in 0..self.members.len() {
                self.member(chart);
            }
            if self.is_exhausted() {
                break;
            }
            if !self.changed {
                return;
            }
        }
        self.paths.give_up();
    }

    /// Executes the template files of a chart, and its definitions, even if they are not called, with the roots of the
    /// chart and of the charts above it, since each of those could call them.
    fn member(&mut self, chart: usize) {
        let members = self.members;
        self.chart = chart;
        let root = Shapes::one(Shape::Root(chart));
        for template in parsed(members[chart].chart) {
            self.body((&template.body, &template.text), &root);
        }
        let names: Vec<&str> = parsed(members[chart].chart)
            .flat_map(|template| template.defines.iter().map(|(name, _)| name.as_str()))
            .collect();
        let mut caller = Some(chart);
        while let Some(at) = caller {
            self.chart = at;
            for name in &names {
                self.named(name, &Shapes::one(Shape::Root(at)));
            }
            caller = members[at].parent;
        }
        self.chart = chart;
        self.called();
    }

    /// Executes what texts call: the chart may give any of the texts to `tpl`.
    fn called(&mut self) {
        let unknown = Shapes::computed();
        let names: Vec<&str> = self.called.names.iter().copied().collect();
        for name in names {
            self.named(name, &unknown);
        }
        if self.called.any {
            self.any_named(&unknown);
        }
    }

    /// Executes the definitions with a name; returns what they write, if those are texts in templates.
    pub(super) fn named(&mut self, name: &str, dot: &Shapes) -> Shapes {
        // A lookup walks through all of the shapes.
        self.steps += dot.weight(MAX_STEPS - self.steps);
        if self.is_exhausted() {
            return Shapes::computed();
        }
        let key = (Rc::from(name), dot.clone(), self.chart);
        if let Some(known) = self.done.get(&key) {
            return known.clone();
        }
        self.done.insert(key.clone(), Shapes::computed());
        let Some(bodies) = self.defines.get(name).cloned() else {
            // The name of a template file; those are executed on their roots only.
            self.escape_but_roots(dot);
            return Shapes::computed();
        };
        if self.depth >= MAX_DEPTH {
            self.escape(dot);
            return Shapes::computed();
        }
        self.depth += 1;
        let written: Vec<Shapes> = bodies.into_iter().map(|body| self.body(body, dot)).collect();
        self.depth -= 1;
        let known = written.iter().all(|shapes| shapes.texts().is_some());
        let written = if known { Shapes::any(&written) } else { Shapes::computed() };
        self.done.insert(key, written.clone());
        written
    }

    /// Executes every definition, for a call whose name is not known.
    pub(super) fn any_named(&mut self, dot: &Shapes) {
        // In a fixed order: whether there are enough steps must not vary from run to run.
        let names: Vec<&str> = self.defines.keys().copied().collect();
        for name in names {
            self.named(name, dot);
        }
    }

    fn is_exhausted(&self) -> bool {
        self.steps >= MAX_STEPS
    }

    /// Counts one more node, unless there were too many.
    fn step(&mut self) -> bool {
        let goes_on = !self.is_exhausted();
        self.steps += usize::from(goes_on);
        goes_on
    }

    fn body(&mut self, (body, text): Body<'c>, dot: &Shapes) -> Shapes {
        let outer = std::mem::replace(&mut self.text, text);
        let mut frame = Frame { vars: Vec::new(), written: Shapes::default(), unsure: 0 };
        frame.declare(&"$".into(), dot.clone());
        self.list(body, dot, &mut frame);
        self.text = outer;
        match is_one_action(body) {
            true => frame.written.or_computed(),
            false => Shapes::computed(),
        }
    }

    fn list(&mut self, list: &ListNode, dot: &Shapes, frame: &mut Frame) {
        for node in &list.nodes {
            self.node(node, dot, frame);
        }
    }

    fn node(&mut self, node: &Node, dot: &Shapes, frame: &mut Frame) {
        if !self.step() {
            return;
        }
        match node {
            Node::Action(action) => {
                let value = self.pipe(&action.pipe, dot, frame);
                if action.pipe.decl.is_empty() {
                    self.escape(&value);
                    frame.written = frame.written.or(&value);
                }
            }
            Node::If(branch) => self.branch(branch, dot, Conditional::If, frame),
            Node::With(branch) => self.branch(branch, dot, Conditional::With, frame),
            Node::Range(branch) => self.range(branch, dot, frame),
            Node::Template(call) => {
                let value = call.pipe.as_ref().map(|pipe| self.pipe(pipe, dot, frame));
                self.named(&call.name, &value.unwrap_or_else(Shapes::computed));
            }
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
    }

    fn branch(&mut self, branch: &BranchNode, dot: &Shapes, of: Conditional, frame: &mut Frame) {
        let depth = frame.vars.len();
        let value = self.pipe(&branch.pipe, dot, frame);
        self.test(&value);
        frame.unsure += 1;
        let inner = match of {
            Conditional::If => dot,
            Conditional::With => &value,
        };
        self.list(&branch.body, inner, frame);
        if let Some(body) = &branch.else_body {
            self.list(body, dot, frame);
        }
        frame.unsure -= 1;
        frame.vars.truncate(depth);
    }

    fn range(&mut self, branch: &BranchNode, dot: &Shapes, frame: &mut Frame) {
        let depth = frame.vars.len();
        let over = self.pipe(&branch.pipe, dot, frame);
        frame.vars.truncate(depth);
        self.test(&over);
        let mut shapes = over.iter();
        if let (Some(Shape::Items(items)), None) = (shapes.next(), shapes.next())
            && !items.is_empty()
            && !jumps(&branch.body)
        {
            // Every item is iterated over, once.
            items.iter().for_each(|item| self.iteration(branch, item, frame));
            frame.vars.truncate(depth);
            return;
        }
        frame.unsure += 1;
        for shape in over.iter() {
            match shape {
                Shape::Items(items) => {
                    items.iter().for_each(|item| self.iteration(branch, item, frame));
                }
                Shape::Nothing => {}
                shape => {
                    let item = self.elements(&Shapes::one(shape.clone()));
                    self.settle(branch, &item, frame);
                }
            }
        }
        if let Some(body) = &branch.else_body {
            self.list(body, dot, frame);
            frame.vars.truncate(depth);
        }
        frame.unsure -= 1;
    }

    /// Executes the body of a loop until its variables no longer change.
    fn settle(&mut self, branch: &BranchNode, item: &Shapes, frame: &mut Frame) {
        for _ in 0..4 {
            let before = frame.vars.clone();
            self.iteration(branch, item, frame);
            if frame.vars == before {
                return;
            }
        }
        for at in 0..frame.vars.len() {
            let held = frame.vars[at].value.clone();
            self.escape(&held);
        }
    }

    fn iteration(&mut self, branch: &BranchNode, item: &Shapes, frame: &mut Frame) {
        let depth = frame.vars.len();
        let bound = match branch.pipe.decl.len() {
            2 => vec![Shapes::computed(), item.clone()],
            _ => vec![item.clone()],
        };
        for (name, value) in branch.pipe.decl.iter().zip(bound) {
            frame.set(&branch.pipe, name, value);
        }
        self.list(&branch.body, item, frame);
        frame.vars.truncate(depth);
    }

    fn pipe(&mut self, pipe: &PipeNode, dot: &Shapes, frame: &mut Frame) -> Shapes {
        let mut value = self.command(&pipe.first, None, dot, frame);
        for command in &pipe.rest {
            value = self.command(command, Some(value), dot, frame);
        }
        for name in &pipe.decl {
            frame.set(pipe, name, value.clone());
        }
        value
    }

    fn command(
        &mut self,
        command: &CommandNode,
        piped: Option<Shapes>,
        dot: &Shapes,
        frame: &mut Frame,
    ) -> Shapes {
        let CommandNode { operand, args: given, .. } = command;
        let mut args: Vec<Shapes> = given.iter().map(|arg| self.expr(arg, dot, frame)).collect();
        args.extend(piped);
        let Expr::Identifier(name) = operand else {
            // The arguments of a method are read.
            self.escape(&Shapes::any(&args));
            return self.expr(operand, dot, frame);
        };
        self.call(name.text(self.text), given, &args).or_computed()
    }

    fn expr(&mut self, expr: &Expr, dot: &Shapes, frame: &mut Frame) -> Shapes {
        match expr {
            Expr::Dot(_) => dot.clone(),
            Expr::Nil(_) | Expr::Bool(..) | Expr::Number(..) => Shapes::computed(),
            Expr::String(_, text) => Shapes::text(text),
            Expr::Identifier(name) => self.call(name.text(self.text), &[], &[]).or_computed(),
            Expr::Pipe(_, pipe) => {
                let depth = frame.vars.len();
                let value = self.pipe(pipe, dot, frame);
                frame.vars.truncate(depth);
                value
            }
            Expr::Field(_, reference) => self.fields(dot.clone(), *reference),
            Expr::Variable(_, reference) => {
                let name = reference.variable(self.text);
                let known = frame.vars.iter().rev().find(|known| known.name == name);
                let value = known.map_or_else(Shapes::computed, |known| known.value.clone());
                self.fields(value, *reference)
            }
            Expr::Chain(_, chain) => {
                let base = self.expr(&chain.base, dot, frame);
                self.fields(base, chain.fields)
            }
        }
    }

    fn fields(&mut self, from: Shapes, reference: Reference) -> Shapes {
        reference.fields(self.text).fold(from, |at, name| self.field(&at, name))
    }
}

impl Frame {
    /// Sets a variable of a pipeline, which declares it or assigns to it.
    fn set(&mut self, pipe: &PipeNode, name: &SmolStr, value: Shapes) {
        match pipe.is_assign {
            true => self.assign(name, value),
            false => self.declare(name, value),
        }
    }

    fn declare(&mut self, name: &SmolStr, value: Shapes) {
        self.vars.push(Variable { name: name.clone(), value, unsure: self.unsure });
    }

    /// Assigns to a variable. In a branch that may not be taken, it may also keep its former value.
    fn assign(&mut self, name: &SmolStr, value: Shapes) {
        if let Some(known) = self.vars.iter_mut().rev().find(|known| known.name == *name) {
            known.value = if known.unsure == self.unsure { value } else { known.value.or(&value) };
        }
    }
}

/// Whether the body of a loop may leave it, or continue with the next item, before its end.
fn jumps(body: &ListNode) -> bool {
    body.nodes.iter().any(|node| match node {
        Node::Break(_) | Node::Continue(_) => true,
        Node::If(branch) | Node::With(branch) => {
            jumps(&branch.body) || branch.else_body.as_ref().is_some_and(jumps)
        }
        Node::Range(_) | Node::Text(_) | Node::Action(_) | Node::Template(_) => false,
    })
}

fn parsed(
    chart: &crate::helm::chart::Chart,
) -> impl Iterator<Item = &crate::helm::parse::Template> {
    chart.templates.iter().filter_map(|template| template.parsed().as_deref().ok())
}

/// Whether a body writes the value of one action and nothing else.
fn is_one_action(body: &ListNode) -> bool {
    fn count(list: &ListNode) -> usize {
        let of = |node: &Node| match node {
            Node::Text(text) if text.is_blank => 0,
            Node::Action(action) => usize::from(action.pipe.decl.is_empty()),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                count(&branch.body) + branch.else_body.as_ref().map_or(0, count)
            }
            Node::Break(_) | Node::Continue(_) => 0,
            Node::Text(_) | Node::Template(_) => 2,
        };
        list.nodes.iter().map(of).sum()
    }
    count(body) == 1
}
