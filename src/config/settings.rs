//! The types of `plimsoll.yaml`. Reading and the JSON Schema both come from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::read::Spanned;

/// Everything `plimsoll.yaml` can say.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct Settings {
    /// The set of rules to start from: `recommended` by default, `all` for every rule.
    pub preset: Option<Spanned<String>>,
    /// Rules or groups to switch on in addition to those of the preset.
    pub select: Vec<Spanned<String>>,
    /// Rules or groups to switch off.
    pub ignore: Vec<Spanned<String>>,
    /// Severity and parameters of single rules, by rule id.
    pub rules: BTreeMap<String, Spanned<RuleSettings>>,
    /// Different settings for some paths; the last entry that matches wins.
    pub overrides: Vec<Spanned<Override>>,
    /// Findings that you accept, by object, container, release or path.
    pub exemptions: Vec<Spanned<Exemption>>,
    /// Releases that plimsoll cannot read from the repository, or that differ from what it reads.
    pub releases: Vec<Spanned<ReleaseSettings>>,
    /// Where charts lie: from a chart as releases name it to a directory or a `.tgz`, relative to
    /// this file.
    pub charts: BTreeMap<String, Spanned<String>>,
    /// URLs of chart repositories, `https://…` or `oci://…`, by the alias that releases know them by.
    pub repositories: BTreeMap<String, Spanned<String>>,
    /// Folders with rules of your own, relative to this file.
    pub rule_paths: Vec<Spanned<String>>,
    /// Files with `CustomResourceDefinitions` or JSON Schemas of custom resources.
    pub schemas: Vec<Spanned<String>>,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// Paths to leave out, as globs relative to this file.
    pub exclude: Vec<Spanned<String>>,
    /// The Kubernetes version to lint for, unless a release sets its own.
    pub kube_version: Option<Spanned<String>>,
    /// APIs that all clusters have besides Kubernetes' own, for templates that ask: `monitoring.coreos.com/v1`.
    pub api_versions: Vec<Spanned<String>>,
}

/// Severity and parameters of one rule. A severity alone stands for `{severity: …}`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields, transform = or_severity)]
pub struct RuleSettings {
    /// How much the rule's findings weigh; `off` switches it off.
    pub severity: Option<Spanned<Level>>,
    /// The rule's parameters, as `plimsoll rule <id>` lists them.
    pub params: BTreeMap<String, Spanned<serde_json::Value>>,
}

/// A severity, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Fails a run.
    Error,
    /// Likely wrong.
    Warning,
    /// Worth knowing.
    Info,
    /// Not looked for.
    Off,
}

/// Settings for the files that match `paths`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct Override {
    /// Globs relative to this file.
    pub paths: Vec<Spanned<String>>,
    /// Rules or groups to switch on.
    pub select: Vec<Spanned<String>>,
    /// Rules or groups to switch off.
    pub ignore: Vec<Spanned<String>>,
    /// Severity and parameters of single rules, by rule id.
    pub rules: BTreeMap<String, Spanned<RuleSettings>>,
}

/// Findings that are known and accepted: those that everything given here fits. What is not
/// given fits all.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct Exemption {
    /// Rules or groups; at least one.
    pub rules: Vec<Spanned<String>>,
    /// Objects as `Kind/name`; `*` stands for any text.
    pub objects: Vec<Spanned<String>>,
    /// Names of containers; `*` stands for any text.
    pub containers: Vec<Spanned<String>>,
    /// Releases as `namespace/name`; `*` stands for any text.
    pub releases: Vec<Spanned<String>>,
    /// Globs relative to this file.
    pub paths: Vec<Spanned<String>>,
    /// Why they are accepted.
    pub reason: Option<Spanned<String>>,
    /// The last day on which they are, `2027-03-01`.
    pub until: Option<Spanned<String>>,
}

/// A release, declared in `plimsoll.yaml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct ReleaseSettings {
    /// The release's name.
    pub name: Option<Spanned<String>>,
    /// The namespace it is installed in.
    pub namespace: Option<Spanned<String>>,
    /// Its chart.
    pub chart: Option<Spanned<ChartSettings>>,
    /// Values layers, the last wins: files relative to this file, or values themselves.
    pub values: Vec<Spanned<ValuesEntry>>,
    /// Single values on top of the layers, as `helm --set` names them.
    pub set: BTreeMap<String, Spanned<serde_json::Value>>,
    /// The Kubernetes version of its cluster.
    pub kube_version: Option<Spanned<String>>,
    /// APIs that its cluster has besides Kubernetes' own, for templates that ask: `monitoring.coreos.com/v1`.
    pub api_versions: Vec<Spanned<String>>,
}

/// A chart. A text alone is read as `helm install` reads it: a path, `alias/name` or `oci://…`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields, transform = or_text)]
pub struct ChartSettings {
    /// The chart's name in its repository.
    pub name: Option<Spanned<String>>,
    /// The repository's URL, `https://…` or `oci://…`.
    pub repository: Option<Spanned<String>>,
    /// The chart's version.
    pub version: Option<Spanned<String>>,
    /// The chart's directory or `.tgz`, relative to this file.
    pub path: Option<Spanned<String>>,
}

/// One values layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuesEntry {
    /// A file, relative to the configuration.
    File(String),
    /// The values themselves stand here.
    Inline,
}

/// Facts of the cluster that rules may use.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(deny_unknown_fields)]
pub struct Cluster {
    /// How many nodes pods can run on.
    pub nodes: Option<Spanned<u32>>,
    /// How many zones these nodes are spread over.
    pub zones: Option<Spanned<u32>>,
    /// What the largest node has for pods, in CPU cores: `3920m`, `8`.
    pub node_cpu: Option<Spanned<String>>,
    /// What the largest node has for pods, in memory: `14Gi`.
    pub node_memory: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for ValuesEntry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ValuesEntry;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a values file or a map of values")
            }
            fn visit_str<E>(self, text: &str) -> Result<ValuesEntry, E> {
                Ok(ValuesEntry::File(text.to_owned()))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ValuesEntry, A::Error> {
                while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
                Ok(ValuesEntry::Inline)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for ValuesEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ValuesEntry".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A values file, or the values themselves.",
            "type": ["string", "object"]
        })
    }
}

/// Lets a severity stand for the whole.
fn or_severity(schema: &mut schemars::Schema) {
    or(schema, serde_json::json!({"enum": ["error", "warning", "info", "off"]}));
}

/// Lets a text stand for the whole.
fn or_text(schema: &mut schemars::Schema) {
    or(schema, serde_json::json!({"type": "string"}));
}

fn or(schema: &mut schemars::Schema, shorthand: serde_json::Value) {
    let description = schema.get("description").cloned();
    let whole = std::mem::take(schema);
    let any = vec![shorthand, whole.to_value()];
    schema.insert("anyOf".to_owned(), serde_json::Value::Array(any));
    if let Some(description) = description {
        schema.insert("description".to_owned(), description);
    }
}
