//! Inspects the paths and expressions of a rule for faults that do not keep it from running: it would find nothing, or
//! always the same, and nothing would say so. Rules that come with plimsoll are only inspected in its tests, as this
//! takes longer than compiling them.
//!
//! The fields in paths are held against the schemas of Kubernetes, if the rule only applies to kinds that have some.
//! Whatever may be anything is left alone: maps with keys of any name, and the values of functions. So are `pod`,
//! `template` and `containers`, unless the rule names the kinds that make the pods, as custom resources may have pod
//! templates with more fields.

mod calls;
mod fields;

use std::collections::BTreeSet;

use super::file::{Rule, RuleError};
use super::kinds;
use super::logic;
use super::path::{NodePath, PathStep};
use super::template;
use crate::kube::schema::{Below, Site};
use crate::source::Span;
use crate::spelling::{misspelt, nearest, question};
use crate::yaml::Node;

/// The most fields that a help lists.
const FEW: usize = 12;

/// The faults in a rule's paths and expressions, in the order of the file. What cannot be compiled is left out.
pub(super) fn faults(rule: &Rule, root: Node<'_>) -> Vec<RuleError> {
    let names = if rule.scope.is_of_objects() { roots(rule) } else { Names::new() };
    let mut reader = Reader { names, errors: Vec::new() };
    reader.conditions(root);
    for check in root.get("checks").into_iter().flat_map(Node::items) {
        let outside = reader.names.len();
        reader.check(check);
        reader.names.truncate(outside);
    }
    let mut errors = reader.errors;
    errors.sort_by_key(|error| error.span);
    errors.dedup();
    errors
}

/// The names in scope, innermost last, with what is known of their values; `None` if that may be anything.
type Names = Vec<(String, Option<Site>)>;

/// The variables of a rule that stand for objects or parts of them, where a schema knows these.
fn roots(rule: &Rule) -> Names {
    let together = |sites: Vec<Option<Site>>| {
        sites.into_iter().collect::<Option<Vec<_>>>()?.into_iter().reduce(Site::or)
    };
    let words = || rule.kinds.iter().map(String::as_str);
    let object = together(words().map(kinds::site).collect());
    let template = together(words().map(kinds::template).collect());
    let pod = template.as_ref().and_then(|template| known(template.field("spec")));
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let list = |name: &str| known(pod.as_ref()?.field(name));
    let containers = together(lists.map(list).into());
    let all = [
        ("object", object.clone()),
        ("base", object),
        ("template", template),
        ("pod", pod.clone()),
        ("containers", containers),
    ];
    let all = all.into_iter().filter(|(_, site)| site.is_some());
    all.map(|(name, site)| (name.to_owned(), site)).collect()
}

fn known(below: Below) -> Option<Site> {
    match below {
        Below::Known(site) => Some(site),
        Below::Open | Below::Nothing => None,
    }
}

struct Reader {
    names: Names,
    errors: Vec<RuleError>,
}

impl Reader {
    /// Reads the names and the condition of a rule or a check.
    fn conditions(&mut self, node: Node<'_>) {
        for entry in node.get("let").into_iter().flat_map(Node::entries) {
            let site = self.expression(entry.value, entry.value.raw());
            self.names.push((entry.name().into_owned(), site));
        }
        if let Some(when) = node.get("when") {
            self.expression(when, when.raw());
        }
    }

    fn check(&mut self, node: Node<'_>) {
        for entry in node.get("for").into_iter().flat_map(Node::entries) {
            let site = self.path(entry.value);
            let name = entry.name();
            self.names.push((format!("{name}_key"), None));
            self.names.push((name.into_owned(), site));
        }
        self.conditions(node);
        for test in ["require", "forbid"].iter().filter_map(|key| node.get(key)) {
            self.expression(test, test.raw());
        }
        super::file::items(node, "at").for_each(|at| {
            self.path(at);
        });
        self.texts(node, &["part", "message", "help"]);
        for related in node.get("related").into_iter().flat_map(Node::items) {
            related.get("at").map(|at| self.path(at));
            self.texts(related, &["message"]);
        }
        for repair in logic::alternatives(node) {
            self.repair(repair);
        }
    }

    fn repair(&mut self, node: Node<'_>) {
        if let Some(when) = node.get("when") {
            self.expression(when, when.raw());
        }
        self.texts(node, &["title"]);
        for edit in node.get("edits").into_iter().flat_map(Node::items).chain([node]) {
            for path in ["set", "append", "quote"].iter().filter_map(|key| edit.get(key)) {
                self.path(path);
            }
        }
    }

