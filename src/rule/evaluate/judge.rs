//! Judges one scope by several rules.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::rule::company::Company;
use crate::rule::expression::{Datum, Expression, Frame, Functions, NoValue, Params, Slot};
use crate::rule::file::Rule;
use crate::rule::hit::{Hit, Target};
use crate::rule::logic::{Body, Check, Each, Let, Logic, Place};
use crate::rule::need::{Sieve, Traits};
use crate::rule::path::{PathStep, Roots};
use crate::rule::undecided::{Condition, Part};
use crate::yaml::{Document, Node};

/// Judges one scope by one rule after the other.
pub(super) struct Judge<'n> {
    /// The documents of the scope's nodes. Except for charts, the first has the scope itself.
    pub(super) documents: Rc<[&'n Arc<Document>]>,
    pub(super) frame: Frame<'n>,
    /// The values of variables that are one node, by slot.
    nodes: Vec<Option<Node<'n>>>,
    /// The values of variables that are several nodes outside of one sequence.
    several: Vec<(Slot, Vec<Node<'n>>)>,
    /// The nodes that the current check has yet to choose, of all its variables one after the other.
    waiting: Vec<Node<'n>>,
    /// What is known of the object, so that rules which cannot find anything need not run; `None` if no object is
    /// judged.
    pub(super) traits: Option<Traits<'n>>,
    /// Whether the object describes several sorts of pods, of which one is judged. The object's name is the same for
    /// all of them.
    pub(super) is_sort: bool,
    /// The number of checks that could not be decided, since it was last reset.
    pub(super) undecided: usize,
    /// Whether the rule that judges is one of the user's own, which has not been tried on as many objects as those that
    /// come with plimsoll: then all of its conditions are evaluated, and their answers are noted.
    is_own: bool,
    /// The index of the check that judges; `None` for the rule's own condition.
    check: Option<usize>,
    /// The conditions that were evaluated since it was last reset, and whether any value was true or false.
    pub(super) answers: BTreeMap<Condition, bool>,
}

impl<'n> Judge<'n> {
    pub(super) fn new(
        cel: &Rc<Functions>,
        facts: &[(Slot, Datum<'static>)],
        documents: impl IntoIterator<Item = &'n Arc<Document>>,
    ) -> Self {
        let documents: Rc<[&'n Arc<Document>]> = documents.into_iter().collect();
        let mut frame = Frame::new(Rc::clone(cel), Rc::clone(&documents));
        for (slot, fact) in facts {
            frame.set(*slot, fact.clone());
        }
        let mut nodes = Vec::with_capacity(Slot::MOST);
        nodes.resize(Slot::ROOTS, None);
        Self {
            documents,
            frame,
            nodes,
            several: Vec::new(),
            waiting: Vec::new(),
            traits: None,
            is_sort: false,
            undecided: 0,
            is_own: false,
            check: None,
            answers: BTreeMap::new(),
        }
    }

    /// Sets a variable to a node.
    pub(super) fn know(&mut self, slot: Slot, node: Node<'n>) {
        self.frame.set(slot, self.datum(node));
        self.nodes[slot.index()] = Some(node);
    }

    /// Sets a variable to a list of nodes.
    pub(super) fn know_all(&mut self, slot: Slot, nodes: impl Iterator<Item = Node<'n>>) {
        let nodes: Vec<Node<'n>> = nodes.collect();
        self.frame.set(slot, Datum::List(nodes.iter().map(|node| self.datum(*node)).collect()));
        self.several.push((slot, nodes));
    }

    /// Sets the variables for the objects that are deployed together.
    pub(super) fn accompany(&mut self, company: Option<&'n Company>) {
        let (objects, workloads) = (company.map(Company::objects), company.map(Company::workloads));
        self.frame.put(Slot::OBJECTS, objects.map(Datum::Objects));
        self.frame.put(Slot::WORKLOADS, workloads.map(Datum::Objects));
    }

    fn datum(&self, node: Node<'n>) -> Datum<'n> {
        let document = match *self.documents {
            [only] => only,
            ref several => several[self.holder(node)],
        };
        Datum::of(document, node)
    }

    /// The index of the scope's document that a node is in.
    fn holder(&self, node: Node<'_>) -> usize {
        let own = |document: &&Arc<Document>| std::ptr::eq(document.as_ref(), node.document());
        self.documents
            .iter()
            .position(own)
            .expect("invariant: a scope's nodes lie in its documents")
    }

    /// Judges by one rule. Its parameters are only requested if there is something to look at.
    pub(super) fn rule(&mut self, rule: &'n Rule, params: impl FnOnce() -> Rc<Params>) -> Vec<Hit> {
        let logic = rule.logic();
        // Most rules have no parameters.
        let params = || (!rule.params.is_empty()).then(params);
        (self.is_own, self.check) = (rule.own, None);
        let first = match &self.traits {
            Some(traits) if !self.is_own => logic.first_concerning(traits),
            _ => Some(0),
        };
        if let Some(first) = first {
            return self.run(logic, first, params);
        }
        #[cfg(test)]
        self.assert_silent(|judge, hits| hits.extend(judge.run(logic, 0, params)));
        Vec::new()
    }

    /// Judges by those checks of a rule that may find something, of which the first is at index `first`.
    fn run(
        &mut self,
        logic: &'n Logic,
        first: usize,
        params: impl FnOnce() -> Option<Rc<Params>>,
    ) -> Vec<Hit> {
        // Without nodes to look at, it does not matter whether `when` has a value.
        if logic.when.is_some() && logic.checks.iter().all(|check| self.is_idle(check)) {
            return Vec::new();
        }
        self.frame.begin(logic.slots);
        self.frame.put(Slot::PARAMS, params().map(Datum::Params));
        let mut hits = Vec::new();
        self.defer(&logic.lets, 0);
        if self.holds(logic.when.as_ref().map(|when| &when.expression)) {
            for (at, check) in logic.checks.iter().enumerate().skip(first) {
                self.check = Some(at);
                self.check(logic, check, &mut hits);
            }
        }
        hits
    }

    /// Adds the hits of a check, which is compiled when it first has nodes to look at.
    fn check(&mut self, logic: &'n Logic, check: &'n Check, hits: &mut Vec<Hit>) {
        let body = self.body(logic, check);
        #[cfg(test)]
        if let (None, Some(body)) = (body, logic.body(check)) {
            self.assert_silent(|judge, hits| judge.look(logic, check, body, hits));
        }
        if let Some(body) = body {
            self.look(logic, check, body, hits);
        }
    }

    /// The body of a check; `None` if it cannot find anything.
    fn body(&self, logic: &'n Logic, check: &'n Check) -> Option<&'n Body> {
        if !self.may_meet(check.need()) {
            return None;
        }
        match check.known() {
            Some(body) => Some(body),
            None if self.is_idle(check) => None,
            None => logic.body(check).filter(|body| self.may_meet(&body.need)),
        }
    }

    /// False if what is judged is known not to satisfy a need.
    fn may_meet(&self, need: &Sieve) -> bool {
        self.is_own || self.traits.as_ref().is_none_or(|traits| need.lets_through(traits))
    }

    /// In tests, a check that is left out runs all the same, and must not find anything.
    #[cfg(test)]
    fn assert_silent(&mut self, run: impl FnOnce(&mut Self, &mut Vec<Hit>)) {
        let (undecided, mut hits) = (self.undecided, Vec::new());
        run(self, &mut hits);
        assert!(hits.is_empty() && self.undecided == undecided, "this was left out: {hits:?}");
    }

    fn look(&mut self, logic: &'n Logic, check: &'n Check, body: &'n Body, hits: &mut Vec<Hit>) {
        if self.nodes.len() < body.slots {
            self.nodes.resize(body.slots, None);
        }
        self.nodes[logic.slots..body.slots].fill(None);
        self.frame.reserve(body.slots);
        self.defer(&body.lets, 0);
        self.walk(check, body, 0, &mut |judge| {
            if judge.fails(logic, body)
                && let Some(hit) = judge.hit(body)
            {
                hits.push(hit);
            }
        });
    }

    /// True for a check that chooses nodes, if there are none.
    fn is_idle(&self, check: &Check) -> bool {
        let leads =
            |place: &Place| self.roots(place).is_some_and(|roots| place.path.leads_anywhere(roots));
        check.each.first().is_some_and(|each| !leads(&each.place))
    }

    /// Defers those names of a `let` whose values depend on the node that was last chosen, the one with the number
    /// `chosen`.
    fn defer(&mut self, lets: &'n [Let], chosen: usize) {
        for own in lets.iter().filter(|own| own.chosen == chosen) {
            self.frame.defer(own.slot, &own.expression);
        }
    }

    /// True if every name has a value.
    fn has_values(&mut self, lets: &'n [Let]) -> bool {
        lets.iter().all(|own| self.frame.get(own.slot).is_ok())
    }

    pub(super) fn holds(&mut self, when: Option<&'n Expression>) -> bool {
        when.is_none_or(|expression| self.is(expression, true, Part::When))
    }

    /// True if an expression evaluates to `value`. One without a value is counted as undecided.
    fn is(&mut self, expression: &'n Expression, value: bool, part: Part) -> bool {
        let given = expression.holds(&mut self.frame);
        self.answer(part, given.is_ok());
        given.map_or_else(
            |NoValue| {
                self.undecided += 1;
                false
            },
            |given| given == value,
        )
    }

    /// Notes whether a condition has a value here.
    fn answer(&mut self, part: Part, answered: bool) {
        if self.is_own {
            let condition = Condition { check: self.check, part };
            *self.answers.entry(condition).or_default() |= answered;
        }
    }

    /// Calls `judge` for every combination of the nodes in a check's variables, of which the first `chosen` are set.
    fn walk(
        &mut self,
        check: &'n Check,
        body: &'n Body,
        chosen: usize,
        judge: &mut impl FnMut(&mut Self),
    ) {
        let Some(Each { node: slot, key, place }) = check.each.get(chosen) else {
            return judge(self);
        };
        // A variable over the values of a mapping comes with one for the keys.
        let keyed = place.path.steps.last() == Some(&PathStep::Every);
        let first = self.waiting.len();
        let mut waiting = std::mem::take(&mut self.waiting);
        if let Some(roots) = self.roots(place) {
            place.path.for_each(roots, |node| waiting.push(node));
        }
        let end = waiting.len();
        self.waiting = waiting;
        if !keyed {
            self.frame.put(*key, None);
        }
        for at in first..end {
            let node = self.waiting[at];
            self.know(*slot, node);
            if keyed {
                self.frame.put(*key, node.key_name().map(Datum::text));
            }
            self.defer(&body.lets, chosen + 1);
            self.walk(check, body, chosen + 1, judge);
        }
        self.waiting.truncate(first);
    }

    /// True if a check's nodes are at fault.
    fn fails(&mut self, logic: &'n Logic, body: &'n Body) -> bool {
        if !self.holds(body.when.as_ref()) || !self.is(&body.test, body.fails_on, Part::Test) {
            return false;
        }
        // All names must have a value, even those that the tests did not need.
        let known = self.has_values(&logic.lets) && self.has_values(&body.lets);
        self.answer(Part::Names, known);
        self.undecided += usize::from(!known);
        known
    }

    /// The hit for nodes that are at fault.
    fn hit(&mut self, body: &'n Body) -> Option<Hit> {
        let (target, lacking) = self.target(&body.at)?;
        let related = body.related.iter().filter_map(|(place, message)| {
            let target = self.reach(place).filter(|target| target.missing.is_empty())?;
            Some((target, message.fill(&mut self.frame)))
        });
        let related = related.collect();
        let repair = body.repairs.iter().find_map(|plan| self.repair(plan));
        Some(Hit {
            target,
            lacking,
            part: body.part.as_ref().map(|part| part.fill(&mut self.frame)),
            message: body.message.fill(&mut self.frame),
            help: body.help.as_ref().map(|help| help.fill(&mut self.frame)),
            severity: body.severity,
            related,
            repair,
        })
    }

    /// The nodes of the variable at which a path starts.
    fn roots(&self, place: &Place) -> Option<Roots<'_, 'n>> {
        let start = place.start;
        let several = self.several.iter().find(|(slot, _)| *slot == start);
        match several {
            Some((_, nodes)) => Some(Roots::Several(nodes)),
            // A rule's own variables have no node before it is chosen.
            None => self.nodes.get(start.index()).copied().flatten().map(Roots::One),
        }
    }

    pub(super) fn reach(&self, place: &Place) -> Option<Target> {
        let start = match self.roots(place)? {
            Roots::One(node) => node,
            Roots::Several(nodes) => *nodes.first()?,
        };
        let (node, missing) = place.path.reach(start);
        Some(Target { document: self.holder(node), node: node.id(), missing, key: false })
    }

    /// The first place that exists, or else the first place with the keys that are missing. If a name is used in place
    /// of a missing field, the missing one is returned as the second.
    fn target(&self, at: &[Place]) -> Option<(Target, Option<Target>)> {
        let mut reached = at.iter().filter_map(|place| Some((place, self.reach(place)?)));
        let (_, first) = reached.next()?;
        if first.missing.is_empty() {
            return Some((first, None));
        }
        let stands_in = |place: &Place| !(self.is_sort && place.start == Slot::OBJECT);
        match reached.find(|(place, target)| target.missing.is_empty() && stands_in(place)) {
            Some((place, target)) => Some((target, place.path.leads_to_name().then_some(first))),
            None => Some((first, None)),
        }
    }
}
