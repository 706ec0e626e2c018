//! Follows paths through the schemas of built-in kinds, to tell whether there is such a field in any of them.

use std::collections::BTreeSet;

use super::shape::Shape;
use super::{NEWEST_MINOR, OLDEST_MINOR, is_of_others, table};
use crate::kube::lifecycle;

/// Fields of versions that are too old for a schema, with names that are nearly those of later fields: the `version` of
/// `apiextensions.k8s.io/v1beta1`, and the `group` of `authorization.k8s.io/v1beta1`.
const FORMER: [&str; 2] = ["group", "version"];

/// A place in objects of some kinds, by all schemas of these: each kind in each API version and version of Kubernetes.
#[derive(Debug, Clone)]
pub struct Site {
    shapes: Vec<(&'static Shape, u32)>,
    /// False if there may be further schemas, as of versions that are too old to have one here.
    complete: bool,
}

/// Where a step from a place leads.
#[derive(Debug, Clone)]
pub enum Below {
    /// To a place that a schema knows.
    Known(Site),
    /// Anything may be there.
    Open,
    /// No schema has anything there.
    Nothing,
}

impl Site {
    /// The objects of a kind: in one group, or in all groups of Kubernetes if none is given. `None` if no version with
    /// schemas serves it.
    #[must_use]
    pub fn of_kind(group: Option<&str>, kind: &str) -> Option<Self> {
        let is_meant = |&(version, known): &(&str, &str)| {
            known == kind && group.is_none_or(|group| super::group(version) == group)
        };
        let is_old = |api: &(&str, &str)| is_meant(api) && !is_of_others(api.0);
        let old = || lifecycle::kinds().filter(is_old);
        let apis: BTreeSet<_> = table::kinds().filter(is_meant).collect();
        let minors = || OLDEST_MINOR..=NEWEST_MINOR;
        let all = apis.into_iter().flat_map(|api| minors().map(move |minor| (api, minor)));
        let shapes: Vec<_> = all
            .filter_map(|((version, kind), minor)| match table::kind(version, kind, minor)? {
                table::Kind::Served(name) => Some((of_definition(name, minor)?, minor)),
                table::Kind::Elsewhere(..) => None,
            })
            .collect();
        let complete = old().all(|api| table::kinds().any(|known| known == api));
        (!shapes.is_empty()).then_some(Self { shapes, complete })
    }

    /// The same place, where objects may also be of other kinds with the same name.
    #[must_use]
    pub fn incomplete(self) -> Self {
        Self { complete: false, ..self }
    }

    /// This place or the other.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.shapes.extend(other.shapes);
        self.complete &= other.complete;
        self
    }

    /// What a field or an entry with this key holds.
    #[must_use]
    pub fn field(&self, name: &str) -> Below {
        let below = self.step(|shape| match shape {
            Shape::Object(fields) => match fields.get(name) {
                Some((_, field)) => Next::To(vec![&field.shape]),
                None if fields.open => Next::Anywhere,
                None => Next::To(Vec::new()),
            },
            Shape::Map(inner) => Next::To(vec![inner]),
            Shape::Any => Next::Anywhere,
            _ => Next::To(Vec::new()),
        });
        match below {
            Below::Nothing if !self.complete && FORMER.contains(&name) => Below::Open,
            below => below,
        }
    }

    /// What the items of a list hold, or the values of a mapping.
    #[must_use]
    pub fn items(&self) -> Below {
        self.step(|shape| match shape {
            Shape::List(inner) | Shape::Map(inner) => Next::To(vec![inner]),
            Shape::Object(fields) => {
                Next::To(fields.iter().map(|(_, field)| &field.shape).collect())
            }
            Shape::Any => Next::Anywhere,
            _ => Next::To(Vec::new()),
        })
    }

    /// Whether these are all schemas that there are.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether every schema has a list there.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.shapes.iter().all(|(shape, _)| matches!(shape, Shape::List(_)))
    }

    /// Whether every schema has something without fields and items there.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        let may_hold_more = |shape: &Shape| {
            matches!(
                shape,
                Shape::Any | Shape::List(_) | Shape::Map(_) | Shape::Object(_) | Shape::Named(_)
            )
        };
        !self.shapes.iter().any(|(shape, _)| may_hold_more(shape))
    }

    /// Whether every schema has a mapping with fields there.
    #[must_use]
    pub fn has_fields(&self) -> bool {
        self.shapes.iter().all(|(shape, _)| matches!(shape, Shape::Object(_)))
    }

    /// The fields that there are in any schema, sorted.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<&'static str> {
        let objects = self.shapes.iter().filter_map(|(shape, _)| match shape {
            Shape::Object(fields) => Some(fields),
            _ => None,
        });
        objects.flat_map(|fields| fields.iter().map(|(name, _)| name)).collect()
    }

    fn step(&self, next: impl Fn(&'static Shape) -> Next) -> Below {
        let mut shapes = Vec::new();
        for &(shape, minor) in &self.shapes {
            let Next::To(below) = next(shape) else { return Below::Open };
            for shape in below {
                match defined(shape, minor) {
                    Some(shape) => shapes.push((shape, minor)),
                    None => return Below::Open,
                }
            }
        }
        // Most definitions are the same in all versions, and those that they refer to are not.
        shapes.sort_unstable_by_key(|&(shape, minor)| (std::ptr::from_ref(shape), minor));
        shapes.dedup_by_key(|&mut (shape, minor)| (std::ptr::from_ref(shape), minor));
        if shapes.is_empty() {
            return Below::Nothing;
        }
        Below::Known(Self { shapes, complete: self.complete })
    }
}

