//! The types of the parameters of template functions, as in Go.
//!
//! Go checks the number and types of arguments before it calls a function (`evalCall` and `evalArg` in Go 1.25
//! `text/template/exec.go`), so the functions themselves need not.

use std::fmt;

use super::value::{Data, Nuance, Value};

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// `interface{}`, or `reflect.Value` in Go's own functions.
    Any,
    /// `string`
    Text,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint32`
    Uint32,
    /// `float64`
    Float,
    /// `[]interface{}`
    List,
    /// `map[string]interface{}`
    Map,
    /// `time.Time`
    Time,
    /// sprig's struct of a certificate and its key.
    Certificate,
}

use Param::{Any, Bool, Certificate, Float, Int, List, Map, Text, Time, Uint32};

impl fmt::Display for Param {
    /// Writes the name of the type in Go.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Any => "interface {}",
            Text => "string",
            Bool => "bool",
            Int => "int",
            Uint32 => "uint32",
            Float => "float64",
            List => "[]interface {}",
            Map => "map[string]interface {}",
            Time => "time.Time",
            Certificate => "sprig.certificate",
        })
    }
}

impl Param {
    /// Whether Go accepts `nil` for it.
    #[must_use]
    pub fn can_be_nil(self) -> bool {
        matches!(self, Any | List | Map)
    }

    /// Whether a value that is not nil has this type.
    #[must_use]
    pub fn admits(self, value: &Value) -> bool {
        match (self, &value.data) {
            (Any, _)
            | (Bool, Data::Bool(_))
            | (Int, Data::Int(_))
            | (Float, Data::Float(_))
            | (List, Data::List(_)) => true,
            (Text, Data::Str(_)) => value.nuance != Nuance::Bytes,
            (Map, Data::Map(_)) => !value.nuance.is_texts(),
            (Time | Certificate, Data::Object(object)) => object.type_name() == self.to_string(),
            _ => false,
        }
    }
}

/// The parameters of a function.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The parameters that are required.
    pub fixed: &'static [Param],
    /// The type of further arguments, of which there may be any number.
    pub rest: Option<Param>,
}

impl Signature {
    /// Any arguments.
    pub const OPEN: Self = Self { fixed: &[], rest: Some(Any) };
    /// The parameters of `and` and `or`, which the evaluator implements itself.
    pub const JUNCTION: Self = Self { fixed: &[Any], rest: Some(Any) };

    /// The type of the argument at a 0-based index.
    #[must_use]
    pub fn param(&self, index: usize) -> Param {
        self.fixed.get(index).copied().or(self.rest).unwrap_or(Any)
    }

    /// Checks the number of arguments: `given` in parentheses, and perhaps a piped one.
    ///
    /// # Errors
    /// Go's message if there are too many or too few.
    pub fn check_count(&self, name: &str, given: usize, piped: bool) -> Result<(), String> {
        let (want, got) = (self.fixed.len(), given + usize::from(piped));
        match self.rest {
            Some(_) if got < want => {
                Err(format!("wrong number of args for {name}: want at least {want} got {given}"))
            }
            None if got != want => {
                Err(format!("wrong number of args for {name}: want {want} got {got}"))
            }
            _ => Ok(()),
        }
    }
}

/// The parameters of the functions in a row of [`TABLE`].
pub(super) fn of_row(row: usize) -> Signature {
    let (fixed, rest, _) = TABLE[row];
    Signature { fixed, rest }
}

/// The parameters of a method of `.Values`, `.Files` or `.Capabilities.APIVersions`.
#[must_use]
pub fn of_method(name: &str) -> Signature {
    match name {
        "Get" | "GetBytes" | "Glob" | "Lines" | "Has" | "Table" | "PathValue" => {
            Signature { fixed: &[Text], rest: None }
        }
        "AsConfig" | "AsSecrets" | "AsMap" | "YAML" | "String" | "GitVersion" => {
            Signature { fixed: &[], rest: None }
        }
        _ => Signature::OPEN,
    }
}

/// Functions by their parameters.
#[rustfmt::skip]
pub(super) const TABLE: &[(&[Param], Option<Param>, &str)] = &[
    // Go's own.
    (&[Any], None, "not len"),
    (&[Any], Some(Any), "eq index call"),
    (&[Any, Any], None, "ne lt le gt ge"),
    (&[], Some(Any), "print println html js urlquery"),
    (&[Text], Some(Any), "printf"),
    // sprig's and Helm's.
    (&[], None, "hello now uuidv4"),
    (&[Text], None, "
        adler32sum atoi b32dec b32enc b64dec b64enc base bcrypt camelcase clean dir ext fail
        fromJson fromJsonArray fromToml fromYaml fromYamlArray genPrivateKey getHostByName
        initials isAbs kebabcase lower mustFromJson nospace osBase osClean osDir osExt osIsAbs
        regexQuoteMeta semver sha1sum sha256sum sha512sum shuffle snakecase swapcase title trim
        untitle upper urlParse"),
    (&[Text, Text], None, "
        buildCustomCert contains decryptAES encryptAES hasPrefix hasSuffix htpasswd
        mustRegexFind mustRegexMatch mustToDate regexFind regexMatch semverCompare split splitList
        toDate trimAll trimPrefix trimSuffix trimall"),
    (&[Text, Text, Text], None, "
        mustRegexReplaceAll mustRegexReplaceAllLiteral regexReplaceAll
        regexReplaceAllLiteral replace"),
    (&[Text, Text, Text, Text], None, "lookup"),
    (&[Text, Text, Int], None, "
        mustRegexFindAll mustRegexSplit plural regexFindAll regexSplit"),
    (&[Text, Int, Text], None, "splitn"),
    (&[Text, Any], None, "
        date include join kindIs required tpl typeIs typeIsLike"),
    (&[Text, Any, Text], None, "dateInZone date_in_zone"),
    (&[Text, Time], None, "
        dateModify date_modify mustDateModify must_date_modify"),
    (&[Text], Some(Map), "pluck"),
    (&[Int], None, "
        randAlpha randAlphaNum randAscii randBytes randNumeric until"),
    (&[Int, Int], None, "randInt"),
    (&[Int, Int, Int], None, "untilStep"),
    (&[Int, Text], None, "abbrev indent nindent repeat trunc wrap"),
    (&[Int, Int, Text], None, "abbrevboth substr"),
    (&[Int, Text, Text], None, "wrapWith"),
    (&[Int, Any], None, "chunk mustChunk"),
    (&[], Some(Int), "seq"),
    (&[Uint32, Text, Text, Text, Text], None, "derivePassword"),
    (&[Any], None, "
        add1 add1f ago ceil compact deepCopy duration durationRound empty first float64 floor
        htmlDate initial int int64 kindOf last mustCompact mustDeepCopy mustFirst mustInitial
        mustLast mustRest mustReverse mustToJson mustToPrettyJson mustToRawJson mustToYaml
        mustUniq rest reverse sortAlpha toDecimal toJson toPrettyJson toRawJson toString toStrings
        toToml toYaml toYamlPretty typeOf uniq"),
    (&[Any, Text], None, "htmlDateInZone"),
    (&[Any, Any], None, "
        append deepEqual div has mod mustAppend mustHas mustPrepend mustPush prepend push sub"),
    (&[Any, Any, Bool], None, "ternary"),
    (&[Any, Int], Some(Float), "round"),
    (&[Any], Some(Any), "
        biggest default divf max maxf min minf mul mulf mustSlice mustWithout slice subf without"),
    (&[], Some(Any), "
        add addf all any cat coalesce concat dict dig list quote squote tuple"),
    (&[Map], None, "urlJoin values"),
    (&[Map, Text], None, "get hasKey unset"),
    (&[Map, Text, Any], None, "set"),
    (&[Map], Some(Text), "omit pick"),
    (&[Map], Some(Map), "merge mergeOverwrite mustMerge mustMergeOverwrite"),
    (&[], Some(Map), "keys"),
    (&[Time], None, "unixEpoch"),
    (&[Text, Int], None, "genCA"),
    (&[Text, Int, Text], None, "genCAWithKey"),
    (&[Text, List, List, Int], None, "genSelfSignedCert"),
    (&[Text, List, List, Int, Text], None, "genSelfSignedCertWithKey"),
    (&[Text, List, List, Int, Certificate], None, "genSignedCert"),
    (&[Text, List, List, Int, Certificate, Text], None, "genSignedCertWithKey"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::function::find;

    fn of(name: &str) -> Signature {
        find(name).expect(name).signature
    }

    #[test]
    fn counts_are_checked_as_go_checks_them() {
        let check = |name: &str, given, piped| of(name).check_count(name, given, piped);
        assert_eq!(check("b64enc", 0, true), Ok(()));
        let refused = |name, given, piped| check(name, given, piped).unwrap_err();
        assert_eq!(refused("b64enc", 1, true), "wrong number of args for b64enc: want 1 got 2");
        assert_eq!(
            refused("printf", 0, false),
            "wrong number of args for printf: want at least 1 got 0"
        );
        assert_eq!(check("add", 0, false), Ok(()));
    }

    #[test]
    fn types_have_the_names_that_go_gives_them() {
        assert_eq!(of("set").param(0).to_string(), "map[string]interface {}");
        assert_eq!(of("pluck").param(7), Map);
        assert!(Map.can_be_nil() && !Text.can_be_nil());
    }
}
