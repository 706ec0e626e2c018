//! `.Capabilities`: the APIs and versions of a cluster, for a given Kubernetes version.

use std::borrow::Cow;
use std::rc::Rc;

use super::call::text;
use super::origin::{OriginId, Origins};
use super::value::{Object, Value};

/// The default Kubernetes version of Helm 4.1 (its client-go is 0.35).
pub const DEFAULT_KUBE_VERSION: &str = "v1.35.0";
/// The build information of the Helm version whose behaviour is mirrored, with field names in Go and in JSON.
const BUILD_INFO: [(&str, &str, &str); 5] = [
    ("Version", "version", "v4.1.4"),
    ("GitCommit", "git_commit", "05fa37973dc9e42b76e1d2883494c87174b6074f"),
    ("GitTreeState", "git_tree_state", "clean"),
    ("GoVersion", "go_version", "go1.25.9"),
    ("KubeClientVersion", "kube_client_version", "v1.35"),
];

/// The group versions that client-go 0.35 registers, in its order: `v1`, then by group, the preferred version first.
const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha1",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// A Kubernetes version, as in `.Capabilities.KubeVersion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeVersion {
    /// As it was given, with a `v`: `v1.33.4-gke.1245000`.
    pub version: String,
    /// Without suffixes, for constraints: `v1.33.4`, or `v1.33` if there is no patch number.
    pub normalized: String,
    major: String,
    minor: String,
}

impl KubeVersion {
    /// Parses a version such as `1.30` or `v1.30.2`, which may have a suffix.
    ///
    /// # Errors
    /// Helm's message if it is not a version.
    pub fn parse(given: &str) -> Result<Self, String> {
        let invalid = || format!("could not parse {given:?} as version");
        let digits = given.strip_prefix('v').unwrap_or(given);
        let core_end =
            digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let core = digits[..core_end].trim_end_matches('.');
        let parts: Vec<&str> = core.split('.').collect();
        if let [first, _, ..] = &parts[..]
            && first.starts_with('0')
            && *first != "0"
        {
            return Err(format!("illegal zero-prefixed version component {first:?} in {given:?}"));
        }
        let numbers: Result<Vec<u32>, _> = parts.iter().map(|part| part.parse()).collect();
        let numbers = numbers.map_err(|_| invalid())?;
        let [major, minor, rest @ ..] = &numbers[..] else {
            return Err(format!("illegal version string {given:?}"));
        };
        // A missing patch number is not added: the version is printed without it.
        let patch = rest.first().map(|patch| format!(".{patch}")).unwrap_or_default();
        Ok(Self {
            version: format!("v{digits}"),
            normalized: format!("v{major}.{minor}{patch}"),
            major: major.to_string(),
            minor: minor.to_string(),
        })
    }
}

impl Object for KubeVersion {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn call(&self, name: &str, _: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        let text = match name {
            "Version" | "GitVersion" => &self.version,
            "Major" => &self.major,
            "Minor" => &self.minor,
            "String" => &self.normalized,
            _ => return None,
        };
        Some(Ok(Value::str(text, OriginId::NONE)))
    }

    fn print(&self) -> String {
        self.normalized.clone()
    }

    fn fields(&self, origin: OriginId) -> Option<Vec<(&'static str, Value)>> {
        let fields = [("Version", &self.version), ("Major", &self.major), ("Minor", &self.minor)];
        Some(fields.map(|(name, text)| (name, Value::str(text, origin))).to_vec())
    }

