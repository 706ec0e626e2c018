//! The language server, on standard input and output.
//!
//! [`run`] serves one client until it ends. Two threads share the work: `server` receives messages and
//! keeps the texts, and is never busy; `worker` reads, lints and answers, with the newest texts. Unsaved
//! texts replace those of files ([`crate::source::Overlay`]), and a repository stays in memory between two
//! keystrokes ([`crate::lint::Session`]). Positions are byte offsets; `position` converts them to the
//! encoding that was agreed on with the client, just before they are sent.
//!
//! Options of a client, as `initializationOptions` or under `plimsoll` in its settings:
//!
//! - `debounceMs` (10): how long to wait after a keystroke for the next one before linting.
//! - `inlayHints` (false): show rendered values as hints.
//!
//! Everything that influences findings is set in `plimsoll.yaml`, so that an editor and a pipeline agree. There are
//! two messages in addition to the protocol's: the notification `plimsoll/status` says whether linting is going on,
//! with counts, and the request `plimsoll/rendered` renders a release, with the place to edit for each line.

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

/// Why the server could not start, or go on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServerError(String);

/// How a client ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As the protocol demands, with `shutdown` and `exit`.
    Orderly,
    /// Without one of these.
    Abrupt,
    /// It closed the connection, or sent what is no message.
    Closed,
}

/// Serves the client on standard input and output until it ends.
///
/// # Errors
/// When the client does not begin with `initialize`, when it sends what is no message, or when no thread can be started.
pub fn run() -> Result<End, ServerError> {
    let (connection, threads) = Connection::stdio();
    let end = serve(&connection)?;
    drop(connection);
    match end {
        // The last messages should arrive. If they cannot, nobody reads them.
        End::Orderly => drop(threads.join()),
        // The thread that read has ended, and knows why.
        End::Closed => threads.join().map_err(|error| {
            ServerError(format!("the client's message cannot be read: {error}"))
        })?,
        End::Abrupt => {}
    }
    Ok(end)
}

fn serve(connection: &Connection) -> Result<End, ServerError> {
    let Some(client) = server::greet(connection)? else { return Ok(End::Closed) };
    let (tasks, taken) = unbounded();
    let (out, answers) = unbounded();
    let clock = Arc::<worker::Clock>::default();
    let worker = worker::Worker::new(client.clone(), taken, out, Arc::clone(&clock));
    // The thread is not joined: at the end, nobody needs the work that it has not finished.
    std::thread::Builder::new()
        .name("worker".to_owned())
        .spawn(move || worker.run())
        .map_err(|error| ServerError(format!("cannot start a thread: {error}")))?;
    Ok(server::Server::new(connection, client, tasks, clock).run(&answers))
}
