//! Writes suppression comments: `plimsoll check --add-ignores "reason"`.
//!
//! A comment is put on a line of its own above the finding, with the same indentation, so nothing else in
//! the file changes. In a template, it is an action that trims the line that it adds, so that the chart
//! renders the same bytes. Where there cannot be a comment, that is reported instead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::{UNUSED, directive};
use crate::project::path_in_repository;
use crate::report::model::Entry;
use crate::source::{LineIndex, SourceId};
use crate::yaml::{self, Kind, Node, Stream};

/// The texts to write, and the findings that no comment can silence.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Silencing {
    /// The new texts of files, by path.
    pub files: BTreeMap<String, String>,
    /// How many comments were added.
    pub comments: usize,
    /// `file:line: why`, sorted.
    pub refused: Vec<String>,
}

/// A reason that cannot be written in a comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReason {
    /// It is empty, or would end the comment.
    #[error("a reason is some words on one line, without `*/` and `}}`")]
    Text,
    /// What it says of the last day cannot be read, so the comments would silence nothing.
    #[error("{0}")]
    Until(String),
}

/// Writes comments that silence these findings. `read` gives the text of a file.
///
/// # Errors
/// When the reason cannot be written in a comment.
pub fn comments(
    entries: &[Entry],
    reason: &str,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<Silencing, BadReason> {
    let reason = reason.trim();
    if reason.is_empty() || ["\n", "\r", "*/", "}}"].iter().any(|end| reason.contains(end)) {
        return Err(BadReason::Text);
    }
    directive::until(reason).map_err(BadReason::Until)?;
    let mut silencing = Silencing::default();
    let mut files: BTreeMap<&str, Lines<'_>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.rule != UNUSED) {
        let line = entry.location.start.line.saturating_sub(1) as usize;
        let lines = files.entry(&entry.location.file).or_default();
        lines.entry(line).or_default().insert(&entry.rule);
    }
    for (path, lines) in files {
        match read(path) {
            Some(text) if has_comments(path) => silencing.write(path, &text, &lines, reason),
            Some(_) => silencing.refuse(path, &lines, "such a file has no comments to write"),
            None => silencing.refuse(path, &lines, "there is no such file to write to"),
        }
    }
    silencing.refused.sort();
    Ok(silencing)
}

/// Rules by the 0-based lines of their findings.
type Lines<'e> = BTreeMap<usize, BTreeSet<&'e str>>;

impl Silencing {
    fn refuse(&mut self, path: &str, lines: &Lines<'_>, why: &str) {
        self.refused.extend(lines.keys().map(|line| format!("{path}:{}: {why}", line + 1)));
    }

    fn write(&mut self, path: &str, text: &str, lines: &Lines<'_>, reason: &str) {
        let target = Target::new(path, text);
        let mut written = String::with_capacity(text.len() + 80 * lines.len());
        let mut from = 0;
        let mut covering: Lines<'_> = BTreeMap::new();
        for (&line, rules) in lines {
            covering.entry(target.covering(line)).or_default().extend(rules);
        }
        for (line, rules) in covering {
            let rules = rules.into_iter().collect::<Vec<_>>().join(", ");
            match target.comment(line, &format!("plimsoll: ignore[{rules}] {reason}")) {
                Ok(comment) => {
                    let at = target.lines.line_range(text, line).start;
                    written.push_str(&text[from..at]);
                    written.push_str(&comment);
                    from = at;
                    self.comments += 1;
                }
                Err(why) => self.refused.push(format!("{path}:{}: {why}", line + 1)),
            }
        }
        written.push_str(&text[from..]);
        if written.len() > text.len() {
            self.files.insert(path.to_owned(), written);
        }
    }
}

/// True for files in which suppressions are read, and whose syntax for comments is known.
fn has_comments(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "tpl" | "gotmpl"))
}

/// A file to add comments to.
struct Target<'t> {
    text: &'t str,
    lines: LineIndex,
    /// The first and the last line of each block of text, in order. The key is in the first.
    blocks: Vec<(usize, usize)>,
    /// `None` for a template.
    stream: Option<Stream>,
}

