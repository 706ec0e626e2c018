//! Classes of bytes in templates.

/// White space: it separates operands, and trim markers remove it.
pub(super) const SPACE: u8 = 1;
/// Letters, digits and underscores of ASCII.
pub(super) const WORD: u8 = 2;
/// Bytes that may follow a word, in addition to white space and `}}`.
pub(super) const TERMINATOR: u8 = 4;

/// The classes of each byte. Actions consist mostly of words and white space, so a fast lookup pays off.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => SPACE,
            b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => WORD,
            b'.' | b',' | b'|' | b':' | b')' | b'(' => TERMINATOR,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

/// Returns the end of a run of bytes of a class that starts at an offset.
pub(super) fn run(bytes: &[u8], mut at: usize, class: u8) -> usize {
    while bytes.get(at).is_some_and(|byte| is_class(*byte, class)) {
        at += 1;
    }
    at
}

pub(super) fn is_class(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

pub(super) fn is_space(byte: u8) -> bool {
    is_class(byte, SPACE)
}
