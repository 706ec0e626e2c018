//! What tools read from the names of files.

/// A file's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathName<'a>(pub(super) &'a str);

impl<'a> PathName<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        Self(path.rsplit('/').next().unwrap_or(path))
    }

    pub(super) fn has_extension(self, extensions: &[&str]) -> bool {
        let extension = self.0.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|extension| extensions.contains(&extension))
    }

    pub(super) fn is_yaml(self) -> bool {
        self.has_extension(&["yaml", "yml"])
    }

    /// `values.yaml.gotmpl` and its like.
    pub(super) fn is_yaml_template(self) -> bool {
        self.0.strip_suffix(".gotmpl").is_some_and(|stem| Self(stem).is_yaml())
    }

    pub(super) fn is_script(self) -> bool {
        self.has_extension(&["sh", "bash", "zsh", "ksh"])
    }

    pub(super) fn is_makefile(self) -> bool {
        matches!(self.0, "Makefile" | "makefile" | "GNUmakefile")
            || self.has_extension(&["mk", "mak"])
            || self.0.starts_with("Makefile.")
    }

    pub(super) fn is_jenkinsfile(self) -> bool {
        self.0.to_ascii_lowercase().contains("jenkinsfile") || self.has_extension(&["groovy"])
    }

    pub(super) fn is_justfile(self) -> bool {
        self.0.eq_ignore_ascii_case("justfile")
            || self.0.eq_ignore_ascii_case(".justfile")
            || self.has_extension(&["just"])
    }

    /// True if the name alone says that the file has to be read.
    pub(super) fn is_known(self) -> bool {
        self.is_script()
            || self.is_makefile()
            || self.is_jenkinsfile()
            || self.is_justfile()
            || self.0 == "Kustomization"
            || self.has_extension(&["tf", "tpl", "gotmpl", "json"])
    }

    /// `values.yaml`, `values-prod.yaml`, `prod.values.yaml`, `ci-values.yaml` and their like.
    pub(super) fn is_values(self) -> bool {
        let Some((stem, _)) = self.0.rsplit_once('.').filter(|_| self.is_yaml()) else {
            return false;
        };
        stem.split(['-', '_', '.']).any(|word| matches!(word, "values" | "Values" | "vals"))
    }

    /// `01-assert.yaml`, `02-pods-errors.yaml`: parts of objects that a test step of kuttl and the like expects, or expects
    /// not to exist.
    pub(super) fn is_expectation(self) -> bool {
        let stem = self.0.rsplit_once('.').map_or(self.0, |(stem, _)| stem);
        stem.split_once('-').is_some_and(|(step, rest)| {
            let word = rest.rsplit('-').next().unwrap_or(rest);
            step.bytes().all(|byte| byte.is_ascii_digit())
                && matches!(word, "assert" | "error" | "errors")
        })
    }

    pub(super) fn is_helmfile(self) -> bool {
        self.0.starts_with("helmfile") && (self.is_yaml() || self.has_extension(&["gotmpl"]))
    }
}
