//! Where to write a change of a rendered field: in the values that set the field, or in the template
//! line that writes it.
//!
//! This may guess: `fix::prove` renders again before a fix is offered as safe.

use std::borrow::Cow;

use super::Places;
use crate::finding::{Edit, Finding, Fix, Origin, Place};
use crate::helm::origin::{Leaf, Through};
use crate::helm::parse::action_length;
use crate::lint::mend::{self, Homes, reach};
use crate::rule::{Action, Change, Repair};
use crate::source::{SourceFile, SourceId, Span};
use crate::yaml::{Document, Entry, Kind, NewValue, Node, Scalar, edit, unescape};

/// The name that a release without a name is rendered with. It must not get into a fix.
pub(super) const NO_NAME: &str = "release-name";

/// A change, with what is needed to find where to write it.
struct Way<'w> {
    homes: &'w Homes<'w>,
    /// The finding's place.
    primary: Span,
    action: &'w Action,
    /// Whether it contains the release's name, so that it must not get into a chart's defaults or a template.
    is_personal: bool,
}

impl Places<'_> {
    /// The fix for a finding in a rendered manifest. The finding must have been moved to its place before.
    pub(in crate::lint) fn mend(
        &self,
        finding: &Finding,
        repair: Option<&Repair>,
        document: &Document,
        homes: &Homes<'_>,
    ) -> Option<Fix> {
        let repair = repair?;
        let edits = repair.changes.iter().map(|change| {
            let name = homes.release.name.as_deref().unwrap_or(NO_NAME);
            let (primary, action) = (finding.primary.span, &change.action);
            let way = Way { homes, primary, action, is_personal: names(action, name) };
            self.change(&way, change, document)
        });
        mend::fix(repair, edits)
    }

    fn change(&self, way: &Way<'_>, change: &Change, document: &Document) -> Option<Vec<Edit>> {
        if way.is_personal && way.homes.release.name.is_none() {
            return None;
        }
        let node = document.node(change.target.node);
        match change.target.missing.split_first() {
            None => self.present(way, node),
            Some((key, rest)) => self.absent(way, node, key, rest),
        }
    }

    /// Changes a node that is there.
    fn present(&self, way: &Way<'_>, node: Node<'_>) -> Option<Vec<Edit>> {
        if quotes(way.action, node)
            && let Some(end) = self.printed(node)
        {
            // Quotes in the values would not be printed.
            let place = Place { span: end, origin: Origin::Template };
            return self.editable(place).then(|| vec![Edit::new(end, " | quote")]);
        }
        if let Some(leaf) = self.leaf_of(node) {
            return self.in_values(way, &leaf, &[]);
        }
        if way.is_personal {
            return None;
        }
        match way.action {
            Action::Set(value) => {
                let at = self.literal(node.span())?;
                let text = edit::inline(value, node.style())?;
                Some(vec![Edit::new(at, text)])
            }
            Action::Rename(name) => {
                Some(vec![Edit::new(self.literal(node.key_span()?)?, name.clone())])
            }
            Action::Remove => {
                let key = self.literal(node.key_span()?)?;
                self.literal(node.span())?;
                let file = self.sources.get(key.source);
                let line = Line::of(&file, key);
                line.is_entry().then(|| vec![Edit::new(line.whole(key.source), "")])
            }
            Action::Append(value) => {
                let last = node.items().last()?;
                let at = self.literal(last.span())?;
                let file = self.sources.get(at.source);
                let line = Line::of(&file, at);
                let dash = line.text.trim_start();
                let column = line.text.len() - dash.len();
                let item = edit::inline(value, last.style()).filter(|_| dash.starts_with("- "))?;
                Some(vec![line.after(at.source, &format!("- {item}"), column)])
            }
        }
    }

    /// The end of the pipeline that prints a whole scalar as it is, `{{ .Values.port }}`.
    fn printed(&self, node: Node<'_>) -> Option<Span> {
        let (file, offset) = self.rendered.place(self.inquiry.place(self.inquiry.range(node))?);
        if file.source == SourceId::NOWHERE {
            return None;
        }
        let source = self.sources.get(file.source);
        let (before, _) = source.text.split_at_checked(offset as usize)?;
        let start = before.rfind("{{")?;
        let length =
            action_length(&source.text[start..]).filter(|length| start + length > before.len())?;
        let (head, tail) =
            (source.text[..start].trim_end_matches(' '), &source.text[start + length..]);
        let is_whole = head.ends_with([':', '-'])
            && tail.lines().next().is_none_or(|rest| rest.trim().is_empty());
        let action = &source.text[start..start + length];
        let pipeline = action.trim_end_matches('}').trim_end_matches('-').trim_end();
        let lays_out = ["toYaml", "indent", "quote"].iter().any(|word| pipeline.contains(word));
        let end = start + pipeline.len();
        (is_whole && !lays_out).then(|| Span::new(file.source, end, end))
    }

    /// Adds what is missing below a node.
    fn absent(
        &self,
        way: &Way<'_>,
        node: Node<'_>,
        key: &str,
        rest: &[String],
    ) -> Option<Vec<Edit>> {
        let keys: Vec<String> =
            std::iter::once(key.to_owned()).chain(rest.iter().cloned()).collect();
        if let Some(leaf) = self.map_of(node) {
            return self.in_values(way, &leaf, &keys);
        }
        if let Some(leaf) = self.reader(node, key) {
            return self.in_values(way, &leaf, rest);
        }
        if way.is_personal {
            return None;
        }
        let value = match way.action {
            Action::Set(value) => value.clone(),
            Action::Append(value) => NewValue::List(vec![value.clone()]),
            Action::Rename(_) | Action::Remove => return None,
        };
        self.in_template(node, key, &value.below(rest))
    }

    /// The value whose text a node is.
    fn leaf_of(&self, node: Node<'_>) -> Option<Leaf> {
        let leaves = self.leaves(self.inquiry.range(node));
        let mut texts = leaves.iter().filter(|(_, through)| *through == Through::Text);
        let (leaf, _) = texts.next().filter(|_| texts.next().is_none())?;
        if node.kind() != Kind::Scalar {
            return self.map_of(node).or_else(|| self.list_of(node));
        }
        Some(leaf.clone())
    }

    /// The map in the values that a mapping is a copy of: the first scalar below it comes from there, by the same keys.
    fn map_of(&self, node: Node<'_>) -> Option<Leaf> {
        (node.kind() == Kind::Mapping).then(|| self.copied(node)).flatten()
    }

    /// The list in the values that a sequence is a copy of.
    fn list_of(&self, node: Node<'_>) -> Option<Leaf> {
        (node.kind() == Kind::Sequence && !node.is_empty()).then(|| self.copied(node)).flatten()
    }

    /// The value that a node is a copy of, with all that is below it.
    fn copied(&self, node: Node<'_>) -> Option<Leaf> {
        let (key, inner) = match node.kind() {
            Kind::Scalar => return self.only_text(node),
            Kind::Sequence => (Cow::Borrowed("0"), node.items().next()),
            Kind::Mapping => {
                let entry = node.written().next();
                (
                    entry.map(|entry| entry.name()).unwrap_or_default(),
                    entry.map(|entry| entry.value),
                )
            }
        };
        let Some(inner) = inner else { return self.only_text(node) };
        let leaf = self.copied(inner)?;
        let (above, last) = leaf.pointer.rsplit_once('/')?;
        (unescape(last) == key).then(|| Self::above(&leaf, above))
    }

    /// The map or list that contains a value. Its span stays that of the value, which tells the file.
    fn above(leaf: &Leaf, pointer: &str) -> Leaf {
        Leaf { pointer: pointer.to_owned(), span: leaf.span, missing: leaf.missing }
    }

    fn only_text(&self, node: Node<'_>) -> Option<Leaf> {
        let leaves = self.leaves(self.inquiry.range(node));
        let text = leaves.into_iter().find(|(_, through)| *through == Through::Text);
        text.map(|(leaf, _)| leaf)
    }

    /// The value that is tested by the branch that would write a missing key.
    fn reader(&self, node: Node<'_>, key: &str) -> Option<Leaf> {
        let (leaf, _) = self.tested(node, key)?;
        // A branch need not write the value that it tests, so the names must match: `affinity`, or `podSecurityContext`
        // for `securityContext`.
        let last = leaf.pointer.rsplit('/').next().unwrap_or_default().to_lowercase();
        last.ends_with(&key.to_lowercase()).then_some(leaf)
    }

    /// Writes the change into a values file, at some keys below a value.
    fn in_values(&self, way: &Way<'_>, leaf: &Leaf, below: &[String]) -> Option<Vec<Edit>> {
        let mut keys: Vec<String> =
            leaf.pointer.split('/').skip(1).map(|key| unescape(key).into_owned()).collect();
        keys.extend(below.iter().cloned());
        if keys.is_empty() {
            return None;
        }
        let path = |span: Span| self.sources.path(span.source);
        // Where the person looks comes first: it may be one of several files for the same value.
        let looked = way.homes.own(&path(way.primary));
        let own = leaf.span.and_then(|span| way.homes.own(&path(span)));
        if let Some(layer) = looked.or(own) {
            return at_keys(layer, &keys, way.action);
        }
        if way.is_personal {
            return at_keys(way.homes.layer()?, &keys, way.action);
        }
        if let Some((span, file)) =
            leaf.span.and_then(|span| Some((span, way.homes.editable(&path(span))?)))
        {
            return Self::in_chart_values(file.roots().next()?, span, &keys, way.action);
        }
        if let Some(layer) = way.homes.layer() {
            return at_keys(layer, &keys, way.action);
        }
        let values = way.homes.editable(&crate::project::join(&self.chart.path, "values.yaml"))?;
        at_keys(values.roots().next()?, &keys, way.action)
    }

    /// The values of a chart start at its own name in those of the chart that it is a part of, so
    /// its file has only the end of the keys: as many as lead to the value that is known.
    fn in_chart_values(
        root: Node<'_>,
        known: Span,
        keys: &[String],
        action: &Action,
    ) -> Option<Vec<Edit>> {
        let place = known.range();
        let leads = |skip: &usize| {
            let (node, missing) = reach(root, &keys[*skip..]).unwrap_or((root, Vec::new()));
            let span = node.span().range();
            let own = node.key_span().map_or(span.start, |key| key.start as usize);
            missing.len() < keys.len() - skip
                && own <= place.start
                && place.end <= span.end.max(place.start)
        };
        let skip = (0..keys.len()).find(leads)?;
        at_keys(root, &keys[skip..], action)
    }

    /// Writes a key into the template, behind an entry of the same mapping that stands on a line of
    /// its own there, or before one that has further lines.
    fn in_template(&self, node: Node<'_>, key: &str, value: &NewValue) -> Option<Vec<Edit>> {
        if node.kind() != Kind::Mapping || node.style() == crate::yaml::Style::Flow {
            return None;
        }
        let mut entries: Vec<Entry<'_>> = node.written().collect();
        // The name stands under no condition; what comes later more often does.
        entries.sort_by_key(|entry| entry.name() != "name");
        let behind = entries.iter().find_map(|entry| {
            let at = self.literal(entry.key.span())?;
            let file = self.sources.get(at.source);
            let line = Line::of(&file, at);
            let one_line = entry.value.kind() == Kind::Scalar
                && !self.manifest.text.as_str()
                    [entry.key.span().start as usize..entry.value.span().end as usize]
                    .contains('\n');
            let column = line.column(at);
            (one_line && line.is_entry()).then(|| {
                let written = edit::entry(key, value, column, line.newline);
                vec![line.after(at.source, &written, column)]
            })
        });
        behind.or_else(|| {
            let at = self.literal(entries.first()?.key.span())?;
            let file = self.sources.get(at.source);
            let line = Line::of(&file, at);
            let column = line.column(at);
            line.is_entry().then(|| {
                let mut written = edit::entry(key, value, column, line.newline);
                written.push_str(line.newline);
                written.push_str(&" ".repeat(column));
                vec![Edit::new(Span::new(at.source, at.start as usize, at.start as usize), written)]
            })
        })
    }

    /// Where a template holds the very text of a span, in a file that may be changed.
    fn literal(&self, span: Span) -> Option<Span> {
        let range = span.range();
        let (file, offset) = self.rendered.byte(self.inquiry.literal(range.start)?);
        if file.source == SourceId::NOWHERE {
            return None;
        }
        let source = self.sources.get(file.source);
        let start = offset as usize;
        let text = &self.manifest.text.as_str()[range];
        let same = source.text.get(start..start + text.len()) == Some(text) && !text.is_empty();
        let at = Span::new(file.source, start, start + text.len());
        let place = Place { span: at, origin: Origin::Template };
        (same && self.editable(place)).then_some(at)
    }
}

