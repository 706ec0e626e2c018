//! Rules by the names that suppressions use.

use super::select::{self, Active};
use super::suppress;
use crate::rule::RuleSet;

/// All rules there are, and those that run.
pub(super) struct Names<'a> {
    pub(super) set: &'a RuleSet,
    pub(super) active: &'a [Active],
}

impl suppress::Rules for Names<'_> {
    fn names(&self, named: &str, rule: &str) -> bool {
        named == rule || select::named(self.set, named).iter().any(|known| &*known.id == rule)
    }

    fn runs(&self, named: &str) -> bool {
        let named = select::named(self.set, named);
        named.iter().any(|rule| self.active.iter().any(|active| active.known.id == rule.id))
    }

    fn known(&self, named: &str) -> Result<(), Option<String>> {
        if select::BUILTIN.contains(&named) || !select::named(self.set, named).is_empty() {
            return Ok(());
        }
        Err(select::nearest(self.set, named))
    }
}
