//! What `fuzz/` fuzzes for hours, for a moment: files of this repository with a few faults in them.

use std::path::Path;

use proptest::prelude::*;

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "in `fuzz/` it is a library, here it is a module")]
mod target;

/// The seeds of a target, and the files in `folders` whose names have one of the endings.
fn seeds(target: &str, folders: &[&str], endings: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join("fuzz/seeds").join(target);
    let files = |folder| walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let fits = |path: &Path| {
        let name = path.to_string_lossy();
        endings.iter().any(|ending| name.ends_with(ending))
    };
    let others = folders.iter().flat_map(|folder| files(root.join(folder)));
    let others = others.filter(|file| fits(file.path()));
    let files = files(own).chain(others).filter(|file| file.file_type().is_file());
    let seeds: Vec<_> =
        files.map(|file| std::fs::read(file.path()).expect("a file of this repository")).collect();
    assert!(!seeds.is_empty(), "{target}");
    seeds
}

/// One fault: so many bytes at a place (in thousandths of the text) are left out, and other bytes
/// stand there.
type Fault = (usize, usize, Vec<u8>);

/// What YAML, templates and our own notations give a meaning.
const PIECES: &[&str] = &[
    "",
    "\n",
    " ",
    "  ",
    "\t",
    "\r\n",
    ":",
    ": ",
    "- ",
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "\"",
    "'",
    "`",
    "|",
    "#",
    "&a ",
    "*a",
    "<<: *a\n",
    "? ",
    "!!str ",
    "---\n",
    "%",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "0",
    "-1",
    "1e999",
    "9223372036854775808",
    "null",
    "true",
    "~",
    "é",
    "🦀",
    "\u{feff}",
    "\u{85}",
    "\u{1b}",
    "$",
    ".",
    ",",
    "=",
    "\\",
    "until=",
    "ignore[",
    "plimsoll:",
    "\n%%\n",
    "*",
    ">=",
    "||",
    "$(",
    "${",
    ":-",
    "[[ ",
    " ]]",
    "((",
    "if ",
    "; then ",
    "; do ",
    "done\n",
    " in ",
    "<<E\n",
    "helm install a ./b ",
    "\\\n",
];

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let piece = prop_oneof![
        9 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec((0_usize..=1000, 0_usize..12, piece), 0..5)
}

fn faulty(seed: &[u8], faults: &[Fault]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (at, without, piece) in faults {
        let from = bytes.len() * at / 1000;
        let to = (from + without).min(bytes.len());
        bytes.splice(from..to, piece.iter().copied());
    }
    bytes
}

/// Feeds a target with each of its seeds, and with faulty copies of them.
fn feed(target: fn(&[u8]), seeds: &[Vec<u8>], cases: u32) {
    for seed in seeds {
        target(seed);
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        // A counterexample becomes a seed or a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&(prop::sample::select(seeds.to_vec()), faults()), |(seed, faults)| {
            target(&faulty(&seed, &faults));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn trees_of_yaml_hold_their_spans() {
    feed(
        target::yaml_tree,
        &seeds("", &["rules/yaml", "rules/scheduling", "fixtures"], &[".yaml"]),
        1_000,
    );
}

#[test]
fn templates_are_parsed_or_refused_at_a_place() {
    feed(target::template, &seeds("template", &[], &[]), 1_000);
}

#[test]
fn charts_render_with_origins_or_fail_at_a_place() {
    feed(target::evaluator, &seeds("evaluator", &[], &[]), 500);
}

#[test]
fn values_given_twice_are_the_values_given_once() {
    feed(target::values_merging, &seeds("values_merging", &[], &[]), 300);
}

#[test]
fn archives_are_read_or_refused() {
    feed(target::archive, &[tar()], 300);
}

#[test]
fn versions_are_compared_or_refused() {
    feed(target::version, &seeds("version", &[], &[]), 300);
}

#[test]
fn rule_files_are_read_or_refused_at_a_place() {
    feed(target::rule_file, &seeds("", &["rules/scheduling", "rules/images"], &[".yaml"]), 200);
}

#[test]
fn suppressions_stand_where_they_say() {
    feed(target::suppression, &seeds("suppression", &[], &[]), 1_000);
}

#[test]
fn configurations_are_read_or_refused_at_a_place() {
    feed(target::configuration, &seeds("", &["fixtures"], &["plimsoll.yaml"]), 500);
}

/// A chart's archive before it is compressed.
#[test]
fn scripts_declare_releases_where_they_say() {
    feed(target::script, &seeds("script", &[], &[]), 500);
}

fn tar() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, text) in [
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/values.yaml", "a: 1\n"),
        ("c/templates/a.yaml", "kind: {{ .Values.a }}\n"),
        ("c/charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 1.0.0\n"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes()).expect("a vector takes everything");
    }
    archive.into_inner().expect("a vector takes everything")
}
