//! The values layers that a release's chart is rendered with.

use std::path::Path;
use std::sync::Arc;

use super::rendered::Task;
use crate::helm::values::{Layer, Set, SetKind};
use crate::project::{Assignment, AssignmentKind, Content, Via};
use crate::rule::FILLED_IN_LATER;
use crate::yaml::Document;

impl Task<'_> {
    /// The release's values layers, or why they are not all known.
    pub(super) fn layers(&self) -> Result<Vec<Layer>, String> {
        self.layers_with(&|path| {
            let stream = self.files.at(path).and_then(|file| file.stream());
            stream.map(|stream| stream.documents.clone())
        })
    }

    /// The release's values layers, or why they are not all known. `file` reads a values file.
    pub(super) fn layers_with(
        &self,
        file: &dyn Fn(&str) -> Option<Vec<Arc<Document>>>,
    ) -> Result<Vec<Layer>, String> {
        let mut layers = Vec::new();
        for layer in &self.release.values {
            if layer.target_path.is_some() {
                return Err("a values layer is put below a path that is read in the cluster".into());
            }
            match &layer.content {
                Content::File => {
                    let path = layer.file.as_deref().unwrap_or_default();
                    match file(path) {
                        Some(documents) => layers.push(Layer::File(documents)),
                        None if layer.optional => {}
                        None if Path::new(path).is_file() => {
                            return Err(format!(
                                "its values file `{path}` is outside of what is linted, or cannot be read"
                            ));
                        }
                        None => return Err(format!("its values file `{path}` is not here")),
                    }
                }
                Content::Yaml(node) => {
                    layers.push(Layer::Inline(Arc::clone(&node.document), node.node));
                }
                Content::Filled(node, assignments) => {
                    layers.push(Layer::Inline(Arc::clone(&node.document), node.node));
                    layers.extend(self.sets(assignments)?);
                }
                Content::Set(assignments) => layers.extend(self.sets(assignments)?),
                Content::Unknown => return Err("some of its values are computed elsewhere".into()),
                Content::Elsewhere => return Err("some of its values lie elsewhere".into()),
            }
        }
        Ok(layers)
    }

    fn sets(&self, assignments: &[Assignment]) -> Result<Vec<Layer>, String> {
        let why = || "which values are set is only known when it is deployed".to_owned();
        assignments.iter().map(|one| self.set(one).ok_or_else(why)).collect()
    }

    /// The layer for an assignment; `None` if what it sets is not known.
    fn set(&self, one: &Assignment) -> Option<Layer> {
        let value = one.filled(FILLED_IN_LATER)?;
        let kind = match one.kind {
            AssignmentKind::Json => SetKind::Json,
            AssignmentKind::Value => SetKind::Value,
            AssignmentKind::String => SetKind::String,
            AssignmentKind::File => SetKind::File(self.set_files(one.files(&value))),
            AssignmentKind::Literal => SetKind::Literal,
        };
        let text = match one.path.as_str() {
            "" => value.into_owned(),
            path => format!("{path}={value}"),
        };
        Some(Layer::Set(Set { kind, text, span: Some(one.value_span.unwrap_or(one.span)) }))
    }

    /// Whether some of the release's values are only known when it is deployed: a pipeline sets them, or they are in a
    /// file that is optional and missing, or that is not among the project's files.
    pub(super) fn is_guessed(&self) -> bool {
        if self.release.via == Via::StandIn {
            return true;
        }
        let is_absent = |path: &String| self.files.at(path).is_none();
        let is_open =
            |one: &Assignment| !one.is_known() || one.files(&one.value).iter().any(is_absent);
        self.release.values.iter().any(|layer| match &layer.content {
            Content::Set(assignments) | Content::Filled(_, assignments) => {
                assignments.iter().any(is_open)
            }
            Content::File => layer.optional && layer.file.as_ref().is_some_and(is_absent),
            _ => false,
        })
    }

    /// The texts for `--set-file`; a placeholder for a file that is not among the project's files.
    fn set_files(&self, paths: Vec<String>) -> Vec<(String, Arc<str>)> {
        paths
            .into_iter()
            .map(|path| {
                let known = self.files.at(&path).map(|file| file.text());
                (path, known.unwrap_or_else(|| Arc::from(FILLED_IN_LATER)))
            })
            .collect()
    }
}
