//! The functions for templates in Argo CD's `ApplicationSets` in addition to sprig's.
//!
//! Mirrors argo-cd's `applicationset/utils/utils.go` and `template_functions.go`.

use crate::helm::call::{Definition, text};
use crate::helm::function;
use crate::helm::origin::OriginId;
use crate::helm::signature::{Param, Signature};
use crate::helm::value::Value;

/// Finds a function of `ApplicationSets`, of sprig, or of Helm's for YAML, which they have as well.
pub(super) fn find(name: &str) -> Option<Definition> {
    match name {
        "normalize" => Some(Definition {
            run: |_, args| {
                let name = normalize(text(args, 0)?.as_str());
                Ok(Value::str(name.trim_matches(['-', '.']), OriginId::NONE))
            },
            signature: Signature { fixed: &[Param::Text], rest: None },
        }),
        "env" | "expandenv" | "getHostByName" => None,
        _ => function::find(name),
    }
}

/// Turns a name into a DNS name: lower case letters, digits, `-` and `.`.
pub(in crate::project::release) fn normalize(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let lower = name.to_lowercase();
    lower.chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}
