//! sprig's digests, passwords, keys and certificates.
//!
//! Values that are random in sprig are the same in each run here: output must not change if nothing else does. Keys
//! and certificates are a fixed set in `crypto/`, made with openssl only for this purpose: they are valid, and not
//! secret.

use std::rc::Rc;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

use super::random;
use crate::helm::call::{Function, Host, any, computed, int, list, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::print;
use crate::helm::value::{Data, Entries, Object, Value};
use crate::source::bytes;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("sha1sum", |host, args| {
        digest(host, args, |bytes| HEXLOWER.encode(&sha1::Sha1::digest(bytes)))
    }),
    ("sha256sum", |host, args| digest(host, args, |bytes| HEXLOWER.encode(&Sha256::digest(bytes)))),
    ("sha512sum", |host, args| digest(host, args, |bytes| HEXLOWER.encode(&Sha512::digest(bytes)))),
    ("adler32sum", |host, args| digest(host, args, |bytes| adler32(bytes).to_string())),
    ("bcrypt", |host, args| {
        let hash = bcrypt(host, "bcrypt", args, text(args, 0)?.as_str())?;
        Ok(Value::str(&hash, computed(host, args)))
    }),
    ("htpasswd", htpasswd),
    ("derivePassword", derive_password),
    ("encryptAES", encrypt),
    ("decryptAES", decrypt),
    ("genPrivateKey", |host, args| {
        let key = match text(args, 0)?.as_str() {
            "" | "rsa" => include_str!("crypto/rsa.key"),
            "dsa" => include_str!("crypto/dsa.key"),
            "ecdsa" => include_str!("crypto/ecdsa.key"),
            "ed25519" => include_str!("crypto/ed25519.key"),
            other => &format!("Unknown type {other}"),
        };
        Ok(Value::str(key, computed(host, args)))
    }),
    ("genCA", |host, args| {
        text(args, 0)?;
        int(args, 1)?;
        Ok(authority(host, args))
    }),
    ("genCAWithKey", |host, args| {
        text(args, 0)?;
        int(args, 1)?;
        private_key(args, 2)?;
        Ok(authority(host, args))
    }),
    ("genSelfSignedCert", |host, args| {
        named(args)?;
        Ok(authority(host, args))
    }),
    ("genSelfSignedCertWithKey", |host, args| {
        named(args)?;
        private_key(args, 4)?;
        Ok(authority(host, args))
    }),
    ("genSignedCert", |host, args| {
        named(args)?;
        any(args, 4)?;
        Ok(signed(host, args))
    }),
    ("genSignedCertWithKey", |host, args| {
        named(args)?;
        private_key(args, 5)?;
        Ok(signed(host, args))
    }),
    ("buildCustomCert", custom),
];

/// Every private key that may be in rendered output without being in the chart.
const KEYS: [&str; 6] = [
    include_str!("crypto/rsa.key"),
    include_str!("crypto/dsa.key"),
    include_str!("crypto/ecdsa.key"),
    include_str!("crypto/ed25519.key"),
    include_str!("crypto/ca.key"),
    include_str!("crypto/tls.key"),
];

/// Whether a text begins with a PEM key that replaces one which Helm generates anew in each render.
pub(crate) fn is_generated_key(text: &str) -> bool {
    // A template may indent the lines of a key, or omit the last line break.
    let same = |key: &str| {
        let mut rest = text.chars().filter(|one| !one.is_whitespace());
        key.chars().filter(|one| !one.is_whitespace()).all(|one| rest.next() == Some(one))
    };
    KEYS.into_iter().any(same)
}

fn digest(host: &dyn Host, args: &[Value], of: fn(&[u8]) -> String) -> Result<Value, String> {
    Ok(Value::str(&of(&bytes::bytes(text(args, 0)?.as_str())), computed(host, args)))
}

fn adler32(bytes: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = bytes.iter().fold((1, 0), step);
    (b << 16) | a
}

/// A bcrypt hash with the lowest cost: it has to be valid, not safe.
fn bcrypt(host: &dyn Host, name: &str, args: &[Value], password: &str) -> Result<String, String> {
    let mut salt = [0; 16];
    random::source(host, name, args).fill(&mut salt);
    bcrypt::hash_with_salt(password.as_bytes(), 4, salt)
        .map(|parts| parts.format_for_version(bcrypt::Version::TwoA))
        .map_err(|error| format!("failed to encrypt string with bcrypt: {error}"))
}

fn htpasswd(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (user, password) = (text(args, 0)?.as_str(), text(args, 1)?.as_str());
    let sha = args.get(2).and_then(Value::as_str) == Some("sha");
    let line = if user.contains(':') {
        format!("invalid username: {user}")
    } else if sha {
        let digest = sha1::Sha1::digest(password.as_bytes());
        format!("{user}:{{SHA}}{}", BASE64.encode(&digest))
    } else {
        format!("{user}:{}", bcrypt(host, "htpasswd", args, password)?)
    };
    Ok(Value::str(&line, computed(host, args)))
}

