//! Reads `.helmignore`, which differs from gitignore: the first rule that matches decides, `!p` ignores everything
//! that does not match p, and `**` is an error.
//!
//! Mirrors Helm 4.1 `pkg/ignore/rules.go`.

/// The rule that holds for every chart.
const USUAL: &str = "templates/.?*";

/// The rules of a chart.
#[derive(Debug)]
pub(super) struct Rules {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    glob: String,
    negate: bool,
    directory: bool,
    /// Whether it matches the whole path, not only the last part.
    whole: bool,
}

impl Rules {
    /// Reads the rules, and adds Helm's own default at the end.
    ///
    /// # Errors
    /// If a rule has `**` or is not a valid pattern.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut patterns = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines().chain([USUAL]) {
            let rule = line.trim();
            if rule.is_empty() || rule.starts_with('#') {
                continue;
            }
            if rule.contains("**") {
                return Err("double-star (**) syntax is not supported".to_owned());
            }
            if !is_pattern(rule) {
                return Err(format!(".helmignore: {rule:?}: syntax error in pattern"));
            }
            let (rule, negate) = rule.strip_prefix('!').map_or((rule, false), |rule| (rule, true));
            let (rule, directory) =
                rule.strip_suffix('/').map_or((rule, false), |rule| (rule, true));
            let (glob, whole) = match rule.strip_prefix('/') {
                Some(rooted) => (rooted, true),
                None => (rule, rule.contains('/')),
            };
            patterns.push(Pattern { glob: glob.to_owned(), negate, directory, whole });
        }
        Ok(Self { patterns })
    }

    /// The rules of a chart that states none.
    pub(super) fn usual() -> Self {
        let glob = USUAL.to_owned();
        Self { patterns: vec![Pattern { glob, negate: false, directory: false, whole: true }] }
    }

    /// Whether a path in the chart is ignored.
    pub(super) fn ignores(&self, path: &str, is_dir: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        let own = path.rsplit('/').next().unwrap_or(path);
        for pattern in &self.patterns {
            let fits = is_dir || !pattern.directory;
            let matches = || pattern.matches(if pattern.whole { path } else { own });
            // A negated rule ignores what it does not match.
            if pattern.negate != (fits && matches()) {
                return true;
            }
        }
        false
    }
}

impl Pattern {
    fn matches(&self, subject: &str) -> bool {
        let (glob, subject) = (self.glob.as_bytes(), subject.as_bytes());
        // A quick check: most rules are names or suffixes such as `*.swp`, and most files end with another letter.
        let other_end = match (glob, subject) {
            ([.., end], [.., last]) => end.is_ascii_alphanumeric() && end != last,
            _ => false,
        };
        !other_end && self::glob(glob, subject)
    }
}

fn is_pattern(rule: &str) -> bool {
    let mut open = false;
    let mut chars = rule.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => {
                return false;
            }
            '[' => open = true,
            ']' => open = false,
            _ => {}
        }
    }
    !open
}

/// Matches a text as Go's `filepath.Match` does: `*` and `?` do not match `/`; `[a-z]`, `[^a]`, `\x`.
pub(super) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            None if t == text.len() => return true,
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(b'?') => text.get(t).is_some_and(|c| *c != b'/').then_some(p + 1),
            Some(b'[') => text.get(t).and_then(|c| class(pattern, p, *c)),
            Some(b'\\') => (pattern.get(p + 1) == text.get(t) && t < text.len()).then_some(p + 2),
            Some(c) => (text.get(t) == Some(c)).then_some(p + 1),
            None => None,
        };
        if let Some(next) = step {
            p = next;
            t += 1;
            continue;
        }
        match star {
            Some((after, at)) if text.get(at).is_some_and(|c| *c != b'/') => {
                p = after;
                t = at + 1;
                star = Some((after, at + 1));
            }
            _ => return false,
        }
    }
}

fn class(pattern: &[u8], open: usize, c: u8) -> Option<usize> {
    let mut at = open + 1;
    let negate = pattern.get(at) == Some(&b'^');
    at += usize::from(negate);
    let mut found = false;
    let mut first = true;
    while first || pattern.get(at) != Some(&b']') {
        first = false;
        let low = match *pattern.get(at)? {
            b'\\' => {
                at += 1;
                *pattern.get(at)?
            }
            c => c,
        };
        at += 1;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') {
            high = *pattern.get(at + 1)?;
            at += 2;
        }
        found |= (low..=high).contains(&c);
    }
    (found != negate && c != b'/').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = Rules::parse("*.txt\ncharts/old/\n/top.md\n# note\n").unwrap();
        assert!(rules.ignores("a/b.txt", false));
        assert!(rules.ignores("charts/old", true));
        assert!(!rules.ignores("charts/old", false));
        assert!(rules.ignores("top.md", false) && !rules.ignores("a/top.md", false));
        assert!(rules.ignores("templates/.hidden", false));
    }

    #[test]
    fn a_negated_rule_ignores_all_else() {
        let rules = Rules::parse("!keep.yaml").unwrap();
        assert!(rules.ignores("other.yaml", false) && !rules.ignores("keep.yaml", false));
        Rules::parse("a/**/b").expect_err("no double stars");
    }

    #[test]
    fn globs_stay_within_a_path_part() {
        assert!(glob(b"a/*.yaml", b"a/x.yaml") && !glob(b"a*", b"a/x"));
        assert!(glob(b"[a-c]?", b"bz") && !glob(b"[^a-c]?", b"bz"));
        assert!(glob(b"\\*", b"*") && !glob(b"\\*", b"x"));
    }
}
