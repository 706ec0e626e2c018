//! Hides credentials in excerpts of files: many people can read the logs of pipelines.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

use crate::source::credential;
use crate::yaml::{Scalar, resolve_plain};

/// The least entropy of a credential, in bits per character: the default of the rule `values-secret-plaintext`.
const ENTROPY: f64 = 2.0;
/// How many characters of a credential are shown, to recognise it.
const SHOWN: usize = 2;

/// Replaces credentials by stars and dots, so that the numbers of characters and bytes stay the same: the values of keys,
/// variables and parameters that are named like a credential, private keys, and tokens in a known form. Their first two
/// characters stay.
pub(super) fn conceal(text: &str) -> Cow<'_, str> {
    let mut found = credential::key_material(text);
    let mut at = 0;
    let mut name = None;
    for line in text.split_inclusive('\n') {
        let ranges = assigned(line, &mut name).into_iter();
        found.extend(ranges.map(|range| at + range.start..at + range.end));
        at += line.len();
    }
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    for range in found {
        // Ranges may overlap.
        let start = range.start.max(out.len());
        let Some(hidden) = text.get(start..range.end) else { continue };
        out.push_str(&text[out.len()..start]);
        let stand_in = |(index, c): (usize, char)| if index < SHOWN { c } else { instead_of(c) };
        out.extend(hidden.chars().enumerate().map(stand_in));
    }
    out.push_str(&text[out.len()..]);
    Cow::Owned(out)
}

/// The values in a line that are credentials. `name` is the value of `name` on a line above, since the `value` of an
/// environment variable is beside its `name`.
fn assigned<'t>(line: &'t str, name: &mut Option<&'t str>) -> Vec<Range<usize>> {
    static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x)
            (?<key>[A-Za-z0-9_.-]+) ["']? (?: [\ \t]*:[\ \t]+ | = )
            (?: "(?<double>(?:[^"\\\n]|\\.)*)" | '(?<single>[^'\n]*)' | (?<plain>[^\s"'{\[|>&*!\#][^\n]*) )
            "#,
        )
        .expect("invariant: the pattern is sound")
    });
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(captures) = ASSIGNMENT.captures_at(line, from) {
        let Some((key, value, plain)) = parts(&captures) else { break };
        let range =
            if plain { value.start()..plain_end(line, value.range()) } else { value.range() };
        let text = &line[range.clone()];
        let called = if key == "value" { name.unwrap_or(key) } else { key };
        if is_named_so(called)
            && credential::is_likely(text, ENTROPY)
            && !(plain && is_switch(text))
        {
            found.push(range.clone());
        }
        match key {
            "name" => *name = Some(text),
            "value" => {}
            _ => *name = None,
        }
        // A plain value may be empty, but the search must go on.
        from = range.end.max(value.start() + 1);
    }
    found
}

fn parts<'t>(captures: &Captures<'t>) -> Option<(&'t str, Match<'t>, bool)> {
    let key = captures.name("key")?.as_str();
    let quoted = captures.name("double").or_else(|| captures.name("single"));
    match quoted {
        Some(value) => Some((key, value, false)),
        None => Some((key, captures.name("plain")?, true)),
    }
}

/// Where a plain value ends: at a comment, or in a flow collection or a list of parameters, where the next entry starts.
fn plain_end(line: &str, value: Range<usize>) -> usize {
    let text = &line[value.clone()];
    let assigned = line[..value.start].ends_with('=');
    let in_flow = line[..value.start].contains('{');
    let ends = |(at, c): &(usize, char)| match c {
        '#' => text[..*at].ends_with([' ', '\t']),
        ',' | '}' | ']' => in_flow || assigned,
        ' ' | '\t' | '"' | '\'' => assigned,
        _ => false,
    };
    let end = text.char_indices().find(ends).map_or(text.len(), |(at, _)| at);
    value.start + text[..end].trim_end().len()
}

fn is_named_so(key: &str) -> bool {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix) (?: pass(?:word|wd|phrase)? | pwd
            | (?:client|auth|api|app|jwt|session|shared|webhook|signing|hmac)[-_]?secret
            | token | (?:api|access|secret|private|encryption|signing|license)[-_]?key ) $",
        )
        .expect("invariant: the pattern is sound")
    });
    NAMES.is_match(key)
}

/// True for booleans and the like: `automountServiceAccountToken: false` is no credential.
fn is_switch(text: &str) -> bool {
    !matches!(resolve_plain(text), Scalar::Str(_) | Scalar::Int(_) | Scalar::Uint(_))
}

/// A placeholder of the same number of bytes for a character.
fn instead_of(c: char) -> char {
    match c.len_utf8() {
        _ if c.is_whitespace() => c,
        1 => '*',
        2 => '\u{b7}',
        3 => '\u{2022}',
        _ => '\u{1f512}',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credentials_are_hidden_but_for_their_beginning() {
        for (text, shown) in [
            ("password: Tr0ub4dor&3 # old\n", "password: Tr********* # old\n"),
            ("db: {password: 'x1y2z3', port: 1}\n", "db: {password: 'x1****', port: 1}\n"),
            ("db: {password: x1y2z3, port: 1}\n", "db: {password: x1****, port: 1}\n"),
            ("apiKey: \"8f14\\\"45fc\"\n", "apiKey: \"8f********\"\n"),
            ("- name: DB_PASSWORD\n  value: s3cr3t9\n", "- name: DB_PASSWORD\n  value: s3*****\n"),
            (
                "helm install a b --set db.password=s3cr3t9,a=b\n",
                "helm install a b --set db.password=s3*****,a=b\n",
            ),
            (
                "x: ghp_0123456789abcdefABCDEF0123456789abcd\n",
                "x: gh**************************************\n",
            ),
            ("token: pässwört\n", "token: pä***\u{b7}**\n"),
        ] {
            assert_eq!(conceal(text), shown);
        }
    }

    #[test]
    fn a_private_key_keeps_its_lines() {
        let text = "k: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n  -----END\n";
        let shown = conceal(text);
        assert!(!shown.contains("MIIE"), "{shown}");
        assert_eq!(shown.lines().count(), text.lines().count());
        assert!(shown.ends_with("\n  -----END\n"), "{shown}");
    }

    #[test]
    fn what_is_no_credential_stays() {
        for text in [
            "password: \"\"\n",
            "secret: gitlab-runner-token\n",
            "existingSecret: app-credentials\n",
            "automountServiceAccountToken: false\n",
            "password: {{ .Values.password }}\n",
            "token: ${TOKEN}\n",
            "- name: REPLICAS\n  value: s3cr3t9\n",
            "- name: DB_PASSWORD\n  valueFrom: x\nvalue: s3cr3t9\n",
        ] {
            assert_eq!(conceal(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_places(text in "([a-z:=\"'{} \n#é🦀-]|password|token|: |name: |value: ){0,60}") {
            let shown = conceal(&text);
            let places = |text: &str| text.char_indices().map(|(at, c)| (at, c == '\n')).collect::<Vec<_>>();
            prop_assert_eq!(places(&shown), places(&text));
        }
    }
}
