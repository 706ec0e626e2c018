//! Renders charts with values layers to text, with the origin of every byte.

mod aside;
mod builtin;
pub mod call;
pub mod calls;
pub mod capabilities;
pub mod chart;
mod emit;
pub mod eval;
mod files;
pub mod function;
pub(crate) mod manifest;
pub mod origin;
pub mod parse;
pub mod print;
pub mod reads;
pub mod render;
pub mod rope;
pub mod scalar;
pub mod signature;
mod tree;
pub mod value;
pub mod values;

/// A hash map with a fast hash for short keys: most lookups in a render are by a number or a name.
pub(crate) type FastMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