/// The patterns of derived passwords, by kind; each letter denotes a set of characters.
const PATTERNS: &[(&str, &[&str])] = &[
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The Master Password algorithm, as in sprig.
fn derive_password(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    const SEED: &[u8] = b"com.lyndir.masterpassword";
    let counter = u32::try_from(int(args, 0)?).map_err(|_| "value out of range".to_owned())?;
    let (kind, password) = (text(args, 1)?.as_str(), text(args, 2)?.as_str());
    let (user, site) = (text(args, 3)?.as_str(), text(args, 4)?.as_str());
    let Some((_, patterns)) = PATTERNS.iter().find(|(name, _)| *name == kind) else {
        let message = format!("cannot find password template {kind}");
        return Ok(Value::str(&message, computed(host, args)));
    };
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let salt = [SEED, &length(user), user.as_bytes()].concat();
    let params = scrypt::Params::new(15, 8, 2).map_err(|error| error.to_string())?;
    let mut key = [0; 64];
    scrypt::scrypt(password.as_bytes(), &salt, &params, &mut key).map_err(|e| e.to_string())?;
    let message = [SEED, &length(site), site.as_bytes(), &counter.to_be_bytes()].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(&message);
    let seed = mac.finalize().into_bytes();
    let pattern = patterns[usize::from(seed[0]) % patterns.len()];
    let derived: String = pattern
        .bytes()
        .zip(&seed[1..])
        .map(|(class, byte)| {
            let set = characters(class);
            char::from(set[usize::from(*byte) % set.len()])
        })
        .collect();
    Ok(Value::str(&derived, computed(host, args)))
}

fn aes_key(password: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let bytes = &password.as_bytes()[..password.len().min(32)];
    key[..bytes.len()].copy_from_slice(bytes);
    key
}

fn encrypt(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (password, plain) = (text(args, 0)?.as_str(), text(args, 1)?.as_str());
    if plain.is_empty() {
        return Ok(Value::str("", computed(host, args)));
    }
    let mut vector = [0; 16];
    random::source(host, "encryptAES", args).fill(&mut vector);
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&aes_key(password).into(), &vector.into());
    let mut all = vector.to_vec();
    all.extend(cipher.encrypt_padded_vec::<Pkcs7>(plain.as_bytes()));
    Ok(Value::str(&BASE64.encode(&all), computed(host, args)))
}

fn decrypt(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (password, coded) = (text(args, 0)?.as_str(), text(args, 1)?.as_str());
    if coded.is_empty() {
        return Ok(Value::str("", computed(host, args)));
    }
    let bytes = BASE64
        .decode(coded.as_bytes())
        .map_err(|error| format!("illegal base64 data at input byte {}", error.position))?;
    let Some((vector, rest)) = bytes.split_first_chunk::<16>() else {
        return Err("runtime error: slice bounds out of range".to_owned());
    };
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&aes_key(password).into(), &(*vector).into());
    let plain = cipher
        .decrypt_padded_vec::<Pkcs7>(rest)
        .map_err(|_| "crypto/cipher: input not full blocks".to_owned())?;
    Ok(Value::str(&String::from_utf8_lossy(&plain), computed(host, args)))
}

/// sprig's struct of a certificate and its key, both in PEM.
#[derive(Debug)]
struct Certificate {
    cert: String,
    key: String,
    origin: OriginId,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn call(&self, name: &str, _: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        match name {
            "Cert" => Some(Ok(Value::str(&self.cert, self.origin))),
            "Key" => Some(Ok(Value::str(&self.key, self.origin))),
            _ => None,
        }
    }

    fn encoded(&self, origin: OriginId) -> Value {
        let fields = [("Cert", &self.cert), ("Key", &self.key)];
        let fields = fields.map(|(name, text)| (name.into(), Value::str(text, origin)));
        Value::map(Entries::from(fields), origin)
    }