/// Makes a change at keys below a root.
fn at_keys(root: Node<'_>, keys: &[String], action: &Action) -> Option<Vec<Edit>> {
    let (node, missing) = reach(root, keys)?;
    action.edits(node, &missing)
}

/// Whether a change makes a text of a scalar that is another type for YAML.
fn quotes(action: &Action, node: Node<'_>) -> bool {
    let is_text = || matches!(node.scalar(), None | Some(Scalar::Str(_)));
    matches!(action, Action::Set(NewValue::Text(text)) if *text == node.raw()) && !is_text()
}

/// Whether a change writes a release's name.
fn names(action: &Action, name: &str) -> bool {
    fn within(value: &NewValue, name: &str) -> bool {
        match value {
            NewValue::Text(text) => text.contains(name),
            NewValue::List(items) => items.iter().any(|item| within(item, name)),
            NewValue::Map(entries) => entries.iter().any(|(_, value)| within(value, name)),
            NewValue::Null | NewValue::Bool(_) | NewValue::Int(_) | NewValue::Float(_) => false,
        }
    }
    matches!(action, Action::Set(value) | Action::Append(value) if within(value, name))
}

/// A line of a template.
struct Line<'t> {
    /// Without its end.
    text: &'t str,
    start: usize,
    newline: &'static str,
}

