//! Names of variables, and the slots with their values.

use std::borrow::Cow;

use super::fault::Fault;
use super::lack::Kept;
use crate::rule::file::Scope;
use crate::rule::need::Need;

/// The index of a variable's value while a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(pub(super) usize);

/// What a value depends on, and so how often it must be evaluated; sorted by how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Only on what is the same for all objects that are deployed together.
    Company,
    /// Also on the namespace of the judged object.
    Neighbours,
    /// Also on the judged scope.
    Scope,
    /// Also on the nodes that a check has chosen for its first variables, as many as this.
    Chosen(usize),
    /// Also on an item of a list.
    Item,
}

/// What is known of a variable's value before it is evaluated.
#[derive(Debug, Clone, Default)]
pub(crate) enum Nature {
    /// Nothing.
    #[default]
    Open,
    /// It always has a value, which is not part of the object.
    Given,
    /// A node in the object.
    Node {
        /// It is a mapping unless this is met.
        mapping: Option<Need>,
        /// It is a scalar unless this is met.
        scalar: Option<Need>,
        /// It is a text unless this is met.
        text: Option<Need>,
    },
    /// A mapping in the object.
    Mapping,
    /// A list of mappings in the object.
    Mappings,
    /// The value of an expression.
    Value {
        /// Its value on objects that lack some keys.
        lack: Option<Kept>,
        /// It has a value unless this is met.
        certain: Option<Need>,
        /// It is true or false unless this is met.
        decided: Option<Need>,
    },
}

impl Nature {
    /// Any node in the object.
    pub(crate) const NODE: Self = Self::Node { mapping: None, scalar: None, text: None };

    /// True for a part of the object.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Self::Node { .. } | Self::Mapping | Self::Mappings)
    }
}

/// The variables of all rules, in the order of their slots, and the scopes in which they have a value.
const ROOTS: [(&str, &[Scope]); 28] = [
    ("object", OBJECTS),
    ("template", OBJECTS),
    ("pod", OBJECTS),
    ("containers", OBJECTS),
    ("replicas", OBJECTS),
    ("name", OBJECTS),
    ("objects", TOGETHER),
    ("workloads", TOGETHER),
    ("values", VALUES),
    ("release", ANY),
    ("params", ANY),
    ("kube_version", ANY),
    ("kube_minor", ANY),
    ("target_namespace", OBJECTS),
    ("cluster", ANY),
    ("kube_version_stated", ANY),
    ("rendered", ANY),
    ("chart", CHART),
    ("requirements", CHART),
    ("lock", CHART),
    ("base", COMPARED),
    ("files", CHART),
    ("changed", CHART),
    ("subcharts", CHART),
    ("calls", CHART),
    ("dependencies", CHART),
    ("crds", CHART),
    ("directory", CHART),
];
const ANY: &[Scope] = &Scope::ALL;
const OBJECTS: &[Scope] = &[Scope::Object, Scope::Release, Scope::LongestName];
const TOGETHER: &[Scope] = &[Scope::Release];
const VALUES: &[Scope] = &[Scope::Values];
const CHART: &[Scope] = &[Scope::Chart];
const COMPARED: &[Scope] = &[Scope::Object, Scope::Release, Scope::LongestName, Scope::Chart];

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
    /// Variables with the same value for all objects that are deployed together, under one configuration.
    const SHARED: [Self; 9] = [
        Self::OBJECTS,
        Self::WORKLOADS,
        Self::RELEASE,
        Self::PARAMS,
        Self::KUBE_VERSION,
        Self::KUBE_MINOR,
        Self::CLUSTER,
        Self::KUBE_VERSION_STATED,
        Self::RENDERED,
    ];
    /// The number of slots for the variables of all rules.
    pub(crate) const ROOTS: usize = ROOTS.len();
    /// The number of slots that is enough for most rules, with variables of their own.
    pub(crate) const MOST: usize = 64;

    /// Its index among a rule's slots.
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// The names that are in scope where an expression is compiled, innermost last. Each has a slot of its own, so a name
/// does not change the value of the one that it shadows.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    known: Vec<(Cow<'static, str>, Slot)>,
    /// What each slot's value depends on.
    levels: Vec<Level>,
    /// What is known of each slot's value.
    natures: Vec<Nature>,
    /// Whether something was concluded from missing keys that only holds for objects with pods.
    assumes_pods: bool,
    /// The names of the rule's parameters in CEL.
    params: Vec<String>,
}

