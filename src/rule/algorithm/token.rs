//! Searches every text of an object for the formats of known credentials. Parameters: `formats`, a map from the name of
//! a sort of credentials to a regular expression of its format; `placeholders`, words that mark an example in place of
//! a real credential.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cel::Value;
use cel::objects::Key;
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::{Scene, hit};
use crate::helm::function::is_generated_key;
use crate::kube::Object;
use crate::rule::hit::Hit;
use crate::yaml::{Kind, Node, Scalar};

/// The length of the shortest credential in bytes; most texts of objects are shorter.
const SHORTEST: usize = 20;

/// The formats of credentials.
#[derive(Clone)]
struct Formats {
    /// All of them in one automaton, as almost no text matches any.
    all: RegexSet,
    /// Each of them, in the order of the automaton: sorted by name.
    each: Vec<Format>,
}

#[derive(Clone)]
struct Format {
    name: String,
    pattern: String,
    /// Compiled when the automaton first finds it.
    regex: OnceCell<Option<Regex>>,
}

/// Compiled parameters, by the address of their entries; `None` if one of them is not a regular expression. The entries
/// are kept alive, so that no others get the same address.
type Compiled<T> = HashMap<usize, (Param, Option<T>)>;

type Param = Arc<HashMap<Key, Value>>;

thread_local! {
    /// One set for each thread, as threads that share an automaton wait for each other.
    static COMPILED: RefCell<Compiled<Rc<Formats>>> = RefCell::default();
}

pub(super) fn judge(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(Value::Map(param)) = scene.param("formats") else {
        return Vec::new();
    };
    let formats = COMPILED.with_borrow_mut(|compiled| {
        let key = Arc::as_ptr(&param.map).addr();
        // Most runs on one or two files have no text that is long enough, and need no automaton.
        if !compiled.contains_key(&key) && !has_long_text(scene.object) {
            return None;
        }
        let own = || (Arc::clone(&param.map), shared(&param.map).map(Rc::new));
        compiled.entry(key).or_insert_with(own).1.clone()
    });
    let Some(formats) = formats else {
        return Vec::new();
    };
    if !formats.may_be_in(scene.object.node) {
        return Vec::new();
    }
    let placeholders = scene.words("placeholders");
    let mut hits = Vec::new();
    walk(scene.object.node, &mut |node, text| {
        if let Some(name) = formats.found(text, &placeholders)
            && !is_half(node)
        {
            hits.push(hit(
                node,
                format!("this text holds {name}: whoever reads it can use it"),
                None,
            ));
        }
    });
    hits
}

/// Compiles the parameter, if one of the objects has a text that is long enough.
pub(super) fn prepare(formats: Option<&Value>, objects: &[Object<'_>]) {
    if let Some(Value::Map(formats)) = formats
        && objects.iter().any(has_long_text)
    {
        shared(&formats.map);
    }
}

/// Whether an object has a text that is long enough. If the object is a whole document, as most are, the document's
/// scalars are searched without a walk of the tree; for an item of a `List` that would search the other items, too.
fn has_long_text(object: &Object<'_>) -> bool {
    match object.node.parent() {
        None => object.node.document().long_scalars(SHORTEST).next().is_some(),
        Some(_) => {
            let mut any = false;
            walk(object.node, &mut |_, _| any = true);
            any
        }
    }
}

/// The formats of a parameter for one thread, from the set that is compiled once for all threads.
fn shared(param: &Param) -> Option<Formats> {
    static SHARED: LazyLock<Mutex<Compiled<Formats>>> = LazyLock::new(Mutex::default);
    let mut known = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || (Arc::clone(param), compile(param));
    known.entry(Arc::as_ptr(param).addr()).or_insert_with(made).1.clone()
}

impl Formats {
    /// False if no text of an object has any of the formats. Only an object that is a whole document is searched,
    /// without a walk of the tree; true for the items of a `List`.
    fn may_be_in(&self, object: Node<'_>) -> bool {
        let mut texts = object.document().long_scalars(SHORTEST);
        object.parent().is_some() || texts.any(|text| self.all.is_match(text))
    }

    /// The name of a format that the text matches other than in a placeholder.
    fn found(&self, text: &str, placeholders: &[&str]) -> Option<&str> {
        // A key that a template generates when it is rendered is not in the repository.
        let real = |found: regex::bytes::Match<'_>| {
            let word = String::from_utf8_lossy(found.as_bytes());
            let made = text.get(found.start()..).is_some_and(is_generated_key);
            !made && !placeholders.iter().any(|placeholder| word.contains(placeholder))
        };
        if !self.all.is_match(text.as_bytes()) {
            return None;
        }
        let candidates = self.all.matches(text.as_bytes());
        candidates
            .into_iter()
            .filter_map(|at| self.each.get(at))
            .find(|format| {
                let regex = format.regex.get_or_init(|| builder(&format.pattern).build().ok());
                let found = regex.iter().flat_map(|regex| regex.find_iter(text.as_bytes()));
                found.into_iter().any(real)
            })
            .map(|format| format.name.as_str())
    }
}

/// Whether a text is an AWS access key id beside a reference to the secret access key. Without that key nobody can use
/// it.
fn is_half(node: Node<'_>) -> bool {
    let is_secret = |name: &str| name.to_ascii_lowercase().starts_with("secretaccesskey");
    let named =
        node.key_name().is_some_and(|name| name.to_ascii_lowercase().starts_with("accesskeyid"));
    let beside = node.parent().into_iter().flat_map(Node::entries);
    named
        && beside
            .filter(|entry| is_secret(&entry.name()))
            .any(|entry| entry.value.kind() == Kind::Mapping)
}

/// Credentials are ASCII, and the word boundaries of Unicode make automata slower.
fn builder(pattern: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(false);
    builder
}

/// Compiles the entries of the parameter; `None` if one is not a regular expression.
fn compile(param: &HashMap<Key, Value>) -> Option<Formats> {
    let mut formats: Vec<(String, &str)> = param
        .iter()
        .filter_map(|(name, format)| match format {
            Value::String(format) => Some((name.to_string(), format.as_str())),
            _ => None,
        })
        .collect();
    formats.sort_unstable();
    let all = RegexSetBuilder::new(formats.iter().map(|(_, format)| format)).unicode(false).build();
    let each = formats.into_iter().map(|(name, pattern)| Format {
        name,
        pattern: pattern.to_owned(),
        regex: OnceCell::new(),
    });
    Some(Formats { all: all.ok()?, each: each.collect() })
}

/// Calls `visit` with every text that is long enough at or below a node, in the order of the file. The depth of
/// recursion is that of the document.
fn walk<'n>(node: Node<'n>, visit: &mut impl FnMut(Node<'n>, &str)) {
    match node.kind() {
        Kind::Mapping => node.entries().for_each(|entry| walk(entry.value, visit)),
        Kind::Sequence => node.items().for_each(|item| walk(item, visit)),
        Kind::Scalar if node.raw().len() >= SHORTEST => {
            if let Some(Scalar::Str(text)) = node.scalar() {
                visit(node, text);
            }
        }
        Kind::Scalar => {}
    }
}
