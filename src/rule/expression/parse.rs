//! Parses expressions to CEL's tree.

use cel::common::ast::IdedExpr;
use cel::parser::PrattParser;

use crate::rule::environment;

/// Calls of the macros in CEL's extensions, which the quick parser does not support.
const MACROS: [&str; 3] = ["sortBy(", "greatest(", "least("];

/// Parses an expression.
///
/// The crate has two parsers. The one that is generated from the grammar needs some milliseconds to set up its tables,
/// and a tenth of one for each expression: more than everything else for the lint of one file. The other works by
/// operator precedence, in microseconds. What that one refuses goes to the grammar's, which words the error. The tests
/// check that both agree on every expression of every rule.
///
/// # Errors
/// The syntax error, as CEL words it.
pub(super) fn parse(source: &str) -> Result<IdedExpr, String> {
    let quick = || PrattParser::new().enable_optional_syntax(true).parse(source).ok();
    let plain = !MACROS.iter().any(|name| source.contains(name));
    plain.then(quick).flatten().map_or_else(|| by_grammar(source), Ok)
}

fn by_grammar(source: &str) -> Result<IdedExpr, String> {
    environment().parser().parse(source).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use crate::source::Sources;
    use crate::yaml::{self, Node};

    /// The texts of a rule that are CEL, with those in the braces of messages.
    fn expressions(node: Node<'_>, found: &mut Vec<String>) {
        for entry in node.entries() {
            let name = entry.name();
            match &*name {
                "when" | "require" | "forbid" => found.push(entry.value.raw().to_owned()),
                "let" => found.extend(entry.value.entries().map(|one| one.value.raw().to_owned())),
                "message" | "help" => {
                    let parts = entry.value.raw().split('{').skip(1);
                    found.extend(parts.filter_map(|part| Some(part.split_once('}')?.0.to_owned())));
                }
                "checks" | "related" => {
                    entry.value.items().for_each(|item| expressions(item, found));
                }
                _ => {}
            }
        }
    }

    /// A tree without the ids of its nodes, which the two parsers number differently.
    fn shape(parsed: &Result<IdedExpr, String>) -> String {
        let numbers = regex::Regex::new(r"\bid: \d+, ").expect("a pattern");
        numbers.replace_all(&format!("{parsed:?}"), "").into_owned()
    }

    #[test]
    fn both_parsers_read_every_rule_alike() {
        let mut all = Vec::new();
        let sources = Sources::default();
        for rule in &RuleSet::builtin(&sources).rules {
            let stream = yaml::parse(rule.source, &sources.get(rule.source).text);
            let root = stream.documents[0].root().expect("a rule is a mapping");
            expressions(root, &mut all);
        }
        assert!(all.len() > 1_000, "{} expressions", all.len());
        for source in &all {
            assert_eq!(shape(&parse(source)), shape(&by_grammar(source)), "{source}");
        }
    }

    #[test]
    fn macros_of_extensions_are_known() {
        for source in ["math.greatest(1, 2)", "math.least(x)", "x.sortBy(y, y.z)"] {
            assert_eq!(parse(source), by_grammar(source), "{source}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_as_the_grammar_says_it() {
        for source in ["", "a &&", "a b", "f(", "'x", "a.?"] {
            let error = parse(source).expect_err(source);
            assert_eq!(Err(error), by_grammar(source));
        }
    }
}
