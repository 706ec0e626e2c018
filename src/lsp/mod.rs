//! The way in from an editor: a language server on standard input and output.
//!
//! [`run`] talks to one client until it ends. Two threads share the work: `server` keeps the
//! conversation and the texts and is never busy; `worker` reads, lints and answers, on the newest
//! texts. What is unsaved stands in for files ([`crate::source::Overlay`]), and a repository stays in
//! memory between two keystrokes ([`crate::lint::Session`]). Positions are bytes until the last moment;
//! `position` turns them into what was agreed on with the client.
//!
//! Options that a client may give, as `initializationOptions` or under `plimsoll` in its settings:
//!
//! - `debounceMs` (10): how long to wait after a keystroke for the next one before linting.
//! - `inlayHints` (false): show rendered values as hints.
//!
//! Everything that changes what is found is said by `plimsoll.yaml`, so that an editor and a
//! pipeline agree. Beside the protocol's own messages there are two: the notification `plimsoll/status`
//! says, with counts, whether linting goes on; the request `plimsoll/rendered` gives what a release is
//! rendered to, with the place to edit for each line.

mod action;
mod answer;
mod capability;
mod chart;
mod completion;
mod configuration;
mod definition;
mod diagnostics;
mod document;
mod edit;
mod hint;
mod hover;
mod offer;
mod outline;
mod position;
mod proof;
mod rendered;
mod schema;
mod server;
mod setting;
mod stale;
mod subject;
mod symbol;
mod view;
mod worker;
mod workspace;

use std::sync::Arc;

use crossbeam_channel::unbounded;
use lsp_server::Connection;

/// Why the conversation could not be held.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServerError(String);

/// Serves the client on standard input and output until it ends. Gives whether it ended as the
/// protocol has it, with `shutdown` and `exit`.
///
/// # Errors
/// When the client does not begin with `initialize`, or no thread can be started.
pub fn run() -> Result<bool, ServerError> {
    let (connection, threads) = Connection::stdio();
    let client = server::greet(&connection)?;
    let (tasks, taken) = unbounded();
    let (out, answers) = unbounded();
    let clock = Arc::<worker::Clock>::default();
    let worker = worker::Worker::new(client.clone(), taken, out, Arc::clone(&clock));
    // It is not waited for: at the end nobody needs what it still works on.
    std::thread::Builder::new()
        .name("worker".to_owned())
        .spawn(move || worker.run())
        .map_err(|error| ServerError(format!("cannot start a thread: {error}")))?;
    let orderly = server::Server::new(&connection, client, tasks, clock).run(&answers);
    drop(connection);
    if orderly {
        // What was said last is to arrive; where it cannot, nobody reads it.
        let _ = threads.join();
    }
    Ok(orderly)
}