impl<'t> Target<'t> {
    fn new(path: &str, text: &'t str) -> Self {
        let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(text));
        let in_chart = path_in_repository(path).split('/').any(|part| part == "templates");
        let template = text.contains("{{") && (in_chart || !stream.errors.is_empty());
        let lines = LineIndex::new(text);
        let mut blocks = Vec::new();
        let mut line = 0;
        while line < lines.line_count() {
            let end = directive::block_end(text, &lines, line);
            blocks.extend(end.map(|end| (line, end)));
            line = end.unwrap_or(line) + 1;
        }
        Self { text, lines, blocks, stream: (!template).then_some(stream) }
    }

    /// The line before which a comment has to be to cover a line: the first line of the block of text around it, or the
    /// line itself.
    fn covering(&self, line: usize) -> usize {
        let before = self.blocks.partition_point(|(first, _)| *first < line);
        let block = self.blocks[..before].last().filter(|(_, last)| *last >= line);
        block.map_or(line, |(first, _)| *first)
    }

    /// The comment to insert before a line, with its line end.
    fn comment(&self, line: usize, words: &str) -> Result<String, &'static str> {
        let range = self.lines.line_range(self.text, line);
        let own = &self.text[range.clone()];
        let own = own.strip_prefix('\u{feff}').unwrap_or(own);
        let indent = &own[..own.len() - own.trim_start_matches([' ', '\t']).len()];
        let crlf = self.text[range.start..].split_inclusive('\n').next();
        let end = if crlf.is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
        if range.start == 0 && self.text.starts_with('\u{feff}') {
            return Err("nothing can stand before a byte order mark");
        }
        match &self.stream {
            Some(stream) if !stream.errors.is_empty() => Err("the file is not valid YAML"),
            Some(stream) if within_scalar(stream, range.start) => {
                Err("the line is a part of a text of several lines")
            }
            Some(_) => Ok(format!("{indent}# {words}{end}")),
            None => {
                let (open, close) = self.action(range.start)?;
                Ok(format!("{indent}{open}/* {words} */{close}{end}"))
            }
        }
    }

    /// How a comment's action begins and ends so that it trims exactly the line that it adds: by trimming the blanks
    /// before it, or, at the start of a file, those after it.
    fn action(&self, at: usize) -> Result<(&'static str, &'static str), &'static str> {
        let before = &self.text[..at];
        if before.rfind("{{") > before.rfind("}}") {
            return Err("the line is in the middle of an action");
        }
        let before = before.trim_end();
        Ok(match () {
            () if before.is_empty() => ("{{", " -}}"),
            // The action before trims the blanks after it, so this one has to do the same.
            () if before.ends_with("-}}") => ("{{- ", " -}}"),
            () => ("{{- ", "}}"),
        })
    }
}

/// Whether a line that begins at `at` is inside a scalar, of which a comment would become a part.
fn within_scalar(stream: &Stream, at: usize) -> bool {
    let roots = stream.documents.iter().filter_map(|document| document.root());
    roots.into_iter().any(|root| cuts(root, at))
}

