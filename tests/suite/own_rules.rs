//! Rules of one's own, from the directories that the configuration names.

use crate::harness::{repository, run};

const RULE: &str = "\
id: team-label-required
group: own
severity: error
since: 1.0.0
summary: Every object names its team
why: Nobody else answers for it.
fix: Add the label.
presets: [recommended]
kinds: [any]
checks:
  - require: object.?metadata.?labels.?team.hasValue()
    at: object.metadata.name
    message: \"`{name}` has no team\"
";
const MAP: (&str, &str) = ("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");

#[test]
fn rules_in_a_directory_that_is_named_run_like_any_other() {
    let dir = repository(&[
        ("plimsoll.yaml", "rule-paths: [policy]\n"),
        ("policy/own/team-label-required.yaml", RULE),
        MAP,
    ]);
    let run = run(dir.path(), &["check", "--format", "concise", "map.yaml"]).expect_code(1);
    assert!(run.out.contains("error team-label-required: `a` has no team"), "{}", run.out);
}

#[test]
fn a_directory_that_is_not_there_is_an_error_at_its_line() {
    for setting in ["rule-paths", "schemas"] {
        let dir = repository(&[("plimsoll.yaml", &format!("{setting}:\n  - policy\n")), MAP]);
        let run = run(dir.path(), &["check", "map.yaml"]).expect_code(2);
        assert!(run.err.contains("no file or folder `policy` is there"), "{}", run.err);
        assert!(run.err.contains("plimsoll.yaml:2:5"), "{}", run.err);
    }
}

#[test]
fn rules_of_ones_own_are_listed_and_have_a_page() {
    let dir = repository(&[
        ("plimsoll.yaml", "rule-paths: [policy]\n"),
        ("policy/team-label-required.yaml", RULE),
    ]);
    let listed = run(dir.path(), &["rules"]).expect_code(0).out;
    assert!(listed.contains("Every object names its team"), "{listed}");
    let page = run(dir.path(), &["rule", "team-label-required"]).expect_code(0).out;
    assert!(page.contains("Nobody else answers for it."), "{page}");
    let other = repository(&[MAP]);
    let config = dir.path().join("plimsoll.yaml");
    let config = ["--config", config.to_str().expect("a path")];
    let listed = run(other.path(), &[&["rules"][..], &config].concat()).expect_code(0).out;
    assert!(listed.contains("team-label-required"), "{listed}");
    run(other.path(), &["rule", "team-label-required"]).expect_code(2);
}

#[test]
fn a_rule_that_is_wrong_is_an_error_at_its_line() {
    let wrong = RULE.replace("labels.?team", "labels.?");
    let dir = repository(&[
        ("plimsoll.yaml", "rule-paths: [policy]\n"),
        ("policy/team-label-required.yaml", &wrong),
        MAP,
    ]);
    let run = run(dir.path(), &["check", "map.yaml"]).expect_code(2);
    assert!(run.err.contains("team-label-required.yaml:11"), "{}", run.err);
}

#[test]
fn a_fact_of_the_cluster_that_is_no_quantity_is_an_error_at_its_line() {
    let dir = repository(&[("plimsoll.yaml", "cluster:\n  node-memory: 14 gigs\n"), MAP]);
    let run = run(dir.path(), &["check", "map.yaml"]).expect_code(2);
    assert!(
        run.err.contains("plimsoll.yaml:2") || run.err.contains("[plimsoll.yaml:2"),
        "{}",
        run.err
    );
    assert!(run.err.contains("`14 gigs` is not a quantity"), "{}", run.err);
}

#[test]
fn what_is_no_version_of_kubernetes_is_an_error_at_its_line() {
    let said = |settings: &str| {
        let dir = repository(&[("plimsoll.yaml", settings), MAP]);
        run(dir.path(), &["check", "map.yaml"]).expect_code(2).err
    };
    let cluster = said("kube-version: latest\n");
    assert!(cluster.contains("`latest` is not a version of Kubernetes"), "{cluster}");
    assert!(cluster.contains("[plimsoll.yaml:1:15]"), "{cluster}");
    // Helm takes what follows the numbers for nothing.
    for text in ["v1.31.x", "1.31.", "1.31 or so"] {
        let err = said(&format!("kube-version: {text}\n"));
        assert!(err.contains(&format!("`{text}` is not a version of Kubernetes")), "{err}");
    }
    let dir = repository(&[("plimsoll.yaml", "kube-version: v1.31.4-gke.1+a\n"), MAP]);
    run(dir.path(), &["check", "map.yaml"]).expect_code(0);
    let release = said("releases:\n  - name: shop\n    chart: ./shop\n    kube-version: 1.x\n");
    assert!(release.contains("`1.x` is not a version of Kubernetes"), "{release}");
    assert!(release.contains("[plimsoll.yaml:4:19]"), "{release}");
}

