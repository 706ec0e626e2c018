//! Findings on invalid YAML.

use std::sync::Arc;

use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::yaml::{ErrorKind, Stream};

/// The findings on the syntax of a stream. `origin` is the sort of the file.
#[must_use]
pub(in crate::lint) fn findings(stream: &Stream, origin: Origin) -> Vec<Finding> {
    let finding = |error: &crate::yaml::SyntaxError| {
        let (rule, related) = match error.kind {
            ErrorKind::Syntax | ErrorKind::Limit => ("yaml-syntax", Vec::new()),
            ErrorKind::DuplicateKey { first } => {
                let place = Place { span: first, origin };
                let message = "it is there already, and this one is not read".to_owned();
                ("yaml-duplicate-key", vec![Related { message, place }])
            }
        };
        Finding {
            help: error.help.map(Arc::from),
            related,
            ..Finding::new(
                (rule, "schema"),
                Severity::Error,
                error.message.clone(),
                Place { span: error.span, origin },
            )
        }
    };
    stream.errors.iter().map(finding).collect()
}