fn cuts(node: Node<'_>, at: usize) -> bool {
    let range = node.span().range();
    // A block's span may end at the start of the line after it.
    if !(range.start < at && at < range.end) {
        return false;
    }
    match node.kind() {
        Kind::Scalar => true,
        Kind::Sequence => node.items().any(|item| cuts(item, at)),
        Kind::Mapping => node.written().any(|entry| {
            cuts(entry.key, at) || (entry.value.alias_span().is_none() && cuts(entry.value, at))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::directive;
    use super::*;
    use crate::report::model::{Location, Point};

    fn entry(file: &str, line: u32, rule: &str) -> Entry {
        let point = Point { line, column: 1 };
        Entry::bare(rule, Location { file: file.into(), start: point, end: point })
    }

    fn silence(file: &str, text: &str, found: &[(u32, &str)]) -> Silencing {
        let entries: Vec<Entry> =
            found.iter().map(|(line, rule)| entry(file, *line, rule)).collect();
        comments(&entries, "for now", &|_| Some(text.to_owned())).unwrap()
    }

    #[test]
    fn a_comment_stands_above_and_is_indented_as_its_line() {
        let text = "a:\r\n  - name: x\r\n    b: 1\r\n";
        let made = silence("values.yaml", text, &[(3, "two"), (2, "one"), (2, "other")]);
        assert_eq!(
            made.files["values.yaml"],
            "a:\r\n  # plimsoll: ignore[one, other] for now\r\n  - name: x\r\n    # plimsoll: ignore[two] for now\r\n    b: 1\r\n"
        );
        assert_eq!((made.comments, made.refused.len()), (2, 0));
    }

    #[test]
    fn every_comment_is_read_as_a_suppression_of_its_line() {
        for (file, text) in [
            ("values.yaml", "a: 1\nb: 2\n"),
            ("c/templates/d.yaml", "a: {{ .x }}\nb: {{ .y -}}\n"),
            ("c/templates/d.yaml", "a: {{ .x -}}\nb: 2\n"),
        ] {
            let made = silence(file, text, &[(2, "one")]);
            let new = &made.files[file];
            let lines = LineIndex::new(new);
            let directives = match text.contains("{{") {
                true => directive::in_template(SourceId::NOWHERE, new, &lines),
                false => {
                    let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(new.as_str()));
                    let spans = stream.comments.iter().map(|comment| comment.span);
                    directive::in_comments(SourceId::NOWHERE, new, &lines, spans)
                }
            };
            assert_eq!(directives.len(), 1, "{new}");
            assert_eq!(directives[0].scope, directive::Scope::Lines(2, 2), "{new}");
            assert_eq!(directives[0].problem, None);
        }
    }

    #[test]
    fn a_text_of_several_lines_is_left_alone_but_for_a_comment_above_a_block() {
        let text = "a: |\n  b\n  c\nd: 1\n";
        let made = silence("values.yaml", text, &[(2, "two"), (3, "one"), (4, "one")]);
        assert_eq!(
            made.files["values.yaml"],
            "# plimsoll: ignore[one, two] for now\na: |\n  b\n  c\n# plimsoll: ignore[one] for now\nd: 1\n"
        );
        let made = silence("values.yaml", "a: b\n  c\nd: 1\n", &[(2, "one")]);
        assert_eq!(made.refused, ["values.yaml:2: the line is a part of a text of several lines"]);
    }

    #[test]
    fn a_template_takes_back_the_line_that_a_comment_adds() {
        let actions = |text: &str, line| {
            let made = silence("c/templates/d.yaml", text, &[(line, "r")]);
            made.files.into_values().next().unwrap_or_default()
        };
        assert_eq!(
            actions("a: {{ .x }}\n  b: 1\n", 2),
            "a: {{ .x }}\n  {{- /* plimsoll: ignore[r] for now */}}\n  b: 1\n"
        );
        assert_eq!(
            actions("{{ if .x -}}\n  b: 1\n", 2),
            "{{ if .x -}}\n  {{- /* plimsoll: ignore[r] for now */ -}}\n  b: 1\n"
        );
        assert_eq!(
            actions("b: {{ .x }}\n", 1),
            "{{/* plimsoll: ignore[r] for now */ -}}\nb: {{ .x }}\n"
        );
        assert_eq!(actions("a: {{ .x |\n  quote }}\n", 2), "");
    }

    #[test]
    fn json_has_no_comments_and_a_reason_ends_none() {
        let made = silence("a.json", "{}", &[(1, "one")]);
        assert!(made.files.is_empty() && made.refused.len() == 1);
        for reason in ["", " ", "a\nb", "a */ b", "}}"] {
            assert_eq!(comments(&[], reason, &|_| None), Err(BadReason::Text));
        }
    }

    #[test]
    fn a_last_day_that_cannot_be_read_is_refused_before_anything_is_written() {
        let made = comments(&[], "for now until=tomorrow", &|_| None);
        assert!(matches!(made, Err(BadReason::Until(why)) if why.contains("is not a date")));
        assert!(comments(&[], "for now until=2999-01-01", &|_| None).is_ok());
    }
}
