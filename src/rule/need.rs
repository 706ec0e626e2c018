//! Conditions on an object without which a rule cannot find anything in it.

mod sieve;

use std::borrow::Cow;
use std::cell::OnceCell;

use memchr::memmem::Finder;

use super::company::Company;
use crate::kube::{Object, lifecycle};
use crate::yaml::{Document, Kind, Mark, Marks, Sign};
pub(crate) use sieve::Sieve;

/// A condition on an object that can be tested without a walk through it.
#[derive(Debug, Clone)]
pub(crate) enum Need {
    /// One of these marks is in the object's document.
    Marks(Vec<Mark>),
    /// All of these marks are in the object's document.
    Every(Vec<Mark>),
    /// The object's text, with comments, or one of its scalars contains this.
    Part(Box<Finder<'static>>),
    /// The object is of this kind.
    Kind(String),
    /// An object of this kind is deployed together with it.
    Beside(String),
    /// The object in the Git revision that a run compares with is known.
    Before,
    /// The object is a pod or creates pods, and has their spec.
    Pods,
    /// The object's API version is deprecated or removed for its kind, in some version of Kubernetes.
    Outdated,
    /// All of these.
    All(Vec<Need>),
    /// Any of these.
    Any(Vec<Need>),
}

/// What is known of an object without a walk through it.
#[derive(Debug)]
pub(crate) struct Traits<'n> {
    kind: &'n str,
    api_version: &'n str,
    /// Whether it is a pod or creates pods, and has their spec.
    pub(crate) pods: bool,
    document: &'n Document,
    /// The marks of its document, which are collected when they are first needed.
    marks: OnceCell<Cow<'n, Marks>>,
    /// Whether it is the whole document and judged only once, so that its text is only searched once.
    whole: bool,
    /// The objects that are deployed together, including this one.
    company: &'n Company,
    /// Whether the object in the Git revision that a run compares with is known.
    before: bool,
}

impl<'n> Traits<'n> {
    /// Collects what is known of an object; `pods` is whether it is a pod or creates pods, and has their spec.
    pub(crate) fn of(object: &Object<'n>, pods: bool, company: &'n Company, before: bool) -> Self {
        let Object { node, kind, api_version, .. } = *object;
        let whole = node.parent().is_none() && !object.is_sort();
        let marks = OnceCell::new();
        Self { kind, api_version, pods, document: node.document(), marks, whole, company, before }
    }

    #[inline]
    fn marks(&self) -> &Marks {
        self.marks.get().map_or_else(|| self.new_marks(), |marks| &**marks)
    }

    fn new_marks(&self) -> &Marks {
        // The marks are only kept with the document if it has several objects, or several sorts of pods.
        self.marks.get_or_init(|| match self.whole {
            true => Cow::Owned(Marks::of(self.document)),
            false => Cow::Borrowed(self.document.marks()),
        })
    }

    /// False if no object of this kind is deployed together with the object; true if it is not known what is.
    fn may_stand_beside(&self, kind: &str) -> bool {
        self.company.is_empty() || self.company.objects().has_kind(kind)
    }

    /// False if no text of the object contains a part.
    fn may_have(&self, part: &Finder<'_>) -> bool {
        let found = |text: &str| part.find(text.as_bytes()).is_some();
        !self.whole || self.document.texts().any(found)
    }
}

/// What is known of several objects at once.
#[derive(Debug)]
pub struct Crowd {
    /// The marks of any of their documents.
    marks: Marks,
    /// Whether any of them is a pod or creates pods, and has their spec.
    pods: bool,
}

impl Crowd {
    /// Collects what is known of these objects.
    #[must_use]
    pub fn of(objects: &[Object<'_>]) -> Self {
        let mut documents: Vec<&Document> =
            objects.iter().map(|object| object.node.document()).collect();
        documents.dedup_by(|one, other| std::ptr::eq(*one, *other));
        let marks = Marks::of_any(documents);
        Self { marks, pods: objects.iter().any(|object| object.pod_spec().is_some()) }
    }
}

impl Default for Need {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Need {
    /// A condition that every object meets.
    pub(crate) const NOTHING: Self = Self::All(Vec::new());
    /// A condition that no object meets.
    pub(crate) const NEVER: Self = Self::Any(Vec::new());

