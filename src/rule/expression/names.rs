//! Names of variables and the slots their values stand in.

/// Where a variable's value stands while a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(pub(super) usize);

/// The variables every rule has, in the order of their slots.
const ROOTS: [&str; 28] = [
    "object",
    "template",
    "pod",
    "containers",
    "replicas",
    "name",
    "objects",
    "workloads",
    "values",
    "release",
    "params",
    "kube_version",
    "kube_minor",
    "target_namespace",
    "cluster",
    "kube_version_stated",
    "rendered",
    "chart",
    "requirements",
    "lock",
    "base",
    "files",
    "changed",
    "subcharts",
    "calls",
    "dependencies",
    "crds",
    "directory",
];

impl Slot {
    pub(crate) const OBJECT: Self = Self(0);
    pub(crate) const TEMPLATE: Self = Self(1);
    pub(crate) const POD: Self = Self(2);
    pub(crate) const CONTAINERS: Self = Self(3);
    pub(crate) const REPLICAS: Self = Self(4);
    pub(crate) const NAME: Self = Self(5);
    pub(crate) const OBJECTS: Self = Self(6);
    pub(crate) const WORKLOADS: Self = Self(7);
    pub(crate) const VALUES: Self = Self(8);
    pub(crate) const RELEASE: Self = Self(9);
    pub(crate) const PARAMS: Self = Self(10);
    pub(crate) const KUBE_VERSION: Self = Self(11);
    pub(crate) const KUBE_MINOR: Self = Self(12);
    pub(crate) const TARGET_NAMESPACE: Self = Self(13);
    pub(crate) const CLUSTER: Self = Self(14);
    pub(crate) const KUBE_VERSION_STATED: Self = Self(15);
    pub(crate) const RENDERED: Self = Self(16);
    pub(crate) const CHART: Self = Self(17);
    pub(crate) const REQUIREMENTS: Self = Self(18);
    pub(crate) const LOCK: Self = Self(19);
    pub(crate) const BASE: Self = Self(20);
    pub(crate) const FILES: Self = Self(21);
    pub(crate) const CHANGED: Self = Self(22);
    pub(crate) const SUBCHARTS: Self = Self(23);
    pub(crate) const CALLS: Self = Self(24);
    pub(crate) const DEPENDENCIES: Self = Self(25);
    pub(crate) const CRDS: Self = Self(26);
    pub(crate) const DIRECTORY: Self = Self(27);
    /// How many slots the variables that every rule has take.
    pub(crate) const ROOTS: usize = ROOTS.len();

    /// Its place among a rule's slots.
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// The names that are in scope where a rule is being compiled, innermost last. Each gets a slot of
/// its own, so that one which hides another does not change it.
#[derive(Debug)]
pub(crate) struct Names {
    known: Vec<(String, Slot)>,
    slots: usize,
}

impl Default for Names {
    fn default() -> Self {
        let known = ROOTS.iter().enumerate().map(|(at, name)| ((*name).to_owned(), Slot(at)));
        Self { known: known.collect(), slots: ROOTS.len() }
    }
}

impl Names {
    /// Brings a name into scope.
    pub(crate) fn bind(&mut self, name: &str) -> Slot {
        let slot = Slot(self.slots);
        self.slots += 1;
        self.known.push((name.to_owned(), slot));
        slot
    }

    /// The slot of the innermost variable of this name.
    pub(crate) fn slot(&self, name: &str) -> Option<Slot> {
        self.known.iter().rev().find(|(known, _)| known == name).map(|(_, slot)| *slot)
    }

    /// What is in scope now, for [`Names::reset`].
    pub(crate) fn mark(&self) -> usize {
        self.known.len()
    }

    /// Takes names out of scope that were bound since `mark`.
    pub(crate) fn reset(&mut self, mark: usize) {
        self.known.truncate(mark);
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }
}
