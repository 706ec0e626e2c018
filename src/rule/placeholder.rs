//! Texts that are filled in before they reach a cluster, so their final values are not known from the repository.

use super::file::Rule;
use super::hit::{Hit, Target};
use crate::kube::ENCRYPTED;
use crate::spelling::is_in_capitals;
use crate::yaml::{Document, Kind, Node, Style};

/// Replaces parts of a release's values that are only known when the release is deployed; a valid name, label and image
/// tag.
pub const FILLED_IN_LATER: &str = "filled-in-later";

/// The group of rules that search for what is written literally, whatever else is filled in.
const LITERAL: &str = "secrets";

/// Keys of selectors: a placeholder in one may change what the selector as a whole selects.
const SELECTORS: [&str; 6] =
    ["selector", "labelSelector", "matchLabels", "matchExpressions", "podSelector", "nodeSelector"];

/// The key under which SOPS stores the metadata for the decryption of a file.
const SOPS: &str = "sops";

/// Characters of which every placeholder except [`BUILT_BY_KO`] has at least one; nearly no text has any.
const SIGNS: [u8; 9] = *b"${<(@%[_#";

/// The delimiters of expressions in template languages: Jinja, Go and Helm; Template Toolkit; ERB.
const EXPRESSIONS: [(&str, &str); 4] = [("{{", "}}"), ("{%", "%}"), ("[%", "%]"), ("<%", "%>")];

/// The prefix of an image that `ko` builds from a Go package when it applies a manifest, and replaces by a digest.
const BUILT_BY_KO: &str = "ko://";

/// The name of a release without a name in earlier versions of `helm template`: no object is deployed with it.
const UNNAMED: &str = "RELEASE-NAME";

/// The text in angle brackets that a Go template prints for a missing value.
const MISSING_VALUE: &str = "no value";

/// The prefix of a name in angle brackets that Argo CD's plugin for vaults looks up: `<path:kv/data/web#password>`.
const IN_A_VAULT: &str = "path:";

/// Fields of a container in which Kubernetes expands `$(NAME)` from the container's environment.
const OF_CONTAINERS: [&str; 4] = ["command", "args", "value", "subPathExpr"];

/// How far a text has been processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// As in the repository: envsubst, Flux or a pipeline may fill in `${NAME}`, and Jinja or another generator may
    /// evaluate `{{ }}` or the like.
    Written,
    /// Rendered by a chart: remaining braces are a mistake, but `${NAME}` and `__NAME__` may still be filled in.
    Rendered,
    /// A placeholder does not hide the text beside it; only a value that is missing or encrypted is not known.
    Literal,
}

/// Removes hits on texts that are filled in later; returns how many were removed. `document` is that of a target.
pub(super) fn leave_open<'d>(
    rule: &Rule,
    document: impl Fn(&Target) -> &'d Document,
    stage: Stage,
    hits: &mut Vec<Hit>,
) -> usize {
    let before = hits.len();
    let stage = if *rule.group == *LITERAL { Stage::Literal } else { stage };
    hits.retain(|hit| !is_open(&hit.target, document(&hit.target), stage));
    before - hits.len()
}

/// Whether the target is filled in later: a scalar or a selector with a placeholder in it, or a placeholder that YAML
/// reads as a mapping.
fn is_open(target: &Target, document: &Document, stage: Stage) -> bool {
    let node = document.node(target.node);
    let selects = || node.key_name().is_some_and(|key| SELECTORS.contains(&&*key));
    let is_judged = target.missing.is_empty() && !target.key;
    let is_name = || stage == Stage::Written && is_in_braces(node);
    is_judged
        && ((node.kind() == Kind::Scalar || selects()) && holds_placeholder(node, stage)
            || is_name())
        || is_cipher(node)
}

/// Whether it is `{name}`, which Python's `format` fills in, and which YAML reads as a mapping.
fn is_in_braces(node: Node<'_>) -> bool {
    let mut entries = node.written();
    let only = entries.next().filter(|_| node.style() == Style::Flow && entries.next().is_none());
    only.is_some_and(|entry| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "._".contains(letter);
        entry.value.is_null() && entry.value.raw().is_empty() && entry.name().chars().all(is_part)
    })
}

/// Whether it is the metadata of SOPS, which disappears when the file is decrypted.
fn is_cipher(node: Node<'_>) -> bool {
    node.depth() == 1
        && node.key_name().is_some_and(|key| key == SOPS)
        && node.get("mac").is_some_and(|mac| mac.raw().starts_with(ENCRYPTED))
}

fn holds_placeholder(node: Node<'_>, stage: Stage) -> bool {
    match node.kind() {
        Kind::Scalar => {
            has_placeholder(node.raw(), stage) || stage == Stage::Written && is_variable(node)
        }
        Kind::Sequence => node.items().any(|item| holds_placeholder(item, stage)),
        Kind::Mapping => {
            stage == Stage::Written && is_in_braces(node)
                || node.entries().any(|entry| holds_placeholder(entry.value, stage))
        }
    }
}

