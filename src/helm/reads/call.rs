//! Calls functions with shapes. A function that is not listed here reads all of its arguments.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::helm::parse::Expr;

use super::flow::Flow;
use super::shape::{Shape, Shapes};

impl Flow<'_> {
    /// Calls a function; `args` are all arguments, a piped one last, and `given` those that are written as arguments.
    pub(super) fn call(&mut self, name: &str, given: &[Expr], args: &[Shapes]) -> Shapes {
        let last = args.last().cloned().unwrap_or_else(Shapes::computed);
        match name {
            "include" => self.include(args),
            "tpl" => self.tpl(args),
            "index" | "get" => self.walk(args),
            "dig" => self.dig(args),
            "hasKey" => {
                let found = self.walk(args);
                self.test(&found);
                Shapes::computed()
            }
            "pluck" => {
                let maps = Shapes::any(args.iter().skip(1));
                let key = args.first().cloned().unwrap_or_else(Shapes::computed);
                let found = self.walk(&[maps, key]);
                Shapes::one(Shape::List(found))
            }
            "pick" => self.pick(args),
            "omit" | "unset" => {
                self.escape(&Shapes::any(args.iter().skip(1)));
                args.first().cloned().unwrap_or_default()
            }
            "set" => self.set(args),
            "merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite" => {
                self.merge(given, args)
            }
            "dict" => self.dict(args),
            "list" | "tuple" => Shapes::one(Shape::Items(args.into())),
            "splitList" => split(args).unwrap_or_else(|| self.computed(args)),
            "keys" | "len" => {
                self.test(&Shapes::any(args));
                self.elements(&Shapes::any(args));
                Shapes::computed()
            }
            "values" => {
                let items = self.elements(&last);
                Shapes::one(Shape::List(items))
            }
            "first" | "mustFirst" => self.end(&last, <[Shapes]>::first),
            "last" | "mustLast" => self.end(&last, <[Shapes]>::last),
            "reverse" | "mustReverse" => reversed(&last),
            "rest" | "mustRest" | "initial" | "mustInitial" | "uniq" | "mustUniq" | "compact"
            | "mustCompact" | "deepCopy" | "mustDeepCopy" => last,
            "concat" => {
                let items = self.elements(&Shapes::any(args));
                Shapes::one(Shape::List(items))
            }
            "append" | "mustAppend" | "push" | "mustPush" | "prepend" | "mustPrepend" => {
                let list = args.first().cloned().unwrap_or_else(Shapes::computed);
                let items = self.elements(&list).or(args.get(1).unwrap_or(&Shapes::computed()));
                Shapes::one(Shape::List(items))
            }
            "default" | "coalesce" | "or" | "and" => {
                self.test(&Shapes::any(args));
                let all = Shapes::any(args);
                self.bounded(all)
            }
            "ternary" => {
                self.test(&last);
                Shapes::any(args.iter().take(2))
            }
            "required" => last,
            "printf" if is_verbatim(args) => last,
            "toString" if last.texts().is_some() => last,
            "lower" | "trim" if last.texts().is_some() => rewritten(name, &last),
            "kindIs" | "kindOf" | "typeIs" | "typeIsLike" | "typeOf" => {
                self.test(&last);
                self.type_of(&last);
                Shapes::computed()
            }
            "empty" | "not" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" => {
                self.test(&Shapes::any(args));
                Shapes::computed()
            }
            _ => self.computed(args),
        }
    }

    /// The result of a function that reads all of its arguments.
    fn computed(&mut self, args: &[Shapes]) -> Shapes {
        self.escape(&Shapes::any(args));
        Shapes::computed()
    }

    fn include(&mut self, args: &[Shapes]) -> Shapes {
        let [name, dot] = args else { return self.computed(args) };
        self.escape(name);
        match name.texts() {
            Some(names) => self.named_any(&names, dot),
            None => {
                // Template files and definitions are executed on roots anyway.
                if !dot.iter().all(|shape| matches!(shape, Shape::Root(_))) {
                    self.escape_but_roots(dot);
                    self.any_named(dot);
                }
                Shapes::computed()
            }
        }
    }

    fn named_any(&mut self, names: &[Rc<str>], dot: &Shapes) -> Shapes {
        let written: Vec<Shapes> = names.iter().map(|name| self.named(name, dot)).collect();
        match written.iter().all(|shapes| shapes.texts().is_some()) {
            true => Shapes::any(&written),
            false => Shapes::computed(),
        }
    }

    /// Calls `tpl`. What a text reads of the root is found by `text`; anything else that it is given counts as read.
    fn tpl(&mut self, args: &[Shapes]) -> Shapes {
        let [source, dot] = args else { return self.computed(args) };
        match source.texts() {
            Some(texts) if texts.iter().all(|text| !text.contains("{{")) => source.clone(),
            _ => {
                self.escape(source);
                self.escape_but_roots(dot);
                Shapes::computed()
            }
        }
    }

    /// `index` and `get`: a map or list, then keys.
    fn walk(&mut self, args: &[Shapes]) -> Shapes {
        let Some((from, keys)) = args.split_first() else { return Shapes::computed() };
        keys.iter().fold(from.clone(), |at, key| self.at_key(&at, key))
    }

    fn at_key(&mut self, at: &Shapes, key: &Shapes) -> Shapes {
        match key.texts() {
            Some(names) => {
                let found: Vec<Shapes> = names.iter().map(|name| self.field(at, name)).collect();
                let found = Shapes::any(&found);
                self.bounded(found)
            }
            None => {
                self.escape(key);
                self.elements(at)
            }
        }
    }

    fn dig(&mut self, args: &[Shapes]) -> Shapes {
        let [keys @ .., fallback, from] = args else { return self.computed(args) };
        let found = keys.iter().fold(from.clone(), |at, key| self.at_key(&at, key));
        found.or(fallback)
    }

    fn pick(&mut self, args: &[Shapes]) -> Shapes {
        let Some((from, keys)) = args.split_first() else { return Shapes::computed() };
        let mut entries = BTreeMap::new();
        for key in keys {
            let Some(names) = key.texts() else { return self.computed(args) };
            for name in names {
                let value = self.field(from, &name);
                entries.insert(name, value);
            }
        }
        Shapes::one(Shape::Map(Rc::new(entries)))
    }

    fn set(&mut self, args: &[Shapes]) -> Shapes {
        let [map, key, value] = args else { return self.computed(args) };
        // The map may be read as a whole elsewhere.
        self.escape_but_roots(value);
        match key.texts() {
            Some(names) => names.iter().for_each(|name| self.assign(name, value)),
            None => {
                self.escape(key);
                self.escape(value);
            }
        }
        self.fill(map, key.texts().is_some());
        map.clone()
    }

    /// Calls `merge` and similar functions. Unless the first map is made right here, it may also be used elsewhere:
    /// then what is merged into it counts as read.
    fn merge(&mut self, given: &[Expr], args: &[Shapes]) -> Shapes {
        if let Some((into, from)) = args.split_first()
            && !given.first().is_some_and(|of| is_fresh(of, self.text))
        {
            let from = Shapes::any(from);
            self.escape_but_roots(&from);
            for shape in from.iter() {
                if let Shape::Map(entries) = shape {
                    entries.iter().for_each(|(key, value)| self.assign(key, value));
                }
                self.fill(into, matches!(shape, Shape::Map(_) | Shape::Nothing));
            }
        }
        let all = Shapes::any(args);
        self.bounded(all)
    }

    fn dict(&mut self, args: &[Shapes]) -> Shapes {
        let mut entries: BTreeMap<Rc<str>, Shapes> = BTreeMap::new();
        let mut others = None;
        for pair in args.chunks(2) {
            let value = pair.get(1).cloned().unwrap_or_else(Shapes::computed);
            match pair[0].texts() {
                Some(names) => names.into_iter().for_each(|name| {
                    let known = entries.entry(name).or_default();
                    *known = known.or(&value);
                }),
                None => {
                    self.escape(&pair[0]);
                    self.escape(&value);
                    others = Some(Shape::Computed);
                }
            }
        }
        Shapes::of([Shape::Map(Rc::new(entries))].into_iter().chain(others))
    }

    /// Returns an item at the end of a list.
    fn end(&mut self, list: &Shapes, pick: fn(&[Shapes]) -> Option<&Shapes>) -> Shapes {
        let mut found = Shapes::default();
        for shape in list.iter() {
            let item = match shape {
                Shape::Items(items) => pick(items).cloned().unwrap_or_default(),
                shape => self.elements(&Shapes::one(shape.clone())),
            };
            found = found.or(&item);
        }
        found
    }
}

