//! Scripts as they are walked, compared with bash where it is installed.

use std::process::Command;

use super::{Environment, Shell, parse};
use crate::project::tree::Tree;

/// A shell that looks for calls of `show`.
fn looking<'t>(tree: &'t Tree<'t>) -> Shell<'t> {
    let mut shell = Shell::new(tree);
    shell.wanted = "show";
    shell
}

/// The arguments of each call of `show` that a script reaches.
fn shown(script: &str) -> Vec<Vec<String>> {
    let tree = Tree::new(&[], Vec::new());
    let mut shell = looking(&tree);
    shell.run(&parse(script), Environment::new("", vec![String::new()]).with_braces());
    let calls = shell.calls.iter().filter(|call| call.words[0].text == "show");
    calls.map(|call| call.words[1..].iter().map(|word| word.text.clone()).collect()).collect()
}

/// What bash passes to `show`; `None` where there is no bash.
fn shown_by_bash(script: &str) -> Option<Vec<Vec<String>>> {
    let show = "show() { printf '%s\\037' \"$#\" \"$@\" >&3; }";
    let bash = format!("exec 3>&1 >/dev/null 2>&1\n{show}\n{script}\n:");
    let output = Command::new("bash").args(["-c", &bash]).env_clear().output().ok()?;
    let text = String::from_utf8(output.stdout).expect("text");
    let mut words = text.split_terminator('\u{1f}').map(str::to_owned);
    let mut calls = Vec::new();
    while let Some(count) = words.next() {
        let count = count.parse().expect("a number of arguments");
        calls.push(words.by_ref().take(count).collect());
    }
    Some(calls)
}

/// A script calls `show` with these arguments, here and in bash.
#[track_caller]
fn same(script: &str, expected: &[&[&str]]) {
    assert_eq!(shown(script), expected, "{script}");
    if let Some(by_bash) = shown_by_bash(script) {
        assert_eq!(by_bash, expected, "bash: {script}");
    }
}

#[test]
fn a_condition_is_worked_out_where_it_is_known() {
    same("if [ a = a ]; then show 1; else show 2; fi", &[&["1"]]);
    same("if [[ a == b* ]]; then show 1; else show 2; fi", &[&["2"]]);
    same("if test -z ''; then show 1; else show 2; fi", &[&["1"]]);
}

/// bash refuses these, with a status of 2.
#[test]
fn a_condition_without_its_bracket_is_not_known() {
    for condition in ["[", "[ ", "[ a", "[[", "[ ]]", "test"] {
        let both = [vec!["1".to_owned()], vec!["2".to_owned()]];
        let script = format!("if {condition}; then show 1; else show 2; fi");
        let found = shown(&script);
        assert!(both.iter().any(|way| found.contains(way)), "{script}: {found:?}");
    }
    assert_eq!(shown("[ && show 1"), [["1"]]);
}

#[test]
fn a_chain_stops_where_its_truth_is_known() {
    same("[ a = b ] && show 1 || show 2", &[&["2"]]);
    same("[ a = a ] || show 1 && show 2", &[&["2"]]);
    same("true && true && false || show 3", &[&["3"]]);
    same("x=a; [ $x = a ] && x=b && [ $x = b ] && show $x", &[&["b"]]);
}

#[test]
fn chains_of_any_length_end() {
    for term in ["[ ] || ", "[ a$x = b ] || ", "[ $x ] && y=$x || ", "true && ", "show && "] {
        let long = term.repeat(4_000);
        assert!(shown(&format!("{long} show end")).len() <= 4_001, "{term}");
        assert!(shown(&format!("if {long} true; then show 1; fi")).len() <= 4_001, "{term}");
    }
}

