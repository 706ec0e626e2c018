//! The names of time zones that the API server knows. It looks them up in IANA's database, by Go's library.

use std::sync::LazyLock;

use crate::spelling::nearest;

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    include_str!("zones.txt").lines().filter(|line| !line.starts_with('#')).collect()
});

/// The time zone with a name, or else the one with the most similar name.
#[must_use]
pub fn time_zone(name: &str) -> Option<&'static str> {
    let exact = NAMES.binary_search(&name).ok().map(|at| NAMES[at]);
    exact.or_else(|| nearest(name, NAMES.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(NAMES.is_sorted() && NAMES.len() > 500);
        assert_eq!(time_zone("Europe/Kyiv"), Some("Europe/Kyiv"));
        assert_eq!(time_zone("Etc/GMT+1"), Some("Etc/GMT+1"));
    }

    #[test]
    fn what_is_none_is_one_that_is_near_or_nothing() {
        assert_eq!(time_zone("Europe/Berln"), Some("Europe/Berlin"));
        assert_eq!(time_zone("europe/zurich"), Some("Europe/Zurich"));
        assert_eq!(time_zone("Middle/Earth"), None);
        assert_eq!(time_zone(""), None);
    }
}
