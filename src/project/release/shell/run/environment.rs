//! What commands find when they run: variables, arguments and directories.

use std::collections::BTreeMap;
use std::rc::Rc;

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::project::release) enum Value {
    Text(String),
    List(Vec<String>),
    /// `declare -A`: keys and values, in the order they were set.
    Map(Vec<(String, String)>),
}

/// Variables by name. All are shared by the ways through a script that set none anew, and each by those that do not
/// set it: a way that sets one of hundreds copies no text.
type Variables = Rc<BTreeMap<Rc<str>, Rc<Value>>>;

/// What a command finds when it runs.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Environment {
    pub(super) variables: Variables,
    /// `$1` and on; `None` where the script's caller decides.
    pub(in crate::project::release) arguments: Option<Vec<String>>,
    /// The script's own path, as shown; empty for commands that lie in no script.
    pub(in crate::project::release) script: String,
    /// Directories the script may run in, the likeliest first; empty where that is not known.
    pub(in crate::project::release) directories: Vec<String>,
    pub(super) flow: Flow,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Flow {
    On,
    Returned,
    Exited,
}

impl Environment {
    pub(in crate::project::release) fn new(script: &str, directories: Vec<String>) -> Self {
        Self {
            variables: Rc::default(),
            arguments: None,
            script: script.to_owned(),
            directories,
            flow: Flow::On,
        }
    }

    /// The same with these variables.
    pub(in crate::project::release) fn with(self, variables: BTreeMap<String, Value>) -> Self {
        let shared = |(name, value): (String, Value)| (name.into(), Rc::new(value));
        Self { variables: Rc::new(variables.into_iter().map(shared).collect()), ..self }
    }

    pub(in crate::project::release) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.put(name, Value::Text(value.into()));
    }

    pub(super) fn put(&mut self, name: &str, value: Value) {
        Rc::make_mut(&mut self.variables).insert(name.into(), Rc::new(value));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name).map(Rc::as_ref)
    }
}
