use super::*;
use crate::helm::function::{find, is_known};
use crate::helm::tree;
use crate::helm::value::Nuance;

const VALUES: &str = r#"{
    "text": "abc", "number": 5, "nothing": null, "flag": true,
    "list": ["a", null, {"x": 1}], "map": {"a": {"b": "c"}}, "empty": {}
}"#;

/// Returns what a template file `t` writes for [`VALUES`], or Go's error.
fn written(template: &str) -> Result<String, String> {
    let origins = Rc::new(Origins::default());
    let root = origins.leaf(None, "", None);
    let values: serde_json::Value = serde_json::from_str(VALUES).unwrap();
    let below = |leaf, key: &str| origins.leaf(Some(leaf), key, None);
    let dot = tree::from_json(&values, root, &OriginId::text, &below);
    let parsed = parse(SourceId::NOWHERE, &template.into(), is_known).map_err(|f| f.message)?;
    let evaluator =
        Evaluator::new(&[("t".into(), Arc::new(parsed))], Rc::clone(&origins), find, is_known);
    let text = evaluator.file("t", &dot.with(Nuance::Values)).map_err(|failure| failure.message)?;
    Ok(text.as_str().to_owned())
}

/// Returns the place and reason of an error in the file `t` itself.
fn refused(template: &str) -> String {
    let error = written(template).expect_err(template);
    let at = error.strip_prefix("template: t:").expect(&error);
    let (place, rest) = at.split_once(": executing \"t\" at ").expect(&error);
    format!("{place} {rest}")
}

#[test]
fn arguments_are_counted_before_they_are_evaluated() {
    for (template, want) in [
        ("{{ upper }}", "1:3 <upper>: wrong number of args for upper: want 1 got 0"),
        ("{{ .text | upper \"x\" }}", "1:11 <upper>: wrong number of args for upper: want 1 got 2"),
        (
            "{{ ternary (fail \"never\") }}",
            "1:3 <ternary>: wrong number of args for ternary: want 3 got 1",
        ),
        ("{{ printf }}", "1:3 <printf>: wrong number of args for printf: want at least 1 got 0"),
    ] {
        assert_eq!(refused(template), want, "{template}");
    }
}

#[test]
fn arguments_have_the_types_that_go_wants() {
    for (template, want) in [
        ("{{ upper 1 }}", "1:9 <1>: expected string; found 1"),
        ("{{ trunc \"3\" .text }}", "1:9 <\"3\">: expected integer; found \"3\""),
        ("{{ upper nil }}", "1:9 <nil>: cannot assign nil to string"),
        (
            "{{ upper .number }}",
            "1:9 <.number>: wrong type for value; expected string; got float64",
        ),
        ("{{ trunc (int64 3) .text }}", "1:16 <3>: wrong type for value; expected int; got int64"),
        (
            "{{ keys \"a\" }}",
            "1:8 <\"a\">: can't handle \"a\" for arg of type map[string]interface {}",
        ),
        // Go reports the last operand that it evaluated.
        ("{{ .number | trunc 3 }}", "1:19 <3>: wrong type for value; expected string; got float64"),
    ] {
        assert_eq!(refused(template), want, "{template}");
    }
    assert_eq!(written("{{ trunc 2.0 .text }}").unwrap(), "ab");
}

/// The result of `split` is a `map[string]string`.
#[test]
fn a_map_of_texts_lacks_none_but_an_empty_one() {
    for (template, want) in [
        ("{{ (split \":\" \"web\")._1 | quote }}", "\"\""),
        ("{{ if eq (splitn \":\" 2 \"web\")._1 \"\" }}latest{{ end }}", "latest"),
        (
            "{{ $parts := split \":\" \"web\" }}{{ trim $parts._1 }}-{{ index $parts \"_0\" }}",
            "-web",
        ),
        ("[{{ index (split \":\" \"web\") \"_1\" }}]", "[]"),
        ("{{ typeOf (split \":\" \"web\") }}", "map[string]string"),
    ] {
        assert_eq!(written(template).unwrap(), want, "{template}");
    }
    assert_eq!(
        refused("{{ hasKey (split \":\" \"a\") \"_0\" }}"),
        "1:21 <\"a\">: wrong type for value; expected map[string]interface {}; got map[string]string"
    );
}

