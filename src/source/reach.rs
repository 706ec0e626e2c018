//! Reads files that a repository names, which may be anything and lead anywhere.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The most bytes of a text that is read as a whole.
pub const MAX_TEXT: u64 = 32 << 20;

/// Reads a regular file of at most `most` bytes. Anything else is not opened: a pipe may never be written to, and a device
/// may never end.
///
/// # Errors
/// Those of the file system, and that it is no regular file, or is larger.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(io::Error::other("a pipe, a socket or a device, not a file"));
    }
    let mut bytes = Vec::new();
    if metadata.len() <= most {
        // With room for one byte more, the end shows after a single system call.
        bytes.reserve(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        // The size may change while the file is read, and files of the system state none.
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    }
    match metadata.len().max(bytes.len() as u64) > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large")),
        false => Ok(bytes),
    }
}

/// Reads a text as [`read_file`] does.
///
/// # Errors
/// As for [`read_file`], and [`io::ErrorKind::InvalidData`] if it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_file(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// The top of the git repository around an absolute path, which may be the top itself.
#[must_use]
pub fn repository(absolute: &Path) -> Option<&Path> {
    absolute.ancestors().find(|above| above.join(".git").exists())
}

/// The directory, without links, below which a repository may name files that are read: the top of the repository around
/// `directory`, or `directory` itself. `None` if it does not exist.
#[must_use]
pub fn top(directory: &Path) -> Option<PathBuf> {
    let own = directory.canonicalize().ok()?;
    Some(repository(&own).unwrap_or(&own).to_owned())
}

/// Whether a file exists and lies below a [`top`], with links followed. Git's own folder does not count: it may hold
/// credentials, which nobody has put into the repository.
#[must_use]
pub fn is_within(file: &Path, top: &Path) -> bool {
    let real = file.canonicalize().ok();
    let below = real.as_deref().and_then(|real| real.strip_prefix(top).ok());
    below.is_some_and(|below| below.iter().all(|part| part != ".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_up_to_a_size_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        fs::write(&file, "four").unwrap();
        assert_eq!(read_text(&file, 4).unwrap(), "four");
        assert_eq!(read_text(&file, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        fs::write(&file, b"\xff").unwrap();
        assert_eq!(read_text(&file, 4).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(
            read_text(&dir.path().join("b"), 4).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        #[cfg(unix)]
        assert!(read_file(Path::new("/dev/zero"), 4).is_err());
    }

    #[test]
    fn a_repository_reaches_from_its_top_to_its_links() {
        let dir = tempfile::tempdir().unwrap();
        let own = |path: &str| dir.path().join(path);
        for folder in ["repo/.git", "repo/sub", "beside"] {
            fs::create_dir_all(own(folder)).unwrap();
        }
        for file in ["repo/a", "repo/.git/config", "repo/sub/b", "beside/c"] {
            fs::write(own(file), "").unwrap();
        }
        let (repo, beside) = (top(&own("repo/sub")).unwrap(), top(&own("beside")).unwrap());
        assert_eq!(repo, own("repo").canonicalize().unwrap());
        assert_eq!(beside, own("beside").canonicalize().unwrap());
        let within = |path: &str| is_within(&own(path), &repo);
        assert!(within("repo/sub/b") && within("repo/sub/../a"));
        assert!(!within("beside/c") && !within("repo/../beside/c") && !within("repo/absent"));
        assert!(!within("repo/.git/config"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../beside/c", own("repo/out")).unwrap();
            std::os::unix::fs::symlink("sub/b", own("repo/in")).unwrap();
            assert!(!within("repo/out"));
            assert!(within("repo/in"));
        }
    }
}
