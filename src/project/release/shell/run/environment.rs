//! The environment of commands: variables, arguments and directories.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{COMPUTED, is_known};

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::project::release) enum Value {
    Text(String),
    List(Vec<String>),
    /// A map, as from `declare -A`: keys and values, in the order in which they were set.
    Map(Vec<(String, String)>),
}

/// Variables by name. Different ways through a script share the map until one of them sets a variable, and then still share
/// the values of all others: setting one of hundreds of variables copies no text.
type Variables = Rc<BTreeMap<Rc<str>, Rc<Value>>>;

/// The variable with the directory before the last `cd`.
pub(super) const OLD: &str = "OLDPWD";

/// Variables of a function, with their values outside of it.
type Outer = BTreeMap<Rc<str>, Option<Rc<Value>>>;

/// The environment of a command.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Environment {
    pub(super) variables: Variables,
    /// The arguments `$1` and so on; `None` if they depend on the script's caller.
    pub(in crate::project::release) arguments: Option<Vec<String>>,
    /// The shown path of the script; empty for commands outside of scripts.
    pub(in crate::project::release) script: String,
    /// The directories that the script may run in, the most likely first; empty if they are not known.
    pub(in crate::project::release) directories: Vec<String>,
    pub(super) flow: Flow,
    /// The variables that programs get.
    pub(super) exported: Rc<BTreeSet<String>>,
    /// Whether braces in words are expanded, as in bash.
    pub(in crate::project::release) braces: bool,
    /// In a function, the values outside of it of the variables that it has declared as its own; `None` outside of functions.
    pub(super) outer: Option<Outer>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Flow {
    On,
    Returned,
    Exited,
    /// `break`, out of so many loops.
    Broken(usize),
    /// `continue`, of the loop that is so many loops away.
    Continued(usize),
}

impl Flow {
    /// Whether nothing else is run of the function or script.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Returned | Self::Exited)
    }
}

impl Environment {
    pub(in crate::project::release) fn new(script: &str, directories: Vec<String>) -> Self {
        Self {
            variables: Rc::default(),
            arguments: None,
            script: script.to_owned(),
            directories,
            flow: Flow::On,
            exported: Rc::default(),
            braces: false,
            outer: None,
        }
    }

    /// This environment with variables that programs get, too.
    pub(in crate::project::release) fn with(self, variables: BTreeMap<String, Value>) -> Self {
        let exported = Rc::new(variables.keys().cloned().collect());
        let shared = |(name, value): (String, Value)| (name.into(), Rc::new(value));
        Self { variables: Rc::new(variables.into_iter().map(shared).collect()), exported, ..self }
    }

    pub(in crate::project::release) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.put(name, Value::Text(value.into()));
    }

    pub(super) fn unset(&mut self, name: &str) {
        Rc::make_mut(&mut self.variables).remove(name);
        if self.exported.contains(name) {
            Rc::make_mut(&mut self.exported).remove(name);
        }
    }

    /// This environment, in a shell that expands braces.
    pub(in crate::project::release) fn with_braces(self) -> Self {
        Self { braces: true, ..self }
    }

    /// Lets programs get a variable.
    pub(in crate::project::release) fn export(&mut self, name: &str) {
        if !self.exported.contains(name) {
            Rc::make_mut(&mut self.exported).insert(name.to_owned());
        }
    }

    /// Sets all variables to what they are in another environment.
    pub(super) fn take_variables(&mut self, other: &Self) {
        self.variables.clone_from(&other.variables);
        self.exported.clone_from(&other.exported);
    }

    /// The value of a variable that a program gets; empty if it gets none.
    pub(super) fn of_programs(&self, name: &str) -> String {
        match self.get(name).filter(|_| self.exported.contains(name)) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn put(&mut self, name: &str, value: Value) {
        Rc::make_mut(&mut self.variables).insert(name.into(), Rc::new(value));
    }

    /// Declares variables of a function, which have no value yet.
    pub(super) fn declare(&mut self, names: &[&str]) {
        let Some(outer) = &mut self.outer else { return };
        for name in names.iter().filter(|name| is_known(name)) {
            if !outer.contains_key(*name) {
                let value = Rc::make_mut(&mut self.variables).remove(*name);
                outer.insert((*name).into(), value);
            }
        }
    }

    /// Ends a function: its own variables have the values again that they have outside of it.
    pub(super) fn leave(&mut self, outside: Option<Outer>) {
        let inside = std::mem::replace(&mut self.outer, outside);
        for (name, value) in inside.into_iter().flatten() {
            let variables = Rc::make_mut(&mut self.variables);
            match value {
                Some(value) => variables.insert(name, value),
                None => variables.remove(&name),
            };
        }
    }

    /// Takes the current directory for the one that paths are relative to.
    pub(super) fn stay(&mut self) {
        if self.has_moved() {
            Rc::make_mut(&mut self.variables).remove(OLD);
        }
    }

    /// Whether the directory has been changed.
    pub(super) fn has_moved(&self) -> bool {
        self.variables.contains_key(OLD)
    }

    /// Goes on from this or another environment: variables that differ are computed.
    pub(super) fn meet(&mut self, other: &Self) {
        let names = self.variables.keys().chain(other.variables.keys());
        let differ = |name: &&Rc<str>| self.variables.get(*name) != other.variables.get(*name);
        let differing: Vec<Rc<str>> = names.filter(differ).cloned().collect();
        for name in differing {
            self.set(&name, COMPUTED);
        }
        if self.directories != other.directories {
            self.directories.clear();
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name).map(Rc::as_ref)
    }
}
