//! Translates Go's RE2 syntax to that of the `regex` crate.
//!
//! Both are similar, and take linear time, but in Go `\d`, `\w`, `\s` and `\b` are ASCII, a class has neither nested
//! classes nor set operators, `{` may be a literal, and there are `\Q…\E`, octal escapes and escapes of any
//! punctuation. Mirrors regexp/syntax/parse.go.

use std::fmt::Write;

use super::unicode::{self, Class};

/// Translates a pattern to the syntax of the `regex` crate.
///
/// # Errors
/// Go's message, if the pattern is not valid in Go.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut parser = Parser { pattern, at: 0, out: String::with_capacity(pattern.len() + 8) };
    parser.whole()?;
    Ok(parser.out)
}

/// The prefix of the names of groups: in Go, a name may start with a digit.
pub(super) const NAME: &str = "_";

/// How often a part of a pattern may be repeated; counts of nested repetitions are multiplied.
const MAX_TIMES: u32 = 1000;

/// The counts of nested repetitions in a pattern.
#[derive(Default)]
struct Repeats {
    /// The highest count in each open group except the innermost.
    around: Vec<u32>,
    /// The highest count in the innermost group.
    most: u32,
    /// The count of the last operand, if it may be repeated.
    last: Option<u32>,
}

impl Repeats {
    /// Notes an operand that may be repeated.
    fn operand(&mut self) {
        self.nothing();
        self.last = Some(1);
    }

    /// Notes that there is nothing that may be repeated.
    fn nothing(&mut self) {
        self.most = self.most.max(self.last.take().unwrap_or(0));
    }

    fn open(&mut self) {
        self.nothing();
        self.around.push(std::mem::take(&mut self.most));
    }

    /// Closes a group; `None` if none is open.
    fn close(&mut self) -> Option<()> {
        self.nothing();
        self.last = Some(std::mem::replace(&mut self.most, self.around.pop()?));
        Some(())
    }

    /// Notes a repetition; false if the count is too high (`repeatIsValid`).
    fn repeat(&mut self, low: u32, high: Option<u32>) -> bool {
        let within = self.last.unwrap_or(1).max(1);
        let times = match high {
            Some(0) => 0,
            _ => high.unwrap_or(low).max(1).saturating_mul(within),
        };
        self.last = Some(times);
        high.unwrap_or(low) < 2 || times <= MAX_TIMES
    }
}

struct Parser<'p> {
    pattern: &'p str,
    at: usize,
    out: String,
}

const TRAILING: &str = "error parsing regexp: trailing backslash at end of expression";

fn fail<T>(what: &str, part: &str) -> Result<T, String> {
    Err(format!("error parsing regexp: {what}: `{part}`"))
}

