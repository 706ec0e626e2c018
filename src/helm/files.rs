//! `.Files`: the files in a chart that templates may read. Nothing outside of the chart can be read.

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
    /// Names and texts of the files.
    files: Vec<(String, Arc<str>)>,
    /// Names of files and folders that may not be read; those of folders end with `/`.
    outside: Vec<String>,
}

/// Makes the `.Files` of a chart.
pub(super) fn files(chart: &Chart) -> Value {
    let files = chart.files.iter().map(|file| (file.name.clone(), Arc::clone(&file.text)));
    wrap(Files { files: files.collect(), outside: chart.outside.clone() })
}

fn wrap(files: Files) -> Value {
    Value::new(Data::Object(Rc::new(files)), OriginId::NONE)
}

/// The content of a file, as Go's `[]byte`.
fn as_bytes(text: &str) -> Value {
    Value::str(text, OriginId::NONE).with(Nuance::Bytes)
}

impl Files {
    /// Returns the text of a file; `None` if there is no such file.
    ///
    /// # Errors
    /// If it is a link that leads out of the chart.
    fn get(&self, name: &str) -> Result<Option<&str>, String> {
        let lies_in = |folder: &str| folder.ends_with('/') && name.starts_with(folder);
        self.all_inside(|outside| outside == name || lies_in(outside))?;
        Ok(self.files.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_ref()))
    }

    /// Returns the lines of a file; empty if there is no such file.
    ///
    /// # Errors
    /// If it is a link that leads out of the chart, or an empty file: Helm looks at its last byte.
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

    /// Fails if one of the requested files may not be read.
    fn all_inside(&self, asked: impl Fn(&str) -> bool) -> Result<(), String> {
        match self.outside.iter().find(|name| asked(name)) {
            Some(name) => Err(format!("{} {LEADS_OUT}", name.trim_end_matches('/'))),
            None => Ok(()),
        }
    }

    /// Returns the files whose paths match a pattern.
    ///
    /// # Errors
    /// If a link that leads out of the chart matches.
    fn glob(&self, pattern: &str) -> Result<Self, String> {
        let glob = Glob::new(pattern);
        // The files in such a folder are not known, so it matches if any file in it might.
        let literal = pattern.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        let may_hold = |folder: &str| folder.starts_with(literal) || literal.starts_with(folder);
        self.all_inside(|outside| match outside.ends_with('/') {
            true => may_hold(outside),
            false => glob.is_match(outside),
        })?;
        let files = self.files.iter().filter(|(name, _)| glob.is_match(name)).cloned().collect();
        Ok(Self { files, outside: Vec::new() })
    }

    /// Returns a map from file names without folders to contents, as YAML.
    ///
    /// # Errors
    /// If there is a link that leads out of the chart.
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

    /// Returns all files of a chart; `None` if one of them may not be read.
    fn entries(&self) -> Option<Entries> {
        self.all_inside(|_| true).ok()?;
        let entry = |(name, text): &(String, Arc<str>)| (name.as_str().into(), as_bytes(text));
        Some(self.files.iter().map(entry).collect())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
