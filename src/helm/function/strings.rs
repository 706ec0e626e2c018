//! String functions of sprig. Text that they keep keeps its segments.

use std::ops::Range;

use super::words::LongWord;
use super::{case, words};
use crate::helm::call::{Function, Host, any, computed, int, text};
use crate::helm::origin::OriginId;
use crate::helm::print;
use crate::helm::rope::{Rope, RopeBuilder};
use crate::helm::value::{Data, ENOUGH, MAX_TEXT, Nuance, Value};
use crate::source::bytes;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("abbrev", |host, args| {
        let (width, rope) = (int(args, 0)?, text(args, 1)?);
        Ok(made(host, args, &words::abbreviated(rope.as_str(), 0, width)))
    }),
    ("abbrevboth", |host, args| {
        let (left, width, rope) = (int(args, 0)?, int(args, 1)?, text(args, 2)?);
        Ok(made(host, args, &words::abbreviated(rope.as_str(), left, width)))
    }),
    ("trunc", trunc),
    ("trim", |host, args| Ok(trimmed(host, text(args, 0)?, |text| text.trim()))),
    ("upper", |_, args| Ok(by_char(text(args, 0)?, |c, out| out.push(case::upper(c))))),
    ("lower", |_, args| Ok(by_char(text(args, 0)?, |c, out| out.push(case::lower(c))))),
    ("title", |_, args| {
        let mut within = false;
        Ok(by_char(text(args, 0)?, move |c, out| {
            out.push(if within { case::unchanged(c) } else { case::title(c) });
            within = c.is_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace());
        }))
    }),
    ("untitle", |_, args| {
        let mut within = false;
        Ok(by_char(text(args, 0)?, move |c, out| {
            out.push(if within { case::unchanged(c) } else { case::lower(c) });
            within = !c.is_whitespace();
        }))
    }),
    ("swapcase", |_, args| {
        Ok(by_char(text(args, 0)?, |c, out| match c.is_uppercase() {
            true => out.push(case::lower(c)),
            false => out.push(case::upper(c)),
        }))
    }),
    ("nospace", |host, args| Ok(by_byte(host, args, text(args, 0)?, |c, _| !is_space(c)))),
    ("initials", |host, args| {
        let first = |c: char, before: Option<char>| !is_space(c) && before.is_none_or(is_space);
        Ok(by_byte(host, args, text(args, 0)?, first))
    }),
    ("substr", substr),
    ("repeat", repeat),
    ("trimall", trim_all),
    ("trimAll", trim_all),
    ("trimSuffix", |host, args| {
        let (part, rope) = (text(args, 0)?, text(args, 1)?);
        Ok(trimmed(host, rope, |text| text.strip_suffix(part.as_str()).unwrap_or(text)))
    }),
    ("trimPrefix", |host, args| {
        let (part, rope) = (text(args, 0)?, text(args, 1)?);
        Ok(trimmed(host, rope, |text| text.strip_prefix(part.as_str()).unwrap_or(text)))
    }),
    ("snakecase", |host, args| Ok(made(host, args, &words::joined(text(args, 0)?.as_str(), '_')))),
    ("kebabcase", |host, args| Ok(made(host, args, &words::joined(text(args, 0)?.as_str(), '-')))),
    ("camelcase", |host, args| Ok(made(host, args, &words::pascal(text(args, 0)?.as_str())))),
    ("wrap", |host, args| {
        let (width, rope) = (int(args, 0)?, text(args, 1)?);
        Ok(made(host, args, &words::wrapped(rope.as_str(), width, "\n", LongWord::Kept)))
    }),
    ("wrapWith", |host, args| {
        let (width, with, rope) = (int(args, 0)?, text(args, 1)?, text(args, 2)?);
        Ok(made(host, args, &words::wrapped(rope.as_str(), width, with.as_str(), LongWord::Broken)))
    }),
    ("contains", |host, args| test(host, args, |part, text| text.contains(part))),
    ("hasPrefix", |host, args| test(host, args, |part, text| text.starts_with(part))),
    ("hasSuffix", |host, args| test(host, args, |part, text| text.ends_with(part))),
    ("quote", quote),
    ("squote", squote),
    ("cat", cat),
    ("indent", |_, args| indent(int(args, 0)?, text(args, 1)?, "")),
    ("nindent", |_, args| indent(int(args, 0)?, text(args, 1)?, "\n")),
    ("replace", replace),
    ("plural", |host, args| {
        let (one, many, count) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
        let chosen = if count == 1 { one } else { many };
        let origins = host.origins();
        Ok(Value::rope(chosen.tinted(origins.derived(args[2].origin), origins)))
    }),
    ("toString", |host, args| Ok(Value::rope(print::rope(any(args, 0)?, host.origins())))),
    ("toStrings", |host, args| {
        let value = any(args, 0)?;
        Ok(texts(strings(host, value), value.origin))
    }),
    ("join", join),
    ("split", |host, args| Ok(split_map(host, text(args, 0)?, text(args, 1)?, usize::MAX))),
    ("splitn", |host, args| {
        let count = usize::try_from(int(args, 1)?).unwrap_or(usize::MAX);
        Ok(split_map(host, text(args, 0)?, text(args, 2)?, count))
    }),
    ("splitList", |host, args| {
        let (separator, rope) = (text(args, 0)?, text(args, 1)?);
        let parts = pieces(rope, separator.as_str(), usize::MAX);
        let origins = host.origins();
        let origin = origins.derived(rope.origin(origins));
        Ok(texts(parts, origin))
    }),
    ("sortAlpha", |host, args| {
        let value = any(args, 0)?;
        if !matches!(value.data, Data::List(_)) {
            let alone = Value::rope(print::rope(value, host.origins()));
            return Ok(Value::list(vec![alone], value.origin).with(Nuance::Strings));
        }
        let mut items = strings(host, value);
        items.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(texts(items, value.origin))
    }),
];

