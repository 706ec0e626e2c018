//! What an expression comes to on an object that lacks the fields it asks for.
//!
//! `pod.?hostNetwork.orValue(false)` is false wherever nothing is called `hostNetwork`, and so is all that
//! it is a conjunct of. A rule that finds nothing then need not be run: for most of the rules that concern
//! an object this is told by a look at the names of the object's keys.

use cel::Value;
use cel::common::value::Val;

use super::call::{Function, of_lifecycle};
use super::certain::{certain, certain_optional, mapping, text};
use super::code::{Code, Comparison, Wanted};
use super::datum::{Datum, Member};
use super::names::{Names, Nature, Slot};
use super::narrow::{By, Narrow};
use super::run;
use crate::kube::{EVERYTHING, wider_resources};
use crate::rule::need::Need;

/// What an expression comes to, and to no error, unless something comes up in the object.
#[derive(Debug, Clone)]
pub(crate) struct Lack {
    pub(crate) unless: Need,
    pub(crate) value: Datum<'static>,
}

impl Lack {
    /// What two values give together.
    fn with(
        self,
        other: Self,
        give: impl FnOnce(&Datum<'static>, &Datum<'static>) -> Option<Datum<'static>>,
    ) -> Option<Self> {
        let value = give(&self.value, &other.value)?;
        Some(Self { unless: self.unless.or(other.unless), value })
    }

    /// The value, where it is true or false.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.value {
            Datum::Bool(value) => Some(value),
            _ => None,
        }
    }
}

/// The same as a variable keeps it, for checks that any thread may compile.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    unless: Need,
    value: Value,
}

impl Lack {
    /// `None` for what is no value of CEL by itself.
    pub(super) fn keep(self) -> Option<Kept> {
        let value = self.value.with_val(|value| Value::try_from(value).ok())?;
        Some(Kept { unless: self.unless, value })
    }
}

impl Kept {
    fn lack(&self) -> Option<Lack> {
        let value: Box<dyn Val> = self.value.clone().try_into().ok()?;
        Some(Lack { unless: self.unless.clone(), value: Datum::from_val(value.as_ref(), &[]) })
    }
}

