//! Remembers the text that templates wrote, for calls with the same dot.
//!
//! The objects of a chart include the same few templates (names, labels, selectors) with the chart's own dot: of 195
//! calls in ingress-nginx, 16 are different. A call can be answered with the text of an earlier one if nothing has
//! changed since that it could depend on: no map was changed, no random value was drawn, and the names of templates
//! denote the same. If a call reads the part of the dot that is specific to a file, or might have read it because it
//! was given the whole dot, its text is only used in that file.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::{Evaluator, Named};
use crate::helm::FastMap;
use crate::helm::origin::OriginId;
use crate::helm::rope::Rope;
use crate::helm::value::{Data, Entries, Nuance, Value};

/// The calls in a render whose text is remembered.
#[derive(Debug, Default)]
pub(super) struct Memo {
    written: RefCell<FastMap<Call, Written>>,
    /// The dots of charts.
    roots: RefCell<Vec<Map>>,
    /// The number of files that were started.
    files: Cell<u64>,
    /// How often something was read that differs between files.
    looks: Cell<u64>,
    /// How often something changed that calls may depend on.
    changes: Cell<u64>,
}

type Map = Rc<RefCell<Entries>>;

/// The addresses of a template and of a chart's dot.
type Call = (usize, usize);

/// The text that a call wrote.
#[derive(Debug)]
struct Written {
    text: Rope,
    /// The state in which it was written.
    at: Moment,
    /// Whether the text may differ in another file.
    in_file: bool,
    cost: Cost,
}

/// The state of a render that a call may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    changes: u64,
    draws: u64,
    files: u64,
}

/// What a call adds to the counts that are limited in a render.
#[derive(Debug, Clone, Copy)]
struct Cost {
    steps: u64,
    written: usize,
    made: usize,
}

impl Memo {
    /// Starts a file of the chart that has this dot.
    pub(super) fn begin(&self, dot: &Value) {
        self.files.set(self.files.get() + 1);
        if let Data::Map(entries) = &dot.data
            && !self.is_root(dot)
        {
            self.roots.borrow_mut().push(Rc::clone(entries));
            self.note_change();
        }
    }

    /// Notes that something changed that calls may depend on.
    pub(super) fn note_change(&self) {
        self.changes.set(self.changes.get() + 1);
    }

    /// Notes that a field was read; it may differ between files, as `.Template` does, which the dot of each subchart
    /// has as well.
    pub(super) fn note_field(&self, name: &str) {
        if matches!(name, "Template" | "Subcharts") {
            self.note_look();
        }
    }

    /// Notes that a value was read with everything in it.
    pub(super) fn note_whole(&self, value: &Value) {
        if self.is_root(value) {
            self.note_look();
        }
    }

    /// Notes that a function was given these values, and may have read everything in them.
    pub(super) fn note_arguments(&self, args: &[Value]) {
        for value in args {
            self.note_whole(value);
        }
    }

    fn note_look(&self) {
        self.looks.set(self.looks.get() + 1);
    }

    /// Whether a value is the dot of a chart.
    fn is_root(&self, value: &Value) -> bool {
        match &value.data {
            Data::Map(entries) => self.roots.borrow().iter().any(|root| Rc::ptr_eq(root, entries)),
            _ => false,
        }
    }
}

