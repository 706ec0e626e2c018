//! Lists the fields and values that a schema allows at a path, for completion.

use std::collections::BTreeSet;

use super::shape::{Shape, written};
use super::{NEWEST_MINOR, OLDEST_MINOR, Schemas, table};

/// What the schema allows at a path of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The fields of a mapping, sorted by name.
    pub fields: Vec<Offered>,
    /// The allowed values, if they are an enumeration.
    pub words: Vec<String>,
}

/// A field that a mapping may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// The type of its value, `list of text`.
    pub kind: String,
    /// True if the field is required.
    pub required: bool,
}

impl Schemas {
    /// What the schema for Kubernetes 1.`minor` allows at a path of an object of this kind. The path has keys, and `-`
    /// for an item of a list. Empty if there is no schema.
    #[must_use]
    pub fn offer(&self, api_version: &str, kind: &str, minor: u32, path: &[&str]) -> Offer {
        let minor = minor.clamp(OLDEST_MINOR, NEWEST_MINOR);
        let custom = self.custom.get(&(api_version.to_owned(), kind.to_lowercase()));
        let top = match (custom, table::kind(api_version, kind, minor)) {
            (Some(custom), _) => Shape::clone(&custom.shape),
            (None, Some(table::Kind::Served(name))) => Shape::named(name),
            (None, _) => return Offer::default(),
        };
        let mut shape = resolved(&top, minor);
        for step in path {
            let below = match (&shape, *step) {
                (Shape::Object(fields), key) => fields.get(key).map(|(_, field)| &field.shape),
                (Shape::Map(inner), _) | (Shape::List(inner), "-") => Some(&**inner),
                _ => None,
            };
            match below {
                Some(below) => shape = resolved(below, minor),
                None => return Offer::default(),
            }
        }
        offer(&shape, minor)
    }

    /// The apiVersion and kind of the objects that can be written for Kubernetes 1.`minor`, including custom resources,
    /// sorted. Lists, and kinds that are only responses of the API, are left out.
    #[must_use]
    pub fn kinds(&self, minor: u32) -> BTreeSet<(&str, &str)> {
        let minor = minor.clamp(OLDEST_MINOR, NEWEST_MINOR);
        let written = |(_, kind): &(&str, &str)| !kind.ends_with("List") && !ANSWERS.contains(kind);
        let mut kinds: BTreeSet<(&str, &str)> = table::kinds_in(minor).filter(written).collect();
        let custom = self.custom.iter();
        kinds.extend(custom.map(|((version, _), custom)| (version.as_str(), custom.kind.as_str())));
        kinds
    }
}

/// Kinds of Kubernetes' own that are not written in manifests.
const ANSWERS: [&str; 7] = [
    "APIGroup",
    "APIVersions",
    "Binding",
    "ComponentStatus",
    "DeleteOptions",
    "Status",
    "WatchEvent",
];

fn offer(shape: &Shape, minor: u32) -> Offer {
    match shape {
        Shape::Object(fields) => Offer {
            fields: fields
                .iter()
                .map(|(name, field)| Offered {
                    name: name.to_owned(),
                    kind: named(&resolved(&field.shape, minor), minor),
                    required: field.required,
                })
                .collect(),
            words: Vec::new(),
        },
        Shape::Words(words) => {
            Offer { fields: Vec::new(), words: written(words).map(str::to_owned).collect() }
        }
        Shape::Boolean => {
            Offer { fields: Vec::new(), words: vec!["false".to_owned(), "true".to_owned()] }
        }
        _ => Offer::default(),
    }
}

/// A shape, in which a reference to a definition is replaced by that definition's shape.
fn resolved(shape: &Shape, minor: u32) -> Shape {
    match shape {
        Shape::Named(name) => {
            table::definition(name, minor).map_or(Shape::Any, |known| known.shape.clone())
        }
        other => other.clone(),
    }
}

/// A description of a value's type.
fn named(shape: &Shape, minor: u32) -> String {
    match shape {
        Shape::Any => "anything".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Int | Shape::Long => "whole number".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::IntOrText => "whole number or text".to_owned(),
        Shape::Quantity => "quantity".to_owned(),
        Shape::Words(words) => written(words).collect::<Vec<_>>().join(" | "),
        Shape::List(inner) => format!("list of {}", named(&resolved(inner, minor), minor)),
        Shape::Map(inner) => format!("map of {}", named(&resolved(inner, minor), minor)),
        Shape::Object(_) | Shape::Named(_) => "object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(path: &[&str]) -> Offer {
        Schemas::default().offer("v1", "Pod", NEWEST_MINOR, path)
    }

    #[test]
    fn fields_are_offered_below_lists_and_definitions() {
        let container = pod(&["spec", "containers", "-"]);
        let name = container.fields.iter().find(|field| field.name == "name").unwrap();
        assert!(name.required && name.kind == "text");
        let ports = container.fields.iter().find(|field| field.name == "ports").unwrap();
        assert_eq!(ports.kind, "list of object");
    }

    #[test]
    fn words_are_offered_where_there_are_few() {
        let policy = pod(&["spec", "restartPolicy"]).words;
        assert_eq!(policy, ["Always", "Never", "OnFailure"]);
        assert_eq!(pod(&["spec", "hostNetwork"]).words, ["false", "true"]);
    }

    #[test]
    fn kinds_are_those_that_a_version_serves_and_somebody_writes() {
        let kinds = Schemas::default();
        let in_minor = |minor| kinds.kinds(minor);
        assert!(in_minor(NEWEST_MINOR).contains(&("apps/v1", "Deployment")));
        assert!(!in_minor(NEWEST_MINOR).iter().any(|(_, kind)| *kind == "PodList"));
        let scaler = ("autoscaling/v2beta2", "HorizontalPodAutoscaler");
        assert!(in_minor(OLDEST_MINOR).contains(&scaler));
        assert!(!in_minor(NEWEST_MINOR).contains(&scaler));
    }

    #[test]
    fn nothing_is_offered_where_nothing_is_known() {
        assert_eq!(pod(&["spec", "no-such-field"]), Offer::default());
        let unknown = Schemas::default().offer("example.org/v1", "Widget", NEWEST_MINOR, &[]);
        assert_eq!(unknown, Offer::default());
    }
}
