//! Finds out whether a word is a misspelling of another.

/// Whether a word is most likely meant as the other: a few edits away, or equal except for case and separators. The
/// shorter the word, the fewer edits are allowed; words with different numbers never match.
pub(super) fn is_near(word: &str, other: &str, most: usize) -> bool {
    if word == other {
        return false;
    }
    let plain = |word: &str| {
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    if plain(word) == plain(other) {
        return true;
    }
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).collect::<String>();
    let allowed = match word.chars().count().min(other.chars().count()) {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    digits(word) == digits(other) && strsim::damerau_levenshtein(word, other) <= allowed.min(most)
}

/// The nearest of several words, if any is near.
pub(super) fn nearest<'w>(
    word: &str,
    others: impl IntoIterator<Item = &'w str>,
    most: usize,
) -> Option<&'w str> {
    let near = others.into_iter().filter(|other| is_near(word, other, most));
    near.min_by_key(|other| (strsim::damerau_levenshtein(word, other), *other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        for (word, other) in [
            ("replicaCuont", "replicaCount"),
            ("replicacount", "replicaCount"),
            ("node_selector", "nodeSelector"),
            ("tolerationss", "tolerations"),
            ("imge", "image"),
        ] {
            assert!(is_near(word, other, 2), "{word} {other}");
        }
        for (word, other) in
            [("cpu", "gpu"), ("port1", "port2"), ("host", "port"), ("min", "max"), ("tag", "tags")]
        {
            assert!(!is_near(word, other, 2), "{word} {other}");
        }
    }
}
