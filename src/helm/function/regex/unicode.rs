//! Names of character classes in Go's patterns: `\p{Lu}`, `\p{Greek}`.
//!
//! Mirrors `unicodeTable` in regexp/syntax/parse.go of Go 1.25, whose tables are of Unicode 15.

/// The characters that a name denotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A class, by its name in the `regex` crate.
    Named(&'static str),
    /// No characters: surrogates are never in a text.
    Empty,
}

/// General categories by their short names, with their long names, of which there are at most two.
const CATEGORIES: [(&str, [&str; 2]); 38] = [
    ("C", ["other", ""]),
    ("Cc", ["control", "cntrl"]),
    ("Cf", ["format", ""]),
    ("Cn", ["unassigned", ""]),
    ("Co", ["privateuse", ""]),
    ("Cs", ["surrogate", ""]),
    ("L", ["letter", ""]),
    ("LC", ["casedletter", ""]),
    ("Ll", ["lowercaseletter", ""]),
    ("Lm", ["modifierletter", ""]),
    ("Lo", ["otherletter", ""]),
    ("Lt", ["titlecaseletter", ""]),
    ("Lu", ["uppercaseletter", ""]),
    ("M", ["mark", "combiningmark"]),
    ("Mc", ["spacingmark", ""]),
    ("Me", ["enclosingmark", ""]),
    ("Mn", ["nonspacingmark", ""]),
    ("N", ["number", ""]),
    ("Nd", ["decimalnumber", "digit"]),
    ("Nl", ["letternumber", ""]),
    ("No", ["othernumber", ""]),
    ("P", ["punctuation", "punct"]),
    ("Pc", ["connectorpunctuation", ""]),
    ("Pd", ["dashpunctuation", ""]),
    ("Pe", ["closepunctuation", ""]),
    ("Pf", ["finalpunctuation", ""]),
    ("Pi", ["initialpunctuation", ""]),
    ("Po", ["otherpunctuation", ""]),
    ("Ps", ["openpunctuation", ""]),
    ("S", ["symbol", ""]),
    ("Sc", ["currencysymbol", ""]),
    ("Sk", ["modifiersymbol", ""]),
    ("Sm", ["mathsymbol", ""]),
    ("So", ["othersymbol", ""]),
    ("Z", ["separator", ""]),
    ("Zl", ["lineseparator", ""]),
    ("Zp", ["paragraphseparator", ""]),
    ("Zs", ["spaceseparator", ""]),
];

/// Scripts with a name of one word: Go does not find the others, since it looks them up by names that are not in its
/// table.
#[rustfmt::skip]
const SCRIPTS: [&str; 117] = [
    "Adlam", "Ahom", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum", "Batak", "Bengali", "Bhaiksuki",
    "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid", "Carian", "Chakma", "Cham", "Cherokee", "Chorasmian",
    "Common", "Coptic", "Cuneiform", "Cypriot", "Cyrillic", "Deseret", "Devanagari", "Dogra", "Duployan",
    "Elbasan", "Elymaic", "Ethiopic", "Georgian", "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati",
    "Gurmukhi", "Han", "Hangul", "Hanunoo", "Hatran", "Hebrew", "Hiragana", "Inherited", "Javanese", "Kaithi",
    "Kannada", "Katakana", "Kawi", "Kharoshthi", "Khmer", "Khojki", "Khudawadi", "Lao", "Latin", "Lepcha",
    "Limbu", "Lisu", "Lycian", "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic", "Manichaean", "Marchen",
    "Medefaidrin", "Miao", "Modi", "Mongolian", "Mro", "Multani", "Myanmar", "Nabataean", "Nandinagari", "Newa",
    "Nko", "Nushu", "Ogham", "Oriya", "Osage", "Osmanya", "Palmyrene", "Phoenician", "Rejang", "Runic",
    "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham", "Sinhala", "Sogdian", "Soyombo", "Sundanese",
    "Syriac", "Tagalog", "Tagbanwa", "Takri", "Tamil", "Tangsa", "Tangut", "Telugu", "Thaana", "Thai", "Tibetan",
    "Tifinagh", "Tirhuta", "Toto", "Ugaritic", "Vai", "Vithkuqi", "Wancho", "Yezidi", "Yi",
];

/// Returns the class with a name; case, spaces, dashes and underscores are ignored.
pub(super) fn class(name: &str) -> Option<Class> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .collect::<String>()
        .to_ascii_lowercase();
    let is = |known: &str| known.eq_ignore_ascii_case(&plain);
    if plain.is_empty() {
        return None;
    }
    if let Some((short, _)) =
        CATEGORIES.iter().find(|(short, long)| is(short) || long.iter().any(|long| is(long)))
    {
        return Some(if *short == "Cs" { Class::Empty } else { Class::Named(short) });
    }
    ["Any", "Assigned", "ASCII"]
        .iter()
        .chain(&SCRIPTS)
        .find(|known| is(known))
        .map(|known| Class::Named(known))
}