/// Rules that would never find anything, for a name in them stands for nothing.
#[test]
fn a_name_that_stands_for_nothing_is_an_error_at_its_word() {
    let said = |from: &str, to: &str| {
        let wrong = RULE.replace(from, to);
        assert_ne!(wrong, RULE);
        let dir = repository(&[
            ("plimsoll.yaml", "rule-paths: [policy]\n"),
            ("policy/team-label-required.yaml", &wrong),
            MAP,
        ]);
        run(dir.path(), &["check", "map.yaml"]).expect_code(2).err
    };
    for (from, to, place, words) in [
        (
            "require: object.?metadata",
            "require: objekt.?metadata",
            "11:14",
            "there is no variable `objekt` here\n  help: did you mean `object`?",
        ),
        (
            "require: object",
            "require: object.kind == 'List' || objects.size() > 1 || object",
            "11:39",
            "there is no variable `objects` here\n  help: rules of scope `release` have it",
        ),
        (
            "team.hasValue()",
            "team.hasvalue()",
            "11:45",
            "there is no function `hasvalue` here\n  help: did you mean `hasValue`?",
        ),
        (
            "require: object",
            "require: params.team == '' || object",
            "11:21",
            "there is no parameter `team` here",
        ),
        (
            "require: object",
            "require: mth.abs(1) == 2 || object",
            "11:14",
            "there is no variable `mth` here",
        ),
        (
            "require: object",
            "require: containers.all(c, c.name != d.name) || object",
            "11:42",
            "there is no variable `d` here",
        ),
        ("at: object", "at: obect", "12:9", "there is no variable `obect` here"),
        ("`{name}`", "`{nmae}`", "13:17", "there is no variable `nmae` here"),
    ] {
        let err = said(from, to);
        let at = format!("team-label-required.yaml:{place}: {words}");
        assert!(err.contains(&at), "{at}\n{err}");
    }
}

/// What CEL knows is known, whether or not any rule of plimsoll calls it.
#[test]
fn functions_and_macros_of_cel_are_known() {
    let own = RULE.replace(
        "require: object",
        "require: >-\n      math.greatest(1, 2) == 2 && [3, 1].sort() == [1, 3] && \
         {'a': 1}.exists(k, k == 'a') && optional.of(1).hasValue() && \
         base64.encode(b'a') == 'YQ==' && type(name) == string && object",
    );
    let dir = repository(&[
        ("plimsoll.yaml", "rule-paths: [policy]\n"),
        ("policy/team-label-required.yaml", &own),
        MAP,
    ]);
    let run = run(dir.path(), &["check", "--format", "concise", "map.yaml"]).expect_code(1);
    assert!(run.out.contains("error team-label-required: `a` has no team"), "{}", run.out);
}

