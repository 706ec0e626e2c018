//! Lists the files in `rules/` so that the binary carries them, names the build for the cache, and says how
//! the program is linked.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    fix_address();
    let top = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = top.join("rules");
    let mut files = Vec::new();
    collect(&root, Some("yaml"), &mut files)?;
    files.sort();
    name_build(&top, &files)?;
    // By their ids, as a run has them.
    files.sort_by_key(|file| file.file_stem().map(ToOwned::to_owned));
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&top).unwrap_or(file).display().to_string().replace('\\', "/");
        let presets = presets(&fs::read_to_string(file)?).ok_or_else(|| {
            io::Error::other(format!("{name}: write `presets: [a, b]`, on one line"))
        })?;
        let path = file.display().to_string();
        list.push_str(&format!("({name:?}, include_str!({path:?}), {presets:?}),\n"));
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("rules.rs"), list)
}

/// The presets that a rule's file names, with a space between them: every run asks every rule for them.
fn presets(text: &str) -> Option<String> {
    let Some(line) = text.lines().find_map(|line| line.strip_prefix("presets:")) else {
        return Some(String::new());
    };
    let list = line.trim().strip_prefix('[')?.strip_suffix(']')?;
    Some(list.split(',').map(str::trim).collect::<Vec<_>>().join(" "))
}

/// Links the program at a fixed address where the C library is glibc, as Go links Helm and kubectl.
///
/// A program that may lie anywhere has thousands of addresses filled in, and the pages of these copied, each
/// time it starts: 0.7 ms of the 5 that rendering a usual chart takes. Stack, heap and libraries lie where
/// chance puts them in any case, and what the loader has filled in is read-only (`-z relro -z now`, rustc's
/// default). A static program is left as rustc links it: it has no loader.
fn fix_address() {
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

/// A hash of everything that the binary is made of: results of another build are not this one's,
/// whatever its version says.
fn name_build(top: &Path, rules: &[PathBuf]) -> io::Result<()> {
    let mut files = rules.to_vec();
    collect(&top.join("src"), None, &mut files)?;
    files.push(top.join("Cargo.toml"));
    let lock = top.join("Cargo.lock");
    if lock.is_file() {
        println!("cargo::rerun-if-changed={}", lock.display());
        files.push(lock);
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(top).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    println!("cargo::rustc-env=PLIMSOLL_BUILD={:016x}", hasher.finish());
    Ok(())
}

fn collect(folder: &Path, wanted: Option<&str>, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, wanted, files)?;
        } else if wanted.is_none_or(|wanted| path.extension().is_some_and(|own| own == wanted)) {
            files.push(path);
        }
    }
    Ok(())
}
