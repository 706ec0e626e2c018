//! Base64 and base32, as sprig has them.

use data_encoding::{BASE32, BASE64, Encoding};

use crate::helm::call::{Function, Host, computed, text};
use crate::helm::value::Value;

/// Functions of this module by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("b64enc", |host, args| encoded(host, args, &BASE64)),
    ("b64dec", |host, args| decoded(host, args, &BASE64, "base64")),
    ("b32enc", |host, args| encoded(host, args, &BASE32)),
    ("b32dec", |host, args| decoded(host, args, &BASE32, "base32")),
];

fn encoded(host: &dyn Host, args: &[Value], encoding: &Encoding) -> Result<Value, String> {
    let text = encoding.encode(text(args, 0)?.as_str().as_bytes());
    Ok(Value::str(&text, computed(host, args)))
}

/// sprig gives the error's text as the result, so a template goes on with it.
fn decoded(
    host: &dyn Host,
    args: &[Value],
    encoding: &Encoding,
    name: &str,
) -> Result<Value, String> {
    // Go's decoder skips line ends.
    let given: String = text(args, 0)?.as_str().chars().filter(|c| !"\r\n".contains(*c)).collect();
    let text = match encoding.decode(given.as_bytes()) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("illegal {name} data at input byte {}", error.position),
    };
    Ok(Value::str(&text, computed(host, args)))
}