/// A parameter of another type would leave all checks of the rule undecided.
#[test]
fn what_a_configuration_says_of_rules_and_parameters_that_do_not_exist_is_an_error_at_its_line() {
    for (settings, place, message, help) in [
        (
            "rules:\n  replicas-minimum:\n    params: {min: \"3\"}\n",
            "3:19",
            "`min` takes a whole number",
            "by default",
        ),
        (
            "rules:\n  anti-affinity-required: {params: {min-replica: 3}}\n",
            "2:37",
            "`min-replica` is not a parameter of `anti-affinity-required`",
            "did you mean `min-replicas`?",
        ),
        (
            "rules:\n  sorted-keys: {params: {recursive: sometimes}}\n",
            "2:37",
            "takes `true` or `false`",
            "mappings below",
        ),
        (
            "rules:\n  host-pid-forbidden: {params: {any: 1}}\n",
            "2:33",
            "is not a parameter",
            "it has no parameters",
        ),
        (
            "rules:\n  replicas-minimun: off\n",
            "2:3",
            "`replicas-minimun` is not a rule",
            "did you mean `replicas-minimum`?",
        ),
        (
            "overrides:\n  - paths: [a]\n    ignore: [no-such]\n",
            "3:14",
            "`no-such` is not a rule",
            "plimsoll rules",
        ),
        ("preset: recomended\n", "1:9", "is not a preset", "did you mean `recommended`?"),
        (
            "exemptions:\n  - {rules: [replicas-minimun], reason: a}\n",
            "2:14",
            "`replicas-minimun` is not a rule",
            "did you mean `replicas-minimum`?",
        ),
        ("exemptions:\n  - {reason: a}\n", "2:5", "names the rules it is for", "rule-id"),
        (
            "exemptions:\n  - {rules: [images], until: soon}\n",
            "2:30",
            "`soon` is not a date",
            "`2027-03-01`",
        ),
    ] {
        let dir = repository(&[("plimsoll.yaml", settings), MAP]);
        let err = run(dir.path(), &["check", "map.yaml"]).expect_code(2).err;
        assert!(err.contains(&format!("plimsoll.yaml:{place}")), "{settings}{err}");
        assert!(err.contains(message) && err.contains(help), "{settings}{err}");
    }
    let right = "rules:\n  replicas-minimum: {params: {min: 3}}\n  sorted-keys: {params: {recursive: false}}\n";
    let dir = repository(&[("plimsoll.yaml", right), MAP]);
    run(dir.path(), &["check", "map.yaml"]).expect_code(0);
}

/// Whoever writes a rule wants it to run, unless it says `off`.
#[test]
fn a_rule_of_ones_own_without_a_preset_runs_below_its_folder() {
    let rule = RULE.replace("presets: [recommended]\n", "");
    let off = rule.replace("severity: error", "severity: off");
    let with = |rule: &str, config: &str| {
        let mut files =
            vec![(".plimsoll/rules/team-label-required.yaml", rule), ("a/map.yaml", MAP.1)];
        files.extend((!config.is_empty()).then_some(("plimsoll.yaml", config)));
        let dir = repository(&files);
        std::fs::create_dir(dir.path().join(".git")).expect("a folder");
        dir
    };
    for config in ["", "{}\n"] {
        let dir = with(&rule, config);
        for (folder, path) in [("", "."), ("", "a/map.yaml"), ("a", "map.yaml"), ("a", ".")] {
            let args = ["check", "--format", "concise", path];
            let out = run(&dir.path().join(folder), &args).expect_code(1).out;
            assert!(out.contains("`a` has no team"), "{config}{folder} {path}: {out}");
        }
        run(with(&off, config).path(), &["check"]).expect_code(0);
    }
}

/// What `check` says on standard error of a rule with a change in it, and what `test` says of the same file.
fn refused(from: &str, to: &str) -> [String; 2] {
    let wrong = RULE.replace(from, to);
    assert_ne!(wrong, RULE);
    refused_whole(&wrong)
}

/// The same of a whole rule.
fn refused_whole(wrong: &str) -> [String; 2] {
    let dir =
        repository(&[(".plimsoll/rules/own/team.yaml", wrong), ("plimsoll.yaml", "{}\n"), MAP]);
    let checked = run(dir.path(), &["check"]).expect_code(2).err;
    let tested = run(dir.path(), &["test", ".plimsoll/rules"]).expect_code(1).out;
    [checked, tested]
}

/// A rule with these kinds and one check.
fn rule(kinds: &str, check: &str) -> String {
    format!(
        "id: team-label-required\nseverity: error\nsummary: s\nkinds: {kinds}\nchecks:\n  - {check}\n"
    )
}

