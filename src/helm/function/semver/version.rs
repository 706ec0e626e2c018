//! Versions, read as by `NewVersion` of Masterminds/semver v3.

use std::cmp::Ordering;
use std::fmt;

const INVALID: &str = "invalid semantic version";

/// A version; the patch of `v1.2` is 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    /// Without its `-`; empty if there is none.
    pub(super) prerelease: String,
    /// Without its `+`; empty if there is none.
    pub(super) metadata: String,
}

impl Version {
    /// Reads a version, which may have no minor or patch number, start with `v` and have leading zeros.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = match rest.split_once('+') {
            Some((rest, metadata)) => (rest, Some(metadata)),
            None => (rest, None),
        };
        let (numbers, prerelease) = match rest.split_once('-') {
            Some((numbers, prerelease)) => (numbers, Some(prerelease)),
            None => (rest, None),
        };
        if ![prerelease, metadata].into_iter().flatten().all(identifiers) {
            return Err(INVALID.to_owned());
        }
        let mut parts = numbers.split('.');
        let mut version = Self {
            prerelease: prerelease.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            ..Self::default()
        };
        if numbers.split('.').count() > 3 || !numbers.split('.').all(digits) {
            return Err(INVALID.to_owned());
        }
        for slot in [&mut version.major, &mut version.minor, &mut version.patch] {
            if let Some(part) = parts.next() {
                *slot = part.parse().map_err(|_| {
                    format!(
                        "error parsing version segment: strconv.ParseUint: parsing {part:?}: \
                         value out of range"
                    )
                })?;
            }
        }
        valid_prerelease(&version.prerelease)?;
        Ok(version)
    }

    /// Compares two versions; metadata is ignored.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| match (self.prerelease.as_str(), other.prerelease.as_str()) {
                ("", "") => Ordering::Equal,
                ("", _) => Ordering::Greater,
                (_, "") => Ordering::Less,
                (own, other) => compare_prerelease(own, other),
            })
    }

    pub(super) fn next_major(&self) -> Self {
        Self { major: self.major.saturating_add(1), ..Self::default() }
    }

    pub(super) fn next_minor(&self) -> Self {
        Self { major: self.major, minor: self.minor.saturating_add(1), ..Self::default() }
    }

    /// The next patch version; for a prerelease, its release.
    pub(super) fn next_patch(&self) -> Self {
        let step = u64::from(self.prerelease.is_empty());
        let patch = self.patch.saturating_add(step);
        Self { major: self.major, minor: self.minor, patch, ..Self::default() }
    }

    pub(super) fn with_prerelease(&self, text: &str) -> Result<Self, String> {
        if !text.is_empty() && !identifiers(text) {
            return Err("invalid prerelease string".to_owned());
        }
        valid_prerelease(text)?;
        Ok(Self { prerelease: text.to_owned(), ..self.clone() })
    }

    pub(super) fn with_metadata(&self, text: &str) -> Result<Self, String> {
        if !text.is_empty() && !identifiers(text) {
            return Err("invalid metadata string".to_owned());
        }
        Ok(Self { metadata: text.to_owned(), ..self.clone() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (sign, part) in [('-', &self.prerelease), ('+', &self.metadata)] {
            if !part.is_empty() {
                write!(f, "{sign}{part}")?;
            }
        }
        Ok(())
    }
}

fn digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text consists of identifiers of letters, digits and hyphens, separated by dots.
fn identifiers(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

fn valid_prerelease(text: &str) -> Result<(), String> {
    let zero = |part: &str| digits(part) && part.len() > 1 && part.starts_with('0');
    match text.split('.').any(zero) {
        true => Err("version segment starts with 0".to_owned()),
        false => Ok(()),
    }
}

/// Compares two prereleases: numbers come before words, and fewer parts before more.
pub(super) fn compare_prerelease(own: &str, other: &str) -> Ordering {
    let (mut own, mut other) = (own.split('.'), other.split('.'));
    loop {
        let order = match (own.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
