//! The functions that Helm gives to templates, by family.

mod argument;
mod date;
mod path;
mod regex;
pub(crate) mod semver;
mod url;