/// Where a step leads in one schema.
enum Next {
    /// To these; to nothing if there are none.
    To(Vec<&'static Shape>),
    Anywhere,
}

/// The shape of the definition with a name.
fn of_definition(name: &'static str, minor: u32) -> Option<&'static Shape> {
    match Shape::named(name) {
        Shape::Named(reference) => Some(&table::definition(&reference, minor)?.shape),
        _ => None,
    }
}

/// A shape, or that of the definition which it refers to; `None` if there is no such definition.
fn defined(mut shape: &'static Shape, minor: u32) -> Option<&'static Shape> {
    while let Shape::Named(reference) = shape {
        shape = &table::definition(reference, minor)?.shape;
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a path of fields leads; `[]` stands for the items of a list or the values of a map.
    fn below(group: Option<&str>, kind: &str, path: &str) -> Below {
        let start = Site::of_kind(group, kind).expect(kind);
        path.split('.').fold(Below::Known(start), |below, step| match (below, step) {
            (Below::Known(site), "[]") => site.items(),
            (Below::Known(site), field) => site.field(field),
            (other, _) => other,
        })
    }

    #[test]
    fn fields_are_known_below_lists_maps_and_definitions() {
        for (kind, path) in [
            ("Deployment", "spec.replicas"),
            ("Deployment", "spec.template.spec.containers.[].image"),
            ("Deployment", "spec.selector.matchLabels.app"),
            ("Service", "metadata.annotations.[]"),
            ("Ingress", "spec.rules.[].http.paths.[].backend.service.name"),
            ("HorizontalPodAutoscaler", "spec.metrics.[].resource.target.averageUtilization"),
            ("HorizontalPodAutoscaler", "spec.targetCPUUtilizationPercentage"),
        ] {
            assert!(matches!(below(None, kind, path), Below::Known(_)), "{kind} {path}");
        }
    }

    #[test]
    fn no_version_has_a_field_that_is_misspelt() {
        for (kind, path) in [
            ("Deployment", "spec.replcas"),
            ("Deployment", "spec.containers"),
            ("Deployment", "spec.template.spec.containers.image"),
            ("Deployment", "spec.replicas.count"),
            ("Service", "metadata.lables"),
        ] {
            assert!(matches!(below(None, kind, path), Below::Nothing), "{kind} {path}");
        }
    }

    #[test]
    fn what_may_be_anything_is_open() {
        for (kind, path) in [
            ("ControllerRevision", "data.spec"),
            ("CustomResourceDefinition", "spec.version"),
            ("CustomResourceDefinition", "spec.versions.[].schema.openAPIV3Schema.default.a"),
        ] {
            assert!(matches!(below(None, kind, path), Below::Open), "{kind} {path}");
        }
        for (group, kind) in [
            (None, "Widget"),
            (None, "PodSecurityPolicy"),
            (Some("example.org"), "Deployment"),
            (Some("extensions"), "Ingress"),
        ] {
            assert!(Site::of_kind(group, kind).is_none(), "{kind}");
        }
    }

    #[test]
    fn kinds_with_versions_that_are_too_old_for_a_schema_may_have_more_fields() {
        let is_complete = |kind| Site::of_kind(None, kind).expect(kind).is_complete();
        for kind in ["Ingress", "HorizontalPodAutoscaler", "Deployment", "CronJob"] {
            assert!(!is_complete(kind), "{kind}");
        }
        for kind in ["Service", "ConfigMap", "PersistentVolumeClaim"] {
            assert!(is_complete(kind), "{kind}");
        }
        assert!(!Site::of_kind(None, "Service").expect("a kind").incomplete().is_complete());
    }

    #[test]
    fn a_place_has_the_fields_of_all_versions() {
        let site = Site::of_kind(None, "HorizontalPodAutoscaler").expect("a kind");
        let Below::Known(spec) = site.field("spec") else { panic!("it has a spec") };
        let fields = spec.fields();
        for field in ["metrics", "targetCPUUtilizationPercentage"] {
            assert!(fields.contains(field), "{fields:?}");
        }
        assert!(spec.has_fields() && !spec.is_list());
    }
}
