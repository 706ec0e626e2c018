//! Charts and values layers to rendered text with the origin of every byte.

pub mod call;
pub mod origin;
pub mod rope;
pub mod value;
