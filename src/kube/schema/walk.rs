//! Compares an object with its schema.

use std::fmt::Write as _;

use super::shape::{Fields, Shape, written};
use super::table::{self, Definition};
use super::{Instead, Violation, ViolationKind};
use crate::spelling::{nearest, question};
use crate::yaml::{Entry, Kind, Node, Scalar};

/// The most violations of one object that are reported.
const MAX_VIOLATIONS: usize = 100;
/// The most levels below and above a misplaced field at which the right place for it is searched.
const MISPLACED_DEPTH: usize = 3;
/// Fields in so many places that one of these would be a useless suggestion.
const COMMON: &[&str] =
    &["annotations", "kind", "labels", "metadata", "name", "namespace", "spec", "type"];

/// Walks an object and its schema side by side.
pub(super) fn object<'a>(root: Node<'a>, shape: &Shape, minor: u32) -> Vec<Violation<'a>> {
    let mut walk = Walk { minor, violations: Vec::new(), above: Vec::new() };
    walk.value(root, shape, "this object", true);
    walk.violations
}

struct Walk<'a, 's> {
    minor: u32,
    violations: Vec<Violation<'a>>,
    /// The objects around the current value, outermost first: their fields, and the field that contains the value.
    above: Vec<(&'s Fields, &'s str)>,
}

impl<'a, 's> Walk<'a, 's> {
    fn value(&mut self, node: Node<'a>, shape: &'s Shape, name: &str, top: bool) {
        if let Shape::Named(definition) = shape {
            if let Some(Definition { kind, shape }) = table::definition(definition, self.minor) {
                self.value(node, shape, kind, top);
            }
            return;
        }
        // For the API, null is as if the field were missing.
        if node.is_null() || self.violations.len() >= MAX_VIOLATIONS {
            return;
        }
        match shape {
            Shape::Any | Shape::Named(_) => {}
            Shape::Object(fields) if node.kind() == Kind::Mapping => {
                self.fields(node, fields, name, top);
            }
            Shape::Map(inner) if node.kind() == Kind::Mapping => {
                node.entries().for_each(|entry| self.value(entry.value, inner, name, false));
            }
            Shape::List(inner) if node.kind() == Kind::Sequence => {
                node.items().for_each(|item| self.value(item, inner, name, false));
            }
            Shape::Text => {
                if !node.is_text() {
                    self.wrong(node, "text");
                }
            }
            Shape::Words(words) => match node.scalar() {
                Some(Scalar::Str(text)) if words.iter().any(|word| word == text) => {}
                Some(Scalar::Str(_)) => self.word(node, words),
                _ => self.wrong(node, "text"),
            },
            Shape::Int if node.as_i64().is_some_and(|int| i32::try_from(int).is_err()) => {
                self.wrong(node, "a whole number of 32 bits");
            }
            Shape::Int | Shape::Long => {
                if node.as_i64().is_none() {
                    self.wrong(node, "a whole number");
                }
            }
            Shape::Number => {
                if node.as_f64().is_none() {
                    self.wrong(node, "a number");
                }
            }
            Shape::Boolean => {
                if node.as_bool().is_none() {
                    self.wrong(node, "`true` or `false`");
                }
            }
            Shape::IntOrText => {
                if !node.is_text() && node.as_i64().is_none() {
                    self.wrong(node, "a whole number or text");
                }
            }
            Shape::Quantity => {
                if node.kind() != Kind::Scalar || node.as_bool().is_some() {
                    self.wrong(node, "a quantity");
                }
            }
            Shape::Object(_) | Shape::Map(_) => self.wrong(node, "a mapping"),
            Shape::List(_) => self.wrong(node, "a list"),
        }
    }

    fn fields(&mut self, node: Node<'a>, fields: &'s Fields, name: &str, top: bool) {
        let mut required = fields.required_count();
        for entry in node.entries() {
            let key = entry.name();
            match fields.get(&key) {
                // A status is written by controllers, and ignored in manifests.
                Some((_, field)) if top && key == "status" => {
                    required -= usize::from(field.required && !entry.value.is_null());
                }
                Some((name, field)) => {
                    required -= usize::from(field.required && !entry.value.is_null());
                    // The most common case.
                    if matches!(field.shape, Shape::Text) && entry.value.is_text() {
                        continue;
                    }
                    self.above.push((fields, name));
                    self.value(entry.value, &field.shape, name, false);
                    self.above.pop();
                }
                None if fields.open => {}
                None => self.unknown(entry, &key, fields, name),
            }
        }
        // Names are unique among the entries, so the count is right.
        if required == 0 {
            return;
        }
        for field in fields.required() {
            if node.get(field).is_none_or(Node::is_null) {
                self.violations.push(Violation {
                    node,
                    kind: ViolationKind::Missing(field.to_owned()),
                    message: format!("`{field}` is missing: the API requires it"),
                    suggestion: None,
                    instead: None,
                });
            }
        }
    }

