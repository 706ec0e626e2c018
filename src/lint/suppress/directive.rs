//! Reads suppression comments and annotations.
//!
//! `# plimsoll: ignore[rule-id, other-id] reason until=2027-03-01` covers its own line or the line below it, and
//! `# plimsoll: ignore-file[rule-id] reason` covers the file. In templates, both may also be in `{{/* … */}}`. If the
//! covered line begins a block of text (`key: |`), the whole block is covered, since there can be no comments in it.

use std::ops::Range;

use jiff::civil::Date;
use memchr::memmem;

use crate::source::{LineIndex, SourceId, Span};

/// A comment that silences findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The comment from its `plimsoll:` to its end.
    pub span: Span,
    /// The rules that it names, in the order of the text; may be empty if there is a problem.
    pub rules: Vec<Named>,
    /// What it covers.
    pub scope: Scope,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Why it cannot be read; such a directive silences nothing.
    pub problem: Option<String>,
}

/// A rule named in a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As written.
    pub id: String,
    /// Where.
    pub span: Span,
}

/// What a directive covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The first and the last line, 0-based.
    Lines(usize, usize),
    /// The whole file.
    File,
}

/// The word that every directive begins with.
pub const MARK: &str = "plimsoll:";

/// Reads the directives among a YAML file's comments, in the order of the file.
#[must_use]
pub fn in_comments(
    source: SourceId,
    text: &str,
    lines: &LineIndex,
    comments: impl IntoIterator<Item = Span>,
) -> Vec<Directive> {
    let mut stack = None;
    let read = |span: Span| {
        let comment = text.get(span.range())?;
        let body = comment.strip_prefix('#').unwrap_or(comment);
        let at = span.start as usize + (comment.len() - body.trim_start().len());
        directive(source, text, lines, at..span.end as usize, &mut stack)
    };
    comments.into_iter().filter_map(read).collect()
}

/// Reads the directives in a template, which is not parsed: comments are recognised by what stands before them.
#[must_use]
pub fn in_template(source: SourceId, text: &str, lines: &LineIndex) -> Vec<Directive> {
    let mut stack = None;
    let read = |(at, _): (usize, &str)| {
        let own = lines.line_range(text, lines.line_of(at));
        let before = text[own.start..at].trim_end();
        let end = if before.ends_with("/*") {
            at + text[at..].find("*/")?
        } else if before.ends_with('#') {
            own.end
        } else {
            return None;
        };
        directive(source, text, lines, at..end, &mut stack)
    };
    text.match_indices(MARK).filter_map(read).collect()
}

/// True if a text may contain a directive; a quick test, false for most files.
#[must_use]
pub fn may_hold(text: &str) -> bool {
    memmem::find(text.as_bytes(), MARK.as_bytes()).is_some()
}

/// Reads the directive whose text from `plimsoll:` on is given by its range; `None` if it is another comment.
fn directive(
    source: SourceId,
    text: &str,
    lines: &LineIndex,
    Range { start: at, end }: Range<usize>,
    stack: &mut Option<Stack>,
) -> Option<Directive> {
    let comment = text.get(at..end)?.trim_end();
    let rest = comment.strip_prefix(MARK)?.trim_start();
    let (rest, whole_file) = match rest.strip_prefix("ignore-file") {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix("ignore")?, false),
    };
    let span = Span::new(source, at, at + comment.len());
    let scope = if whole_file { Scope::File } else { covered(text, lines, at, stack) };
    let malformed = |problem: &str| {
        let problem = Some(problem.to_owned());
        Some(Directive { span, rules: Vec::new(), scope, until: None, problem })
    };
    let Some(list) = rest.trim_start().strip_prefix('[') else {
        return malformed("name the rules it is for: `ignore[rule-id] reason`");
    };
    let Some((list, reason)) = list.split_once(']') else {
        return malformed("the list of rules is not closed by `]`");
    };
    let mut from = at + (comment.len() - reason.len() - 1 - list.len());
    let mut rules = Vec::new();
    for item in list.split(',') {
        let id = item.trim();
        if !id.is_empty() {
            let start = from + (item.len() - item.trim_start().len());
            rules.push(Named {
                id: id.to_owned(),
                span: Span::new(source, start, start + id.len()),
            });
        }
        from += item.len() + 1;
    }
    if rules.is_empty() {
        return malformed("name the rules it is for: `ignore[rule-id] reason`");
    }
    match until(reason) {
        Ok(until) => Some(Directive { span, rules, scope, until, problem: None }),
        Err(problem) => Some(Directive { span, rules, scope, until: None, problem: Some(problem) }),
    }
}

/// The comments last gone through, and what they cover.
struct Stack {
    /// The first line of the comments.
    first: usize,
    /// The first line below them, which may be the end of the text.
    below: usize,
    /// The last line that is covered, if there is a line below.
    last: usize,
}

