//! Regular expressions: sprig's regex.go over Go's `regexp`.

mod pattern;
mod syntax;
mod unicode;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use self::pattern::{Groups, Pattern};
use super::Form;
use crate::helm::FastMap;
use crate::helm::call::{Function, Host};
use crate::helm::call::{computed, int, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::rope::{Rope, RopeBuilder};
use crate::helm::value::{ENOUGH, MAX_TEXT, Nuance, Value};

/// The number of compiled patterns that are cached in a thread.
const MAX_CACHED: usize = 512;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("regexMatch", |host, args| matches(host, args, Form::Plain)),
    ("mustRegexMatch", |host, args| matches(host, args, Form::Must)),
    ("regexFind", |host, args| find(host, args, Form::Plain)),
    ("mustRegexFind", |host, args| find(host, args, Form::Must)),
    ("regexFindAll", |host, args| find_all(host, args, Form::Plain)),
    ("mustRegexFindAll", |host, args| find_all(host, args, Form::Must)),
    ("regexReplaceAll", |host, args| replace_all(host, args, Form::Plain)),
    ("mustRegexReplaceAll", |host, args| replace_all(host, args, Form::Must)),
    ("regexReplaceAllLiteral", |host, args| replace_all_literal(host, args, Form::Plain)),
    ("mustRegexReplaceAllLiteral", |host, args| replace_all_literal(host, args, Form::Must)),
    ("regexSplit", |host, args| split(host, args, Form::Plain)),
    ("mustRegexSplit", |host, args| split(host, args, Form::Must)),
    ("regexQuoteMeta", quote_meta),
];

type Compiled = Result<Rc<Pattern>, String>;

thread_local! {
    /// The compiled patterns, first those for any text and then those for short texts only.
    static CACHE: RefCell<[FastMap<Box<str>, Compiled>; 2]> = RefCell::default();
}

/// Returns what is wrong with a pattern, as reported by Go's `regexp.Compile`.
pub(in crate::helm) fn pattern_fault(pattern: &str) -> Option<String> {
    syntax::translate(pattern).err()
}

/// Compiles a pattern for a text, or finds it in the cache. Errors are those of Go's `regexp.Compile`.
fn compile(pattern: &str, subject: &str) -> Compiled {
    let for_short = Pattern::is_short(subject);
    CACHE.with_borrow_mut(|caches| {
        let cache = &mut caches[usize::from(for_short)];
        if let Some(found) = cache.get(pattern) {
            return found.clone();
        }
        let compiled = syntax::translate(pattern).and_then(|translated| {
            Pattern::compile(&translated, for_short).map(Rc::new).map_err(|error| match error {
                ::regex::Error::CompiledTooBig(_) => {
                    "error parsing regexp: expression too large".to_owned()
                }
                _ => format!("error parsing regexp: invalid syntax: `{pattern}`"),
            })
        });
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(pattern.into(), compiled.clone());
        compiled
    })
}

/// Compiles a pattern as `MustCompile` does, whose panic a template reports, or as `Compile` for the `must` functions.
fn compiled(pattern: &str, subject: &str, form: Form) -> Compiled {
    compile(pattern, subject).map_err(|error| match form {
        Form::Must => error,
        Form::Plain if pattern.contains('`') => {
            format!("regexp: Compile({}): {error}", crate::helm::print::quote(pattern))
        }
        Form::Plain => format!("regexp: Compile(`{pattern}`): {error}"),
    })
}

/// A part of the subject that was chosen by the pattern.
fn part(subject: &Rope, range: Range<usize>, chosen: OriginId, origins: &Origins) -> Value {
    Value::rope(subject.slice(range).tinted(chosen, origins))
}

/// The origin of results that are chosen by the pattern.
fn chosen(host: &dyn Host, args: &[Value]) -> OriginId {
    computed(host, &args[..1])
}

fn matches(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (pattern, subject) = (text(args, 0)?, text(args, 1)?);
    let found = match compile(pattern.as_str(), subject.as_str()) {
        Ok(regex) => regex.is_match(subject.as_str()),
        Err(error) if form == Form::Must => return Err(error),
        Err(_) => false,
    };
    Ok(Value::bool(found, computed(host, args)))
}

fn find(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (pattern, subject) = (text(args, 0)?, text(args, 1)?);
    let regex = compiled(pattern.as_str(), subject.as_str(), form)?;
    Ok(match regex.find_iter(subject.as_str()).next() {
        Some(found) if !found.is_empty() => {
            part(subject, found, chosen(host, args), host.origins())
        }
        _ => Value::str("", computed(host, args)),
    })
}

fn find_all(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (pattern, subject, count) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
    let regex = compiled(pattern.as_str(), subject.as_str(), form)?;
    let chosen = chosen(host, args);
    let found = regex
        .find_iter(subject.as_str())
        .take(usize::try_from(count).unwrap_or(ENOUGH).min(ENOUGH))
        .map(|found| part(subject, found, chosen, host.origins()))
        .collect::<Vec<_>>();
    let nuance = if found.is_empty() { Nuance::NilSlice } else { Nuance::Strings };
    Ok(Value::list(found, computed(host, args)).with(nuance))
}

fn replace_all(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (pattern, subject, replacement) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    let regex = compiled(pattern.as_str(), subject.as_str(), form)?;
    let pieces = pieces(replacement.as_str(), &regex);
    if pieces.iter().all(|piece| matches!(piece, Piece::Kept(_))) {
        return replaced(host, args, &regex, &pieces, |regex, subject, write| {
            for found in regex.find_iter(subject) {
                write(found, None);
            }
        });
    }
    replaced(host, args, &regex, &pieces, |regex, subject, write| {
        for groups in regex.captures_iter(subject) {
            if let Some(Some(whole)) = groups.first() {
                write(whole.clone(), Some(&groups));
            }
        }
    })
}