#[test]
fn only_a_variable_that_is_declared_is_given_another_value() {
    assert_eq!(refused("{{ $x = 1 }}"), "1:8 <1>: undefined variable: $x");
    assert_eq!(written("{{ if false }}{{ $x = 1 }}{{ end }}a").unwrap(), "a");
    let outer = "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}";
    assert_eq!(written(outer).unwrap(), "2");
}

#[test]
fn a_nil_that_a_map_holds_is_no_missing_value() {
    for (template, want) in [
        (
            "{{ hasKey .nothing \"a\" }}",
            "1:10 <.nothing>: wrong type for value; expected map[string]interface {}; got interface {}",
        ),
        (
            "{{ upper .absent }}",
            "1:9 <.absent>: wrong type for value; expected string; got interface {}",
        ),
        ("{{ .absent | upper }}", "1:13 <upper>: invalid value; expected string"),
        ("{{ .absent.a }}", "1:10 <.absent.a>: nil pointer evaluating interface {}.a"),
        (
            "{{ range .list }}{{ .x }}{{ end }}",
            "1:20 <.x>: can't evaluate field x in type interface {}",
        ),
        (
            "{{ range $v := .list }}{{ with $v }}{{ else }}{{ $v.x }}{{ end }}{{ end }}",
            "1:51 <$v.x>: nil pointer evaluating interface {}.x",
        ),
    ] {
        assert_eq!(refused(template), want, "{template}");
    }
    assert_eq!(written("{{ hasKey (.nothing) \"a\" }}").unwrap(), "false");
    assert_eq!(written("{{ $x := .nothing }}[{{ $x.a.b }}]").unwrap(), "[]");
    assert_eq!(written("{{ keys nil }}").unwrap(), "[]");
}

#[test]
fn fields_are_followed_or_refused_as_in_go() {
    for (template, want) in [
        ("{{ .text.a }}", "1:8 <.text.a>: can't evaluate field a in type interface {}"),
        ("{{ (upper .text).a }}", "1:10 <.text>: can't evaluate field a in type string"),
        ("{{ .text 1 }}", "1:3 <.text>: text is not a method but has arguments"),
        ("{{ 1 | .text }}", "1:7 <.text>: text is not a method but has arguments"),
        ("{{ (1) 2 }}", "1:3 <(1) 2>: can't give argument to non-function 1"),
        ("{{ nil }}", "1:3 <nil>: nil is not a command"),
        ("{{ template \"x\" }}", "1:12 <{{template \"x\"}}>: template \"x\" not defined"),
        ("{{ range .number }}{{ end }}", "1:9 <.number>: range can't iterate over 5"),
        (
            "{{ range $i, $n := 3 }}{{ end }}",
            "1:19 <3>: can't use 3 to iterate over more than one variable",
        ),
    ] {
        assert_eq!(refused(template), want, "{template}");
    }
    assert_eq!(written("{{ .map.a.b }}{{ $.map.a.b }}{{ (.map).a.b }}").unwrap(), "ccc");
    assert_eq!(written("{{ range 3 }}{{ . }}{{ end }}").unwrap(), "012");
}

#[test]
fn variables_of_a_range_without_items_hold_what_was_gone_through() {
    for (template, want) in [
        ("{{ range $v := dict }}{{ else }}{{ $v }}{{ end }}", "map[]"),
        ("{{ range $k, $v := list }}{{ else }}{{ $k }}{{ $v }}{{ end }}", "[][]"),
        ("{{ $v := 1 }}{{ range $v := list }}{{ else }}{{ $v }}{{ end }}{{ $v }}", "[]1"),
        ("{{ $v := 1 }}{{ range $v = list }}{{ end }}{{ $v }}", "[]"),
        ("{{ $v := 1 }}{{ range $v = list 2 3 }}{{ end }}{{ $v }}", "3"),
    ] {
        assert_eq!(written(template).unwrap(), want, "{template}");
    }
}

