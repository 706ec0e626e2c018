//! The expressions in actions.

use serde_json::{Map, Value};

use super::{UNKNOWN, unknown};

/// Commands joined by `|`, and the variables that take the result.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) declares: Vec<String>,
    /// `=` rather than `:=`.
    pub(super) assigns: bool,
    commands: Vec<Vec<Operand>>,
}

#[derive(Debug)]
enum Operand {
    Literal(Value),
    /// `.a.b`
    Field(Vec<String>),
    /// `$name.a.b`
    Variable(String, Vec<String>),
    Function(String),
    /// `( … ).a.b`
    Nested(Pipeline, Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
enum Lexeme {
    Word(String),
    Text(String),
    Open,
    Close,
    Pipe,
}

pub(super) fn parse(text: &str) -> Option<Pipeline> {
    let mut lexemes = lex(text)?;
    lexemes.reverse();
    let pipeline = pipeline(&mut lexemes, 0)?;
    lexemes.is_empty().then_some(pipeline)
}

fn lex(text: &str) -> Option<Vec<Lexeme>> {
    let mut lexemes = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' => {
                lexemes.push(Lexeme::Open);
                1
            }
            ')' => {
                lexemes.push(Lexeme::Close);
                1
            }
            '|' => {
                lexemes.push(Lexeme::Pipe);
                1
            }
            ',' => 1,
            '`' => {
                let end = rest[1..].find('`')?;
                lexemes.push(Lexeme::Text(rest[1..=end].to_owned()));
                end + 2
            }
            '"' => {
                let mut content = String::new();
                let mut chars = rest.char_indices().skip(1);
                loop {
                    match chars.next()? {
                        (at, '"') => {
                            lexemes.push(Lexeme::Text(content));
                            break at + 1;
                        }
                        (_, '\\') => match chars.next()?.1 {
                            'n' => content.push('\n'),
                            't' => content.push('\t'),
                            other => content.push(other),
                        },
                        (_, other) => content.push(other),
                    }
                }
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()|,\"`".contains(c));
                let end = end.unwrap_or(rest.len());
                lexemes.push(Lexeme::Word(rest[..end].to_owned()));
                end
            }
        };
        rest = rest[length..].trim_start_matches([' ', '\t', '\n', '\r']);
        // `(…).name` is one operand: keep the field with its bracket.
        if matches!(lexemes.last(), Some(Lexeme::Close))
            && !text[..text.len() - rest.len()].ends_with(char::is_whitespace)
            && rest.starts_with('.')
        {
            let end = rest.find(|c: char| c.is_whitespace() || "()|,".contains(c));
            let end = end.unwrap_or(rest.len());
            lexemes.push(Lexeme::Word(format!("){}", &rest[..end])));
            rest = rest[end..].trim_start();
        }
    }
    Some(lexemes)
}

fn pipeline(lexemes: &mut Vec<Lexeme>, depth: usize) -> Option<Pipeline> {
    if depth > 32 {
        return None;
    }
    let mut declares = Vec::new();
    let mut assigns = false;
    let is_sign =
        |lexeme: &Lexeme| matches!(lexeme, Lexeme::Word(word) if word == ":=" || word == "=");
    // `$a :=`, `$a, $b :=`
    let ahead = lexemes.iter().rev().take(3).position(is_sign);
    if let Some(count @ 1..=2) = ahead {
        for _ in 0..count {
            match lexemes.pop()? {
                Lexeme::Word(name) if name.starts_with('$') => declares.push(name),
                _ => return None,
            }
        }
        assigns = lexemes.pop()? == Lexeme::Word("=".to_owned());
    }
    let mut commands = vec![Vec::new()];
    loop {
        match lexemes.last() {
            None | Some(Lexeme::Close) => break,
            Some(Lexeme::Pipe) => {
                lexemes.pop();
                commands.push(Vec::new());
            }
            Some(_) => {
                let operand = operand(lexemes, depth)?;
                commands.last_mut()?.push(operand);
            }
        }
    }
    if commands.iter().any(Vec::is_empty) {
        return None;
    }
    Some(Pipeline { declares, assigns, commands })
}

