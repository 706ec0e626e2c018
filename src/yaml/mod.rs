//! Parses text to a tree with spans, by the scalar rules of Kubernetes and Helm. It does not know Kubernetes' objects.
//!
//! [`parse()`] never fails: it returns the documents that it could read, and errors for the rest. The grammar is
//! granit-parser's, after a quick reader (`block`) for the constructs in most files. The tree is our own, because no
//! available tree keeps comments and byte spans and takes linear time on hostile input.

mod block;
mod build;
mod directive;
pub mod edit;
mod flow;
mod fold;
mod marks;
mod members;
mod node;
mod parse;
mod path;
mod scalar;
mod tabs;
mod tree;
mod written;

pub use directive::foreign_directive;
pub use edit::NewValue;
pub use marks::{Mark, Marks, Sign};
pub(crate) use members::Hint;
pub use members::{Entries, Items, Name};
pub use node::{Entry, Node};
pub(crate) use parse::is_unprintable;
pub use parse::{
    Comment, ErrorKind, Stream, SyntaxError, parse, parse_apart, parse_fully, parse_lines,
    parse_part,
};
pub use path::{Path, Step, escape, pointer, unescape};
pub use scalar::{Scalar, key_name, resolve_plain};
pub use tree::{Document, Kind, NodeId, Style};

#[cfg(test)]
mod tests;
