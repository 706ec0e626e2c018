//! Expands braces as bash does: `web-{a,b}`, `"web"-{1..3}`.

use super::{MAX_TURNS, Piece, Word};

/// The most characters of a word whose braces are expanded.
const MAX_LENGTH: usize = 4096;
/// The most braces in each other, and behind each other, that are expanded.
const MAX_DEPTH: usize = 16;

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
    expanded(&parts, 0).into_iter().map(|parts| joined(parts, word)).collect()
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

/// What a word's parts expand to. Braces that are nested too deeply are left as they are.
fn expanded(parts: &[Part], depth: usize) -> Choices {
    let Some((before, choices, after)) = first_braces(parts).filter(|_| depth < MAX_DEPTH) else {
        return vec![parts.to_vec()];
    };
    let ends = expanded(after, depth + 1);
    let begins = choices.iter().flat_map(|choice| expanded(choice, depth + 1));
    let all = begins.flat_map(|begin| {
        ends.iter().map(|end| [before, &begin, end].concat()).collect::<Vec<_>>()
    });
    all.take(MAX_TURNS).collect()
}

/// What is before the first braces that can be expanded, their choices, and what is after them.
fn first_braces(parts: &[Part]) -> Option<(&[Part], Choices, &[Part])> {
    // The places of braces that are not closed yet, each with those of the commas in it.
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut first: Option<(usize, usize, Vec<usize>)> = None;
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Plain('{') => open.push((at, Vec::new())),
            Part::Plain(',') => open.last_mut().into_iter().for_each(|(_, commas)| commas.push(at)),
            Part::Plain('}') => {
                let Some((start, commas)) = open.pop() else { continue };
                let expands = !commas.is_empty() || range(&parts[start + 1..at]).is_some();
                if expands && first.as_ref().is_none_or(|(other, ..)| start < *other) {
                    first = Some((start, at, commas));
                }
            }
            _ => {}
        }
    }
    let (start, end, mut commas) = first?;
    let choices = match range(&parts[start + 1..end]).filter(|_| commas.is_empty()) {
        Some(numbers) => numbers,
        None => {
            commas.push(end);
            let begins = std::iter::once(start).chain(commas.iter().copied());
            begins.zip(&commas).map(|(begin, end)| parts[begin + 1..*end].to_vec()).collect()
        }
    };
    Some((&parts[..start], choices, &parts[end + 1..]))
}

/// The items of `{first..last}` and `{first..last..step}`: numbers, perhaps with zeros before them, or letters.
fn range(inner: &[Part]) -> Option<Choices> {
    let plain = |part: &Part| if let Part::Plain(char) = part { Some(*char) } else { None };
    let text: String = inner.iter().map(plain).collect::<Option<_>>()?;
    let mut words = text.split("..");
    let (first, last, step) = (words.next()?, words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    let step = step.map_or(Some(1), |step| step.parse::<i32>().ok())?.unsigned_abs().max(1);
    let items: Vec<String> = match (first.parse::<i32>(), last.parse::<i32>()) {
        (Ok(from), Ok(to)) => {
            let padded =
                |word: &str| word.trim_start_matches('-').starts_with('0') && word.len() > 1;
            let is_padded = padded(first) || padded(last);
            let width = if is_padded { first.len().max(last.len()) } else { 0 };
            let number = |number: i64| format!("{number:0width$}");
            between(from.into(), to.into(), step).map(number).collect()
        }
        _ => {
            let (from, to) = (letter(first)?, letter(last)?);
            let char = |code| {
                u8::try_from(code)
                    .map_or_else(|_| String::new(), |code| char::from(code).to_string())
            };
            between(from.into(), to.into(), step).map(char).collect()
        }
    };
    Some(items.iter().map(|item| item.chars().map(Part::Plain).collect()).collect())
}

fn letter(word: &str) -> Option<u8> {
    match word.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(*letter),
        _ => None,
    }
}

/// Counts from one number to another, up or down, at most [`MAX_TURNS`] times.
fn between(from: i64, to: i64, step: u32) -> impl Iterator<Item = i64> {
    let step = if from <= to { i64::from(step) } else { -i64::from(step) };
    let is_within = move |number: &i64| if step > 0 { *number <= to } else { *number >= to };
    std::iter::successors(Some(from), move |number| Some(number + step))
        .take_while(is_within)
        .take(MAX_TURNS)
}
