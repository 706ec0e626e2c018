//! The values of expressions on objects that lack the fields which these ask for.
//!
//! `pod.?hostNetwork.orValue(false)` is false on every object without a key `hostNetwork`, and so is every conjunction
//! with it. A rule that cannot find anything then need not run. For most of the rules that apply to an object, the
//! names of the object's keys are enough to know this.

use cel::Value;
use cel::common::value::Val;

use super::call::{Function, of_lifecycle};
use super::certain::{certain, certain_optional, mapping, text};
use super::code::{Code, Comparison, Junction, Wanted};
use super::datum::{Datum, Member};
use super::names::{Names, Nature, Slot};
use super::narrow::{By, Narrow};
use super::run;
use crate::kube::{EVERYTHING, wider_resources};
use crate::rule::need::Need;

/// A value that an expression has, without an error, on every object that does not meet the need `unless`.
#[derive(Debug, Clone)]
pub(crate) struct Lack {
    pub(crate) unless: Need,
    pub(crate) value: Datum<'static>,
}

impl Lack {
    /// Combines two values by `give`; an object that meets either need may have another value.
    fn with(
        self,
        other: Self,
        give: impl FnOnce(&Datum<'static>, &Datum<'static>) -> Option<Datum<'static>>,
    ) -> Option<Self> {
        let value = give(&self.value, &other.value)?;
        Some(Self { unless: self.unless.or(other.unless), value })
    }

    /// The value, if it is true or false.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.value {
            Datum::Bool(value) => Some(value),
            _ => None,
        }
    }
}

/// A [`Lack`] in the form in which a variable keeps it, as any thread may compile a check.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    unless: Need,
    value: Value,
}

impl Lack {
    /// `None` if the value cannot be converted to one of CEL.
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

/// The value of an expression on objects that lack some keys; `None` if it is not known.
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
        Code::Connect(junction, one, two) => {
            connect(*junction, lack(one, names), lack(two, names))?
        }
        Code::Choose(test, yes, no) => {
            let test = lack(test, names)?;
            let chosen = lack(if test.truth()? { yes } else { no }, names)?;
            test.with(chosen, |_, chosen| Some(chosen.clone()))?
        }
        Code::Compare(Comparison::Equal, one, two) if kind_asked(one, two).is_some() => {
            let kind = kind_asked(one, two)?.to_owned();
            Lack { unless: Need::Kind(kind), value: Datum::Bool(false) }
        }
        Code::Compare(operator, one, two) => compare(*operator, one, two, names)?,
        Code::Among(of, texts) => among(of, texts, names)?,
        Code::Select(of, field) => member(of, field, names)?,
        Code::Grants { of, wanted, .. } => granted(of, wanted, names)?,
        Code::Call { native: Some(native), args, .. } => call(*native, args, names)?,
        Code::Quantify { junction, range, narrow, test, .. } => {
            let passed = !junction.settling();
            let unless = passing(range, narrow.as_deref(), Some(test), passed, names)?;
            Lack { unless, value: Datum::Bool(passed) }
        }
        Code::Collect { range, narrow, guard, .. } => {
            let unless = passing(range, narrow.as_deref(), guard.as_deref(), false, names)?;
            Lack { unless, value: Datum::List([].into()) }
        }
        Code::TypeIs { of, name, fits, .. } if name == "string" => {
            Lack { unless: text(of, names)?, value: Datum::Bool(*fits) }
        }
        Code::Shared(_, of) | Code::Matches { otherwise: of, .. } => lack(of, names)?,
        _ => return None,
    })
}

/// Unless this is met, there are no items to visit, or their test gives `passed` for all of them.
fn passing(
    range: &Code,
    narrow: Option<&Narrow>,
    test: Option<&Code>,
    passed: bool,
    names: &mut Names,
) -> Option<Need> {
    let empty = empty(range, names).or_else(|| nobody(range, narrow));
    let test = test.and_then(|test| lack(test, names));
    let test = test.filter(|test| test.truth() == Some(passed));
    let test = test.filter(|_| is_list_of_mappings(range, names));
    both(empty, test.map(|test| test.unless))
}

