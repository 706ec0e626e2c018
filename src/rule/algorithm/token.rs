//! Searches every text of an object for the formats of known credentials. Parameters: `formats`, a map from the name of
//! a sort of credentials to a regular expression of its format; `placeholders`, words that mark an example in place of
//! a real credential.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;
use cel::Value;
use cel::objects::Key;
use regex::bytes::{Match, Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{Extractor, Seq};
use regex_syntax::hir::{Hir, HirKind};

use super::{Scene, hit};
use crate::helm::function::is_generated_key;
use crate::rule::hit::Hit;
use crate::yaml::{Kind, Node, Scalar};

/// The length of the shortest credential in bytes; most texts of objects are shorter.
const SHORTEST: usize = 20;

/// The formats of credentials.
struct Formats {
    /// Texts of which each match of a format holds one. A search for them passes over most texts, and takes no memory
    /// that threads would have to share; an automaton of all formats has thousands of states.
    literals: AhoCorasick,
    /// The format, by its place in `each`, to which each literal belongs.
    owners: Vec<usize>,
    /// Those without such a text, which are looked for in every text.
    others: Vec<usize>,
    /// All of them, sorted by name.
    each: Vec<Format>,
}

struct Format {
    name: String,
    pattern: String,
    /// Compiled when a text first has one of the format's literals.
    regex: OnceLock<Option<Regex>>,
}

/// Compiled parameters, by the address of their entries; `None` if one of them is not a regular expression. The entries
/// are kept alive, so that no others get the same address.
type Compiled = HashMap<usize, (Param, Option<Arc<Formats>>)>;

type Param = Arc<HashMap<Key, Value>>;

pub(super) fn judge(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(Value::Map(param)) = scene.param("formats") else {
        return Vec::new();
    };
    let object = scene.object.node;
    // Most runs on one or two files have no text that is long enough, and need no formats.
    let is_whole = object.parent().is_none();
    if is_whole && object.document().long_scalars(SHORTEST).next().is_none() {
        return Vec::new();
    }
    let Some(formats) = compiled(&param.map) else {
        return Vec::new();
    };
    if !formats.may_be_in(object) {
        return Vec::new();
    }
    let placeholders = scene.words("placeholders");
    let mut hits = Vec::new();
    walk(object, &mut |node, text| {
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

/// The formats of a parameter, compiled once for all threads.
fn compiled(param: &Param) -> Option<Arc<Formats>> {
    static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || (Arc::clone(param), Formats::of(param).map(Arc::new));
    known.entry(Arc::as_ptr(param).addr()).or_insert_with(made).1.clone()
}

impl Formats {
    /// Compiles the entries of the parameter; `None` if one is not a regular expression.
    fn of(param: &HashMap<Key, Value>) -> Option<Self> {
        let mut each: Vec<Format> = param
            .iter()
            .filter_map(|(name, format)| match format {
                Value::String(format) => Some(Format::new(name.to_string(), format)),
                _ => None,
            })
            .collect();
        each.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let (mut literals, mut owners, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (at, format) in each.iter().enumerate() {
            match literals_in(&parse(&format.pattern)?) {
                Some(texts) => {
                    owners.extend(std::iter::repeat_n(at, texts.len()));
                    literals.extend(texts);
                }
                None => others.push(at),
            }
        }
        let literals = AhoCorasick::new(literals).ok()?;
        Some(Self { literals, owners, others, each })
    }

    /// False if no text of an object has any of the formats. Only an object that is a whole document is searched,
    /// without a walk of the tree; true for the items of a `List`.
    fn may_be_in(&self, object: Node<'_>) -> bool {
        let mut texts = object.document().long_scalars(SHORTEST);
        let has_candidate = |text| !self.others.is_empty() || self.literals.is_match(text);
        object.parent().is_some() || texts.any(has_candidate)
    }

    /// The name of a format that the text matches other than in a placeholder.
    fn found(&self, text: &str, placeholders: &[&str]) -> Option<&str> {
        // A key that a template generates when it is rendered is not in the repository.
        let real = |found: Match<'_>| {
            let word = String::from_utf8_lossy(found.as_bytes());
            let made = text.get(found.start()..).is_some_and(is_generated_key);
            !made && !placeholders.iter().any(|placeholder| word.contains(placeholder))
        };
        let literals = self.literals.find_overlapping_iter(text);
        let mut candidates: Vec<usize> = literals
            .filter_map(|found| self.owners.get(found.pattern().as_usize()))
            .copied()
            .collect();
        candidates.extend(&self.others);
        candidates.sort_unstable();
        candidates.dedup();
        candidates
            .into_iter()
            .filter_map(|at| self.each.get(at))
            .find(|format| format.matches(text).any(real))
            .map(|format| format.name.as_str())
    }
}

impl Format {
    fn new(name: String, pattern: &str) -> Self {
        Self { name, pattern: pattern.to_owned(), regex: OnceLock::new() }
    }

    fn matches<'t>(&self, text: &'t str) -> impl Iterator<Item = Match<'t>> {
        // Credentials are ASCII, and the word boundaries of Unicode make automata slower.
        let compile = || RegexBuilder::new(&self.pattern).unicode(false).build().ok();
        let regex = self.regex.get_or_init(compile).as_ref();
        regex.into_iter().flat_map(|regex| regex.find_iter(text.as_bytes()))
    }
}

/// A pattern as its syntax has it; `None` if it is not valid.
fn parse(pattern: &str) -> Option<Hir> {
    ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()
}

/// Texts of which every match of a pattern holds one, the longest that are found; `None` if there are none. A pattern
/// starts with them, or goes on with them behind something else, as in `[a-z]+-key-[0-9]+`.
fn literals_in(pattern: &Hir) -> Option<Vec<Vec<u8>>> {
    let parts = match pattern.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(pattern),
    };
    let from = |at: usize| Extractor::new().extract(&Hir::concat(parts[at..].to_vec()));
    let shortest = |texts: &Seq| texts.min_literal_len().unwrap_or(0);
    let best = (0..parts.len()).map(from).max_by_key(shortest)?;
    let is_found_in_all = shortest(&best) > 0;
    let texts = best.literals().filter(|_| is_found_in_all)?;
    Some(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Option<Vec<String>> {
        let texts = literals_in(&parse(pattern).expect("the pattern is valid"));
        texts.map(|texts| {
            let text = |bytes| String::from_utf8(bytes).expect("the pattern is ASCII");
            texts.into_iter().map(text).collect()
        })
    }

    #[test]
    fn literals_are_the_longest_that_every_match_holds() {
        for (pattern, expected) in [
            (r"\bkey-[0-9a-z]{20}", vec!["key-"]),
            (r"\bgl(pat|dt)-[a-z]+", vec!["glpat-", "gldt-"]),
            (r"\b[A-Za-z0-9]{14}\.v1\.[a-z]+", vec![".v1."]),
            (r"(?i)ok[0-9a-z]{8}", vec!["OK", "Ok", "oK", "ok"]),
            ("key-a|b-yek", vec!["key-a", "b-yek"]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(literals(pattern), Some(expected), "{pattern}");
        }
        for pattern in ["[0-9a-z]{20}", "(key-)?[0-9a-z]+", ""] {
            assert_eq!(literals(pattern), None, "{pattern}");
        }
    }
}
