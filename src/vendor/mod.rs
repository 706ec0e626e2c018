//! Fetches the charts that releases name: the only part of plimsoll that talks to a network, and
//! only when a person runs `plimsoll vendor`.
//!
//! A version that the lock holds is kept until somebody asks for newer ones, so that the same
//! commit is linted with the same charts everywhere. Charts come from index repositories and OCI
//! registries; each is unpacked in memory and has to be the chart that was asked for before it is
//! written.

mod credential;
mod fetch;
mod http;
mod index;
mod oci;
mod want;

pub use credential::Credentials;
pub use fetch::{Event, Fetched, Fetcher, Mode};
pub use http::{FetchError, Limits};
pub use oci::Scheme;
pub use want::{Stale, Unfetchable, Wanted, Wants, stale, wants};
