//! The one integration test binary: every module drives the real `plimsoll`.
//!
//! A module a subject; what they share is in [`harness`].

mod adoption;
mod alternatives;
mod bad_input;
mod builtin;
mod cache;
mod chart_rules;
mod charts;
mod cli;
mod commands;
mod completeness;
mod corpus;
mod declared;
mod editors;
mod elsewhere;
mod filled_in;
mod fix_proof;
mod fixes;
mod formats;
mod fuzzed;
mod harness;
mod held;
mod immutable;
mod kustomize;
mod listed;
mod lsp;
mod names;
mod one_fault;
mod overlay;
mod own_rules;
mod pipelines;
mod pre_commit;
mod presets;
mod readme;
mod reports;
mod resolution;
mod rules;
mod schema;
mod scope;
mod server;
mod story;
mod structure;
mod vendor;
mod wrong_types;
mod yaml_suite;