    /// Reads the expressions in texts under some keys.
    fn texts(&mut self, node: Node<'_>, keys: &[&str]) {
        for text in keys.iter().filter_map(|key| node.get(key)) {
            for expression in template::expressions(text.raw().trim()) {
                self.expression(text, expression);
            }
        }
    }

    /// Inspects an expression, and returns what is known of its value.
    fn expression(&mut self, node: Node<'_>, source: &str) -> Option<Site> {
        let parsed = super::expression::parsed(source)?;
        let (site, wrong) = fields::follow(&parsed, &mut self.names);
        self.errors.extend(wrong.into_iter().map(|wrong| wrong.at(node)));
        self.errors.extend(calls::faults(&parsed).into_iter().map(|fault| fault.at(node)));
        site
    }

    /// Follows a path.
    fn path(&mut self, node: Node<'_>) -> Option<Site> {
        let path = NodePath::parse(node.raw()).ok()?;
        let mut site = lookup(&self.names, &path.root)?;
        let mut shown = path.root.clone();
        // `containers` stands for several nodes: without a step to one of them, a path goes on from each.
        let is_several = path.root == "containers" && site.is_list();
        let goes_over = matches!(path.steps.first(), Some(PathStep::Every | PathStep::Index(_)));
        if is_several && !goes_over {
            site = known(site.items())?;
        }
        for step in &path.steps {
            let below = match step {
                PathStep::Key(key) => field(&site, &shown, key).map_err(|wrong| wrong.at(node)),
                PathStep::Every | PathStep::Index(_) => Ok(known(site.items())),
                PathStep::Keys => Ok(None),
            };
            match below {
                Ok(below) => site = below?,
                Err(error) => {
                    self.errors.push(error);
                    return None;
                }
            }
            match step {
                PathStep::Key(key) => shown = format!("{shown}.{}", &**key),
                PathStep::Index(_) | PathStep::Every | PathStep::Keys => shown.push_str("[*]"),
            }
        }
        Some(site)
    }
}

/// What is known of the innermost variable with a name.
fn lookup(names: &Names, name: &str) -> Option<Site> {
    names.iter().rev().find(|(known, _)| known == name)?.1.clone()
}

/// A field that no schema has.
struct Wrong {
    field: String,
    message: String,
    help: Option<String>,
}

/// What is known of a field at a place, which a message calls `shown`. Where there may be further schemas, a field is
/// only wrong if it is a known one with a slip in it.
fn field(site: &Site, shown: &str, name: &str) -> Result<Option<Site>, Wrong> {
    match site.field(name) {
        Below::Known(site) => return Ok(Some(site)),
        Below::Open => return Ok(None),
        Below::Nothing => {}
    }
    let message = format!("there is no field `{name}` in `{shown}`");
    let wrong = |help| Err(Wrong { field: name.to_owned(), message, help });
    if site.is_list() {
        return wrong(Some("that is a list; its items may have such a field".to_owned()));
    }
    if site.is_scalar() {
        let help = "that is a single value; a key with dots in it is written `[\"app.kubernetes.io/name\"]`";
        return wrong(Some(help.to_owned()));
    }
    let fields = site.fields();
    let known = || fields.iter().copied();
    match (site.is_complete(), misspelt(name, known())) {
        (_, Some(near)) => wrong(Some(question(near))),
        (true, None) => wrong(nearest(name, known()).map(question).or_else(|| list(&fields))),
        (false, None) => Ok(None),
    }
}

/// The fields at a place, if they are few.
fn list(fields: &BTreeSet<&str>) -> Option<String> {
    let quoted: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    (1..=FEW).contains(&fields.len()).then(|| format!("known there: {}", quoted.join(", ")))
}

impl Wrong {
    /// The error in a node of the rule's file, at the field if escapes do not hide it.
    fn at(self, node: Node<'_>) -> RuleError {
        let span = place(node, &self.field).unwrap_or_else(|| node.span());
        RuleError { span, message: self.message, help: self.help }
    }
}

/// The place of a field in the text of a node: of the word as a step of a path.
fn place(node: Node<'_>, field: &str) -> Option<Span> {
    let span = node.span();
    let text = &node.document().text()[span.range()];
    let part = |char: char| char.is_alphanumeric() || char == '_' || char == '-';
    let is_step = |at: usize| {
        text[..at].ends_with(['.', '?', '"', '\'']) && !text[at + field.len()..].starts_with(part)
    };
    let at = text.match_indices(field).map(|(at, _)| at).find(|at| is_step(*at))?;
    let start = span.start + u32::try_from(at).ok()?;
    Some(Span { start, end: start + u32::try_from(field.len()).ok()?, ..span })
}
