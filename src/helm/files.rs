//! `.Files`: what of a chart templates may read. Nothing outside of the chart is reachable.

use std::rc::Rc;
use std::sync::Arc;

use globset::GlobBuilder;

use super::bytes;
use super::call::text;
use super::chart::ChartFile;
use super::emit::{Dialect, emit};
use super::origin::{OriginId, Origins};
use super::value::{Data, Entries, Object, Value};

#[derive(Debug)]
struct Files(Vec<(String, Arc<str>)>);

/// `.Files` of a chart.
pub(super) fn files(files: &[ChartFile]) -> Value {
    wrap(files.iter().map(|file| (file.name.clone(), Arc::clone(&file.text))).collect())
}

fn wrap(files: Vec<(String, Arc<str>)>) -> Value {
    Value::new(Data::Object(Rc::new(Files(files))), OriginId::NONE)
}

impl Files {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_ref())
    }

    /// gobwas/glob with `/` as the separator: `*` stays within a part, `**` crosses.
    fn glob(&self, pattern: &str) -> Vec<(String, Arc<str>)> {
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .empty_alternates(true)
            .build()
            .map(|glob| glob.compile_matcher());
        let matches = |name: &str| matcher.as_ref().map_or(true, |glob| glob.is_match(name));
        self.0.iter().filter(|(name, _)| matches(name)).cloned().collect()
    }

    /// File names without folders to contents, as YAML.
    fn config(&self, to: impl Fn(&str) -> String) -> Result<Value, String> {
        let entry = |(name, text): &(String, Arc<str>)| {
            let base = name.rsplit('/').next().unwrap_or(name);
            (base.into(), Value::str(&to(text), OriginId::NONE))
        };
        let entries: Entries = self.0.iter().map(entry).collect();
        emit(&Value::map(entries, OriginId::NONE), Dialect::V2).map(Value::rope)
    }
}

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn call(&self, name: &str, args: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        let content = |name: &str| self.get(name).unwrap_or_default();
        Some(match name {
            "Get" | "GetBytes" => {
                text(args, 0).map(|name| Value::str(content(name.as_str()), OriginId::NONE))
            }
            "Glob" => text(args, 0).map(|pattern| wrap(self.glob(pattern.as_str()))),
            "AsConfig" => self.config(str::to_owned),
            "AsSecrets" => self.config(|text| data_encoding::BASE64.encode(&bytes::bytes(text))),
            "Lines" => text(args, 0).map(|name| {
                let text = content(name.as_str());
                let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
                let lines = lines.map(|line| Value::str(line, OriginId::NONE));
                let lines = if text.is_empty() { Vec::new() } else { lines.collect() };
                Value::list(lines, OriginId::NONE)
            }),
            _ => {
                return Some(Ok(self
                    .get(name)
                    .map_or(Value::NIL, |text| Value::str(text, OriginId::NONE))));
            }
        })
    }

    fn print(&self) -> String {
        let files: Vec<_> = self.0.iter().map(|(name, text)| format!("{name}:{text}")).collect();
        format!("map[{}]", files.join(" "))
    }

    fn entries(&self) -> Option<Entries> {
        let entry = |(name, text): &(String, Arc<str>)| {
            (name.as_str().into(), Value::str(text, OriginId::NONE))
        };
        Some(self.0.iter().map(entry).collect())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