impl Evaluator<'_> {
    /// Returns the text of `write`, or that of an earlier equal call.
    ///
    /// # Errors
    /// Those of `write`, and of a render that takes too long.
    pub(super) fn once(
        &self,
        at: &Rc<Named>,
        dot: &Value,
        write: impl FnOnce() -> Result<Rope, String>,
    ) -> Result<Rope, String> {
        let Some(call) = self.call_of(at, dot) else { return write() };
        if let Some((text, cost)) = self.recall(call) {
            self.count(cost)?;
            return Ok(text);
        }
        let (before, looks, cost) = (self.moment(), self.memo.looks.get(), self.cost());
        let text = write()?;
        if self.moment() == before {
            let now = self.cost();
            let written = Written {
                text: text.clone(),
                at: before,
                in_file: self.memo.looks.get() != looks,
                cost: Cost {
                    steps: now.steps - cost.steps,
                    written: now.written - cost.written,
                    made: now.made - cost.made,
                },
            };
            self.memo.written.borrow_mut().insert(call, written);
        }
        Ok(text)
    }

    /// Returns the key of a call, if it may be answered with an earlier text. The text does not depend on the
    /// conditions around the call, but on the origin of the dot.
    fn call_of(&self, at: &Rc<Named>, dot: &Value) -> Option<Call> {
        let Data::Map(entries) = &dot.data else { return None };
        let may_be = self.surroundings.is_none()
            && dot.origin == OriginId::NONE
            && dot.nuance == Nuance::Values
            && self.memo.is_root(dot);
        may_be.then(|| (Rc::as_ptr(at).addr(), Rc::as_ptr(entries).addr()))
    }

    fn recall(&self, call: Call) -> Option<(Rope, Cost)> {
        let known = self.memo.written.borrow();
        let written = known.get(&call)?;
        let now = self.moment();
        let files = if written.in_file { now.files } else { written.at.files };
        if written.at != (Moment { files, ..now }) {
            return None;
        }
        if written.in_file {
            // The caller depends on it as well.
            self.memo.note_look();
        }
        Some((written.text.clone(), written.cost))
    }

    fn moment(&self) -> Moment {
        let Memo { changes, files, .. } = &self.memo;
        Moment { changes: changes.get(), draws: self.origins.draws(), files: files.get() }
    }

    fn cost(&self) -> Cost {
        Cost { steps: self.steps.get(), written: self.written.get(), made: self.made.get() }
    }

    /// Counts the cost of a call as if it had been executed again.
    fn count(&self, cost: Cost) -> Result<(), String> {
        self.made.set(self.made.get().saturating_add(cost.made));
        self.note_written(cost.written)?;
        self.step(usize::try_from(cost.steps).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::*;
    use crate::helm::function::{find, is_known};
    use crate::helm::origin::Through;
    use crate::helm::rope::Segment;
    use crate::helm::value::{Entries, Nuance};

    /// The dot of a chart with a text in `.Values.a`.
    fn dot() -> Value {
        dot_of([("a", Value::str("1", OriginId::NONE))])
    }

    fn dot_of<const N: usize>(values: [(&str, Value); N]) -> Value {
        let values = values.map(|(key, value)| (key.into(), value));
        let values = Value::map(Entries::from(values), OriginId::NONE);
        let dot = Entries::from([("Values".into(), values)]);
        Value::map(dot, OriginId::NONE).with(Nuance::Values)
    }

    fn evaluator(files: &[&str], origins: &Rc<Origins>) -> Evaluator<'static> {
        let parsed = |(at, file): (usize, &&str)| {
            let template = parse(SourceId::NOWHERE, &Arc::from(*file), is_known).expect(file);
            (Rc::from(format!("f{at}")), Arc::new(template))
        };
        let templates: Vec<_> = files.iter().enumerate().map(parsed).collect();
        Evaluator::new(&templates, Rc::clone(origins), find, is_known)
    }

    /// Returns the texts of files that share the dot of a chart, the number of remembered calls, and the total number
    /// of steps.
    fn written(files: &[&str], dot: &Value, origins: Origins) -> (Vec<String>, usize, u64) {
        let evaluator = evaluator(files, &Rc::new(origins));
        let run = |at: usize| {
            let name = format!("f{at}");
            let Data::Map(entries) = &dot.data else { return String::new() };
            let own = Entries::from([("Name".into(), Value::str(&name, OriginId::NONE))]);
            entries.borrow_mut().insert("Template".into(), Value::map(own, OriginId::NONE));
            evaluator.file(&name, dot).expect(&name).as_str().to_owned()
        };
        let texts = (0..files.len()).map(run).collect();
        let known = evaluator.memo.written.borrow().len();
        (texts, known, evaluator.steps.get())
    }

    #[test]
    fn a_call_is_answered_by_an_earlier_one_where_nothing_tells_them_apart() {
        for (files, want) in [
            (
                [
                    "{{ define \"t\" }}[{{ .Values.a }}]{{ end }}{{ include \"t\" . }}{{ template \"t\" $ }}",
                    "{{ include \"t\" . }}",
                ],
                ["[1][1]", "[1]"],
            ),
            (
                [
                    "{{ define \"t\" }}[{{ .Values.a }}]{{ end }}{{ include \"t\" . }}\
                     {{ $_ := set .Values \"a\" \"2\" }}{{ include \"t\" . }}",
                    "{{ $_ := unset .Values \"a\" }}{{ include \"t\" . }}\
                     {{ $_ := merge .Values (dict \"a\" 3) }}{{ include \"t\" . }}",
                ],
                ["[1][2]", "[][3]"],
            ),
            (
                [
                    "{{ define \"t\" }}{{ .Template.Name }}{{ end }}{{ include \"t\" . }}",
                    "{{ define \"u\" }}{{ include \"t\" . }}{{ end }}{{ include \"u\" . }}{{ include \"t\" . }}",
                ],
                ["f0", "f1f1"],
            ),
            (
                [
                    "{{ define \"t\" }}{{ toJson . | contains \"f1\" }}{{ end }}{{ include \"t\" . }}",
                    "{{ include \"t\" . }}",
                ],
                ["false", "true"],
            ),
            (
                [
                    "{{ define \"t\" }}{{ range . }}{{ .Name }}{{ end }}{{ end }}{{ include \"t\" . }}",
                    "{{ include \"t\" . }}",
                ],
                ["f0", "f1"],
            ),
            (
                [
                    "{{ define \"t\" }}{{ randAlpha 8 }}{{ end }}{{ eq (include \"t\" .) (include \"t\" .) }}",
                    "{{ define \"n\" }}x{{ end }}{{ define \"c\" }}{{ include \"n\" . }}{{ end }}{{ include \"c\" . }}\
                     {{ tpl `{{ define \"n\" }}y{{ end }}{{ include \"c\" . }}` . }}{{ include \"c\" . }}",
                ],
                ["false", "xyx"],
            ),
        ] {
            let (texts, known, steps) = written(&files, &dot(), Origins::unasked());
            assert_eq!(texts, want, "{files:?}");
            assert_ne!(known, 0, "{files:?}");
            let asked = written(&files, &dot(), Origins::default());
            assert_eq!(asked, (texts.clone(), known, steps), "{files:?}");
            // The count of steps is the same as if every call were executed.
            let origins = Origins::default();
            let somewhere = OriginId::text(origins.leaf(None, "", None));
            let dot = Value { origin: somewhere, ..dot() };
            assert_eq!(written(&files, &dot, origins), (texts, 0, steps), "{files:?}");
        }
    }

    #[test]
    fn what_a_call_stands_under_has_no_part_in_another_one() {
        let origins = Rc::new(Origins::default());
        let root = origins.leaf(None, "", None);
        let values = ["a", "b"].map(|key| {
            let origin = OriginId::text(origins.leaf(Some(root), key, None));
            (key, Value::str("1", origin))
        });
        let call = r#"{{ include "t" . }}"#;
        let file = format!(
            r#"{{{{ define "t" }}}}{{{{ .Values.a }}}}{{{{ end }}}}{call}{{{{ if .Values.b }}}}{call}{{{{ end }}}}{call}"#
        );
        let evaluator = evaluator(&[&file], &origins);
        let text = evaluator.file("f0", &dot_of(values)).expect("it renders");
        assert_eq!(evaluator.memo.written.borrow().len(), 2, "the file and what it calls");
        let leaves = |segment: &Segment| {
            let entries = origins.entries(segment.origin);
            let leaf = |(leaf, through): &(_, Through)| {
                format!("{} {}", origins.describe(*leaf).pointer, through.as_str())
            };
            entries.iter().map(leaf).collect::<Vec<_>>()
        };
        let written = text.segments().iter().filter(|segment| segment.len > 0);
        assert_eq!(
            written.map(leaves).collect::<Vec<_>>(),
            [vec!["/a text"], vec!["/a text", "/b condition"], vec!["/a text"]]
        );
    }
}