    /// True for a condition that no object meets by its form.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self, Self::Any(parts) if parts.is_empty())
    }

    /// Under a key with this name, or with `within` in a collection there, is something that is not a text.
    pub(crate) fn no_text(name: &str, within: bool) -> Self {
        let typed = if within { Sign::WithinTyped(name) } else { Sign::HoldsTyped(name) };
        Self::sign(typed).or(Self::other(name, Kind::Scalar, within))
    }

    /// An object of one of these kinds is deployed together with this one.
    pub(crate) fn beside(kinds: &[String]) -> Self {
        kinds.iter().cloned().map(Self::Beside).fold(Self::NEVER, Self::or)
    }

    /// A mark of the object's document.
    fn sign(sign: Sign<'_>) -> Self {
        Mark::of(sign).map_or(Self::NOTHING, |mark| Self::Marks(vec![mark]))
    }

    /// A key with this name. Keys that nearly all objects have are not tested.
    pub(crate) fn key(name: &str) -> Self {
        match name {
            "metadata" | "name" | "spec" => Self::NOTHING,
            _ => Self::sign(Sign::Key(name)),
        }
    }

    /// A scalar, possibly a key, that equals this text.
    pub(crate) fn text(text: &str) -> Self {
        Self::sign(Sign::Text(text)).or(Self::key(text))
    }

    /// A text that contains this part.
    pub(crate) fn part(part: &str) -> Self {
        Self::Part(Box::new(Finder::new(part).into_owned()))
    }

    /// Under a key with this name, or with `within` in a collection there, is something that is not of this kind.
    pub(crate) fn other(name: &str, kind: Kind, within: bool) -> Self {
        let others = [Kind::Scalar, Kind::Sequence, Kind::Mapping].into_iter();
        let sign = |kind| match within {
            true => Sign::Within(name, kind),
            false => Sign::Holds(name, kind),
        };
        let others = others.filter(|other| *other != kind).map(|kind| Self::sign(sign(kind)));
        others.fold(Self::NEVER, Self::or)
    }

    /// Both conditions hold.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        let parts = |need| match need {
            Self::All(parts) => parts,
            one => vec![one],
        };
        let (mut all, mut every) = (Vec::new(), Vec::new());
        for part in [parts(self), parts(other)].into_iter().flatten() {
            match part {
                Self::Every(own) => every.extend(own),
                Self::Marks(own) if own.len() == 1 => every.extend(own),
                other => all.push(other),
            }
        }
        // Marks are the quickest to test.
        match every.len() {
            0 => {}
            1 => all.insert(0, Self::Marks(every)),
            _ => all.insert(0, Self::Every(every)),
        }
        joined(all, Self::All)
    }

    /// At least one of two conditions holds.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        let parts = |need| match need {
            Self::Any(parts) => parts,
            one => vec![one],
        };
        let (mut all, mut marks) = (Vec::new(), Vec::new());
        for part in [parts(self), parts(other)].into_iter().flatten() {
            match part {
                Self::Marks(own) => marks.extend(own),
                other => all.push(other),
            }
        }
        if !marks.is_empty() {
            all.insert(0, Self::Marks(marks));
        }
        joined(all, Self::Any)
    }

    /// False only if the object does not meet the condition. A sieve calls this for conditions that are not marks.
    fn may_be_met(&self, traits: &Traits<'_>) -> bool {
        match self {
            Self::Part(part) => traits.may_have(part),
            Self::Kind(kind) => traits.kind == kind,
            Self::Beside(kind) => traits.may_stand_beside(kind),
            Self::Before => traits.before,
            Self::Pods => traits.pods,
            Self::Outdated => lifecycle(traits.api_version, traits.kind).is_some(),
            Self::Marks(_) | Self::Every(_) | Self::All(_) | Self::Any(_) => {
                Sieve::of(self).lets_through(traits)
            }
        }
    }
}

