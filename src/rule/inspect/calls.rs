//! Calls with a number of arguments that the function does not take, and patterns that are no regular expressions.

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue};
use regex::Regex;

use crate::rule::expression::Fault;

/// Functions with the least and the most arguments that they take; what a function is called on counts as one.
const TAKE: [(&str, usize, usize); 70] = [
    ("base64Layers", 1, 1),
    ("bool", 1, 1),
    ("bytes", 1, 1),
    ("ceilDiv", 2, 2),
    ("charAt", 2, 2),
    ("compareVersions", 2, 2),
    ("contains", 2, 2),
    ("cronFault", 1, 1),
    ("cronPeriod", 1, 1),
    ("distinct", 1, 1),
    ("double", 1, 1),
    ("dyn", 1, 1),
    ("endsWith", 2, 2),
    ("find", 2, 2),
    ("flatten", 1, 2),
    ("fromController", 2, 2),
    ("grants", 4, 4),
    ("hasValue", 1, 1),
    ("image", 1, 1),
    ("inList", 1, 1),
    ("inNetwork", 2, 2),
    ("indexOf", 2, 3),
    ("int", 1, 1),
    ("isCIDR", 1, 1),
    ("isConstraint", 1, 1),
    ("isIP", 1, 1),
    ("isQuantity", 1, 1),
    ("join", 1, 2),
    ("lastIndexOf", 2, 3),
    ("lifecycle", 2, 2),
    ("lowerAscii", 1, 1),
    ("matches", 2, 2),
    ("matchesLabels", 2, 2),
    ("nearest", 2, 2),
    ("ofKind", 2, 2),
    ("ofName", 2, 2),
    ("or", 2, 2),
    ("orValue", 2, 2),
    ("podLabels", 1, 1),
    ("podResource", 3, 3),
    ("podSpec", 1, 1),
    ("podsMatching", 3, 3),
    ("podsSelected", 3, 3),
    ("quantity", 1, 1),
    ("replace", 3, 4),
    ("replicasOf", 1, 1),
    ("reverse", 1, 1),
    ("runByCluster", 1, 1),
    ("sameNamespace", 2, 2),
    ("satisfies", 2, 2),
    ("scaled", 2, 3),
    ("seconds", 1, 1),
    ("selects", 2, 2),
    ("servedIn", 1, 1),
    ("size", 1, 1),
    ("slice", 3, 3),
    ("sort", 1, 1),
    ("split", 2, 3),
    ("startsWith", 2, 2),
    ("string", 1, 1),
    ("substring", 2, 3),
    ("sum", 1, 1),
    ("text", 1, 1),
    ("timeZone", 1, 1),
    ("trim", 1, 1),
    ("type", 1, 1),
    ("uint", 1, 1),
    ("upperAscii", 1, 1),
    ("value", 1, 1),
    ("versionForm", 1, 1),
];

/// Families of functions in CEL's extensions, which a call names before the function.
const FAMILIES: [&str; 5] = ["base64", "lists", "math", "optional", "strings"];

/// The faults in the calls of an expression.
pub(super) fn faults(expression: &IdedExpr) -> Vec<Fault> {
    let mut faults = Vec::new();
    visit(expression, &mut faults);
    faults
}

fn visit(expression: &IdedExpr, faults: &mut Vec<Fault>) {
    let mut each = |part: &IdedExpr| visit(part, faults);
    match &expression.expr {
        Expr::Call(call) => {
            call.target.iter().for_each(|target| each(target));
            call.args.iter().for_each(each);
            faults.extend(arguments(call).or_else(|| pattern(call)));
        }
        Expr::Select(select) => each(&select.operand),
        Expr::List(list) => list.elements.iter().for_each(each),
        Expr::Map(map) => map.entries.iter().flat_map(parts).for_each(each),
        Expr::Struct(of) => of.entries.iter().flat_map(parts).for_each(each),
        Expr::Comprehension(of) => {
            [&of.iter_range, &of.accu_init, &of.loop_cond, &of.loop_step, &of.result]
                .into_iter()
                .for_each(each);
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

fn parts(entry: &IdedEntryExpr) -> Vec<&IdedExpr> {
    match &entry.expr {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// What a call gives to its function, with what it is called on.
fn given(call: &CallExpr) -> impl Iterator<Item = &IdedExpr> {
    call.target.as_deref().into_iter().chain(&call.args)
}

/// The fault in the number of arguments, if there is one.
fn arguments(call: &CallExpr) -> Option<Fault> {
    let of_family = call.target.as_deref().is_some_and(
        |target| matches!(&target.expr, Expr::Ident(name) if FAMILIES.contains(&name.as_str())),
    );
    let at = TAKE.binary_search_by_key(&call.func_name.as_str(), |(name, ..)| name).ok();
    let (name, least, most) = TAKE[at.filter(|_| !of_family)?];
    let count = given(call).count();
    if (least..=most).contains(&count) {
        return None;
    }
    let takes = match (least, most) {
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        _ => format!("{least} to {most} arguments"),
    };
    Some(Fault {
        message: format!("`{name}` takes {takes}, and has {count} here"),
        help: call.target.as_ref().map(|_| "the value before the dot is one of them".to_owned()),
        word: Some(name.to_owned()),
    })
}

/// The fault in a regular expression that is written out, if there is one.
fn pattern(call: &CallExpr) -> Option<Fault> {
    if !["find", "matches"].contains(&call.func_name.as_str()) {
        return None;
    }
    let Expr::Literal(LiteralValue::String(pattern)) = &given(call).nth(1)?.expr else {
        return None;
    };
    let error = Regex::new(pattern.inner()).err()?.to_string();
    // The error's other lines show the place in the pattern.
    let why = error.lines().last().unwrap_or_default();
    let why = why.strip_prefix("error: ").unwrap_or(why).to_owned();
    Some(Fault {
        message: format!("`{}` is not a regular expression: {why}", pattern.inner()),
        help: None,
        word: Some(pattern.inner().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::expression::parsed;

    fn said(source: &str) -> Vec<String> {
        let faults = faults(&parsed(source).expect(source)).into_iter();
        faults.map(|fault| fault.message).collect()
    }

    #[test]
    fn a_call_with_too_few_or_too_many_arguments_is_a_fault() {
        assert!(TAKE.is_sorted());
        for (source, message) in [
            ("grants(rule, ['']) || true", "`grants` takes 4 arguments, and has 2 here"),
            ("[text(name, 1)]", "`text` takes 1 argument, and has 2 here"),
            ("{'a': name.contains()}", "`contains` takes 2 arguments, and has 1 here"),
            ("objects.all(o, size(o, o) > 1)", "`size` takes 1 argument, and has 2 here"),
            ("name.split('a', 1, 2)", "`split` takes 2 to 3 arguments, and has 4 here"),
        ] {
            assert_eq!(said(source), [message], "{source}");
        }
    }

    #[test]
    fn what_takes_any_number_of_arguments_is_left_alone() {
        for source in ["math.abs(1)", "optional.none().hasValue()", "max(1, 2, 3) > name.size()"] {
            assert!(said(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn a_pattern_that_is_written_out_must_be_a_regular_expression() {
        assert_eq!(said("name.matches('(')"), ["`(` is not a regular expression: unclosed group"]);
        assert_eq!(said("find(name, '[')").len(), 1);
        for source in ["name.matches('(a)')", "name.matches(params.pattern)"] {
            assert!(said(source).is_empty(), "{source}");
        }
    }
}
