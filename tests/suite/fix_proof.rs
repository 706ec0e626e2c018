//! Fixes on the public charts and repositories that lie beside the checkout: all of them are applied,
//! and everything is linted and rendered again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::harness::run;

/// No chart is begun later than this; how many it are is no matter of the test.
const BUDGET: Duration = Duration::from_secs(30);
/// Larger folders take an unoptimised build too long.
const MAX_FILES: usize = 150;

#[test]
fn fixes_of_public_charts_make_their_findings_go_away_and_bring_no_others() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let begun = Instant::now();
    let mut fixed = 0;
    for folder in folders(&shared) {
        let files = files(&folder);
        if files.len() > MAX_FILES || begun.elapsed() > BUDGET {
            continue;
        }
        let dir = copy(&folder, &files);
        let before = found(dir.path());
        let args =
            ["check", "--no-cache", "--quiet", "--preset", "all", "--fail-on", "never", "--fix"];
        run(dir.path(), &args).expect_code(0);
        let after = found(dir.path());
        for (finding, count) in &after {
            let old = before.get(finding).copied().unwrap_or_default();
            assert!(*count <= old, "{}: {finding:?} is new", folder.display());
        }
        let texts = texts(dir.path());
        run(dir.path(), &args).expect_code(0);
        assert!(texts == self::texts(dir.path()), "{}: fixed twice", folder.display());
        fixed += before.values().sum::<usize>() - after.values().sum::<usize>();
    }
    assert!(fixed > 0 || !shared.join("corpus/charts").is_dir(), "nothing was fixed anywhere");
}

/// The charts and repositories, sorted.
fn folders(shared: &Path) -> Vec<PathBuf> {
    let of = |name: &str| fs::read_dir(shared.join(name)).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        of("corpus/charts").chain(of("repos")).map(|entry| entry.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn copy(folder: &Path, files: &[PathBuf]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for file in files {
        let target = dir.path().join(file.strip_prefix(folder).expect("a file of the folder"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(file, target).expect("a copy");
    }
    dir
}

/// How often each rule finds the same in an object or file.
fn found(dir: &Path) -> BTreeMap<(String, String), usize> {
    let args =
        ["check", "--no-cache", "--preset", "all", "--fail-on", "never", "--format", "gitlab"];
    let report: serde_json::Value =
        serde_json::from_str(&run(dir, &args).expect_code(0).out).expect("JSON");
    let mut found = BTreeMap::new();
    for entry in report.as_array().expect("findings") {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        *found.entry((text("check_name"), text("description"))).or_default() += 1;
    }
    found
}

fn texts(dir: &Path) -> Vec<Vec<u8>> {
    files(dir).iter().map(|file| fs::read(file).expect("a file")).collect()
}
