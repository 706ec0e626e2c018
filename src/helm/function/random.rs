//! Random texts and numbers, which are the same in each run: they depend on the function, its arguments and the number
//! of earlier draws in the render.

use blake3::{Hasher, OutputReader};
use data_encoding::BASE64;

use crate::helm::call::{Function, Host};
use crate::helm::call::{computed, int, text};
use crate::helm::print;
use crate::helm::rope::RopeBuilder;
use crate::helm::value::{Data, Value};

/// The length of the longest random text, in bytes.
const MAX_LENGTH: usize = 16 << 20;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("randAlphaNum", |host, args| draw(host, "randAlphaNum", args, |b| b.is_ascii_alphanumeric())),
    ("randAlpha", |host, args| draw(host, "randAlpha", args, |b| b.is_ascii_alphabetic())),
    ("randNumeric", |host, args| draw(host, "randNumeric", args, |b| b.is_ascii_digit())),
    ("randAscii", |host, args| draw(host, "randAscii", args, |b| (b' '..=b'~').contains(&b))),
    ("randBytes", rand_bytes),
    ("randInt", rand_int),
    ("uuidv4", uuid),
    ("shuffle", shuffle),
];

/// An endless stream of random bytes for a call of a function.
pub(super) fn source(host: &dyn Host, name: &str, args: &[Value]) -> OutputReader {
    let mut hasher = Hasher::new();
    hasher.update(name.as_bytes());
    for arg in args {
        let shown = print::plain(arg);
        hasher.update(&shown.len().to_le_bytes());
        hasher.update(shown.as_bytes());
    }
    hasher.update(&host.origins().draw().to_le_bytes());
    hasher.finalize_xof()
}

/// A random number below `limit`, which must not be 0; the bias is negligible.
fn below(source: &mut OutputReader, limit: u64) -> u64 {
    let mut bytes = [0; 8];
    source.fill(&mut bytes);
    u64::from_le_bytes(bytes) % limit
}

/// Draws ASCII characters for which `fits` is true; the first argument is their number.
fn draw(
    host: &dyn Host,
    name: &str,
    args: &[Value],
    fits: fn(u8) -> bool,
) -> Result<Value, String> {
    let length = usize::try_from(int(args, 0)?).unwrap_or(0);
    if length > MAX_LENGTH {
        return Err(format!("more than {MAX_LENGTH} random characters"));
    }
    let mut source = source(host, name, args);
    let mut out = String::with_capacity(length);
    let mut bytes = [0; 256];
    while out.len() < length {
        source.fill(&mut bytes);
        let drawn = bytes.iter().map(|b| b & 0x7f).filter(|b| fits(*b)).map(char::from);
        out.extend(drawn.take(length - out.len()));
    }
    Ok(Value::str(&out, computed(host, args)))
}

fn rand_bytes(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let length = usize::try_from(int(args, 0)?).unwrap_or(usize::MAX);
    if length > MAX_LENGTH {
        return Err("runtime error: makeslice: len out of range".to_owned());
    }
    let mut bytes = vec![0; length];
    source(host, "randBytes", args).fill(&mut bytes);
    Ok(Value::str(&BASE64.encode(&bytes), computed(host, args)))
}

fn rand_int(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (least, end) = (int(args, 0)?, int(args, 1)?);
    let limit = u64::try_from(end.wrapping_sub(least)).unwrap_or(0);
    if limit == 0 {
        return Err("invalid argument to Intn".to_owned());
    }
    let drawn = below(&mut source(host, "randInt", args), limit).cast_signed();
    Ok(Value::new(Data::Int(least.wrapping_add(drawn)), computed(host, args)))
}

fn uuid(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut bytes = [0; 16];
    source(host, "uuidv4", args).fill(&mut bytes);
    let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok(Value::str(&uuid.to_string(), computed(host, args)))
}

/// Puts the characters of a text in another order; each keeps its origin.
fn shuffle(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let given = text(args, 0)?;
    let mut source = source(host, "shuffle", args);
    let mut parts: Vec<_> =
        given.as_str().char_indices().map(|(at, c)| at..at + c.len_utf8()).collect();
    for last in (1..parts.len()).rev() {
        let other = below(&mut source, last as u64 + 1);
        parts.swap(last, usize::try_from(other).unwrap_or(0));
    }
    let mut out = RopeBuilder::default();
    for part in parts {
        out.push_slice(given, part);
    }
    Ok(Value::rope(out.finish()))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::TABLE;
    use crate::helm::function::testing::{host, printed};
    use crate::helm::origin::Origins;
    use crate::helm::print;

    fn drawn(name: &str, length: i64) -> String {
        printed(TABLE, name, &[length.into()])
    }

    #[test]
    fn characters_are_of_the_kind_asked_for() {
        assert_eq!(drawn("randNumeric", 300).len(), 300);
        assert!(drawn("randNumeric", 300).bytes().all(|b| b.is_ascii_digit()));
        assert!(drawn("randAlpha", 300).bytes().all(|b| b.is_ascii_alphabetic()));
        assert!(drawn("randAlphaNum", 300).bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(drawn("randAscii", 300).bytes().all(|b| (32..127).contains(&b)));
        assert_eq!(drawn("randAlpha", 0), "");
        assert_eq!(drawn("randAlpha", -1), "");
        assert_eq!(drawn("randBytes", 4).len(), 8);
    }

    #[test]
    fn calls_differ_and_runs_agree() {
        let run = || {
            let host = host(&Rc::new(Origins::default()));
            let (_, function) = TABLE[0];
            let call = || print::plain(&function(&host, &[12.into()]).expect("a text"));
            (call(), call())
        };
        let (first, second) = run();
        assert_ne!(first, second);
        assert_eq!(run(), (first, second));
    }

    #[test]
    fn numbers_and_identifiers() {
        for least in -5..5 {
            let number: i64 =
                printed(TABLE, "randInt", &[least.into(), 5.into()]).parse().expect("a number");
            assert!((least..5).contains(&number));
        }
        assert_eq!(
            printed(TABLE, "randInt", &[5.into(), 5.into()]),
            "error: invalid argument to Intn"
        );
        let uuid = printed(TABLE, "uuidv4", &[]);
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        let mut shuffled: Vec<char> =
            printed(TABLE, "shuffle", &["abc\u{e9}".into()]).chars().collect();
        shuffled.sort_unstable();
        assert_eq!(shuffled, ['a', 'b', 'c', '\u{e9}']);
    }
}