#[test]
fn nesting_without_end_ends() {
    for nested in [
        "${a:-",
        "\"${a:-\"",
        "a() ",
        "! ",
        "then ",
        "{ ",
        "( ",
        "$(",
        "\"$(",
        "`",
        "<(",
        "((",
        "$((",
        "[[ ( ",
        "[[ ! ",
        "[[ a || ",
        "if ",
        "while ",
        "case $(",
        "for a in $(",
        "x=(",
        "a=$(",
        "&& ",
        "a | ",
        "function a { ",
        "cat <<a$(",
        "time ",
        "${a[",
        "a[",
        "$(( a++ + ",
        "if [[ a && ",
    ] {
        let script = nested.repeat(4_000);
        shown(&script);
        shown(&format!("{script} show 1\n"));
        shown(&format!("show 1\n{script}\nshow 2\n"));
    }
    for (text, calls) in [("f() { g; }; g() { f; }; f", 0), ("a='eval \"$a\"'; eval \"$a\"", 0)] {
        assert_eq!(shown(text).len(), calls, "{text}");
    }
}

#[test]
fn what_is_nested_as_in_real_scripts_is_read() {
    let inner = "show $(echo ${a:-$(echo ${b:-`echo c`})})";
    let script = "if true; then { ( while true; do for x in 1; do case y in y) ".to_owned()
        + inner
        + ";; esac; done; break; done ) ; } fi";
    same(&script, &[&["c"]]);
}

/// Functions that call each other in as many blocks as are read.
#[test]
fn functions_in_blocks_in_functions_end() {
    for (open, close) in [("{ ", "; }"), ("( ", ")"), ("if true; then ", "; fi")] {
        let body = |call: &str| format!("{}{call}{}", open.repeat(36), close.repeat(36));
        let functions =
            (0..12).map(|at| format!("f{at}() {{ {}; }}\n", body(&format!("f{}", at + 1))));
        let functions: String = functions.collect();
        shown(&format!("{functions}f0"));
        shown(&format!("{functions}show $(f0) $(for x in $(f0); do f0; done)"));
    }
    let echoes = "f() { echo $(f) $(f) $(f) $(f) $(f) $(f) $(f) $(f); }; show $(f) $(f)";
    shown(echoes);
}

#[test]
fn double_brackets_are_one_test() {
    same("x=a; if [[ $x == b || $x == a ]]; then show 1; else show 2; fi", &[&["1"]]);
    same("x=a; if [[ $x == a && ! ( $x == b ) ]]; then show 1; else show 2; fi", &[&["1"]]);
    same("x=; [[ -n $x && $x == a ]] || show 1; show 2", &[&["1"], &["2"]]);
    same("[[ a == b\n|| c == c ]] && show 1", &[&["1"]]);
    same("[[ ! a == b && ! ! a == a ]] && show 1", &[&["1"]]);
    same("[[ ab =~ ^(a|x)b$ && a < b ]] && show 1; show 2", &[&["1"], &["2"]]);
    same("[[ a == a ]] 2>/dev/null && show $(echo 1)", &[&["1"]]);
}

/// What is not known leads both ways, and what it says holds in its branch.
#[test]
fn double_brackets_on_what_is_not_known_lead_both_ways() {
    let both = |script: &str| assert_eq!(shown(script), [["1"], ["2"]], "{script}");
    both("[[ $A || $B ]] && show 1; show 2");
    both("if [[ $A =~ (a b|c) || $B == c ]]; then show 1; else show 2; fi");
    both("if [[ -n $A &&\n $B ]]\nthen show 1\nfi\nshow 2");
    both("if [[ $A == 1 && -n $B ]]; then show $A; else show 2; fi");
}

#[test]
fn a_negated_command_is_true_where_the_command_is_false() {
    same("if ! [ a = b ]; then show 1; else show 2; fi", &[&["1"]]);
    same("! true || show 1; ! ! true && show 2; ! false && show 3", &[&["1"], &["2"], &["3"]]);
    same("x=a; if ! test $x = a; then show 1; else show $x; fi", &[&["a"]]);
    assert_eq!(shown("if ! [ \"$A\" = a ]; then show \"$A\"; fi"), [["\u{1}"]]);
    assert_eq!(shown("! command -v a && show 1; show 2"), [["1"], ["2"]]);
}