impl Names {
    /// The names of every rule with this scope, and the rule's parameters.
    pub(crate) fn new(scope: Scope, params: Vec<String>) -> Self {
        let roots = ROOTS.iter().enumerate().filter(|(_, (_, scopes))| scopes.contains(&scope));
        let known = roots.map(|(at, (name, _))| (Cow::Borrowed(*name), Slot(at)));
        let mut levels = vec![Level::Scope; ROOTS.len()];
        for slot in Slot::SHARED {
            levels[slot.0] = Level::Company;
        }
        levels[Slot::TARGET_NAMESPACE.0] = Level::Neighbours;
        let mut natures = vec![Nature::Open; ROOTS.len()];
        for (slot, nature) in [
            (Slot::OBJECT, Nature::Mapping),
            (Slot::TEMPLATE, Nature::NODE),
            (Slot::POD, Nature::Mapping),
            (Slot::CONTAINERS, Nature::Mappings),
            (Slot::REPLICAS, Nature::Given),
            (Slot::NAME, Nature::Given),
            (Slot::TARGET_NAMESPACE, Nature::Given),
            (Slot::PARAMS, Nature::Given),
            (Slot::KUBE_VERSION, Nature::Given),
            (Slot::KUBE_MINOR, Nature::Given),
            (Slot::KUBE_VERSION_STATED, Nature::Given),
            (Slot::RENDERED, Nature::Given),
        ] {
            natures[slot.0] = nature;
        }
        Self { known: known.collect(), levels, natures, assumes_pods: false, params }
    }

    /// Brings a name into scope, for a value that depends on `level`.
    pub(crate) fn bind(&mut self, name: &str, level: Level) -> Slot {
        let slot = Slot(self.levels.len());
        self.levels.push(level);
        self.natures.push(Nature::Open);
        self.known.push((name.to_owned().into(), slot));
        slot
    }

    /// Records what is known of the value in a slot.
    pub(crate) fn note(&mut self, slot: Slot, nature: Nature) {
        self.natures[slot.0] = nature;
    }

    /// What is known of the value in a slot.
    pub(crate) fn nature(&self, slot: Slot) -> &Nature {
        &self.natures[slot.0]
    }

    /// Records that a variable is assumed to have a value.
    pub(super) fn assume(&mut self, slot: Slot) {
        self.assumes_pods |= matches!(slot, Slot::TEMPLATE | Slot::POD);
    }

    /// Whether something was concluded from missing keys that only holds for objects with pods.
    pub(crate) fn assumes_pods(&self) -> bool {
        self.assumes_pods
    }

    /// What the value in a slot depends on.
    pub(super) fn level(&self, slot: Slot) -> Level {
        self.levels[slot.0]
    }

    /// The slot of the innermost variable with a name.
    pub(crate) fn slot(&self, name: &str) -> Option<Slot> {
        self.known.iter().rev().find(|(known, _)| known == name).map(|(_, slot)| *slot)
    }

    /// The number of names in scope, for [`Names::reset`].
    pub(crate) fn mark(&self) -> usize {
        self.known.len()
    }

    /// Removes the names that were brought into scope since `mark`.
    pub(crate) fn reset(&mut self, mark: usize) {
        self.known.truncate(mark);
    }

    /// Runs `work`, and then removes the names that it brought into scope, with their slots.
    pub(super) fn briefly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (mark, slots) = (self.mark(), self.slots());
        let done = work(self);
        self.reset(mark);
        self.levels.truncate(slots);
        self.natures.truncate(slots);
        done
    }

    /// The number of slots.
    pub(crate) fn slots(&self) -> usize {
        self.levels.len()
    }

    /// The error for a name that is not defined here.
    pub(crate) fn unknown(&self, name: &str) -> Fault {
        let known = self.known.iter().map(|(known, _)| known.as_ref());
        let fault = Fault::unknown("variable", name, known);
        let elsewhere = ROOTS.iter().find(|(root, _)| *root == name).map(|(_, scopes)| {
            let scopes: Vec<_> =
                scopes.iter().map(|scope| format!("`{}`", scope.as_str())).collect();
            format!("rules of scope {} have it", scopes.join(" and "))
        });
        Fault { help: elsewhere.or(fault.help), ..fault }
    }

    /// Checks that the rule has a parameter with this name.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn parameter(&self, name: &str) -> Result<(), Fault> {
        match self.params.iter().any(|param| param == name) {
            true => Ok(()),
            false => Err(Fault::unknown("parameter", name, self.params.iter().map(String::as_str))),
        }
    }
}
