//! One file of a project: its text, its tree, and what is known about both.

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::class::{Class, Seen};
use super::word::Word;
use crate::kube;
use crate::source::{Changed, Slot, SourceId, Sources};
use crate::yaml::{self, Node, Stream};

/// One file of a project.
#[derive(Debug, Clone)]
pub struct File {
    /// Its text.
    pub source: SourceId,
    /// Relative to the working directory, with `/`.
    pub path: String,
    /// Its class.
    pub class: Class,
    text: Slot,
    /// Whether it is to be linted, and was not only read for the releases that it declares.
    pub requested: bool,
    /// What is known from its own path and text.
    pub seen: Seen,
    /// Shared by all copies of the file.
    known: Arc<Known>,
}

/// What is worked out about a text when it is first needed.
#[derive(Debug, Default)]
struct Known {
    stream: OnceLock<Arc<Stream>>,
    digest: OnceLock<blake3::Hash>,
    /// For each [`Word`] whether it was looked for, and whether it is there.
    words: AtomicU32,
}

impl File {
    /// The file with the text `source`, about which only the class is known.
    pub(super) fn new(source: SourceId, class: Class, requested: bool, sources: &Sources) -> Self {
        let text = sources.get(source);
        Self {
            source,
            path: text.path.clone(),
            class,
            requested,
            seen: Seen::unparsed(class),
            text: Slot::Held(text),
            known: Arc::default(),
        }
    }

    /// Sets the tree of its text, if there is none yet.
    pub(super) fn adopt(&self, stream: Arc<Stream>) {
        let _ = self.known.stream.set(stream);
    }

    /// Its whole text.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text.file().text)
    }

    /// Length of its text in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.text.length()
    }

    /// Its tree, parsed at the first call; `None` where it is not YAML.
    #[must_use]
    pub fn stream(&self) -> Option<&Arc<Stream>> {
        let parse = || {
            let text = self.text();
            Arc::new(yaml::parse_lines(self.source, &text, 0..text.len()))
        };
        self.seen.yaml.then(|| self.known.stream.get_or_init(parse))
    }

    /// True if its text contains a word.
    #[must_use]
    pub fn holds(&self, word: Word) -> bool {
        if self.seen.yaml && Word::OF_YAML.contains(&word) {
            return self.seen.words.has(word);
        }
        let asked = 1 << (2 * word as u32);
        let there = asked << 1;
        let known = self.known.words.load(Ordering::Relaxed);
        if known & asked != 0 {
            return known & there != 0;
        }
        let holds = word.stands_in(&self.text());
        self.known.words.fetch_or(if holds { asked | there } else { asked }, Ordering::Relaxed);
        holds
    }

    /// True if [`File::stream`] returns a tree. This does not parse.
    #[must_use]
    pub fn is_yaml(&self) -> bool {
        self.seen.yaml
    }

    /// The roots of its documents, in order; empty for what is not YAML.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.stream()
            .into_iter()
            .flat_map(|stream| stream.documents.iter().filter_map(|document| document.root()))
    }

    /// The objects in it, those of a `List` one by one, in order.
    pub fn objects(&self) -> impl Iterator<Item = Node<'_>> {
        let documents = self.stream().into_iter().flat_map(|stream| &stream.documents);
        documents.flat_map(|document| kube::objects(document)).map(|object| object.node)
    }

    /// Drops its text and tree from memory, if its text is mainly needed when it is linted. It is then read again from
    /// `path`, and parsed again.
    pub fn shelve(&mut self, path: &Path, sources: &Sources) {
        let classes = [Class::Manifest, Class::Values, Class::Other, Class::ChartTemplate];
        let looked_into = || Word::LOOKED_INTO.iter().any(|&word| self.holds(word));
        if classes.contains(&self.class) && !self.seen.broken && !looked_into() {
            self.text = sources.shelve(self.source, path.to_owned(), self.digest());
            self.forget_tree();
        }
    }

    /// The file with its text in memory: itself, or a copy with the text read again, which has its own tree unless there is
    /// one already.
    ///
    /// # Errors
    /// When it has changed since it was read.
    pub fn taken_down(&self) -> Result<Cow<'_, Self>, Changed> {
        if matches!(self.text, Slot::Held(_)) {
            return Ok(Cow::Borrowed(self));
        }
        let mut own = self.clone();
        own.text = Slot::Held(self.text.take_down()?);
        if own.known.stream.get().is_none() {
            own.forget_tree();
        }
        Ok(Cow::Owned(own))
    }

    /// Drops the tree; the text is parsed again when the tree is needed.
    pub fn forget_tree(&mut self) {
        let Known { stream: _, digest, words } = &*self.known;
        let words = AtomicU32::new(words.load(Ordering::Relaxed));
        self.known = Arc::new(Known { digest: digest.clone(), words, ..Known::default() });
    }

    /// A hash of its text.
    #[must_use]
    pub fn digest(&self) -> blake3::Hash {
        *self.known.digest.get_or_init(|| blake3::hash(self.text().as_bytes()))
    }
}
