//! Sets single values: `--set` and similar flags.
//!
//! Mirrors Helm 4.1 `pkg/strvals`.

use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

use super::{Set, SetKind, ValuesError};
use crate::helm::origin::{LeafId, OriginId, Origins};
use crate::helm::tree;
use crate::helm::value::{Data, Entries, Value};
use crate::source::Span;

/// The highest index of a list, as in Helm.
const MAX_INDEX: usize = 65_536;
/// The deepest nesting of a name, as in Helm.
const MAX_NESTED: usize = 30;

#[derive(Clone, Copy)]
enum How<'a> {
    Typed,
    Text,
    Json,
    File(&'a [(String, Arc<str>)]),
    /// As text: only `=`, `.` and brackets have a meaning, and only in names.
    Literal,
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    how: How<'a>,
    span: Option<Span>,
    origins: &'a Origins,
}

/// The character that ended a key or value; `None` at the end of the text.
type Ended = Option<char>;

/// Why parsing stopped.
enum Stop {
    /// The text ended where more was expected (Go's `io.EOF`). This is not an error, but the lists around are left as
    /// they were.
    End,
    /// An error message.
    Fault(String),
}

impl From<String> for Stop {
    fn from(fault: String) -> Self {
        Self::Fault(fault)
    }
}

impl Stop {
    fn fault(self) -> Result<(), String> {
        match self {
            Self::End => Ok(()),
            Self::Fault(fault) => Err(fault),
        }
    }
}

/// Applies the text of a flag to the values so far.
pub(super) fn apply(set: &Set, values: &Value, origins: &Origins) -> Result<(), ValuesError> {
    let (how, name) = match &set.kind {
        SetKind::Value => (How::Typed, "--set"),
        SetKind::String => (How::Text, "--set-string"),
        SetKind::Json => (How::Json, "--set-json"),
        SetKind::File(files) => (How::File(files), "--set-file"),
        SetKind::Literal => return literal(set, values, origins),
    };
    let mut parser = Parser::new(&set.text, how, set.span, origins);
    let fail = |error: String| ValuesError {
        message: format!("failed parsing {name} data: {error}"),
        span: set.span,
    };
    while parser.rest.peek().is_some() {
        parser.key(values, 0).or_else(Stop::fault).map_err(fail)?;
    }
    Ok(())
}

/// Reads a `--set-json` whose text is a whole map.
pub(super) fn json_map(set: &Set, leaf: LeafId, origins: &Origins) -> Result<Value, ValuesError> {
    let parsed: serde_json::Value = serde_json::from_str(&set.text).map_err(|_| ValuesError {
        message: format!("failed parsing --set-json data JSON: {}", set.text),
        span: set.span,
    })?;
    Ok(json(&parsed, leaf, set.span, origins))
}

fn json(value: &serde_json::Value, leaf: LeafId, span: Option<Span>, origins: &Origins) -> Value {
    let below = |leaf: LeafId, key: &str| origins.leaf(Some(leaf), key, span);
    tree::from_json(value, leaf, &OriginId::text, &below)
}