impl<'t> Line<'t> {
    fn of(file: &'t SourceFile, at: Span) -> Self {
        let lines = file.lines();
        let range = lines.line_range(&file.text, lines.line_of(at.start as usize));
        let newline = if file.text[range.end..].starts_with('\r') { "\r\n" } else { "\n" };
        Self { text: &file.text[range.clone()], start: range.start, newline }
    }

    /// True for `key: value` with all its actions on this line, none of them a branch.
    fn is_entry(&self) -> bool {
        let actions = |word: &str| self.text.matches(word).count();
        let branches = ["if ", "with ", "range ", "end", "else", "block ", "define "];
        let opens =
            self.text.split("{{").skip(1).map(|rest| rest.trim_start_matches('-').trim_start());
        actions("{{") == actions("}}")
            && !opens.into_iter().any(|action| branches.iter().any(|word| action.starts_with(word)))
    }

    /// Characters before a place on the line.
    fn column(&self, at: Span) -> usize {
        self.text[..at.start as usize - self.start].chars().count()
    }

    /// The line with its end.
    fn whole(&self, source: SourceId) -> Span {
        Span::new(source, self.start, self.start + self.text.len() + self.newline.len())
    }

    /// A further line behind it.
    fn after(&self, source: SourceId, text: &str, column: usize) -> Edit {
        let end = self.start + self.text.len();
        Edit::new(
            Span::new(source, end, end),
            format!("{}{}{text}", self.newline, " ".repeat(column)),
        )
    }
}
