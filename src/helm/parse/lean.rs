//! What gotmpl reads in place of a template: the same actions, with less text between them.
//!
//! gotmpl's lexer looks for a delimiter at every character of a text, which was a fifth of the time
//! that charts with CRDs among their templates took. One letter stands in for what is inside each
//! longer text; [`Lean::restore`] puts the template's own texts and byte offsets into the tree.
//!
//! gotmpl also trims the text after a comment that trims only the text before it
//! (`{{- /* … */}}`): an empty text of the same length stands in for such comments.

use std::ops::Range;

use gotmpl::parse::{CommandNode, DefineNode, Expr, ListNode, Node, PipeNode, Pos, TextNode};

/// What stands in for the inside of a text.
const STAND_IN: &str = "x";

/// A template as gotmpl reads it.
#[derive(Debug)]
pub(super) struct Lean<'t> {
    /// The stand-in.
    pub(super) text: String,
    template: &'t str,
    cuts: Vec<Cut>,
}

/// The inside of a text that is left out.
#[derive(Debug)]
struct Cut {
    /// Where the text starts, in the stand-in.
    text: usize,
    /// Where [`STAND_IN`] is, in the stand-in.
    at: usize,
    /// What it stands for, in the template.
    inside: Range<usize>,
}

impl<'t> Lean<'t> {
    /// Leaves out what is inside texts of more than `longest` bytes; the blanks at their edges, which
    /// actions trim, stay.
    pub(super) fn of(template: &'t str, longest: usize) -> Self {
        let mut lean = Self { text: String::new(), template, cuts: Vec::new() };
        let mut at = 0;
        loop {
            let open = template[at..].find("{{").map_or(template.len(), |found| at + found);
            lean.push_text(at..open, longest);
            if open == template.len() {
                return lean;
            }
            at = action_end(template, open);
            lean.push_action(&template[open..at]);
        }
    }

    fn push_text(&mut self, range: Range<usize>, longest: usize) {
        let text = &self.template[range.clone()];
        let inside = text.trim();
        if inside.len() <= longest {
            self.text.push_str(text);
            return;
        }
        let before = text.len() - text.trim_start().len();
        let after = before + inside.len();
        let start = self.text.len();
        self.text.push_str(&text[..before]);
        let inside = range.start + before..range.start + after;
        self.cuts.push(Cut { text: start, at: self.text.len(), inside });
        self.text.push_str(STAND_IN);
        self.text.push_str(&text[after..]);
    }

    fn push_action(&mut self, action: &str) {
        let comment = action.strip_prefix("{{- ").map(str::trim_start);
        let trims_before = comment.is_some_and(|rest| rest.starts_with("/*"));
        match action.strip_suffix("*/}}").filter(|_| trims_before) {
            Some(opening) => {
                let blank = |c: u8| if c == b'\n' { '\n' } else { ' ' };
                let empty = "{{- \"\"";
                self.text.push_str(empty);
                let rest = opening.bytes().skip(empty.len()).chain("*/".bytes());
                self.text.extend(rest.map(blank));
                self.text.push_str("}}");
            }
            None => self.text.push_str(action),
        }
    }

    /// Gives the tree of the stand-in the texts and byte offsets of the template. Lines, which
    /// nothing asks for, stay those of the stand-in.
    pub(super) fn restore(&self, body: &mut ListNode, defines: &mut [DefineNode]) {
        if self.cuts.is_empty() {
            return;
        }
        self.list(body);
        for define in defines {
            self.define(define);
        }
    }

    fn define(&self, define: &mut DefineNode) {
        self.pos(&mut define.pos);
        self.list(&mut define.body);
    }

    fn list(&self, list: &mut ListNode) {
        self.pos(&mut list.pos);
        for node in &mut list.nodes {
            self.node(node);
        }
    }

