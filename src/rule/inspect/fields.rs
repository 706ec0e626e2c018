//! Follows the paths in an expression through the schemas.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators,
};

use super::{Names, Wrong, field, known, lookup};
use crate::kube::schema::Site;

/// What is known of an expression's value, and the fields in it that no schema has.
pub(super) fn follow(expression: &IdedExpr, names: &mut Names) -> (Option<Site>, Vec<Wrong>) {
    let mut follower = Follower { names, wrong: Vec::new() };
    let site = follower.value(expression);
    (site, follower.wrong)
}

struct Follower<'n> {
    names: &'n mut Names,
    wrong: Vec<Wrong>,
}

impl Follower<'_> {
    /// What is known of a value; `None` if it may be anything.
    fn value(&mut self, expression: &IdedExpr) -> Option<Site> {
        match &expression.expr {
            Expr::Ident(name) => lookup(self.names, name),
            Expr::Select(select) => self.select(&select.operand, &select.field),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(of) => self.comprehension(of),
            Expr::List(list) => self.all(&list.elements),
            Expr::Map(map) => {
                map.entries.iter().for_each(|entry| self.entry(&entry.expr));
                None
            }
            Expr::Struct(of) => {
                of.entries.iter().for_each(|entry| self.entry(&entry.expr));
                None
            }
            Expr::Literal(_) | Expr::Unspecified => None,
        }
    }

    fn all<'e>(&mut self, parts: impl IntoIterator<Item = &'e IdedExpr>) -> Option<Site> {
        parts.into_iter().for_each(|part| {
            self.value(part);
        });
        None
    }

    fn entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.all([&field.value]),
            EntryExpr::MapEntry(entry) => self.all([&entry.key, &entry.value]),
        };
    }

    fn select(&mut self, operand: &IdedExpr, name: &str) -> Option<Site> {
        let site = self.value(operand)?;
        match field(&site, &shown(operand), name) {
            Ok(below) => below,
            Err(wrong) => {
                self.wrong.push(wrong);
                None
            }
        }
    }

    fn call(&mut self, call: &CallExpr) -> Option<Site> {
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (operators::OPT_SELECT | operators::INDEX | operators::OPT_INDEX, None, [of, key]) => {
                match text(key) {
                    Some(field) => self.select(of, field),
                    None => self.item(of, key),
                }
            }
            (operators::IN, None, [key, of]) => self.among(key, of),
            (operators::CONDITIONAL, None, [test, yes, no]) => {
                self.value(test);
                self.either(yes, no)
            }
            ("value", Some(of), []) => self.value(of),
            ("orValue" | "or", Some(of), [other]) => match other.expr {
                Expr::Literal(_) => self.value(of),
                Expr::List(_) | Expr::Map(_) => {
                    self.value(other);
                    self.value(of)
                }
                _ => self.either(of, other),
            },
            (_, target, args) => self.all(target.into_iter().chain(args)),
        }
    }

    /// `'replicas' in object.spec`; a text may also be an item of a list.
    fn among(&mut self, key: &IdedExpr, of: &IdedExpr) -> Option<Site> {
        self.value(key);
        let site = self.value(of).filter(Site::has_fields)?;
        let wrong = text(key).and_then(|name| field(&site, &shown(of), name).err());
        self.wrong.extend(wrong);
        None
    }

    fn either(&mut self, one: &IdedExpr, other: &IdedExpr) -> Option<Site> {
        let (one, other) = (self.value(one), self.value(other));
        Some(one?.or(other?))
    }

    /// An item of a list, or the value of a key that is not written out.
    fn item(&mut self, of: &IdedExpr, key: &IdedExpr) -> Option<Site> {
        self.value(key);
        known(self.value(of)?.items())
    }

    fn comprehension(&mut self, of: &ComprehensionExpr) -> Option<Site> {
        let range = self.value(&of.iter_range);
        self.value(&of.accu_init);
        let outside = self.names.len();
        // Over a mapping, the first of two variables is the key, and a single one as well.
        let items = range.as_ref().and_then(|range| known(range.items()));
        let (first, second) = match of.iter_var2 {
            Some(_) => (None, items),
            None => (items.filter(|_| range.as_ref().is_some_and(Site::is_list)), None),
        };
        self.names.push((of.iter_var.clone(), first));
        self.names.extend(of.iter_var2.iter().map(|name| (name.clone(), second.clone())));
        self.names.push((of.accu_var.clone(), None));
        self.all([&of.loop_cond, &of.loop_step, &of.result]);
        self.names.truncate(outside);
        range.filter(|_| keeps_items(of))
    }
}

/// Whether the result is a list of some of the items, as that of `filter` is.
fn keeps_items(of: &ComprehensionExpr) -> bool {
    let is_item = |item: &IdedExpr| matches!(&item.expr, Expr::Ident(name) if *name == of.iter_var);
    let adds_item = |step: &IdedExpr| match &step.expr {
        Expr::Call(CallExpr { func_name, args, .. }) if func_name == operators::ADD => {
            matches!(args.last().map(|last| &last.expr),
                Some(Expr::List(list)) if list.elements.iter().all(is_item))
        }
        _ => false,
    };
    match &of.loop_step.expr {
        Expr::Call(CallExpr { func_name, args, .. }) if func_name == operators::CONDITIONAL => {
            args.get(1).is_some_and(adds_item)
        }
        _ => false,
    }
}

/// The text of a literal.
fn text(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// A path as a message shows it.
fn shown(expression: &IdedExpr) -> String {
    match &expression.expr {
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => format!("{}.{}", shown(&select.operand), select.field),
        Expr::Call(CallExpr { target: Some(of), .. }) => shown(of),
        Expr::Call(CallExpr { args, .. }) => match args.as_slice() {
            [of, key] => match text(key) {
                Some(field) => format!("{}.{field}", shown(of)),
                None => format!("{}[*]", shown(of)),
            },
            _ => "…".to_owned(),
        },
        Expr::Comprehension(of) => shown(&of.iter_range),
        _ => "…".to_owned(),
    }
}
