//! Parses and writes URLs as Go's net/url does.
//!
//! Mirrors `url.go`.

use std::fmt;

/// The parts of a URL, without the escapes that Go decodes.
#[derive(Debug, Default)]
pub(in crate::helm) struct Url {
    pub(in crate::helm) scheme: String,
    pub(super) opaque: String,
    /// The name, and the password if there is one.
    pub(super) user: Option<(String, Option<String>)>,
    pub(in crate::helm) host: String,
    pub(in crate::helm) path: String,
    pub(super) query: String,
    pub(super) fragment: String,
}

/// The part of a URL that a text is in, which decides which characters need no escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    User,
    Host,
    Path,
    Fragment,
}

impl Url {
    /// Parses a URL or a reference.
    ///
    /// # Errors
    /// Those of `url.Parse`: `parse "…": missing protocol scheme`.
    pub(in crate::helm) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text)
            .map_err(|error| format!("parse {}: {error}", crate::helm::print::quote(text)))
    }

    fn read(text: &str) -> Result<Self, String> {
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        if text.bytes().any(|b| b < b' ' || b == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self { fragment: unescape(fragment, Place::Fragment)?, ..Self::default() };
        if text == "*" {
            url.path = text.to_owned();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        url.query = query.to_owned();
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_owned();
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|first| first.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let mut path = rest;
        if (!url.scheme.is_empty() || !rest.starts_with("///"))
            && let Some(after) = rest.strip_prefix("//")
        {
            let end = after.find('/').unwrap_or(after.len());
            url.authority(&after[..end])?;
            path = &after[end..];
        }
        url.path = unescape(path, Place::Path)?;
        Ok(url)
    }

    fn authority(&mut self, text: &str) -> Result<(), String> {
        let host = match text.rsplit_once('@') {
            None => text,
            Some((user, host)) => {
                let valid = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
                if !user.bytes().all(valid) {
                    return Err("net/url: invalid userinfo".to_owned());
                }
                let (name, password) = match user.split_once(':') {
                    Some((name, password)) => (name, Some(unescape(password, Place::User)?)),
                    None => (user, None),
                };
                self.user = Some((unescape(name, Place::User)?, password));
                host
            }
        };
        let port = match (host.starts_with('['), host.rfind(']'), host.rfind(':')) {
            (true, None, _) => return Err("missing ']' in host".to_owned()),
            (true, Some(end), _) => &host[end + 1..],
            (false, _, Some(colon)) => &host[colon..],
            (false, _, None) => "",
        };
        let valid = port
            .strip_prefix(':')
            .map_or(port.is_empty(), |digits| digits.bytes().all(|b| b.is_ascii_digit()));
        if !valid {
            return Err(format!("invalid port {port:?} after host"));
        }
        self.host = unescape(host, Place::Host)?;
        Ok(())
    }

    /// The user part as it is written in a URL.
    pub(super) fn userinfo(&self) -> String {
        let Some((name, password)) = &self.user else { return String::new() };
        let mut out = escape(name, Place::User);
        if let Some(password) = password {
            out.push(':');
            out.push_str(&escape(password, Place::User));
        }
        out
    }

    /// The host without a port and brackets.
    pub(in crate::helm) fn hostname(&self) -> &str {
        let host = self.host.as_str();
        if let Some((inner, _)) = host.strip_prefix('[').and_then(|host| host.rsplit_once(']')) {
            return inner;
        }
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            if !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some() {
                if !self.host.is_empty() || !self.path.is_empty() || self.user.is_some() {
                    f.write_str("//")?;
                }
                if self.user.is_some() {
                    write!(f, "{}@", self.userinfo())?;
                }
                f.write_str(&escape(&self.host, Place::Host))?;
            }
            let path = escape(&self.path, Place::Path);
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                f.write_str("/")?;
            }
            let bare = self.scheme.is_empty() && self.host.is_empty() && self.user.is_none();
            if bare && path.split('/').next().is_some_and(|first| first.contains(':')) {
                f.write_str("./")?;
            }
            f.write_str(&path)?;
        } else {
            f.write_str(&self.opaque)?;
        }
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", escape(&self.fragment, Place::Fragment))?;
        }
        Ok(())
    }
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

/// Whether a character needs no escape.
fn plain(c: char, place: Place) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '~' => true,
        '$' | '&' | '+' | ',' | ';' | '=' => true,
        '!' | '(' | ')' | '*' => matches!(place, Place::Host | Place::Fragment),
        '\'' | '[' | ']' | '<' | '>' | '"' => place == Place::Host,
        ':' => place != Place::User,
        '/' | '@' => matches!(place, Place::Path | Place::Fragment),
        '?' => place == Place::Fragment,
        _ => false,
    }
}

fn escape(text: &str, place: Place) -> String {
    if place == Place::Path && text == "*" {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if plain(c, place) {
            out.push(c);
        } else {
            percent(c, &mut out);
        }
    }
    out
}

/// Writes the UTF-8 bytes of a character as `%XX`.
pub(super) fn percent(c: char, out: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

fn unescape(text: &str, place: Place) -> Result<String, String> {
    if place == Place::Host
        && let Some(c) = text.chars().find(|c| c.is_ascii() && *c != '%' && !plain(*c, place))
    {
        let c = c.to_string();
        return Err(format!("invalid character {} in host name", crate::helm::print::quote(&c)));
    }
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'%' {
            out.push(*byte);
            at += 1;
            continue;
        }
        let digit = |index: usize| bytes.get(index).and_then(|b| char::from(*b).to_digit(16));
        let value = match (digit(at + 1), digit(at + 2)) {
            (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or_default(),
            _ => {
                let part: String = text[at..].chars().take(3).collect();
                return Err(format!("invalid URL escape {}", crate::helm::print::quote(&part)));
            }
        };
        // In a host, only bytes beyond ASCII may be escaped (except for RFC 6874).
        if place == Place::Host && value < 0x80 && &bytes[at..at + 3] != b"%25" {
            return Err(format!("invalid URL escape {:?}", &text[at..at + 3]));
        }
        out.push(value);
        at += 3;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}