fn operand(lexemes: &mut Vec<Lexeme>, depth: usize) -> Option<Operand> {
    let path = |text: &str| -> Vec<String> {
        text.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    Some(match lexemes.pop()? {
        Lexeme::Text(text) => Operand::Literal(Value::String(text)),
        Lexeme::Open => {
            let inner = pipeline(lexemes, depth + 1)?;
            if lexemes.pop()? != Lexeme::Close {
                return None;
            }
            let fields = match lexemes.last() {
                Some(Lexeme::Word(word)) if word.starts_with(')') => {
                    let fields = path(&word[1..]);
                    lexemes.pop();
                    fields
                }
                _ => Vec::new(),
            };
            Operand::Nested(inner, fields)
        }
        Lexeme::Word(word) => match word.as_str() {
            "true" => Operand::Literal(Value::Bool(true)),
            "false" => Operand::Literal(Value::Bool(false)),
            "nil" => Operand::Literal(Value::Null),
            word if word.starts_with('.') => Operand::Field(path(word)),
            word if word.starts_with('$') => {
                let (name, fields) = word.split_once('.').unwrap_or((word, ""));
                Operand::Variable(name.to_owned(), path(fields))
            }
            word if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                Operand::Literal(serde_json::from_str(word).unwrap_or(Value::Null))
            }
            word => Operand::Function(word.to_owned()),
        },
        Lexeme::Close | Lexeme::Pipe => return None,
    })
}

impl Pipeline {
    pub(super) fn evaluate(&self, dot: &Value, variables: &[(String, Value)]) -> Value {
        let mut piped: Option<Value> = None;
        for command in &self.commands {
            let mut arguments: Vec<Value> =
                command[1..].iter().map(|operand| operand.evaluate(dot, variables)).collect();
            arguments.extend(piped.take());
            piped = Some(match &command[0] {
                Operand::Function(name) => call(name, &arguments),
                operand => operand.evaluate(dot, variables),
            });
        }
        piped.unwrap_or(Value::Null)
    }
}

impl Operand {
    fn evaluate(&self, dot: &Value, variables: &[(String, Value)]) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Field(path) => walk(dot, path),
            Self::Variable(name, path) => {
                let found = variables.iter().rev().find(|(own, _)| own == name);
                found.map_or(Value::Null, |(_, value)| walk(value, path))
            }
            Self::Function(name) => call(name, &[]),
            Self::Nested(pipeline, path) => walk(&pipeline.evaluate(dot, variables), path),
        }
    }
}

fn walk(value: &Value, path: &[String]) -> Value {
    let mut value = value;
    for step in path {
        match value {
            Value::Object(map) => match map.get(step) {
                Some(inner) => value = inner,
                None => return Value::Null,
            },
            Value::String(text) if text.contains(UNKNOWN) => return unknown(),
            _ => return Value::Null,
        }
    }
    value.clone()
}

pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        // What is not known is taken not to be set.
        Value::String(text) => !text.is_empty() && !text.contains(UNKNOWN),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

