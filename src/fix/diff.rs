//! Changes of files as a unified diff.

use std::collections::BTreeMap;
use std::sync::Arc;

use similar::TextDiff;

use super::texts::Texts;

/// A unified diff from the files to these texts, sorted by path, with three lines of context, for `git apply` and
/// `patch -p1`.
#[must_use]
pub fn unified(new: &BTreeMap<String, Arc<str>>) -> String {
    let mut files = Texts::default();
    let mut out = String::new();
    for (path, text) in new {
        let old = files.get(path).unwrap_or_default();
        if *old == **text {
            continue;
        }
        let diff = TextDiff::from_lines(&*old, &**text);
        let path = path.trim_start_matches("./");
        let names = (format!("a/{path}"), format!("b/{path}"));
        out.push_str(&diff.unified_diff().header(&names.0, &names.1).to_string());
    }
    out
}
