//! Paths with slashes: Go's `path`, and `path/filepath` as on Unix.

use std::ops::Range;

use crate::helm::call::{Function, Host};
use crate::helm::call::{computed, text};
use crate::helm::rope::{Rope, RopeBuilder};
use crate::helm::value::Value;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("base", base),
    ("dir", dir),
    ("clean", clean),
    ("ext", ext),
    ("isAbs", is_abs),
    ("osBase", base),
    ("osDir", dir),
    ("osClean", clean),
    ("osExt", ext),
    ("osIsAbs", is_abs),
];

fn base(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0)?;
    let kept = path.as_str().trim_end_matches('/');
    let start = kept.rfind('/').map_or(0, |slash| slash + 1);
    Ok(match (path.is_empty(), kept.is_empty()) {
        (true, _) => Value::str(".", computed(host, args)),
        (_, true) => Value::rope(path.slice(0..1)),
        _ => Value::rope(path.slice(start..kept.len())),
    })
}

fn dir(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0)?;
    let end = path.as_str().rfind('/').map_or(0, |slash| slash + 1);
    Ok(cleaned(host, args, path, end))
}

fn clean(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0)?;
    Ok(cleaned(host, args, path, path.len()))
}

/// Cleans the first `end` bytes of a path, as `path.Clean` does.
fn cleaned(host: &dyn Host, args: &[Value], path: &Rope, end: usize) -> Value {
    let text = &path.as_str()[..end];
    let rooted = text.starts_with('/');
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for part in text.split('/') {
        let range = at..at + part.len();
        at = range.end + 1;
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if &text[last.clone()] != ".." => {
                    parts.pop();
                }
                None if rooted => {}
                _ => parts.push(range),
            },
            _ => parts.push(range),
        }
    }
    if parts.is_empty() && !rooted {
        return Value::str(".", computed(host, args));
    }
    let mut out = RopeBuilder::default();
    if rooted {
        out.push_slice(path, 0..1);
    }
    for (index, part) in parts.into_iter().enumerate() {
        let start = if index > 0 { part.start - 1 } else { part.start };
        out.push_slice(path, start..part.end);
    }
    Value::rope(out.finish())
}

fn ext(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0)?;
    let name = path.as_str().rfind('/').map_or(0, |slash| slash + 1);
    Ok(match path.as_str()[name..].rfind('.') {
        Some(dot) => Value::rope(path.slice(name + dot..path.len())),
        None => Value::str("", computed(host, args)),
    })
}

fn is_abs(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    Ok(Value::bool(text(args, 0)?.as_str().starts_with('/'), computed(host, args)))
}

#[cfg(test)]
mod tests {
    use super::TABLE;
    use crate::helm::function::testing::{called, printed};
    use crate::helm::value::{Data, Value};

    #[test]
    fn base_is_the_last_element() {
        for (path, want) in
            [("", "."), ("/", "/"), ("///", "/"), ("a/b", "b"), ("a/b//", "b"), ("c.txt", "c.txt")]
        {
            assert_eq!(printed(TABLE, "base", &[path.into()]), want, "{path}");
        }
    }

    #[test]
    fn clean_resolves_dots_by_text() {
        for (path, want) in [
            ("", "."),
            ("./", "."),
            ("a//b/./c", "a/b/c"),
            ("a/../..", ".."),
            ("a/../../b", "../b"),
            ("/..", "/"),
            ("/../a/", "/a"),
            ("../../a", "../../a"),
        ] {
            assert_eq!(printed(TABLE, "clean", &[path.into()]), want, "{path}");
        }
    }

    #[test]
    fn dir_and_ext() {
        for (path, dir, ext) in [
            ("conf/app.tar.gz", "conf", ".gz"),
            ("app", ".", ""),
            ("/app", "/", ""),
            ("a.d/app", "a.d", ""),
            ("a/b/", "a/b", ""),
        ] {
            assert_eq!(printed(TABLE, "osDir", &[path.into()]), dir, "{path}");
            assert_eq!(printed(TABLE, "ext", &[path.into()]), ext, "{path}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        let number = Value { data: Data::Float(1.0), ..Value::NIL };
        assert_eq!(
            called(TABLE, "isAbs", &[number]).expect_err("a number"),
            "wrong type for value; expected string; got float64"
        );
        assert_eq!(
            called(TABLE, "isAbs", &[Value::NIL]).expect_err("nil"),
            "invalid value; expected string"
        );
        assert_eq!(printed(TABLE, "isAbs", &["/a".into()]), "true");
    }
}