/// A `[]string`.
fn texts(items: Vec<Rope>, origin: OriginId) -> Value {
    Value::list(items.into_iter().map(Value::rope).collect(), origin).with(Nuance::Strings)
}

/// A text that contains no characters of the arguments.
fn made(host: &dyn Host, args: &[Value], text: &str) -> Value {
    Value::str(text, computed(host, args))
}

/// Removes text at the start and end: `cut` returns the part to keep.
fn trimmed(host: &dyn Host, rope: &Rope, cut: impl Fn(&str) -> &str) -> Value {
    let whole = rope.as_str();
    let kept = cut(whole);
    let start = kept.as_ptr().addr() - whole.as_ptr().addr();
    let mut builder = RopeBuilder::default();
    let mut cursor = rope.cursor();
    cursor.skip_to(start, &mut builder);
    cursor.copy_to(start + kept.len(), &mut builder);
    cursor.skip_to(whole.len(), &mut builder);
    left(host, builder.finish(), rope)
}

/// The part of a text that was kept. If it is empty, it still has the origins of the whole text.
fn left(host: &dyn Host, part: Rope, whole: &Rope) -> Value {
    let origins = host.origins();
    if part.is_empty() {
        let (known, gone) = (part.origin(origins), origins.derived(whole.origin(origins)));
        if origins.union(known, gone) != known {
            let mut builder = RopeBuilder::default();
            builder.push_rope(&part);
            builder.push("", gone);
            return Value::rope(builder.finish());
        }
    }
    Value::rope(part)
}

fn trim_all(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (set, rope) = (text(args, 0)?, text(args, 1)?);
    Ok(trimmed(host, rope, |text| text.trim_matches(|c| set.as_str().contains(c))))
}

/// Replaces each character by what `to` appends.
fn by_char(rope: &Rope, mut to: impl FnMut(char, &mut String)) -> Value {
    let mut builder = RopeBuilder::default();
    let (mut at, mut piece) = (0, String::new());
    for segment in rope.segments() {
        let end = at + segment.len as usize;
        piece.clear();
        for c in rope.as_str()[at..end].chars() {
            to(c, &mut piece);
        }
        builder.push_placed(&piece, segment.origin, segment.place);
        at = end;
    }
    Value::rope(builder.finish())
}

/// Returns a range of bytes; as in Go, it may start or end inside a character.
fn cut(host: &dyn Host, args: &[Value], rope: &Rope, range: Range<usize>) -> Value {
    let text = rope.as_str();
    let is_whole = |at: usize| text.is_char_boundary(at);
    match is_whole(range.start) && is_whole(range.end) && !bytes::has_stand_in(text) {
        true => left(host, rope.slice(range), rope),
        false => made(host, args, &bytes::text(&bytes::bytes(text)[range])),
    }
}

fn trunc(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (count, rope) = (int(args, 0)?, text(args, 1)?);
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let whole = bytes::count(rope.as_str());
    Ok(match count {
        ..0 if size < whole => cut(host, args, rope, whole - size..whole),
        0.. if size < whole => cut(host, args, rope, 0..size),
        _ => Value::rope(rope.clone()),
    })
}

