//! What a script says: commands and their words, before anything is expanded.

use std::rc::Rc;

/// A command and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) enum Command {
    /// Assignments, then words.
    Simple { assignments: Vec<Assignment>, words: Vec<Word> },
    /// `for NAME in WORDS; do BODY; done`
    For { name: String, words: Option<Vec<Word>>, body: Vec<Command> },
    /// `while CONDITION; do BODY; done`, with what is piped in unknown.
    While { condition: Vec<Command>, body: Vec<Command> },
    /// `if`, with a condition for each branch, then what `else` does.
    If { branches: Vec<(Vec<Command>, Vec<Command>)>, otherwise: Vec<Command> },
    /// `case SUBJECT in PATTERNS) BODY;; esac`
    Case { subject: Word, arms: Vec<(Vec<Word>, Vec<Command>)> },
    /// `NAME() { BODY; }`
    Function { name: String, body: Rc<[Command]> },
    /// `( … )`: changes nothing outside.
    Subshell(Vec<Command>),
    /// `{ … }`
    Group(Vec<Command>),
    /// `FIRST && SECOND` with a test as first, or `||` with `or`.
    Chain { first: Box<Command>, or: bool, second: Box<Command> },
    /// `COMMAND > FILE`: what it prints goes to files. `/dev/null` and its like are none.
    Written { command: Box<Command>, files: Vec<Word> },
}

impl Command {
    /// The command with the files that its output goes to.
    pub(super) fn written(self, files: Vec<Word>) -> Self {
        match files.is_empty() {
            true => self,
            false => Self::Written { command: self.into(), files },
        }
    }
}

/// `NAME=VALUE`, `NAME+=VALUE`, `NAME[KEY]=VALUE`, `NAME=(VALUES)`
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Assignment {
    pub(super) name: String,
    pub(super) key: Option<String>,
    pub(super) append: bool,
    pub(super) value: Assigned,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Assigned {
    Word(Word),
    Array(Vec<Word>),
}

/// A word before expansion; `start..end` is its place in the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::project::release) struct Word {
    pub(super) pieces: Vec<Piece>,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Literal {
        text: String,
        quoted: bool,
    },
    Variable {
        name: String,
        operation: Option<(String, Word)>,
        quoted: bool,
    },
    Output {
        commands: Vec<Command>,
        quoted: bool,
    },
    /// `<( … )`: the name of a file from which the commands' output can be read.
    Stream {
        commands: Vec<Command>,
    },
    /// Arithmetic: computed.
    Opaque,
}

impl Word {
    /// The text of a word without expansions.
    pub(super) fn literal(&self) -> Option<String> {
        self.pieces.iter().try_fold(String::new(), |mut text, piece| match piece {
            Piece::Literal { text: part, .. } => {
                text.push_str(part);
                Some(text)
            }
            _ => None,
        })
    }

    /// True for a word that is exactly this, unquoted.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self.pieces.as_slice(),
            [Piece::Literal { text, quoted: false }] if text == keyword)
    }
}
