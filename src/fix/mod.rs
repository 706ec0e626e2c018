//! From fixes that rules claim to fixes that are proven, and to files.
//!
//! A fix that a rule offers is a claim: the pipeline has worked out where a change would be
//! written, and may be wrong about it (a template may read a value in another place, too; a later layer may
//! hide it). So nothing is called safe before it was tried ([`prove()`]): the edits are made in memory, what
//! they touch is linted and rendered again, and then
//!
//! - the finding is gone,
//! - no other finding has come,
//! - in every release, and in every manifest, nothing differs but the fields that the fix names.
//!
//! A fix that does not make its finding go away, or brings an error, is dropped; one that changes more
//! is `unsafe`. Trying costs a second run, so it is done only for who looks at fixes: `--fix`, `--diff`,
//! the formats `json` and `sarif`, and editors. Many fixes are tried together and only told apart where
//! they fail; how much is tried is bounded ([`Effort`]), and what was not is `unsafe`.
//!
//! [`rounds()`] applies fixes until none is left, in memory; who calls it writes or shows the texts.

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
