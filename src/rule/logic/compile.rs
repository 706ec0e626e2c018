//! Compiles the logic of a rule from its file.

use std::sync::{Arc, OnceLock};

use super::{Body, Check, Each, Guard, Let, Logic, Place};
use crate::finding::{Applicability, Severity};
use crate::rule::expression::{Expression, Fault, Level, Names, Nature, Slot};
use crate::rule::file::{RuleError, Scope, severity};
use crate::rule::need::{Need, Sieve};
use crate::rule::path::{NodePath, PathStep};
use crate::rule::repair::{Act, Content, Plan, Step};
use crate::rule::template::Template;
use crate::yaml::{Document, Entry, Kind, Node};

/// Compiles the part of a rule file before the checks, and the paths of the nodes that the checks choose.
pub(super) fn compile(file: &Arc<Document>, scope: Scope) -> Logic {
    let root =
        file.root().expect("invariant: a rule file that is empty is refused when it is read");
    let params = root.get("params").into_iter().flat_map(Node::entries);
    let params = params.map(|entry| entry.name().replace('-', "_")).collect();
    let mut compiler = Compiler { names: Names::new(scope, params), errors: Vec::new() };
    let lets = compiler.lets(root);
    let when = root.get("when").and_then(|node| compiler.condition(node, false));
    let checks = root.get("checks").into_iter().flat_map(Node::items);
    let checks: Vec<Check> = checks.map(|node| compiler.check(node)).collect();
    let only_compares = !checks.is_empty() && checks.iter().all(|check| compares(&check.each));
    let before = if only_compares { Need::Before } else { Need::NOTHING };
    let when = when.map(|expression| compiler.guard(expression, &before));
    let Compiler { names, errors } = compiler;
    Logic { lets, when, checks, slots: names.slots(), names, file: Arc::clone(file), errors }
}

/// Compiles the body of a check, with the names that all checks of its rule share. Parts with errors are left out and
/// reported, in the order of the file.
pub(super) fn body(check: Node<'_>, names: &Names) -> (Option<Body>, Vec<RuleError>) {
    let mut compiler = Compiler { names: names.clone(), errors: Vec::new() };
    let body = compiler.body(check);
    (body, compiler.errors)
}

struct Compiler {
    names: Names,
    errors: Vec<RuleError>,
}

impl Compiler {
    fn error(&mut self, node: Node<'_>, message: impl Into<String>) {
        self.errors.push(RuleError { span: node.span(), message: message.into(), help: None });
    }

    /// The result of compiling a node; an error is reported at the wrong word in it.
    fn taken<T>(&mut self, node: Node<'_>, made: Result<T, impl Into<Fault>>) -> Option<T> {
        match made {
            Ok(made) => return Some(made),
            Err(fault) => self.errors.push(fault.into().at(node)),
        }
        None
    }

    fn expression(&mut self, node: Node<'_>) -> Option<Expression> {
        let made = Expression::compile(node.raw(), &mut self.names);
        self.taken(node, made)
    }

    /// Compiles an expression that must be true or false. With the value `idle`, nothing is ever found.
    fn condition(&mut self, node: Node<'_>, idle: bool) -> Option<Expression> {
        let expression = self.expression(node)?;
        if expression.constant() == Some(idle) {
            self.error(node, format!("with `{idle}` here, nothing is ever found"));
        }
        if let Some(gives) = expression.never_boolean() {
            let help = "a condition is true or false; `x.?y.orValue(false)` takes a field that may be missing";
            self.errors.push(RuleError {
                span: node.span(),
                message: format!("this condition gives {gives}, never true or false"),
                help: Some(help.to_owned()),
            });
        }
        Some(expression)
    }

    fn template(&mut self, node: Node<'_>) -> Option<Template> {
        let made = Template::compile(node.raw().trim(), &mut self.names);
        self.taken(node, made)
    }

    fn place(&mut self, node: Node<'_>) -> Option<Place> {
        let path = self.taken(node, NodePath::parse(node.raw()))?;
        let start = self.names.slot(&path.root).ok_or_else(|| self.names.unknown(&path.root));
        Some(Place { start: self.taken(node, start)?, path })
    }

