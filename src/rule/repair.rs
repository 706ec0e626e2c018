//! What a rule changes so that its finding is gone: compiled from `repair` in its file, and filled
//! in for one finding.
//!
//! A repair speaks of nodes of what was judged, never of text: where a rendered field is written is
//! for the pipeline to find out.

use super::expression::{Expression, Fault, Frame, Names};
use super::hit::Target;
use super::logic::Place;
use super::template::Template;
use crate::finding::{ANY_FIELD, Applicability, Edit};
use crate::source::Span;
use crate::yaml::{Document, Kind, NewValue, Node, Style, edit};

/// Changes that make one finding go away.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// What the rule claims of them.
    pub safety: Applicability,
    /// What they do, for a menu.
    pub title: String,
    /// The changes, in the order in which they are made.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The node that is changed, or where one is missing.
    pub target: Target,
    /// The keys on the way to it that name what it is: those behind the variable its path begins
    /// with. `securityContext.privileged`
    pub field: String,
    /// What is done.
    pub action: Action,
}

/// What is done to a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// It becomes this value.
    Set(NewValue),
    /// The key it stands under becomes this one.
    Rename(String),
    /// It is taken out, with its key.
    Remove,
    /// The list that it is gets this item more.
    Append(NewValue),
}

/// A repair as a rule file has it.
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

/// What an edit does, before it is filled in.
#[derive(Debug)]
pub(crate) enum Act {
    Set(Content),
    Rename(Template),
    /// The text that stands there becomes one in quotes.
    Quote,
    Remove,
    Append(Content),
}

/// A value with expressions in its texts.
#[derive(Debug)]
pub(crate) enum Content {
    Fixed(NewValue),
    /// A text; one that is a single expression gives that expression's value, whatever its type.
    Text(Template),
    List(Vec<Content>),
    Map(Vec<(String, Content)>),
}

impl Content {
    /// Compiles the value that a node of a rule file describes.
    ///
    /// # Errors
    /// What is wrong with an expression in it.
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

    /// Fills it in; `None` where an expression has no value.
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
    /// Fills it in for a node; `None` where an expression has no value.
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

/// Edits of the very text that was judged, by a rule on texts or on values layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// What they do, for a menu.
    pub title: String,
    /// The key that is concerned.
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

    /// Gives the key of a value in a layer another name: what it sets is for the chart to say.
    pub(super) fn renamed(value: Node<'_>, name: &str) -> Option<Self> {
        let title = format!("rename `{}` to `{name}`", named(value));
        Some(Self { title, field: ANY_FIELD.to_owned(), edits: edit::rename(value, name)? })
    }

    /// Writes another text in the place of a value.
    pub(super) fn replaced(span: Span, text: String) -> Self {
        let (title, field) = (format!("write `{text}`"), ANY_FIELD.to_owned());
        Self { title, field, edits: vec![Edit::new(span, text)] }
    }

    /// Takes a value out with its key.
    pub(super) fn removed(value: Node<'_>) -> Option<Self> {
        let field = named(value);
        let title = format!("remove `{field}`");
        Some(Self { title, field, edits: edit::remove(value)? })
    }

    /// The same for values of a chart, which may end in any field.
    pub(super) fn of_values(self) -> Self {
        Self { field: ANY_FIELD.to_owned(), ..self }
    }
}

impl Repair {
    /// A repair of a single change.
    pub(super) fn single(safety: Applicability, change: Change) -> Self {
        let title = title(std::slice::from_ref(&change));
        Self { safety, title, changes: vec![change] }
    }
}

impl Repair {
    /// The edits of the text that was judged, sorted; `None` where a change cannot be written, or two
    /// of them touch the same text. `documents` is what the scope was made of.
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
    /// The edits that do this to a node, or to what is missing below it.
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

/// Edits sorted by place; `None` where two overlap, or there are none.
#[must_use]
pub fn together(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    // What is inserted at one place keeps its order.
    edits.sort_by_key(|edit| edit.span);
    edits.dedup();
    let apart = edits.windows(2).all(|pair| !pair[0].overlaps(&pair[1]));
    (apart && !edits.is_empty()).then_some(edits)
}

impl Change {
    /// A change of a node that is there, named by its own key.
    pub(super) fn at(node: Node<'_>, key: bool, action: Action) -> Self {
        let target = Target { key, ..Target::of(node) };
        Self { target, field: named(node), action }
    }
}

/// What is written of a scalar, as a text.
fn quoted(node: Node<'_>) -> Option<NewValue> {
    (node.kind() == Kind::Scalar).then(|| NewValue::Text(node.raw().to_owned()))
}

/// The name of what a node is: its key, or that of the list that it is an item of.
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

/// What changes do, in words.
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

/// A scalar, or a list of one, as it may be shown in a line: a text as it is written, in quotes where it needs some.
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
