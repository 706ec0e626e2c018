//! Charts that are packed as .tgz, with Helm's checks of paths and sizes.

use std::io::Read;

use flate2::read::GzDecoder;

use super::raw::{Content, RawFile};
use super::{ChartError, MAX_CHART, MAX_FILE, MAX_FILES};

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
    let mut archive = tar::Archive::new(GzDecoder::new(bytes).take(MAX_CHART * 2));
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
    if files.is_empty() {
        return Err(fail("no files in chart archive".to_owned()));
    }
    Ok(files)
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
    use super::name;

    #[test]
    fn paths_lose_their_first_part_and_stay_inside() {
        assert_eq!(name("c/templates/./x.yaml").unwrap(), "templates/x.yaml");
        assert_eq!(name("c\\Chart.yaml").unwrap(), "Chart.yaml");
        for path in ["c/../../etc/passwd", "c//etc/passwd", "Chart.yaml", "c/c:/x"] {
            name(path).expect_err(path);
        }
    }
}