/// The lines that a comment at `at` covers: its own if there is something before it, else the next line that is not a
/// comment, so that several comments can be stacked. Those below it were gone through for the comment before it.
fn covered(text: &str, lines: &LineIndex, at: usize, stack: &mut Option<Stack>) -> Scope {
    let own = lines.line_of(at);
    let to_block_end = |line| block_end(text, lines, line).unwrap_or(line);
    let before = text[lines.line_range(text, own).start..at].trim();
    let alone = matches!(before, "" | "#" | "{{/*" | "{{-/*" | "{{- /*" | "# {{/*" | "# {{- /*");
    if !alone {
        return Scope::Lines(own, to_block_end(own));
    }
    let is_comment = |line: usize| {
        let line = text[lines.line_range(text, line)].trim_start();
        line.starts_with('#') || line.starts_with("{{/*") || line.starts_with("{{- /*")
    };
    let count = lines.line_count();
    let known = stack.take().filter(|stack| (stack.first..=stack.below).contains(&(own + 1)));
    let Stack { below, last, .. } = stack.insert(known.unwrap_or_else(|| {
        let below = (own + 1..count).find(|&line| !is_comment(line)).unwrap_or(count);
        let last = if below < count { to_block_end(below) } else { below };
        Stack { first: own + 1, below, last }
    }));
    match *below < count {
        true => Scope::Lines(*below, *last),
        false => Scope::Lines(own, to_block_end(own)),
    }
}

/// The last line of the block of text that a line begins; `None` if it begins none.
#[must_use]
pub fn block_end(text: &str, lines: &LineIndex, line: usize) -> Option<usize> {
    let of = |line: usize| text[lines.line_range(text, line)].trim_end();
    let header = of(line);
    if !begins_block(header) {
        return None;
    }
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = indent(header);
    let within = |line: &usize| of(*line).is_empty() || indent(of(*line)) > own;
    let last =
        (line + 1..lines.line_count()).take_while(within).filter(|&line| !of(line).is_empty());
    last.last()
}

/// Whether a line ends in the header of a block scalar: `|` or `>` with its indicators.
fn begins_block(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    let before = line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    line.len() - before.len() <= 2
        && before.strip_suffix(['|', '>']).is_some_and(|key| {
            key.trim().is_empty()
                || key.ends_with(": ")
                || key.trim_end_matches(' ').ends_with(['-', ':'])
        })
}

/// The date of `until=YYYY-MM-DD` in a reason.
pub(super) fn until(reason: &str) -> Result<Option<Date>, String> {
    let Some(word) = reason.split_whitespace().find_map(|word| word.strip_prefix("until=")) else {
        return Ok(None);
    };
    let word = word.trim_end_matches([',', '.', ';', ')']);
    word.parse()
        .map(Some)
        .map_err(|_| format!("`until={word}` is not a date: write `until=2027-03-01`"))
}

/// An entry of the annotation `plimsoll.dev/ignore`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule, as written.
    pub rule: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// The key of the annotation that silences findings on one object.
pub const ANNOTATION: &str = "plimsoll.dev/ignore";

