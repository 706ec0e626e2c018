//! From a place in a rendered manifest to the line that a person wrote.
//!
//! If the text of a value is what the finding is about, its place is the value's line, else the template
//! line. A missing field is placed at the value that would set it, which is known from the branch of the
//! template that was not taken. For lines that cannot be edited here (in a chart from elsewhere), the
//! place is the release's declaration.

mod mend;
pub(super) mod shown;

use std::cell::OnceCell;
use std::ops::Range;

use crate::finding::{Finding, Origin, Place, Related, Rendered as RenderedAt};
use crate::helm::chart::Chart;
use crate::helm::origin::{Leaf, Through};
use crate::helm::parse::action_length;
use crate::helm::render::{Manifest, Rendered};
use crate::helm::scalar::Inquiry;
use crate::project::{leads_out, path_in_repository};
use crate::rule::{Hit, Target};
use crate::source::{LineIndex, SourceId, Sources, Span};
use crate::yaml::{Document, Kind, Node};
use shown::{dotted, first_line, token};

/// Finds the places that one rendered manifest comes from.
pub(super) struct Places<'r> {
    rendered: &'r Rendered,
    manifest: &'r Manifest,
    /// The lines of its text, which are counted once for all findings.
    lines: OnceCell<LineIndex>,
    inquiry: Inquiry<'r>,
    sources: &'r Sources,
    declared: Span,
    chart: &'r Chart,
    in_repository: bool,
}

/// The place of a finding, with related places and help.
struct Found {
    place: Place,
    related: Vec<Related>,
    help: Option<String>,
}

impl<'r> Places<'r> {
    /// `in_repository` says whether the chart is to be linted.
    pub(super) fn new(
        rendered: &'r Rendered,
        manifest: &'r Manifest,
        sources: &'r Sources,
        declared: Span,
        chart: &'r Chart,
        in_repository: bool,
    ) -> Self {
        let inquiry = Inquiry::new(manifest, &rendered.origins);
        let lines = OnceCell::new();
        Self { rendered, manifest, lines, inquiry, sources, declared, chart, in_repository }
    }

