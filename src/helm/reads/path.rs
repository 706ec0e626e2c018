//! Paths in the values of each chart of a tree that are read.

use std::collections::HashMap;
use std::rc::Rc;

use super::Known;

/// The length from which a path is read as a whole: templates that call themselves make longer and longer ones.
const MAX_STEPS: u8 = 12;

/// A path in the values of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PathId(u32);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Key(Rc<str>),
    /// Any key or index.
    Any,
}

#[derive(Debug)]
struct PathData {
    parent: Option<(PathId, Step)>,
    depth: u8,
    whole: bool,
    tested: bool,
    typed: bool,
}

impl PathData {
    fn new(parent: Option<(PathId, Step)>, depth: u8) -> Self {
        Self { parent, depth, whole: false, tested: false, typed: false }
    }
}

/// The paths that are read, for a tree of charts.
#[derive(Debug)]
pub(super) struct Paths {
    nodes: Vec<PathData>,
    steps: HashMap<(PathId, Step), PathId>,
    roots: usize,
}

impl Paths {
    /// Starts with the roots of the values of a number of charts.
    pub(super) fn new(roots: usize) -> Self {
        let nodes = (0..roots).map(|_| PathData::new(None, 0)).collect();
        Self { nodes, steps: HashMap::new(), roots }
    }

    /// Returns the root of a chart's values.
    pub(super) fn root(chart: usize) -> PathId {
        PathId(u32::try_from(chart).unwrap_or(0))
    }

    /// Whether a path is the root of a chart's values.
    pub(super) fn is_root(&self, at: PathId) -> bool {
        (at.0 as usize) < self.roots
    }

    /// Returns the path of a key; `None` if it is too long, and so read as a whole.
    pub(super) fn key(&mut self, at: PathId, key: &str) -> Option<PathId> {
        self.step(at, Step::Key(key.into()))
    }

    /// Returns the path of any key or index.
    pub(super) fn any(&mut self, at: PathId) -> Option<PathId> {
        self.step(at, Step::Any)
    }

    /// Returns the path of several keys, one below the other.
    pub(super) fn keys<'k>(
        &mut self,
        at: PathId,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Option<PathId> {
        keys.into_iter().try_fold(at, |at, key| self.key(at, key))
    }

    /// Marks everything below a path as read.
    pub(super) fn whole(&mut self, at: PathId) {
        self.nodes[at.0 as usize].whole = true;
    }

    /// Marks that a value is tested for being empty.
    pub(super) fn tested(&mut self, at: PathId) {
        self.nodes[at.0 as usize].tested = true;
    }

    /// Marks that the type of a value is tested.
    pub(super) fn typed(&mut self, at: PathId) {
        self.nodes[at.0 as usize].typed = true;
    }

    /// Marks all values of all charts as read.
    pub(super) fn give_up(&mut self) {
        for root in &mut self.nodes[..self.roots] {
            root.whole = true;
        }
    }

    fn step(&mut self, at: PathId, step: Step) -> Option<PathId> {
        let depth = self.nodes[at.0 as usize].depth + 1;
        if depth > MAX_STEPS {
            self.whole(at);
            return None;
        }
        let next = PathId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let id = *self.steps.entry((at, step.clone())).or_insert(next);
        if id == next {
            self.nodes.push(PathData::new(Some((at, step)), depth));
        }
        Some(id)
    }

    /// Returns what is read of the values of each chart.
    pub(super) fn into_known(self) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::new();
        known.extend(self.nodes.iter().map(|path| Known {
            whole: path.whole,
            tested: path.tested,
            typed: path.typed,
            ..Known::default()
        }));
        // Each path comes after its parent.
        for (at, path) in self.nodes.iter().enumerate().skip(self.roots).rev() {
            let Some((parent, step)) = &path.parent else { continue };
            let own = std::mem::take(&mut known[at]);
            let parent = &mut known[parent.0 as usize];
            match step {
                Step::Key(key) => {
                    parent.below.insert(key.to_string(), own);
                }
                Step::Any => parent.any = Some(Box::new(own)),
            }
        }
        known.truncate(self.roots);
        known
    }
}