/// Whether a word contains `$(name)` in a field in which a container does not expand it, as for a variable of kustomize
/// or a parameter of Tekton; or whether the text is a shell's command substitution, `$(cat key | base64)`.
fn is_variable(node: Node<'_>) -> bool {
    let is_name = |rest: &str| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        rest.split_once(')').is_some_and(|(name, _)| {
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name.chars().all(is_part)
        })
    };
    let text = node.raw();
    let has_name = || text.split("$(").skip(1).any(is_name);
    let is_of_container = || {
        let field = node.key_name().or_else(|| node.parent().and_then(Node::key_name));
        field.is_some_and(|field| OF_CONTAINERS.contains(&&*field))
    };
    let is_word = !text.contains(char::is_whitespace);
    let is_command = || text.starts_with("$(") && text.ends_with(')') && text.len() > 3;
    text.contains("$(") && (is_word && has_name() || is_command()) && !is_of_container()
}

fn has_placeholder(text: &str, stage: Stage) -> bool {
    let is_begun = text.bytes().any(|byte| SIGNS.contains(&byte)) || text.starts_with(BUILT_BY_KO);
    is_begun && is_to_come(text, stage)
        || text.contains(FILLED_IN_LATER)
        || text.starts_with(ENCRYPTED)
        || stage == Stage::Written && text.contains(UNNAMED)
}

fn is_to_come(text: &str, stage: Stage) -> bool {
    let is_name = |inner: &str| {
        // Spinnaker's expressions may have blanks in them: `${ namespace }`.
        inner
            .trim_start_matches(' ')
            .starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && inner.contains('}')
    };
    let has_variable = || text.split("${").skip(1).any(is_name);
    let is_shell = |rest: &str| rest.starts_with(|first: char| first.is_ascii_uppercase());
    let has_shell = || {
        !text.contains(char::is_whitespace)
            && (text.split('$').skip(1).any(is_shell) || has_small_variable(text))
    };
    // The part before `=` is known, whatever is filled in after it.
    let is_said = text.contains('=');
    let holds = |(opens, closes)| {
        text.split_once(opens).is_some_and(|(_, rest): (&str, &str)| rest.contains(closes))
    };
    let has_braces = || EXPRESSIONS.into_iter().any(holds);
    match stage {
        Stage::Written => {
            has_variable()
                || !is_said && (has_shell() || is_in_brackets(text))
                || has_braces()
                || text.starts_with(BUILT_BY_KO)
                || is_expression(text)
                || !is_said && is_between_marks(text)
        }
        Stage::Rendered => {
            has_variable() || !is_said && (is_between_underscores(text) || is_for_a_reader(text))
        }
        Stage::Literal => false,
    }
}

/// Whether a part of a word is `$name`, as a script has it that fills in templates: `web-$region.example`.
fn has_small_variable(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    text.split(['-', '.', '/', ':', '@']).any(|part| part.strip_prefix('$').is_some_and(is_name))
}

/// Whether it is a name in capitals that a program replaces, by a number for example: `REPLICAS_OF_WEB`.
pub(super) fn is_to_be_replaced(text: &str) -> bool {
    text.contains('_') && is_in_capitals(text)
}

/// Whether it is an expression in parentheses, as in a Chainsaw test: `(env('IMAGE'))`.
fn is_expression(text: &str) -> bool {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|inner| {
        inner.starts_with(|first: char| first.is_ascii_alphabetic() || "$@=".contains(first))
    })
}

/// Whether a word contains a name between delimiters that builds search for (`@version@`, `__NAME__`, `%NAME%`,
/// `##NAME##`, `{NAME}`, `[NAME]`, `#{Octopus.Name}`), a marker such as `REPLACE_IMAGE`, or `%s` for `printf`.
fn is_between_marks(text: &str) -> bool {
    let is_property = |name: &str| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.chars().all(is_part)
    };
    !text.contains(char::is_whitespace)
        && (has_between(text, "@", "@", is_property)
            || has_between(text, "%", "%", is_in_capitals)
            || has_between(text, "##", "##", is_in_capitals)
            || has_between(text, "{", "}", is_in_capitals)
            || has_between(text, "[", "]", is_in_capitals)
            || has_between(text, "#{", "}", is_property)
            || asks_to_be_replaced(text)
            || text.contains("%s"))
        || is_between_underscores(text)
}

