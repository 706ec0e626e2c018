//! Bytes that are not UTF-8 in texts.
//!
//! Go's strings may contain any bytes: a chart may encode a binary file or compute its hash. Here texts are Unicode, so
//! a byte that is not UTF-8 is represented by a character of a private use plane.

use std::borrow::Cow;
use std::sync::LazyLock;

use data_encoding::Encoding;

/// The character for byte 0; only bytes from 0x80 on have one.
const BASE: u32 = 0x0010_FE00;

/// Converts bytes to a text.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        let stand_in = |byte: &u8| char::from_u32(BASE + u32::from(*byte));
        out.extend(chunk.invalid().iter().filter_map(stand_in));
    }
    Cow::Owned(out)
}

/// True for a character that represents a byte that is not UTF-8.
pub(crate) fn is_stand_in(c: char) -> bool {
    byte(c).is_some()
}

/// True if a text has characters that represent bytes that are not UTF-8.
pub(crate) fn has_stand_in(text: &str) -> bool {
    // The first byte of the characters in that plane.
    memchr::memchr(0xf4, text.as_bytes()).is_some() && text.chars().any(is_stand_in)
}

/// The byte that a character represents, if it is one that is not UTF-8.
pub(crate) fn byte(c: char) -> Option<u8> {
    let byte = u32::from(c).checked_sub(BASE).and_then(|byte| u8::try_from(byte).ok());
    byte.filter(|byte| !byte.is_ascii())
}

/// Converts a text back to bytes.
pub(crate) fn bytes(text: &str) -> Cow<'_, [u8]> {
    if !has_stand_in(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte(c) {
            Some(byte) => out.push(byte),
            None => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    Cow::Owned(out)
}

/// The number of bytes that a text represents.
pub(crate) fn count(text: &str) -> usize {
    bytes(text).len()
}

/// Go's `base64.StdEncoding`, which ignores the unused bits of the last character.
pub(crate) static BASE64: LazyLock<Encoding> = LazyLock::new(|| as_go(&data_encoding::BASE64));

/// Go's `base32.StdEncoding`, which ignores them, too.
pub(crate) static BASE32: LazyLock<Encoding> = LazyLock::new(|| as_go(&data_encoding::BASE32));

fn as_go(encoding: &Encoding) -> Encoding {
    let mut specification = encoding.specification();
    specification.check_trailing_bits = false;
    specification.encoding().unwrap_or_else(|_| encoding.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        for given in [&b"plain"[..], b"", b"\x89PNG\r\n\x00\xff", "h\u{e9}\u{10ffff}".as_bytes()] {
            assert_eq!(&*bytes(&text(given)), given);
        }
        assert_eq!(text(b"a\xffb").chars().count(), 3);
    }

    #[test]
    fn bits_to_spare_in_the_last_letter_may_be_any() {
        for coded in [&b"aGk="[..], b"aGl="] {
            assert_eq!(BASE64.decode(coded).unwrap(), b"hi");
        }
        for coded in [&b"NBUQ===="[..], b"NBUR===="] {
            assert_eq!(BASE32.decode(coded).unwrap(), b"hi");
        }
        assert!(BASE64.decode(b"aGk").is_err());
    }
}
