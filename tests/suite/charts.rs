//! Charts: rendered as Helm renders them, linted at the line a person wrote, bounded when hostile.

mod failure;
mod files;
mod metadata;
mod origins;
mod place;
mod rendering;
mod schema;
mod values;
mod verdict;

use crate::harness::{Run, repository, run};

const CHART: (&str, &str) = ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");

/// Renders a chart of one template.
fn render(template: &str, values: &str, args: &[&str]) -> Run {
    let dir = repository(&[CHART, ("c/templates/t.yaml", template), ("c/values.yaml", values)]);
    run(dir.path(), &[&["render", "x", "c"], args].concat())
}

/// What is shown, with its lines joined.
fn in_one_line(shown: &str) -> String {
    let words = shown.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}
