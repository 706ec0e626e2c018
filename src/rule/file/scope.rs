//! What rules judge, and what they may report as missing.

/// What a rule judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One object.
    Object,
    /// One object, with access to all objects that are deployed together with it.
    Release,
    /// One object of a chart in the repository, rendered for a release with the longest possible name.
    LongestName,
    /// A values file, for one release that uses it.
    Values,
    /// The values layers of a release, each one compared with its chart.
    Layers,
    /// A chart in its directory.
    Chart,
    /// The text of any YAML file.
    Text,
    /// Nothing: another stage reports findings under this id (`yaml-syntax`, `helm-render`).
    Builtin,
}

impl Scope {
    /// Every scope.
    pub(in crate::rule) const ALL: [Self; 8] = [
        Self::Object,
        Self::Release,
        Self::LongestName,
        Self::Values,
        Self::Layers,
        Self::Chart,
        Self::Text,
        Self::Builtin,
    ];

    /// The scope with this name in rule files.
    pub(in crate::rule) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// Its name in rule files.
    pub(in crate::rule) fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Release => "release",
            Self::LongestName => "longest-name",
            Self::Values => "values",
            Self::Layers => "layers",
            Self::Chart => "chart",
            Self::Text => "text",
            Self::Builtin => "builtin",
        }
    }

    /// True if rules judge objects one by one, by their kinds.
    pub(in crate::rule) fn is_of_objects(self) -> bool {
        matches!(self, Self::Object | Self::Release | Self::LongestName)
    }
}

/// What a rule reports as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeks {
    /// An object, whose name is at the reported place.
    Object,
    /// Pods with the labels of a selector, which is at the reported place.
    Pods,
    /// A reader of a key in a values file, which is at the reported place.
    Reader,
}

impl Seeks {
    /// The variant with this name in rule files.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "object" => Self::Object,
            "pods" => Self::Pods,
            "reader" => Self::Reader,
            _ => return None,
        })
    }
}
