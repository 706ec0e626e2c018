//! The one integration test binary: every module drives the real `plimsoll`.
//!
//! A module a subject; what they share is in [`harness`].

mod cli;
mod harness;
mod pre_commit;
mod rules;
