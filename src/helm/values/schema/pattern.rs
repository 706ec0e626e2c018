//! Translates Go's regular expressions to those of ECMAScript.
//!
//! Helm compiles the patterns in a schema with Go's `regexp`. For drafts up to 7, `jsonschema` expects the syntax of
//! ECMAScript, in which flags need a group and some things have other names.

/// Translates flags, group names and anchors of a pattern to the syntax of ECMAScript. Anything without a counterpart
/// is left as it is.
pub(super) fn as_ecma(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    // For each open group, the flags that apply to the rest of it.
    let mut groups: Vec<Vec<&str>> = vec![Vec::new()];
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let flags = groups.last().map_or(&[][..], Vec::as_slice);
        let (written, length) = match first {
            '\\' => escape(rest),
            '[' => (None, class_length(rest)),
            '|' => {
                let again: String = flags.iter().map(|flags| format!("(?{flags}:")).collect();
                (Some(format!("{}|{again}", ")".repeat(flags.len()))), 1)
            }
            ')' => {
                let closed = ")".repeat(flags.len() + 1);
                groups.pop();
                (Some(closed), 1)
            }
            '(' => match flags_alone(rest) {
                Some(flags) => {
                    groups.last_mut().into_iter().for_each(|open| open.push(flags));
                    (Some(format!("(?{flags}:")), flags.len() + 3)
                }
                None => {
                    groups.push(Vec::new());
                    if rest.starts_with("(?P<") { (Some("(?<".to_owned()), 4) } else { (None, 1) }
                }
            },
            other => (None, other.len_utf8()),
        };
        let (own, after) = rest.split_at(length);
        out.push_str(written.as_deref().unwrap_or(own));
        rest = after;
    }
    let left = groups.last().map_or(0, Vec::len);
    out + &")".repeat(left)
}

/// Returns the escape sequence at the start of a text in ECMAScript's syntax, if that differs, and its length in
/// bytes.
fn escape(text: &str) -> (Option<String>, usize) {
    let mut letters = text[1..].chars();
    match (letters.next(), letters.next()) {
        (Some('A'), _) => (Some("^".to_owned()), 2),
        (Some('z'), _) => (Some("$".to_owned()), 2),
        (Some(sort @ ('p' | 'P')), Some(class)) if class.is_ascii_uppercase() => {
            (Some(format!("\\{sort}{{{class}}}")), 3)
        }
        (Some(other), _) => (None, 1 + other.len_utf8()),
        (None, _) => (None, 1),
    }
}

/// Returns the length in bytes of the class at the start of a text; of the whole text if the class is not closed.
fn class_length(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    letters.next_if(|(_, letter)| *letter == '^');
    // A bracket at the start is a member of the class.
    letters.next_if(|(_, letter)| *letter == ']');
    while let Some((at, letter)) = letters.next() {
        match letter {
            ']' => return at + 1,
            '\\' => drop(letters.next()),
            '[' if text[at..].starts_with("[:") => {
                let named = text[at..].find(":]").map_or(at, |end| at + end + 1);
                while letters.next_if(|(at, _)| *at <= named).is_some() {}
            }
            _ => {}
        }
    }
    text.len()
}

/// Returns the flags of a group with only flags, `i` of `(?i)`, if ECMAScript has all of them.
fn flags_alone(text: &str) -> Option<&str> {
    let (flags, _) = text.strip_prefix("(?")?.split_once(')')?;
    let known = !flags.is_empty() && flags.chars().all(|flag| "ims-".contains(flag));
    known.then_some(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_hold_to_the_end_of_their_group_whatever_there_is_to_choose_from() {
        for (go, ecma) in [
            ("(?i)ab", "(?i:ab)"),
            ("^(?i)(debug|info)$", "^(?i:(debug|info)$)"),
            ("a(?i)b|c", "a(?i:b)|(?i:c)"),
            ("(a(?i)b|c)d", "(a(?i:b)|(?i:c))d"),
            ("(?i)a(?s-m)b", "(?i:a(?s-m:b))"),
            ("(?i:a)b", "(?i:a)b"),
        ] {
            assert_eq!(as_ecma(go), ecma);
        }
    }

    #[test]
    fn names_and_ends_are_written_as_ecmascript_has_them() {
        for (go, ecma) in [
            (r"\A(?P<year>[0-9]{4})\z", "^(?<year>[0-9]{4})$"),
            (r"\pL\PN\p{Greek}", r"\p{L}\P{N}\p{Greek}"),
        ] {
            assert_eq!(as_ecma(go), ecma);
        }
    }

    #[test]
    fn what_is_the_same_in_both_stays() {
        for pattern in [
            "",
            "^[a-z]([a-z0-9-]*[a-z0-9])?$",
            r"[^](?i)|]\(?i\)|\\",
            "[[:alpha:](?i)]",
            "(?U)a*",
            "(?:é|b)",
            "[",
            r"\",
            ")",
        ] {
            assert_eq!(as_ecma(pattern), pattern);
        }
    }
}
