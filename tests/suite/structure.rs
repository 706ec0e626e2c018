//! The map of the code, ARCHITECTURE.md, is true of it.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The modules at the top, in the order in which they may know each other.
fn modules() -> Vec<String> {
    let map = std::fs::read_to_string(top().join("ARCHITECTURE.md")).expect("the map");
    let table = map.split_once("| module | gives |").expect("a table of modules").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect()
}

/// The files of the code, relative to its top, with what is in them but for tests and comments.
fn code() -> Vec<(PathBuf, String)> {
    let source = top().join("src");
    let files = WalkDir::new(&source).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = files.filter(|file| file.path().extension().is_some_and(|end| end == "rs"));
    let read = |file: walkdir::DirEntry| {
        let path = file.path().strip_prefix(&source).expect("a file of the code").to_owned();
        let text = std::fs::read_to_string(file.path()).expect("a file");
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = own.lines().filter(|line| !line.trim_start().starts_with("//"));
        (path, lines.collect::<Vec<_>>().join("\n"))
    };
    files.filter(|file| !file.path().ends_with("tests.rs")).map(read).collect()
}

#[test]
fn the_crate_lists_its_modules_as_the_map_does() {
    let text = std::fs::read_to_string(top().join("src/lib.rs")).expect("the crate's top");
    let listed = text.lines().filter_map(|line| line.strip_prefix("//! - [`")?.split('`').next());
    assert_eq!(listed.collect::<Vec<_>>(), modules());
}

#[test]
fn a_module_knows_those_above_it_in_the_map_and_none_below() {
    let order = modules();
    let place = |name: &str| order.iter().position(|module| module == name);
    for (path, text) in code() {
        let first = path.components().next().expect("a name").as_os_str().to_string_lossy();
        let Some(own) = place(first.trim_end_matches(".rs")) else { continue };
        for rest in text.split("crate::").skip(1) {
            let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_');
            let used = place(&rest[..end.unwrap_or(rest.len())]);
            assert!(
                used.is_none_or(|used| used <= own),
                "{} uses {}, which is below it",
                path.display(),
                order[used.unwrap_or(own)]
            );
        }
    }
}

#[test]
fn only_the_command_that_a_person_runs_for_it_asks_a_network() {
    for (path, text) in code().iter().filter(|(path, _)| !path.starts_with("vendor")) {
        let is_command = path == Path::new("cli/vendor.rs");
        assert_eq!(text.contains("crate::vendor"), is_command, "{}", path.display());
        assert!(!text.contains("ureq"), "{}", path.display());
    }
}

/// A name such as `lint::cache::key` leads to a module, or to something in one.
#[test]
fn what_the_map_names_is_there() {
    let map = std::fs::read_to_string(top().join("ARCHITECTURE.md")).expect("the map");
    let is_path = |name: &&str| name.contains("::") && name.starts_with(char::is_lowercase);
    let code = code();
    let found = |module: &str| {
        let path = module.replace("::", "/");
        let files = [format!("{path}.rs"), format!("{path}/mod.rs")];
        let file = code.iter().find(|(file, _)| files.iter().any(|known| file == Path::new(known)));
        file.map(|(_, text)| text.as_str())
    };
    for name in map.split('`').skip(1).step_by(2).filter(is_path) {
        let (module, item) = name.rsplit_once("::").expect("a path");
        let holds = |text: &str| {
            ["fn", "struct", "enum", "trait", "type"]
                .iter()
                .any(|word| text.contains(&format!("{word} {item}")))
                || text.contains("pub use") && text.contains(item)
        };
        assert!(found(name).is_some() || found(module).is_some_and(holds), "{name}");
    }
}
