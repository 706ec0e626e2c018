//! Base64 and base32, as in sprig.

use data_encoding::Encoding;

use crate::helm::call::{Function, Host, computed, text};
use crate::helm::value::Value;
use crate::source::bytes::{self, BASE32, BASE64};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("b64enc", |host, args| encoded(host, args, &BASE64)),
    ("b64dec", |host, args| decoded(host, args, &BASE64, "base64")),
    ("b32enc", |host, args| encoded(host, args, &BASE32)),
    ("b32dec", |host, args| decoded(host, args, &BASE32, "base32")),
];

fn encoded(host: &dyn Host, args: &[Value], encoding: &Encoding) -> Result<Value, String> {
    let text = encoding.encode(&bytes::bytes(text(args, 0)?.as_str()));
    Ok(Value::str(&text, computed(host, args)))
}

/// Decodes a text. As in sprig, an error message is the result, and the template continues.
fn decoded(
    host: &dyn Host,
    args: &[Value],
    encoding: &Encoding,
    name: &str,
) -> Result<Value, String> {
    // Go's decoders skip line breaks.
    let given = text(args, 0)?.as_str();
    let kept: String = given.chars().filter(|c| !"\r\n".contains(*c)).collect();
    let text = match encoding.decode(kept.as_bytes()) {
        Ok(decoded) => bytes::text(&decoded).into_owned(),
        Err(error) => {
            let position = match name {
                "base64" => fault(given),
                _ => kept.bytes().position(|byte| !is_base32(byte)).unwrap_or(error.position),
            };
            format!("illegal {name} data at input byte {position}")
        }
    };
    Ok(Value::str(&text, computed(host, args)))
}

fn is_base32(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7' | b'=')
}

/// Returns the byte offset at which Go's `base64` reports an error.
fn fault(text: &str) -> usize {
    let bytes = text.as_bytes();
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let after = |at: usize| (at..bytes.len()).find(|at| !matches!(bytes[*at], b'\r' | b'\n'));
    let (mut at, mut within) = (0, 0);
    while let Some(found) = after(at) {
        at = found + 1;
        match bytes[found] {
            byte if alphabet(byte) => within = (within + 1) % 4,
            b'=' if within == 3 => return after(at).unwrap_or(bytes.len()),
            b'=' if within == 2 => match after(at) {
                None => return bytes.len(),
                Some(next) if bytes[next] != b'=' => return next,
                Some(next) => return after(next + 1).unwrap_or(bytes.len()),
            },
            _ => return found,
        }
    }
    // The text ends inside a group of four.
    bytes.len() - within
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::function::testing::printed;

    #[test]
    fn texts_are_coded_and_read_again() {
        for (text, base64, base32) in
            [("", "", ""), ("hi", "aGk=", "NBUQ===="), ("\u{e9}", "w6k=", "YOUQ====")]
        {
            assert_eq!(printed(TABLE, "b64enc", &[text.into()]), base64);
            assert_eq!(printed(TABLE, "b64dec", &[base64.into()]), text);
            assert_eq!(printed(TABLE, "b32enc", &[text.into()]), base32);
            assert_eq!(printed(TABLE, "b32dec", &[base32.into()]), text);
        }
        let binary = printed(TABLE, "b64dec", &["iVBORwD/".into()]);
        assert_eq!(printed(TABLE, "b64enc", &[binary.as_str().into()]), "iVBORwD/");
        assert_eq!(printed(TABLE, "b64dec", &["aG\r\nk=\n".into()]), "hi");
        assert_eq!(printed(TABLE, "b64dec", &["aGl=".into()]), "hi");
        assert_eq!(printed(TABLE, "b32dec", &["NBUR====".into()]), "hi");
    }

    #[test]
    fn a_text_that_is_no_base64_gives_go_s_error_as_the_result() {
        for (text, at) in
            [("ABC def", 3), ("2024-02-29", 4), ("(a)", 0), ("aGk", 0), ("aGkaG", 4), ("aGk=x", 4)]
        {
            let want = format!("illegal base64 data at input byte {at}");
            assert_eq!(printed(TABLE, "b64dec", &[text.into()]), want, "{text}");
        }
    }
}
