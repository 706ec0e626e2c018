//! Distinguishes credentials from names, references and placeholders by their form.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Whether a text in a place for a credential is likely one, rather than a name, a reference or a placeholder.
/// `entropy` is in bits per character; texts with less are not credentials.
pub(crate) fn is_likely(text: &str, entropy: f64) -> bool {
    let text = text.trim();
    text.chars().count() >= 4 && !is_stand_in(text) && bits(text) >= entropy
}

/// The ranges, in bytes, of text that is a credential by its form alone: private keys, and tokens in a format that a
/// service defines. In the order of the text; mostly empty.
pub(crate) fn key_material(text: &str) -> Vec<Range<usize>> {
    static KEYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=]{24,}\s*)+|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bglpat-[A-Za-z0-9_-]{20}\b|\bxox[abprs]-[A-Za-z0-9-]{20,}",
        )
        .expect("invariant: the pattern is sound")
    });
    // Documentation marks example credentials by this word.
    if text.len() < 20 || text.contains("EXAMPLE") {
        return Vec::new();
    }
    KEYS.find_iter(text).map(|found| found.range()).collect()
}

/// Texts that refer to a credential in another place, or replace one.
fn is_stand_in(text: &str) -> bool {
    static STAND_IN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)
            \{\{ | \$\{ | \$\( | ^\$[A-Z_] | ^%[^%]+%$ | ^<[^>]*>$ | ^\[[^\]]*\]$ | ^__.*__$
            | ^ref\+ | ^ENC\[ | ^vault: | ^secretref | ^secret:// | ^(?:aws|gcp|az)[a-z]*:// | ^file:
            | change.?me | change.?this | replace.?(?:me|this|with) | place.?holder | example | dummy
            | ^your[-_ ] | ^my[-_ ]?(?:password|secret|token) | ^todo | ^(?:x+|\*+|-+|\.+)$
            | ^(?:none|null|nil|true|false|redacted|optional|required|random|generated?|auto)$
            ",
        )
        .expect("invariant: the pattern is sound")
    });
    STAND_IN.is_match(text) || text.starts_with('/') || text.contains("://")
}

/// Shannon entropy of a text, in bits per character.
fn bits(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0u32) += 1;
    }
    let total = f64::from(counts.values().sum::<u32>());
    let share = |count: &u32| f64::from(*count) / total;
    counts.values().map(share).map(|p| -p * p.log2()).sum()
}
