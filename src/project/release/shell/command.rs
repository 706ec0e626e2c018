//! The commands of a script, and their words before expansion.

use std::rc::Rc;

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) enum Command {
    /// Assignments, then words.
    Simple { assignments: Vec<Assignment>, words: Vec<Word> },
    /// `for NAME in WORDS; do BODY; done`
    For { name: String, words: Option<Vec<Word>>, body: Vec<Command> },
    /// `while CONDITION; do BODY; done`, `until …` and `for (( …; CONDITION; STEP )); …`
    While(Loop),
    /// `if`, with a condition for each branch, and the `else` branch.
    If { branches: Vec<(Vec<Command>, Vec<Command>)>, otherwise: Vec<Command> },
    /// `case SUBJECT in PATTERNS) BODY;; esac`
    Case { subject: Word, arms: Vec<(Vec<Word>, Vec<Command>)> },
    /// `NAME() { BODY; }`
    Function { name: String, body: Rc<[Command]> },
    /// `COMMAND | COMMAND`, none of which changes anything outside.
    Pipeline(Vec<Command>),
    /// `( … )`, which changes nothing outside.
    Subshell(Vec<Command>),
    /// `{ … }`
    Group(Vec<Command>),
    /// `FIRST && SECOND || THIRD`: each command after the first is preceded by one of the two.
    Chain { first: Box<Command>, rest: Vec<(Joint, Command)> },
    /// `! COMMAND`
    Not(Box<Command>),
    /// `[[ TEST ]]`
    Test(Test),
    /// `(( … ))`, which sets variables.
    Arithmetic(String),
    /// `COMMAND > FILE`, whose output goes elsewhere.
    Written { command: Box<Command>, to: Redirected },
}

/// A loop that goes on while a condition holds. Its input is unknown.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Loop {
    /// Whether the loop ends when the condition is true, and not when it is false.
    pub(super) until: bool,
    pub(super) condition: Vec<Command>,
    pub(super) body: Vec<Command>,
    /// What follows each turn.
    pub(super) step: Vec<Command>,
}

/// Where redirections send what a command prints.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::project::release) struct Redirected {
    /// The files. `/dev/null` and the like do not count.
    pub(super) files: Vec<Word>,
    /// Whether the standard output goes elsewhere.
    pub(super) away: bool,
}

impl Redirected {
    pub(super) fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.away |= other.away;
    }
}

impl Command {
    /// This command with its output redirected.
    pub(super) fn written(self, to: Redirected) -> Self {
        match to == Redirected::default() {
            true => self,
            false => Self::Written { command: self.into(), to },
        }
    }
}

/// What joins two commands of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::project::release) enum Joint {
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Joint {
    /// The truth of what precedes it with which the next command is not run.
    pub(super) fn skips(self) -> bool {
        self == Self::Or
    }
}

/// What is in `[[ … ]]`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) enum Test {
    /// `-f FILE`, `A == B`
    Words(Vec<Word>),
    /// `! TEST`
    Not(Box<Test>),
    /// `TEST && TEST`
    All(Vec<Test>),
    /// `TEST || TEST`
    Any(Vec<Test>),
}

impl Test {
    /// All its words.
    pub(super) fn words(&self) -> Vec<&Word> {
        match self {
            Self::Words(words) => words.iter().collect(),
            Self::Not(test) => test.words(),
            Self::All(tests) | Self::Any(tests) => tests.iter().flat_map(Self::words).collect(),
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
        operation: Option<(Operator, Word)>,
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
    /// `$(( … ))`, which may set variables.
    Arithmetic {
        text: String,
    },
}

/// What `${NAME…}` does with the value of a variable, and with the operand behind the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `:-` and `:=` where a value is missing or empty, `-` and `=` where it is missing.
    Default { or_empty: bool, assigns: bool },
    /// `:+`, `+`
    Alternative,
    /// `:?`, `?`
    Required,
    /// `:FROM:LENGTH`
    Slice,
    /// `#`, `##`
    CutStart { longest: bool },
    /// `%`, `%%`
    CutEnd { longest: bool },
    /// `/`, `//`
    Replace { all: bool },
    /// `,,`
    Lower,
    /// `^^`
    Upper,
    /// Any other one, whose result is computed.
    Other,
}

impl Operator {
    /// All operators as they are written, the longer ones first.
    pub(super) const WRITTEN: [(&str, Self); 19] = [
        (":-", Self::Default { or_empty: true, assigns: false }),
        (":=", Self::Default { or_empty: true, assigns: true }),
        (":+", Self::Alternative),
        (":?", Self::Required),
        ("-", Self::Default { or_empty: false, assigns: false }),
        ("=", Self::Default { or_empty: false, assigns: true }),
        ("+", Self::Alternative),
        ("?", Self::Required),
        ("##", Self::CutStart { longest: true }),
        ("#", Self::CutStart { longest: false }),
        ("%%", Self::CutEnd { longest: true }),
        ("%", Self::CutEnd { longest: false }),
        ("//", Self::Replace { all: true }),
        ("/", Self::Replace { all: false }),
        (":", Self::Slice),
        ("^^", Self::Upper),
        ("^", Self::Other),
        (",,", Self::Lower),
        (",", Self::Other),
    ];
}

impl Word {
    /// The text of a word, if it has no expansions.
    pub(super) fn literal(&self) -> Option<String> {
        self.pieces.iter().try_fold(String::new(), |mut text, piece| match piece {
            Piece::Literal { text: part, .. } => {
                text.push_str(part);
                Some(text)
            }
            _ => None,
        })
    }

    /// True if the word is exactly this keyword, unquoted.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self.pieces.as_slice(),
            [Piece::Literal { text, quoted: false }] if text == keyword)
    }
}
