use std::path::Path;

use super::*;

fn config(text: &str) -> (Config, Vec<String>) {
    let sources = Sources::default();
    let config = parse(Path::new("plimsoll.yaml"), "plimsoll.yaml", text, &sources);
    let said = config
        .findings
        .iter()
        .map(|finding| {
            let span = finding.primary.span;
            let line = sources.get(span.source).position(span.start).line;
            let help = finding.help.as_deref().unwrap_or("");
            format!("{line}: {} ({help})", finding.message)
        })
        .collect();
    (config, said)
}

#[test]
fn every_setting_is_read() {
    let (config, said) = config(
        "preset: reliability\nselect: [security]\nignore: [unset-cpu-limit]\nrules:\n  \
         anti-affinity-required:\n    severity: warning\n    params: {min-replicas: 3}\n  \
         image-tag-latest: off\noverrides:\n  - paths: [legacy/**]\n    ignore: [security]\n\
         releases:\n  - name: runner\n    chart: gitlab/gitlab-runner\n    values:\n      \
         - a.yaml\n      - replicas: 2\n    kube-version: 1.31\ncharts:\n  \
         gitlab/gitlab-runner: vendor/runner.tgz\ncluster: {nodes: 3, zones: 2}\nexclude: [tmp]\n",
    );
    assert_eq!(said, Vec::<String>::new());
    let settings = &config.settings;
    assert_eq!(settings.rules["anti-affinity-required"].params["min-replicas"].value, 3);
    let off = settings.rules["image-tag-latest"].severity.as_ref().map(|level| level.value);
    assert_eq!(off, Some(Level::Off));
    let release = &settings.releases[0];
    assert_eq!(
        release.chart.as_ref().and_then(|c| c.name.as_ref()).map(|n| n.as_str()),
        Some("gitlab/gitlab-runner")
    );
    assert_eq!(release.values[0].value, ValuesEntry::File("a.yaml".to_owned()));
    assert_eq!(release.values[1].value, ValuesEntry::Inline);
    assert_eq!(release.kube_version.as_ref().map(|v| v.as_str()), Some("1.31"));
    assert_eq!(settings.cluster.nodes.as_ref().map(|n| n.value), Some(3));
}

#[test]
fn every_fault_is_said_at_its_line_and_the_rest_holds() {
    let (config, said) = config(
        "preste: all\nselect: everything\nrules:\n  a:\n    severity: warn\n    parms: {}\n\
         cluster:\n  nodes: many\nexclude: [tmp]\n",
    );
    assert_eq!(said.len(), 5, "{said:#?}");
    assert_eq!(said[0], "1: `preste` is not a setting (did you mean `preset`?)");
    assert!(
        said[1].starts_with("2: this must be a list, and is the text `everything`"),
        "{}",
        said[1]
    );
    assert!(said[2].starts_with("5: `warn` is not one of"), "{}", said[2]);
    assert_eq!(said[3], "6: `parms` is not a setting (did you mean `params`?)");
    assert!(said[4].starts_with("8: "), "{}", said[4]);
    assert_eq!(config.settings.exclude[0].value, "tmp");
}

#[test]
fn what_is_of_another_type_is_said_in_the_words_of_yaml() {
    for (text, message) in [
        ("- preset: all\n", "1: this must be a mapping of settings, and is a list ()"),
        ("all\n", "1: this must be a mapping of settings, and is the text `all` ()"),
        ("cluster: [3]\n", "1: this must be a mapping of settings, and is a list ()"),
        (
            "cluster:\n  nodes: -1\n",
            "2: this must be a whole number that is not negative, and is the number `-1` ()",
        ),
        ("rules: [a]\n", "1: this must be a mapping, and is a list ()"),
        ("preset: {a: b}\n", "1: this must be a text, and is a mapping ()"),
    ] {
        assert_eq!(config(text).1, [message], "{text}");
    }
}

#[test]
fn a_further_document_is_a_fault() {
    let (config, said) = config("exclude: [tmp]\n---\n# nothing\n---\npreset: all\n");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("5: the configuration is one document"), "{said:?}");
    assert_eq!(config.settings.exclude[0].value, "tmp");
}

#[test]
fn an_empty_file_means_the_defaults() {
    for text in ["", "# nothing\n", "releases:\ncluster:\n"] {
        assert_eq!(config(text).1, Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn the_published_schema_is_made_from_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plimsoll.schema.json");
    let made = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).expect("a folder");
        std::fs::write(path, &made).expect("a file");
    }
    let published = std::fs::read_to_string(path).expect("the schema is published");
    assert!(made == published, "run with UPDATE_SCHEMA=1, and read the difference");
}