fn substr(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (start, end, rope) = (int(args, 0)?, int(args, 1)?, text(args, 2)?);
    let whole = i64::try_from(bytes::count(rope.as_str())).unwrap_or(i64::MAX);
    let (from, to) = match (start, end) {
        (..0, _) => (0, end),
        (_, ..0) => (start, whole),
        _ => (start, end.min(whole)),
    };
    if !(0..=whole).contains(&to) {
        let fault = "runtime error: slice bounds out of range";
        return Err(format!("{fault} [:{to}] with length {whole}"));
    }
    if from > to {
        return Err(format!("runtime error: slice bounds out of range [{from}:{to}]"));
    }
    let place = |at: i64| usize::try_from(at).unwrap_or(0);
    Ok(cut(host, args, rope, place(from)..place(to)))
}

fn repeat(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (count, rope) = (int(args, 0)?, text(args, 1)?);
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())?;
    if rope.len().saturating_mul(count) > MAX_TEXT {
        return Err(format!("repeat makes a text of more than {} MiB", MAX_TEXT >> 20));
    }
    let origins = host.origins();
    let counted = origins.derived(args[0].origin);
    if rope.segments().len() == 1 {
        let origin = origins.union(rope.segments()[0].origin, counted);
        return Ok(Value::str(&rope.as_str().repeat(count), origin));
    }
    let mut builder = RopeBuilder::default();
    for _ in 0..count.min(MAX_TEXT) {
        builder.push_rope(rope);
    }
    Ok(Value::rope(builder.finish().tinted(counted, origins)))
}

fn test(host: &dyn Host, args: &[Value], holds: fn(&str, &str) -> bool) -> Result<Value, String> {
    let (part, whole) = (text(args, 0)?, text(args, 1)?);
    Ok(Value::bool(holds(part.as_str(), whole.as_str()), computed(host, args)))
}

fn quote(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    quoted(host, args, "\"", |text| {
        let quoted = print::quote(text);
        quoted[1..quoted.len() - 1].to_owned()
    })
}

fn squote(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    quoted(host, args, "'", str::to_owned)
}

fn quoted(
    host: &dyn Host,
    args: &[Value],
    mark: &str,
    escape: impl Fn(&str) -> String,
) -> Result<Value, String> {
    let mut builder = RopeBuilder::default();
    let mut first = true;
    for arg in args {
        if matches!(arg.data, Data::Nil) {
            builder.push("", arg.origin);
            continue;
        }
        if !first {
            builder.push(" ", OriginId::NONE);
        }
        first = false;
        let rope = print::rope(arg, host.origins());
        builder.push(mark, OriginId::NONE);
        let mut at = 0;
        for segment in rope.segments() {
            let end = at + segment.len as usize;
            builder.push_placed(&escape(&rope.as_str()[at..end]), segment.origin, segment.place);
            at = end;
        }
        builder.push(mark, OriginId::NONE);
    }
    Ok(Value::rope(builder.finish()))
}

fn cat(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut builder = RopeBuilder::default();
    let shown = args.iter().filter(|arg| !matches!(arg.data, Data::Nil));
    for (index, arg) in shown.enumerate() {
        if index > 0 {
            builder.push(" ", OriginId::NONE);
        }
        builder.push_rope(&print::rope(arg, host.origins()));
    }
    Ok(Value::rope(builder.finish()))
}

fn indent(spaces: i64, rope: &Rope, before: &str) -> Result<Value, String> {
    let spaces =
        usize::try_from(spaces).map_err(|_| "strings: negative Repeat count".to_owned())?;
    let lines = rope.as_str().matches('\n').count() + 1;
    if spaces.saturating_mul(lines).saturating_add(rope.len()) > MAX_TEXT {
        return Err(format!("indent makes a text of more than {} MiB", MAX_TEXT >> 20));
    }
    let pad = " ".repeat(spaces);
    let mut builder = RopeBuilder::default();
    builder.push(before, OriginId::NONE);
    builder.push(&pad, OriginId::NONE);
    let mut cursor = rope.cursor();
    for (at, _) in rope.as_str().match_indices('\n') {
        cursor.copy_to(at + 1, &mut builder);
        builder.push(&pad, OriginId::NONE);
    }
    cursor.copy_to(rope.len(), &mut builder);
    Ok(Value::rope(builder.finish()))
}

