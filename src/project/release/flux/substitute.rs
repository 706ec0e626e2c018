//! Variables that Flux substitutes when it applies a directory.
//!
//! Mirrors `SubstituteVariables` of fluxcd/pkg's `kustomize/kustomize_varsub.go`.

use super::{Application, Flux};
use crate::project::node::scalar_text;
use crate::yaml::Node;

impl<'p> Flux<'p> {
    /// Substitutes `${NAME}` and `${NAME:=default}` with the variables of the Flux Kustomization.
    pub(super) fn substitute(&self, text: &str, applied: Option<&Application<'p>>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((inner, after)) = after.split_once('}') else { break };
            let (name, default) = match inner.split_once(":=").or_else(|| inner.split_once(":-")) {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            let value = applied.and_then(|applied| self.substituted(name, applied));
            match value.or(default.map(str::to_owned)) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&format!("${{{inner}}}")),
            }
            rest = after;
        }
        out + rest
    }

    /// The value of a variable, from the Flux Kustomization itself, or from the last ConfigMap that it names and that has it.
    /// Secrets are mostly encrypted.
    fn substituted(&self, name: &str, applied: &Application<'p>) -> Option<String> {
        let applied = applied.object;
        let build = applied.root.at(&["spec", "postBuild"])?;
        let own = build.at(&["substitute", name]).and_then(scalar_text);
        let from = build.get("substituteFrom").into_iter().flat_map(Node::items);
        let namespace = applied.namespace();
        let of_maps = from.filter_map(|from| {
            let text = |key: &str| from.get(key).and_then(scalar_text);
            text("kind").filter(|kind| kind == "ConfigMap")?;
            let map = self.object("ConfigMap", &text("name")?, namespace.as_deref())?;
            map.root.at(&["data", name]).and_then(scalar_text)
        });
        own.or_else(|| of_maps.last())
    }
}
