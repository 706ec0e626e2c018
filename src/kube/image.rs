//! Image references, as the container runtimes split them.

/// The parts of an image reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// The registry's host and port; empty where none is given (`docker.io` then).
    pub registry: &'a str,
    /// The repository, without registry, tag and digest.
    pub repository: &'a str,
    /// The tag; empty where none is given.
    pub tag: &'a str,
    /// The digest with its algorithm, `sha256:…`; empty where none is given.
    pub digest: &'a str,
}

impl<'a> ImageRef<'a> {
    /// Splits a reference. What is malformed ends up in `repository`.
    #[must_use]
    pub fn parse(reference: &'a str) -> Self {
        let (rest, digest) = reference.split_once('@').unwrap_or((reference, ""));
        let name_start = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest[name_start..].find(':') {
            Some(colon) => (&rest[..name_start + colon], &rest[name_start + colon + 1..]),
            None => (rest, ""),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((host, repository)) if host.contains(['.', ':']) || host == "localhost" => {
                (host, repository)
            }
            _ => ("", path),
        };
        Self { registry, repository, tag, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::ImageRef;

    #[test]
    fn a_port_is_no_tag() {
        let image = ImageRef::parse("registry:5000/team/app:1.2@sha256:abc");
        assert_eq!((image.registry, image.repository), ("registry:5000", "team/app"));
        assert_eq!((image.tag, image.digest), ("1.2", "sha256:abc"));
        assert_eq!(ImageRef::parse("registry:5000/app").tag, "");
        assert_eq!(ImageRef::parse("library/nginx").registry, "");
    }
}
