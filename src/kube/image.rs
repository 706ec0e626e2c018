//! Splits image references as container runtimes do.

/// The parts of an image reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// The registry's host and port; empty if there is none (which means `docker.io`).
    pub registry: &'a str,
    /// The repository, without registry, tag and digest.
    pub repository: &'a str,
    /// The tag; empty if there is none.
    pub tag: &'a str,
    /// The digest with its algorithm, `sha256:…`; empty if there is none.
    pub digest: &'a str,
}

impl<'a> ImageRef<'a> {
    /// Splits a reference. Malformed parts end up in `repository`.
    #[must_use]
    pub fn parse(reference: &'a str) -> Self {
        let (path, tag, digest) = split(reference);
        let (registry, repository) = match path.split_once('/') {
            Some((host, repository)) if host.contains(['.', ':']) || host == "localhost" => {
                (host, repository)
            }
            _ => ("", path),
        };
        Self { registry, repository, tag, digest }
    }

    /// A reference without tag and digest: the registry and the repository, as written.
    #[must_use]
    pub fn name(reference: &str) -> &str {
        split(reference).0
    }
}

/// The name, the tag and the digest of a reference.
fn split(reference: &str) -> (&str, &str, &str) {
    let (rest, digest) = reference.split_once('@').unwrap_or((reference, ""));
    let name_start = rest.rfind('/').map_or(0, |slash| slash + 1);
    match rest[name_start..].find(':') {
        Some(colon) => (&rest[..name_start + colon], &rest[name_start + colon + 1..], digest),
        None => (rest, "", digest),
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
    }

    #[test]
    fn a_registry_has_a_dot_or_a_port_or_is_this_machine() {
        for (image, registry) in [
            ("ghcr.io/team/app", "ghcr.io"),
            ("registry:5000/app", "registry:5000"),
            ("localhost/app", "localhost"),
            ("library/nginx", ""),
            ("nginx", ""),
        ] {
            assert_eq!(ImageRef::parse(image).registry, registry, "{image}");
        }
    }

    #[test]
    fn an_image_is_known_by_its_name() {
        for image in ["r.example:5000/a/b", "r.example:5000/a/b:1", "r.example:5000/a/b:1@sha256:0"]
        {
            assert_eq!(ImageRef::name(image), "r.example:5000/a/b");
        }
        assert_eq!(ImageRef::name("controller:latest"), "controller");
    }
}