#[test]
fn values_have_methods() {
    assert_eq!(written("{{ .AsMap.number }}").unwrap(), "5");
    assert_eq!(written("{{ (.Table \"map.a\").YAML }}").unwrap(), "b: c\n");
    assert_eq!(written("{{ .PathValue \"map.a.b\" }}").unwrap(), "c");
    assert_eq!(written("[{{ .map.AsMap }}]").unwrap(), "[]");
    for (template, want) in [
        ("{{ .AsMap 1 }}", "1:3 <.AsMap>: wrong number of args for AsMap: want 0 got 1"),
        ("{{ .Table \"no\" }}", "1:3 <.Table>: error calling Table: \"no\" is not a table"),
        (
            "{{ .PathValue \"map\" }}",
            "1:3 <.PathValue>: error calling PathValue: \"map\" is not a value",
        ),
    ] {
        assert_eq!(refused(template), want, "{template}");
    }
}

#[test]
fn values_are_of_a_type_of_their_own() {
    assert_eq!(
        written("{{ typeOf . }}, {{ typeOf .map }}, {{ kindOf . }}").unwrap(),
        "common.Values, map[string]interface {}, map"
    );
    // A function whose parameter is a map gets a plain map.
    assert_eq!(
        written("{{ typeOf (set . \"x\" 1) }}, {{ typeOf .AsMap }}").unwrap(),
        "map[string]interface {}, map[string]interface {}"
    );
    assert_eq!(
        written("{{ dict \"v\" . | deepCopy | dig \"v\" 0 | typeOf }}"),
        written("{{ typeOf . }}")
    );
    assert_eq!(written("{{ deepEqual . .AsMap }}").unwrap(), "false");
    assert_eq!(
        refused("{{ dig \"map\" \"a\" 1 . }}"),
        "1:3 <dig \"map\" \"a\" 1 .>: error calling dig: interface conversion: interface {} is \
         common.Values, not map[string]interface {}"
    );
}

#[test]
fn a_slice_that_was_never_made_is_written_as_null() {
    for (template, want) in [
        ("{{ concat (list) (list) | toJson }}", "null"),
        ("{{ dict \"a\" (concat list) | toYaml }}", "a: null"),
        ("{{ regexFindAll \"x\" \"y\" -1 | toJson }}", "null"),
        ("{{ concat list | toYamlPretty }}{{ concat list }}", "[][]"),
        ("{{ concat (list 1) | toJson }}{{ list | toJson }}", "[1][]"),
        ("{{ rest list | toJson }}{{ rest (list 1) | toJson }}", "null[]"),
        ("{{ append (concat list) 1 | toJson }}", "[1]"),
    ] {
        assert_eq!(written(template).unwrap(), want, "{template}");
    }
}

/// In Helm, `encoding/json` decodes null into a map by setting it to nil; the YAML decoder leaves the map as it is.
#[test]
fn json_of_null_is_a_map_that_was_never_made() {
    for (template, want) in [
        ("{{ fromJson `null` | toJson }}{{ fromJsonArray `null` | toJson }}", "nullnull"),
        ("{{ fromYaml `null` | toJson }}{{ fromYamlArray `null` | toJson }}", "{}[]"),
        ("{{ fromJson `null` }}{{ fromJson `null` | kindOf }}", "map[]map"),
        ("{{ merge (fromJson `null`) .map | toJson }}", "{\"a\":{\"b\":\"c\"}}"),
        ("{{ dict `a` (fromJson `null`) | toYaml }}", "a: null"),
    ] {
        assert_eq!(written(template).as_deref(), Ok(want), "{template}");
    }
    assert_eq!(
        refused("{{ set (fromJson `null`) `a` 1 }}"),
        "1:3 <set (fromJson `null`) `a` 1>: error calling set: assignment to entry in nil map"
    );
}

#[test]
fn escapes_give_bytes_that_are_no_text() {
    for (template, want) in [
        ("{{ len \"a\\xffb\" }}{{ \"a\\xffb\" | b64enc }}", "3Yf9i"),
        ("{{ \"\\377\" | quote }}{{ \"\\xc3\\xa9\" }}", "\"\\xff\"\u{e9}"),
        ("{{ '\\xff' }}", "255"),
    ] {
        assert_eq!(written(template).as_deref(), Ok(want), "{template}");
    }
}

#[test]
fn go_yaml_reads_no_directives_but_its_own() {
    let yaml =
        |head: &str| written(&format!("{{{{ fromYaml `{head}\n---\na: 1` | toJson }}}}")).unwrap();
    let fault =
        |what: &str| format!("{{\"Error\":\"error converting YAML to JSON: yaml: {what}\"}}");
    assert_eq!(yaml("%YAML 1.1"), "{\"a\":1}");
    assert_eq!(yaml("%YAML 1.2"), fault("found incompatible YAML document"));
    assert_eq!(yaml("%NOTE a"), fault("found unknown directive name"));
}