/// By the schemas of all kinds that a rule applies to, the field after the mark is nowhere.
#[test]
fn a_field_that_no_object_has_is_an_error_at_its_word() {
    for (kinds, check, words) in [
        (
            "[Deployment]",
            "{for: {count: \"object.spec.^replcas\"}, forbid: count > 3, at: count, message: m}",
            "there is no field `replcas` in `object.spec`\n  help: did you mean `replicas`?",
        ),
        (
            "[Service, ConfigMap]",
            "{require: has(object.metadata.^lables), at: object.metadata.name, message: m}",
            "there is no field `lables` in `object.metadata`\n  help: did you mean `labels`?",
        ),
        (
            "[Service]",
            "{require: has(object.spec.type), at: object.spec.^typ, message: m}",
            "there is no field `typ` in `object.spec`\n  help: did you mean `type`?",
        ),
        (
            "[CronJob]",
            "{forbid: object.spec.?jobTemplate.?spec.?^backofLimit.orValue(6) > 6, at: object.spec, message: m}",
            "there is no field `backofLimit` in `object.spec.jobTemplate.spec`",
        ),
        (
            "[apps/StatefulSet, Deployment]",
            "{for: {one: \"containers[*]\"}, let: {env: \"one.?env.orValue([])\"}, forbid: \"env.exists(e, e.^nane == 'A')\", at: one, message: m}",
            "there is no field `nane` in `e`\n  help: did you mean `name`?",
        ),
        (
            "[Service]",
            "{require: \"'^sellector' in object.spec\", at: object.spec, message: m}",
            "there is no field `sellector` in `object.spec`",
        ),
        (
            "[Service]",
            "{require: has(object.spec.type), at: object.spec, message: \"type {object.spec.^tpye}\"}",
            "there is no field `tpye` in `object.spec`",
        ),
        (
            "[Service]",
            "{forbid: object.spec.ports.^name == 'a', at: object.spec, message: m}",
            "there is no field `name` in `object.spec.ports`\n  help: that is a list",
        ),
        (
            "[Deployment]",
            "{require: has(object.metadata.labels.app.^kubernetes.io), at: object.metadata, message: m}",
            "there is no field `kubernetes` in `object.metadata.labels.app`\n  help: that is a single",
        ),
        (
            "[Secret]",
            "{forbid: has(object.^spec), at: object.metadata, message: m}",
            "there is no field `spec` in `object`\n  help: known there: `apiVersion`,",
        ),
        (
            "[Service]",
            "{require: has(object.spec.type), at: object.spec, message: m, repair: {set: object.spec.^tipe, to: ClusterIP}}",
            "there is no field `tipe` in `object.spec`",
        ),
    ] {
        let column = check.find('^').expect("a mark") + "  - ".len() + 1;
        for said in refused_whole(&rule(kinds, &check.replace('^', ""))) {
            let at = format!("own/team.yaml:6:{column}: {words}");
            assert!(said.contains(&at), "{at}\n{said}");
        }
    }
}

/// Fields of kinds without a schema, of versions that are too old for one, of custom resources with pods, and keys of
/// any name.
#[test]
fn a_field_that_some_object_may_have_is_no_error() {
    for (kinds, check) in [
        ("[any]", "{forbid: has(object.spec.replcas), at: object.metadata.lables, message: m}"),
        ("[example.org/Widget]", "{forbid: has(object.spec.replcas), at: object.sepc, message: m}"),
        ("[Widget, Deployment]", "{forbid: has(object.spec.replcas), at: object, message: m}"),
        ("[pods]", "{forbid: has(pod.hostNetwrok), at: \"containers[0].imaeg\", message: m}"),
        ("[workloads]", "{forbid: has(object.spec.replcas), at: pod.volums, message: m}"),
        ("[Ingress]", "{forbid: has(object.spec.backend.serviceName), at: object, message: m}"),
        (
            "[Job]",
            "{forbid: \"object.spec.tasks.exists(t, t.replcas > 1)\", at: object, message: m}",
        ),
        ("[Service]", "{forbid: has(dyn(object).spec.tpye), at: object.spec, message: m}"),
        ("[Deployment]", "{forbid: has(object.metadata.labels.replcas), at: object, message: m}"),
        (
            "[Deployment]",
            "{for: {note: \"object.metadata.annotations[*]\"}, forbid: note_key.startsWith('a'), at: note, message: m}",
        ),
        (
            "[Deployment, Service]",
            "{forbid: has(object.spec.ports) || has(object.spec.replicas), at: object, message: m}",
        ),
        (
            "[HorizontalPodAutoscaler]",
            "{for: {one: \"object.spec.metrics[*]\"}, forbid: has(one.resource.targetAverageUtilization), at: one, message: m}",
        ),
        (
            "[ConfigMap, Secret]",
            "{let: {all: \"object.?data.orValue({})\"}, forbid: \"all.exists(key, all[key] == 'a') || has(all.any)\", at: object.data, message: m}",
        ),
    ] {
        let dir = repository(&[(".plimsoll/rules/team.yaml", &rule(kinds, check)), MAP]);
        run(dir.path(), &["test", ".plimsoll/rules"]).expect_code(0);
    }
}

