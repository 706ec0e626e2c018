//! What completion offers.

use std::collections::BTreeMap;

/// Something that may be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// What it is: a type, a default.
    pub(super) detail: String,
    /// What it is for.
    pub(super) about: String,
}

/// Offers by what is written, sorted.
pub(super) type Offers = BTreeMap<String, Offer>;
