//! Finds rules by the names in suppressions.

use super::Rules;
use crate::lint::select::{self, Active};
use crate::rule::RuleSet;

/// All rules, and those that run.
pub(in crate::lint) struct Names<'a> {
    pub(in crate::lint) set: &'a RuleSet,
    pub(in crate::lint) active: &'a [Active],
}

impl Rules for Names<'_> {
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
