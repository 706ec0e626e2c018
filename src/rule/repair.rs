//! The changes of a rule that repair its finding: compiled from `repair` in its file, and filled in for one finding.
//!
//! A repair changes nodes of the judged scope, never text: the pipeline finds out where a rendered field comes from.

use super::expression::{Expression, Fault, Frame, Names};
use super::hit::Target;
use super::logic::Place;
use super::template::Template;
use crate::finding::{ANY_FIELD, Applicability, Edit};
use crate::source::Span;
use crate::yaml::{Document, Kind, NewValue, Node, Style, edit};

/// Changes that repair one finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// How safe the rule declares them to be.
    pub safety: Applicability,
    /// The title in a menu.
    pub title: String,
    /// The changes, in the order in which they are made.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The node that is changed, or the place of a missing one.
    pub target: Target,
    /// The keys on the path to the node, starting after the variable: `securityContext.privileged`.
    pub field: String,
    /// The action on the node.
    pub action: Action,
}

/// An action on a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Replaces it by this value.
    Set(NewValue),
    /// Replaces its key by this one.
    Rename(String),
    /// Removes it with its key.
    Remove,
    /// Appends this item to it, as it is a list.
    Append(NewValue),
}

/// A repair in a rule file.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) safety: Applicability,
    pub(crate) when: Option<Expression>,
    pub(crate) title: Option<Template>,
    pub(crate) steps: Vec<Step>,
}

/// One edit of a plan.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) place: Place,
    pub(crate) act: Act,
}

/// An action of a plan, before its expressions are filled in.
#[derive(Debug)]
pub(crate) enum Act {
    Set(Content),
    Rename(Template),
    /// Puts the text of the scalar in quotes.
    Quote,
    Remove,
    Append(Content),
}

/// A value with expressions in its texts.
#[derive(Debug)]
pub(crate) enum Content {
    Fixed(NewValue),
    /// A text. If it is a single expression, its value is that of the expression, of any type.
    Text(Template),
    List(Vec<Content>),
    Map(Vec<(String, Content)>),
}

impl Content {
    /// Compiles the value that a node of a rule file describes.
    ///
    /// # Errors
    /// The error in an expression.
    pub(super) fn compile(node: Node<'_>, names: &mut Names) -> Result<Self, Fault> {
        match node.kind() {
            Kind::Sequence => node
                .items()
                .map(|item| Self::compile(item, names))
                .collect::<Result<_, _>>()
                .map(Self::List),
            Kind::Mapping => {
                let entry = |entry: crate::yaml::Entry<'_>| {
                    Ok((entry.name().into_owned(), Self::compile(entry.value, names)?))
                };
                node.entries().map(entry).collect::<Result<_, Fault>>().map(Self::Map)
            }
            Kind::Scalar => match node.as_str() {
                Some(text) => Ok(Self::Text(Template::compile(text, names)?)),
                None => Ok(Self::Fixed(NewValue::of(node))),
            },
        }
    }

    /// Evaluates the expressions; `None` if one has no value.
    fn fill<'n>(&'n self, frame: &mut Frame<'n>) -> Option<NewValue> {
        Some(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => template.value(frame)?,
            Self::List(items) => {
                NewValue::List(items.iter().map(|item| item.fill(frame)).collect::<Option<_>>()?)
            }
            Self::Map(entries) => {
                let entries =
                    entries.iter().map(|(key, value)| Some((key.clone(), value.fill(frame)?)));
                NewValue::Map(entries.collect::<Option<_>>()?)
            }
        })
    }
}

impl Act {
    /// Evaluates the expressions for a node; `None` if one has no value.
    pub(super) fn fill<'n>(&'n self, node: Node<'n>, frame: &mut Frame<'n>) -> Option<Action> {
        Some(match self {
            Self::Quote => Action::Set(quoted(node)?),
            Self::Set(content) => Action::Set(content.fill(frame)?),
            Self::Append(content) => Action::Append(content.fill(frame)?),
            Self::Remove => Action::Remove,
            Self::Rename(name) => match name.value(frame)? {
                NewValue::Text(name) if !name.is_empty() => Action::Rename(name),
                _ => return None,
            },
        })
    }
}

/// Edits of the judged text itself, by a rule on texts or on values layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The title in a menu.
    pub title: String,
    /// The key that is changed.
    pub field: String,
    /// The edits.
    pub edits: Vec<Edit>,
}

impl Rewrite {
    /// Puts a scalar, which may be a key, in quotes.
    pub(super) fn quoted(node: Node<'_>) -> Self {
        let text = edit::quoted(node.raw());
        let title = format!("write `{text}`");
        Self { title, field: named(node), edits: vec![Edit::new(node.span(), text)] }
    }

