//! Runs templates on shapes.

mod access;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::helm::parse::{
    BranchNode, CommandNode, Expr, ListNode, Node, PipeNode, Reference, SmolStr,
};

use super::Member;
use super::path::Paths;
use super::shape::{Shape, Shapes};
use super::text::Called;
use access::Changed;

/// Nodes of templates and of shapes past which all values count as read. A shape may hold another
/// many times over, so what a walk through it costs is bounded as well. Of the charts of some two
/// hundred repositories, all but two of those that come to an end take 320 thousand at most, the
/// two 630 and 820 thousand. What goes on for longer, such as definitions that merge maps key by
/// key, may not have ended at twenty million either.
pub(super) const MAX_STEPS: usize = 400_000;
/// Templates within each other.
const MAX_DEPTH: usize = 120;
/// Times that a body is run again because what `set` put somewhere has changed.
const MAX_ROUNDS: usize = 6;

/// A definition, what it is run on, and the chart it is run for.
type Key = (Rc<str>, Shapes, usize);

/// Runs all templates of a tree of charts.
pub(super) struct Flow<'c> {
    pub(super) members: &'c [Member<'c>],
    /// What texts call that are given to `tpl`.
    called: Called<'c>,
    pub(super) paths: Paths,
    defines: BTreeMap<&'c str, Vec<Body<'c>>>,
    /// The text of the template that is being run.
    pub(super) text: &'c str,
    /// Bodies that have been run on a shape, and the text they give where it is known.
    done: HashMap<Key, Shapes>,
    /// What `set` put under a key, into whichever map.
    assigned: HashMap<Rc<str>, Shapes>,
    /// Keys under which `set` put too much to be followed.
    crowded: HashSet<Rc<str>>,
    /// Maps into which something was put.
    maps: Changed,
    /// Something was put under a key after somebody had looked there.
    changed: bool,
    /// The chart whose template is being run.
    pub(super) chart: usize,
    /// Nodes that were walked.
    pub(super) steps: usize,
    depth: usize,
}

/// The body of a template or of a definition, and the text it is in.
type Body<'c> = (&'c ListNode, &'c str);

/// One body: its variables, and what it writes.
struct Frame {
    vars: Vec<Variable>,
    written: Shapes,
    /// How many branches and loops around may not be run.
    unsure: usize,
}

#[derive(Clone, PartialEq)]
struct Variable {
    name: SmolStr,
    value: Shapes,
    /// [`Frame::unsure`] where it was declared.
    unsure: usize,
}

impl<'c> Flow<'c> {
    pub(super) fn new(members: &'c [Member<'c>], called: Called<'c>, paths: Paths) -> Self {
        let mut defines: BTreeMap<&str, Vec<Body<'_>>> = BTreeMap::new();
        for template in members.iter().flat_map(|member| parsed(member.chart)) {
            for (name, body) in &template.defines {
                let bodies = defines.entry(name.as_str()).or_default();
                // A chart that comes twice has the same bodies twice.
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

    /// Runs everything until nothing new comes of it.
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

    /// Runs the files of a chart; and its definitions, called or not, as itself and the charts
    /// above it could call them.
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

    /// Runs what texts call, any of which the chart may give to `tpl`.
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

    /// Runs the definitions of a name; what they write, where that is a text of a template.
    pub(super) fn named(&mut self, name: &str, dot: &Shapes) -> Shapes {
        // To look it up is to walk through all of it.
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
            // A file by its name, which is run on the root only.
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

    /// Every definition is run on something that is called by a name that is not known.
    pub(super) fn any_named(&mut self, dot: &Shapes) {
        // In an order: whether the steps suffice must not depend on chance.
        let names: Vec<&str> = self.defines.keys().copied().collect();
        for name in names {
            self.named(name, dot);
        }
    }

    fn is_exhausted(&self) -> bool {
        self.steps >= MAX_STEPS
    }

    /// Goes on to one more node, unless there were too many.
    fn step(&mut self) -> bool {
        let goes_on = !self.is_exhausted();
        self.steps += usize::from(goes_on);
        goes_on
    }

    fn body(&mut self, (body, text): Body<'c>, dot: &Shapes) -> Shapes {
        let outer = std::mem::replace(&mut self.text, text);
        let mut frame = Frame { vars: Vec::new(), written: Shapes::default(), unsure: 0 };
        set(&mut frame, &"$".into(), dot.clone(), false);
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
            Node::If(branch) => self.branch(branch, dot, false, frame),
            Node::With(branch) => self.branch(branch, dot, true, frame),
            Node::Range(branch) => self.range(branch, dot, frame),
            Node::Template(call) => {
                let value = call.pipe.as_ref().map(|pipe| self.pipe(pipe, dot, frame));
                self.named(&call.name, &value.unwrap_or_else(Shapes::computed));
            }
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
    }

    fn branch(&mut self, branch: &BranchNode, dot: &Shapes, with: bool, frame: &mut Frame) {
        let depth = frame.vars.len();
        let value = self.pipe(&branch.pipe, dot, frame);
        self.test(&value);
        frame.unsure += 1;
        self.list(&branch.body, if with { &value } else { dot }, frame);
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
            // Each item has its turn, whatever happens.
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

    /// Runs a loop's body until its variables hold nothing new.
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
            set(frame, name, value, branch.pipe.is_assign);
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
            set(frame, name, value.clone(), pipe.is_assign);
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
            // What is given to a method is read.
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

/// A variable that is set anew in a branch that may not be taken may still hold what it held.
fn set(frame: &mut Frame, name: &SmolStr, value: Shapes, assign: bool) {
    let unsure = frame.unsure;
    if !assign {
        frame.vars.push(Variable { name: name.clone(), value, unsure });
    } else if let Some(known) = frame.vars.iter_mut().rev().find(|known| known.name == *name) {
        known.value = if known.unsure == unsure { value } else { known.value.or(&value) };
    }
}

/// Whether a loop's body may leave it, or go on with its next item, before its end.
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

/// Whether a body writes what one action gives, and nothing else.
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
