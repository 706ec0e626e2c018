//! Files with the expected objects of Chainsaw and kuttl, which run tests in a cluster. They have parts of objects, which
//! are never applied.

use std::collections::HashSet;

use super::class::Class;
use super::file::File;
use super::name::PathName;
use super::path::{join, parent, upwards};
use crate::yaml::{Kind, Node};

/// The usual names of test files of Chainsaw.
const TESTS: [&str; 2] = ["chainsaw-test.yaml", "chainsaw-test.yml"];

/// The API group of test steps of kuttl, which are in files with numbers: `01-install.yaml`.
const KUTTL: &str = "kuttl.dev/";

/// Removes the files with expected objects from the manifests.
pub(super) fn set_aside(files: &mut [File]) {
    let mut expected = HashSet::new();
    for file in files.iter().filter(|file| is_test(file)) {
        for root in file.roots() {
            expectations(root, &mut |path| expected.extend([join(parent(&file.path), path)]));
        }
    }
    if expected.is_empty() {
        return;
    }
    for file in files.iter_mut().filter(|file| file.class == Class::Manifest) {
        // A test may name a folder with all of its files.
        if expected.contains(&file.path)
            || upwards(parent(&file.path)).any(|folder| expected.contains(folder))
        {
            file.class = Class::Other;
        }
    }
}

/// Whether a file is a test of Chainsaw or a step of one of kuttl.
fn is_test(file: &File) -> bool {
    let name = PathName::of(&file.path).0;
    let is_step = || {
        name.starts_with(|first: char| first.is_ascii_digit())
            && file.is_yaml()
            && file.text().contains(KUTTL)
    };
    TESTS.contains(&name) || is_step()
}

/// Passes the files of all `assert` and `error` operations in a test to `see`.
fn expectations<'n>(node: Node<'n>, see: &mut impl FnMut(&'n str)) {
    for entry in node.entries().filter(|_| node.kind() == Kind::Mapping) {
        if matches!(&*entry.name(), "assert" | "error") {
            let of_chainsaw = entry.value.get("file").into_iter();
            of_chainsaw.chain(entry.value.items()).filter_map(Node::as_str).for_each(&mut *see);
        }
        expectations(entry.value, see);
    }
    node.items().for_each(|item| expectations(item, see));
}