    fn node(&self, node: &mut Node) {
        match node {
            Node::List(list) => self.list(list),
            Node::Text(text) => self.text(text),
            Node::Action(action) => {
                self.pos(&mut action.pos);
                self.pipe(&mut action.pipe);
            }
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                self.pos(&mut branch.pos);
                self.pipe(&mut branch.pipe);
                self.list(&mut branch.body);
                if let Some(body) = &mut branch.else_body {
                    self.list(body);
                }
            }
            Node::Template(call) => {
                self.pos(&mut call.pos);
                if let Some(pipe) = &mut call.pipe {
                    self.pipe(pipe);
                }
            }
            Node::Define(define) => self.define(define),
            Node::Break(pos) | Node::Continue(pos) => self.pos(pos),
        }
    }

    fn text(&self, node: &mut TextNode) {
        let next = self.cuts.partition_point(|cut| cut.text < node.pos.offset);
        let cut = self.cuts.get(next).filter(|cut| cut.text == node.pos.offset);
        if let Some(cut) = cut {
            let inside = &self.template[cut.inside.clone()];
            node.text = node.text.replacen(STAND_IN, inside, 1).into();
        }
        self.pos(&mut node.pos);
    }

    fn pipe(&self, pipe: &mut PipeNode) {
        self.pos(&mut pipe.pos);
        for CommandNode { pos, args } in &mut pipe.commands {
            self.pos(pos);
            for expr in args {
                self.expr(expr);
            }
        }
    }

    fn expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Dot(pos)
            | Expr::Field(pos, _)
            | Expr::Variable(pos, _, _)
            | Expr::Identifier(pos, _)
            | Expr::String(pos, _)
            | Expr::Number(pos, _)
            | Expr::Bool(pos, _)
            | Expr::Nil(pos) => self.pos(pos),
            Expr::Pipe(pos, pipe) => {
                self.pos(pos);
                self.pipe(pipe);
            }
            Expr::Chain(pos, base, _) => {
                self.pos(pos);
                self.expr(base);
            }
        }
    }

    fn pos(&self, pos: &mut Pos) {
        let next = self.cuts.partition_point(|cut| cut.at < pos.offset);
        if let Some(cut) = next.checked_sub(1).map(|last| &self.cuts[last]) {
            pos.offset = pos.offset - (cut.at + STAND_IN.len()) + cut.inside.end;
        }
    }
}

/// One past the `}}` of the action that opens at `open`; quoted texts and comments may hold braces.
fn action_end(text: &str, open: usize) -> usize {
    let past = |from: usize, what: &str| {
        text[from..].find(what).map_or(text.len(), |found| from + found + what.len())
    };
    if text[open + 2..].trim_start_matches(['-', ' ']).starts_with("/*") {
        return past(past(open, "*/"), "}}");
    }
    let mut bytes = text.as_bytes().iter().enumerate().skip(open + 2);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'}' if text.as_bytes().get(at + 1) == Some(&b'}') => return at + 2,
            b'"' | b'\'' => {
                while let Some((_, inner)) = bytes.next() {
                    match inner {
                        b'\\' => {
                            bytes.next();
                        }
                        inner if inner == byte => break,
                        _ => {}
                    }
                }
            }
            b'`' => {
                bytes.by_ref().find(|(_, inner)| **inner == b'`');
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use gotmpl::parse::Parser;

    use super::*;

    /// The trees of a template, with texts of more than `longest` bytes left out at first.
    fn tree(template: &str, longest: usize) -> String {
        let lean = Lean::of(template, longest);
        let (mut body, mut defines) =
            Parser::new(&lean.text, "{{", "}}").and_then(Parser::parse).unwrap();
        lean.restore(&mut body, &mut defines);
        format!("{body:?} {defines:?}")
    }

    /// Without the lines, which are those of the stand-in.
    fn without_lines(tree: &str) -> String {
        let pieces = tree.split("line: ");
        pieces.map(|piece| piece.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
    }

    #[test]
    fn the_tree_is_that_of_the_whole_template() {
        for template in [
            "",
            "only text, more of it than one letter",
            "  text at the start {{ .a }} between the two {{- .b -}}  trimmed on both sides  {{ .c }}\n",
            "a long text {{/* comment }} of { braces */}} and another text {{- /* trims */ -}} end of it",
            "a long text {{- /* trims before */}} and the text behind it {{ \"}}\" }} and a last one",
            "héad ünd föot {{ if .a }}ein länger text{{ else if .b }}noch ein text{{ else }}dritter{{ end }}",
            "{{ define \"n\" }}  the body of a definition {{ . }} rest of it {{ end }} text behind it",
            "{{ range $i, $e := .l }}one long text{{ break }}{{ end }}{{ template \"n\" (dict \"a\" .x.y) }}tail of it",
            "{{ with (.a).b }}a text in it{{ `raw }} text` | printf \"%s\" }}{{ continue }}{{ end }}",
        ] {
            let whole = without_lines(&tree(template, usize::MAX));
            assert_eq!(without_lines(&tree(template, 3)), whole, "{template}");
        }
    }

    #[test]
    fn what_is_inside_of_texts_is_left_out() {
        let lean = Lean::of("\n  kind: Pod\n  {{- .a }} text }}", 3);
        assert_eq!(lean.text, "\n  x\n  {{- .a }} x");
    }
}
