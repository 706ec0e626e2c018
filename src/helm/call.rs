//! The way in which templates call functions.

use super::origin::Origins;
use super::value::Value;

/// What a function may use besides its arguments.
pub trait Host {
    /// The render's origins, to unite and derive those of the arguments.
    fn origins(&self) -> &Origins;
    /// Renders the named template with `dot`, as `include` does.
    ///
    /// # Errors
    /// Go's text when there is no such template, when it fails, or when it recurses too deep.
    fn include(&self, name: &str, dot: &Value) -> Result<Value, String>;
    /// Evaluates a text as a template with `dot`, as `tpl` does.
    ///
    /// # Errors
    /// Go's text when the template does not parse or fails.
    fn tpl(&self, text: &Value, dot: &Value) -> Result<Value, String>;
}

/// A template function: arguments in order, a piped one last. An error is the text that Go's
/// function would return; the evaluator adds template, line and name.
pub type Function = fn(&dyn Host, &[Value]) -> Result<Value, String>;

/// Finds a function by name.
pub type Lookup = fn(&str) -> Option<Function>;
