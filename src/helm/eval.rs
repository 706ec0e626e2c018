//! Evaluates parsed templates as Go's text/template does, and keeps the origin of the text that they write.
//!
//! Mirrors `exec.go` of Go 1.25, which Helm 4.1 is built with, with `missingkey=zero`.

mod expression;
mod failure;
mod frame;
mod memo;
mod show;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

pub use self::failure::Failure;
use self::frame::Frame;
pub(super) use self::show::expression;
use super::FastMap;
use super::call::{Host, Lookup, Surroundings};
use super::origin::{OriginId, Origins};
use super::parse::{ListNode, Template, is_empty, parse};
use super::rope::{Place, Rope, RopeBuilder};
use super::value::{Data, MAX_ITEMS, MAX_TEXT, Value};
use crate::source::SourceId;

/// How often a template may include itself, directly or not, as in Helm.
const MAX_NESTED: u32 = 1000;
/// How deep templates may be nested, whatever their names; the stack of a render is large enough for it.
const MAX_DEPTH: usize = 3000;
/// How many nodes a render may execute; iterations of loops and items that functions copy are counted as well.
const MAX_STEPS: u64 = 20_000_000;
/// The total size, in bytes, of the texts that functions may make in a render, even if they are no longer used.
const MAX_MADE: usize = 2 << 30;
/// The size of an error message, in bytes, from which it is no longer wrapped: templates that call each other wrap it
/// once for each level.
const MAX_MESSAGE: usize = 64 << 10;
/// The total size, in bytes, of the text that a render may write; included text counts each time.
const MAX_OUTPUT: usize = 512 << 20;

/// The largest capacity, in bytes, of a [`RopeBuilder`] that is kept for other texts.
const MAX_KEPT: usize = 64 << 10;

/// The size of the stack of a render, in bytes: templates may be nested as deep as in Helm.
const STACK: usize = 256 << 20;

/// Runs a function that evaluates templates on a stack that is large enough for the deepest nesting that [`Evaluator`]
/// allows: on a new stack, unless most of such a stack is still free.
///
/// This is a stack and not a thread: values that are made in a render need not be sent elsewhere, and there is no wait
/// for another processor to wake up. On systems that [`stacker`] does not support, it is the thread's own stack.
///
/// # Panics
/// If there is not enough memory for a stack.
pub fn deep<T>(run: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, run)
}

/// A template file, with its name in a release.
#[derive(Debug)]
pub struct TemplateFile {
    /// The name in Helm: `chart/charts/alias/templates/x.yaml`.
    pub name: Rc<str>,
    /// The source of its text; `NOWHERE` for a text that was given to `tpl`.
    pub source: SourceId,
    text: Arc<str>,
}

/// A template body that can be called by name.
#[derive(Debug)]
struct Named {
    file: Rc<TemplateFile>,
    /// The index of its file in [`Evaluator::files`].
    number: u32,
    text: Arc<str>,
    body: Arc<ListNode>,
    nested: Cell<u32>,
}

/// The parsed template of a text that was given to `tpl`, or an error message.
type Parsed = Rc<Result<Template, String>>;

type Names = FastMap<Rc<str>, Rc<Named>>;

/// Renders the templates of one release.
#[derive(Debug)]
pub struct Evaluator<'s> {
    origins: Rc<Origins>,
    surroundings: Option<Surroundings<'s>>,
    named: RefCell<Rc<Names>>,
    lookup: Lookup,
    known: fn(&str) -> bool,
    files: RefCell<Vec<Rc<TemplateFile>>>,
    /// Indices of files, and byte offsets in them.
    places: RefCell<Vec<(u32, u32)>>,
    /// Builders of texts that are not in use.
    builders: RefCell<Vec<RopeBuilder>>,
    texts: RefCell<FastMap<Rc<str>, Parsed>>,
    assigned: RefCell<FastMap<usize, Rc<frame::Effects>>>,
    memo: memo::Memo,
    failure: RefCell<Option<Failure>>,
    /// The place in a template that is being executed.
    here: Cell<Place>,
    /// The conditions that apply, including those in calling templates.
    under: Cell<OriginId>,
    depth: Cell<usize>,
    steps: Cell<u64>,
    written: Cell<usize>,
    made: Cell<usize>,
}

impl<'s> Evaluator<'s> {
    /// Makes an evaluator of templates in the order in which Helm parses them; of two with the same name the later one
    /// is used, unless it is empty.
    #[must_use]
    pub fn new(
        templates: &[(Rc<str>, Arc<Template>)],
        origins: Rc<Origins>,
        lookup: Lookup,
        known: fn(&str) -> bool,
    ) -> Self {
        let mut named = Names::default();
        let nowhere =
            TemplateFile { name: "".into(), source: SourceId::NOWHERE, text: Arc::default() };
        let mut files = vec![Rc::new(nowhere)];
        for (name, template) in templates {
            let own = (name.as_ref(), &template.body);
            register(&mut named, &mut files, name, template, defined(template).chain([own]));
        }
        Self {
            origins,
            surroundings: None,
            named: RefCell::new(Rc::new(named)),
            lookup,
            known,
            files: RefCell::new(files),
            places: RefCell::new(vec![(0, 0)]),
            builders: RefCell::default(),
            texts: RefCell::default(),
            assigned: RefCell::default(),
            memo: memo::Memo::default(),
            failure: RefCell::default(),
            here: Cell::default(),
            under: Cell::new(OriginId::NONE),
            depth: Cell::new(0),
            steps: Cell::new(0),
            written: Cell::new(0),
            made: Cell::new(0),
        }
    }

