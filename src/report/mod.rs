//! Prints the result of a run: one file per format.
//!
//! Formats only see [`model::Report`], the JSON contract, and take excerpts from [`Texts`]. Text that comes from
//! files is escaped here, once, for the output medium (`escape`).

mod conceal;
mod concise;
pub(crate) mod diff;
pub(crate) mod escape;
mod finish;
mod full;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
pub mod model;
mod sarif;
pub mod summary;
mod text;
pub mod unchecked;
pub mod unite;

use std::io::{self, Write};
use std::sync::Arc;

pub(crate) use json::pretty as pretty_json;
pub use model::Report;
pub use text::Texts;
pub(crate) use text::prose;

/// The formats of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// Excerpts with the offending places underlined, for people
    Full,
    /// One line a finding: `file:line:column: severity rule: message`
    Concise,
    /// plimsoll's own JSON format, which is stable
    Json,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// GitLab Code Quality, for merge requests
    Gitlab,
    /// GitHub workflow commands, for annotations on pull requests
    Github,
    /// JUnit XML, for test reports
    Junit,
    /// Markdown, for a comment on a merge request
    Markdown,
    /// One self-contained page, for a CI artifact
    Html,
}

/// How text is printed for people.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to colour, and to link to rules' pages.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// What a report says about a rule in addition to its findings.
#[derive(Debug, Clone, Default)]
pub struct RuleInfo {
    /// One line.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// How to put it right.
    pub fix: String,
    /// The rule's page.
    pub url: Option<Arc<str>>,
}

/// What formats need in addition to the report.
pub struct Context<'a> {
    /// The texts that excerpts are cut from.
    pub texts: &'a mut Texts,
    /// How formats for people look.
    pub style: Style,
    /// What is known about a rule; `None` for an id without a rule file.
    pub rule: &'a dyn Fn(&str) -> Option<RuleInfo>,
}

/// Writes a report in one format.
///
/// # Errors
/// Those of the writer.
pub fn write(
    format: Format,
    report: &Report,
    context: &mut Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Full => full::write(report, context, out),
        Format::Concise => concise::write(report, context.style, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, context.rule, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Github => github::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, context, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, ObjectRef, Origin, Place, Related, Severity};
    use crate::source::{Sources, Span};

    /// A finding with a related place in its own file and one in another; hostile characters in
    /// the text and the message.
    fn sample() -> (Report, Texts) {
        let sources = Sources::default();
        let values = sources.add("values.yaml", "# \u{1b}[31m\nreplicas: 5\nimage: x\n");
        let template =
            sources.add("templates/d.yaml", "spec:\n  replicas: {{ .Values.replicas }}\n");
        let place =
            |source, start, end, origin| Place { span: Span::new(source, start, end), origin };
        let finding = Finding {
            help: Some("set\n  affinity: {}".into()),
            url: Some("https://example.org/a".into()),
            related: vec![
                Related {
                    message: "the image".into(),
                    place: place(values, 20, 25, Origin::Values),
                },
                Related {
                    message: "read here".into(),
                    place: place(template, 18, 40, Origin::Template),
                },
            ],
            object: Some(Box::new(ObjectRef {
                api_version: "apps/v1".into(),
                kind: "Deployment".into(),
                namespace: None,
                name: "web".into(),
                path: "spec.replicas".into(),
                container: None,
            })),
            releases: vec!["a/prod".into()],
            fingerprint: "f1".into(),
            ..Finding::new(
                ("anti-affinity-required", "scheduling"),
                Severity::Error,
                "`5` replicas | may <all> run on one node\u{1b}[0m".into(),
                place(values, 18, 19, Origin::Values),
            )
        };
        let mut report = Report::new();
        report.findings.push(model::Entry::new(finding, &sources));
        report.findings[0].clean_releases.push("a/dev".into());
        report.summary.files = 1;
        report.finish();
        (report, Texts::of_run(&sources, [&values, &template]))
    }

    fn print(format: Format) -> String {
        let (report, mut texts) = sample();
        let mut out = Vec::new();
        let style = Style { color: false, width: 100 };
        let mut context = Context { texts: &mut texts, style, rule: &|_| None };
        write(format, &report, &mut context, &mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn full_shows_both_files_and_obeys_no_escape_sequence() {
        insta::assert_snapshot!(print(Format::Full));
    }

    #[test]
    fn every_format_names_the_rule_and_the_place() {
        use clap::ValueEnum as _;
        for &format in Format::value_variants() {
            let text = print(format);
            assert!(text.contains("anti-affinity-required"), "{format:?}: {text}");
            assert!(text.contains("values.yaml"), "{format:?}: {text}");
            assert!(!text.contains('\u{1b}'), "{format:?}: {text}");
        }
    }

    #[test]
    fn no_format_passes_on_what_a_terminal_obeys() {
        use clap::ValueEnum as _;
        let (mut report, mut texts) = sample();
        report.findings[0].message = "\u{1b}[2J\u{9b}31m\u{202e}\u{7f}".into();
        report.findings[0].location.file = "a\u{1b}\u{202e}.yaml".into();
        for &format in Format::value_variants() {
            let mut out = Vec::new();
            let style = Style { color: false, width: 100 };
            let mut context = Context { texts: &mut texts, style, rule: &|_| None };
            write(format, &report, &mut context, &mut out).expect("a vector takes everything");
            let text = String::from_utf8(out).expect("UTF-8");
            assert!(!text.replace("\r\n", "\n").contains(escape::acts), "{format:?}: {text}");
        }
    }

    #[test]
    fn json_reads_back_as_the_same_report() {
        let (report, _) = sample();
        let read: Report = serde_json::from_str(&print(Format::Json)).expect("JSON");
        assert_eq!(read, report);
    }

    /// `UPDATE_SCHEMA=1 cargo test schema` writes it anew.
    #[test]
    fn the_published_schema_of_reports_is_made_from_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        let made = serde_json::to_string_pretty(&model::schema()).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &made).expect("a file");
        }
        let published = std::fs::read_to_string(path).expect("the schema is published");
        assert!(made == published, "run with UPDATE_SCHEMA=1, and read the difference");
    }

    #[test]
    fn concise_is_one_line_a_finding() {
        assert_eq!(
            print(Format::Concise),
            "values.yaml:2:11: error anti-affinity-required: `5` replicas | may <all> run on one node\\u{1b}[0m\n"
        );
    }

    #[test]
    fn sarif_counts_from_one_and_relates() {
        let log: serde_json::Value = serde_json::from_str(&print(Format::Sarif)).expect("JSON");
        let result = &log["runs"][0]["results"][0];
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!((&region["startLine"], &region["startColumn"]), (&2.into(), &11.into()));
        assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(2));
        assert_eq!(result["partialFingerprints"]["plimsoll/v1"], "f1");
    }
}
