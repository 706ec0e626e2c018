//! Lists the files in `rules/` so that the binary carries them, names the build for the cache, and says how
//! the program is linked.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let top = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    link(&out)?;
    lay_out(&top.join("link-order.txt"), &out)?;
    write_at_once(&out)?;
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
        let path = file.display().to_string();
        list.push_str(&format!("Shipped {{ path: {name:?}, text: include_str!({path:?}), "));
        let text = fs::read_to_string(file)?;
        for key in ["presets", "severity", "scope", "kinds"] {
            let words = words(&text, key).ok_or_else(|| {
                io::Error::other(format!("{name}: write all of `{key}` on its line"))
            })?;
            list.push_str(&format!("{key}: {words:?}, "));
        }
        list.push_str("},\n");
    }
    list.push_str("]\n");
    fs::write(out.join("rules.rs"), list)
}

/// What a rule's file says under a key: a word, or the words of a list with a space between them. `None` where
/// it is not on the key's own line.
fn words(text: &str, key: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let Some(value) = values.next().map(str::trim) else { return Some(String::new()) };
    let list = match value.strip_prefix('[') {
        Some(list) => list.strip_suffix(']')?,
        None => value,
    };
    let words: Vec<_> = list.split(',').map(str::trim).collect();
    (!value.is_empty()).then(|| words.join(" "))
}

/// The C library's parts that are files of their own, by the names under which rustc asks for them, each with
/// the archives that hold the same.
const LIBRARIES: [(&str, &[&str]); 3] = [
    ("gcc_s", &["libgcc_eh.a", "libgcc.a"]),
    ("m", &["libm.a"]),
    ("c", &["libc.a", "libgcc_eh.a", "libgcc.a"]),
];

/// Links the program at a fixed address, and with its libraries in it, where the C library is glibc: as Go
/// links Helm and kubectl.
///
/// A program that may lie anywhere has thousands of addresses filled in, and the pages of these copied, each
/// time it starts; shared libraries are looked for, mapped and bound. Together that is 1.7 ms of the 6 that
/// rendering a usual chart would take. Stack and heap lie where chance puts them in any case, and what is filled
/// in at the start is read-only (`-z relro -z now`, rustc's default).
///
/// rustc's own way, the feature `crt-static`, would be every crate's and forbids procedural macros. Here the
/// linker finds, before the system's libraries, a text under each of their names that leads it to the archives.
///
/// Host names are still looked up as the machine is told to (`nsswitch.conf`), for which glibc may load libraries
/// that must be of the version it was linked with. So the program stays a dynamic one where `PLIMSOLL_LINK` is
/// `dynamic`, as for packages that are handed out.
fn link(out: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=PLIMSOLL_LINK");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") != "linux" || target("ENV") != "gnu" || is_static {
        return Ok(());
    }
    println!("cargo::rustc-link-arg-bins=-no-pie");
    let dynamic = env::var("PLIMSOLL_LINK").is_ok_and(|word| word == "dynamic");
    if dynamic || target("ARCH") != "x86_64" || !has_one_library() {
        return Ok(());
    }
    let folder = out.join("archives");
    fs::create_dir_all(&folder)?;
    for (library, archives) in LIBRARIES {
        let Some(archives) = archives.iter().map(|name| find(name)).collect::<Option<Vec<_>>>()
        else {
            return Ok(());
        };
        let script = format!("GROUP({})\n", archives.join(" "));
        // Some linkers look for nothing but archives when they link a static program.
        fs::write(folder.join(format!("lib{library}.so")), &script)?;
        fs::write(folder.join(format!("lib{library}.a")), &script)?;
    }
    println!("cargo::rustc-link-arg-bins=-static");
    println!("cargo::rustc-link-arg-bins=-L{}", folder.display());
    Ok(())
}

/// Has the linker put the functions that usual runs call side by side, in the order of a list that
/// `benches/order.py` makes.
///
/// A run calls one megabyte of the program's eighteen, or two. Where these lie among the others, the system maps
/// more than twice as many pages: a tenth of the time that rendering a usual chart takes, or checking a small
/// file. A function that the list does not know, or that is gone, costs some pages and does no harm.
///
/// Both linkers that rustc takes by itself read such a script, lld and GNU's; where another is named, the order is
/// the linker's.
fn lay_out(list: &Path, out: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", list.display());
    if !is_usual_release() {
        return Ok(());
    }
    let mut script = String::from("SECTIONS {\n  .text.first : {\n");
    for symbol in fs::read_to_string(list)?.lines().filter(|line| !line.starts_with('#')) {
        // What LLVM takes for seldom called has a prefix of its own.
        script.push_str(&format!("    *(.text.{symbol} .text.unlikely.{symbol})\n"));
    }
    script.push_str("  }\n}\nINSERT BEFORE .text;\n");
    let path = out.join("order.ld");
    fs::write(&path, script)?;
    println!("cargo::rustc-link-arg-bins=-T");
    println!("cargo::rustc-link-arg-bins={}", path.display());
    Ok(())
}

/// Has the linker write the program in one piece, where it can.
///
/// lld fills a mapping of its output instead, and so the system keeps the new file in its cache as single pages.
/// Until it is read anew, a start maps each of them by itself: a fifth of the time that rendering a usual chart takes.
/// LLD 22, which rustc brings, has the option and its opposite exchanged: by `--mmap-output-file` it maps no file. In
/// versions that have not, it is the default. GNU's linker refuses the word, so a program of one line is linked with it first.
fn write_at_once(out: &Path) -> io::Result<()> {
    if !is_usual_release() {
        return Ok(());
    }
    let argument = "-Wl,--mmap-output-file";
    let source = out.join("empty.rs");
    fs::write(&source, "fn main() {}\n")?;
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut trial = Command::new(compiler);
    trial.arg(source).arg(format!("-Clink-arg={argument}")).arg("-o").arg(out.join("empty"));
    if trial.output().is_ok_and(|tried| tried.status.success()) {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    Ok(())
}

/// True for what users build: an optimized program for this machine, with Linux and glibc, by a linker that rustc
/// takes by itself.
fn is_usual_release() -> bool {
    let is = |name: &str, word: &str| env::var(name).is_ok_and(|value| value == word);
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("PROFILE", "release")
        && env::var_os("HOST") == env::var_os("TARGET")
        && !flags.contains("fuse-ld")
        && !flags.contains("linker")
        && env::var_os("RUSTC_LINKER").is_none()
}

/// True where all that rustc asks for besides [`LIBRARIES`] is part of libc, as since glibc 2.34.
fn has_one_library() -> bool {
    ["dl", "pthread", "rt", "util"].iter().all(|name| find(&format!("lib{name}.so")).is_none())
}

/// Where the linker's driver has a library; `None` where it only says the name again.
fn find(name: &str) -> Option<String> {
    let driver = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let said = Command::new(driver).arg(format!("-print-file-name={name}")).output().ok()?;
    let path = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    // As a linker's script has it.
    Path::new(&path).is_absolute().then(|| format!("\"{path}\""))
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
