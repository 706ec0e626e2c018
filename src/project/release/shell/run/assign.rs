//! Assignments to variables.

use std::rc::Rc;

use super::expand::{MAX_ITEMS, MAX_LIST, MAX_TEXT};
use super::{
    Assigned, Assignment, COMPUTED, Environment, Field, Operator, Piece, Shell, Value, Word,
    is_known,
};

impl Shell<'_> {
    /// `NAME=VALUE`, alone or behind `export`, `local` and the like.
    pub(super) fn declaration(
        &mut self,
        assignments: &[Assignment],
        fields: &[Field],
        mut way: Environment,
    ) -> Environment {
        let words: Vec<&str> = fields.iter().map(|field| field.text.as_str()).collect();
        let exports = match words.as_slice() {
            ["export", ..] => true,
            ["declare" | "typeset" | "local", rest @ ..] => {
                rest.iter().any(|word| word.starts_with('-') && word.contains('x'))
            }
            _ => false,
        };
        if exports {
            let names = assignments.iter().map(|assignment| assignment.name.as_str());
            words.iter().skip(1).copied().chain(names).for_each(|name| way.export(name));
        }
        let own = match words.as_slice() {
            ["local", rest @ ..] => Some(rest),
            ["declare" | "typeset", rest @ ..] => {
                let is_global = |word: &&str| word.starts_with('-') && word.contains('g');
                (!rest.iter().any(is_global)).then_some(rest)
            }
            _ => None,
        };
        let Some(own) = own else {
            declare_lists(fields, &mut way);
            for assignment in assignments {
                self.assign(assignment, &mut way);
            }
            return way;
        };
        // The values are worked out before the variables are declared: `local name=${name:-web}`.
        let values: Vec<Value> =
            assignments.iter().map(|assignment| self.value(&assignment.value, &mut way)).collect();
        let named = own.iter().copied().filter(|word| !word.starts_with('-'));
        let assigned = assignments.iter().map(|assignment| assignment.name.as_str());
        way.declare(&named.chain(assigned).collect::<Vec<_>>());
        declare_lists(fields, &mut way);
        for (assignment, value) in assignments.iter().zip(values) {
            put(assignment, value, &mut way);
        }
        way
    }

    pub(super) fn assign(&mut self, assignment: &Assignment, way: &mut Environment) {
        let value = self.value(&assignment.value, way);
        put(assignment, value, way);
    }

    fn value(&mut self, assigned: &Assigned, way: &mut Environment) -> Value {
        match assigned {
            Assigned::Word(word) => {
                let text = self.text(word, way);
                self.assign_defaults(word, way);
                Value::Text(text)
            }
            Assigned::Array(words) => array(self.globbed(words, way)),
        }
    }

    /// `${NAME:=default}` sets the variable, and so does `$((NAME++))`.
    pub(super) fn assign_defaults(&mut self, word: &Word, way: &mut Environment) {
        for piece in &word.pieces {
            if let Piece::Arithmetic { text } = piece {
                self.arithmetic(text, way);
            }
            if let Piece::Variable { name, operation: Some((operator, operand)), .. } = piece
                && matches!(operator, Operator::Default { assigns: true, .. })
                && way.get(name).is_none()
            {
                let text = self.text(operand, way);
                way.set(name, text);
            }
        }
    }
}

fn put(assignment: &Assignment, value: Value, way: &mut Environment) {
    if let (Some(key), Value::Text(text)) = (&assignment.key, &value) {
        set_element(way, &assignment.name, key, text);
        if !way.get(&assignment.name).is_some_and(fits) {
            way.set(&assignment.name, COMPUTED);
        }
        return;
    }
    let value = match (assignment.append, way.get(&assignment.name), value) {
        (true, Some(Value::Map(map)), Value::Map(more)) => Value::Map([map.clone(), more].concat()),
        (true, Some(Value::List(list)), Value::List(more)) => {
            Value::List([list.clone(), more].concat())
        }
        (true, Some(Value::Text(text)), Value::Text(more)) => Value::Text(format!("{text}{more}")),
        (_, _, value) => value,
    };
    way.put(&assignment.name, bounded(value));
}

/// A value, or something that is computed if it is too large.
fn bounded(value: Value) -> Value {
    if fits(&value) { value } else { Value::Text(COMPUTED.to_string()) }
}

fn fits(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() <= MAX_TEXT,
        Value::List(list) => {
            list.len() <= MAX_ITEMS && list.iter().map(String::len).sum::<usize>() <= MAX_LIST
        }
        Value::Map(map) => {
            let size = |(key, value): &(String, String)| key.len() + value.len();
            map.len() <= MAX_ITEMS && map.iter().map(size).sum::<usize>() <= MAX_LIST
        }
    }
}

/// The value of `NAME=( … )`: a map if each word begins with `[KEY]=`, else a list.
fn array(words: Vec<String>) -> Value {
    let entry = |word: &String| {
        let (key, value) = word.strip_prefix('[')?.split_once("]=")?;
        Some((key.to_owned(), value.to_owned()))
    };
    match words.iter().map(entry).collect::<Option<Vec<_>>>() {
        Some(map) if !map.is_empty() => Value::Map(map),
        _ => Value::List(words),
    }
}

/// `NAME[KEY]=VALUE`
fn set_element(way: &mut Environment, name: &str, key: &str, value: &str) {
    let known = Rc::make_mut(&mut way.variables)
        .entry(name.into())
        .or_insert_with(|| Rc::new(Value::Map(Vec::new())));
    match (Rc::make_mut(known), key.parse::<usize>()) {
        (Value::Map(map), _) => {
            map.retain(|(own, _)| own != key);
            map.push((key.to_owned(), value.to_owned()));
        }
        (Value::List(list), Ok(at)) if at < list.len() => value.clone_into(&mut list[at]),
        (Value::List(list), Ok(_)) => list.push(value.to_owned()),
        (other, _) => *other = Value::Map(vec![(key.to_owned(), value.to_owned())]),
    }
}

/// `declare -a NAME` creates an empty list, and `declare -A NAME` an empty map.
pub(super) fn declare_lists(fields: &[Field], way: &mut Environment) {
    let (flags, names): (Vec<_>, Vec<_>) =
        fields.iter().skip(1).partition(|field| field.text.starts_with('-'));
    let has = |letter: char| flags.iter().any(|flag| flag.text.contains(letter));
    let empty = match (has('a'), has('A')) {
        (true, _) => Value::List(Vec::new()),
        (_, true) => Value::Map(Vec::new()),
        _ => return,
    };
    for name in names.into_iter().filter(|name| is_known(&name.text)) {
        if way.get(&name.text).is_none() {
            way.put(&name.text, empty.clone());
        }
    }
}
