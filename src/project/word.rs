//! Words that decide whether a file has to be parsed for some purpose.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memmem;
use serde::{Deserialize, Serialize};

/// A word that is searched in a text before the text is parsed for what the word means. Most files in a repository
/// contain none of these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The definition of a custom resource.
    Definition,
    /// A chart's access to its own files.
    Files,
    /// Something of Argo CD's.
    Argo,
    /// An Application or `ApplicationSet` as most people write it.
    Application,
    /// A release of Flux's.
    HelmRelease,
    /// A Kustomization of Flux's.
    FluxKustomization,
    /// A chart that kustomize inflates.
    Inflation,
    /// A comment for plimsoll.
    Directive,
    /// Something of Tekton's.
    Tekton,
    /// A chart that k3s installs, or values of one.
    HelmController,
}

impl Word {
    /// The words that are searched in every YAML file.
    pub(super) const OF_YAML: [Self; 8] = [
        Self::Definition,
        Self::Argo,
        Self::HelmRelease,
        Self::FluxKustomization,
        Self::Inflation,
        Self::Directive,
        Self::Tekton,
        Self::HelmController,
    ];

    /// The words because of which a file is parsed even if it is not linted.
    pub(super) const LOOKED_INTO: [Self; 8] = [
        Self::Argo,
        Self::Directive,
        Self::Files,
        Self::FluxKustomization,
        Self::HelmController,
        Self::HelmRelease,
        Self::Inflation,
        Self::Tekton,
    ];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "CustomResourceDefinition",
            Self::Files => ".Files.",
            Self::Argo => "argoproj.io/",
            Self::Application => "kind: Application",
            Self::HelmRelease => "helm.toolkit.fluxcd.io",
            Self::FluxKustomization => "kustomize.toolkit.fluxcd.io",
            Self::Inflation => "HelmChartInflationGenerator",
            Self::Directive => "plimsoll:",
            Self::Tekton => "tekton.dev/",
            Self::HelmController => "helm.cattle.io/",
        }
    }

    /// Whether a text contains it. Hardly any text does, so mostly the whole text is searched.
    pub(super) fn stands_in(self, text: &str) -> bool {
        memmem::find(text.as_bytes(), self.as_str().as_bytes()).is_some()
    }
}

/// A set of words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words(u16);

impl Words {
    /// The words of [`Word::OF_YAML`] that a text contains.
    pub(super) fn of_yaml(text: &str) -> Self {
        // All words are searched at once, many bytes at a time. No word begins like another ends, so matches cannot overlap.
        static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
            let mut builder = AhoCorasick::builder();
            // The automaton is hardly ever used, so the one that is cheapest to build is the best.
            builder.match_kind(MatchKind::LeftmostFirst);
            builder.kind(Some(AhoCorasickKind::NoncontiguousNFA));
            builder.build(Word::OF_YAML.map(Word::as_str)).expect("invariant: the words are few")
        });
        let there = SEARCH.find_iter(text).map(|found| Word::OF_YAML[found.pattern().as_usize()]);
        Self(there.fold(0, |words, word| words | 1 << word as u8))
    }

    /// Whether a word is in the set.
    pub(super) fn has(self, word: Word) -> bool {
        self.0 & 1 << word as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_text_are_known_one_by_one() {
        let words = Words::of_yaml("kind: CustomResourceDefinition # plimsoll: ignore[x] y\n");
        let found = Word::OF_YAML.into_iter().filter(|word| words.has(*word));
        assert_eq!(found.collect::<Vec<_>>(), [Word::Definition, Word::Directive]);
    }
}