    fn copied(&self) -> Option<Rc<dyn Object>> {
        Some(Rc::new(CopiedVersion(self.clone())))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// A copy of `.Capabilities.KubeVersion`, as functions get it: the methods belong to the pointer type in Go, so the
/// copy has none of them and is printed as a struct.
#[derive(Debug)]
struct CopiedVersion(KubeVersion);

impl Object for CopiedVersion {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn call(&self, name: &str, args: &[Value], origins: &Origins) -> Option<Result<Value, String>> {
        let is_method = matches!(name, "String" | "GitVersion");
        if is_method { None } else { self.0.call(name, args, origins) }
    }

    fn print(&self) -> String {
        let KubeVersion { version, normalized, major, minor } = &self.0;
        format!("{{{version} {normalized} {major} {minor}}}")
    }

    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        let KubeVersion { version, normalized, major, minor } = &self.0;
        let members = [
            ("Version", version),
            ("normalizedVersion", normalized),
            ("Major", major),
            ("Minor", minor),
        ];
        Some(members.map(|(name, text)| (name, Value::str(text, OriginId::NONE))).to_vec())
    }

    fn fields(&self, origin: OriginId) -> Option<Vec<(&'static str, Value)>> {
        self.0.fields(origin)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// Whether a cluster with Kubernetes 1.n has an API: `policy/v1`, or `policy/v1/PodDisruptionBudget`.
pub type Serves = fn(&str, u32) -> bool;

#[derive(Debug)]
struct VersionSet {
    listed: Vec<Cow<'static, str>>,
    /// APIs that the cluster has in addition.
    serves: Serves,
    minor: u32,
}

impl Object for VersionSet {
    fn type_name(&self) -> &'static str {
        "common.VersionSet"
    }

    fn call(&self, name: &str, args: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        (name == "Has").then(|| {
            let wanted = text(args, 0)?.as_str();
            let is_listed = self.listed.iter().any(|version| version == wanted);
            Ok(Value::bool(is_listed || (self.serves)(wanted, self.minor), OriginId::NONE))
        })
    }

    fn print(&self) -> String {
        format!("[{}]", self.listed.join(" "))
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.listed.iter().map(|version| Value::str(version, OriginId::NONE)).collect())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[derive(Debug)]
struct BuildInfo;

impl Object for BuildInfo {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn call(&self, name: &str, _: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        let (.., text) = BUILD_INFO.iter().find(|(field, ..)| *field == name)?;
        Some(Ok(Value::str(text, OriginId::NONE)))
    }

    fn fields(&self, origin: OriginId) -> Option<Vec<(&'static str, Value)>> {
        Some(BUILD_INFO.map(|(_, name, text)| (name, Value::str(text, origin))).to_vec())
    }

    fn print(&self) -> String {
        format!("{{{}}}", BUILD_INFO.map(|(.., text)| text).join(" "))
    }

    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(BUILD_INFO.map(|(name, _, text)| (name, Value::str(text, OriginId::NONE))).to_vec())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[derive(Debug)]
struct Capabilities {
    kube: Value,
    versions: Value,
    helm: Value,
}

impl Object for Capabilities {
    fn type_name(&self) -> &'static str {
        "*common.Capabilities"
    }

    fn call(&self, name: &str, _: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        let value = match name {
            "KubeVersion" => &self.kube,
            "APIVersions" => &self.versions,
            "HelmVersion" => &self.helm,
            _ => return None,
        };
        Some(Ok(value.clone()))
    }

    fn fields(&self, _: OriginId) -> Option<Vec<(&'static str, Value)>> {
        let fields = [
            ("KubeVersion", &self.kube),
            ("APIVersions", &self.versions),
            ("HelmVersion", &self.helm),
        ];
        Some(fields.map(|(name, field)| (name, field.clone())).to_vec())
    }

    fn print(&self) -> String {
        format!("&{}", self.shown())
    }

    fn shown(&self) -> String {
        let kube = self.kube.clone().handed_over();
        format!("{{{} {} {}}}", print(&kube), print(&self.versions), print(&self.helm))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn print(value: &Value) -> String {
    super::print::plain(value)
}

/// Makes `.Capabilities` of a version, with API versions in addition to those that `helm template` knows.
pub(super) fn capabilities(kube: &KubeVersion, extra: &[String], serves: Serves) -> Value {
    let versions = API_VERSIONS.iter().map(|version| Cow::Borrowed(*version));
    let listed = versions.chain(extra.iter().cloned().map(Cow::Owned)).collect();
    let versions = VersionSet { listed, serves, minor: kube.minor.parse().unwrap_or(0) };
    let object =
        |object: Rc<dyn Object>| Value::new(super::value::Data::Object(object), OriginId::NONE);
    object(Rc::new(Capabilities {
        kube: object(Rc::new(kube.clone())),
        versions: object(Rc::new(versions)),
        helm: object(Rc::new(BuildInfo)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::print;
    use crate::helm::rope::Rope;
    use crate::helm::value::Data;

    #[test]
    fn versions_are_read_as_kubernetes_reads_them() {
        let version = KubeVersion::parse("1.33.4-gke.1").unwrap();
        assert_eq!(
            (version.version.as_str(), version.normalized.as_str()),
            ("v1.33.4-gke.1", "v1.33.4")
        );
        assert_eq!(KubeVersion::parse("v1.30").unwrap().normalized, "v1.30");
        assert_eq!(KubeVersion::parse("1.30.02").unwrap().version, "v1.30.02");
        assert_eq!(KubeVersion::parse("1.30.02").unwrap().normalized, "v1.30.2");
        for (given, want) in [
            ("1", "illegal version string \"1\""),
            ("01.30", "illegal zero-prefixed version component \"01\" in \"01.30\""),
            ("x", "could not parse \"x\" as version"),
            ("1.x", "illegal version string \"1.x\""),
            ("", "could not parse \"\" as version"),
        ] {
            assert_eq!(KubeVersion::parse(given).unwrap_err(), want);
        }
        assert_eq!(KubeVersion::parse("0.30").unwrap().major, "0");
    }

    #[test]
    fn printf_writes_structs_field_by_field() {
        let kube = KubeVersion::parse("1.30.2").unwrap();
        let capabilities = capabilities(&kube, &[], |_, _| false);
        let Data::Object(object) = &capabilities.data else { panic!("an object") };
        let origins = Origins::default();
        let kube = object.call("KubeVersion", &[], &origins).unwrap().unwrap().handed_over();
        for (format, want) in [
            ("%v", "{v1.30.2 v1.30.2 1 30}"),
            ("%+v", "{Version:v1.30.2 normalizedVersion:v1.30.2 Major:1 Minor:30}"),
            ("%q", "{\"v1.30.2\" \"v1.30.2\" \"1\" \"30\"}"),
            (
                "%#v",
                "common.KubeVersion{Version:\"v1.30.2\", normalizedVersion:\"v1.30.2\", \
                 Major:\"1\", Minor:\"30\"}",
            ),
        ] {
            let format = Rope::new(format, OriginId::NONE);
            let shown = print::sprintf(&format, std::slice::from_ref(&kube), &origins);
            assert_eq!(shown.as_str(), want);
        }
        assert!(print::plain(&capabilities).starts_with("&{{v1.30.2 "));
        assert!(print::shown(&capabilities, &origins).as_str().starts_with("{{v1.30.2 "));
    }

    /// client-go registers `v1`, with the kinds that all versions share, before any group.
    #[test]
    fn api_versions_begin_with_v1() {
        let known: std::collections::BTreeSet<_> = API_VERSIONS.iter().collect();
        assert_eq!((API_VERSIONS[0], known.len()), ("v1", API_VERSIONS.len()), "each once");
    }
}