/// Such an expression has no value on any object.
#[test]
fn a_call_that_no_function_takes_is_an_error_at_its_word() {
    for (test, place, words) in [
        (
            "selects(object.?metadata.?labels)",
            "11:14",
            "`selects` takes 2 arguments, and has 1 here",
        ),
        (
            "name.startsWith('a', 'b')",
            "11:19",
            "`startsWith` takes 2 arguments, and has 3 here\n  help: the value before the dot",
        ),
        ("name.matches('(')", "11:28", "`(` is not a regular expression: unclosed group"),
        (
            "find(name, '*a') == ''",
            "11:26",
            "`*a` is not a regular expression: repetition operator",
        ),
        (
            "containers.all(c)",
            "11:25",
            "there is no function `all` here\n  help: write it as `list.all(item, condition)`",
        ),
    ] {
        for said in refused("object.?metadata.?labels.?team.hasValue()", test) {
            let at = format!("own/team.yaml:{place}: {words}");
            assert!(said.contains(&at), "{at}\n{said}");
        }
    }
}

/// In other templates, expressions are in double braces.
#[test]
fn an_expression_in_double_braces_is_an_error_at_its_place() {
    for said in refused("`{name}` has", "`{{ object.metadata.name }}` has") {
        let words = "13:16: `{{ object.metadata.name }}` is not filled in: `{{` is a brace\n  \
                     help: an expression is in single braces: `{object.metadata.name}`";
        assert!(said.contains(words), "{said}");
    }
    let text = RULE.replace("has no team", "has no {{ .Values.team }}, {{team}}, {{{name}}}");
    let dir = repository(&[(".plimsoll/rules/team.yaml", &text), MAP]);
    let out = run(dir.path(), &["check", "--format", "concise"]).expect_code(1).out;
    assert!(out.contains("`a` has no { .Values.team }, {team}, {a}"), "{out}");
}

/// Only a rule that comes with plimsoll needs a page.
#[test]
fn a_rule_of_ones_own_may_leave_out_its_group_and_its_page() {
    let check = "{forbid: object.kind == 'ConfigMap', at: object.kind, message: no maps here}";
    let dir = repository(&[(".plimsoll/rules/team.yaml", &rule("[any]", check)), MAP]);
    let out = run(dir.path(), &["check"]).expect_code(1).out;
    assert!(out.contains("no maps here") && !out.contains("help:"), "{out}");
    let page = run(dir.path(), &["rule", "team-label-required"]).expect_code(0).out;
    assert!(page.contains("group own; severity error; presets recommended\n"), "{page}");
    assert!(!page.contains("Why") && !page.contains("Fix"), "{page}");
    let listed = run(dir.path(), &["rules"]).expect_code(0).out;
    assert!(listed.contains("\nown\n"), "{listed}");
    for format in ["sarif", "html", "markdown", "junit", "github"] {
        run(dir.path(), &["check", "--format", format]).expect_code(1);
    }
}

/// Rules that would never find anything, or take the findings of another one away.
#[test]
fn a_rule_that_would_silently_find_nothing_is_an_error_at_its_line() {
    for (from, to, line, message, help) in [
        (
            "kinds: [any]",
            "kinds: [Pod, Deploymnt]",
            9,
            "no kind `Deploymnt`",
            "did you mean `Deployment`?",
        ),
        (
            "kinds: [any]",
            "kinds: apps/v1/Deployment",
            9,
            "without a version",
            "did you mean `apps/Deployment`?",
        ),
        ("kinds: [any]\n", "", 1, "`kinds` is missing", "a list of kinds"),
        (
            "[recommended]",
            "[recomended]",
            8,
            "no preset `recomended`",
            "did you mean `recommended`?",
        ),
        ("kinds:", "yields-to: [no-such]\nkinds:", 9, "no rule `no-such`", ""),
        (
            "kinds:",
            "yields-to: [host-pid-forbiden]\nkinds:",
            9,
            "no rule `host-pid-forbiden`",
            "did you mean `host-pid-forbidden`?",
        ),
        (
            "kinds:",
            "params: {few: {type: int, default: 1, about: a}}\nkinds:",
            9,
            "`int` is not a type of parameters",
            "",
        ),
        (
            "kinds:",
            "params: {few: {type: integer, default: '1', about: a}}\nkinds:",
            9,
            "the default of `few` is not of the type `integer`",
            "",
        ),
        (
            "id: team-label-required",
            "id: host-pid-forbidden",
            1,
            "has the id `host-pid-forbidden`",
            "another id",
        ),
        (
            "    at: object",
            "    severity: off\n    at: object",
            12,
            "cannot be `off`",
            "at the top",
        ),
        (
            "    message: \"`{name}` has no team\"\n",
            "    message: m\n---\nid: other\n",
            15,
            "this further document is not read",
            "a file of its own",
        ),
        (
            "    at: object",
            "    for: containers\n    at: object",
            12,
            "`for` is a map",
            "such as `{container:",
        ),
        ("checks:", "let: [a]\nchecks:", 10, "`let` is a map", "such as"),
        ("checks:", "when: 'false'\nchecks:", 10, "nothing is ever found", ""),
        ("object.?metadata.?labels.?team.hasValue()", "true", 11, "nothing is ever found", ""),
        ("kinds:", "scope: builtin\nkinds:", 9, "for rules that come with plimsoll", ""),
        ("kinds:", "scope: text\nkinds:", 9, "needs an `algorithm`", ""),
        ("team.hasValue()", "team", 11, "gives an optional", "orValue(false)"),
        ("object.?metadata.?labels.?team.hasValue()", "size(name) - 1", 11, "gives a number", ""),
        ("object.?metadata.?labels.?team.hasValue()", "name", 11, "gives a text", ""),
    ] {
        for said in refused(from, to) {
            assert!(said.contains(&format!("own/team.yaml:{line}:")), "{to}: {said}");
            assert!(said.contains(message) && said.contains(help), "{to}: {said}");
        }
    }
}

