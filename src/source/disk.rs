//! Writes files atomically.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::unfinished::Unfinished;

/// Writes a file so that readers, even after a crash, see either the old text or the new one, never a part. Pipes and
/// devices are written to, not replaced; a symbolic link is kept.
///
/// # Errors
/// Those of the file system; the unfinished file is removed.
pub fn write_whole(file: &Path, text: &[u8]) -> io::Result<()> {
    write_through(file, |out| out.write_all(text))
}

/// Writes a file as [`write_whole`] does, with the output of `print`, which is never in memory as a whole.
///
/// # Errors
/// Those of the file system and of `print`; the unfinished file is removed.
pub fn write_through(
    file: &Path,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if std::fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
        return printed(File::create(file)?, print).map(drop);
    }
    // The target of a link is replaced, not the link.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    replace(&file, |beside| kept(&printed(beside, print)?))
}

/// Replaces whatever has the name of the file, even a symbolic link, by a new file. For files whose names come from a
/// repository, in which a link may lead anywhere.
///
/// # Errors
/// Those of the file system; the unfinished file is removed.
pub fn replace_whole(file: &Path, text: &[u8]) -> io::Result<()> {
    replace(file, |beside| kept(&printed(beside, |out| out.write_all(text))?))
}

/// Replaces a file as [`replace_whole`] does, but without waiting for the disk. For files that are verified when they
/// are read, and are written again if they are damaged.
///
/// # Errors
/// Those of the file system; the unfinished file is removed.
pub fn replace_quickly(file: &Path, text: &[u8]) -> io::Result<()> {
    replace(file, |mut beside| beside.write_all(text))
}

/// Prints into a file.
fn printed(file: File, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    print(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

/// Waits for the disk. A rename may be stored before the contents are, so after a loss of power the file would be
/// empty.
fn kept(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Lets `write` fill a new file beside another one, and gives it that one's name.
fn replace(file: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    let (unfinished, beside) = Unfinished::create(beside(file))?;
    write(beside)?;
    keep_permissions(file, unfinished.path())?;
    unfinished.rename(file)
}

/// The folder of a file; `.` for a bare name.
#[must_use]
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file name in the same folder that no other process or thread uses.
fn beside(file: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    folder_of(file).join(format!(".{name}.{}-{count}.tmp", std::process::id()))
}

fn keep_permissions(old: &Path, new: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(old) {
        Ok(metadata) if metadata.is_file() => std::fs::set_permissions(new, metadata.permissions()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.txt");
        write_whole(&file, b"one").unwrap();
        write_whole(&file, b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        #[cfg(unix)]
        {
            let link = dir.path().join("link");
            std::os::unix::fs::symlink("a.txt", &link).unwrap();
            write_whole(&link, b"three").unwrap();
            assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(std::fs::read(&file).unwrap(), b"three");
            replace_whole(&link, b"four").unwrap();
            assert_eq!(std::fs::read(&link).unwrap(), b"four");
            assert_eq!(std::fs::read(&file).unwrap(), b"three", "the link is gone, not followed");
        }
        let there = std::fs::read_dir(dir.path()).unwrap();
        assert!(there.flatten().all(|entry| !entry.path().to_string_lossy().ends_with(".tmp")));
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(write_whole(&dir.path().join("no/a.txt"), b"").is_err());
    }
}
