//! Spelling of names: the known name that a misspelt one was meant to be, and names in capitals.

/// The longest word that is compared, in bytes, as names are short.
const LONGEST: usize = 64;

/// The known name that was most likely meant, ignoring case: at most one edit away, and one more for every five bytes
/// of the word. If several are equally near, the first one.
#[must_use]
pub fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = written.to_lowercase();
    let (length, farthest) = (lower.chars().count(), 1 + written.len() / 5);
    // An edit changes the length by one at most, which is quicker to compare than the distance.
    let is_of_length = |name: &&str| name.chars().count().abs_diff(length) <= farthest;
    let distance = |name: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &lower);
    let (near, distance) = known
        .into_iter()
        .filter(is_of_length)
        .map(|name| (name, distance(name)))
        .min_by_key(|&(_, distance)| distance)?;
    (distance <= farthest).then_some(near)
}

/// The known name that a word is with a slip in it: in another case, one edit away, or two if the word is long. Unlike
/// [`nearest`], this is for words that may also be names of something else. `None` for a known name.
#[must_use]
pub fn misspelt<'n>(
    written: &str,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Option<&'n str> {
    if known.clone().into_iter().any(|name| name == written) {
        return None;
    }
    let near = nearest(written, known)?;
    let edits = strsim::damerau_levenshtein(&near.to_lowercase(), &written.to_lowercase());
    (edits <= 1 + usize::from(written.len() >= 8)).then_some(near)
}

/// The sentence that suggests a name.
#[must_use]
pub fn question(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// Whether a name is in capitals, with one word or several, like the names that programs replace by values.
#[must_use]
pub fn is_in_capitals(name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_uppercase() || "_0123456789".contains(letter);
    name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{is_in_capitals, misspelt, nearest};

    #[test]
    fn a_slip_in_any_case_leads_to_the_name() {
        let known = ["pods", "replicas", "ingresses"];
        for (written, meant) in
            [("pod", "pods"), ("Replicsa", "replicas"), ("ingress", "ingresses")]
        {
            assert_eq!(nearest(written, known), Some(meant));
        }
    }

    #[test]
    fn a_long_word_may_have_more_slips_than_a_short_one() {
        let known = ["terminationGracePeriodSeconds", "port"];
        assert_eq!(nearest("terminatonGracPeriodSecond", known), Some(known[0]));
        assert_eq!(nearest("prot", known), Some("port"));
        assert_eq!(nearest("prto", known), None);
    }

    #[test]
    fn another_word_leads_to_none() {
        assert_eq!(nearest("jobs", ["pods", "nodes"]), None);
        assert_eq!(nearest(&"replicas".repeat(9), ["replicas"]), None);
    }

    #[test]
    fn a_word_that_may_be_another_name_is_misspelt_only_if_it_is_very_near() {
        let known = ["Role", "Deployment", "Pod"];
        for (written, meant) in [
            ("deployment", Some("Deployment")),
            ("Deploiment", Some("Deployment")),
            ("Pods", Some("Pod")),
        ] {
            assert_eq!(misspelt(written, known), meant, "{written}");
        }
        for other in ["Pod", "Route", "Rollout", "DeploymentConfig"] {
            assert_eq!(misspelt(other, known), None, "{other}");
        }
    }

    #[test]
    fn a_name_in_capitals_begins_with_one() {
        for (name, is_one) in [
            ("REGION", true),
            ("WEB_2_IMAGE", true),
            ("", false),
            ("_A", false),
            ("2A", false),
            ("Aa", false),
        ] {
            assert_eq!(is_in_capitals(name), is_one, "{name}");
        }
    }
}
