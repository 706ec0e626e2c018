//! Expands braces as bash does: `web-{a,b}`, `"web"-{1..3}`. Nested braces are not expanded.

use super::{MAX_TURNS, Piece, Word};

/// The most characters of a word whose braces are expanded.
const MAX_LENGTH: usize = 4096;

/// A part of a word: a character that is not in quotes, or anything else.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Plain(char),
    Other(Piece),
}

/// What braces expand to.
type Choices = Vec<Vec<Part>>;

/// The words that a word stands for: itself if it has no braces, and at most [`MAX_TURNS`], as for loops.
pub(super) fn braced(word: &Word) -> Vec<Word> {
    let is_plain = |piece: &Piece| matches!(piece, Piece::Literal { text, quoted: false } if text.contains('{'));
    if !word.pieces.iter().any(is_plain) || word.end - word.start > MAX_LENGTH {
        return vec![word.clone()];
    }
    let parts: Vec<Part> = word.pieces.iter().flat_map(parts).collect();
    let mut begun: Vec<Vec<Part>> = vec![Vec::new()];
    let mut rest = parts.as_slice();
    while begun.len() < MAX_TURNS
        && let Some((before, choices, after)) = first_braces(rest)
    {
        let longer = |start: &Vec<Part>| -> Vec<Vec<Part>> {
            choices.iter().map(|choice| [start, before, choice].concat()).collect()
        };
        begun = begun.iter().flat_map(longer).take(MAX_TURNS).collect();
        rest = after;
    }
    begun.into_iter().map(|start| joined([&start, rest].concat(), word)).collect()
}

fn parts(piece: &Piece) -> Vec<Part> {
    match piece {
        Piece::Literal { text, quoted: false } => text.chars().map(Part::Plain).collect(),
        other => vec![Part::Other(other.clone())],
    }
}

/// A word of parts, at the place of another.
fn joined(parts: Vec<Part>, word: &Word) -> Word {
    let mut pieces = Vec::new();
    for part in parts {
        match (part, pieces.last_mut()) {
            (Part::Plain(char), Some(Piece::Literal { text, quoted: false })) => text.push(char),
            (Part::Plain(char), _) => {
                pieces.push(Piece::Literal { text: char.to_string(), quoted: false });
            }
            (Part::Other(piece), _) => pieces.push(piece),
        }
    }
    Word { pieces, ..*word }
}

/// What is before the first braces that can be expanded, what they expand to, and what is after them.
fn first_braces(parts: &[Part]) -> Option<(&[Part], Choices, &[Part])> {
    let is = |at: usize, char: char| parts[at] == Part::Plain(char);
    let opens = (0..parts.len()).filter(|&at| is(at, '{'));
    opens.into_iter().find_map(|open| {
        let next = (open + 1..parts.len()).find(|&at| is(at, '{') || is(at, '}'))?;
        let inner = &parts[open + 1..next];
        let choices = range(inner).unwrap_or_else(|| {
            let each = inner.split(|part| *part == Part::Plain(','));
            each.map(<[Part]>::to_vec).collect()
        });
        let expands = is(next, '}') && choices.len() > 1;
        expands.then(|| (&parts[..open], choices, &parts[next + 1..]))
    })
}

/// The numbers of `{first..last}`, counted down if `last` is the lower one.
fn range(inner: &[Part]) -> Option<Choices> {
    let plain = |part: &Part| if let Part::Plain(char) = part { Some(*char) } else { None };
    let text: String = inner.iter().map(plain).collect::<Option<_>>()?;
    let (first, last) = text.split_once("..")?;
    let (first, last): (i32, i32) = (first.parse().ok()?, last.parse().ok()?);
    let numbers: Box<dyn Iterator<Item = i32>> = match first <= last {
        true => Box::new(first..=last),
        false => Box::new((last..=first).rev()),
    };
    let numbers = numbers.take(MAX_TURNS);
    Some(numbers.map(|number| number.to_string().chars().map(Part::Plain).collect()).collect())
}
