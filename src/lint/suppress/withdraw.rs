//! Fixes that remove suppressions that silence nothing.

use super::directive::Directive;
use crate::finding::{Applicability, Edit, Fix};
use crate::source::{SourceFile, Span};

/// The fix for a rule in a directive that silences nothing: removes the rule from the list, or the whole comment if it
/// names no other rule. There is none for template comments, since removing one may change what is rendered.
pub(in crate::lint) fn fix(directive: &Directive, rule: usize, file: &SourceFile) -> Option<Fix> {
    let named = &directive.rules[rule];
    let span = match directive.rules.len() {
        1 => comment(directive.span, file)?,
        _ => item(directive, rule),
    };
    Some(Fix {
        applicability: Applicability::Safe,
        title: format!("take the suppression of `{}` out", named.id),
        fields: Vec::new(),
        edits: vec![Edit::new(span, "")],
    })
}

/// The comment with a directive, including its line if there is nothing else on it.
fn comment(span: Span, file: &SourceFile) -> Option<Span> {
    let lines = file.lines();
    let line = lines.line_range(&file.text, lines.line_of(span.start as usize));
    let before = file.text[line.start..span.start as usize].trim_end().strip_suffix('#')?;
    if span.end as usize != line.start + file.text[line.clone()].trim_end().len() {
        return None;
    }
    let kept = before.trim_end();
    let (start, end) = match kept.trim_start_matches('\u{feff}').is_empty() {
        false => (line.start + kept.len(), line.end),
        true => {
            let more = file.text[line.end..].find('\n').map_or(0, |at| at + 1);
            (line.start + kept.len(), line.end + more)
        }
    };
    Some(Span::new(span.source, start, end))
}

/// One rule of a list, with the comma beside it.
fn item(directive: &Directive, rule: usize) -> Span {
    let rules = &directive.rules;
    match rules.get(rule + 1) {
        Some(next) => Span { end: next.span.start, ..rules[rule].span },
        None => Span { start: rules[rule - 1].span.end, ..rules[rule].span },
    }
}

#[cfg(test)]
mod tests {
    use super::super::directive::in_comments;
    use super::*;
    use crate::source::{Sources, apply};
    use crate::yaml;

    fn without(text: &str, rule: usize) -> Option<String> {
        let sources = Sources::default();
        let id = sources.add("values.yaml", text);
        let file = sources.get(id);
        let stream = yaml::parse(id, &file.text);
        let comments = stream.comments.iter().map(|comment| comment.span);
        let directives = in_comments(id, &file.text, file.lines(), comments);
        apply(text, &fix(&directives[0], rule, &file)?.edits)
    }

    #[test]
    fn a_comment_goes_with_its_line_or_leaves_what_stands_before_it() {
        let alone = "a: 1\n  # plimsoll: ignore[x] for now\nb: 2\n";
        assert_eq!(without(alone, 0).as_deref(), Some("a: 1\nb: 2\n"));
        let behind = "a: 1 # plimsoll: ignore[x] for now\r\nb: 2\r\n";
        assert_eq!(without(behind, 0).as_deref(), Some("a: 1\r\nb: 2\r\n"));
    }

    #[test]
    fn of_several_rules_one_is_taken_out() {
        let text = "a: 1 # plimsoll: ignore[x, y] for now\n";
        let left = |rule| without(text, rule).unwrap();
        assert_eq!(left(0), "a: 1 # plimsoll: ignore[y] for now\n");
        assert_eq!(left(1), "a: 1 # plimsoll: ignore[x] for now\n");
    }
}
