//! Patterns of `.Files.Glob`.
//!
//! Written after github.com/gobwas/glob, with `/` as the separator. `*` and `?` do not match a separator and `**`
//! does, but `**/` is not an optional folder; a range may match a separator, and consists of either one span or single
//! characters.

use std::fmt::Write;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// A compiled pattern.
#[derive(Debug)]
pub(super) enum Glob {
    /// An invalid pattern, for which Helm uses `**`.
    Everything,
    /// A text, `**` and a text; both may match the same characters.
    Ends(String, String),
    /// Any other pattern.
    Pattern(Regex),
}

impl Glob {
    /// Compiles a pattern.
    pub(super) fn new(pattern: &str) -> Self {
        let Some(tokens) = tokens(pattern) else {
            return Self::Everything;
        };
        if let [Token::Text(first), Token::Super, Token::Text(last)] = tokens.as_slice() {
            return Self::Ends(first.clone(), last.clone());
        }
        let expression = format!("^{}$", expression(&tokens));
        let built = RegexBuilder::new(&expression).dot_matches_new_line(true).build();
        built.map_or(Self::Everything, Self::Pattern)
    }

    /// Whether the path of a file matches.
    pub(super) fn is_match(&self, path: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Ends(first, last) => path.starts_with(first) && path.ends_with(last),
            Self::Pattern(regex) => regex.is_match(path),
        }
    }
}

#[derive(Debug)]
enum Token {
    Text(String),
    Single,
    Any,
    Super,
    /// The members of a range, as a class of a regular expression.
    Class(String),
    Open,
    Separator,
    Close,
}

fn expression(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut open = 0usize;
    for token in tokens {
        match token {
            Token::Text(text) => out.push_str(&regex::escape(text)),
            Token::Single => out.push_str("[^/]"),
            Token::Any => out.push_str("[^/]*"),
            Token::Super => out.push_str(".*"),
            Token::Class(class) => out.push_str(class),
            Token::Open => {
                open += 1;
                out.push_str("(?:");
            }
            Token::Separator => out.push('|'),
            Token::Close => {
                open -= 1;
                out.push(')');
            }
        }
    }
    // A group of alternatives may lack its end.
    out.push_str(&")".repeat(open));
    out
}

/// Splits a pattern into tokens as `syntax/lexer` does; `None` if it is not valid.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    let mut depth = 0usize;
    while let Some(c) = chars.clone().next() {
        let token = match c {
            '{' => {
                depth += 1;
                Token::Open
            }
            ',' if depth > 0 => Token::Separator,
            '}' if depth > 0 => {
                depth -= 1;
                Token::Close
            }
            '[' => {
                chars.next();
                out.push(Token::Class(range(&mut chars)?));
                continue;
            }
            '?' => Token::Single,
            '*' if chars.as_str().starts_with("**") => {
                chars.next();
                Token::Super
            }
            '*' => Token::Any,
            _ => {
                let breakers = if depth > 0 { "?*[{}," } else { "?*[{" };
                out.push(Token::Text(text(&mut chars, breakers)));
                continue;
            }
        };
        chars.next();
        out.push(token);
    }
    Some(out)
}

/// Reads a text up to one of some characters; a backslash escapes the next character.
fn text(chars: &mut Chars<'_>, breakers: &str) -> String {
    let mut out = String::new();
    while let Some(c) = chars.clone().next().filter(|c| !breakers.contains(*c)) {
        chars.next();
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// Reads a range after its opening bracket, as a class: `a-z]`, or characters up to the closing bracket.
fn range(chars: &mut Chars<'_>) -> Option<String> {
    let not = if chars.as_str().starts_with('!') { "^" } else { "" };
    if !not.is_empty() {
        chars.next();
    }
    let mut ahead = chars.clone();
    let (low, between) = (ahead.next()?, ahead.next());
    let mut class = format!("[{not}");
    let mut member = |c: char| {
        let _ = write!(class, "\\x{{{:x}}}", u32::from(c));
    };
    if between == Some('-') {
        let high = ahead.next().filter(|high| low <= *high)?;
        *chars = ahead;
        let _ = write!(class, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high));
    } else {
        let members = text(chars, "]");
        if members.is_empty() {
            return None;
        }
        members.chars().for_each(&mut member);
    }
    class.push(']');
    (chars.next() == Some(']')).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_gobwas_glob() {
        let paths = ["a.txt", "d/a.txt", "d/b.md", "d/e/a.txt", "d/e/f/c1.txt"];
        for (pattern, want) in [
            ("*.txt", &["a.txt"][..]),
            ("**.txt", &["a.txt", "d/a.txt", "d/e/a.txt", "d/e/f/c1.txt"]),
            // The folder is not optional,
            ("d/**/*.txt", &["d/e/a.txt", "d/e/f/c1.txt"]),
            // but the texts around a `**` may match the same characters.
            ("d/**/a.txt", &["d/a.txt", "d/e/a.txt"]),
            ("d/e**/a.txt", &["d/e/a.txt"]),
            ("d/[ab].*", &["d/a.txt", "d/b.md"]),
            ("d/[!a].*", &["d/b.md"]),
            ("d/[^a].*", &["d/a.txt"]),
            ("d/e/f/c[0-9].txt", &["d/e/f/c1.txt"]),
            ("{d,d/e}/a.{txt,md}", &["d/a.txt", "d/e/a.txt"]),
            ("d/{a,b", &[]),
            ("d/\\a.???", &["d/a.txt"]),
            ("d?a.txt", &[]),
            // An invalid pattern matches everything.
            ("d/[a-z0-9].md", &paths),
            ("d/[", &paths),
            ("d/[z-a]", &paths),
        ] {
            let glob = Glob::new(pattern);
            let found: Vec<_> = paths.iter().copied().filter(|path| glob.is_match(path)).collect();
            assert_eq!(found, want, "{pattern}");
        }
    }
}
