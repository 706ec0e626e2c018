//! Reports as their readers take them: by published schemas, by parsers, in a browser.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{CHART, repository, run};

/// The report of a repository with findings in values, templates and manifests.
fn report(format: &str) -> String {
    let dir = repository(CHART);
    run(dir.path(), &["check", "--preset", "all", "--format", format]).out
}

fn json(format: &str) -> Value {
    serde_json::from_str(&report(format)).expect("JSON")
}

/// What of a document a schema does not allow.
fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let fault = |error: jsonschema::ValidationError<'_>| {
        format!("{}: {error}", error.instance_path().as_str())
    };
    validator.iter_errors(document).map(fault).collect()
}

#[test]
fn json_fits_the_published_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let schema = std::fs::read_to_string(path).expect("the schema is published");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let report = json("json");
    assert!(report["findings"].as_array().is_some_and(|findings| findings.len() > 5));
    assert_eq!(faults(&schema, &report), Vec::<String>::new());
    let mut wrong = report;
    wrong["findings"][0]["severity"] = "fatal".into();
    assert_eq!(faults(&schema, &wrong).len(), 1);
}

/// `PLIMSOLL_SARIF_SCHEMA` names OASIS's schema, which `.ci/run` takes from a package; without it
/// this is left out.
#[test]
fn sarif_fits_the_schema_of_oasis() {
    let Some(path) = std::env::var_os("PLIMSOLL_SARIF_SCHEMA") else { return };
    let schema = std::fs::read_to_string(path).expect("the schema is there");
    // The published pattern of languages has a bracket too many, and is no regular expression.
    let schema = schema.replace("-[a-zA-Z]{2}]?$", "(-[a-zA-Z]{2})?$");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let log = json("sarif");
    assert!(log["runs"][0]["results"].as_array().is_some_and(|results| results.len() > 5));
    assert_eq!(faults(&schema, &log), Vec::<String>::new());
}

#[test]
fn sarif_has_help_for_each_rule_and_a_fingerprint_for_each_result() {
    let log = json("sarif");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").clone();
    let results = log["runs"][0]["results"].as_array().expect("results").clone();
    for rule in &rules {
        assert!(rule["help"]["text"].is_string(), "{rule}");
    }
    let mut prints: Vec<&str> = results
        .iter()
        .map(|result| result["partialFingerprints"]["plimsoll/v1"].as_str().expect("a fingerprint"))
        .collect();
    for result in &results {
        let at = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[at]["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(
            region["startLine"].as_u64() >= Some(1) && region["startColumn"].as_u64() >= Some(1)
        );
    }
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len(), "fingerprints are unique");
}

/// GitLab's documentation of Code Quality's custom tools names these fields.
#[test]
fn code_quality_has_what_gitlab_reads() {
    let issues = json("gitlab");
    let schema = serde_json::json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string"},
                "check_name": {"type": "string"},
                "fingerprint": {"type": "string"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "not": {"pattern": "^(/|\\./)"}},
                        "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                    },
                },
            },
        },
    });
    assert_eq!(faults(&schema, &issues), Vec::<String>::new());
}

#[test]
fn junit_is_xml_that_counts_right() {
    // With the library that Python's test tools read it by, where that is there.
    let script = "import sys\ntry: import junitparser\nexcept ImportError: sys.exit(0)\nxml = junitparser.JUnitXml.fromstring(sys.stdin.buffer.read())\ncases = [case for suite in xml for case in suite]\nassert xml.tests == len(cases) > 5\nassert xml.failures == sum(isinstance(result, junitparser.Failure) for case in cases for result in case.result) > 0\n";
    if let Some(output) = piped("python3", &["-c", script], &report("junit")) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let script = "import sys, xml.etree.ElementTree as tree\nroot = tree.fromstring(sys.stdin.read())\nassert int(root.get('tests')) == len(root.findall('.//testcase')) > 5\nassert int(root.get('failures')) == len(root.findall('.//failure'))\n";
    let Some(output) = piped("python3", &["-c", script], &report("junit")) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_test_case_names_its_releases_where_a_chart_made_what_is_wrong() {
    let report = report("junit");
    let case = |named: &str| {
        let mut cases = report.split("<testcase ").filter(|case| case.contains(named));
        cases.next().unwrap_or_else(|| panic!("{named} in {report}")).to_owned()
    };
    let rendered = case("name=\"anti-affinity-required (2:13)\"");
    assert!(rendered.contains("\nreleases: shop</failure>"), "{rendered}");
    let plain = case("name=\"host-network-forbidden (6:16)\"");
    assert!(!plain.contains("releases:"), "{plain}");
}

/// GitHub refuses comments over 65,536 characters.
#[test]
fn a_comment_has_room_for_itself_however_much_is_found() {
    let pods: String = (0..150)
        .map(|at| format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: 'pod-{at}-{}'}}\nspec: {{hostNetwork: true, containers: [{{name: a, image: nginx}}]}}\n", "x".repeat(40)))
        .collect();
    let folder = format!("{}/pods.yaml", "a-long-name-of-a-folder".repeat(8));
    let dir = repository(&[(folder.as_str(), pods.as_str())]);
    let comment = run(dir.path(), &["check", "--preset", "all", "--format", "markdown"]).out;
    assert!(comment.len() > 30_000 && comment.len() < 65_536, "{}", comment.len());
    let shown =
        comment.lines().filter(|line| line.starts_with("| ❌") || line.starts_with("| ⚠️")).count();
    assert!(shown > 20, "{shown} findings shown");
    assert!(comment.contains(" more.\n") && comment.contains("</details>"), "the tail is counted");
}

