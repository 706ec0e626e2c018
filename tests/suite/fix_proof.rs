//! Fixes on the public charts and repositories that lie beside the checkout: all of them are applied,
//! and everything is linted and rendered again.
//!
//! A part is tried by default; `PLIMSOLL_PROOF=all` tries everything, which takes a while, and
//! `PLIMSOLL_BINARY=…` lets another build do the work.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::finding::ANY_FIELD;
use plimsoll::source::SourceId;
use plimsoll::yaml::{self, Kind, Node};
use serde_json::Value;

use crate::harness::{Run, finish, plimsoll};

/// Of the folders that are small, one of so many is tried by default.
const STRIDE: usize = 4;
/// More files take an unoptimised build too long.
const SMALL: usize = 26;

#[test]
fn fixes_of_public_charts_make_their_findings_go_away_and_change_nothing_else() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let mut fixed = 0;
    for folder in folders(&shared) {
        fixed += prove(&folder, &[]);
        prove(&folder, &["--unsafe-fixes"]);
    }
    assert!(fixed > 0 || !shared.join("corpus/charts").is_dir(), "nothing was fixed anywhere");
}

/// Fixes a copy of a folder, with these arguments too; gives how many findings are gone.
fn prove(folder: &Path, more: &[&str]) -> usize {
    let dir = copy(folder);
    let name = folder.display();
    let is_safe = more.is_empty();
    let (before, rendered) = (found(dir.path()), rendered(dir.path()));
    let fields = fields(dir.path());
    let fix = [&["--quiet", "--fix"], more].concat();
    check(dir.path(), &fix).expect_code(0);

    let after = found(dir.path());
    for (finding, count) in &after {
        // A decision may bring what asks for the next one, but nothing that is wrong.
        let matters = is_safe || finding.starts_with("error ");
        let old = before.get(finding).copied().unwrap_or_default();
        assert!(*count <= old || !matters, "{name} {more:?}: {finding} is new");
    }
    for (chart, old) in &rendered {
        let new = render(dir.path(), chart);
        let new = new.unwrap_or_else(|| panic!("{name}: {chart} does not render any more"));
        let changed = if is_safe { changed(old, &new, &fields) } else { Vec::new() };
        assert!(changed.is_empty(), "{name}: {chart}: {changed:#?} differs, of {fields:?}");
    }

    let texts = texts(dir.path());
    check(dir.path(), &fix).expect_code(0);
    assert!(texts == self::texts(dir.path()), "{name} {more:?}: fixing twice is not fixing once");
    before.values().sum::<usize>().saturating_sub(after.values().sum())
}

/// The charts and repositories to try, the small ones first.
fn folders(shared: &Path) -> Vec<PathBuf> {
    let of = |name: &str| fs::read_dir(shared.join(name)).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        of("corpus/charts").chain(of("repos")).map(|entry| entry.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort_by_cached_key(|folder| (files(folder).len(), folder.clone()));
    match std::env::var("PLIMSOLL_PROOF").as_deref() {
        Ok("all") => folders,
        _ => folders
            .into_iter()
            .filter(|folder| files(folder).len() <= SMALL)
            .step_by(STRIDE)
            .collect(),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn copy(folder: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for file in files(folder) {
        let target = dir.path().join(file.strip_prefix(folder).expect("a file of the folder"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(file, target).expect("a copy");
    }
    dir
}

fn run(dir: &Path, args: &[&str]) -> Run {
    let mut command = plimsoll(dir);
    if let Some(binary) = std::env::var_os("PLIMSOLL_BINARY") {
        command = std::process::Command::new(binary);
        command.current_dir(dir);
    }
    finish(command.args(args))
}

fn check(dir: &Path, args: &[&str]) -> Run {
    let all = ["check", "--no-cache", "--preset", "all", "--fail-on", "never"];
    run(dir, &[&all, args].concat())
}

/// How often each rule finds the same in a file: `severity rule: message, in file`.
fn found(dir: &Path) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in check(dir, &["--quiet", "--format", "concise"]).expect_code(0).out.lines() {
        let mut parts = line.splitn(4, ':');
        let file = parts.next().unwrap_or_default();
        let said = parts.nth(2).unwrap_or_default().trim_start();
        *found.entry(format!("{said}, in {file}")).or_default() += 1;
    }
    found
}

/// The fields that the fixes of a folder say they change.
fn fields(dir: &Path) -> Vec<String> {
    let out = check(dir, &["--quiet", "--format", "json"]).expect_code(0).out;
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let fields = findings.filter_map(|finding| finding["fix"]["fields"].as_array()).flatten();
    let mut fields: Vec<String> =
        fields.filter_map(|field| field.as_str().map(ToOwned::to_owned)).collect();
    fields.sort();
    fields.dedup();
    fields
}

/// What each chart makes of its own values, those that do not render left out.
fn rendered(dir: &Path) -> BTreeMap<String, String> {
    let metas = files(dir).into_iter().filter(|file| file.ends_with("Chart.yaml"));
    let charts = metas.filter_map(|meta| {
        let folder = meta.parent()?.strip_prefix(dir).ok()?;
        let shown = folder.to_string_lossy().into_owned();
        Some(if shown.is_empty() { ".".to_owned() } else { shown })
    });
    charts.filter_map(|chart| Some((chart.clone(), render(dir, &chart)?))).collect()
}

fn render(dir: &Path, chart: &str) -> Option<String> {
    let run = run(dir, &["render", "proof", chart, "--namespace", "proof"]);
    (run.code == Some(0)).then_some(run.out)
}

/// The scalars that are not the same in two texts and lie in none of the fields.
fn changed(old: &str, new: &str, fields: &[String]) -> Vec<String> {
    let (old, new) = (scalars(old), scalars(new));
    let paths = |scalars: &BTreeMap<(String, String), usize>, path: &str| -> usize {
        scalars.iter().filter(|((own, _), _)| own == path).map(|(_, count)| *count).sum()
    };
    let is_meant = |path: &str| {
        let within = |field: &String| format!(".{path}.").contains(&format!(".{field}."));
        let anywhere = || fields.iter().any(|field| field == ANY_FIELD);
        fields.iter().any(within) || (anywhere() && paths(&old, path) == paths(&new, path))
    };
    let both = old.keys().chain(new.keys()).filter(|key| old.get(key) != new.get(key));
    both.filter(|(path, _)| !is_meant(path)).map(|(path, text)| format!("{path}: {text}")).collect()
}

/// How often each scalar stands at each path, indexes of lists left out. What is empty says nothing.
fn scalars(text: &str) -> BTreeMap<(String, String), usize> {
    let stream = yaml::parse(SourceId::NOWHERE, &text.into());
    let mut found = BTreeMap::new();
    for root in stream.documents.iter().filter_map(|document| document.root()) {
        walk(root, "", &mut found);
    }
    found
}

fn walk(node: Node<'_>, path: &str, found: &mut BTreeMap<(String, String), usize>) {
    match node.kind() {
        Kind::Mapping => node.entries().for_each(|entry| {
            let below = format!("{path}.{}", entry.name());
            walk(entry.value, below.trim_start_matches('.'), found);
        }),
        Kind::Sequence => node.items().for_each(|item| walk(item, path, found)),
        Kind::Scalar if node.is_null() => {}
        Kind::Scalar => {
            *found.entry((path.to_owned(), node.raw().to_owned())).or_default() += 1;
        }
    }
}

fn texts(dir: &Path) -> Vec<Vec<u8>> {
    files(dir).iter().map(|file| fs::read(file).expect("a file")).collect()
}