#[test]
fn go_yaml_passes_over_no_tab_where_a_key_may_stand() {
    assert_eq!(
        written("{{ fromYaml \"\\ta: b\" }}{{ fromYaml \"a:\\tb\" }}").unwrap(),
        "map[Error:error converting YAML to JSON: yaml: found character that cannot start any token]\
         map[a:b]"
    );
}

#[test]
fn errors_of_functions_name_the_whole_command() {
    assert_eq!(refused("a\n  {{ .text | fail }}"), "2:13 <fail>: error calling fail: abc");
    assert_eq!(
        refused("{{ if (index .list 9) }}{{ end }}"),
        "1:7 <index .list 9>: error calling index: index out of range: 9"
    );
}

#[test]
fn collections_are_not_compared() {
    assert_eq!(
        refused("{{ eq .list .list }}"),
        "1:3 <eq .list .list>: error calling eq: non-comparable type [a <nil> map[x:%!s(float64=1)]]: \
         []interface {}"
    );
    assert_eq!(
        refused("{{ eq .map .list }}"),
        "1:3 <eq .map .list>: error calling eq: non-comparable types map[a:map[b:c]]: \
         map[string]interface {}, []interface {}: [a <nil> map[x:1]]"
    );
}

#[test]
fn structs_are_compared_by_what_they_hold_and_pointers_by_where_they_lead() {
    for (template, want) in [
        ("{{ $t := toDate `2006` `2020` }}{{ eq $t (dateModify `0s` $t) }}", "true"),
        ("{{ $t := toDate `2006` `2020` }}{{ ne $t ($t | dateModify `1h`) }}", "true"),
        ("{{ eq (semver `1.2.3`) (semver `1.2.3`) }}", "false"),
        ("{{ $v := semver `1.2.3` }}{{ eq $v $v }}", "true"),
    ] {
        assert_eq!(written(template).as_deref(), Ok(want), "{template}");
    }
}

#[test]
fn json_and_yaml_have_the_replacement_character_for_bytes_that_are_no_text() {
    for (function, want) in [
        ("toJson", "\"a\\ufffd\\ufffd\""),
        ("toRawJson", "\"a\\ufffd\\ufffd\""),
        ("toYaml", "a\u{fffd}\u{fffd}"),
    ] {
        let written = written(&format!("{{{{ b64dec `YYD/` | {function} }}}}"));
        assert_eq!(written.as_deref(), Ok(want), "{function}");
    }
}

#[test]
fn lists_of_texts_and_of_numbers_are_of_types_of_their_own() {
    for (template, want) in [
        ("{{ typeOf (splitList `,` `a,b`) }} {{ typeOf (keys .map) }}", "[]string []string"),
        ("{{ typeOf (until 3) }} {{ typeOf (slice (until 3) 1) }}", "[]int []int"),
        ("{{ typeOf (rest (until 3)) }}", "[]interface {}"),
        ("{{ deepEqual (list `a`) (splitList `,` `a`) }}", "false"),
        ("{{ deepEqual (splitList `;` `a`) (splitList `,` `a`) }}", "true"),
        ("{{ printf `%#v` (regexSplit `,` `a,b` -1) }}", "[]string{\"a\", \"b\"}"),
        (
            "{{ typeOf (chunk 1 .list) }} {{ typeOf (first (chunk 1 .list)) }}",
            "[][]interface {} []interface {}",
        ),
    ] {
        assert_eq!(written(template).as_deref(), Ok(want), "{template}");
    }
}

#[test]
fn what_grows_without_end_is_refused() {
    let grows =
        |step: &str| format!("{{{{ $s := .list }}}}{{{{ range until 60 }}}}{step}{{{{ end }}}}");
    for template in [
        "{{ range 1000000000 }}{{ end }}",
        &grows("{{ $s = print $s $s }}"),
        &grows("{{ $s = concat $s $s }}"),
    ] {
        let error = written(template).expect_err(template);
        assert!(error.contains("more than"), "{error}");
    }
}