/// Calls `splitList` with known texts.
fn split(args: &[Shapes]) -> Option<Shapes> {
    let [separator, text] = args else { return None };
    let (separators, texts) = (separator.texts()?, text.texts()?);
    let [separator] = &separators[..] else { return None };
    let lists = texts.iter().map(|text| {
        Shape::Items(text.split(&**separator).map(Shapes::text).collect::<Vec<_>>().into())
    });
    Some(Shapes::of(lists))
}

fn reversed(list: &Shapes) -> Shapes {
    Shapes::of(list.iter().map(|shape| match shape {
        Shape::Items(items) => Shape::Items(items.iter().rev().cloned().collect::<Vec<_>>().into()),
        shape => shape.clone(),
    }))
}

/// Calls a function that changes a text with known texts.
fn rewritten(function: &str, texts: &Shapes) -> Shapes {
    let texts = texts.texts().unwrap_or_default();
    Shapes::of(texts.iter().map(|text| match function {
        "lower" => Shape::Text(text.to_lowercase().into()),
        _ => Shape::Text(text.trim().into()),
    }))
}

/// Whether the call is `printf "%s" text`, whose result is the text.
fn is_verbatim(args: &[Shapes]) -> bool {
    let [format, text] = args else { return false };
    let plain = |format: &[Rc<str>]| matches!(format, [format] if matches!(&**format, "%s" | "%v"));
    format.texts().is_some_and(|format| plain(&format)) && text.texts().is_some()
}

/// Whether an expression makes a map that is not used elsewhere; `text` is that of its template.
fn is_fresh(expr: &Expr, text: &str) -> bool {
    let Expr::Pipe(_, pipe) = expr else { return false };
    let last = pipe.rest.last().unwrap_or(&pipe.first);
    let Expr::Identifier(name) = &last.operand else { return false };
    match name.text(text) {
        "dict" | "deepCopy" | "mustDeepCopy" | "fromYaml" | "fromJson" | "pick" | "omit" => true,
        "merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite" => {
            last.args.first().is_some_and(|of| is_fresh(of, text))
        }
        _ => false,
    }
}