impl<'p> Parser<'p> {
    fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    fn whole(&mut self) -> Result<(), String> {
        // Counts of repetitions, and the start of a repetition that has just been read.
        let (mut repeats, mut repeated) = (Repeats::default(), None);
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            let before: Option<usize> = repeated.take();
            self.at += c.len_utf8();
            match c {
                '(' => {
                    self.group(start)?;
                    match self.out.ends_with(['(', ':', '>']) {
                        true => repeats.open(),
                        false => repeats.nothing(),
                    }
                }
                ')' => match repeats.close() {
                    Some(()) => self.out.push(')'),
                    None => return fail("unexpected )", self.pattern),
                },
                '|' => {
                    self.out.push('|');
                    repeats.nothing();
                }
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.repetition(start, &repeats, before)?;
                    repeated = Some(before.unwrap_or(start));
                }
                '{' => match bounds(self.rest()) {
                    Some((length, low, high)) => {
                        let end = self.at + length;
                        if low > MAX_TIMES
                            || high.is_some_and(|high| high > MAX_TIMES || high < low)
                        {
                            return fail("invalid repeat count", &self.pattern[start..end]);
                        }
                        self.out.push_str(&self.pattern[start..end]);
                        self.at = end;
                        self.repetition(start, &repeats, before)?;
                        if !repeats.repeat(low, high) {
                            return fail("invalid repeat count", &self.pattern[start..self.at]);
                        }
                        repeated = Some(start);
                    }
                    None => {
                        self.literal('{');
                        repeats.operand();
                    }
                },
                '[' => {
                    self.class(start)?;
                    repeats.operand();
                }
                '\\' => {
                    self.escape(start)?;
                    repeats.operand();
                }
                '.' | '^' | '$' => {
                    self.out.push(c);
                    repeats.operand();
                }
                c => {
                    self.literal(c);
                    repeats.operand();
                }
            }
        }
        match repeats.around.is_empty() {
            true => Ok(()),
            false => fail("missing closing )", self.pattern),
        }
    }

    /// Reads the `?` after a repetition, and checks the repetition, which begins at `start`.
    fn repetition(
        &mut self,
        start: usize,
        repeats: &Repeats,
        before: Option<usize>,
    ) -> Result<(), String> {
        if repeats.last.is_none() {
            let part = &self.pattern[start..self.at];
            return fail("missing argument to repetition operator", part);
        }
        if self.rest().starts_with('?') {
            self.at += 1;
            self.out.push('?');
        }
        match before {
            Some(first) => {
                fail("invalid nested repetition operator", &self.pattern[first..self.at])
            }
            None => Ok(()),
        }
    }

    /// Reads what follows an opening parenthesis: a group, a name or flags.
    fn group(&mut self, start: usize) -> Result<(), String> {
        let Some(inner) = self.rest().strip_prefix('?') else {
            self.out.push('(');
            return Ok(());
        };
        if let Some(name) = inner.strip_prefix("P<").or_else(|| inner.strip_prefix('<'))
            && !name.starts_with(['=', '!'])
        {
            let end = name.find('>').unwrap_or(name.len());
            let shown = self.pattern.len() - name.len() + (end + 1).min(name.len());
            let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if end == name.len() || end == 0 || !name[..end].chars().all(valid) {
                return fail("invalid named capture", &self.pattern[start..shown]);
            }
            self.at = shown;
            let opening = format!("(?P<{NAME}{}>", &name[..end]);
            // In Go several groups may have the same name, which then denotes the first of them.
            self.out.push_str(if self.out.contains(&opening) { "(" } else { &opening });
            return Ok(());
        }
        let Some(end) = inner.find([')', ':']) else {
            return fail("missing closing )", self.pattern);
        };
        let flags = &inner[..end];
        let known = flags.chars().all(|c| "imsU-".contains(c));
        let closed = inner[end..].starts_with(')');
        let dashes = flags.matches('-').count();
        if !known || dashes > 1 || flags.ends_with('-') || (closed && flags.is_empty()) {
            let shown = inner.char_indices().find(|(_, c)| !"imsU-".contains(*c));
            let shown = shown.map_or(inner.len(), |(at, c)| at + c.len_utf8());
            let part = &self.pattern[start..self.at + 1 + shown];
            return fail("invalid or unsupported Perl syntax", part);
        }
        self.at += 1 + end + 1;
        self.out.push_str(&self.pattern[start..self.at]);
        Ok(())
    }

    /// Reads an escape sequence outside of classes, after the backslash.
    fn escape(&mut self, start: usize) -> Result<(), String> {
        let Some(c) = self.rest().chars().next() else {
            return Err(TRAILING.to_owned());
        };
        match c {
            'Q' => {
                let quoted = &self.rest()[1..];
                let end = quoted.find("\\E").unwrap_or(quoted.len());
                // As in Go, a repetition after it applies to its last character.
                self.out.push_str(&regex::escape(&quoted[..end]));
                self.at = (self.at + 1 + end + 2).min(self.pattern.len());
                return Ok(());
            }
            'A' | 'z' => self.out.extend(['\\', c]),
            'b' | 'B' => write!(self.out, r"(?-u:\{c})").unwrap_or_default(),
            _ if perl(c).is_some() => {
                let (negated, members) = perl(c).unwrap_or_default();
                let not = if negated { "^" } else { "" };
                write!(self.out, "[{not}{members}]").unwrap_or_default();
            }
            'p' | 'P' => return self.unicode(start),
            _ => {
                let c = self.character(start)?;
                self.literal(c);
                return Ok(());
            }
        }
        self.at += c.len_utf8();
        Ok(())
    }

    /// Reads `\pL`, `\p{Greek}` or `\P{^Greek}`, after the backslash.
    fn unicode(&mut self, start: usize) -> Result<(), String> {
        let mut negated = self.rest().starts_with('P');
        let name = &self.rest()[1..];
        let (name, length) = match name.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], end + 3),
                None => return fail("invalid character class range", &self.pattern[start..]),
            },
            None => {
                let width = name.chars().next().map_or(0, char::len_utf8);
                (&name[..width], width + 1)
            }
        };
        self.at += length;
        let bare = name.strip_prefix('^').unwrap_or(name);
        negated ^= bare.len() < name.len();
        match (unicode::class(bare), negated) {
            (None, _) => {
                return fail("invalid character class range", &self.pattern[start..self.at]);
            }
            (Some(Class::Named(class)), false) => {
                write!(self.out, "\\p{{{class}}}").unwrap_or_default();
            }
            (Some(Class::Named(class)), true) => {
                write!(self.out, "\\P{{{class}}}").unwrap_or_default();
            }
            (Some(Class::Empty), false) => self.out.push_str(r"\P{Any}"),
            (Some(Class::Empty), true) => self.out.push_str(r"\p{Any}"),
        }
        Ok(())
    }

    /// Reads an escape sequence for one character, after the backslash.
    fn character(&mut self, start: usize) -> Result<char, String> {
        let Some(c) = self.rest().chars().next() else {
            return Err(TRAILING.to_owned());
        };
        self.at += c.len_utf8();
        let rest = self.rest();
        let octal = |digits: &str, most: usize| {
            digits.bytes().take(most).take_while(|b| matches!(b, b'0'..=b'7')).count()
        };
        Ok(match c {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' => {
                let length = octal(rest, 2);
                self.at += length;
                code(&rest[..length], 8).unwrap_or('\0')
            }
            '1'..='7' if octal(rest, 1) > 0 => {
                let length = octal(rest, 2);
                self.at += length;
                let digits = &self.pattern[self.at - length - 1..self.at];
                code(digits, 8).unwrap_or('\0')
            }
            'x' => {
                let (digits, length) = match rest.strip_prefix('{') {
                    Some(inner) => {
                        let end = inner.find('}').unwrap_or(0);
                        (&inner[..end], end + 2)
                    }
                    None => (rest.get(..2).unwrap_or_default(), 2),
                };
                match code(digits, 16) {
                    Some(c) => {
                        self.at += length;
                        c
                    }
                    None => {
                        let shown = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
                        let part = &self.pattern[start..self.at + shown];
                        return fail("invalid escape sequence", part);
                    }
                }
            }
            c if c.is_ascii_punctuation() || (c.is_ascii() && !c.is_ascii_alphanumeric()) => c,
            _ => return fail("invalid escape sequence", &self.pattern[start..self.at]),
        })
    }

    /// Reads a class, after its opening bracket.
    fn class(&mut self, start: usize) -> Result<(), String> {
        self.out.push('[');
        if self.rest().starts_with('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                return fail("missing closing ]", &self.pattern[start..]);
            };
            if c == ']' && !first {
                self.at += 1;
                self.out.push(']');
                return Ok(());
            }
            first = false;
            let after = rest[c.len_utf8()..].chars().next();
            if c == '['
                && after == Some(':')
                && let Some(end) = rest[2..].find(":]")
            {
                let name = &rest[..end + 4];
                if !posix(&name[2..end + 2]) {
                    return fail("invalid character class range", name);
                }
                self.out.push_str(name);
                self.at += name.len();
                continue;
            }
            if c == '\\' {
                let kind = after.unwrap_or_default();
                if let Some((negated, members)) = perl(kind) {
                    self.at += 2;
                    let not = if negated { "^" } else { "" };
                    write!(self.out, "[{not}{members}]").unwrap_or_default();
                    continue;
                }
                if matches!(kind, 'p' | 'P') {
                    let start = self.at;
                    self.at += 1;
                    self.unicode(start)?;
                    continue;
                }
            }
            let from = self.at;
            let low = self.member(start)?;
            let mut high = low;
            if self.rest().starts_with('-') && !self.rest()[1..].starts_with(']') {
                self.at += 1;
                high = self.member(start)?;
                if high < low {
                    let part = &self.pattern[from..self.at];
                    return fail("invalid character class range", part);
                }
            }
            write!(self.out, "\\x{{{:X}}}", u32::from(low)).unwrap_or_default();
            if high > low {
                write!(self.out, "-\\x{{{:X}}}", u32::from(high)).unwrap_or_default();
            }
        }
    }

    fn member(&mut self, class: usize) -> Result<char, String> {
        let Some(c) = self.rest().chars().next() else {
            return fail("missing closing ]", &self.pattern[class..]);
        };
        let start = self.at;
        self.at += c.len_utf8();
        if c == '\\' { self.character(start) } else { Ok(c) }
    }
}

