//! Charts and values layers to rendered text with the origin of every byte.

mod builtin;
pub mod call;
pub mod eval;
mod function;
pub mod origin;
pub mod parse;
pub mod print;
pub mod rope;
pub mod value;
