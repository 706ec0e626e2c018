//! Functions for rules beside CEL's own: the parts of Kubernetes' CEL library that rules need, and some that only a
//! linter needs. CONTRIBUTING.md lists all of them.

use cel::common::types::{CelInt, CelString};
use cel::common::value::Val;
use cel::{Context, ExecutionError, FunctionContext, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::value::NodeVal;
use crate::kube::{ImageRef, grants, lifecycle, parse_quantity, selects};
use crate::source::bytes;
use crate::yaml::Node;

/// Adds every function to a root context.
pub(crate) fn register(context: &mut Context<'_, '_>) {
    let clash = "invariant: these names are not CEL's own";
    context.add_function("selects", selects_labels).expect(clash);
    context.add_function("quantity", quantity).expect(clash);
    context.add_function("isQuantity", is_quantity).expect(clash);
    context.add_function("image", image).expect(clash);
    context.add_function("text", text).expect(clash);
    context.add_function("nearest", nearest).expect(clash);
    context.add_function("ceilDiv", ceil_div).expect(clash);
    context.add_function("lifecycle", lifecycle_of).expect(clash);
    context.add_function("grants", rule_grants).expect(clash);
    context.add_function("sum", sum).expect(clash);
    context.add_function("base64Layers", base64_layers).expect(clash);
    context.add_function("inList", in_list).expect(clash);
    context.add_function("servedIn", served_in).expect(clash);
    super::inventory::register(context);
    super::notation::register(context);
}

pub(super) fn node_of<'f>(context: &'f FunctionContext<'_, '_>, at: usize) -> Option<Node<'f>> {
    context.args.get(at)?.downcast_ref::<NodeVal>().map(NodeVal::node)
}

