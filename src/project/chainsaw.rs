//! Files with expected objects of Chainsaw, which runs tests in a cluster. They have parts of objects, which are never
//! applied.

use std::collections::HashSet;

use super::class::Class;
use super::file::File;
use super::name::PathName;
use super::tree::{join, parent};
use crate::yaml::{Kind, Node};

/// The usual names of test files.
const TESTS: [&str; 2] = ["chainsaw-test.yaml", "chainsaw-test.yml"];

/// Removes the files with expected objects from the manifests.
pub(super) fn set_aside(files: &mut [File]) {
    let mut expected = HashSet::new();
    for file in files.iter().filter(|file| TESTS.contains(&PathName::of(&file.path).0)) {
        for root in file.roots() {
            expectations(root, &mut |path| expected.extend([join(parent(&file.path), path)]));
        }
    }
    for file in files.iter_mut().filter(|file| file.class == Class::Manifest) {
        if expected.contains(&file.path) {
            file.class = Class::Other;
        }
    }
}

/// Passes the files of all `assert` and `error` operations in a test to `see`.
fn expectations<'n>(node: Node<'n>, see: &mut impl FnMut(&'n str)) {
    for entry in node.entries().filter(|_| node.kind() == Kind::Mapping) {
        if matches!(&*entry.name(), "assert" | "error")
            && let Some(path) = entry.value.get("file").and_then(Node::as_str)
        {
            see(path);
        }
        expectations(entry.value, see);
    }
    node.items().for_each(|item| expectations(item, see));
}
