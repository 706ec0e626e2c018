//! Receives messages from the client, and sends answers and notifications.
//!
//! This thread keeps the texts and is never busy: whatever takes time is left to [`super::worker`].

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select};
use gen_lsp_types as lsp;
use lsp::Request as _;
use lsp_server::{
    Connection, ErrorCode, Message, Notification, ReqQueue, Request, RequestId, Response,
};
use serde::de::DeserializeOwned;

use super::capability::{self, Client};
use super::document::{Document, Documents};
use super::position::Text;
use super::worker::{Clock, Task};
use super::workspace::path_of;
use super::{End, ServerError};

/// How often the server checks whether the client still exists.
const PULSE: Duration = Duration::from_secs(5);

/// The server of one client.
pub(super) struct Server<'c> {
    connection: &'c Connection,
    client: Client,
    documents: Documents,
    /// Requests without an answer yet.
    queue: ReqQueue<(), ()>,
    tasks: Sender<Task>,
    clock: Arc<Clock>,
    /// Whether the client has sent `shutdown`, after which only `exit` matters.
    ending: bool,
}

/// Whether to go on.
enum Flow {
    On,
    End(End),
}

/// Receives `initialize`, and answers with the server's capabilities. `None` when nothing more can be received.
pub(super) fn greet(connection: &Connection) -> Result<Option<Client>, ServerError> {
    let (id, params) = match connection.initialize_start() {
        Ok(request) => request,
        Err(error) if error.channel_is_disconnected() => return Ok(None),
        Err(error) => return Err(ServerError(error.to_string())),
    };
    let params: lsp::InitializeParams = serde_json::from_value(params)
        .map_err(|error| ServerError(format!("`initialize` is not understood: {error}")))?;
    let client = Client::new(params);
    let result = lsp::InitializeResult {
        capabilities: capability::server(&client),
        server_info: Some(lsp::ServerInfo {
            name: "plimsoll".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    // If the client is gone, the loop that follows notices.
    let _ = connection.sender.send(Response::new_ok(id, result).into());
    Ok(Some(client))
}

impl<'c> Server<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        client: Client,
        tasks: Sender<Task>,
        clock: Arc<Clock>,
    ) -> Self {
        let (documents, queue) = (Documents::default(), ReqQueue::default());
        Self { connection, client, documents, queue, tasks, clock, ending: false }
    }

    /// Serves the client until it ends.
    pub(super) fn run(&mut self, answers: &Receiver<Message>) -> End {
        let pid = self.client.process.filter(|&pid| is_alive(pid));
        loop {
            let flow = select! {
                recv(self.connection.receiver) -> message => match message {
                    Ok(message) => self.take(message),
                    Err(_) => Flow::End(End::Closed),
                },
                recv(answers) -> message => match message {
                    Ok(message) => self.give(message),
                    Err(_) => Flow::End(End::Abrupt),
                },
                default(PULSE) => match pid.is_none_or(is_alive) {
                    true => Flow::On,
                    false => Flow::End(End::Abrupt),
                },
            };
            if let Flow::End(end) = flow {
                return end;
            }
        }
    }

    fn take(&mut self, message: Message) -> Flow {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(notification) => self.notification(notification),
            Message::Response(response) => {
                // Nothing depends on the client's answers.
                self.queue.outgoing.complete(response.id);
                Flow::On
            }
        }
    }

    /// Passes on a message of the worker, unless it answers a request that was cancelled.
    fn give(&mut self, message: Message) -> Flow {
        if let Message::Response(response) = &message
            && self.queue.incoming.complete(&response.id).is_none()
        {
            return Flow::On;
        }
        if let Message::Request(request) = message {
            return self.ask(&request.method, request.params);
        }
        self.send(message)
    }

    fn send(&self, message: impl Into<Message>) -> Flow {
        match self.connection.sender.send(message.into()) {
            Ok(()) => Flow::On,
            Err(_) => Flow::End(End::Abrupt),
        }
    }

    /// Sends a request to the client.
    fn ask(&mut self, method: &str, params: impl serde::Serialize) -> Flow {
        let request = self.queue.outgoing.register(method.to_owned(), params, ());
        self.send(request)
    }

    fn request(&mut self, request: Request) -> Flow {
        let refuse = |code: ErrorCode, why: &str| {
            Response::new_err(request.id.clone(), code as i32, why.to_owned())
        };
        if self.ending {
            let response = refuse(ErrorCode::InvalidRequest, "the server is shutting down");
            return self.send(response);
        }
        match request.method.as_str() {
            "shutdown" => {
                self.ending = true;
                self.send(Response::new_ok(request.id, ()))
            }
            "initialize" => {
                let response = refuse(ErrorCode::InvalidRequest, "the server is initialized");
                self.send(response)
            }
            _ => {
                self.queue.incoming.register(request.id.clone(), ());
                self.hand_over(Task::Request(request))
            }
        }
    }

    fn notification(&mut self, notification: Notification) -> Flow {
        let Notification { method, params } = notification;
        match method.as_str() {
            "exit" if self.ending => return Flow::End(End::Orderly),
            "exit" => return Flow::End(End::Abrupt),
            _ if self.ending => {}
            "initialized" => return self.begin(),
            "$/cancelRequest" => return self.cancel(params),
            "textDocument/didOpen" => self.opened(params),
            "textDocument/didChange" => self.changed(params),
            "textDocument/didClose" => self.closed(params),
            "textDocument/didSave" => {
                if let Some(params) = read::<lsp::DidSaveTextDocumentParams>(params) {
                    self.files([params.text_document.uri].iter());
                }
            }
            "workspace/didChangeWatchedFiles" => {
                if let Some(params) = read::<lsp::DidChangeWatchedFilesParams>(params) {
                    self.files(params.changes.iter().map(|change| &change.uri));
                }
            }
            "workspace/didChangeWorkspaceFolders" => self.folders(params),
            "workspace/didChangeConfiguration" => {
                let params: Option<lsp::DidChangeConfigurationParams> = read(params);
                if let Some(params) = params {
                    self.client.settings = self.client.settings.with(&params.settings);
                    self.hand_over(Task::Settings(self.client.settings.clone()));
                }
            }
            // A server may ignore unknown notifications.
            _ => {}
        }
        Flow::On
    }

    /// Starts to work after `initialized`.
    fn begin(&mut self) -> Flow {
        self.hand_over(Task::Folders(self.client.folders.clone()));
        match self.client.watches {
            true => self.ask(lsp::RegistrationRequest::METHOD.as_str(), capability::watching()),
            false => Flow::On,
        }
    }

    /// Cancels a request: answers it with an error at once. Its result will be dropped.
    fn cancel(&mut self, params: serde_json::Value) -> Flow {
        let Some(lsp::CancelParams { id }) = read(params) else { return Flow::On };
        let id: RequestId = match id {
            lsp::Id::Int(id) => id.into(),
            lsp::Id::String(id) => id.into(),
        };
        match self.queue.incoming.cancel(id.clone()) {
            Some(response) => {
                self.hand_over(Task::Cancel(id));
                self.send(response)
            }
            None => Flow::On,
        }
    }

    fn opened(&mut self, params: serde_json::Value) {
        let Some(lsp::DidOpenTextDocumentParams { text_document: item }) = read(params) else {
            return;
        };
        let Some(path) = path_of(&item.uri) else { return };
        let text = Text::new(item.text);
        self.documents.open(path, Document { uri: item.uri, version: item.version, text });
        self.texts();
    }

    fn changed(&mut self, params: serde_json::Value) {
        let Some(params) = read::<lsp::DidChangeTextDocumentParams>(params) else { return };
        let version = params.text_document.version;
        let Some(path) = path_of(&params.text_document.text_document_identifier.uri) else {
            return;
        };
        let encoding = self.client.encoding;
        if self.documents.change(&path, version, params.content_changes, encoding) {
            self.texts();
        }
    }

    fn closed(&mut self, params: serde_json::Value) {
        let Some(params) = read::<lsp::DidCloseTextDocumentParams>(params) else { return };
        let uri = params.text_document.uri;
        let Some(path) = path_of(&uri) else { return };
        if let Some(document) = self.documents.close(&path) {
            self.hand_over(Task::Closed(document.uri, path));
            self.texts();
        }
    }

    fn folders(&mut self, params: serde_json::Value) {
        let Some(params) = read::<lsp::DidChangeWorkspaceFoldersParams>(params) else { return };
        let paths = |folders: &[lsp::WorkspaceFolder]| -> Vec<_> {
            folders.iter().filter_map(|folder| path_of(&folder.uri)).collect()
        };
        let removed = paths(&params.event.removed);
        let folders = &mut self.client.folders;
        folders.retain(|folder| !removed.contains(folder));
        folders.extend(paths(&params.event.added));
        let folders = folders.clone();
        self.clock.turn.fetch_add(1, Ordering::Relaxed);
        self.hand_over(Task::Folders(folders));
    }

    fn files<'u>(&self, uris: impl Iterator<Item = &'u lsp::Uri>) {
        let paths: Vec<_> = uris.filter_map(path_of).filter(|path| !is_of_git(path)).collect();
        if !paths.is_empty() {
            self.clock.turn.fetch_add(1, Ordering::Relaxed);
            self.hand_over(Task::Files(paths));
        }
    }

    /// Hands the texts to the worker, which gives up a run on older ones.
    fn texts(&self) {
        self.clock.turn.fetch_add(1, Ordering::Relaxed);
        self.hand_over(Task::Texts(self.documents.clone()));
    }

    fn hand_over(&self, task: Task) -> Flow {
        match self.tasks.send(task) {
            Ok(()) => Flow::On,
            Err(_) => Flow::End(End::Abrupt),
        }
    }
}

/// The parameters of a notification; `None` if they cannot be read, since there is no way to report that.
fn read<T: DeserializeOwned>(params: serde_json::Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

/// True for files that git writes for itself.
fn is_of_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == ".git")
}

/// Whether a process exists; always true on systems without `/proc`.
fn is_alive(pid: i32) -> bool {
    !Path::new("/proc/self").exists() || Path::new("/proc").join(pid.to_string()).exists()
}
