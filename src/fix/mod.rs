//! Tries the fixes that rules offer, and applies them.
//!
//! A fix that a rule offers is only a claim: the pipeline has worked out where to write the change, and
//! may be wrong (a template may read the value in another place, too; a later layer may override it). So no
//! fix is called safe before it was tried ([`prove()`]): the edits are made in memory, everything that they
//! affect is linted and rendered again, and then
//!
//! - the finding is gone,
//! - there is no new finding,
//! - in every release and every manifest, nothing differs but the fields that the fix names.
//!
//! A fix that does not remove its finding, or that causes an error, is dropped; one that changes more is
//! `unsafe`. Trying takes a second run, so it is only done where fixes are used: for `--fix`, `--diff`, the
//! formats `json` and `sarif`, and editors. Many fixes are tried together, and split up only if that fails.
//! [`Effort`] bounds how much is tried; a fix that was not tried is `unsafe`.
//!
//! [`rounds()`] applies fixes in memory until none is left. Its callers write or show the texts.

mod compare;
pub mod diff;
mod evidence;
pub mod prove;
pub mod rounds;
mod texts;

pub use evidence::Evidence;
pub use prove::{Again, Effort, prove};
pub use rounds::{Mended, rounds};
pub use texts::Texts;
