//! Go's error message for a text that is not JSON.
//!
//! Mirrors Go 1.25 `encoding/json/scanner.go`.

use crate::helm::print::quote;

/// Returns the first error in a text; `None` if its syntax is that of JSON.
pub(super) fn fault(text: &str) -> Option<String> {
    Scanner { bytes: text.as_bytes(), at: 0 }.document().err()
}

type Scanned = Result<(), String>;

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn document(&mut self) -> Scanned {
        // The open brackets around the current value.
        let mut open = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    if !self.closes(bracket) {
                        open.push(bracket);
                        self.item(bracket)?;
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            if self.behind(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Reads what follows a value, up to the next one; returns whether that was the last.
    fn behind(&mut self, open: &mut Vec<u8>) -> Result<bool, String> {
        while let Some(bracket) = open.last().copied() {
            if self.closes(bracket) {
                open.pop();
                continue;
            }
            if self.peek() != Some(b',') {
                self.invalid(match bracket {
                    b'{' => "after object key:value pair",
                    _ => "after array element",
                })?;
            }
            self.at += 1;
            self.item(bracket)?;
            return Ok(false);
        }
        self.space();
        match self.peek() {
            None => Ok(true),
            Some(_) => self.invalid("after top-level value").map(|()| true),
        }
    }

    /// Reads the bracket that closes `bracket`, if it is next.
    fn closes(&mut self, bracket: u8) -> bool {
        self.space();
        let closes = self.peek() == Some(if bracket == b'{' { b'}' } else { b']' });
        self.at += usize::from(closes);
        closes
    }

    /// Reads what comes before a value: in an object, its key.
    fn item(&mut self, bracket: u8) -> Scanned {
        if bracket == b'[' {
            return Ok(());
        }
        self.space();
        if self.peek() != Some(b'"') {
            return self.invalid("looking for beginning of object key string");
        }
        self.string()?;
        self.space();
        match self.accept(b":") {
            true => Ok(()),
            false => self.invalid("after object key"),
        }
    }

    fn scalar(&mut self) -> Scanned {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => self.invalid("looking for beginning of value"),
        }
    }

    fn literal(&mut self, word: &str) -> Scanned {
        for letter in word.chars() {
            if self.peek().map(char::from) != Some(letter) {
                return self.broken(&format!("in literal {word} (expecting '{letter}')"));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Scanned {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0x20..) => self.at += 1,
                _ => return self.invalid("in string literal"),
            }
        }
    }

    fn escape(&mut self) -> Scanned {
        if !self.accept(b"u") {
            return match self.accept(b"bfnrt\\/\"") {
                true => Ok(()),
                false => self.broken("in string escape code"),
            };
        }
        for _ in 0..4 {
            if !self.accept(b"0123456789abcdefABCDEF") {
                return self.broken("in \\u hexadecimal character escape");
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Scanned {
        self.accept(b"-");
        if !self.accept(b"0") {
            self.digits("in numeric literal")?;
        }
        if self.accept(b".") {
            self.digits("after decimal point in numeric literal")?;
        }
        if self.accept(b"eE") {
            self.accept(b"+-");
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    /// Reads one or more digits.
    fn digits(&mut self, context: &str) -> Scanned {
        if !self.accept(b"0123456789") {
            return self.broken(context);
        }
        while self.accept(b"0123456789") {}
        Ok(())
    }

    fn space(&mut self) {
        while self.accept(b" \t\r\n") {}
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Reads the next byte if it is one of these.
    fn accept(&mut self, bytes: &[u8]) -> bool {
        let accepted = self.peek().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(accepted);
        accepted
    }

    /// An error about the next byte, which is not allowed between two parts or in a string.
    fn invalid(&self, context: &str) -> Scanned {
        match self.peek() {
            None => Err("unexpected end of JSON input".to_owned()),
            Some(_) => self.broken(context),
        }
    }

    /// An error about the next byte, which does not continue a literal or number. Go reads the end of the text as a
    /// space.
    fn broken(&self, context: &str) -> Scanned {
        let shown = match self.peek().unwrap_or(b' ') {
            b'\'' => r"\'".to_owned(),
            b'"' => "\"".to_owned(),
            byte => quote(&char::from(byte).to_string()).trim_matches('"').to_owned(),
        };
        Err(format!("invalid character '{shown}' {context}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_as_in_go() {
        for (text, want) in [
            ("", "unexpected end of JSON input"),
            ("{\"a\": [\"b", "unexpected end of JSON input"),
            ("[1, tru", "invalid character ' ' in literal true (expecting 'e')"),
            ("{\"a\":}", "invalid character '}' looking for beginning of value"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\": 1 \"b\": 2}", "invalid character '\"' after object key:value pair"),
            ("[[1] 2]", "invalid character '2' after array element"),
            ("{\"a\": 1}x", "invalid character 'x' after top-level value"),
            ("nope", "invalid character 'o' in literal null (expecting 'u')"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\"\\'\"", "invalid character '\\'' in string escape code"),
            ("\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("-a", "invalid character 'a' in numeric literal"),
            ("1.", "invalid character ' ' after decimal point in numeric literal"),
            ("[1.x]", "invalid character 'x' after decimal point in numeric literal"),
            ("[1e+]", "invalid character ']' in exponent of numeric literal"),
            ("01", "invalid character '1' after top-level value"),
        ] {
            assert_eq!(fault(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(fault(" {\"a\": [1, -2.5e3, \"\\u00e9\", {}, [], null]} "), None);
        assert!(fault(&"[".repeat(100_000)).is_some());
    }
}