/// Applies a `--set-literal`: everything after the `=` is the value.
fn literal(set: &Set, values: &Value, origins: &Origins) -> Result<(), ValuesError> {
    let fail = |error: String| ValuesError {
        message: format!("failed parsing --set-literal data: {error}"),
        span: set.span,
    };
    let mut parser = Parser::new(&set.text, How::Literal, set.span, origins);
    parser.key(values, 0).or_else(Stop::fault).map_err(fail)
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, how: How<'a>, span: Option<Span>, origins: &'a Origins) -> Self {
        Self { rest: text.chars().peekable(), how, span, origins }
    }

    /// Reads text up to one of `stops`; a backslash escapes the next character.
    fn until(&mut self, stops: &[char]) -> (String, Ended) {
        let mut out = String::new();
        while let Some(c) = self.rest.next() {
            if stops.contains(&c) {
                return (out, Some(c));
            }
            match c {
                '\\' if !matches!(self.how, How::Literal) => out.extend(self.rest.next()),
                c => out.push(c),
            }
        }
        (out, None)
    }

    fn leaf(&self, parent: OriginId, key: &str) -> LeafId {
        self.origins.leaf(parent.single(), key, self.span)
    }

    fn key(&mut self, data: &Value, depth: usize) -> Result<(), Stop> {
        let fault = |fault: String| Err(Stop::Fault(fault));
        let Data::Map(entries) = &data.data else {
            return fault("interface conversion: interface {} is not a map".to_owned());
        };
        let put = |key: &str, value: Value| {
            if !key.is_empty() {
                entries.borrow_mut().insert(key.into(), value);
            }
        };
        let stops: &[char] = match self.how {
            How::Literal => &['=', '[', '.'],
            _ => &['=', '[', ',', '.'],
        };
        let (key, ended) = self.until(stops);
        let leaf = self.leaf(data.origin, &key);
        match ended {
            None if key.is_empty() => Err(Stop::End),
            None => fault(format!("key {key:?} has no value")),
            Some('[') => {
                let index = self.index()?;
                let known = entries.borrow().get(key.as_str()).cloned();
                let mut list = match known.map(|value| value.data) {
                    None => Vec::new(),
                    Some(Data::List(items)) => items.borrow().clone(),
                    Some(_) => return fault(format!("unable to parse key: {key:?} is not a list")),
                };
                let read = self.item(&mut list, index, leaf, depth);
                put(&key, Value::list(list, OriginId::text(leaf)));
                read
            }
            Some('=') => {
                let is_last = self.rest.peek().is_none();
                let value = self.value(leaf)?;
                put(&key, value);
                match (is_last, self.how) {
                    (true, How::Typed | How::Text | How::File(_)) => Err(Stop::End),
                    _ => Ok(()),
                }
            }
            Some(',') => fault(format!("key {key:?} has no value (cannot end with ,)")),
            Some(_) => {
                if depth + 1 > MAX_NESTED {
                    return fault(format!(
                        "value name nested level is greater than maximum supported nested level \
                         of {MAX_NESTED}"
                    ));
                }
                let known = entries.borrow().get(key.as_str()).cloned();
                let inner = match known {
                    Some(value @ Value { data: Data::Map(_), .. }) => value,
                    Some(_) => return fault(format!("unable to parse key: {key:?} is not a map")),
                    None => Value::map(Entries::new(), OriginId::text(leaf)),
                };
                let read = self.key(&inner, depth + 1);
                match inner.truth() {
                    true => put(&key, inner),
                    false if read.is_ok() => return fault(format!("key map {key:?} has no value")),
                    false => {}
                }
                read
            }
        }
    }

    fn index(&mut self) -> Result<usize, Stop> {
        let (text, ended) = self.until(&[']']);
        if ended.is_none() {
            return Err(Stop::End);
        }
        let index: i64 = text.parse().map_err(|_| format!("error parsing index: {text:?}"))?;
        let index =
            usize::try_from(index).map_err(|_| format!("negative {index} index not allowed"))?;
        match index > MAX_INDEX {
            true => Err(Stop::Fault(format!(
                "index of {index} is greater than maximum supported index of {MAX_INDEX}"
            ))),
            false => Ok(index),
        }
    }

    /// Reads what follows the index of a list, and sets the item.
    fn item(
        &mut self,
        list: &mut Vec<Value>,
        index: usize,
        parent: LeafId,
        depth: usize,
    ) -> Result<(), Stop> {
        let fault = |fault: &str| Err(Stop::Fault(fault.to_owned()));
        let leaf = self.leaf(OriginId::text(parent), &index.to_string());
        let (key, ended) = self.until(&['[', '.', '=']);
        if !key.is_empty() {
            return fault(&format!("unexpected data at end of array index: {key:?}"));
        }
        let present = list.get(index).cloned();
        let value = match ended {
            None => return Err(Stop::End),
            Some('=') => self.value(leaf)?,
            Some('[') => {
                let next = self.index()?;
                let mut inner = match present.map(|value| value.data) {
                    Some(Data::List(items)) => items.borrow().clone(),
                    None | Some(Data::Nil) => Vec::new(),
                    Some(_) => return fault("unable to parse key: not a list"),
                };
                self.item(&mut inner, next, leaf, depth)?;
                Value::list(inner, OriginId::text(leaf))
            }
            Some(_) => {
                let inner = match present {
                    Some(value @ Value { data: Data::Map(_), .. }) => value,
                    _ => Value::map(Entries::new(), OriginId::text(leaf)),
                };
                if let Some(place) = list.get_mut(index) {
                    place.clone_from(&inner);
                }
                self.key(&inner, depth)?;
                inner
            }
        };
        if list.len() <= index {
            list.resize(index + 1, Value::NIL);
        }
        list[index] = value;
        Ok(())
    }

    fn value(&mut self, leaf: LeafId) -> Result<Value, String> {
        if let How::Json = self.how {
            return self.json(leaf);
        }
        if let How::Literal = self.how {
            let text: String = self.rest.by_ref().collect();
            return Ok(Value::str(&text, OriginId::text(leaf)));
        }
        if self.rest.peek() != Some(&'{') {
            let (text, _) = self.until(&[',']);
            return self.scalar(&text, leaf);
        }
        self.rest.next();
        let mut items = Vec::new();
        loop {
            let (text, ended) = self.until(&[',', '}']);
            let at = self.leaf(OriginId::text(leaf), &items.len().to_string());
            match ended {
                None => return Err("list must terminate with '}'".to_owned()),
                Some(ended) => {
                    items.push(self.scalar(&text, at)?);
                    if ended == '}' {
                        break;
                    }
                }
            }
        }
        self.rest.next_if_eq(&',');
        Ok(Value::list(items, OriginId::text(leaf)))
    }

    fn json(&mut self, leaf: LeafId) -> Result<Value, String> {
        let left: String = self.rest.clone().collect();
        let trimmed = left.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(',') {
            self.skip(left.len() - trimmed.len() + usize::from(!trimmed.is_empty()), &left);
            return Ok(Value::new(Data::Nil, OriginId::text(leaf)));
        }
        let mut stream = serde_json::Deserializer::from_str(&left).into_iter::<serde_json::Value>();
        let value = match stream.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("no value".to_owned()),
        };
        let used = stream.byte_offset();
        let blanks = left[used..].len() - left[used..].trim_start().len();
        let comma = usize::from(left[used + blanks..].starts_with(','));
        self.skip(used + blanks + comma, &left);
        Ok(json(&value, leaf, self.span, self.origins))
    }

    fn skip(&mut self, bytes: usize, of: &str) {
        for _ in of[..bytes].chars() {
            self.rest.next();
        }
    }

    fn scalar(&self, text: &str, leaf: LeafId) -> Result<Value, String> {
        let origin = OriginId::text(leaf);
        if let How::File(files) = self.how
            && !text.is_empty()
        {
            let found = files.iter().find(|(path, _)| path == text);
            let (_, content) = found.ok_or_else(|| format!("open {text}: no such file"))?;
            return Ok(Value::str(content, origin));
        }
        if let How::Text | How::File(_) | How::Literal = self.how {
            return Ok(Value::str(text, origin));
        }
        Ok(match typed(text) {
            Typed::Null => Value::new(Data::Nil, origin),
            Typed::Bool(value) => Value::bool(value, origin),
            Typed::Int(value) => Value::new(Data::Int64(value), origin),
            Typed::Text(text) => Value::str(text, origin),
        })
    }
}