    /// The entries of a map under a key.
    fn entries<'n>(&mut self, node: Node<'n>, key: &str, such_as: &str) -> Vec<Entry<'n>> {
        let Some(map) = node.get(key) else { return Vec::new() };
        if map.kind() != Kind::Mapping {
            self.error(map, format!("`{key}` is a map, such as {such_as}"));
        }
        map.entries().collect()
    }

    /// Compiles the names under `let`; each is in scope for those after it.
    fn lets(&mut self, node: Node<'_>) -> Vec<Let> {
        let entries = self.entries(node, "let", "`{name: expression}`").into_iter();
        let compiled = entries.filter_map(|entry| {
            let expression = self.expression(entry.value)?;
            let level = expression.level(&self.names);
            let chosen = match level {
                Level::Chosen(count) => count,
                Level::Company | Level::Neighbours | Level::Scope | Level::Item => 0,
            };
            let nature = expression.nature(&mut self.names);
            let slot = self.names.bind(&entry.name(), level);
            self.names.note(slot, nature);
            Some(Let { slot, expression, chosen })
        });
        compiled.collect()
    }

    /// Compiles the condition of a rule, for objects that meet `before`.
    fn guard(&mut self, expression: Expression, before: &Need) -> Guard {
        let undecided = expression.decided(&mut self.names);
        let unless = self.unless(&expression, false);
        let sieve = |need| self.sieve(&before.clone().and(need));
        Guard { undecided: undecided.map(sieve), unless: sieve(unless), expression }
    }

    /// Compiles the part of a check that chooses nodes. Errors in it are reported when the whole check is compiled.
    fn check(&self, node: Node<'_>) -> Check {
        let mut within = Self { names: self.names.clone(), errors: Vec::new() };
        let each = within.each(node, Self::descent);
        let reach = within.sieve(&within.reach(&each));
        Check { each, reach, node: node.id(), compiled: OnceLock::new() }
    }

    /// Compiles the variables that are set to one node after the other; `nature` returns what is known of each.
    fn each(&mut self, node: Node<'_>, nature: fn(&Self, &Place) -> Nature) -> Vec<Each> {
        let such_as = "`{container: \"containers[*]\"}`";
        let entries = self.entries(node, "for", such_as).into_iter().zip(1..);
        let each = entries.filter_map(|(entry, count)| {
            let place = self.place(entry.value)?;
            let level = Level::Chosen(count);
            let key = self.names.bind(&format!("{}_key", entry.name()), level);
            let node = self.names.bind(&entry.name(), level);
            self.names.note(node, nature(self, &place));
            Some(Each { node, key, place })
        });
        each.collect()
    }

    fn body(&mut self, node: Node<'_>) -> Option<Body> {
        let each = self.each(node, Self::nature);
        let lets = self.lets(node);
        let when = node.get("when").and_then(|when| self.condition(when, false));
        let (test, fails_on) = match (node.get("require"), node.get("forbid")) {
            (Some(test), None) => (self.condition(test, true), false),
            (None, Some(test)) => (self.condition(test, false), true),
            _ => {
                self.error(node, "a check needs either `require` or `forbid`");
                return None;
            }
        };
        let at = match node.get("at") {
            Some(list) if list.kind() == Kind::Sequence => {
                list.items().filter_map(|item| self.place(item)).collect()
            }
            Some(one) => self.place(one).into_iter().collect(),
            None => {
                self.error(node, "`at` is missing: say where the finding is shown");
                Vec::new()
            }
        };
        let related = node.get("related").into_iter().flat_map(Node::items);
        let related = related.filter_map(|item| {
            Some((self.place(item.get("at")?)?, self.template(item.get("message")?)?))
        });
        let related = related.collect();
        let Some(message) = node.get("message") else {
            self.error(node, "`message` is missing");
            return None;
        };
        let own = node.get("severity");
        let severity = own.and_then(|node| self.severity(node));
        let test = test?;
        let failing = self.unless(&test, !fails_on);
        let need = self.reach(&each).and(self.guarded(when.as_ref(), failing));
        Some(Body {
            need: self.sieve(&need),
            lets,
            when,
            test,
            fails_on,
            at,
            part: node.get("part").and_then(|part| self.template(part)),
            related,
            message: self.template(message)?,
            help: node.get("help").and_then(|help| self.template(help)),
            severity,
            repairs: alternatives(node).filter_map(|repair| self.plan(repair)).collect(),
            slots: self.names.slots(),
        })
    }

    /// The severity of a check, which cannot be switched off.
    fn severity(&mut self, node: Node<'_>) -> Option<Severity> {
        let severity = self.taken(node, severity(node.raw().trim()))?;
        if severity.is_none() {
            self.errors.push(RuleError {
                span: node.span(),
                message: "a single check cannot be `off`".to_owned(),
                help: Some(
                    "`severity: off` at the top of the file switches the rule off".to_owned(),
                ),
            });
        }
        severity
    }

    /// Whether the nodes that a path leads to are in the object.
    fn descent(&self, place: &Place) -> Nature {
        if self.names.nature(place.start).is_own() { Nature::NODE } else { Nature::Open }
    }

    /// What is known of the nodes that a path leads to.
    fn nature(&self, place: &Place) -> Nature {
        let other = |name: &str, kind, within| Some(Need::other(name, kind, within));
        let (name, within) = match (self.names.nature(place.start), place.path.steps.as_slice()) {
            (Nature::Mappings, [PathStep::Every | PathStep::Index(_)]) => return Nature::Mapping,
            (own, _) if !own.is_own() => return Nature::Open,
            (_, [.., PathStep::Key(name)]) => (name, false),
            (_, [.., PathStep::Key(name), PathStep::Every]) => (name, true),
            _ => return Nature::NODE,
        };
        Nature::Node {
            mapping: other(name, Kind::Mapping, within),
            scalar: other(name, Kind::Scalar, within),
            text: Some(Need::no_text(name, within)),
        }
    }

    /// What an object must meet to have nodes that a check can choose.
    fn reach(&self, each: &[Each]) -> Need {
        let own = each.iter().filter(|each| self.names.nature(each.place.start).is_own());
        let keys = own.flat_map(|each| &each.place.path.steps).filter_map(|step| match step {
            PathStep::Key(key) => Some(Need::key(key)),
            PathStep::Every | PathStep::Keys | PathStep::Index(_) => None,
        });
        // The last keys of a path are the rarest.
        let keys = keys.rev().fold(Need::NOTHING, Need::and);
        let of_pods = |each: &Each| [Slot::POD, Slot::CONTAINERS].contains(&each.place.start);
        let pods = if each.iter().any(of_pods) { Need::Pods } else { Need::NOTHING };
        let before = if compares(each) { Need::Before } else { Need::NOTHING };
        keys.and(pods).and(before)
    }

    /// Compiles a need that was determined with the names that are in scope.
    fn sieve(&self, need: &Need) -> Sieve {
        Sieve::of(need).assuming_pods(self.names.assumes_pods())
    }

    /// What an object must meet for a part that is only evaluated if `when` holds, and that needs `inner`.
    fn guarded(&mut self, when: Option<&Expression>, inner: Need) -> Need {
        match when {
            None => inner,
            Some(when) => match when.decided(&mut self.names) {
                Some(odd) => odd.or(self.unless(when, false).and(inner)),
                // A `when` without a value is counted as undecided.
                None => self.unless(when, false),
            },
        }
    }

    /// What an object must meet for a test to have another result than `value`.
    fn unless(&mut self, test: &Expression, value: bool) -> Need {
        let lack = test.lack(&mut self.names);
        let lack = lack.filter(|lack| lack.truth() == Some(value));
        lack.map_or(Need::NOTHING, |lack| lack.unless)
    }

    fn plan(&mut self, node: Node<'_>) -> Option<Plan> {
        let safety = match node.get("safety") {
            Some(word) => self.taken(word, safety(word.raw()))?,
            None => Applicability::Safe,
        };
        let when = node.get("when").and_then(|when| self.condition(when, false));
        let title = node.get("title").and_then(|title| self.template(title));
        let edits = match node.get("edits") {
            Some(edits) => edits.items().collect(),
            None => vec![node],
        };
        let steps = edits.into_iter().map(|edit| self.step(edit)).collect::<Option<Vec<_>>>()?;
        Some(Plan { safety, when, title, steps })
    }

    fn step(&mut self, node: Node<'_>) -> Option<Step> {
        let named =
            ["set", "rename", "quote", "remove", "append"].map(|word| (word, node.get(word)));
        let mut named = named.into_iter().filter_map(|(word, path)| Some((word, path?)));
        let (Some((word, path)), None) = (named.next(), named.next()) else {
            self.error(
                node,
                "an edit is one of `set`, `rename`, `quote`, `remove` and `append`, with a path",
            );
            return None;
        };
        let place = self.place(path)?;
        let fits = |step: &PathStep| matches!(step, PathStep::Key(_) | PathStep::Index(_));
        if !place.path.steps.iter().all(fits) {
            self.error(
                path,
                "an edit is made at one node: a variable that stands for one, and keys",
            );
            return None;
        }
        let to = node.get("to");
        let act = match (word, to) {
            ("remove", None) => Act::Remove,
            ("quote", None) => Act::Quote,
            ("rename", Some(to)) => Act::Rename(self.template(to)?),
            ("set", Some(to)) => Act::Set(self.content(to)?),
            ("append", Some(to)) => Act::Append(self.content(to)?),
            _ => {
                self.error(node, "`to` says what is written; only `remove` and `quote` have none");
                return None;
            }
        };
        Some(Step { place, act })
    }

    fn content(&mut self, node: Node<'_>) -> Option<Content> {
        let made = Content::compile(node, &mut self.names);
        self.taken(node, made)
    }
}

/// True for a check over nodes of the object in the Git revision that a run compares with.
fn compares(each: &[Each]) -> bool {
    each.first().is_some_and(|first| first.place.start == Slot::BASE)
}

/// The repairs of a check: one, or a list of which the first whose condition holds is used.
pub(in crate::rule) fn alternatives(check: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let repair = check.get("repair");
    let one = repair.filter(|repair| repair.kind() == Kind::Mapping);
    one.into_iter().chain(repair.into_iter().flat_map(Node::items))
}

/// Reads the safety of a repair.
pub(in crate::rule) fn safety(word: &str) -> Result<Applicability, String> {
    match word.trim() {
        "safe" => Ok(Applicability::Safe),
        "unsafe" => Ok(Applicability::Unsafe),
        "display" => Ok(Applicability::Display),
        other => Err(format!("`{other}` is not a safety; there are safe, unsafe and display")),
    }
}