/// Joins conditions; a single one stays as it is.
fn joined(parts: Vec<Need>, whole: fn(Vec<Need>) -> Need) -> Need {
    match <[Need; 1]>::try_from(parts) {
        Ok([only]) => only,
        Err(parts) => whole(parts),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::kube::objects;
    use crate::rule::RuleSet;
    use crate::source::{SourceId, Sources};
    use crate::yaml;

    /// Whether a rule with one check runs on a pod with this in its spec.
    fn is_run(check: &str, spec: &str) -> bool {
        is_run_in("object", check, spec, &[])
    }

    /// The same for a rule of some scope, with objects of these kinds deployed beside the pod.
    fn is_run_in(scope: &str, check: &str, spec: &str, beside: &[&str]) -> bool {
        is_run_on("v1, kind: Pod", scope, check, spec, beside)
    }

    /// The same for an object of some kind.
    fn is_run_on(kind: &str, scope: &str, check: &str, spec: &str, beside: &[&str]) -> bool {
        let mut set = RuleSet::default();
        let text = format!(
            "id: own\ngroup: own\nseverity: error\nsince: 0.1.0\nsummary: s\nwhy: w\nfix: f\nparams: {{mode: {{type: string, default: strict, about: a}}}}\nscope: {scope}\nkinds: [any]\nchecks:\n  - {{{check}, at: object.kind, message: m}}\n"
        );
        set.add(&Sources::default(), "rule.yaml", &text);
        assert!(set.errors.is_empty(), "{:?}", set.errors);
        let rule = Arc::clone(set.rules[0].rule());
        let pod = format!("{{apiVersion: {kind}, metadata: {{name: web}}, spec: {{{spec}}}}}");
        let others = beside.iter().map(|kind| format!("\n---\n{{apiVersion: v1, kind: {kind}}}"));
        let text = std::iter::once(pod).chain(others).collect::<String>();
        let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(text));
        let found = objects(&stream.documents[0]);
        let company = Company::of(&stream.documents);
        rule.logic()
            .first_concerning(&Traits::of(
                &found[0],
                found[0].pod_spec().is_some(),
                &company,
                false,
            ))
            .is_some()
    }

    #[test]
    fn a_rule_is_run_where_what_it_asks_for_comes_up() {
        for (check, lacking, having) in [
            ("forbid: has(pod.hostPID)", "hostIPC: true", "hostPID: false"),
            ("forbid: pod.?hostPID.orValue(false)", "hostIPC: true", "hostPID: false"),
            ("forbid: pod.?a.?b.hasValue()", "a: {c: 1}", "a: {b: 1}"),
            ("require: '!has(pod.a) || has(pod.b)'", "b: 1", "a: 1"),
            ("forbid: has(pod.a) && has(pod.b)", "a: 1", "a: 1, b: 1"),
            ("when: has(pod.a), forbid: 'true'", "b: 1", "a: 1"),
            ("for: {x: 'pod.list[*].part'}, forbid: 'true'", "list: []", "list: [{part: 1}]"),
            ("let: {x: 'pod.?x.orValue(1)'}, forbid: x > 1", "y: 2", "x: 1"),
            ("forbid: \"pod.?list.orValue([]).exists(x, x == 1)\"", "a: 1", "list: []"),
            ("forbid: \"containers.exists(c, has(c.tty))\"", "a: 1", "containers: [{tty: no}]"),
            ("forbid: \"pod.?dns.orValue('') == 'None'\"", "dns: Default", "dns: None"),
            ("forbid: \"pod.?dns.orValue('') in ['A', 'B']\"", "dns: C", "dns: B"),
            ("for: {x: 'pod.map[~]'}, forbid: x == 'a'", "map: {b: 1}", "map: {a: 1}"),
            (
                "for: {x: 'pod.args[*]'}, forbid: \"text(x).contains('-Xmx')\"",
                "args: [-Xms1g]",
                "args: ['java -Xmx1g']",
            ),
            ("forbid: \"object.kind == 'Job' || has(pod.job)\"", "a: 1", "job: 1"),
            ("for: {x: 'pod.map[*]'}, forbid: type(x) != string", "map: {a: b}", "map: {a: 1}"),
            ("for: {x: 'pod.field'}, require: type(x) == string", "field: a", "field: [a]"),
        ] {
            assert!(!is_run(check, lacking), "{check}: {lacking}");
            assert!(is_run(check, having), "{check}: {having}");
        }
    }

    #[test]
    fn a_rule_on_rights_is_run_where_their_words_come_up() {
        for wanted in ["['apps'], ['pods/exec', 'pods/*'], ['create']", "groups, parts, verbs"] {
            let check = format!(
                "let: {{groups: \"['apps']\", parts: \"['pods/exec']\", verbs: \"['create']\"}}, for: {{x: 'pod.rules[*]'}}, forbid: \"grants(x, {wanted})\""
            );
            let granting = |groups: &str, resources: &str, verbs: &str| {
                let rule =
                    format!("apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]");
                is_run(&check, &format!("rules: [{{{rule}}}]"))
            };
            assert!(granting("apps", "pods/exec", "create"), "{wanted}");
            assert!(granting("'*'", "'*/exec'", "'*'"), "{wanted}");
            assert!(granting("apps", "'*'", "create"), "{wanted}");
            assert!(!granting("batch", "pods/exec", "create"), "{wanted}");
            assert!(!granting("apps", "pods/log", "create"), "{wanted}");
            assert!(!granting("apps", "pods/exec", "get"), "{wanted}");
            assert!(is_run(&check, "rules: [text]"), "{wanted}");
        }
    }

    #[test]
    fn a_rule_is_run_where_it_may_come_to_an_error_or_misses_something() {
        for (check, spec) in [
            ("require: has(pod.limits)", "a: 1"),
            ("forbid: pod.number > 1", "a: 1"),
            ("forbid: pod.?dns.orValue('None') == 'None'", "a: 1"),
            ("when: pod.number == 1, forbid: has(pod.a)", "b: 1"),
            ("for: {x: 'pod.list[*]'}, forbid: has(x.a)", "list: [text]"),
            ("for: {x: 'pod.args[*]'}, forbid: \"text(x).contains('-Xmx')\"", "args: [{a: 1}]"),
            ("for: {x: 'pod.args[*]'}, forbid: \"x.contains('-Xmx')\"", "args: [1]"),
            ("forbid: \"text(pod.?a.orValue('')) == 'true'\"", "a: yes"),
            ("forbid: \"params.?mode.orValue('') == 'strict'\"", "a: 1"),
        ] {
            assert!(is_run(check, spec), "{check}: {spec}");
        }
    }

    #[test]
    fn a_rule_is_run_where_what_it_looks_for_is_deployed() {
        for check in [
            "forbid: \"size(ofKind(objects, 'Service')) > 0\"",
            "forbid: \"ofKind(objects, 'Service').exists(o, has(o.spec))\"",
            "forbid: \"objects.exists(o, o.kind == 'Service' && has(o.spec))\"",
            "forbid: \"objects.exists(o, o.kind in ['Service', 'Ingress'] && has(o.spec))\"",
            "let: {x: \"objects.filter(o, o.kind == 'Service')\"}, when: size(x) > 0, forbid: 'true'",
        ] {
            assert!(!is_run_in("release", check, "", &["ConfigMap"]), "{check}");
            assert!(is_run_in("release", check, "", &["ConfigMap", "Service"]), "{check}");
        }
        let missing = "require: \"objects.exists(o, o.kind == 'Service')\"";
        assert!(is_run_in("release", missing, "", &["ConfigMap"]), "{missing}");
    }

    #[test]
    fn a_rule_on_containers_is_run_where_there_are_pods() {
        let check = "for: {x: 'containers[*]'}, forbid: \"'image' in x\"";
        assert!(is_run(check, "a: 1"));
        assert!(!is_run_on("v1, kind: ConfigMap", "object", check, "", &[]));
    }

    #[test]
    fn a_rule_on_lifecycles_is_run_where_a_kind_has_one() {
        let check = "forbid: 'lifecycle(object.apiVersion, object.kind).removed > 0'";
        assert!(is_run_on("batch/v1beta1, kind: CronJob", "object", check, "", &[]));
        assert!(!is_run_on("batch/v1, kind: CronJob", "object", check, "", &[]));
    }

    #[test]
    fn a_rule_on_a_change_is_run_where_there_is_one() {
        assert!(!is_run("for: {was: 'base.spec'}, forbid: 'true'", "a: 1"));
    }
}