fn replace_all_literal(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (pattern, subject, replacement) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    let regex = compiled(pattern.as_str(), subject.as_str(), form)?;
    let pieces = [Piece::Kept(0..replacement.len())];
    replaced(host, args, &regex, &pieces, |regex, subject, write| {
        for found in regex.find_iter(subject) {
            write(found, None);
        }
    })
}

/// Replaces each match by the pieces. A piece of the replacement also has the origins of the text that it replaces, so
/// that no value of the subject is lost.
fn replaced(
    host: &dyn Host,
    args: &[Value],
    regex: &Pattern,
    pieces: &[Piece],
    each: impl Fn(&Pattern, &str, &mut dyn FnMut(Range<usize>, Option<&Groups>)),
) -> Result<Value, String> {
    let (subject, replacement) = (text(args, 1)?, text(args, 2)?);
    let origins = host.origins();
    let chosen = chosen(host, args);
    let mut out = RopeBuilder::default();
    let mut last = 0;
    each(regex, subject.as_str(), &mut |range, groups| {
        if out.len() > MAX_TEXT {
            return;
        }
        out.push_slice(subject, last..range.start);
        let gone = match subject.segments() {
            [only] => only.origin,
            _ => subject.slice(range.clone()).origin(origins),
        };
        let gone = origins.union(chosen, origins.derived(gone));
        let before = out.len();
        for piece in pieces {
            if out.len() > MAX_TEXT {
                return;
            }
            match piece {
                Piece::Kept(kept) => {
                    out.push_rope(&replacement.slice(kept.clone()).tinted(gone, origins));
                }
                Piece::Group(index) => {
                    let group = groups.and_then(|groups| groups.get(*index)?.clone());
                    if let Some(group) = group {
                        out.push_rope(&subject.slice(group).tinted(chosen, origins));
                    }
                }
            }
        }
        if out.len() == before {
            out.push("", gone);
        }
        last = range.end;
    });
    if out.len() > MAX_TEXT {
        return Err(format!("the replacement makes a text of more than {} MiB", MAX_TEXT >> 20));
    }
    out.push_slice(subject, last..subject.len());
    Ok(Value::rope(out.finish()))
}

/// A piece of the text that replaces a match.
enum Piece {
    /// A range of bytes of the replacement.
    Kept(Range<usize>),
    /// The text that a group of the pattern has matched.
    Group(usize),
}

/// Reads `$1`, `${name}` and `$$` as Go's `Regexp.Expand` does: a name is as long as possible, so `$1a` is the group
/// `1a`, and a group that does not exist is empty.
fn pieces(replacement: &str, regex: &Pattern) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = replacement[at..].find('$') {
        let dollar = at + found;
        let after = &replacement[dollar + 1..];
        pieces.push(Piece::Kept(at..dollar));
        if after.starts_with('$') {
            pieces.push(Piece::Kept(dollar..dollar + 1));
            at = dollar + 2;
        } else if let Some((name, length)) = group_name(after) {
            pieces.extend(group(name, regex).map(Piece::Group));
            at = dollar + 1 + length;
        } else {
            pieces.push(Piece::Kept(dollar..dollar + 1));
            at = dollar + 1;
        }
    }
    pieces.push(Piece::Kept(at..replacement.len()));
    pieces.retain(|piece| !matches!(piece, Piece::Kept(range) if range.is_empty()));
    pieces
}

/// Returns the name at the start of a text, and its length in bytes with braces.
fn group_name(after: &str) -> Option<(&str, usize)> {
    let (name, braces) = after.strip_prefix('{').map_or((after, 0), |inner| (inner, 2));
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    let closed = braces == 0 || name[end..].starts_with('}');
    (end > 0 && closed).then(|| (&name[..end], end + braces))
}

fn group(name: &str, regex: &Pattern) -> Option<usize> {
    let numeric =
        name.bytes().all(|b| b.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    match name.parse::<usize>() {
        Ok(index) if numeric => Some(index),
        _ => regex.group(&format!("{}{name}", syntax::NAME)),
    }
}

fn split(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (pattern, subject, count) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
    let regex = compiled(pattern.as_str(), subject.as_str(), form)?;
    let whole = computed(host, args);
    if count == 0 {
        return Ok(Value::list(Vec::new(), whole).with(Nuance::NilSlice));
    }
    if !pattern.is_empty() && subject.is_empty() {
        let alone = vec![Value::rope(subject.clone())];
        return Ok(Value::list(alone, whole).with(Nuance::Strings));
    }
    let most = usize::try_from(count).map_or(ENOUGH, |count| (count - 1).min(ENOUGH));
    let chosen = chosen(host, args);
    let origins = host.origins();
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in regex.find_iter(subject.as_str()) {
        if parts.len() == most {
            break;
        }
        end = found.start;
        if found.end != 0 {
            parts.push(part(subject, start..end, chosen, origins));
        }
        start = found.end;
    }
    if end != subject.len() {
        parts.push(part(subject, start..subject.len(), chosen, origins));
    }
    Ok(Value::list(parts, whole).with(Nuance::Strings))
}

fn quote_meta(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let subject = text(args, 0)?;
    let slash = computed(host, args);
    let mut out = RopeBuilder::default();
    let mut last = 0;
    for (at, _) in subject.as_str().match_indices(|c| r"\.+*?()|[]{}^$".contains(c)) {
        out.push_slice(subject, last..at);
        out.push("\\", slash);
        last = at;
    }
    out.push_slice(subject, last..subject.len());
    Ok(Value::rope(out.finish()))
}

#[cfg(test)]
mod tests;
