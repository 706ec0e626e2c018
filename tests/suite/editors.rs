//! The server through a real editor, where one is at hand.

use std::path::Path;
use std::process::Command;

/// Neovim 0.11 has `vim.lsp.config`; older ones cannot be told of a server so.
const NEOVIM: (u32, u32) = (0, 11);

#[test]
fn neovim_shows_findings_and_rendered_manifests() {
    let Some(version) = neovim().filter(|version| *version >= NEOVIM) else {
        return; // There is nobody to talk to.
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a program lies in a folder");
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&paths));
    let state = tempfile::tempdir().expect("a folder");
    let done = Command::new("nvim")
        .args(["--headless", "--clean", "-l"])
        .arg(root.join("editors/neovim/test.lua"))
        .env("PATH", std::env::join_paths(paths).expect("paths without separators"))
        .envs(
            ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"].map(|name| (name, state.path())),
        )
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "Neovim {version:?}: {said}");
}

/// The version of the Neovim on `PATH`: `NVIM v0.11.4`.
fn neovim() -> Option<(u32, u32)> {
    let done = Command::new("nvim").arg("--version").output().ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    let mut parts = text.lines().next()?.strip_prefix("NVIM v")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