/// Returns whether a Perl class is negated, and its ASCII members.
fn perl(c: char) -> Option<(bool, &'static str)> {
    let members = match c.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t\n\x0C\r ",
        'w' => "0-9A-Za-z_",
        _ => return None,
    };
    Some((c.is_ascii_uppercase(), members))
}

fn posix(name: &str) -> bool {
    matches!(
        name.strip_prefix('^').unwrap_or(name),
        "alnum"
            | "alpha"
            | "ascii"
            | "blank"
            | "cntrl"
            | "digit"
            | "graph"
            | "lower"
            | "print"
            | "punct"
            | "space"
            | "upper"
            | "word"
            | "xdigit"
    )
}

fn code(digits: &str, radix: u32) -> Option<char> {
    if digits.is_empty() && radix == 8 {
        return Some('\0');
    }
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)
}

/// Reads what follows a `{` that starts a repetition: returns its length with the `}`, and the lowest and highest
/// count.
fn bounds(rest: &str) -> Option<(usize, u32, Option<u32>)> {
    let end = rest.find('}')?;
    let number = |digits: &str| {
        let valid = !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        valid.then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let inside = &rest[..end];
    let (low, high) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((low, "")) => (number(low)?, None),
        Some((low, high)) => (number(low)?, Some(number(high)?)),
    };
    Some((end + 1, low, high))
}
