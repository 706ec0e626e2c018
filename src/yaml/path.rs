//! Paths from the root of a document to a node.

use std::borrow::Cow;
use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step<'a> {
    /// A key of a mapping.
    Key(Cow<'a, str>),
    /// An index in a sequence, from 0.
    Index(usize),
}

/// Keys and indexes from the root; empty for the root. Shown as `spec.containers[0].image`, with keys that contain
/// dots, brackets, quotes or blanks in quotes: `metadata.labels["app.kubernetes.io/name"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path<'a>(pub Vec<Step<'a>>);

impl Path<'_> {
    /// The path as it is shown.
    #[must_use]
    pub fn dotted(&self) -> String {
        let length = |step: &Step<'_>| match step {
            Step::Key(key) => key.len() + 1,
            Step::Index(_) => 3,
        };
        let mut out = String::with_capacity(self.0.iter().map(length).sum());
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.is_empty() || key.bytes().any(is_quoted) => {
                    out.push_str("[\"");
                    out.push_str(&key.replace('"', "\\\""));
                    out.push_str("\"]");
                }
                Step::Key(key) => {
                    out.push_str(if at == 0 { "" } else { "." });
                    out.push_str(key);
                }
                Step::Index(index) => {
                    out.push('[');
                    out.push_str(&index.to_string());
                    out.push(']');
                }
            }
        }
        out
    }
}

/// True for a byte that makes a key need quotes.
fn is_quoted(byte: u8) -> bool {
    const QUOTED: [bool; 256] = {
        let mut quoted = [false; 256];
        let (bytes, mut at) = (b".[]\" ", 0);
        while at < bytes.len() {
            quoted[bytes[at] as usize] = true;
            at += 1;
        }
        quoted
    };
    QUOTED[usize::from(byte)]
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.dotted())
    }
}

/// Escapes a key for a JSON pointer.
#[must_use]
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}

/// A path of keys as a JSON pointer.
pub fn pointer(keys: impl IntoIterator<Item: AsRef<str>>) -> String {
    keys.into_iter().map(|key| format!("/{}", escape(key.as_ref()))).collect()
}

/// Resolves the escapes in a step of a JSON pointer.
#[must_use]
pub fn unescape(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    }
}
