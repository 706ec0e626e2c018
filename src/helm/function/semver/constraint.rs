//! Constraints on versions.
//!
//! Mirrors Masterminds/semver v3.5 `constraints.go`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::version::{Version, compare_prerelease};

/// A constraint: groups of bounds. A version has to meet all bounds of one group.
#[derive(Debug)]
pub(super) struct Constraint {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    bounds: Vec<Bound>,
    /// Whether a bound has a prerelease; only then may a version be a prerelease.
    prereleases: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Tilde,
    Caret,
}

/// The first part of a bound that is a wildcard or missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wild {
    Nothing,
    Major,
    Minor,
    Patch,
}

#[derive(Debug)]
struct Bound {
    operator: Operator,
    version: Version,
    wild: Wild,
}

/// The operators, longer ones first.
const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("=>", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("=<", Operator::LessEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// A range such as `1.2 - 1.4`, which is replaced by two bounds.
static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"v?[0-9xX*|]+(?:\.[0-9xX*|]+){0,2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?";
    Regex::new(&format!(r"[ \t\n\f\r]*({part})[ \t\n\f\r]+-[ \t\n\f\r]+({part})[ \t\n\f\r]*"))
        .expect("invariant: a constant pattern")
});

impl Constraint {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let rewritten;
        let text = if has_range(text) {
            rewritten = RANGE.replace_all(text, ">= ${1}, <= ${2} ");
            &rewritten
        } else {
            text
        };
        let groups = text.split("||").map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Self { groups })
    }

    pub(super) fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            (version.prerelease.is_empty() || group.prereleases)
                && group.bounds.iter().all(|bound| bound.check(version))
        })
    }
}

impl Group {
    /// Reads bounds that are separated by commas or spaces.
    fn parse(text: &str) -> Result<Self, String> {
        let improper = || format!("improper constraint: {}", crate::helm::print::quote(text));
        let mut rest = text.trim_start_matches(space);
        let mut bounds = Vec::new();
        while bounds.is_empty() || !rest.is_empty() {
            let (bound, after) = Bound::parse(rest).ok_or_else(improper)?;
            bounds.push(bound.ok_or("constraint parser error")?);
            let next = after.trim_start_matches(space);
            rest = match next.strip_prefix(',') {
                // A comma has to be followed by a bound.
                Some(next) if !next.trim_start_matches(space).is_empty() => {
                    next.trim_start_matches(space)
                }
                Some(_) => return Err(improper()),
                None if next.len() < after.len() || next.is_empty() => next,
                None => return Err(improper()),
            };
        }
        let prereleases = bounds.iter().any(|bound| !bound.version.prerelease.is_empty());
        Ok(Self { bounds, prereleases })
    }
}

/// Whether [`RANGE`] may match. Most hyphens are in prereleases, and compiling the pattern takes longer than rendering
/// the templates of a small chart.
fn has_range(text: &str) -> bool {
    text.match_indices('-')
        .any(|(at, _)| text[..at].ends_with(space) && text[at + 1..].starts_with(space))
}

fn space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{c}' | '\r')
}

impl Bound {
    /// Returns the bound at the start of a text and the rest of the text; `None` if there is no bound. If there is one
    /// but its version is not valid, the bound in the result is `None`.
    fn parse(text: &str) -> Option<(Option<Self>, &str)> {
        let (sign, operator) = OPERATORS
            .iter()
            .find(|(sign, _)| text.starts_with(sign))
            .copied()
            .unwrap_or(("", Operator::Equal));
        let written = text[sign.len()..].trim_start_matches(space);
        let bare = written.strip_prefix('v').unwrap_or(written);
        let mut rest = bare;
        let mut parts = [""; 3];
        for (index, slot) in parts.iter_mut().enumerate() {
            let part = match (index, rest.strip_prefix('.')) {
                (0, _) => rest,
                (_, Some(part)) => part,
                (_, None) => break,
            };
            let end = part
                .find(|c| !matches!(c, '0'..='9' | 'x' | 'X' | '*' | '|'))
                .unwrap_or(part.len());
            if end == 0 {
                break;
            }
            *slot = &part[..end];
            rest = &part[end..];
        }
        if parts[0].is_empty() {
            return None;
        }
        let (prerelease, rest) = tail(rest, '-');
        let (_, rest) = tail(rest, '+');
        let unset = |part: &str| matches!(part, "" | "x" | "X" | "*");
        let (wild, numbers) = match parts.iter().position(|part| unset(part)) {
            Some(0) => (Wild::Major, "0.0.0".to_owned()),
            Some(1) => (Wild::Minor, format!("{}.0.0", parts[0])),
            Some(_) => (Wild::Patch, format!("{}.{}.0", parts[0], parts[1])),
            None => (Wild::Nothing, parts.join(".")),
        };
        let version = Version::parse(&format!("{numbers}{prerelease}")).ok();
        Some((version.map(|version| Self { operator, version, wild }), rest))
    }

    /// Whether a version meets this bound, except for the rule on prereleases, which is checked by the group.
    fn check(&self, version: &Version) -> bool {
        let own = &self.version;
        let order = version.compare(own);
        match self.operator {
            Operator::Equal if self.wild == Wild::Nothing => order == Ordering::Equal,
            Operator::Equal | Operator::Tilde => self.tilde(version, order),
            Operator::NotEqual => self.differs(version, order),
            Operator::Greater => match self.wild {
                Wild::Minor => version.major > own.major,
                Wild::Patch => (version.major, version.minor) > (own.major, own.minor),
                Wild::Nothing | Wild::Major => order == Ordering::Greater,
            },
            Operator::GreaterEqual => order != Ordering::Less,
            Operator::Less => order == Ordering::Less,
            Operator::LessEqual => match self.wild {
                Wild::Nothing => order != Ordering::Greater,
                Wild::Minor => version.major <= own.major,
                Wild::Major | Wild::Patch => {
                    (version.major, version.minor) <= (own.major, own.minor)
                }
            },
            Operator::Caret => self.caret(version, order),
        }
    }

    fn tilde(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        let any = (own.major, own.minor, own.patch) == (0, 0, 0)
            && matches!(self.wild, Wild::Nothing | Wild::Major);
        order != Ordering::Less
            && (any
                || version.major == own.major
                    && (version.minor == own.minor || self.wild == Wild::Minor))
    }

    fn differs(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        match self.wild {
            Wild::Nothing => order != Ordering::Equal,
            Wild::Minor => version.major != own.major,
            Wild::Patch => {
                (version.major, version.minor) != (own.major, own.minor)
                    || compare_prerelease(&version.prerelease, &own.prerelease) != Ordering::Equal
            }
            Wild::Major => order != Ordering::Equal,
        }
    }

    fn caret(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        if order == Ordering::Less {
            return false;
        }
        if own.major > 0 || self.wild == Wild::Minor {
            return version.major == own.major;
        }
        if version.major > 0 {
            // NOTE: `^*` only admits 0.0.0, although the documentation of the library says otherwise.
            return false;
        }
        if own.minor > 0 || self.wild == Wild::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

/// Splits off the sign and the identifiers after it, separated by dots, if there are both; returns them and the rest.
fn tail(text: &str, sign: char) -> (&str, &str) {
    let Some(mut rest) = text.strip_prefix(sign) else { return ("", text) };
    loop {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        if end == 0 {
            // The last sign or dot is part of the rest.
            let from = text.len() - rest.len() - 1;
            return text.split_at(from);
        }
        rest = &rest[end..];
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None => return text.split_at(text.len() - rest.len()),
        }
    }
}
