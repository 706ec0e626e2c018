//! Why a render failed, and the error message that Helm prints.

use std::rc::Rc;

use super::TemplateFile;
use crate::helm::origin::OriginId;

/// Functions by which a chart refuses to render: only their message matters.
const REFUSALS: [&str; 2] = ["error calling fail: ", "error calling required: "];

/// Why a render failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Go's error message, with the chain of templates.
    pub message: String,
    /// The error in the innermost template, without the chain.
    pub reason: String,
    /// The innermost place: the file and a 0-based byte offset.
    pub place: Option<(Rc<TemplateFile>, u32)>,
    /// The origins of the values that were involved.
    pub involved: OriginId,
}

impl Failure {
    /// Returns the error message that Helm prints.
    ///
    /// Mirrors `reformatExecErrorMsg` in Helm 4.1 `pkg/engine/engine.go`: each template of the chain is on lines of
    /// its own. If a function failed, it is Go's message as it is.
    #[must_use]
    pub fn told(&self) -> String {
        let place = self.message.strip_prefix("template: ").and_then(|rest| rest.split_once(": "));
        match (place, self.refusal()) {
            (Some((place, _)), Some(said)) => format!("execution error at ({place}): {said}"),
            _ => chain(&self.message).unwrap_or_else(|| self.message.clone()),
        }
    }

    /// Returns what is wrong, as short as possible.
    #[must_use]
    pub fn said(&self) -> &str {
        self.refusal().unwrap_or(&self.reason)
    }

    /// Returns the chart's own message if it refuses to render.
    fn refusal(&self) -> Option<&str> {
        REFUSALS.iter().find_map(|prefix| self.reason.strip_prefix(prefix))
    }
}

/// Writes the templates of a chain, one below the other; `None` if the innermost error is that of a function.
fn chain(message: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = message;
    loop {
        let level = rest.strip_prefix("template: ")?;
        if level.starts_with("no template ") {
            out.push_str(rest);
            return Some(out);
        }
        let (place, level) = level.split_once(": executing ")?;
        let (operand, said) = level.split_once(">: ")?;
        let (function, inner) = match said.strip_prefix("error calling ") {
            Some(call) => call.split_once(": ").map(|(name, inner)| (Some(name), inner))?,
            None => (None, said),
        };
        let told =
            function.map_or_else(|| inner.to_owned(), |name| format!("error calling {name}:"));
        out.push_str(&format!("{place}\n  executing {operand}>:\n    {told}\n"));
        if function.is_none() {
            return Some(out.trim_end().to_owned());
        }
        rest = inner;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, reason: &str) -> String {
        let (message, reason) = (message.to_owned(), reason.to_owned());
        Failure { message, reason, place: None, involved: OriginId::NONE }.told()
    }

    #[test]
    fn each_template_of_a_chain_stands_on_its_own_lines() {
        let inner = "template: c/templates/_h.tpl:2:4: executing \"x\" at <.a.b>: nil pointer";
        let outer = "template: c/templates/t.yaml:1:3: executing \"t\" at <include \"x\" .>: error \
                     calling include: ";
        assert_eq!(
            told(&format!("{outer}{inner}"), "nil pointer"),
            "c/templates/t.yaml:1:3\n  executing \"t\" at <include \"x\" .>:\n    error calling \
             include:\nc/templates/_h.tpl:2:4\n  executing \"x\" at <.a.b>:\n    nil pointer"
        );
    }

    #[test]
    fn what_a_function_says_is_told_as_go_tells_it() {
        let text =
            "template: t:1:3: executing \"t\" at <index 1>: error calling index: out of range";
        assert_eq!(told(text, "error calling index: out of range"), text);
    }

    #[test]
    fn a_chart_s_own_refusal_is_told_with_the_place_of_the_outermost_call() {
        let text = "template: t:1:3: executing \"t\" at <include \"x\" .>: error calling include: \
                    template: h:9:1: executing \"x\" at <fail \"no\">: error calling fail: no";
        assert_eq!(told(text, "error calling fail: no"), "execution error at (t:1:3): no");
    }
}
