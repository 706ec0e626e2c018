//! Finds the calls in templates whose results do not only depend on the chart and its values: those that ask the
//! cluster, or depend on the time or on random numbers.

use super::eval::expression;
use super::parse::{CommandNode, Expr, ListNode, Node, PipeNode, Template};

/// The functions to find. Those that generate keys and certificates use random numbers.
const ASKING: &[&str] = &[
    "lookup",
    "getHostByName",
    "now",
    "ago",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
    "bcrypt",
    "htpasswd",
    "encryptAES",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "semverCompare",
];

/// The method that tells whether the cluster has an API.
const HAS: [&str; 3] = ["Capabilities", "APIVersions", HAS_API];

/// The name of calls of that method.
const HAS_API: &str = "Has";

/// A call in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The name of the function; `Has` for `.Capabilities.APIVersions.Has`.
    pub function: String,
    /// The `define` that contains it; empty if there is none.
    pub within: String,
    /// The arguments, a piped one last: the contents of a string, anything else as Go shows it.
    pub arguments: Vec<String>,
    /// The pipelines of the enclosing `if`s and `with`s, the outermost first, as Go shows them.
    pub conditions: Vec<String>,
    /// 0-based byte offset in the template.
    pub offset: usize,
}

/// Returns the calls in a template: first those in its body, then those in its defines.
#[must_use]
pub fn calls(template: &Template) -> Vec<Call> {
    let mut reader = Reader {
        text: &template.text,
        within: String::new(),
        conditions: Vec::new(),
        calls: Vec::new(),
    };
    reader.list(&template.body);
    for (name, body) in &template.defines {
        reader.within.clone_from(name);
        reader.list(body);
    }
    reader.calls
}

/// Returns the API in the last `Has` call before a byte offset, as it is written there.
#[must_use]
pub fn api_asked(template: &Template, before: usize) -> Option<String> {
    let calls = calls(template).into_iter();
    let asked = calls.filter(|call| call.function == HAS_API && call.offset < before);
    asked.max_by_key(|call| call.offset)?.arguments.into_iter().next()
}

struct Reader<'t> {
    /// The text of the template, for showing operands.
    text: &'t str,
    within: String,
    conditions: Vec<String>,
    calls: Vec<Call>,
}

impl Reader<'_> {
    fn list(&mut self, list: &ListNode) {
        for node in &list.nodes {
            match node {
                Node::Action(action) => self.pipe(&action.pipe),
                Node::If(branch) | Node::With(branch) => {
                    self.pipe(&branch.pipe);
                    self.conditions.push(self.shown(&branch.pipe));
                    self.list(&branch.body);
                    self.conditions.pop();
                    branch.else_body.iter().for_each(|body| self.list(body));
                }
                Node::Range(branch) => {
                    self.pipe(&branch.pipe);
                    self.list(&branch.body);
                    branch.else_body.iter().for_each(|body| self.list(body));
                }
                Node::Template(call) => call.pipe.iter().for_each(|pipe| self.pipe(pipe)),
                Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
            }
        }
    }

    fn pipe(&mut self, pipe: &PipeNode) {
        let mut piped: Option<&CommandNode> = None;
        for command in pipe.commands() {
            self.command(command, piped);
            piped = Some(command);
        }
    }

    fn command(&mut self, command: &CommandNode, piped: Option<&CommandNode>) {
        for expr in command.operands() {
            self.nested(expr);
        }
        let Some((function, offset)) = asked(&command.operand, self.text) else { return };
        let mut arguments: Vec<String> =
            command.args.iter().map(|arg| self.argument(arg)).collect();
        arguments.extend(piped.map(|piped| match &piped.args[..] {
            [] => self.argument(&piped.operand),
            _ => self.joined(piped),
        }));
        self.calls.push(Call {
            function: function.to_owned(),
            within: self.within.clone(),
            arguments,
            conditions: self.conditions.clone(),
            offset,
        });
    }

    fn nested(&mut self, expr: &Expr) {
        match expr {
            Expr::Pipe(_, pipe) => self.pipe(pipe),
            Expr::Chain(_, chain) => self.nested(&chain.base),
            _ => {}
        }
    }

    fn argument(&self, expr: &Expr) -> String {
        match expr {
            Expr::String(_, text) => text.to_string(),
            expr => expression(expr, self.text),
        }
    }

    fn joined(&self, command: &CommandNode) -> String {
        let args = command.operands().map(|arg| expression(arg, self.text));
        args.collect::<Vec<_>>().join(" ")
    }

    fn shown(&self, pipe: &PipeNode) -> String {
        let commands = pipe.commands().map(|command| self.joined(command));
        commands.collect::<Vec<_>>().join(" | ")
    }
}

/// Returns the function that a command calls, if it is to be found; `text` is that of the template.
fn asked<'t>(first: &Expr, text: &'t str) -> Option<(&'t str, usize)> {
    match first {
        Expr::Identifier(name) if ASKING.contains(&name.text(text)) => {
            Some((name.text(text), first.pos().offset()))
        }
        Expr::Field(pos, reference) | Expr::Variable(pos, reference) => {
            let names: Vec<&str> = reference.fields(text).collect();
            names.ends_with(&HAS).then_some((HAS_API, pos.offset()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::parse::parse;
    use crate::source::SourceId;

    fn found(text: &str) -> Vec<Call> {
        calls(&parse(SourceId::NOWHERE, &text.into(), |_| true).expect("a template"))
    }

    #[test]
    fn calls_are_found_in_pipes_branches_and_defines() {
        let found = found(
            "{{ if .Values.x }}{{ default (randAlphaNum 9) .Values.p | b64enc }}{{ end }}\
             {{ define \"d\" }}{{ (lookup \"v1\" \"Secret\" \"\" \"s\").data }}{{ end }}",
        );
        let names: Vec<_> = found.iter().map(|call| (&*call.function, &*call.within)).collect();
        assert_eq!(names, [("randAlphaNum", ""), ("lookup", "d")]);
        assert_eq!(found[0].conditions, [".Values.x"]);
        assert_eq!(found[1].arguments, ["v1", "Secret", "", "s"]);
    }

    #[test]
    fn a_piped_value_is_the_last_argument() {
        let found = found(
            "{{ if .Capabilities.KubeVersion.Version | semverCompare \">=1.19-0\" }}{{ end }}\
             {{ if $.Capabilities.APIVersions.Has \"batch/v1\" }}{{ end }}",
        );
        assert_eq!(found[0].arguments, [">=1.19-0", ".Capabilities.KubeVersion.Version"]);
        assert_eq!((&*found[1].function, &*found[1].arguments[0]), ("Has", "batch/v1"));
    }
}
