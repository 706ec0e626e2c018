//! Compiles rule files, and evaluates rules on a scope (such as an object, a release or values), which yields hits.
//!
//! A rule is one YAML file: documentation, logic in CEL, and examples that are its tests. CONTRIBUTING.md describes how
//! to write one. Evaluation is pure.

mod algorithm;
mod chart;
mod company;
mod evaluate;
pub mod example;
mod expression;
mod file;
mod function;
mod hit;
mod inspect;
mod inventory;
mod kinds;
pub mod layers;
mod list;
mod logic;
mod need;
mod notation;
mod path;
mod placeholder;
mod repair;
mod set;
mod setting;
mod template;
mod undecided;
mod value;

use std::sync::{Arc, LazyLock};

use cel::{Env, Value};

pub use algorithm::{Text, TextHit, TextKind};
pub use cel::Value as ParamValue;
pub use chart::{ChartParts, ChartView, Subchart};
pub use company::Company;
pub use evaluate::{Evaluator, Together};
pub use file::{Example, Param, Rule, RuleError, Scope, Seeks, USUAL_PRESET, read};
pub use hit::{Hit, Target};
pub use kinds::ByKind;
pub use need::Crowd;
pub use path::{NodePath, PathStep, Roots};
pub use placeholder::FILLED_IN_LATER;
pub use repair::{Action, Change, Repair, Rewrite, together};
pub use set::{Known, RuleSet, is_shipped, taken};
pub use setting::{Cluster, ReleaseInfo, Setting};
pub use undecided::{Condition, Part, Undecided};

/// CEL's environment with the extensions that rules may use; the same for all rules.
pub(crate) fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
        let mut env = Env::stdlib();
        let clash = "invariant: CEL's extensions do not clash";
        env.add_extension(cel::extensions::strings).expect(clash);
        env.add_extension(cel::extensions::lists).expect(clash);
        env.add_extension(cel::extensions::math).expect(clash);
        env.add_extension(cel::extensions::encoders).expect(clash);
        Arc::new(env)
    });
    &ENVIRONMENT
}

/// A CEL value as it is shown in a message.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Int(int) => int.to_string(),
        Value::UInt(uint) => uint.to_string(),
        Value::Float(float) => float.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::List(items) => items.iter().map(value_text).collect::<Vec<_>>().join(", "),
        Value::Map(_) => {
            let entries = value_entries(value);
            let entries =
                entries.iter().map(|(key, value)| format!("{key}: {}", value_text(value)));
            entries.collect::<Vec<_>>().join("; ")
        }
        other => format!("{other:?}"),
    }
}

/// The entries of a CEL map, sorted by key; empty for any other value.
pub(crate) fn value_entries(value: &Value) -> Vec<(String, &Value)> {
    let Value::Map(map) = value else {
        return Vec::new();
    };
    let mut entries: Vec<_> = map.map.iter().map(|(key, value)| (key.to_string(), value)).collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    entries
}
