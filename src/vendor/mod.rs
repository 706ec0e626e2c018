//! Fetches the charts that releases name. This is the only part of plimsoll that uses a network, and only
//! when a person runs `plimsoll vendor`.
//!
//! Locked versions are kept until the user asks for newer ones, so that a commit is linted with the same
//! charts everywhere. Charts come from chart repositories with an index and from OCI registries. Each is
//! unpacked in memory, and only written if it is the chart that was asked for.

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
