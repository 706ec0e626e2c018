//! What rules look at, and what they may miss.

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One object.
    Object,
    /// One object, with all that is deployed together with it in sight.
    Release,
    /// One object of a chart of the repository, as a release with the longest name would have it.
    LongestName,
    /// A values file, as one release uses it.
    Values,
    /// The values layers of a release, each by itself, over its chart.
    Layers,
    /// A chart as it lies in its directory.
    Chart,
    /// The text of a YAML file, whatever it says.
    Text,
    /// Nothing by itself: another stage reports under this id (`yaml-syntax`, `helm-render`).
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

    /// The scope of this word in rule files.
    pub(in crate::rule) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// Its word in rule files.
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

    /// True where rules judge objects one by one, by their kinds.
    pub(in crate::rule) fn is_of_objects(self) -> bool {
        matches!(self, Self::Object | Self::Release | Self::LongestName)
    }
}

/// What a rule finds missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeks {
    /// An object, at a place that holds its name.
    Object,
    /// Pods that carry the labels of a selector, at the selector.
    Pods,
    /// What reads a key of a values file, at the key.
    Reader,
}

impl Seeks {
    /// The variant of this word in rule files.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "object" => Self::Object,
            "pods" => Self::Pods,
            "reader" => Self::Reader,
            _ => return None,
        })
    }
}