/// The texts of a list of literals, in place or in a variable; `None` for any other.
pub(super) fn written_texts(code: &Code, names: &mut Names) -> Option<Vec<String>> {
    let Lack { unless, value: Datum::List(items) } = lack(code, names)? else { return None };
    let texts = || items.iter().map(|item| item.as_text().map(str::to_owned)).collect();
    unless.is_never().then(texts)?
}

/// A rule of a role can only grant the permissions by their names or by a wildcard.
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

/// The value of `of.field` on objects that lack some keys.
fn member(of: &Code, field: &str, names: &mut Names) -> Option<Lack> {
    let of = lack(of, names)?;
    match of.value.member(field) {
        Member::Found(value) => Some(Lack { value, ..of }),
        Member::Missing | Member::Wrong | Member::None => None,
    }
}

/// Joins the needs of two reasons for the same value: only an object that meets both may have another value.
fn both(one: Option<Need>, two: Option<Need>) -> Option<Need> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.and(two)),
        (one, two) => one.or(two),
    }
}

/// `&&` or `||`: a side that settles the result is enough, whatever the other evaluates to.
fn connect(junction: Junction, one: Option<Lack>, two: Option<Lack>) -> Option<Lack> {
    let settles = junction.settling();
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

/// Whether this is `object.kind`, which every object has.
fn is_kind(code: &Code) -> bool {
    is_of_object(code, "kind")
}

fn is_of_object(code: &Code, name: &str) -> bool {
    matches!(code, Code::Select(of, field)
        if field == name && matches!(**of, Code::Variable(Slot::OBJECT)))
}

/// Whether the arguments are `object.apiVersion, object.kind`.
fn is_of_own_api(args: &[(String, Code)]) -> bool {
    matches!(args, [(_, version), (_, kind)]
        if is_of_object(version, "apiVersion") && is_kind(kind))
}

/// For the sides of `object.kind == 'X'`, returns `X`.
fn kind_asked<'c>(one: &'c Code, two: &'c Code) -> Option<&'c str> {
    match (one, two) {
        (kind, Code::Text(text)) | (Code::Text(text), kind) if is_kind(kind) => Some(text),
        _ => None,
    }
}

/// The value of a literal.
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
    let known = compared(operator, one, two, names);
    let Some((of, text)) = text_asked(operator, one, two) else { return known };
    let sign = is_itself(of, text).then(|| Need::text(text));
    let sign = sign.and_then(|sign| Some(certain(of, names)?.or(sign)));
    or_unless(sign, of, known, operator == Comparison::NotEqual, names)
}

/// A comparison of two values that are known.
fn compared(operator: Comparison, one: &Code, two: &Code, names: &mut Names) -> Option<Lack> {
    let (one, two) = (lack(one, names)?, lack(two, names)?);
    one.with(two, |one, two| run::compared(operator, one, two).ok().map(Datum::Bool))
}

/// `of in ['a', 'b']`
fn among(of: &Code, texts: &[String], names: &mut Names) -> Option<Lack> {
    let known = lack(of, names).map(|of| {
        let text = of.value.as_text();
        let among = text.is_some_and(|text| texts.iter().any(|one| one == text));
        Lack { value: Datum::Bool(among), ..of }
    });
    let signs = texts.iter().map(|text| is_itself(of, text).then(|| Need::text(text)));
    let sign = signs.collect::<Option<Vec<_>>>();
    let sign = sign.map(|signs| signs.into_iter().fold(Need::NEVER, Need::or));
    let sign = sign.and_then(|sign| Some(certain(of, names)?.or(sign)));
    or_unless(sign, of, known, false, names)
}

fn call(native: Function, args: &[(String, Code)], names: &mut Names) -> Option<Lack> {
    match (native, args) {
        (Function::OfKind, [(_, of), (_, Code::Text(kind))]) if is_company(of) => {
            let unless = Need::beside(std::slice::from_ref(kind));
            Some(Lack { unless, value: Datum::List([].into()) })
        }
        (Function::OfKind, _) => None,
        (Function::Lifecycle, args) if is_of_own_api(args) => {
            Some(Lack { unless: Need::Outdated, value: of_lifecycle(None) })
        }
        (Function::Contains, [(_, of), (_, Code::Text(part))]) => {
            let known = called(native, args, names);
            let sign = is_wordy(part).then(|| Need::part(part));
            let sign = sign.and_then(|sign| Some(text(of, names)?.or(sign)));
            or_unless(sign, of, known, false, names)
        }
        _ => called(native, args, names),
    }
}