    fn print(&self) -> String {
        format!("{{{} {}}}", self.cert, self.key)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn certificate(host: &dyn Host, args: &[Value], cert: &str, key: &str) -> Value {
    let origin = computed(host, args);
    let object = Certificate { cert: cert.to_owned(), key: key.to_owned(), origin };
    Value::new(Data::Object(Rc::new(object)), origin)
}

fn authority(host: &dyn Host, args: &[Value]) -> Value {
    certificate(host, args, include_str!("crypto/ca.crt"), include_str!("crypto/ca.key"))
}

fn signed(host: &dyn Host, args: &[Value]) -> Value {
    certificate(host, args, include_str!("crypto/tls.crt"), include_str!("crypto/tls.key"))
}

/// Checks the name, IP addresses, DNS names and days of a certificate.
fn named(args: &[Value]) -> Result<(), String> {
    text(args, 0)?;
    for item in items(args, 1)? {
        match item.as_str() {
            None => {
                return Err(format!("error parsing ip: {} is not a string", print::plain(&item)));
            }
            Some(text) if text.parse::<std::net::IpAddr>().is_err() => {
                return Err(format!("error parsing ip: {text}"));
            }
            Some(_) => {}
        }
    }
    if let Some(item) = items(args, 2)?.iter().find(|item| item.as_str().is_none()) {
        let shown = print::plain(item);
        return Err(format!("error processing alternate dns name: {shown} is not a string"));
    }
    int(args, 3).map(|_| ())
}

/// Returns the items of a list; for nil, there are none.
fn items(args: &[Value], index: usize) -> Result<Vec<Value>, String> {
    match any(args, index)?.data {
        Data::Nil => Ok(Vec::new()),
        _ => list(args, index, "range over"),
    }
}

fn private_key(args: &[Value], index: usize) -> Result<(), String> {
    match text(args, index)?.as_str().contains("PRIVATE KEY-----") {
        true => Ok(()),
        false => Err("parsing private key: no PEM data in input".to_owned()),
    }
}

fn custom(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let decoded = |index: usize, what: &str| {
        let bytes = BASE64.decode(text(args, index)?.as_str().as_bytes());
        let bytes = bytes.map_err(|_| format!("unable to decode base64 {what}"))?;
        Ok::<_, String>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (cert, key) = (decoded(0, "certificate")?, decoded(1, "private key")?);
    if !cert.contains("-----BEGIN CERTIFICATE-----") {
        return Err("unable to decode certificate".to_owned());
    }
    if !key.contains("PRIVATE KEY-----") {
        return Err("error parsing private key: no PEM data in input".to_owned());
    }
    Ok(certificate(host, args, &cert, &key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::function::testing::{called, printed};
    use crate::helm::signature;

    fn given(name: &str, args: &[&str]) -> String {
        let args: Vec<_> = args.iter().map(|text| Value::str(text, OriginId::NONE)).collect();
        printed(TABLE, name, &args)
    }

    #[test]
    fn digests() {
        assert_eq!(given("adler32sum", &["abc"]), "38600999");
        assert_eq!(given("sha1sum", &[""]), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert!(given("sha256sum", &[""]).starts_with("e3b0c44298fc1c14"));
        assert!(given("sha512sum", &[""]).starts_with("cf83e1357eefb8bd"));
    }

    #[test]
    fn passwords_are_valid_and_the_same_in_each_run() {
        let line = given("htpasswd", &["user", "secret"]);
        let hash = line.strip_prefix("user:").unwrap();
        assert!(bcrypt::verify("secret", hash).unwrap(), "{line}");
        assert_eq!(line, given("htpasswd", &["user", "secret"]));
        assert_eq!(given("htpasswd", &["a:b", "x"]), "invalid username: a:b");
        assert!(given("htpasswd", &["a", "x", "sha"]).starts_with("a:{SHA}"));
    }

    #[test]
    fn what_is_encrypted_can_be_read_again() {
        let coded = given("encryptAES", &["key", "plain text"]);
        assert_eq!(given("decryptAES", &["key", &coded]), "plain text");
        assert_eq!(given("encryptAES", &["key", ""]), "");
    }

    #[test]
    fn keys_and_certificates_are_pem() {
        for kind in ["", "rsa", "dsa", "ecdsa", "ed25519"] {
            assert!(given("genPrivateKey", &[kind]).starts_with("-----BEGIN "), "{kind}");
        }
        assert_eq!(given("genPrivateKey", &["x"]), "Unknown type x");
        let args = [Value::str("ca", OriginId::NONE), Value::int(365, OriginId::NONE)];
        let ca = called(TABLE, "genCA", &args).unwrap();
        assert!(print::plain(&ca).starts_with("{-----BEGIN CERTIFICATE-----"));
        assert!(signature::Param::Certificate.admits(&ca));
    }

    #[test]
    fn derived_passwords_follow_their_pattern() {
        let args = |kind: &str| {
            let text = |text: &str| Value::str(text, OriginId::NONE);
            vec![
                Value::int(1, OriginId::NONE),
                text(kind),
                text("password"),
                text("user"),
                text("example.com"),
            ]
        };
        let pin = printed(TABLE, "derivePassword", &args("pin"));
        assert!(pin.len() == 4 && pin.bytes().all(|b| b.is_ascii_digit()), "{pin}");
        assert_eq!(
            printed(TABLE, "derivePassword", &args("none")),
            "cannot find password template none"
        );
    }
}