/// The type of a value of `--set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed<'a> {
    /// `null`, which removes a value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other text, also numbers with a leading zero or a fraction.
    Text(&'a str),
}

/// Returns the type of a value of `--set` (`typedVal`): other than in YAML, only a few words are special, in upper or
/// lower case.
#[must_use]
pub fn typed(text: &str) -> Typed<'_> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    match text {
        _ if is("true") => Typed::Bool(true),
        _ if is("false") => Typed::Bool(false),
        _ if is("null") => Typed::Null,
        "0" => Typed::Int(0),
        _ if text.starts_with('0') => Typed::Text(text),
        _ => text.parse().map_or(Typed::Text(text), Typed::Int),
    }
}

/// Returns the paths of the files that the text of a `--set-file` names.
pub(super) fn files(text: &str) -> Vec<String> {
    let origins = Origins::default();
    let mut parser = Parser::new(text, How::Text, None, &origins);
    let leaf = origins.leaf(None, "", None);
    let values = super::empty(leaf);
    let mut found = Vec::new();
    while parser.rest.peek().is_some() && parser.key(&values, 0).is_ok() {}
    collect(&values, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match &value.data {
        // A value that is left out is read as an empty text.
        Data::Str(text) if text.is_empty() => {}
        Data::Str(text) => found.push(text.as_str().to_owned()),
        Data::List(items) => items.borrow().iter().for_each(|item| collect(item, found)),
        Data::Map(entries) => entries.borrow().values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::print;

    fn set(kind: SetKind, text: &str) -> Result<String, String> {
        let origins = Origins::default();
        let values = super::super::empty(origins.leaf(None, "", None));
        let set = Set { kind, text: text.to_owned(), span: None };
        apply(&set, &values, &origins).map_err(|error| error.message)?;
        Ok(print::plain(&values))
    }

    fn typed(text: &str) -> String {
        set(SetKind::Value, text).unwrap_or_else(|error| error)
    }

    #[test]
    fn a_line_names_values_at_paths() {
        for (line, want) in [
            ("a=b", "map[a:b]"),
            ("a.b=1,c=true", "map[a:map[b:1] c:true]"),
            ("a[1].b=x", "map[a:[<nil> map[b:x]]]"),
            ("a={x,2,null}", "map[a:[x 2 <nil>]]"),
            ("a\\.b=x\\,y", "map[a.b:x,y]"),
            ("a=", "map[a:]"),
            ("a=007", "map[a:007]"),
            ("a=1.5", "map[a:1.5]"),
            // A text that ends where more was expected is no error, but the lists around are left as they were.
            ("a[0]=", "map[a:[]]"),
            ("a[1].b=", "map[a:[]]"),
            ("a[0].b=1,a[0].b=", "map[a:[map[b:]]]"),
            ("a[0].b=,c=", "map[a:[map[b:]] c:]"),
            ("a[0][1].b=", "map[a:[]]"),
            ("a[0]", "map[a:[]]"),
            ("a[0", "map[]"),
            ("a.", "map[]"),
        ] {
            assert_eq!(typed(line), want, "{line}");
        }
    }

    #[test]
    fn the_kin_of_set_read_values_otherwise() {
        assert_eq!(set(SetKind::String, "a=1").unwrap(), "map[a:1]");
        assert_eq!(
            set(SetKind::Json, "a={\"b\": [1, 2]} ,c=null").unwrap(),
            "map[a:map[b:[1 2]] c:<nil>]"
        );
        assert_eq!(set(SetKind::Literal, "a.b=x,y={z}").unwrap(), "map[a:map[b:x,y={z}]]");
        assert_eq!(set(SetKind::Literal, ",a\\.b[1]=\\x").unwrap(), "map[,a\\:map[b:[<nil> \\x]]]");
        set(SetKind::Literal, "a").expect_err("no value");
        let files = vec![("p".to_owned(), Arc::from("text"))];
        assert_eq!(set(SetKind::File(files), "a=p,b=").unwrap(), "map[a:text b:]");
    }

    #[test]
    fn faults_are_refused() {
        for line in ["a", "a=1,b", "a[x]=1", "a[-1]=1", "a[99999]=1", "a={1", "a[0]b=1"] {
            set(SetKind::Value, line).expect_err(line);
        }
    }
}