/// What would be read of a rule in another form, or under another name.
#[test]
fn a_part_of_a_rule_that_nothing_reads_is_an_error_at_its_line() {
    for (from, to, line, message, help) in [
        ("[recommended]", "{recommended: yes}", 8, "`presets` is a list of texts", ""),
        ("presets:", "covers: [[other]]\npresets:", 8, "`covers` is a list of texts", ""),
        ("presets:", "references: [wiki]\npresets:", 8, "not the address of a page", "https://"),
        ("presets:", "peers: [kube-linter]\npresets:", 8, "`peers` is a map", "kube-linter"),
        (
            "presets:",
            "peers: {kubelinter: [a]}\npresets:",
            8,
            "there is no linter `kubelinter`",
            "did you mean `kube-linter`?",
        ),
        (
            "presets:",
            "peers: {kube-linter: {a: b}}\npresets:",
            8,
            "`kube-linter` is a list of texts",
            "",
        ),
        (
            "presets:",
            "preset-params: {ours: {few: 2}}\nparams: {few: {type: integer, default: 1, about: a}}\npresets:",
            8,
            "no rule is in a preset `ours`",
            "",
        ),
        (
            "presets:",
            "preset-params: {all: {few: '2'}}\nparams: {few: {type: integer, default: 1, about: a}}\npresets:",
            8,
            "`few` is of the type `integer`",
            "",
        ),
        ("since: 1.0.0", "since: today", 4, "`today` is not a version", "or leave it out"),
        ("id: team-label-required", "id: Team label", 1, "`Team label` is not an id", "lower-case"),
    ] {
        for said in refused(from, to) {
            assert!(said.contains(&format!("own/team.yaml:{line}:")), "{to}: {said}");
            assert!(said.contains(message) && said.contains(help), "{to}: {said}");
        }
    }
}

#[test]
fn what_nothing_reads_in_an_example_is_an_error_at_its_line() {
    let own = rule("[any]", "{forbid: params.few > 2, at: object, message: m}");
    let own = format!("{own}params: {{few: {{type: integer, default: 1, about: a}}}}\n");
    for (examples, place, words) in [
        ("examples: {violates: a}", "8:11", "`examples` is a list"),
        ("examples:\n  - {satisfies: a, params: {fwe: 3}}", "9:29", "did you mean `few`?"),
        ("examples:\n  - {satisfies: a, cluster: {node: 3}}", "9:30", "did you mean `nodes`?"),
        ("examples:\n  - {satisfies: a, release: {names: b}}", "9:30", "did you mean `name`?"),
    ] {
        for said in refused_whole(&format!("{own}{examples}\n")) {
            assert!(said.contains(&format!("own/team.yaml:{place}: ")), "{said}");
            assert!(said.contains(words), "{said}");
        }
    }
}

