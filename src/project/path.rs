//! Paths as they are shown: from the working directory, which is `""`, by the shortest way, with `/`. What lies around the
//! working directory begins with `..`, and what was asked for by an absolute path elsewhere stays absolute.

use std::borrow::Cow;
use std::path::{Component, MAIN_SEPARATOR, Path};

use crate::source;

/// The shown path of a path: relative to the working directory if it is below it, with `/`, and without `.` and `..` as
/// far as possible. The working directory itself is `""`.
#[must_use]
pub fn shown(path: &Path) -> String {
    match path.to_str() {
        Some(path) if is_shown(path) => path.to_owned(),
        _ => worked_out(path),
    }
}

/// Whether a path is shown as it is: nearly all are, and looking at their parts one by one takes ten times as long.
fn is_shown(path: &str) -> bool {
    MAIN_SEPARATOR == '/' && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn worked_out(path: &Path) -> String {
    let here = path.is_absolute().then(source::here);
    let below = here.as_ref().and_then(|here| path.strip_prefix(&here.directory).ok());
    let relative = below.unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    for component in relative.components() {
        match component {
            Component::Prefix(prefix) => parts.push(prefix.as_os_str().to_string_lossy().into()),
            Component::RootDir => parts.push(String::new()),
            Component::CurDir => {}
            Component::ParentDir => match parts.last().map(String::as_str) {
                Some("" | "..") | None => parts.push("..".to_owned()),
                Some(_) => {
                    parts.pop();
                }
            },
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
        }
    }
    inwards(parts.join("/"))
}

/// A path that leads out of the working directory and back into what contains it without the detour.
fn inwards(path: String) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    if up == 0 {
        return path;
    }
    let here = source::here();
    let mut names: Vec<_> = here.directory.iter().rev().take(up).collect();
    names.reverse();
    let detour = names.iter().zip(&parts[up..]).take_while(|(name, part)| **name == **part).count();
    [&parts[..up - detour], &parts[up + detour..]].concat().join("/")
}

/// A shown path as the file system takes it.
#[must_use]
pub fn on_disk(shown: &str) -> &Path {
    Path::new(if shown.is_empty() { "." } else { shown })
}

/// A shown path as an absolute one, which means the same from any directory.
#[must_use]
pub(super) fn absolute(shown: &str) -> String {
    source::absolute(on_disk(shown)).to_string_lossy().into_owned()
}

/// Whether a shown path leads out of the working directory.
#[must_use]
pub fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path == ".." || path.starts_with("../")
}

/// True if `path` is in `directory`, or is `directory` itself.
#[must_use]
pub fn is_below(path: &str, directory: &str) -> bool {
    if directory.is_empty() || is_above(directory) {
        return !path.starts_with('/') && ups(path) <= ups(directory);
    }
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How many directories a shown path leads up.
pub(super) fn ups(path: &str) -> usize {
    path.split('/').take_while(|part| *part == "..").count()
}

/// The directory of a path; `""` for the working directory.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A directory and those above it, the innermost first. After the working directory, `""`, come `..`, `../..` and so on:
/// what is walked may lie around it.
pub fn upwards(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory), |path| match path.rsplit_once('/') {
        _ if path.is_empty() || is_above(path) => {
            ABOVE.get(..path.len() + 3 - usize::from(path.is_empty()))
        }
        Some((parent, _)) => Some(parent),
        None => Some(""),
    })
}

/// The directories above the working directory, as many as are looked at.
const ABOVE: &str = "../../../../../../../../../../../..";

/// Whether a shown path is a directory above the working directory.
pub(super) fn is_above(path: &str) -> bool {
    path == ".." || path.ends_with("/..")
}

/// `path` as seen from a directory that contains it; `None` if it does not.
#[must_use]
pub fn within<'p>(directory: &str, path: &'p str) -> Option<Cow<'p, str>> {
    if !is_below(path, directory) {
        return None;
    }
    if is_above(directory) {
        let [outer, inner] = [directory, path].map(|shown| source::absolute(on_disk(shown)));
        let rest = inner.strip_prefix(outer).ok()?;
        return Some(rest.to_string_lossy().into_owned().into());
    }
    Some(path[directory.len()..].trim_start_matches('/').into())
}

/// A shown path as seen from the top of the git repository around the working directory, so that the folders of the
/// repository that it lies in are all named. What is elsewhere stays as it is.
#[must_use]
pub fn path_in_repository(path: &str) -> Cow<'_, str> {
    let here = source::here();
    match here.from_top.is_empty() || path.starts_with('/') {
        true => path.into(),
        false => worked_out(Path::new(&[&*here.from_top, path].concat())).into(),
    }
}

/// The top of the git repository around the working directory; the working directory itself if there is none.
pub(super) fn top_of_repository() -> String {
    shown(Path::new(&"../".repeat(source::here().from_top.matches('/').count())))
}