/// Reads an annotation's value, `rule-id: reason, other-id: reason`. A reason may contain commas: after one, an entry
/// begins only where the id of a rule follows, or a word like one and a colon.
#[must_use]
pub fn in_annotation(value: &str, is_rule: impl Fn(&str) -> bool) -> Vec<Waiver> {
    let mut has_reason = false;
    let mut waivers: Vec<Waiver> = Vec::new();
    for part in value.split([',', '\n']) {
        let (head, reason) = part.split_once(':').unwrap_or((part, ""));
        let id = head.trim();
        let is_id = !id.is_empty()
            && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
            && (waivers.is_empty()
                || part.contains(':')
                || is_rule(id)
                // A list of ids without reasons, where one may be misspelt.
                || !has_reason && id.contains(['-', '_']));
        has_reason |= !reason.trim().is_empty() || !is_id;
        let read = until(if is_id { reason } else { part });
        match (is_id, waivers.last_mut()) {
            (false, None) => {}
            (false, Some(last)) => match read {
                Ok(date) => last.until = date.or(last.until),
                Err(problem) => last.problem = Some(problem),
            },
            (true, _) => {
                let (until, problem) = match read {
                    Ok(until) => (until, None),
                    Err(problem) => (None, Some(problem)),
                };
                waivers.push(Waiver { rule: id.to_owned(), until, problem });
            }
        }
    }
    waivers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn template(text: &str) -> Vec<Directive> {
        let source = Sources::default().add("t.yaml", text);
        in_template(source, text, &LineIndex::new(text))
    }

    fn covers(text: &str) -> Vec<(Vec<String>, Scope)> {
        let ids =
            |directive: &Directive| directive.rules.iter().map(|rule| rule.id.clone()).collect();
        template(text).iter().map(|directive| (ids(directive), directive.scope)).collect()
    }

    #[test]
    fn a_comment_covers_its_line_or_the_next() {
        let text = "a: 1 # plimsoll: ignore[x-y, z] why\n# plimsoll: ignore[b]\n# said\nb: 2\n";
        let of = |ids: &[&str], line| {
            (ids.iter().map(ToString::to_string).collect(), Scope::Lines(line, line))
        };
        assert_eq!(covers(text), [of(&["x-y", "z"], 0), of(&["b"], 3)]);
        let text = "{{- /* plimsoll: ignore[b] */}}\nb: 2\n";
        assert_eq!(covers(text), [of(&["b"], 1)]);
    }

    #[test]
    fn comments_of_each_sort_may_be_stacked() {
        let ends = [
            "# plimsoll: ignore[a]",
            "{{/* plimsoll: ignore[a] */}}",
            "{{- /* plimsoll: ignore[a] */}}",
        ];
        for (upper, lower) in ends.into_iter().flat_map(|upper| ends.map(|lower| (upper, lower))) {
            let text = format!("{upper}\n  {lower}\nb: 1\n");
            let one = (vec!["a".to_owned()], Scope::Lines(2, 2));
            assert_eq!(covers(&text), [one.clone(), one], "{text}");
        }
    }

    #[test]
    fn comments_at_the_end_cover_themselves() {
        let one = |line| (vec!["a".to_owned()], Scope::Lines(line, line));
        let text = "b: 1\n# plimsoll: ignore[a]\n# plimsoll: ignore[a]";
        assert_eq!(covers(text), [one(1), one(2)]);
    }

    #[test]
    fn a_comment_above_a_block_covers_its_text() {
        let scope = |text: &str| template(&format!("# plimsoll: ignore[a]\n{text}"))[0].scope;
        assert_eq!(scope("  a: |\n    x\n\n    y\n\n  b: 1\n"), Scope::Lines(1, 4));
        assert_eq!(scope("- >-2\n   x\n- b\n"), Scope::Lines(1, 2));
        assert_eq!(scope("a: |+ # said\n  x"), Scope::Lines(1, 2));
        for none in
            ["a: b|\n  x\n", "a: '|'\n  x\n", "a: |\nb: 1\n", "a:\n  b: 1\n", "a: |---\n  x\n"]
        {
            assert_eq!(scope(none), Scope::Lines(1, 1), "{none}");
        }
    }

    #[test]
    fn names_point_into_the_text() {
        let text = "a: 1 # plimsoll: ignore[ x-y ,z] why\n";
        let found = template(text);
        let words: Vec<&str> = found[0].rules.iter().map(|rule| &text[rule.span.range()]).collect();
        assert_eq!(words, ["x-y", "z"]);
    }

    #[test]
    fn malformed_directives_say_what_is_wrong() {
        assert!(template("# plimsoll: ignore\n")[0].problem.is_some());
        assert!(template("# plimsoll: ignore[a\n")[0].problem.is_some());
        assert!(template("# plimsoll: ignore[a] until=soon\n")[0].problem.is_some());
        assert_eq!(template("see plimsoll: ignore[a]\n"), []);
    }

    #[test]
    fn a_reason_may_end_the_suppression() {
        let found = template("# plimsoll: ignore-file[a] moving, until=2027-03-01.\n");
        assert_eq!(found[0].until, Some(jiff::civil::date(2027, 3, 1)));
        assert_eq!(found[0].scope, Scope::File);
    }

    #[test]
    fn annotations_keep_commas_in_reasons() {
        let no_rule = |_: &str| false;
        let text = "run-as-root: legacy, really until=2027-03-01, no-limits: batch";
        let found = in_annotation(text, no_rule);
        let ids: Vec<&str> = found.iter().map(|waiver| waiver.rule.as_str()).collect();
        assert_eq!(ids, ["run-as-root", "no-limits"]);
        assert_eq!(found[0].until, Some(jiff::civil::date(2027, 3, 1)));
        assert_eq!(in_annotation("a-b", no_rule).len(), 1);
    }

    #[test]
    fn a_date_that_is_none_is_a_problem_wherever_it_stands() {
        for text in ["a-b: legacy until=soon", "a-b: legacy, really, until=soon"] {
            let found = in_annotation(text, |_| false);
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].problem.is_some(), "{text}");
        }
    }

    #[test]
    fn a_hyphenated_word_of_a_reason_is_not_an_id() {
        let ids = |text: &str| {
            let found = in_annotation(text, |id| id == "no-limits");
            found.into_iter().map(|waiver| waiver.rule).collect::<Vec<_>>()
        };
        assert_eq!(ids("run-as-root: legacy, long-lived, no-limits"), ["run-as-root", "no-limits"]);
        assert_eq!(
            ids("run-as-root, no-limit, no-limits"),
            ["run-as-root", "no-limit", "no-limits"]
        );
        assert_eq!(ids("run-as-root, no-limits: a, b-c"), ["run-as-root", "no-limits"]);
    }
}