#[test]
fn each_part_of_a_pipeline_is_a_shell_of_its_own() {
    same("x=1; cd / | x=2 | cat; show $x", &[&["1"]]);
    same("x=1; { x=2; show $x; } | cat; show $x", &[&["2"], &["1"]]);
    same("show 1 | exit; show 2", &[&["1"], &["2"]]);
    same("show $(echo A-B | tr A-Z a-z)", &[&["a-b"]]);
    same("show $({ echo a; })", &[&["a"]]);
}

#[test]
fn what_commands_print_is_known() {
    same("show $(for x in a b; do echo -f $x.yaml; done)", &[&["-f", "a.yaml", "-f", "b.yaml"]]);
    same(
        "show $(for x in a b; do printf -- '-f %s ' $x; done) \"$(printf '%s-' a b)\"",
        &[&["-f", "a", "-f", "b", "a-b-"]],
    );
    same(
        "show \"$(echo a; echo b)\" $(echo -n a; echo b) $(printf '%d%%\\n' 5)",
        &[&["a\nb", "ab", "5%"]],
    );
    same("f() { for x in \"$@\"; do echo $x; done; }; show $(f a 'b c')", &[&["a", "b", "c"]]);
    same(
        "f() { local y=$1; echo log >&2; if [ $y = a ]; then echo b; return; fi; echo c; }; show $(f a) $(f b)",
        &[&["b", "c"]],
    );
    same(
        "x=1; show $(x=2; echo $x; exit; echo 3) $x $( (x=3; echo $x); echo $x)",
        &[&["2", "1", "3", "1"]],
    );
    same(
        "show $([ a = b ] && echo 1 || echo 2) $(case a in b) echo 1;; a*) echo 2;; esac)",
        &[&["2", "2"]],
    );
    same("show $(echo a > /dev/null; echo b 2> /dev/null; true && echo c)", &[&["b", "c"]]);
    same(
        "show $(echo 'a b' | tr ' ' -) $(for x in 1 2 3; do [ $x = 2 ] && continue; echo $x; done)",
        &[&["a-b", "1", "3"]],
    );
    for unknown in [
        "make-it",
        "if [ \"$A\" ]; then echo 1; else echo 2; fi",
        "while read x; do echo $x; done",
        "[ \"$A\" ] && echo 1",
    ] {
        assert_eq!(shown(&format!("show $({unknown})")), [["\u{2}"]], "{unknown}");
    }
    same("show $(if [ \"$A\" ]; then exit; fi; echo 1)", &[&["1"]]);
}

#[test]
fn a_subshell_keeps_its_variables() {
    same("x=1; ( x=2; show $x ); show $x", &[&["2"], &["1"]]);
    same("x=1; f() ( x=2; show $x ); f; show $x", &[&["2"], &["1"]]);
    same("x=1; f() { x=2; show $x; }; y=$(f); ( f ); show $x", &[&["2"], &["2"], &["1"]]);
    same("x=1; { x=2; show $x; } & wait; show $x", &[&["2"], &["1"]]);
}

#[test]
fn what_grows_without_measure_is_computed() {
    let end = |script: String| {
        let calls = shown(&script);
        let size: usize = calls.iter().flatten().map(String::len).sum();
        assert!(!calls.is_empty() && size < 1 << 20, "{} calls, {size} bytes", calls.len());
    };
    end("x=(a)\n".to_owned() + &"x+=(\"${x[@]}\")\n".repeat(64) + "show \"${x[@]}\"");
    end("x=(a); for i in {1..64}; do x+=(\"${x[@]}\"); done; show \"${x[@]}\"".to_owned());
    end("set -- a\n".to_owned() + &"set -- \"$@\" \"$@\"\n".repeat(64) + "show \"$@\"");
    end("x=aa\n".to_owned() + &"x=${x//a/$x}\n".repeat(64) + "show $x");
    end("x=a\n".to_owned() + &"x=$x$x; x+=$x\n".repeat(64) + "show $x");
    let large = "x=a\n".to_owned() + &"x=\"$x $x\"\n".repeat(15);
    end(large.clone() + &"show $x $x $x\n".repeat(5_000));
    end(large.clone() + &"show \"$x$x\"; y+=$x; show ${x%%b*c}\n".repeat(5_000));
    end(large + &"for y in $x; do show ${x//a?/c}; done\n".repeat(100));
}

