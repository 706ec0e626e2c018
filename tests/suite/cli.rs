//! The command line itself: what it says when asked, and when asked nothing.

use crate::harness::{repository, run};

#[test]
fn alone_it_says_what_to_do_next() {
    let dir = repository(&[]);
    let run = run(dir.path(), &[]).expect_code(0);
    assert!(run.out.contains("plimsoll check"), "{}", run.out);
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["chekc"]).expect_code(2);
    assert!(run.err.contains("chekc"), "{}", run.err);
}

#[test]
fn completions_name_the_binary() {
    let dir = repository(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let run = run(dir.path(), &["completions", shell]).expect_code(0);
        assert!(run.out.contains("plimsoll"), "{shell}");
    }
}

#[test]
fn the_manual_page_is_roff() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["man"]).expect_code(0);
    assert!(run.out.contains(".TH plimsoll"), "{}", run.out);
}