    /// Renders as another tool whose context is only partly known: a function that fails returns an unknown value.
    #[must_use]
    pub fn within(self, surroundings: Surroundings<'s>) -> Self {
        Self { surroundings: Some(surroundings), ..self }
    }

    /// Returns the template file of a place, and a 0-based byte offset: that of the action, or for literal text that
    /// of its part in the line.
    pub fn place(&self, place: Place) -> (Rc<TemplateFile>, u32) {
        let (file, at) = self.byte(place);
        let from = at - place.skipped();
        let skipped = file.text.get(from as usize..at as usize).unwrap_or_default();
        let line = skipped.rfind('\n').map_or(0, |newline| newline + 1);
        (file, from + u32::try_from(line).unwrap_or(0))
    }

    /// Returns the template file of a place as [`Evaluator::place`] does, with the exact byte offset in literal text.
    pub fn byte(&self, place: Place) -> (Rc<TemplateFile>, u32) {
        let (file, offset) = self.places.borrow()[place.number()];
        (Rc::clone(&self.files.borrow()[file as usize]), offset + place.skipped())
    }

    /// Returns a builder for a text; it may have been used before.
    fn builder(&self) -> RopeBuilder {
        self.builders.borrow_mut().pop().unwrap_or_default()
    }

    /// Takes back a builder, to be used again.
    fn keep(&self, builder: RopeBuilder) {
        if builder.capacity() <= MAX_KEPT {
            self.builders.borrow_mut().push(builder);
        }
    }

    /// Executes a template file, and removes the `<no value>` that Go writes for nil.
    ///
    /// # Errors
    /// Why and where it failed.
    pub fn file(&self, name: &str, dot: &Value) -> Result<Rope, Failure> {
        self.text(name, dot).map(|text| text.without("<no value>"))
    }

    /// Executes a template file as Go does.
    ///
    /// # Errors
    /// Why and where it failed.
    pub fn text(&self, name: &str, dot: &Value) -> Result<Rope, Failure> {
        self.memo.begin(dot);
        self.execute(name, dot).map_err(|message| {
            let known = self.failure.borrow_mut().take();
            known.map_or_else(
                || Failure {
                    reason: message.clone(),
                    message: message.clone(),
                    place: None,
                    involved: OriginId::NONE,
                },
                |failure| Failure { message: message.clone(), ..failure },
            )
        })
    }

    /// Returns a named template and its name, as currently defined.
    fn find(&self, name: &str) -> Option<(Rc<str>, Rc<Named>)> {
        let named = self.named.borrow();
        named.get_key_value(name).map(|(name, body)| (Rc::clone(name), Rc::clone(body)))
    }

    fn execute(&self, name: &str, dot: &Value) -> Result<Rope, String> {
        let Some((key, at)) = self.find(name) else {
            return Err(format!(
                "template: no template {name:?} associated with template \"gotpl\""
            ));
        };
        if at.nested.get() > MAX_NESTED {
            return Err(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            ));
        }
        at.nested.set(at.nested.get() + 1);
        let done = self.once(&at, dot, || self.body(&key, &at, dot, None));
        at.nested.set(at.nested.get() - 1);
        done
    }

    fn body(
        &self,
        name: &str,
        at: &Rc<Named>,
        dot: &Value,
        source: Option<Rope>,
    ) -> Result<Rope, String> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(format!("exceeded maximum template depth ({MAX_DEPTH})"));
        }
        self.depth.set(self.depth.get() + 1);
        let here = self.here.get();
        let done = Frame::new(self, name, at, dot, source, here).run(dot);
        self.here.set(here);
        self.depth.set(self.depth.get() - 1);
        let text = done?;
        self.note_written(text.len())?;
        Ok(text)
    }
}

/// The bodies that a template defines, with their names.
fn defined(template: &Template) -> impl Iterator<Item = (&str, &Arc<ListNode>)> {
    template.defines.iter().map(|(name, body)| (name.as_str(), body))
}