#[test]
fn arithmetic_is_evaluated_as_bash_does() {
    for set in
        ["((i++))", "(( i += 1 ))", "let i++", "let \"i = 2\"", ": $((++i))", "j=$((i <<= 1))"]
    {
        same(&format!("i=1; {set}; show $i"), &[&["2"]]);
    }
    same("i=1; (( i == 1 && (i <= 2) )); show $i", &[&["1"]]);
    same(
        "i=3; show $(( ($i + 1) * 2 )) $((i--)) $((i)) $((-i + ${i} % 2))",
        &[&["8", "3", "2", "-2"]],
    );
    same(
        "show $((2 + 3 * 4 ** 2 / 5)) $((1 << 4 | 3)) $((0x1f)) $((010)) $((~5))",
        &[&["11", "19", "31", "8", "-6"]],
    );
    same(
        "show $((5 > 3 ? 1 : 2)) $((!0)) $((1 ? 2 : (3))) $((7 & 3 ^ 1)) $((9 - 2 - 3))",
        &[&["1", "1", "2", "2", "4"]],
    );
    same(
        "n=0; show $((n && 4 / n)) $((1 || n++)) $n $((n = 4, n * 2)); show $n",
        &[&["0", "1", "0", "8"], &["4"]],
    );
    same("((show 1); (show 2)); show 3", &[&["1"], &["2"], &["3"]]);
    same("i=5; if ((i > 3)); then show 1; else show 2; fi; ((i > 9)) || show 3", &[&["1"], &["3"]]);
    assert_eq!(shown("((n > 1)) && show 1 || show 2"), [["1"], ["2"]]);
}

#[test]
fn arithmetic_on_what_is_not_known_is_computed() {
    for (set, value) in [
        ("i=$((n + 1))", "\u{2}"),
        ("i=1; ((i += n))", "\u{2}"),
        ("i=$((1 / 0))", "\u{2}"),
        ("i=$((9223372036854775807 + 1))", "\u{2}"),
        ("i=$((a[1]))", "\u{2}"),
        ("i=$((08))", "\u{2}"),
    ] {
        assert_eq!(shown(&format!("{set}; show $i")), [[value]], "{set}");
    }
    for part in ["(", "- ", "! ", "1 + (", "i = ", "1 ? ", "2 ** ", "1 + "] {
        shown(&format!("show $(({} 1 ))", part.repeat(1_000)));
        shown(&format!("let '{} 1'; show 1", part.repeat(10_000)));
    }
}

#[test]
fn loops_are_run_as_often_as_bash_runs_them() {
    same("for ((i = 0; i < 3; i++)); do show $i; done; show $i", &[&["0"], &["1"], &["2"], &["3"]]);
    same("for ((i = 4; i; i -= 2)) do show $i; done", &[&["4"], &["2"]]);
    same(
        "i=0; while [ $i -lt 2 ]; do show $i; i=$((i + 1)); done; show end",
        &[&["0"], &["1"], &["end"]],
    );
    same("i=0; until (( i >= 2 )); do show $((i++)); done", &[&["0"], &["1"]]);
    same("for i in 1 2 3; do [ $i = 2 ] && continue; show $i; done", &[&["1"], &["3"]]);
    same(
        "for i in 1 2 3; do if [ $i = 2 ]; then break; fi; show $i; done; show $i",
        &[&["1"], &["2"]],
    );
    same(
        "for i in 1 2; do for j in 1 2; do show $i$j; break 2; done; done; show 3",
        &[&["11"], &["3"]],
    );
    same("for ((;;)); do show 1; break; done; show 2", &[&["1"], &["2"]]);
    same(
        "i=0; while true; do ((i++)); ((i > 2)) && break; show $i; done; show $i",
        &[&["1"], &["2"], &["3"]],
    );
    same(
        "for i in $(seq 2) $(seq 3 4) $(seq 9 -4 1); do show $i; done",
        &[&["1"], &["2"], &["3"], &["4"], &["9"], &["5"], &["1"]],
    );
    same(
        "f() { while [ $# -gt 0 ]; do case $1 in -n) n=$2; shift 2;; *) shift;; esac; done; show $n; }; f a -n b c",
        &[&["b"]],
    );
    same(
        "f() { break; show 1; }; for i in 1 2; do f; show 2; done",
        &[&["1"], &["2"], &["1"], &["2"]],
    );
}

