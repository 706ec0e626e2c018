//! Regular expressions of Go as ECMAScript writes them.
//!
//! Helm compiles the patterns of a schema with Go's `regexp`. `jsonschema` holds them, in drafts up to 7, to the syntax
//! of ECMAScript, which has no flag without a group and other names for some things.

/// A pattern in which flags, names of groups and ends of the text are written as ECMAScript has them. What it has
/// no counterpart for stays as it is.
pub(super) fn as_ecma(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    // Of each group that is open, the flags that hold for what is left of it.
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

/// What ECMAScript writes for the escape that a text begins with, where that is something else, and its length.
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

/// The length of the class that a text begins with; of all of it, where the class does not end.
fn class_length(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    letters.next_if(|(_, letter)| *letter == '^');
    // The first bracket is one of the class's members.
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

/// The flags of a group that has nothing else in it, `i` of `(?i)`, if ECMAScript knows each of them.
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