fn replace(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (old, new, rope) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    let found: Vec<usize> = rope.as_str().match_indices(old.as_str()).map(|(at, _)| at).collect();
    let grown = found.len().saturating_mul(new.len()).saturating_add(rope.len());
    if grown > MAX_TEXT {
        return Err(format!("replace makes a text of more than {} MiB", MAX_TEXT >> 20));
    }
    let origins = host.origins();
    let mut builder = RopeBuilder::default();
    let mut cursor = rope.cursor();
    for at in found {
        cursor.copy_to(at, &mut builder);
        // The replacement also depends on the text that it replaces.
        let whole = origins.derived(rope.origin(origins));
        builder.push_rope(&new.tinted(whole, origins));
        cursor.skip_to(at + old.len(), &mut builder);
    }
    cursor.copy_to(rope.len(), &mut builder);
    Ok(Value::rope(builder.finish()))
}

/// Returns the items of a list as texts, without nil; any other value as a single text, and nothing for nil.
pub(super) fn strings(host: &dyn Host, value: &Value) -> Vec<Rope> {
    match &value.data {
        Data::Nil => Vec::new(),
        Data::List(items) => items
            .borrow()
            .iter()
            .filter(|item| !matches!(item.data, Data::Nil))
            .map(|item| print::rope(item, host.origins()))
            .collect(),
        Data::Object(object) if object.items().is_some() => {
            let items = object.items().unwrap_or_default();
            items.iter().map(|item| print::rope(item, host.origins())).collect()
        }
        _ => vec![print::rope(value, host.origins())],
    }
}

fn join(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (separator, value) = (text(args, 0)?, any(args, 1)?);
    let mut builder = RopeBuilder::default();
    for (index, item) in strings(host, value).iter().enumerate() {
        if index > 0 {
            builder.push_rope(separator);
        }
        builder.push_rope(item);
    }
    let rope = builder.finish();
    let origins = host.origins();
    // The list as a whole decides how many items there are, even if it is empty.
    let listed = origins.derived(value.origin);
    Ok(Value::rope(match matches!(value.data, Data::List(_) | Data::Nil) {
        true => rope.tinted(listed, origins),
        false => rope,
    }))
}

fn pieces(rope: &Rope, separator: &str, most: usize) -> Vec<Rope> {
    let whole = rope.as_str();
    let most = most.min(ENOUGH);
    let parts: Vec<&str> = match separator.is_empty() {
        // Go splits between characters; Rust's `split("")` also returns empty texts at both ends.
        true if most == 0 => Vec::new(),
        true => {
            let starts = whole.char_indices().map(|(at, _)| at).take(most);
            let starts: Vec<usize> = starts.collect();
            let ends = starts.iter().skip(1).copied().chain([whole.len()]);
            starts.iter().zip(ends).map(|(start, end)| &whole[*start..end]).collect()
        }
        false => whole.splitn(most, separator).collect(),
    };
    parts
        .into_iter()
        .map(|part| {
            let start = part.as_ptr().addr() - whole.as_ptr().addr();
            rope.slice(start..start + part.len())
        })
        .collect()
}

/// Returns a map of the parts by their numbers. A part that is missing depends on the text as well.
fn split_map(host: &dyn Host, separator: &Rope, rope: &Rope, most: usize) -> Value {
    let origins = host.origins();
    let parts = pieces(rope, separator.as_str(), most);
    let entries = parts.into_iter().enumerate();
    let entries = entries.map(|(index, part)| (format!("_{index}").into(), Value::rope(part)));
    let origin = origins.derived(rope.origin(origins));
    Value::map(entries.collect(), origin).with(Nuance::Texts)
}

/// Keeps the characters for which `keep` is true; its second argument is the character before. As in Masterminds'
/// goutils, each byte is a character, so characters beyond ASCII become Latin-1.
fn by_byte(
    host: &dyn Host,
    args: &[Value],
    rope: &Rope,
    keep: fn(char, Option<char>) -> bool,
) -> Value {
    let mut before = None;
    if rope.as_str().is_ascii() {
        return by_char(rope, move |c, out| {
            if keep(c, before.replace(c)) {
                out.push(c);
            }
        });
    }
    let chars = rope.as_str().bytes().map(char::from);
    made(host, args, &chars.filter(|c| keep(*c, before.replace(*c))).collect::<String>())
}

/// Go's `unicode.IsSpace` for a byte.
fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}')
}

#[cfg(test)]
mod tests;