    /// Moves a finding from the rendered text to what a person wrote.
    pub(super) fn settle(&self, finding: &mut Finding, hit: &Hit, document: &Document) {
        let lines = self.lines.get_or_init(|| LineIndex::new(self.manifest.text.as_str()));
        let line = self.manifest.first_line + lines.line_of(finding.primary.span.start as usize);
        finding.rendered = Some(RenderedAt {
            source: self.manifest.template.to_string(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
        });
        let node = document.node(hit.target.node);
        let filler =
            |lacking: &Target| self.filler(document.node(lacking.node), lacking.missing.first()?);
        // Where a name only stands for the object, the line with the name is the place, not the value that sets the name.
        let span = match hit.lacking {
            Some(_) => node.key_span().unwrap_or(finding.primary.span),
            None => finding.primary.span,
        };
        let found = filler(hit.lacking.as_ref().unwrap_or(&hit.target));
        let part = hit.part.as_deref().and_then(|part| part_of(node, part));
        let found = found.unwrap_or_else(|| self.written(span, node, part));
        let mut related = found.related;
        for old in std::mem::take(&mut finding.related) {
            let place = self.simply(old.place.span);
            related.push(Related { message: old.message, place });
        }
        related.retain(|related| related.place.span != found.place.span);
        finding.primary = found.place;
        finding.related = related;
        if let Some(more) = found.help {
            finding.help = Some(match finding.help.take() {
                Some(help) => format!("{more}; {help}").into(),
                None => more.into(),
            });
        }
    }

    /// Moves findings that still point into the rendered text, such as those on annotations.
    pub(super) fn move_rest(&self, finding: &mut Finding) {
        let moved = |place: Place| match place.span.source == SourceId::NOWHERE {
            true => self.simply(place.span),
            false => place,
        };
        finding.primary = moved(finding.primary);
        for related in &mut finding.related {
            related.place = moved(related.place);
        }
    }

    /// The place to edit for a range of the rendered text.
    pub(super) fn of_text(&self, range: std::ops::Range<usize>) -> Place {
        self.simply(Span::new(SourceId::NOWHERE, range.start, range.end))
    }

    /// The values line, or else the template line, that a range comes from.
    fn simply(&self, span: Span) -> Place {
        let range = span.range();
        let leaves = self.leaves(range.clone());
        let text = leaves.iter().find(|(_, through)| *through == Through::Text);
        match text.and_then(|(leaf, _)| Some((leaf, leaf.span?))) {
            Some((leaf, span)) => self.value(&leaf.pointer, span),
            None => {
                let place = self.template(range);
                let packed = place.and_then(|place| self.at_dependency(place.span, None));
                packed.or(place).unwrap_or(self.declaration())
            }
        }
    }

    fn leaves(&self, range: std::ops::Range<usize>) -> Vec<(Leaf, Through)> {
        let range = if range.is_empty() { range.start..range.start + 1 } else { range };
        self.inquiry.leaves(self.inquiry.origin(range))
    }

    fn values(&self, span: Span) -> Place {
        Place { span: first_line(span, self.sources), origin: Origin::Values }
    }

    /// Where to edit a value: where it is written, or, if that is in a packed dependency, where the parent chart overrides
    /// it.
    fn value(&self, pointer: &str, span: Span) -> Place {
        self.at_dependency(span, Some(pointer)).unwrap_or_else(|| self.values(span))
    }

    /// The place in a chart of the repository for something in one of its packed dependencies: the value that overrides
    /// the one at `pointer` or contains it, or else the entry of the dependency, whose version has to be raised.
    fn at_dependency(&self, packed: Span, pointer: Option<&str>) -> Option<Place> {
        if packed.source == SourceId::NOWHERE || !self.in_repository {
            return None;
        }
        let path = self.sources.path(packed.source);
        let below = match self.chart.path.as_str() {
            "" | "." => &path,
            directory => path.strip_prefix(directory)?.strip_prefix('/')?,
        };
        let (archive, _) = below.strip_prefix("charts/")?.split_once(".tgz/")?;
        let names =
            |name: &str| archive.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
        let dependencies = self.chart.metadata.dependencies.iter();
        let dependency = dependencies
            .filter(|dependency| names(&dependency.name))
            .max_by_key(|dependency| dependency.name.len())?;
        let own = pointer.and_then(|pointer| {
            let document = self.chart.values.last()?;
            let (mut node, mut nearest) = (document.root()?, None);
            for key in pointer.split('/').skip(1) {
                let Some(below) = node.get(key) else { break };
                nearest = below.key_span();
                node = below;
            }
            nearest
        });
        let at = |span, origin| Place { span: first_line(span, self.sources), origin };
        Some(
            own.map_or_else(|| at(dependency.span, Origin::Chart), |span| at(span, Origin::Values)),
        )
    }

    fn declaration(&self) -> Place {
        Place { span: token(self.declared, self.sources), origin: Origin::Release }
    }

    fn template(&self, range: std::ops::Range<usize>) -> Option<Place> {
        let range = if range.is_empty() { range.start..range.start + 1 } else { range };
        let (file, offset) = self.rendered.place(self.inquiry.place(range)?);
        if file.source == SourceId::NOWHERE {
            return None;
        }
        let line = token(self.past_blanks(file.source, offset), self.sources);
        Some(Place { span: line, origin: Origin::Template })
    }

    fn past_blanks(&self, source: SourceId, offset: u32) -> Span {
        let file = self.sources.get(source);
        let start = (offset as usize).min(file.text.len());
        let blanks =
            file.text[start..].len() - file.text[start..].trim_start_matches([' ', '\t']).len();
        Span::new(source, start + blanks, start + blanks)
    }

    /// Whether the text can be edited in this repository.
    fn editable(&self, place: Place) -> bool {
        let path = &self.sources.path(place.span.source);
        let packed = path.contains(".tgz/") || self.chart.path.ends_with(".tgz");
        !packed && (self.in_repository || !leads_out(&path_in_repository(path)))
    }

    /// The place that wrote a node: a value, or the template. If only a part of the text is at fault, it is the one that wrote
    /// that part.
    fn written(&self, span: Span, node: Node<'_>, part: Option<Range<usize>>) -> Found {
        let range = match span.range().is_empty() {
            true => self.inquiry.range(node),
            false => span.range(),
        };
        let mut leaves = self.leaves(range.clone());
        if let Some(inner) = self.value_below(&leaves, node) {
            leaves.insert(0, inner);
        }
        let at_fault = part.map(|part| self.leaves(part));
        let is_at_fault =
            |leaf: &Leaf| at_fault.iter().flatten().any(|(other, _)| other.pointer == leaf.pointer);
        let (conditions, mut written): (Vec<_>, Vec<_>) =
            leaves.into_iter().partition(|(_, through)| *through == Through::Condition);
        written.sort_by_key(|(leaf, through)| (!is_at_fault(leaf), *through != Through::Text));
        // If no value has written what is at fault, the template has, perhaps because a value is empty.
        let own =
            at_fault.as_deref().filter(|_| !written.iter().any(|(leaf, _)| is_at_fault(leaf)));
        let unset = own.and_then(|own| self.unset(own, written.first().map(|(leaf, _)| leaf)));
        let template = self.template(range);
        let dependency = template.and_then(|place| self.at_dependency(place.span, None));
        let template = template.filter(|place| self.editable(*place));
        let mut related = Vec::new();
        let mut values = placed(&written);
        let primary = match (unset, template) {
            (Some(place), _) => Some(place),
            (None, Some(_)) if own.is_some() => None,
            _ => values.next().map(|(pointer, span)| self.value(pointer, span)),
        };
        related.extend(values.filter(|_| node.kind() == Kind::Scalar).take(2).map(
            |(pointer, span)| Related {
                message: format!("`{}` has a part in it", dotted(pointer)),
                place: self.value(pointer, span),
            },
        ));
        let conditions = placed(&conditions).take(2).map(|(pointer, span)| Related {
            message: format!("`{}` switches it on", dotted(pointer)),
            place: self.value(pointer, span),
        });
        match (primary, template) {
            (Some(place), template) => {
                related.extend(template.map(|place| Related {
                    message: "this template line writes it".to_owned(),
                    place,
                }));
                related.extend(conditions);
                Found { place, related, help: None }
            }
            (None, Some(place)) => {
                related.extend(conditions);
                Found { place, related, help: None }
            }
            (None, None) => {
                related.extend(conditions);
                let place = dependency.unwrap_or_else(|| self.declaration());
                Found { place, related, help: None }
            }
        }
    }

    /// The empty value because of which the template writes a text of its own; preferably one beside a value that is
    /// written.
    fn unset(&self, own: &[(Leaf, Through)], written: Option<&Leaf>) -> Option<Place> {
        let above = |leaf: &Leaf| leaf.pointer.rsplit_once('/').map(|(above, _)| above.to_owned());
        let beside = written.and_then(above);
        let empty = own.iter().filter_map(|(leaf, through)| {
            let span = leaf.span.filter(|span| span.source != SourceId::NOWHERE)?;
            let file = self.sources.get(span.source);
            let is_empty =
                matches!(file.text.get(span.range())?, "" | "\"\"" | "''" | "~" | "null");
            (is_empty && *through == Through::Condition).then_some((leaf, span))
        });
        let (leaf, span) = empty.max_by_key(|(leaf, _)| above(leaf) == beside)?;
        Some(self.value(&leaf.pointer, span))
    }

    /// If a key and the node below it come from one map in the values: the value below the key, which is more exact than the
    /// map.
    fn value_below(&self, above: &[(Leaf, Through)], node: Node<'_>) -> Option<(Leaf, Through)> {
        let map = above.iter().find(|(_, through)| *through == Through::Text)?;
        let start = node.span().start as usize;
        let below = self.leaves(start..start + 1);
        below.into_iter().find(|(leaf, through)| {
            let rest = leaf.pointer.strip_prefix(map.0.pointer.as_str());
            *through == Through::Text && rest.is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// The value that would set a missing key below a node: the one that is tested by an untaken branch which writes the key.
    fn filler(&self, node: Node<'_>, key: &str) -> Option<Found> {
        let (leaf, template) = self.tested(node, key)?;
        let path = dotted(&leaf.pointer);
        let reads =
            Related { message: format!("this template line reads `{path}`"), place: template };
        let own = leaf.span.map(|span| self.value(&leaf.pointer, span));
        Some(match own {
            Some(place) => Found {
                place,
                related: vec![reads],
                help: Some(match place.origin {
                    Origin::Values => format!("set `{path}` here"),
                    _ => format!("set `{path}` in the values"),
                }),
            },
            None if self.editable(template) => Found {
                place: template,
                related: Vec::new(),
                help: Some(format!("set `{path}` in the values")),
            },
            None => Found {
                place: self
                    .at_dependency(template.span, Some(&leaf.pointer))
                    .unwrap_or_else(|| self.declaration()),
                related: vec![reads],
                help: Some(format!("set `{path}` in the values")),
            },
        })
    }

    /// The untaken branch that would write a key below a node, with the value that it tests.
    fn tested(&self, node: Node<'_>, key: &str) -> Option<(Leaf, Place)> {
        let span = node.span();
        let range = self.inquiry.range(node);
        // A branch before the first key begins after the colon of the key above.
        let start = node.key_span().map_or(span.start, |key| key.end).min(span.start);
        let own = start as usize..span.end as usize;
        let range = if span.start == span.end { range } else { own };
        for segment in self.inquiry.empty_segments(range) {
            let (file, offset) = self.rendered.place(segment.place);
            if file.source == SourceId::NOWHERE {
                continue;
            }
            let source = self.sources.get(file.source);
            let text = &source.text[(offset as usize).min(source.text.len())..];
            let Some(branch) = branch(text) else { continue };
            if !writes(branch.body, key) {
                continue;
            }
            let tested = self.inquiry.leaves(segment.origin);
            let named = |leaf: &Leaf| {
                let last = leaf.pointer.rsplit('/').next().unwrap_or_default();
                !last.is_empty() && mentions(branch.action, last)
            };
            let Some((leaf, _)) = tested.into_iter().find(|(leaf, _)| named(leaf)) else {
                continue;
            };
            let template = self.past_blanks(file.source, offset);
            let span = token(template, self.sources);
            return Some((leaf, Place { span, origin: Origin::Template }));
        }
        None
    }
}

struct Branch<'t> {
    /// `{{- with .Values.affinity }}`
    action: &'t str,
    /// The text up to the end of the branch.
    body: &'t str,
}

/// The values that are written in a file, each with its place there.
fn placed(leaves: &[(Leaf, Through)]) -> impl Iterator<Item = (&str, Span)> {
    leaves.iter().filter_map(|(leaf, _)| Some((leaf.pointer.as_str(), leaf.span?)))
}

/// The range of a part of a scalar's text; if it occurs more than once, the last one, since a text often begins with a name
/// that contains it.
fn part_of(node: Node<'_>, part: &str) -> Option<Range<usize>> {
    let span = node.span().range();
    let at = node.document().text()[span.clone()].rfind(part).filter(|_| !part.is_empty())?;
    Some(span.start + at..span.start + at + part.len())
}

/// The `if`, `with` or `range` at the start of a text.
fn branch(text: &str) -> Option<Branch<'_>> {
    let (action, rest) = text.split_at(action_length(text)?);
    let mut depth = 1;
    let mut at = 0;
    while let Some(open) = rest[at..].find("{{") {
        let start = at + open;
        let end = start + action_length(&rest[start..])?;
        let word = rest[start + 2..].trim_start_matches('-').trim_start();
        let word = word.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        match word {
            "if" | "with" | "range" | "define" | "block" => depth += 1,
            "end" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(Branch { action, body: &rest[..start] });
        }
        at = end;
    }
    None
}

/// Whether a template text writes a key.
fn writes(body: &str, key: &str) -> bool {
    body.lines().any(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
    })
}

/// Whether an action names a field: `.Values.affinity` names `affinity`.
fn mentions(action: &str, name: &str) -> bool {
    action.match_indices(name).any(|(at, _)| {
        let before = action[..at].chars().next_back();
        let after = action[at + name.len()..].chars().next();
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        matches!(before, Some('.' | '"')) && !word(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_ends_at_its_own_end() {
        let text =
            "{{- with .Values.affinity }}\naffinity:\n{{ if .x }}a{{ end }}\n{{- end }}\nrest: 1";
        let branch = branch(text).unwrap();
        assert_eq!(branch.action, "{{- with .Values.affinity }}");
        assert!(writes(branch.body, "affinity") && !writes(branch.body, "rest"));
        assert!(mentions(branch.action, "affinity") && !mentions(branch.action, "aff"));
    }

    #[test]
    fn braces_in_texts_and_comments_end_no_branch() {
        let text = "if eq .Values.a `}}` }}\n{{- /* {{ end }} */}}\na: {{ print \"{{ end }}\" }}\n{{ end }}b: 1";
        let branch = branch(text).unwrap();
        assert_eq!(branch.action, "if eq .Values.a `}}` }}");
        assert!(writes(branch.body, "a") && !writes(branch.body, "b"));
    }
}