pub(super) fn print(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn call(name: &str, arguments: &[Value]) -> Value {
    let texts: Vec<String> = arguments.iter().map(print).collect();
    let text = |text: String| Value::String(text);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let any_unknown = texts.iter().any(|text| text.contains(UNKNOWN));
    match (name, arguments, texts.as_slice()) {
        ("default", [default, value], _) => {
            if truth(value) {
                value.clone()
            } else {
                default.clone()
            }
        }
        ("coalesce", values, _) => {
            values.iter().find(|value| truth(value)).cloned().unwrap_or(Value::Null)
        }
        ("or", values, _) => values
            .iter()
            .find(|value| truth(value))
            .or(values.last())
            .cloned()
            .unwrap_or(Value::Null),
        ("and", values, _) => values
            .iter()
            .find(|value| !truth(value))
            .or(values.last())
            .cloned()
            .unwrap_or(Value::Null),
        ("not", [value], _) => Value::Bool(!truth(value)),
        ("eq", [first, rest @ ..], _) => {
            Value::Bool(rest.iter().any(|other| print(other) == print(first)))
        }
        ("ne", _, [a, b]) => Value::Bool(a != b),
        ("empty", [value], _) => Value::Bool(!truth(value)),
        ("ternary", [yes, no, condition], _) => if truth(condition) { yes } else { no }.clone(),
        ("required", [_, value], _) => value.clone(),
        ("index", [value, keys @ ..], _) => {
            keys.iter().fold(value.clone(), |value, key| match (&value, key.as_u64()) {
                (Value::Array(items), Some(at)) => usize::try_from(at)
                    .ok()
                    .and_then(|at| items.get(at))
                    .cloned()
                    .unwrap_or(Value::Null),
                _ => walk(&value, &[print(key)]),
            })
        }
        ("get", [map @ Value::Object(_), key], _) => walk(map, &[print(key)]),
        // helmfile: `.Values | get "a.b" "default"`.
        ("get" | "getOrNil", [path, rest @ ..], _) => {
            let steps: Vec<String> = print(path).split('.').map(str::to_owned).collect();
            let value = rest.last().map_or(Value::Null, |value| walk(value, &steps));
            match (value, rest) {
                (Value::Null, [default, _]) => default.clone(),
                (value, _) => value,
            }
        }
        ("hasKey", [Value::Object(map), key], _) => Value::Bool(map.contains_key(&print(key))),
        ("list", items, _) => Value::Array(items.to_vec()),
        ("dict", pairs, _) => {
            let pairs = pairs.chunks_exact(2).map(|pair| (print(&pair[0]), pair[1].clone()));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        ("toYaml", [value], _) => {
            text(serde_yaml::to_string(value).unwrap_or_default().trim_end().to_owned())
        }
        ("toJson", [value], _) => text(value.to_string()),
        ("indent", [count, _], [_, body]) => {
            text(indented(body, count.as_u64().unwrap_or(0), false))
        }
        ("nindent", [count, _], [_, body]) => {
            text(indented(body, count.as_u64().unwrap_or(0), true))
        }
        ("printf", [_, rest @ ..], [format, ..]) => text(printf(format, rest)),
        ("print", _, texts) => text(texts.concat()),
        ("quote", _, texts) => text(
            texts
                .iter()
                .map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect::<Vec<_>>()
                .join(" "),
        ),
        ("squote", _, texts) => text(format!("'{}'", texts.join("' '"))),
        ("toString", _, [value]) => text((*value).to_owned()),
        ("lower", _, [value]) => text(value.to_lowercase()),
        ("upper", _, [value]) => text(value.to_uppercase()),
        ("trim", _, [value]) => text(value.trim().to_owned()),
        ("trimSuffix", _, [suffix, value]) => {
            text(value.strip_suffix(suffix).unwrap_or(value).to_owned())
        }
        ("trimPrefix", _, [prefix, value]) => {
            text(value.strip_prefix(prefix).unwrap_or(value).to_owned())
        }
        ("trunc", [count, _], [_, value]) if !any_unknown => {
            let count = usize::try_from(count.as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
            text(value.chars().take(count).collect())
        }
        ("replace", _, [from, to, value]) => text(value.replace(from, to)),
        ("join", [separator, Value::Array(items)], _) => {
            text(items.iter().map(print).collect::<Vec<_>>().join(&print(separator)))
        }
        _ => unknown(),
    }
}

fn indented(text: &str, count: u64, newline: bool) -> String {
    let blanks = " ".repeat(usize::try_from(count).unwrap_or(0).min(200));
    let lines: Vec<String> = text.split('\n').map(|line| format!("{blanks}{line}")).collect();
    let start = if newline { "\n" } else { "" };
    format!("{start}{}", lines.join("\n"))
}

fn printf(format: &str, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut arguments = arguments.iter();
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('%') => out.push('%'),
            Some('q') => {
                out.push_str(&format!("\"{}\"", arguments.next().map(print).unwrap_or_default()));
            }
            Some('s' | 'v' | 'd') => {
                out.push_str(&arguments.next().map(print).unwrap_or_default());
            }
            _ => out.push(UNKNOWN),
        }
    }
    out
}