    /// Renames the key of a value in a layer. Which fields that changes depends on the chart.
    pub(super) fn renamed(value: Node<'_>, name: &str) -> Option<Self> {
        let title = format!("rename `{}` to `{name}`", named(value));
        Some(Self { title, field: ANY_FIELD.to_owned(), edits: edit::rename(value, name)? })
    }

    /// Replaces a value by a text.
    pub(super) fn replaced(span: Span, text: String) -> Self {
        let (title, field) = (format!("write `{text}`"), ANY_FIELD.to_owned());
        Self { title, field, edits: vec![Edit::new(span, text)] }
    }

    /// Removes a value with its key.
    pub(super) fn removed(value: Node<'_>) -> Option<Self> {
        let field = named(value);
        let title = format!("remove `{field}`");
        Some(Self { title, field, edits: edit::remove(value)? })
    }

    /// Marks the rewrite as one of a chart's values, which may change any field.
    pub(super) fn of_values(self) -> Self {
        Self { field: ANY_FIELD.to_owned(), ..self }
    }
}

impl Repair {
    /// A repair with a single change.
    pub(super) fn single(safety: Applicability, change: Change) -> Self {
        let title = title(std::slice::from_ref(&change));
        Self { safety, title, changes: vec![change] }
    }
}

impl Repair {
    /// The edits of the judged text, sorted; `None` if a change cannot be written, or if two change the same text.
    /// `documents` returns the documents of the scope by index.
    #[must_use]
    pub fn edits<'d>(
        &self,
        documents: impl Fn(usize) -> Option<&'d Document>,
    ) -> Option<Vec<Edit>> {
        let edits = self.changes.iter().map(|change| {
            let node = documents(change.target.document)?.node(change.target.node);
            change.action.edits(node, &change.target.missing)
        });
        together(edits.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    }
}

impl Action {
    /// The edits for this action on a node, or on what is missing below it.
    #[must_use]
    pub fn edits(&self, node: Node<'_>, missing: &[String]) -> Option<Vec<Edit>> {
        match self {
            Self::Set(value) => edit::set(node, missing, value),
            Self::Append(value) => edit::append(node, missing, value),
            Self::Rename(name) if missing.is_empty() => edit::rename(node, name),
            Self::Remove if missing.is_empty() => edit::remove(node),
            Self::Rename(_) | Self::Remove => None,
        }
    }
}

/// Sorts edits by place; `None` if two overlap, or if there are none.
#[must_use]
pub fn together(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    // Insertions at one place keep their order.
    edits.sort_by_key(|edit| edit.span);
    edits.dedup();
    let apart = edits.windows(2).all(|pair| !pair[0].overlaps(&pair[1]));
    (apart && !edits.is_empty()).then_some(edits)
}

impl Change {
    /// A change of an existing node, with its own key as the name of the field.
    pub(super) fn at(node: Node<'_>, key: bool, action: Action) -> Self {
        let target = Target { key, ..Target::of(node) };
        Self { target, field: named(node), action }
    }
}

/// The text of a scalar as it is written.
fn quoted(node: Node<'_>) -> Option<NewValue> {
    (node.kind() == Kind::Scalar).then(|| NewValue::Text(node.raw().to_owned()))
}

/// The key of a node, or else that of the list that it is an item of.
pub(super) fn named(node: Node<'_>) -> String {
    let mut at = Some(node);
    while let Some(node) = at {
        if let Some(name) = node.key_name() {
            return name.into_owned();
        }
        at = node.parent();
    }
    String::new()
}

/// Describes changes for a menu.
pub(super) fn title(changes: &[Change]) -> String {
    let each = changes.iter().map(|Change { field, action, .. }| match action {
        Action::Set(value) => match shown(value) {
            Some(value) => format!("set `{field}: {value}`"),
            None => format!("set `{field}`"),
        },
        Action::Rename(name) => format!("rename `{field}` to `{name}`"),
        Action::Remove => format!("remove `{field}`"),
        Action::Append(value) => match shown(value) {
            Some(value) => format!("add `{value}` to `{field}`"),
            None => format!("add an item to `{field}`"),
        },
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A scalar, or a list with one, as it is shown in a line: a text as it is written in YAML, with quotes if it needs
/// them.
fn shown(value: &NewValue) -> Option<String> {
    match value {
        NewValue::Null => Some("null".to_owned()),
        NewValue::Bool(value) => Some(value.to_string()),
        NewValue::Int(value) => Some(value.to_string()),
        NewValue::Float(value) => Some(value.to_string()),
        NewValue::Text(text) => {
            let fits = text.len() < 60 && !text.contains('\n');
            edit::inline(value, Style::Plain).filter(|_| fits)
        }
        NewValue::List(items) => match &items[..] {
            [one] => Some(format!("[{}]", shown(one)?)),
            _ => None,
        },
        NewValue::Map(_) => None,
    }
}
