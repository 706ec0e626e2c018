//! What must come up in an object for a rule to have anything to say about it.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::kube::Object;
use crate::yaml::{Document, Kind, Mark, Marks, Sign};

/// A condition on an object that is told without a walk through it.
#[derive(Debug, Clone)]
pub(crate) enum Need {
    /// Something comes up in its document.
    Mark(Mark),
    /// Its text, comments and all, or one of its scalars has this in it.
    Part(Box<Finder<'static>>),
    /// Its kind.
    Kind(String),
    /// All of these.
    All(Vec<Need>),
    /// Any of these.
    Any(Vec<Need>),
}

/// What is known of an object without a walk through it.
#[derive(Debug)]
pub(crate) struct Traits<'n> {
    kind: &'n str,
    /// Whether it is or makes pods, and has their spec.
    pub(crate) pods: bool,
    document: &'n Document,
    /// What comes up in the document. Only where several objects lie in it is that kept.
    marks: Cow<'n, Marks>,
    /// Whether it is all of its document, so that a look through that is not one of many.
    whole: bool,
}

impl<'n> Traits<'n> {
    pub(crate) fn of(object: &Object<'n>) -> Self {
        let Object { node, kind, .. } = *object;
        let (pods, whole) = (object.pod_spec().is_some(), node.parent().is_none());
        let document = node.document();
        let marks = match whole {
            true => Cow::Owned(Marks::of(document)),
            false => Cow::Borrowed(document.marks()),
        };
        Self { kind, pods, document, marks, whole }
    }

    /// False where no text of the object has a part.
    fn may_have(&self, part: &Finder<'_>) -> bool {
        let document = self.document;
        let text = &document.text()[document.span().range()];
        let mut texts = std::iter::once(text).chain(document.rewritten());
        !self.whole || texts.any(|text| part.find(text.as_bytes()).is_some())
    }
}

impl Default for Need {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Need {
    /// What every object meets.
    pub(crate) const NOTHING: Self = Self::All(Vec::new());
    /// What no object meets.
    pub(crate) const NEVER: Self = Self::Any(Vec::new());

    /// Something in the object's document.
    fn sign(sign: Sign<'_>) -> Self {
        Mark::of(sign).map_or(Self::NOTHING, Self::Mark)
    }

    /// A key of this name.
    pub(crate) fn key(name: &str) -> Self {
        Self::sign(Sign::Key(name))
    }

    /// A scalar that is this text, a key among them.
    pub(crate) fn text(text: &str) -> Self {
        Self::sign(Sign::Text(text)).or(Self::key(text))
    }

    /// A text with this in it.
    pub(crate) fn part(part: &str) -> Self {
        Self::Part(Box::new(Finder::new(part).into_owned()))
    }

    /// Under some key of this name stands, or with `within` in some collection there, what is not of
    /// this kind.
    pub(crate) fn other(name: &str, kind: Kind, within: bool) -> Self {
        let others = [Kind::Scalar, Kind::Sequence, Kind::Mapping].into_iter();
        let sign = |kind| match within {
            true => Sign::Within(name, kind),
            false => Sign::Holds(name, kind),
        };
        Self::Any(
            others.filter(|other| *other != kind).map(|kind| Self::sign(sign(kind))).collect(),
        )
    }

    /// Both of two conditions.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(all), other) | (other, Self::All(all)) if all.is_empty() => other,
            (Self::All(mut all), Self::All(others)) => {
                all.extend(others);
                Self::All(all)
            }
            (Self::All(mut all), other) | (other, Self::All(mut all)) => {
                all.push(other);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }

    /// One of two conditions.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any(any), other) | (other, Self::Any(any)) if any.is_empty() => other,
            (Self::Any(mut any), Self::Any(others)) => {
                any.extend(others);
                Self::Any(any)
            }
            (Self::Any(mut any), other) | (other, Self::Any(mut any)) => {
                any.push(other);
                Self::Any(any)
            }
            (one, other) => Self::Any(vec![one, other]),
        }
    }

    /// False only where the object does not meet it.
    pub(crate) fn may_be_met(&self, traits: &Traits<'_>) -> bool {
        match self {
            Self::Mark(mark) => traits.marks.may_have(*mark),
            Self::Part(part) => traits.may_have(part),
            Self::Kind(kind) => traits.kind == kind,
            Self::All(parts) => parts.iter().all(|part| part.may_be_met(traits)),
            Self::Any(parts) => parts.iter().any(|part| part.may_be_met(traits)),
        }
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

    /// Whether a rule of one check has to be run on a pod with this in its spec.
    fn is_run(check: &str, spec: &str) -> bool {
        let mut set = RuleSet::default();
        let text = format!(
            "id: own\ngroup: own\nseverity: error\nsince: 0.1.0\nsummary: s\nwhy: w\nfix: f\nkinds: [pods]\nchecks:\n  - {{{check}, at: object.kind, message: m}}\n"
        );
        set.add(&Sources::default(), "rule.yaml", &text);
        assert!(set.errors.is_empty(), "{:?}", set.errors);
        let rule = Arc::clone(set.rules[0].rule());
        let pod =
            format!("{{apiVersion: v1, kind: Pod, metadata: {{name: web}}, spec: {{{spec}}}}}");
        let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(pod));
        let found = objects(&stream.documents[0]);
        rule.logic().need.may_be_met(&Traits::of(&found[0]))
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
        ] {
            assert!(!is_run(check, lacking), "{check}: {lacking}");
            assert!(is_run(check, having), "{check}: {having}");
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
        ] {
            assert!(is_run(check, spec), "{check}: {spec}");
        }
    }
}