/// It is not worth it to follow a loop until a program that nobody asks for has done its work.
#[test]
fn a_loop_that_waits_is_run_once() {
    for waits in [
        "for ((n = 0; n < 60; n++)); do sleep $n; done",
        "while [ $n -lt 60 ]; do n=$((n + 1)); sleep 1; done",
        "for n in $(seq 60); do check $n; sleep 1; done",
    ] {
        let tree = Tree::new(&[], Vec::new());
        let mut shell = looking(&tree);
        let script = format!("n=0; {waits}; show $n");
        shell.run(&parse(&script), Environment::new("", vec![String::new()]));
        assert!(shell.calls.len() <= 6, "{waits}: {:?}", shell.calls);
        let shown: Vec<_> =
            shell.calls.iter().filter(|call| call.words[0].text == "show").collect();
        assert!(shown.iter().any(|call| call.words[1].text == "\u{2}"), "{waits}: {shown:?}");
    }
    same("x=; for i in $(seq 3); do x=$x$i; done; show $x", &[&["123"]]);
}

/// What they set may be anything.
#[test]
fn what_a_loop_sets_that_is_run_some_times_is_computed() {
    assert_eq!(shown("i=0; while test $i != $N; do show $i; i=$((i + 1)); done"), [["\u{2}"]]);
    assert_eq!(shown("while read -r name; do show $name; done < names"), [["\u{2}"]]);
    assert_eq!(shown("for ((i = 0; i < n; i++)); do show $i; done"), [["\u{2}"]]);
    assert_eq!(shown("until check; do x=1; show $x; done; show $x"), [["1"], ["1"]]);
    // The caller's options have defaults.
    let options =
        "x=a; while [ $# -gt 0 ]; do case $1 in -x) x=$2; shift;; esac; shift; done; show $x";
    assert_eq!(shown(options), [["a"]]);
    for endless in [
        "while true; do show 1; done",
        "for ((;;)); do show 1; done",
        "until false; do show 1; done; show 2",
    ] {
        assert_eq!(shown(endless)[0], ["1"], "{endless}");
        assert!(shown(endless).len() <= 2, "{endless}");
    }
    let nested = "for ((i = 0; i < 99; i++)); do ".repeat(4);
    shown(&format!("{nested} show $i; {}", "done; ".repeat(4)));
}

/// Whether a command succeeds is known when it runs.
#[test]
fn a_command_that_leaves_a_loop_may_do_so_or_not() {
    for script in [
        "for i in 1 2; do check $i && continue; show $i; done",
        "for i in 1 2; do check $i || continue; show $i; done",
        "for i in 1 2; do check $i && break; show $i; done",
        "for i in 1 2; do if check $i; then break; fi; show $i; done",
    ] {
        assert_eq!(shown(script), [["1"], ["2"]], "{script}");
    }
    assert_eq!(shown("until check; do ((i++)); [ $i -gt 9 ] && exit 1; done; show 1"), [["1"]]);
}

