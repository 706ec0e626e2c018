//! `.Files`: what of a chart templates may read. Nothing outside of the chart is reachable.

mod glob;

use std::rc::Rc;
use std::sync::Arc;

use self::glob::Glob;
use super::call::text;
use super::chart::{Chart, LEADS_OUT};
use super::emit::{Dialect, emit};
use super::origin::{OriginId, Origins};
use super::print::plain;
use super::value::{Data, Entries, Nuance, Object, Value};
use crate::source::bytes;

#[derive(Debug)]
struct Files {
    /// Names and texts.
    files: Vec<(String, Arc<str>)>,
    /// Names of files and, with a `/` at their ends, of folders that may not be read.
    outside: Vec<String>,
}

/// `.Files` of a chart.
pub(super) fn files(chart: &Chart) -> Value {
    let files = chart.files.iter().map(|file| (file.name.clone(), Arc::clone(&file.text)));
    wrap(Files { files: files.collect(), outside: chart.outside.clone() })
}

fn wrap(files: Files) -> Value {
    Value::new(Data::Object(Rc::new(files)), OriginId::NONE)
}

/// What a file holds, as Go's `[]byte`.
fn as_bytes(text: &str) -> Value {
    Value::str(text, OriginId::NONE).with(Nuance::Bytes)
}

impl Files {
    /// The text of a file; `None` where there is no such file.
    ///
    /// # Errors
    /// When it is a link that leads out of the chart.
    fn get(&self, name: &str) -> Result<Option<&str>, String> {
        let lies_in = |folder: &str| folder.ends_with('/') && name.starts_with(folder);
        self.all_inside(|outside| outside == name || lies_in(outside))?;
        Ok(self.files.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_ref()))
    }

    /// The lines of a file; none of one that is not there.
    ///
    /// # Errors
    /// When it is a link that leads out of the chart, or empty: Helm looks at its last byte.
    fn lines(&self, name: &str) -> Result<Value, String> {
        let lines = match self.get(name)? {
            None => Vec::new(),
            Some("") => return Err("runtime error: index out of range [-1]".to_owned()),
            Some(text) => {
                let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
                lines.map(|line| Value::str(line, OriginId::NONE)).collect()
            }
        };
        Ok(Value::list(lines, OriginId::NONE).with(Nuance::Strings))
    }

    /// Fails when a file that may not be read is among those asked for.
    fn all_inside(&self, asked: impl Fn(&str) -> bool) -> Result<(), String> {
        match self.outside.iter().find(|name| asked(name)) {
            Some(name) => Err(format!("{} {LEADS_OUT}", name.trim_end_matches('/'))),
            None => Ok(()),
        }
    }

    /// The files whose paths match.
    ///
    /// # Errors
    /// When a link that leads out of the chart matches.
    fn glob(&self, pattern: &str) -> Result<Self, String> {
        let glob = Glob::new(pattern);
        // What a folder holds is not known: what may match in it does.
        let literal = pattern.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        let may_hold = |folder: &str| folder.starts_with(literal) || literal.starts_with(folder);
        self.all_inside(|outside| match outside.ends_with('/') {
            true => may_hold(outside),
            false => glob.is_match(outside),
        })?;
        let files = self.files.iter().filter(|(name, _)| glob.is_match(name)).cloned().collect();
        Ok(Self { files, outside: Vec::new() })
    }

    /// File names without folders to contents, as YAML.
    ///
    /// # Errors
    /// When there is a link that leads out of the chart.
    fn config(&self, to: impl Fn(&str) -> String) -> Result<Value, String> {
        self.all_inside(|_| true)?;
        let entry = |(name, text): &(String, Arc<str>)| {
            let base = name.rsplit('/').next().unwrap_or(name);
            (base.into(), Value::str(&to(text), OriginId::NONE))
        };
        let entries: Entries = self.files.iter().map(entry).collect();
        let entries = Value::map(entries, OriginId::NONE);
        emit(&entries, Dialect::V2, &Origins::unasked()).map(Value::rope)
    }
}

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn call(&self, name: &str, args: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        let content = |name: &str| self.get(name).map(Option::unwrap_or_default);
        Some(match name {
            "Get" => text(args, 0)
                .and_then(|name| content(name.as_str()))
                .map(|text| Value::str(text, OriginId::NONE)),
            "GetBytes" => text(args, 0).and_then(|name| content(name.as_str())).map(as_bytes),
            "Glob" => text(args, 0).and_then(|pattern| self.glob(pattern.as_str())).map(wrap),
            "AsConfig" => self.config(str::to_owned),
            "AsSecrets" => self.config(|text| data_encoding::BASE64.encode(&bytes::bytes(text))),
            "Lines" => text(args, 0).and_then(|name| self.lines(name.as_str())),
            _ => content(name).map(as_bytes),
        })
    }

    fn print(&self) -> String {
        let file = |(name, text): &(String, Arc<str>)| format!("{name}:{}", plain(&as_bytes(text)));
        let files: Vec<_> = self.files.iter().map(file).collect();
        format!("map[{}]", files.join(" "))
    }

    /// Of all files of a chart, none where one may not be read.
    fn entries(&self) -> Option<Entries> {
        self.all_inside(|_| true).ok()?;
        let entry = |(name, text): &(String, Arc<str>)| (name.as_str().into(), as_bytes(text));
        Some(self.files.iter().map(entry).collect())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