/// What is known of an expression's value where the object lacks some keys; `None` where nothing is.
pub(super) fn lack(code: &Code, names: &mut Names) -> Option<Lack> {
    if let Some(value) = literal(code) {
        return Some(Lack { unless: Need::NEVER, value });
    }
    Some(match code {
        Code::Variable(slot) => match names.nature(*slot) {
            Nature::Value { lack, .. } => lack.as_ref()?.lack()?,
            _ => return None,
        },
        Code::Has(of, field) => {
            let own = mapping(of, names).map(|odd| odd.or(Need::key(field)));
            let unless = both(wanting(of, names), own)?;
            Lack { unless, value: Datum::Bool(false) }
        }
        Code::HasValue(of) => Lack { unless: wanting(of, names)?, value: Datum::Bool(false) },
        Code::OrValue(of, default) => {
            let default = lack(default, names)?;
            Lack { unless: wanting(of, names)?.or(default.unless), value: default.value }
        }
        Code::Not(of) => {
            let of = lack(of, names)?;
            Lack { value: Datum::Bool(!of.truth()?), ..of }
        }
        Code::Connect(settles, one, two) => connect(*settles, lack(one, names), lack(two, names))?,
        Code::Choose(test, yes, no) => {
            let test = lack(test, names)?;
            let chosen = lack(if test.truth()? { yes } else { no }, names)?;
            test.with(chosen, |_, chosen| Some(chosen.clone()))?
        }
        Code::Compare(Comparison::Equal, one, two) if kind_asked(one, two).is_some() => {
            let kind = kind_asked(one, two)?.to_owned();
            Lack { unless: Need::Kind(kind), value: Datum::Bool(false) }
        }
        Code::Compare(operator, one, two) => {
            let known = compare(*operator, one, two, names);
            let differs = *operator == Comparison::NotEqual;
            match text_asked(*operator, one, two) {
                Some((of, text)) => {
                    let sign = is_itself(of, text).then(|| Need::text(text));
                    let sign = sign.and_then(|sign| Some(certain(of, names)?.or(sign)));
                    or_unless(sign, of, known, differs, names)?
                }
                None => known?,
            }
        }
        Code::Among(of, texts) => {
            let known = lack(of, names).map(|of| {
                let text = of.value.as_text();
                let among = text.is_some_and(|text| texts.iter().any(|one| one == text));
                Lack { value: Datum::Bool(among), ..of }
            });
            let signs = texts.iter().map(|text| is_itself(of, text).then(|| Need::text(text)));
            let sign = signs.collect::<Option<Vec<_>>>();
            let sign = sign.map(|signs| signs.into_iter().fold(Need::NEVER, Need::or));
            let sign = sign.and_then(|sign| Some(certain(of, names)?.or(sign)));
            or_unless(sign, of, known, false, names)?
        }
        Code::Call { native: Some(Function::OfKind), args, .. } => match args.as_slice() {
            [(_, of), (_, Code::Text(kind))] if is_company(of) => {
                let unless = Need::beside(std::slice::from_ref(kind));
                Lack { unless, value: Datum::List([].into()) }
            }
            _ => return None,
        },
        Code::Call { native: Some(Function::Lifecycle), args, .. } if is_of_own_api(args) => {
            Lack { unless: Need::Outdated, value: of_lifecycle(None) }
        }
        Code::Select(of, field) => member(of, field, names)?,
        Code::Grants { of, wanted, .. } => granted(of, wanted, names)?,
        Code::Call { native: Some(native), args, .. } => {
            let known = call(*native, args, names);
            match (native, args.as_slice()) {
                (Function::Contains, [(_, of), (_, Code::Text(part))]) => {
                    let sign = is_wordy(part).then(|| Need::part(part));
                    let sign = sign.and_then(|sign| Some(text(of, names)?.or(sign)));
                    or_unless(sign, of, known, false, names)?
                }
                _ => known?,
            }
        }
        Code::Quantify { settles, range, narrow, test, .. } => {
            let empty = empty(range, names).or_else(|| nobody(range, narrow.as_deref()));
            let test = lack(test, names).filter(|test| test.truth() == Some(!settles));
            let test = test.filter(|_| is_list_of_mappings(range, names));
            let unless = both(empty, test.map(|test| test.unless))?;
            Lack { unless, value: Datum::Bool(!settles) }
        }
        Code::Collect { range, narrow, guard, .. } => {
            let empty = empty(range, names).or_else(|| nobody(range, narrow.as_deref()));
            let guard = guard.as_ref().and_then(|guard| lack(guard, names));
            let guard = guard.filter(|guard| guard.truth() == Some(false));
            let guard = guard.filter(|_| is_list_of_mappings(range, names));
            let unless = both(empty, guard.map(|guard| guard.unless))?;
            Lack { unless, value: Datum::List([].into()) }
        }
        Code::TypeIs { of, name, fits, .. } if name == "string" => {
            Lack { unless: text(of, names)?, value: Datum::Bool(*fits) }
        }
        Code::Shared(_, of) | Code::Matches { otherwise: of, .. } => lack(of, names)?,
        _ => return None,
    })
}

/// The texts of a list of nothing else, be it written in place or under a name.
pub(super) fn written_texts(code: &Code, names: &mut Names) -> Option<Vec<String>> {
    let Lack { unless, value: Datum::List(items) } = lack(code, names)? else { return None };
    let texts = || items.iter().map(|item| item.as_text().map(str::to_owned)).collect();
    unless.is_never().then(texts)?
}

/// No rule of a role grants what is wanted but by its words, or by a star.
fn granted(of: &Code, wanted: &Wanted, names: &mut Names) -> Option<Lack> {
    let everything = || std::iter::once(EVERYTHING.to_owned());
    let any = |words: &mut dyn Iterator<Item = String>| {
        words.fold(Need::NEVER, |need, word| need.or(Need::text(&word)))
    };
    let listed = |words: &[String]| any(&mut words.iter().cloned().chain(everything()));
    let wider = wanted.resources.iter().flat_map(|resource| wider_resources(resource));
    let resources = any(&mut wanted.resources.iter().cloned().chain(wider));
    let words = listed(&wanted.verbs).and(listed(&wanted.groups)).and(resources);
    Some(Lack { unless: mapping(of, names)?.or(words), value: Datum::Bool(false) })
}

/// The same of `of.field`.
fn member(of: &Code, field: &str, names: &mut Names) -> Option<Lack> {
    let of = lack(of, names)?;
    match of.value.member(field) {
        Member::Found(value) => Some(Lack { value, ..of }),
        Member::Missing | Member::Wrong | Member::None => None,
    }
}

/// Either of two conditions is enough for a value: it takes both to keep it from coming about.
fn both(one: Option<Need>, two: Option<Need>) -> Option<Need> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.and(two)),
        (one, two) => one.or(two),
    }
}