/// Any name will do for a file, but not one that is nearly the id.
#[test]
fn an_id_that_is_nearly_the_name_of_its_file_is_an_error() {
    let wrong = RULE.replace("id: team-label-required", "id: team-lable-required");
    let dir = repository(&[(".plimsoll/rules/team-label-required.yaml", &wrong), MAP]);
    let out = run(dir.path(), &["test", ".plimsoll/rules"]).expect_code(1).out;
    let words = "team-label-required.yaml:1:5: the file of this rule is called `team-label-required`\n  \
                 help: did you mean `team-label-required`?";
    assert!(out.contains(words), "{out}");
}

/// Kinds of others, presets of one's own and rules of one's own beside it are known to nobody else.
#[test]
fn a_rule_may_name_kinds_presets_and_rules_that_do_not_come_with_plimsoll() {
    let own = RULE
        .replace("[any]", "[Rollout, example.org/Deploymnt, ConfigMap]")
        .replace("[recommended]", "[recommended, ours]")
        .replace("kinds:", "yields-to: [other-rule, host-pid-forbidden]\nkinds:");
    let other = RULE.replace("id: team-label-required", "id: other-rule");
    let dir = repository(&[
        (".plimsoll/rules/team.yaml", &own),
        (".plimsoll/rules/other.yaml", &other),
        ("plimsoll.yaml", "rule-paths: [.plimsoll/rules/team.yaml]\n"),
        MAP,
    ]);
    run(dir.path(), &["check"]).expect_code(1);
    run(dir.path(), &["test", ".plimsoll/rules/team.yaml"]).expect_code(0);
}

#[test]
fn two_rules_with_one_id_are_an_error() {
    let dir = repository(&[
        (".plimsoll/rules/a.yaml", RULE),
        (".plimsoll/rules/b.yaml", RULE),
        ("plimsoll.yaml", "{}\n"),
        MAP,
    ]);
    let err = run(dir.path(), &["check"]).expect_code(2).err;
    assert!(err.contains("b.yaml:1:5: the rule at "), "{err}");
    run(dir.path(), &["test", ".plimsoll/rules"]).expect_code(1);
}

/// Whether it is true or false depends on what is linted, so this is only known at the end.
#[test]
fn a_condition_that_is_neither_true_nor_false_anywhere_is_said() {
    let own = RULE.replace("object.?metadata.?labels.?team.hasValue()", "object.data.team == 'a'");
    let more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {team: a}\n";
    let dir = repository(&[(".plimsoll/rules/team.yaml", &own), ("plimsoll.yaml", "{}\n"), MAP]);
    let note = "neither true nor false on anything that was checked: the condition at \
                .plimsoll/rules/team.yaml:11";
    // The second time, results come from the cache.
    for _ in 0..2 {
        let cached = crate::harness::plimsoll(dir.path())
            .args(["check", "--strict"])
            .env("PLIMSOLL_CACHE_DIR", dir.path().join(".git/cache"))
            .output()
            .expect("the binary runs");
        assert_eq!(cached.status.code(), Some(2));
        let err = String::from_utf8_lossy(&cached.stderr).into_owned();
        assert!(err.contains(note), "{err}");
    }
    let example =
        format!("{own}examples:\n  - satisfies: |\n      {}", MAP.1.replace('\n', "\n      "));
    std::fs::write(dir.path().join(".plimsoll/rules/team.yaml"), example).expect("a file");
    let tested = run(dir.path(), &["test", ".plimsoll/rules"]).expect_code(1).out;
    assert!(tested.contains("team.yaml:11: team-label-required: this condition"), "{tested}");

    std::fs::create_dir(dir.path().join("more")).expect("a folder");
    std::fs::write(dir.path().join("more/map.yaml"), more).expect("a file");
    run(dir.path(), &["check", "--strict"]).expect_code(0);
    // Each shard alone does not know what the others have.
    for shard in ["1/2", "2/2"] {
        let report = format!("{}.json", &shard[..1]);
        let args = ["check", "--shard", shard, "--format", "json", "--output", &report];
        run(dir.path(), &args).expect_code(0);
    }
    run(dir.path(), &["merge", "--strict", "1.json", "2.json"]).expect_code(0);
}

#[test]
fn an_expression_of_any_length_is_refused_without_a_crash() {
    for (steps, message) in [(8_000, "has more than"), (20_000, "bytes long")] {
        let long = format!("object{} == 1", ".a".repeat(steps));
        for said in refused("object.?metadata.?labels.?team.hasValue()", &long) {
            assert!(
                said.contains("team.yaml:11:14: this expression ") && said.contains(message),
                "{said}"
            );
        }
    }
}