/// Adds a file, and some bodies in it under their names.
fn register<'t>(
    named: &mut Names,
    files: &mut Vec<Rc<TemplateFile>>,
    name: &Rc<str>,
    template: &'t Template,
    bodies: impl Iterator<Item = (&'t str, &'t Arc<ListNode>)>,
) {
    let file = Rc::new(TemplateFile {
        name: Rc::clone(name),
        source: template.source,
        text: Arc::clone(&template.text),
    });
    let number = u32::try_from(files.len()).unwrap_or(0);
    files.push(Rc::clone(&file));
    for (name, body) in bodies {
        if is_empty(body) && named.contains_key(name) {
            continue;
        }
        let at = Named {
            file: Rc::clone(&file),
            number,
            text: Arc::clone(&template.text),
            body: Arc::clone(body),
            nested: Cell::new(0),
        };
        named.insert(name.into(), Rc::new(at));
    }
}

impl Evaluator<'_> {
    /// Counts steps of the render.
    ///
    /// # Errors
    /// If there are too many.
    fn step(&self, count: usize) -> Result<(), String> {
        self.steps.set(self.steps.get().saturating_add(count as u64));
        match self.steps.get() > MAX_STEPS {
            true => Err(format!("the chart takes more than {MAX_STEPS} steps to render")),
            false => Ok(()),
        }
    }

    /// Counts bytes that a template wrote.
    ///
    /// # Errors
    /// If the render wrote too many.
    fn note_written(&self, bytes: usize) -> Result<(), String> {
        self.written.set(self.written.get().saturating_add(bytes));
        match self.written.get() > MAX_OUTPUT {
            true => Err(format!("the chart writes more than {} MiB", MAX_OUTPUT >> 20)),
            false => Ok(()),
        }
    }

    /// Counts the size of a value that a function made.
    ///
    /// # Errors
    /// If the value, or the total, is too large.
    fn bounded(&self, value: Value) -> Result<Value, String> {
        let items = match &value.data {
            Data::Str(text) if text.len() > MAX_TEXT => {
                return Err(format!("a text of more than {} MiB", MAX_TEXT >> 20));
            }
            Data::Str(text) => {
                self.made.set(self.made.get().saturating_add(text.len()));
                0
            }
            Data::List(items) => items.borrow().len(),
            Data::Map(entries) => entries.borrow().len(),
            _ => 0,
        };
        if self.made.get() > MAX_MADE {
            return Err(format!("the chart makes more than {} MiB of texts", MAX_MADE >> 20));
        }
        if items > MAX_ITEMS as usize {
            return Err(format!("more than {MAX_ITEMS} items"));
        }
        self.step(items / 16)?;
        Ok(value)
    }
}

impl Host for Evaluator<'_> {
    fn origins(&self) -> &Origins {
        &self.origins
    }

    fn under(&self) -> OriginId {
        self.under.get()
    }

    fn surroundings(&self) -> Option<Surroundings<'_>> {
        self.surroundings
    }

    fn note_change(&self) {
        self.memo.note_change();
    }

    fn include(&self, name: &str, dot: &Value) -> Result<Value, String> {
        self.execute(name, dot).map(Value::rope)
    }

    fn tpl(&self, source: &Rope, dot: &Value) -> Result<Value, String> {
        if !source.as_str().contains("{{") {
            return Ok(Value::rope(source.without("<no value>")));
        }
        let known = self.texts.borrow().get(source.as_str()).cloned();
        let template = known.unwrap_or_else(|| {
            let key: Rc<str> = source.as_str().into();
            let parsed = parse(SourceId::NOWHERE, &Arc::from(source.as_str()), self.known).map_err(
                |fault| {
                    let line = key[..fault.offset].matches('\n').count() + 1;
                    format!("template: gotpl:{line}: {}", fault.describe("gotpl", &key))
                },
            );
            let parsed = Rc::new(parsed);
            self.texts.borrow_mut().insert(key, Rc::clone(&parsed));
            parsed
        });
        let template = match template.as_ref() {
            Ok(template) => template,
            Err(message) => {
                return Err(format!(
                    "cannot parse template {}: {message}",
                    super::print::quote(source.as_str())
                ));
            }
        };
        let before = Rc::clone(&self.named.borrow());
        if !template.defines.is_empty() {
            let names = &mut *self.named.borrow_mut();
            let files = &mut *self.files.borrow_mut();
            register(Rc::make_mut(names), files, &"gotpl".into(), template, defined(template));
            self.memo.note_change();
        }
        let at = Rc::new(Named {
            file: Rc::new(TemplateFile {
                name: "gotpl".into(),
                source: SourceId::NOWHERE,
                text: Arc::clone(&template.text),
            }),
            number: 0,
            text: Arc::clone(&template.text),
            body: Arc::clone(&template.body),
            nested: Cell::new(0),
        });
        let done = self.body("gotpl", &at, dot, Some(source.clone()));
        if !template.defines.is_empty() {
            *self.named.borrow_mut() = before;
            self.memo.note_change();
        }
        done.map(|text| Value::rope(text.without("<no value>"))).map_err(|message| {
            if message.len() > MAX_MESSAGE {
                return message;
            }
            let shown: String = source.as_str().chars().take(200).collect();
            format!(
                "error during tpl function execution for {}: {message}",
                super::print::quote(&shown)
            )
        })
    }
}
