//! Texts that a pattern cannot do without: where none of them stands, the pattern finds nothing. All of
//! them are looked for at once, many bytes at a time; the automaton of a set of patterns reads each byte.

use std::cmp::Reverse;

use aho_corasick::{AhoCorasick, MatchKind};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{Extractor, Seq};
use regex_syntax::hir::{Hir, HirKind};

/// How many bytes of a text are looked for at most; more would rule out little.
const LONGEST: usize = 8;
/// One byte stands in nearly every text.
const SHORTEST: usize = 2;
/// How many texts one pattern may bring, as many as three letters have in upper and lower case: shorter
/// ones are looked for where it would bring more. Beyond some sixty in all, the search gets slower.
const MOST: usize = 8;

/// Tells whether any of some texts stands in another.
#[derive(Debug)]
pub(super) struct Literals(AhoCorasick);

impl Literals {
    /// Makes a search for texts, of which none is empty.
    pub(super) fn new<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Option<Self> {
        // Only with this sort of match does the crate look at many bytes at a time.
        let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(texts);
        builder.ok().map(Self)
    }

    /// Makes a search for texts of which one stands wherever a pattern finds something. The patterns are
    /// on bytes; `None` where one of them may find what has none that can be told.
    pub(super) fn of_patterns<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Option<Self> {
        let texts: Option<Vec<_>> = patterns.into_iter().map(required).collect();
        Self::new(texts?.concat())
    }

    /// Whether one of them stands in a text.
    pub(super) fn stand_in(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }
}

/// The texts of which each match of a pattern has one.
fn required(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let parser = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
    let whole = parser.ok()?;
    let parts = match whole.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(&whole),
    };
    // From each of its parts on, a match begins with one of these.
    let beginnings = (0..parts.len()).filter_map(|from| beginnings(&parts[from..]));
    let longest = beginnings.min_by_key(|texts| Reverse(texts.min_literal_len()))?;
    Some(longest.literals()?.iter().map(|text| text.as_bytes().to_vec()).collect())
}

/// What a match of consecutive parts of a pattern begins with.
fn beginnings(parts: &[Hir]) -> Option<Seq> {
    let whole = Extractor::new().extract(&Hir::concat(parts.to_vec()));
    let cut = (SHORTEST..=LONGEST).rev().map(|length| {
        let mut texts = whole.clone();
        texts.keep_first_bytes(length);
        texts.sort();
        texts.dedup();
        texts
    });
    let mut few = cut.filter(|texts| texts.len().is_some_and(|count| count <= MOST));
    few.next().filter(|texts| texts.min_literal_len() >= Some(SHORTEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts_of(pattern: &str) -> Option<String> {
        let texts = required(pattern)?;
        Some(texts.iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_a_pattern_cannot_do_without_is_told() {
        for (pattern, texts) in [
            (r"\b(AKIA|ASIA)[A-Z2-7]{16}\b", "AKIA ASIA"),
            (r"\b[rs]k_live_[A-Za-z0-9]{20,}", "rk_live_ sk_live_"),
            ("-----BEGIN (RSA )?PRIVATE KEY", "-----BEG"),
            (r"\b[A-Za-z0-9]{14}\.inner\.", ".inner."),
            ("(?i)ab[^\n]{0,20}", "AB Ab aB ab"),
            ("(?i)abcd", "ABC ABc AbC Abc aBC aBc abC abc"),
        ] {
            assert_eq!(texts_of(pattern).as_deref(), Some(texts), "{pattern}");
        }
        for pattern in ["[a-z]+", "(long|s)[0-9]+", "(word)?", "("] {
            assert_eq!(texts_of(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn texts_of_all_patterns_are_looked_for_at_once() {
        let texts = Literals::of_patterns(["one[0-9]", "[0-9]two"]).expect("both have a text");
        assert!(texts.stand_in(b"a one") && texts.stand_in(b"two") && !texts.stand_in(b"on tw"));
        assert!(Literals::of_patterns(["one[0-9]", "[0-9]+"]).is_none());
    }
}
