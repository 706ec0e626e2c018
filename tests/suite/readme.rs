//! The README's picture is what the program prints.

use std::path::Path;

use super::harness::{fixture, run};

/// Draws the story's finding. `PLIMSOLL_UPDATE=1 cargo test picture` draws it anew.
#[test]
fn the_picture_shows_what_the_program_prints() {
    let story = fixture("gitlab-runner");
    let run =
        run(&story, &["check", "--color", "always", "--format", "full", "runner-values.yaml"])
            .expect_code(1);
    assert!(run.out.contains("replicas"), "{}", run.out);
    let command = "\u{1b}[1m$ plimsoll check runner-values.yaml\u{1b}[0m\n";
    let drawn = anstyle_svg::Term::new().render_svg(&format!("{command}{}", run.out));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/story.svg");
    if std::env::var_os("PLIMSOLL_UPDATE").is_some() {
        std::fs::write(&path, &drawn).expect("the picture is written");
    }
    let kept = std::fs::read_to_string(&path).expect("docs/story.svg");
    assert!(kept == drawn, "docs/story.svg differs: PLIMSOLL_UPDATE=1 cargo test picture");
}
