//! Semantic versions: sprig's semver.go over Masterminds/semver v3.

mod constraint;
mod version;

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use self::constraint::Constraint;
use self::version::Version;
use crate::helm::call::{Function, Host};
use crate::helm::call::{any, computed, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::rope::Rope;
use crate::helm::value::{Data, Object, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] =
    &[("semver", semver), ("semverCompare", semver_compare)];

/// The number of parsed constraints that are cached in a thread.
const MAX_CACHED: usize = 512;

type Parsed = Result<Rc<Constraint>, String>;

thread_local! {
    static CACHE: RefCell<HashMap<Box<str>, Parsed>> = RefCell::default();
}

/// Whether `NewVersion` of Masterminds/semver accepts a text.
pub(in crate::helm) fn is_version(text: &str) -> bool {
    Version::parse(text).is_ok()
}

/// Whether a version meets a constraint, as Helm checks `kubeVersion` and dependencies.
///
/// # Errors
/// `improper constraint: "…"` or `invalid semantic version`, as in Masterminds/semver v3.
pub(crate) fn satisfies(constraint: &str, version: &str) -> Result<bool, String> {
    Ok(parsed(constraint)?.check(&Version::parse(version)?))
}

/// Returns the index of the version that Helm chooses for a constraint: one that is written exactly like it, or else
/// the highest that meets it. `None` chooses the highest that is not a prerelease.
///
/// Mirrors `IndexFile.Get` of helm `pkg/repo/v1/index.go`: texts that are not semantic versions are skipped, and of
/// equal versions the first is chosen.
///
/// # Errors
/// `improper constraint: "…"`, as in Masterminds/semver v3.
pub(crate) fn highest(
    constraint: Option<&str>,
    versions: &[impl AsRef<str>],
) -> Result<Option<usize>, String> {
    let constraint = constraint.unwrap_or_default();
    if !constraint.is_empty()
        && let Some(at) = versions.iter().position(|version| version.as_ref() == constraint)
    {
        return Ok(Some(at));
    }
    let constraint = parsed(if constraint.is_empty() { "*" } else { constraint })?;
    let mut best: Option<(usize, Version)> = None;
    for (at, version) in versions.iter().enumerate() {
        let Ok(version) = Version::parse(version.as_ref()) else { continue };
        let higher = best.as_ref().is_none_or(|(_, best)| version.compare(best).is_gt());
        if higher && constraint.check(&version) {
            best = Some((at, version));
        }
    }
    Ok(best.map(|(at, _)| at))
}

/// Returns a parsed constraint, which is cached by each thread.
fn parsed(constraint: &str) -> Parsed {
    CACHE.with_borrow_mut(|cache| {
        if let Some(found) = cache.get(constraint) {
            return found.clone();
        }
        let parsed = Constraint::parse(constraint).map(Rc::new);
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(constraint.into(), parsed.clone());
        parsed
    })
}

fn semver_compare(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let met = satisfies(text(args, 0)?.as_str(), text(args, 1)?.as_str())?;
    Ok(Value::bool(met, computed(host, args)))
}

fn semver(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let original = text(args, 0)?;
    let version = Version::parse(original.as_str())?;
    let origin = computed(host, args);
    Ok(Semver { version, original: original.clone(), origin }.into())
}

/// The result of `semver`: a version with Go's methods.
#[derive(Debug)]
struct Semver {
    version: Version,
    original: Rope,
    origin: OriginId,
}

impl From<Semver> for Value {
    fn from(version: Semver) -> Self {
        let origin = version.origin;
        Self::new(Data::Object(Rc::new(version)), origin)
    }
}

impl Semver {
    /// A version that is made from this one; its original text keeps only the `v` of this one's.
    fn next(&self, version: Version) -> Value {
        let prefix = if self.original.as_str().starts_with('v') { "v" } else { "" };
        let original = Rope::new(&format!("{prefix}{version}"), self.origin);
        Self { version, original, origin: self.origin }.into()
    }

    fn compare(&self, args: &[Value], origins: &Origins) -> Result<(i64, OriginId), String> {
        let value = any(args, 0)?;
        let other = match &value.data {
            Data::Object(object) => object.as_any().downcast_ref::<Self>(),
            _ => None,
        };
        match (other, &value.data) {
            (Some(other), _) => Ok((
                self.version.compare(&other.version) as i64,
                origins.union(self.origin, other.origin),
            )),
            (None, Data::Nil) => Err("invalid value; expected *semver.Version".to_owned()),
            _ => Err(format!(
                "wrong type for value; expected *semver.Version; got {}",
                value.type_name()
            )),
        }
    }
}

fn number(value: u64) -> Data {
    Data::Int(value.cast_signed())
}

impl Object for Semver {
    fn type_name(&self) -> &'static str {
        "*semver.Version"
    }

    fn call(&self, name: &str, args: &[Value], origins: &Origins) -> Option<Result<Value, String>> {
        let version = &self.version;
        let one = |data| Ok(Value::new(data, self.origin));
        let line = |text: &str| Ok(Value::str(text, self.origin));
        let test = |wanted: fn(i64) -> bool| {
            self.compare(args, origins).map(|(order, origin)| Value::bool(wanted(order), origin))
        };
        Some(match name {
            "Major" => one(number(version.major)),
            "Minor" => one(number(version.minor)),
            "Patch" => one(number(version.patch)),
            "Prerelease" => line(&version.prerelease),
            "Metadata" => line(&version.metadata),
            "Original" => Ok(Value::rope(self.original.clone())),
            "String" => line(&version.to_string()),
            "IncMajor" => Ok(self.next(version.next_major())),
            "IncMinor" => Ok(self.next(version.next_minor())),
            "IncPatch" => Ok(self.next(version.next_patch())),
            "SetPrerelease" => text(args, 0)
                .and_then(|given| version.with_prerelease(given.as_str()))
                .map(|version| self.next(version)),
            "SetMetadata" => text(args, 0)
                .and_then(|given| version.with_metadata(given.as_str()))
                .map(|version| self.next(version)),
            "LessThan" => test(|order| order < 0),
            "LessThanEqual" => test(|order| order <= 0),
            "GreaterThan" => test(|order| order > 0),
            "GreaterThanEqual" => test(|order| order >= 0),
            "Equal" => test(|order| order == 0),
            "Compare" => self
                .compare(args, origins)
                .map(|(order, origin)| Value::new(Data::Int(order), origin)),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        self.version.to_string()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests;
