//! Directives before a document that YAML 1.2 allows and go-yaml refuses.

use std::ops::Range;

/// The first line before a text's first document that go-yaml refuses as a directive, such as `%YAML 1.2`, with
/// go-yaml's error (go.yaml.in/yaml/v2 2.4 `parserc.go`: `yaml_parser_process_directives`).
#[must_use]
pub fn foreign_directive(text: &str) -> Option<(Range<usize>, &'static str)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end();
        let fault = match shown.strip_prefix('%').map(|directive| directive.split_whitespace()) {
            Some(mut words) => match (words.next(), words.next()) {
                (Some("YAML"), Some("1.1")) | (Some("TAG"), _) => None,
                (Some("YAML"), _) => Some("found incompatible YAML document"),
                _ => Some("found unknown directive name"),
            },
            None if shown.trim_start().starts_with('#') || shown.trim_start().is_empty() => None,
            None => return None,
        };
        if let Some(fault) = fault {
            return Some((start..start + shown.len(), fault));
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_of_another_version_are_foreign() {
        for (text, want) in [
            ("%YAML 1.2\n---\na: 1\n", Some(0..9)),
            ("\n# note\n%YAML 1.1\n%FOO bar \n---\n", Some(18..26)),
            ("%YAML 1.1\n%TAG ! tag:example.org:\n---\na: 1\n", None),
            ("a: 1\n%YAML 1.2\n", None),
            ("%", Some(0..1)),
            ("", None),
        ] {
            assert_eq!(foreign_directive(text).map(|(range, _)| range), want, "{text}");
        }
    }
}