/// Whether a directory has this name. The working directory and those above it have one, too.
pub(super) fn is_named(directory: &str, name: &str) -> bool {
    match directory.is_empty() || is_above(directory) {
        true => source::absolute(on_disk(directory)).file_name().is_some_and(|own| own == name),
        false => base_name(directory) == name,
    }
}

/// The last part of a path.
#[must_use]
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `path` as seen from `base`, with `.` and `..` resolved; an absolute path below the working
/// directory becomes relative to it.
#[must_use]
pub fn join(base: &str, path: &str) -> String {
    match base.is_empty() || path.starts_with('/') {
        true => shown(Path::new(path)),
        false => shown(Path::new(&format!("{base}/{path}"))),
    }
}

/// Shows paths below a directory, faster than [`shown`].
pub(super) struct Below<'r> {
    root: &'r Path,
    /// The shown directory; `None` if the working directory is in it, so that some paths below are shown relative to that.
    shown: Option<String>,
}

impl<'r> Below<'r> {
    pub(super) fn new(root: &'r Path) -> Self {
        let whole = source::absolute(root);
        let here = &source::here().directory;
        let apart = *here == whole || !here.starts_with(&whole);
        Self { root, shown: apart.then(|| shown(root)) }
    }

    /// The shown path for a path of the walk, which begins with the directory's.
    pub(super) fn shown(&self, path: &Path) -> String {
        let rest = path.to_str().zip(self.root.to_str());
        let rest = rest.and_then(|(path, root)| path.strip_prefix(root));
        match (rest, &self.shown) {
            (Some(rest), Some(root)) if MAIN_SEPARATOR == '/' => {
                let rest = rest.trim_start_matches('/');
                if root.is_empty() { rest.to_owned() } else { [root, "/", rest].concat() }
            }
            _ => shown(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Below the working directory, around it, beside it, and by detours.
    #[test]
    fn a_walk_shows_paths_as_each_is_shown_by_itself() {
        let here = std::env::current_dir().expect("a working directory");
        let above = here.parent().expect("a directory that it lies in");
        let beside = above.join("beside");
        for root in [
            Path::new("."),
            Path::new("./"),
            Path::new("src"),
            Path::new("src/"),
            Path::new("src/.."),
            Path::new(".."),
            Path::new("../beside"),
            Path::new("/"),
            &here,
            &here.join("src"),
            above,
            &beside,
        ] {
            let below = Below::new(root);
            let own = here.strip_prefix(root).ok().filter(|_| root.is_absolute());
            for path in ["a.yaml", "b/c.yaml", ".d/e f.yaml"].map(|name| root.join(name)) {
                assert_eq!(below.shown(&path), shown(&path), "{}", root.display());
            }
            if let Some(own) = own {
                let path = root.join(own).join("a.yaml");
                assert_eq!(below.shown(&path), shown(&path), "{}", root.display());
            }
        }
    }

    #[test]
    fn detours_are_left_out_of_what_is_shown() {
        for (path, expected) in [
            ("a/b.yaml", "a/b.yaml"),
            ("./a//b.yaml", "a/b.yaml"),
            ("a/./b/", "a/b"),
            ("a/../b.yaml", "b.yaml"),
            ("../a/../../b", "../../b"),
            ("..a/b..", "..a/b.."),
            ("/../a", "/../a"),
            (".", ""),
            ("", ""),
        ] {
            assert_eq!(shown(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn directories_around_the_working_directory_contain_what_is_in_it() {
        let here = std::env::current_dir().expect("a working directory");
        let own = here.file_name().expect("a name").to_str().expect("a text");
        for (directory, path, expected) in [
            ("", "a/b", Some("a/b".to_owned())),
            ("a", "a/b", Some("b".to_owned())),
            ("a", "a", Some(String::new())),
            ("a", "ab/c", None),
            ("", "../a", None),
            ("..", "a", Some(format!("{own}/a"))),
            ("..", "", Some(own.to_owned())),
            ("..", "../a/b", Some("a/b".to_owned())),
            ("..", "../../a", None),
            ("../a", "../a/b", Some("b".to_owned())),
            ("", "/a", None),
            ("/a", "/a/b", Some("b".to_owned())),
        ] {
            assert_eq!(is_below(path, directory), expected.is_some(), "{directory} {path}");
            assert_eq!(
                within(directory, path).as_deref(),
                expected.as_deref(),
                "{directory} {path}"
            );
        }
        let four = |directory| upwards(directory).take(4).collect::<Vec<_>>();
        assert_eq!(four("a/b"), ["a/b", "a", "", ".."]);
        assert_eq!(four("../a"), ["../a", "..", "../..", "../../.."]);
        assert!(is_named("", own) && is_named("a/charts", "charts") && !is_named("..", own));
        let detour = format!("../{own}/a");
        assert_eq!(shown(Path::new(&detour)), "a");
    }
}
