//! Applies rules to the parts of a unit: manifests, rendered objects, values, and the directories of charts.

mod alternatives;
pub(super) mod chart;
pub mod failure;
mod finding;
mod given;
mod kustomized;
mod layers;
mod longest;
mod merged;
mod past;
pub(super) mod plain;
pub(super) mod release;
mod rendered;
mod subject;
pub(super) mod syntax;
pub(super) mod text;

pub(super) use alternatives::Alternatives;
pub(super) use kustomized::moving_tags;
pub(super) use layers::Families;
pub(super) use past::Past;
pub(super) use rendered::Task;