#[test]
fn parts_of_texts_and_lists_are_those_of_bash() {
    same(
        "x=abcdef; show ${x:2} ${x:1:2} ${x: -2} ${x:(-3):2} ${x:1:-2} ${x:0:-5} ${x: -4}",
        &[&["cdef", "bc", "ef", "de", "bcd", "a", "cdef"]],
    );
    same("x=a; n=1; show \"${x: -4}\" \"${x:5}\" ${x:$n}x", &[&["", "", "x"]]);
    same("x=(a b c); show ${x[@]: -1} ${x[@]:1:1} \"${x[@]:1}\"", &[&["c", "b", "b", "c"]]);
    same("set -- a b c; show ${@: -1} ${@:2:1} \"${@:2}\"", &[&["c", "b", "b", "c"]]);
    assert_eq!(shown("x=abc; show ${x:n} ${x:0:-5}"), [["\u{2}", "\u{2}"]]);
}

#[test]
fn texts_are_edited_as_bash_does() {
    same(
        "N=a.b.c; show ${N/.*/} ${N//./-} ${N/./} ${N/x/y} ${N/#a/z} ${N/%c/z} ${N/#b/z}",
        &[&["a", "a-b-c", "ab.c", "a.b.c", "z.b.c", "a.b.z", "a.b.c"]],
    );
    same(
        "N=a.b.c; show ${N#*.} ${N##*.} ${N%.*} ${N%%.*} ${N//[bc]/x} ${N^^} ${N//?/x}",
        &[&["b.c", "c", "a.b", "a", "a.x.x", "A.B.C", "xxxxx"]],
    );
    same("N='{a}'; show ${N#?a} ${N/[{]/x} ${N//} ${N/#/p}", &[&["}", "xa}", "{a}", "p{a}"]]);
}

#[test]
fn braces_stand_for_several_words() {
    same(
        "for x in \"stage\"{1..2} a-{b,c}; do show $x; done",
        &[&["stage1"], &["stage2"], &["a-b"], &["a-c"]],
    );
    same(
        "y=1; for x in ${y}{a,'b c'}\"{d,e}\" {3..1} {x}; do show \"$x\"; done",
        &[&["1a{d,e}"], &["1b c{d,e}"], &["3"], &["2"], &["1"], &["{x}"]],
    );
    same("x=({a,b}{1,2}); show \"${x[@]}\"", &[&["a1", "a2", "b1", "b2"]]);
    same(
        "show -{a,b} x={1..3} '{a,b}' \"{a,b}\" {a\\,b} {a} {} a{b,}",
        &[&["-a", "-b", "x=1", "x=2", "x=3", "{a,b}", "{a,b}", "{a,b}", "{a}", "{}", "ab", "a"]],
    );
    same(
        "show {a,{b,c}d}{1,2} {x{y,z}} {a,b}}",
        &[&["a1", "a2", "bd1", "bd2", "cd1", "cd2", "{xy}", "{xz}", "a}", "b}"]],
    );
    same(
        "show {08..10} {a..e..2} {5..1..2} {a..1} {1..}",
        &[&["08", "09", "10", "a", "c", "e", "5", "3", "1", "{a..1}", "{1..}"]],
    );
    for part in ["{a,", "{", "{a,b}", "{a,b", ",}", "{1..9}"] {
        shown(&format!("show {}", part.repeat(1_000)));
    }
}

#[test]
fn a_function_keeps_its_own_variables() {
    let function = "f() { local x=2 y; y=3; show $x $y; }";
    same(&format!("x=1; y=1; {function}; f; show $x $y"), &[&["2", "3"], &["1", "1"]]);
    same("f() { local x=2; g; }; g() { show $x; x=3; }; x=1; f; show $x", &[&["2"], &["1"]]);
    same(
        "f() { local x=${x:-a}; x=${x}b; local x; show $x; }; f; x=c; f; show $x",
        &[&["ab"], &["cb"], &["c"]],
    );
    same("f() { declare x=2; declare -g y=2; }; x=1; f; show $x $y", &[&["1", "2"]]);
    same(
        "f() { local -a x=(a b); show ${x[1]}; [ $1 = 0 ] || f 0; }; x=1; f 1; show $x",
        &[&["b"], &["b"], &["1"]],
    );
    same("local x=1; f() { x=2; }; f; show $x", &[&["2"]]);
}