    fn unknown(&mut self, entry: Entry<'a>, key: &str, fields: &Fields, of: &str) {
        let names = fields.iter().map(|(name, _)| name);
        let near = nearest(key, names);
        let meant = near.map(question);
        let beside = entry.value.parent();
        let suggestion = meant.or_else(|| self.advice(key, fields, beside));
        let read = match entry.key.raw() {
            raw if raw == key || raw.is_empty() => String::new(),
            raw => format!("`{raw}`, which YAML reads as "),
        };
        let message = format!(
            "{read}`{key}` is not a field of {of}: the API refuses it, or drops it without a word"
        );
        self.violations.push(Violation {
            node: entry.value,
            kind: ViolationKind::UnknownField,
            message,
            suggestion,
            instead: near.map(|near| Instead::Key(near.to_owned())),
        });
    }

    /// Suggests the right place for a misplaced field; existing objects come first.
    fn advice(&self, key: &str, fields: &Fields, beside: Option<Node<'_>>) -> Option<String> {
        if COMMON.contains(&key) {
            return None;
        }
        if let Some(place) = self.place_of(key, fields, MISPLACED_DEPTH, beside) {
            return Some(format!("it belongs under `{place}`"));
        }
        self.above.iter().rev().take(MISPLACED_DEPTH).find_map(|(fields, went)| {
            if fields.get(key).is_some() {
                return Some(format!("it belongs further out, beside `{went}`"));
            }
            let place = self.place_of(key, fields, MISPLACED_DEPTH, None)?;
            Some(format!("it belongs under `{place}`"))
        })
    }

    /// The path below these fields at which a field of this name belongs: the nearest one, and of several at the same
    /// distance one that exists.
    fn place_of(
        &self,
        key: &str,
        fields: &Fields,
        depth: usize,
        node: Option<Node<'_>>,
    ) -> Option<String> {
        let objects = || {
            fields.iter().filter(|(name, _)| *name != "status").filter_map(|(name, field)| {
                let (shape, name) = match &field.shape {
                    Shape::List(inner) => (&**inner, format!("{name}[]")),
                    shape => (shape, name.to_owned()),
                };
                let shape = match shape {
                    Shape::Named(name) => &table::definition(name, self.minor)?.shape,
                    shape => shape,
                };
                match shape {
                    Shape::Object(inner) => Some((name, inner)),
                    _ => None,
                }
            })
        };
        let has_key = || objects().filter(|(_, inner)| inner.get(key).is_some());
        let is_there =
            |name: &str| node.is_some_and(|node| node.get(name.trim_end_matches("[]")).is_some());
        let there = has_key().find(|(name, _)| is_there(name));
        if let Some((name, _)) = there.or_else(|| has_key().next()) {
            return Some(name);
        }
        if depth <= 1 {
            return None;
        }
        objects().find_map(|(name, inner)| {
            Some(format!("{name}.{}", self.place_of(key, inner, depth - 1, None)?))
        })
    }

    fn word(&mut self, node: Node<'a>, words: &[std::borrow::Cow<'static, str>]) {
        let near = nearest(node.raw(), written(words));
        let one = written(words).count() == 1;
        let mut message = format!("`{}` is {}", node.raw(), if one { "not" } else { "not one of" });
        for (at, word) in written(words).take(12).enumerate() {
            let _ = write!(message, "{}`{word}`", if at == 0 { " " } else { ", " });
        }
        message.push_str(": the API refuses it");
        self.violations.push(Violation {
            node,
            kind: ViolationKind::WrongValue,
            message,
            suggestion: near.map(question),
            instead: near.map(|near| Instead::Text(near.to_owned())),
        });
    }

    fn wrong(&mut self, node: Node<'a>, wanted: &str) {
        let found = match (node.kind(), node.scalar()) {
            (Kind::Mapping, _) => "a mapping".to_owned(),
            (Kind::Sequence, _) => "a list".to_owned(),
            (_, Some(Scalar::Bool(value))) if node.raw() != value.to_string() => {
                format!("`{}`, which YAML reads as `{value}`", node.raw())
            }
            (_, Some(Scalar::Bool(_))) => format!("the boolean `{}`", node.raw()),
            (_, Some(Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_))) => {
                format!("the number `{}`", node.raw())
            }
            _ if node.raw().is_empty() => "empty text".to_owned(),
            _ => format!("the text `{}`", crop(node.raw())),
        };
        let of_text = node.kind() == Kind::Scalar && wanted == "text";
        let (suggestion, instead) = if of_text {
            let quoted = Some(format!("put it in quotes: \"{}\"", crop(node.raw())));
            (quoted, Some(Instead::Text(node.raw().to_owned())))
        } else if node.as_str().is_some_and(|text| {
            matches!(
                (wanted, crate::yaml::resolve_plain(text)),
                ("a whole number", Scalar::Int(_)) | ("`true` or `false`", Scalar::Bool(_))
            )
        }) {
            (Some("take the quotes away".to_owned()), Some(Instead::Plain))
        } else {
            (None, None)
        };
        self.violations.push(Violation {
            node,
            kind: ViolationKind::WrongType,
            message: format!("{wanted} must stand here, not {found}: the API refuses it"),
            suggestion,
            instead,
        });
    }
}

fn crop(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(40).map_or(line, |(at, _)| &line[..at])
}