fn text_of(value: &dyn Val) -> Option<String> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return Some(text.inner().to_owned());
    }
    match Value::try_from(value).ok()? {
        Value::Int(int) => Some(int.to_string()),
        Value::UInt(uint) => Some(uint.to_string()),
        Value::Float(float) => Some(float.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

pub(super) fn argument(
    context: &FunctionContext<'_, '_>,
    at: usize,
) -> Result<String, ExecutionError> {
    context
        .args
        .get(at)
        .and_then(|value| text_of(value.as_ref()))
        .ok_or_else(|| context.error(format!("argument {} is neither a text nor a number", at + 1)))
}

/// `selects(selector, labels)`: whether a label selector matches a mapping of labels.
fn selects_labels(context: &FunctionContext<'_, '_>) -> bool {
    selects(node_of(context, 0), node_of(context, 1))
}

/// `quantity("500Mi")`: the quantity in base units (cores, bytes), a double.
fn quantity(context: &FunctionContext<'_, '_>) -> Result<f64, ExecutionError> {
    let text = argument(context, 0)?;
    parse_quantity(&text).ok_or_else(|| context.error(format!("`{text}` is not a quantity")))
}

/// `isQuantity(x)`: whether Kubernetes reads it as a quantity.
fn is_quantity(context: &FunctionContext<'_, '_>) -> bool {
    argument(context, 0).is_ok_and(|text| parse_quantity(&text).is_some())
}

/// `image("nginx:1.27")`: a map of registry, repository, tag and digest; each is empty if it is absent.
fn image(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let reference = argument(context, 0)?;
    let ImageRef { registry, repository, tag, digest } = ImageRef::parse(&reference);
    let parts =
        [("registry", registry), ("repository", repository), ("tag", tag), ("digest", digest)];
    let parts: HashMap<String, Value> = parts
        .into_iter()
        .map(|(name, part)| (name.to_owned(), Value::String(Arc::new(part.to_owned()))))
        .collect();
    Ok(Value::from(parts))
}

/// `servedIn("policy/v1")`: the oldest and the newest minor version that serves one of Kubernetes' own APIs; 0 and 0
/// for other APIs.
fn served_in(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let (first, last) = crate::kube::schema::served(&argument(context, 0)?).unwrap_or((0, 0));
    Ok(Value::from(HashMap::from([
        ("first".to_owned(), Value::Int(i64::from(first))),
        ("last".to_owned(), Value::Int(i64::from(last))),
    ])))
}

/// `inList(object)`: whether an object is an item of a `List` rather than a document of its own.
fn in_list(context: &FunctionContext<'_, '_>) -> bool {
    node_of(context, 0).is_some_and(|node| node.parent().is_some())
}

/// `text(x)`: a scalar's text, whatever its type; `""` for anything else.
fn text(context: &FunctionContext<'_, '_>) -> String {
    argument(context, 0).unwrap_or_default()
}

/// `grants(rule, groups, resources, verbs)`: whether a rule of a role grants one of the verbs on
/// one of the resources in one of the API groups.
fn rule_grants(context: &FunctionContext<'_, '_>) -> Result<bool, ExecutionError> {
    let Some(rule) = node_of(context, 0) else {
        return Err(context.error("the first argument is not a rule of a role"));
    };
    let list = |at| words(context, at);
    let (groups, resources, verbs) = (list(1)?, list(2)?, list(3)?);
    Ok(grants(rule, &borrowed(&groups), &borrowed(&resources), &borrowed(&verbs)))
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The texts in a list.
fn words(context: &FunctionContext<'_, '_>, at: usize) -> Result<Vec<String>, ExecutionError> {
    let list = context.args.get(at).map(|list| Value::try_from(list.as_ref()));
    let Some(Ok(Value::List(list))) = list else {
        return Err(context.error(format!("argument {} is not a list", at + 1)));
    };
    let texts = list.iter().filter_map(|entry| match entry {
        Value::String(text) => Some(text.to_string()),
        _ => None,
    });
    Ok(texts.collect())
}

/// `nearest(word, list)`: the entry of the list that is one or two edits away from the word, or `""`.
fn nearest(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let (word, list) = (argument(context, 0)?, words(context, 1)?);
    let near = nearest_of(&word, list.iter().map(String::as_str));
    Ok(Value::String(Arc::new(near.unwrap_or_default().to_owned())))
}

/// The entry that is one or two edits away from a word.
pub(super) fn nearest_of<'e>(
    word: &str,
    entries: impl Iterator<Item = &'e str>,
) -> Option<&'e str> {
    // The distance is at least the difference of the lengths, which is quick to compute.
    let length = word.chars().count();
    let near = entries.filter(|entry| entry.chars().count().abs_diff(length) <= 2);
    let measured = near.map(|entry| (strsim::damerau_levenshtein(word, entry), entry));
    measured.filter(|(distance, _)| (1..=2).contains(distance)).min().map(|(_, entry)| entry)
}

/// `ceilDiv(a, b)`: a / b, rounded up.
fn ceil_div(context: &FunctionContext<'_, '_>) -> Result<i64, ExecutionError> {
    let int = |at: usize| {
        context
            .args
            .get(at)
            .and_then(|value| value.downcast_ref::<CelInt>().map(|int| *int.inner()))
    };
    match (int(0), int(1)) {
        (Some(dividend), Some(divisor)) if divisor > 0 && dividend >= 0 => {
            Ok(dividend / divisor + i64::from(dividend % divisor != 0))
        }
        _ => Err(context.error("two whole numbers are needed, the second above zero")),
    }
}

/// `lifecycle("batch/v1beta1", "CronJob")`: the minor versions since which the API is deprecated and removed (0 if it
/// is not), and its replacement (`""` if there is none).
fn lifecycle_of(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let life = lifecycle(&argument(context, 0)?, &argument(context, 1)?);
    let minor = |minor: Option<u32>| Value::Int(i64::from(minor.unwrap_or(0)));
    let replacement = life.map_or("", |life| life.replacement);
    let component = life.and_then(|life| life.component);
    let text = |text: &str| Value::String(Arc::new(text.to_owned()));
    Ok(Value::from(HashMap::from([
        ("deprecated".to_owned(), minor(life.and_then(|life| life.deprecated))),
        ("removed".to_owned(), minor(life.and_then(|life| life.removed))),
        ("replacement".to_owned(), text(replacement)),
        ("component".to_owned(), text(component.map_or("", |component| component.name))),
        ("gone".to_owned(), text(component.map_or("", |component| component.removed))),
    ])))
}

/// `sum(list)`: the sum of a list of numbers, a double.
fn sum(context: &FunctionContext<'_, '_>) -> Result<f64, ExecutionError> {
    let list = context.args.first().map(|list| Value::try_from(list.as_ref()));
    let Some(Ok(Value::List(list))) = list else {
        return Err(context.error("the argument is not a list"));
    };
    let number = |value: &Value| match value {
        #[allow(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^53")]
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    };
    let sum = list.iter().map(number).sum::<Option<f64>>();
    sum.ok_or_else(|| context.error("an entry of the list is not a number"))
}

/// `base64Layers(text)`: how often the text is base64: 0 if the API would refuse it, 2 if the decoded text is base64 of
/// a text again, and else 1.
fn base64_layers(context: &FunctionContext<'_, '_>) -> Result<i64, ExecutionError> {
    let text = argument(context, 0)?;
    let Some(inner) = decode(text.as_bytes()) else {
        return Ok(0);
    };
    // Short words may be base64 by chance.
    let legible = |bytes: &[u8]| {
        bytes.len() >= 9
            && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
    };
    let again = decode(inner.trim_ascii_end()).is_some_and(|bytes| legible(&bytes));
    Ok(if again { 2 } else { 1 })
}

/// Decodes as Go's `base64.StdEncoding`, which the API server uses, does: padding is required, line ends are skipped.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let line: Cow<'_, [u8]> = match memchr::memchr2(b'\n', b'\r', text) {
        Some(_) => text.iter().copied().filter(|byte| !is_end(byte)).collect(),
        None => text.into(),
    };
    bytes::BASE64.decode(&line).ok().filter(|bytes| !bytes.is_empty() || line.is_empty())
}
