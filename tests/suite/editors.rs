//! The server through a real editor, where one is at hand.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::harness::{CHART, repository};
use crate::server::skipped;

/// Neovim 0.11 has `vim.lsp.config`; older ones cannot be told of a server so.
const NEOVIM: (u32, u32) = (0, 11);

#[test]
fn neovim_shows_findings_and_rendered_manifests() {
    let Some(version) = neovim().filter(|version| *version >= NEOVIM) else {
        return; // There is nobody to talk to.
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let state = tempfile::tempdir().expect("a folder");
    let done = Command::new("nvim")
        .args(["--headless", "--clean", "-l"])
        .arg(root.join("editors/neovim/test.lua"))
        .env("PATH", path())
        .envs(
            ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"].map(|name| (name, state.path())),
        )
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "Neovim {version:?}: {said}");
}

/// What docs/editors.md tells people to write is what is tried.
#[test]
fn emacs_shows_findings_with_the_setup_of_the_documentation() {
    let modes = "(progn (package-initialize) (require 'eglot) (require 'yaml-mode))";
    let can = Command::new("emacs").args(["--batch", "--eval", modes]).output();
    if !can.is_ok_and(|done| done.status.success()) {
        return skipped("emacs with eglot and yaml-mode");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/editors.md")).expect("the page");
    let setup = page.split("```elisp\n").nth(1).and_then(|rest| rest.split("```").next());
    let folder = repository(CHART);
    // What holds a project together for Emacs.
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("setup.el"), setup.expect("a setup")).expect("a file");
    let done = Command::new("emacs")
        .args(["--batch", "-l"])
        .arg(root.join("editors/emacs/test.el"))
        .args([home.path().join("setup.el"), folder.path().join("values.yaml")])
        .env("PATH", path())
        .env("HOME", home.path())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
}

/// `PATH`, with the program that is tested first.
fn path() -> OsString {
    let folder =
        Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a program lies in a folder");
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&paths));
    std::env::join_paths(paths).expect("paths without separators")
}

/// The version of the Neovim on `PATH`: `NVIM v0.11.4`.
fn neovim() -> Option<(u32, u32)> {
    let done = Command::new("nvim").arg("--version").output().ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    let mut parts = text.lines().next()?.strip_prefix("NVIM v")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