/// Whether a word contains a marker such as `REPLACE_IMAGE`, `replace_port` or `YOUR_DOMAIN`, which `sed` replaces, or a
/// person who copies the manifest.
fn asks_to_be_replaced(text: &str) -> bool {
    let is_begun = |before: &str| !before.ends_with(|last: char| last.is_ascii_alphanumeric());
    let goes_on = |rest: &str| rest.starts_with(|first: char| first.is_ascii_alphabetic());
    ["REPLACE_", "replace_", "YOUR_"].into_iter().any(|word| {
        let mut found = text.match_indices(word);
        found.any(|(at, _)| is_begun(&text[..at]) && goes_on(&text[at + word.len()..]))
    })
}

/// Whether a word contains what a reader replaces in a chart's values: `[PROJECT_ID]`, `<DOMAIN_NAME>` or `YOUR_IMAGE`.
fn is_for_a_reader(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && (has_between(text, "[", "]", is_in_capitals)
            || has_between(text, "<", ">", is_in_capitals)
            || asks_to_be_replaced(text))
}

/// Whether a word contains `__NAME__`, which in a chart's values can only be filled in by a build.
fn is_between_underscores(text: &str) -> bool {
    !text.contains(char::is_whitespace) && has_between(text, "__", "__", is_in_capitals)
}

/// Whether a text contains a name between delimiters.
fn has_between(text: &str, opens: &str, closes: &str, is_name: impl Fn(&str) -> bool) -> bool {
    let mut begun = text.match_indices(opens).map(|(at, _)| &text[at + opens.len()..]);
    begun.any(|rest| rest.split_once(closes).is_some_and(|(name, _)| is_name(name)))
}

