//! Charts that are packed as .tgz, with Helm's checks of paths and sizes.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::raw::{Content, RawFile};
use super::{ChartError, MAX_CHART, MAX_FILE, MAX_FILES};

/// The length in bytes of a block of an archive.
const BLOCK: u64 = 512;

/// Reads the files in an archive, without the top folder in their paths.
///
/// # Errors
/// If it is not an archive, or if Helm refuses it: because of absolute paths, `..`, or its size.
pub(super) fn read(bytes: &[u8], shown: &str) -> Result<Vec<RawFile>, ChartError> {
    let fail = |why: String| ChartError::new(format!("{shown}: {why}"));
    if !bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Err(fail("does not appear to be a gzipped archive".to_owned()));
    }
    // A limit for what is decompressed, above that of a chart, so that a large stream is never unpacked whole.
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes).take(MAX_CHART * 2));
    let entries = archive.entries().map_err(|error| fail(error.to_string()))?;
    let mut files: Vec<RawFile> = Vec::new();
    let mut buffer = Vec::new();
    let mut total = 0;
    for entry in entries {
        let mut entry = entry.map_err(|error| fail(error.to_string()))?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name(&path).map_err(&fail)?;
        if kind.is_symlink() || kind.is_hard_link() {
            return Err(fail(format!("{path:?} is a link; a chart's archive holds files only")));
        }
        if entry.size() > MAX_FILE {
            return Err(fail(format!("{path:?} is larger than {} MiB", MAX_FILE >> 20)));
        }
        total += entry.size();
        if total > MAX_CHART || files.len() >= MAX_FILES {
            return Err(fail(format!(
                "unpacked it is larger than {} MiB or {MAX_FILES} files",
                MAX_CHART >> 20
            )));
        }
        buffer.clear();
        entry.read_to_end(&mut buffer).map_err(|error| fail(error.to_string()))?;
        files.push(RawFile { name, data: Content::of(&buffer) });
    }
    end(archive.into_inner()).map_err(|why| fail(why.to_owned()))?;
    if files.is_empty() {
        return Err(fail("no files in chart archive".to_owned()));
    }
    Ok(files)
}

/// Checks what is after the block of zeros that ends an archive: another one, or nothing (Go's `archive/tar`
/// `reader.go`: `readHeader`). What comes later is not read.
fn end(rest: impl Read) -> Result<(), &'static str> {
    let mut block = Vec::new();
    match rest.take(BLOCK).read_to_end(&mut block) {
        Err(_) => Err("what is after its last file cannot be read"),
        Ok(length) if length > 0 && (length as u64) < BLOCK => Err("unexpected EOF"),
        Ok(_) if block.iter().any(|byte| *byte != 0) => Err("invalid tar header"),
        Ok(_) => Ok(()),
    }
}

fn name(path: &str) -> Result<String, String> {
    let path = path.replace('\\', "/");
    let (top, rest) = path.split_once('/').unwrap_or((&path, ""));
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".to_owned());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err("chart illegally references parent directory".to_owned());
                }
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Err(format!(
            "chart illegally contains content outside the base directory: {path:?}"
        ));
    }
    let name = parts.join("/");
    let drive = name.as_bytes();
    if drive.len() > 2 && drive[0].is_ascii_alphabetic() && &drive[1..3] == b":/" {
        return Err("chart contains illegally named files".to_owned());
    }
    if top == "Chart.yaml" {
        return Err("chart yaml not in base directory".to_owned());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{name, read};

    /// An archive of one file without the zeros at its end.
    fn one_file() -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_data(&mut header, "c/a", &b"x"[..]).unwrap();
        let mut bytes = archive.into_inner().unwrap();
        bytes.truncate(1024);
        bytes
    }

    /// A gzip stream of these members.
    fn packed(members: &[&[u8]]) -> Vec<u8> {
        let pack = |member: &&[u8]| {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(member).unwrap();
            gzip.finish().unwrap()
        };
        members.iter().flat_map(pack).collect()
    }

    #[test]
    fn an_archive_ends_as_helm_wants_it() {
        let zeros = [0; 1024];
        for (end, is_read) in [
            (&zeros[..0], true),
            (&zeros[..512], true),
            (&zeros, true),
            (&[&zeros[..], b"and more"].concat(), true),
            (&zeros[..100], false),
            (&zeros[..600], false),
            (&[&zeros[..512], &one_file()].concat(), false),
        ] {
            let files = read(&packed(&[&[&one_file(), end].concat()]), "c.tgz");
            assert_eq!(files.is_ok(), is_read, "{} bytes", end.len());
        }
    }

    #[test]
    fn an_archive_may_be_packed_in_parts() {
        let (first, second) = (one_file(), one_file());
        let parts = [&first[..700], &[&first[700..], &second].concat()];
        assert_eq!(read(&packed(&parts), "c.tgz").unwrap().len(), 2);
    }

    #[test]
    fn paths_lose_their_first_part_and_stay_inside() {
        assert_eq!(name("c/templates/./x.yaml").unwrap(), "templates/x.yaml");
        assert_eq!(name("c\\Chart.yaml").unwrap(), "Chart.yaml");
        for path in ["c/../../etc/passwd", "c//etc/passwd", "Chart.yaml", "c/c:/x"] {
            name(path).expect_err(path);
        }
    }
}