/// `&&` or `||`: a side that settles it is enough, whatever the other comes to.
fn connect(settles: bool, one: Option<Lack>, two: Option<Lack>) -> Option<Lack> {
    let settling = |side: Option<&Lack>| {
        side.filter(|side| side.truth() == Some(settles)).map(|side| side.unless.clone())
    };
    if let Some(unless) = both(settling(one.as_ref()), settling(two.as_ref())) {
        return Some(Lack { unless, value: Datum::Bool(settles) });
    }
    let open = |side: &Lack| side.truth() == Some(!settles);
    let (one, two) = (one.filter(open)?, two.filter(open)?);
    one.with(two, |_, _| Some(Datum::Bool(!settles)))
}

/// `object.kind`, which every object has.
fn is_kind(code: &Code) -> bool {
    is_of_object(code, "kind")
}

fn is_of_object(code: &Code, name: &str) -> bool {
    matches!(code, Code::Select(of, field)
        if field == name && matches!(**of, Code::Variable(Slot::OBJECT)))
}

/// `object.apiVersion, object.kind`
fn is_of_own_api(args: &[(String, Code)]) -> bool {
    matches!(args, [(_, version), (_, kind)]
        if is_of_object(version, "apiVersion") && is_kind(kind))
}

/// `X` of `object.kind == 'X'`.
fn kind_asked<'c>(one: &'c Code, two: &'c Code) -> Option<&'c str> {
    match (one, two) {
        (kind, Code::Text(text)) | (Code::Text(text), kind) if is_kind(kind) => Some(text),
        _ => None,
    }
}

/// The value of what is written in the rule.
fn literal(code: &Code) -> Option<Datum<'static>> {
    Some(match code {
        Code::Null => Datum::Null,
        Code::Bool(value) => Datum::Bool(*value),
        Code::Int(value) => Datum::Int(*value),
        Code::Uint(value) => Datum::Uint(*value),
        Code::Double(value) => Datum::Double(*value),
        Code::Text(text) => Datum::Made(text.as_str().into()),
        Code::List(items) => {
            Datum::List(items.iter().map(literal).collect::<Option<Vec<_>>>()?.into())
        }
        Code::Record(entries) if entries.is_empty() => Datum::Record([].into()),
        _ => return None,
    })
}

fn compare(operator: Comparison, one: &Code, two: &Code, names: &mut Names) -> Option<Lack> {
    let (one, two) = (lack(one, names)?, lack(two, names)?);
    one.with(two, |one, two| run::compared(operator, one, two).ok().map(Datum::Bool))
}

fn call(native: Function, args: &[(String, Code)], names: &mut Names) -> Option<Lack> {
    let args = args.iter().map(|(_, argument)| lack(argument, names));
    let args = args.collect::<Option<Vec<_>>>()?;
    let values: Vec<Datum<'static>> = args.iter().map(|arg| arg.value.clone()).collect();
    let unless = args.into_iter().map(|arg| arg.unless).fold(Need::NEVER, Need::or);
    Some(Lack { unless, value: native.call(&values)?.ok()? })
}

/// A test of `of` that may be known to come to `value` where the object lacks something; it also does
/// where `of` is what is written in the object, unless `sign` is met.
fn or_unless(
    sign: Option<Need>,
    of: &Code,
    known: Option<Lack>,
    value: bool,
    names: &Names,
) -> Option<Lack> {
    if known.as_ref().is_some_and(|known| known.truth() != Some(value)) {
        return known;
    }
    let sign = sign.filter(|_| is_verbatim(of, known.is_some(), names));
    let unless = both(known.map(|known| known.unless), sign)?;
    Some(Lack { unless, value: Datum::Bool(value) })
}

/// True for a scalar of the object as it is written or its text, and with `otherwise` where another
/// value stands in for one that is not there.
fn is_verbatim(code: &Code, otherwise: bool, names: &Names) -> bool {
    match code {
        Code::Variable(slot) => *slot == Slot::NAME || names.nature(*slot).is_own(),
        Code::OrValue(of, default) => otherwise && is_own(of, names) && default.is_literal(),
        Code::Call { native: Some(Function::Text), args, .. } => {
            args.iter().all(|(_, argument)| is_verbatim(argument, otherwise, names))
        }
        _ => false,
    }
}

/// True where what equals a text stands in the object as that text.
fn is_itself(of: &Code, text: &str) -> bool {
    match of {
        // An object without a name has an empty one.
        Code::Variable(Slot::NAME) => !text.is_empty(),
        // `text()` spells numbers and booleans in its own way.
        Code::Call { .. } => text.is_empty() || is_wordy(text),
        _ => true,
    }
}