/// Whether a text contains `<NAME>`, which a reader replaces, or a path for Argo CD's plugin for vaults.
fn is_in_brackets(text: &str) -> bool {
    let is_name = |inner: &str| {
        let word = inner.split_once('>').map(|(word, _)| word);
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.: ".contains(letter);
        word.is_some_and(|word| {
            word != MISSING_VALUE
                && word.starts_with(|first: char| first.is_ascii_alphabetic())
                && word.chars().all(is_part)
                || word.starts_with(IN_A_VAULT)
        })
    };
    text.split('<').skip(1).any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::yaml;
    use std::sync::Arc;

    #[test]
    fn names_in_braces_are_placeholders() {
        for text in ["${NAME}", "a-${name:=b}-c", "x ${_A_1} y", "${ name }"] {
            assert!(has_placeholder(text, Stage::Rendered), "{text}");
        }
        for text in ["$(NAME)", "${}", "${ }", "${1}", "${NAME", "$$"] {
            assert!(!has_placeholder(text, Stage::Written), "{text}");
        }
    }

    /// Whether the first field of a manifest has a placeholder.
    fn is_open(manifest: &str) -> bool {
        let text = manifest.into();
        let stream = yaml::parse(Sources::default().add("a", Arc::clone(&text)), &text);
        let node = stream.documents[0].root().expect("a mapping").entries().next();
        holds_placeholder(node.expect("a field").value, Stage::Written)
    }

    #[test]
    fn a_mapping_that_is_a_name_in_braces_is_a_placeholder() {
        for text in ["name: {self.path}", "selector: {app: {name}}"] {
            assert!(is_open(text), "{text}");
        }
        for text in ["a: {}", "a: {b: c}", "a: {b, c}", "a:\n  b:", "a: {b: null}", "a: {b c}"] {
            assert!(!is_open(text), "{text}");
        }
    }

    #[test]
    fn a_variable_in_round_brackets_is_a_placeholder_where_no_container_fills_it_in() {
        for text in [
            "name: $(profile-name)",
            "a: web.$(ns).svc",
            "selector: {app: $(params.app)}",
            "a: $(cat b)",
        ] {
            assert!(is_open(text), "{text}");
        }
        for text in
            ["value: $(PORT)", "args: [--port, $(PORT)]", "a: $()", "a: x $(b c)", "a: $(1)-b"]
        {
            assert!(!is_open(text), "{text}");
        }
    }

    /// `envsubst` also fills these in; in a command they are the shell's.
    #[test]
    fn a_name_without_braces_is_a_placeholder_in_a_word_of_a_manifest() {
        for text in ["$RELEASE-web", "$replicas", "web-$region.example", "web:$tag"] {
            assert!(has_placeholder(text, Stage::Written), "{text}");
        }
        for text in ["echo $NAME", "$1", "a$b", "US$", "--token=$NAME", "/$1/$2", "$a b"] {
            assert!(!has_placeholder(text, Stage::Written), "{text}");
        }
        assert!(!has_placeholder("$RELEASE-web", Stage::Rendered));
    }

    #[test]
    fn a_name_in_brackets_is_for_the_reader_to_put_in() {
        for text in [
            "<NAME>",
            "registry.example/<your-project>/web:1.0.0",
            "<cluster name>.example",
            "<REDACTED: the key>",
            "<path:kv/data/web#password | base64encode>",
        ] {
            assert!(has_placeholder(text, Stage::Written), "{text}");
        }
        for text in ["a < b", "<>", "->", "<1>", "<a/b>", "<no value>", "--token-file=<path>"] {
            assert!(!has_placeholder(text, Stage::Written), "{text}");
        }
        assert!(has_placeholder("web.<DOMAIN_NAME>", Stage::Rendered));
        for text in ["<no value>", "<nil>", "web.<domain>", "a <B> c"] {
            assert!(!has_placeholder(text, Stage::Rendered), "{text}");
        }
    }

    #[test]
    fn double_braces_are_placeholders_until_a_chart_is_rendered() {
        assert!(has_placeholder("a:{{ tag }}", Stage::Written));
        assert!(!has_placeholder("a:{{ tag }}", Stage::Rendered));
        assert!(!has_placeholder("}} {{", Stage::Written));
    }

    #[test]
    fn expressions_of_other_generators_are_placeholders_too() {
        for text in ["[% name %]", "web:<%= tag %>", "{% if a %}b{% endif %}"] {
            assert!(has_placeholder(text, Stage::Written), "{text}");
            assert!(!has_placeholder(text, Stage::Rendered), "{text}");
        }
        for text in ["[%", "%> <%", "100%]"] {
            assert!(!has_placeholder(text, Stage::Written), "{text}");
        }
    }

    #[test]
    fn a_name_between_marks_is_for_a_build_to_put_in() {
        for text in [
            "web:@app.version@",
            "%%IMAGE%%",
            "#{IMAGE}#",
            "registry.example/##IMAGE##",
            "{GATEWAY_NAME}",
            "registry.example/[PROJECT_ID]/web",
            "#{Name}",
            "web-#{Octopus.Release.Number}",
            "%s-web",
        ] {
            assert!(has_placeholder(text, Stage::Written), "{text}");
            let is_for_a_reader = text.contains("[PROJECT_ID]");
            assert_eq!(has_placeholder(text, Stage::Rendered), is_for_a_reader, "{text}");
        }
        for stage in [Stage::Written, Stage::Rendered] {
            assert!(has_placeholder("web-__REGION__", stage), "{stage:?}");
            assert!(!has_placeholder("__name__", stage), "{stage:?}");
        }
        for text in [
            "a@b",
            "web@sha256:ab@",
            "a__B",
            "50%",
            "%d%",
            "#A#",
            "##a##",
            "{a}",
            "[a-z]",
            "#{}",
            "#{1}",
            "{\"A\": 1}",
            "--x={A}",
            "a {A}",
        ] {
            assert!(!has_placeholder(text, Stage::Written), "{text}");
        }
    }

    #[test]
    fn a_name_may_say_itself_that_it_is_to_be_replaced() {
        for text in [
            "REPLACE_IMAGE",
            "replace_port",
            "web-replace_name-svc",
            "REPLACE_HOST:5000/a",
            "app.YOUR_DOMAIN.example",
        ] {
            for stage in [Stage::Written, Stage::Rendered] {
                assert!(has_placeholder(text, stage), "{text}");
            }
        }
        for text in [
            "replace",
            "replace_",
            "irreplace_able",
            "--x=replace_a",
            "replace_a b",
            "YOUR",
            "YOUR_",
        ] {
            for stage in [Stage::Written, Stage::Rendered] {
                assert!(!has_placeholder(text, stage), "{text}");
            }
        }
    }

    #[test]
    fn an_expression_in_brackets_is_for_a_test_to_put_in() {
        for text in ["($namespace)", "(join('-', [$a, 'b']))", "(@.name)"] {
            assert!(has_placeholder(text, Stage::Written), "{text}");
        }
        for text in ["()", "(", "web (1)", "(1)", "f(x)"] {
            assert!(!has_placeholder(text, Stage::Written), "{text}");
        }
    }

    #[test]
    fn an_image_that_ko_builds_is_a_placeholder_in_a_manifest() {
        assert!(has_placeholder("ko://example.org/cmd/web", Stage::Written));
        assert!(!has_placeholder("ko://example.org/cmd/web", Stage::Rendered));
    }

    #[test]
    fn what_sops_has_encrypted_is_open_to_all_rules() {
        for stage in [Stage::Written, Stage::Rendered, Stage::Literal] {
            assert!(has_placeholder("ENC[AES256_GCM,data:bA==,iv:aQ==,tag:dA==,type:str]", stage));
            assert!(!has_placeholder("ENC[", stage));
        }
    }

    #[test]
    fn what_is_filled_in_later_is_open_to_rules_on_literals_too() {
        assert!(has_placeholder("v-filled-in-later", Stage::Literal));
        assert!(!has_placeholder("secret-${NAME}", Stage::Literal));
    }
}
