//! Formats of JSON Schema whose meaning in Helm differs from that in `jsonschema`.
//!
//! Mirrors github.com/santhosh-tekuri/jsonschema/v6 `format.go`, which asserts every format it knows in drafts 4, 6
//! and 7.

use std::net::Ipv6Addr;

use jsonschema::ValidationOptions;

use crate::helm::function::{Url, pattern_fault};

/// Sets formats to the meaning that they have in Helm.
pub(super) fn as_helm(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .with_format("uuid", is_uuid)
        .with_format("duration", is_duration)
        .with_format("hostname", is_hostname)
        .with_format("uri", |text: &str| url(text).is_some_and(|url| !url.scheme.is_empty()))
        .with_format("iri", |text: &str| url(text).is_some_and(|url| !url.scheme.is_empty()))
        .with_format("uri-reference", is_reference)
        .with_format("iri-reference", is_reference)
        .with_format("uri-template", is_template)
        .with_format("regex", |text: &str| pattern_fault(text).is_none())
        // Helm does not ask for assertions about encoded content.
        .without_content_encoding_support("base64")
        .without_content_media_type_support("application/json")
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text is a duration such as `P1DT12H`, or a number of weeks: `P2W`.
fn is_duration(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(text) = text.strip_prefix('P').filter(|text| !text.is_empty()) else { return false };
    if let Some(weeks) = text.strip_suffix('W') {
        return is_number(weeks);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    time != Some("") && has_units(date, "YMD") && has_units(time.unwrap_or_default(), "HMS")
}

/// Whether a text is a sequence of numbers, each with a unit, in the order of `units`.
fn has_units(text: &str, units: &str) -> bool {
    let (mut rest, mut units) = (text, units);
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let Some(found) = unit.chars().next().filter(|_| unit.len() < rest.len()) else {
            return false;
        };
        let Some((_, after)) = units.split_once(found) else { return false };
        (rest, units) = (&unit[found.len_utf8()..], after);
    }
    true
}

/// Whether a text is a host name, which may end with a dot.
fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Reads a URL as Go's `net/url` does; `None` if it is not valid.
fn url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.hostname();
    let is_host = !host.contains(':') || url.host.contains('[') && host.parse::<Ipv6Addr>().is_ok();
    is_host.then_some(url)
}

fn is_reference(text: &str) -> bool {
    !text.contains('\\') && url(text).is_some()
}

/// Whether a text is a URL or reference whose braces are balanced in each part of its path.
fn is_template(text: &str) -> bool {
    let pairs = |part: &str| {
        let mut is_open = false;
        let mut braces = part.chars().filter(|c| matches!(c, '{' | '}'));
        braces.all(|brace| (brace == '{') != std::mem::replace(&mut is_open, brace == '{'))
            && !is_open
    };
    url(text).is_some_and(|url| url.path.split('/').all(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units_in_order() {
        for text in ["P1D", "PT1H30M", "P1Y2M3DT4H5M6S", "P4W"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "P", "1h", "PT", "P1H", "PT1M1H", "P1", "PD", "PW", "P1DT1HT1M"] {
            assert!(!is_duration(text), "{text}");
        }
    }

    #[test]
    fn addresses_are_those_of_net_url() {
        for text in ["https://example.com/{x}", "http://b\u{fc}cher", "a:b"] {
            assert!(url(text).is_some_and(|url| !url.scheme.is_empty()), "{text}");
        }
        assert!(is_reference("x [y") && !is_reference("a\\b") && !is_reference("%"));
        assert!(is_template("/a/{b}/{c}{d}") && is_template("no [braces"));
        assert!(!is_template("{a") && !is_template("{a{b}}") && !is_template("a}/{b"));
        assert!(
            is_hostname("a.example.")
                && !is_hostname("a_b")
                && !is_hostname("-a")
                && !is_hostname("")
        );
        assert!(is_uuid("123e4567-e89b-12d3-a456-426614174000") && !is_uuid("123e4567"));
    }
}