/// Runs a program on a text; `None` when there is no such program.
fn piped(program: &str, args: &[&str], text: &str) -> Option<std::process::Output> {
    use std::io::Write as _;
    let pipe = std::process::Stdio::piped;
    let mut command = Command::new(program);
    command.args(args).stdin(pipe()).stdout(pipe()).stderr(pipe());
    let mut child = command.spawn().ok()?;
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    Some(child.wait_with_output().expect("it ends"))
}

#[test]
fn a_job_summary_is_appended_where_github_asks_for_one() {
    let dir = repository(&[(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'e/a:1.0', securityContext: {privileged: true}}]}\n",
    )]);
    let summary = dir.path().join("summary.md");
    std::fs::write(&summary, "# Before\n").expect("a file");
    let mut command = crate::harness::plimsoll(dir.path());
    command.env("GITHUB_STEP_SUMMARY", &summary);
    let run = crate::harness::finish(command.args(["check", "--format", "github"]));
    assert!(run.out.contains("::error file=pod.yaml,line=4"), "{}", run.out);
    let text = std::fs::read_to_string(&summary).expect("a file");
    assert!(text.starts_with("# Before\n## plimsoll\n"), "{text}");
    assert!(text.contains("privileged-container-forbidden"), "{text}");
}

/// The page in a browser without a window; left out where there is none.
fn browse(page: &Path, query: &str) -> Option<String> {
    let url = format!("file://{}{query}", page.display());
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    })?;
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(&url)
        .output()
        .ok()?;
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(page.contains("</html>"), "{}", String::from_utf8_lossy(&output.stderr));
    Some(page)
}

/// How many findings stand in a page's list.
fn listed(page: &str) -> usize {
    page.matches("<article ").count()
}

#[test]
fn the_page_filters_and_regroups_in_a_browser() {
    let dir = tempfile::tempdir().expect("a folder");
    let page = dir.path().join("report.html");
    std::fs::write(&page, report("html")).expect("a file");
    let Some(whole) = browse(&page, "") else { return };
    let all = json("json")["findings"].as_array().expect("findings").clone();
    assert_eq!(listed(&whole), all.len());
    assert!(whole.contains("<form id=\"filters\">"), "the script has shown the filters");

    let rule = all[0]["rule"].as_str().expect("a rule");
    let of_rule = all.iter().filter(|finding| finding["rule"] == rule).count();
    let filtered = browse(&page, &format!("?rule={rule}")).expect("a browser");
    assert_eq!(listed(&filtered), of_rule);
    assert!(filtered.contains(&format!("{of_rule} of {} shown", all.len())), "it says so");

    let regrouped = browse(&page, "?group=rule").expect("a browser");
    assert!(regrouped.contains(&format!("<h2>{rule} <span")), "sections are rules");
    let none = browse(&page, "?text=nothing-is-called-so").expect("a browser");
    assert_eq!(listed(&none), 0);
    assert!(none.contains("<p id=\"none\">"), "it says that nothing passes");
}

#[test]
fn the_page_shows_the_values_line_and_the_template_line_and_loads_nothing() {
    let page = report("html");
    assert!(page.contains("<span class=\"origin\">values</span>"));
    assert!(page.contains("<span class=\"origin\">template</span>"));
    let line = "<span class=\"line here\"><i>2</i>  replicas: <mark>3</mark> # Peak load.</span>";
    assert!(page.contains(line), "the place is marked on its line");
    for loads in ["src=\"http", "<link", "@import", "url("] {
        assert!(!page.contains(loads), "{loads}");
    }
}