/// A call with arguments that are known.
fn called(native: Function, args: &[(String, Code)], names: &mut Names) -> Option<Lack> {
    let args = args.iter().map(|(_, argument)| lack(argument, names));
    let args = args.collect::<Option<Vec<_>>>()?;
    let values: Vec<Datum<'static>> = args.iter().map(|arg| arg.value.clone()).collect();
    let unless = args.into_iter().map(|arg| arg.unless).fold(Need::NEVER, Need::or);
    Some(Lack { unless, value: native.call(&values)?.ok()? })
}

/// The value of a test of `of`, if it is `value` where the object lacks something. If `of` is written in the object as
/// it is, the test is also `value` unless `sign` is met.
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

/// True for a scalar of the object, or its text, as it is written. With `otherwise`, also if a literal replaces a
/// missing scalar.
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

/// True if a value that equals `text` is written in the object as `text`.
fn is_itself(of: &Code, text: &str) -> bool {
    match of {
        // The name of an object without one is empty.
        Code::Variable(Slot::NAME) => !text.is_empty(),
        // `text()` formats numbers and booleans in its own notation.
        Code::Call { .. } => text.is_empty() || is_wordy(text),
        _ => true,
    }
}

/// True for a text that cannot be a part of a number or a boolean in any notation.
fn is_wordy(part: &str) -> bool {
    part.contains(|c| !"0123456789.+-eEinfNaTtrulsF".contains(c))
}

/// For a comparison of `x` with `'text'`, returns both.
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

/// The range is empty unless this is met; `None` if that is not known.
fn empty(range: &Code, names: &mut Names) -> Option<Need> {
    let range = lack(range, names)?;
    (range.value.size() == Some(0)).then_some(range.unless)
}

/// No object for which a test can hold is deployed together with the judged one unless this is met; `None` if that is
/// not known.
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

/// True for the variable with all objects that are deployed together, or with the workloads among them.
fn is_company(code: &Code) -> bool {
    matches!(code, Code::Variable(Slot::OBJECTS | Slot::WORKLOADS))
}

/// An optional is none unless this is met; `None` if that is not known.
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

/// An optional that looks up a key in the object is none unless this is met.
fn keyed(code: &Code, key: &str, names: &mut Names) -> Option<Need> {
    let odd = certain_optional(code, names)?;
    (!is_given(code, names)).then(|| odd.or(Need::key(key)))
}

/// True for a value that the rule or the run provides, or a part of it, which does not depend on the object's keys.
fn is_given(code: &Code, names: &Names) -> bool {
    match code {
        Code::Variable(slot) => matches!(names.nature(*slot), Nature::Given),
        Code::Select(of, _) | Code::TrySelect(of, _) | Code::TryIndex(of, _) => is_given(of, names),
        _ => false,
    }
}

/// A holder is none, or lacks the member, unless this is met.
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

/// What is known of the items in a range.
pub(super) fn item_nature(range: &Code, names: &Names) -> Nature {
    match is_list_of_mappings(range, names) {
        true => Nature::Mapping,
        false if is_own(range, names) => Nature::NODE,
        false => Nature::Open,
    }
}

/// True for a part of the object, or for a literal.
fn is_own(code: &Code, names: &Names) -> bool {
    match code {
        Code::Variable(slot) => names.nature(*slot).is_own(),
        Code::Select(of, _) | Code::TrySelect(of, _) => is_own(of, names),
        Code::OrValue(of, default) => default.is_literal() && is_own(of, names),
        _ => false,
    }
}

/// True for a list of mappings in the object.
fn is_list_of_mappings(code: &Code, names: &Names) -> bool {
    matches!(code, Code::Variable(slot) if matches!(names.nature(*slot), Nature::Mappings))
}