/// True for what is no part of a number or boolean, however that is spelled.
fn is_wordy(part: &str) -> bool {
    part.contains(|c| !"0123456789.+-eEinfNaTtrulsF".contains(c))
}

/// `x` and `'text'` where the two are compared.
fn text_asked<'c>(
    operator: Comparison,
    one: &'c Code,
    two: &'c Code,
) -> Option<(&'c Code, &'c str)> {
    match (operator, one, two) {
        (_, Code::Text(_), Code::Text(_)) => None,
        (Comparison::Equal | Comparison::NotEqual, of, Code::Text(text))
        | (Comparison::Equal | Comparison::NotEqual, Code::Text(text), of) => Some((of, text)),
        _ => None,
    }
}

/// Unless this is met, a range is empty.
fn empty(range: &Code, names: &mut Names) -> Option<Need> {
    let range = lack(range, names)?;
    (range.value.size() == Some(0)).then_some(range.unless)
}

/// Unless this is met, none of what is deployed together is an item that a test can hold for.
fn nobody(range: &Code, narrow: Option<&Narrow>) -> Option<Need> {
    let kinds = match narrow.filter(|_| is_company(range))?.by.as_ref()? {
        By::Kinds(kinds) => kinds.as_slice(),
        By::Kind(is) => match &**is {
            Code::Text(kind) => std::slice::from_ref(kind),
            _ => return None,
        },
        By::Name { .. } => return None,
    };
    Some(Need::beside(kinds))
}

/// True for all that is deployed together, or the workloads among it.
fn is_company(code: &Code) -> bool {
    matches!(code, Code::Variable(Slot::OBJECTS | Slot::WORKLOADS))
}

/// Unless this is met, an optional is none.
fn wanting(code: &Code, names: &mut Names) -> Option<Need> {
    match code {
        Code::TrySelect(of, field) => {
            let held =
                wanting_holder(of, names, |value| !matches!(value.member(field), Member::Found(_)));
            both(held, keyed(code, field, names))
        }
        Code::TryIndex(of, index) => {
            let Code::Text(key) = &**index else { return None };
            let held = wanting_holder(of, names, |_| false);
            both(held, keyed(code, key, names))
        }
        Code::Select(of, _) => wanting(of, names),
        Code::OrElse(one, two) => {
            let (one, two) = (wanting(one, names)?, wanting(two, names)?);
            Some(one.or(two))
        }
        _ => None,
    }
}

/// Unless this is met, an optional that asks for a key of the object is none.
fn keyed(code: &Code, key: &str, names: &mut Names) -> Option<Need> {
    let odd = certain_optional(code, names)?;
    (!is_given(code, names)).then(|| odd.or(Need::key(key)))
}

/// True for what the rule or the run brings along, or a part of it: whether it is there, no key of the object tells.
fn is_given(code: &Code, names: &Names) -> bool {
    match code {
        Code::Variable(slot) => matches!(names.nature(*slot), Nature::Given),
        Code::Select(of, _) | Code::TrySelect(of, _) | Code::TryIndex(of, _) => is_given(of, names),
        _ => false,
    }
}

/// The same for what a member is asked of: where it is none, there is no member.
fn wanting_holder(
    of: &Code,
    names: &mut Names,
    lacks: impl FnOnce(&Datum<'static>) -> bool,
) -> Option<Need> {
    wanting(of, names).or_else(|| {
        let of = lack(of, names)?;
        lacks(&of.value).then_some(of.unless)
    })
}

/// What is known of the items of a range.
pub(super) fn item_nature(range: &Code, names: &Names) -> Nature {
    match is_list_of_mappings(range, names) {
        true => Nature::Mapping,
        false if is_own(range, names) => Nature::NODE,
        false => Nature::Open,
    }
}

/// True for what is a part of the object, or a literal.
fn is_own(code: &Code, names: &Names) -> bool {
    match code {
        Code::Variable(slot) => names.nature(*slot).is_own(),
        Code::Select(of, _) | Code::TrySelect(of, _) => is_own(of, names),
        Code::OrValue(of, default) => default.is_literal() && is_own(of, names),
        _ => false,
    }
}

/// True for a list of such mappings.
fn is_list_of_mappings(code: &Code, names: &Names) -> bool {
    matches!(code, Code::Variable(slot) if matches!(names.nature(*slot), Nature::Mappings))
}
