//! The thread for everything that takes time: reading, linting and answering, with the newest texts.
//!
//! It first takes all tasks that have arrived, then answers requests, and then, once the user stops typing,
//! lints new texts. A run is given up when newer texts arrive, unless the last complete run was long ago, so
//! that users who type without a pause get findings, too.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use gen_lsp_types as lsp;
use lsp::Notification as _;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;

use super::answer::{self, Query};
use super::capability::{Client, Settings};
use super::diagnostics::{Editor, Texts, united};
use super::document::Documents;
use super::position::Text;
use super::stale::Good;
use super::view::{Proven, Traces, View};
use super::workspace::Workspace;
use crate::config;
use crate::lint::{LintError, Outcome, Snapshot, Watch};
use crate::report::model::{Entry, Location, Summary};

/// After this time without a complete run, the next run is not given up.
const PATIENCE: Duration = Duration::from_secs(1);

/// A task for the worker.
pub(super) enum Task {
    /// All open documents, with new texts.
    Texts(Documents),
    /// A document was closed.
    Closed(lsp::Uri, PathBuf),
    /// Files have changed on disk.
    Files(Vec<PathBuf>),
    /// The folders that are open.
    Folders(Vec<PathBuf>),
    Settings(Settings),
    Request(Request),
    Cancel(RequestId),
}

/// Counts changes, so that a run notices when its texts are no longer the newest.
#[derive(Debug, Default)]
pub(super) struct Clock {
    pub(super) turn: AtomicU64,
}

/// The state of the thread.
pub(super) struct Worker {
    client: Client,
    tasks: Receiver<Task>,
    out: Sender<Message>,
    clock: Arc<Clock>,
    documents: Documents,
    workspace: Option<Workspace>,
    /// The snapshots of sessions with the newest texts, as far as they were needed.
    snapshots: BTreeMap<usize, Arc<Snapshot>>,
    /// The rendered releases of these snapshots.
    traces: BTreeMap<usize, RefCell<Traces>>,
    /// The results of trying fixes in these snapshots.
    proven: BTreeMap<usize, RefCell<Proven>>,
    /// The findings of the last run of each session.
    found: BTreeMap<usize, Vec<Entry>>,
    good: BTreeMap<usize, Good>,
    /// What was last published on files of the configuration that are not open, by session and path.
    faults: BTreeMap<usize, BTreeMap<String, Vec<Entry>>>,
    requests: Vec<Request>,
    cancelled: HashSet<RequestId>,
    /// When to lint; `None` if nothing has changed.
    due: Option<Instant>,
    /// When the last complete run ended.
    last: Instant,
    /// The last status that was sent to the client.
    status: Status,
}

impl Worker {
    pub(super) fn new(
        client: Client,
        tasks: Receiver<Task>,
        out: Sender<Message>,
        clock: Arc<Clock>,
    ) -> Self {
        Self {
            client,
            tasks,
            out,
            clock,
            documents: Documents::default(),
            workspace: None,
            snapshots: BTreeMap::new(),
            traces: BTreeMap::new(),
            proven: BTreeMap::new(),
            found: BTreeMap::new(),
            good: BTreeMap::new(),
            faults: BTreeMap::new(),
            requests: Vec::new(),
            cancelled: HashSet::new(),
            due: None,
            last: Instant::now(),
            status: Status::default(),
        }
    }

    /// Works until the server thread ends.
    pub(super) fn run(mut self) {
        loop {
            let task = match self.due {
                None => self.tasks.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => self.tasks.recv_deadline(due),
            };
            match task {
                Ok(task) => {
                    self.take(task);
                    while let Ok(task) = self.tasks.try_recv() {
                        self.take(task);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // A panic must not end the server: the text may be different in a moment.
            let work = catch_unwind(AssertUnwindSafe(|| self.work()));
            if work.is_err() {
                self.snapshots.clear();
                self.due = None;
                self.log("plimsoll failed on this text; it goes on with the next");
            }
        }
    }

    fn take(&mut self, task: Task) {
        match task {
            Task::Request(request) => return self.requests.push(request),
            Task::Cancel(id) => {
                self.cancelled.insert(id);
                return;
            }
            Task::Settings(settings) => {
                self.client.settings = settings;
                return;
            }
            Task::Texts(documents) => self.documents = self.placed(&documents),
            Task::Closed(uri, path) => {
                self.publish(uri, None, Vec::new());
                let shown = crate::project::shown(&path);
                self.good.values_mut().for_each(|good| good.forget(&shown));
            }
            Task::Files(paths) => {
                if let Some(workspace) = &mut self.workspace {
                    let paths: Vec<_> = paths.iter().map(|path| workspace.path(path)).collect();
                    workspace.sessions().for_each(|session| session.refresh(&paths));
                }
            }
            Task::Folders(folders) => {
                self.workspace = Some(Workspace::new(folders, &self.documents));
                self.documents = self.placed(&self.documents.clone());
                self.found.clear();
                self.good.clear();
                self.faults.clear();
            }
        }
        self.snapshots.clear();
        self.traces.clear();
        self.proven.clear();
        self.due = Some(Instant::now() + self.client.settings.debounce());
    }

    /// The documents with their real paths.
    fn placed(&self, documents: &Documents) -> Documents {
        let mut placed = Documents::default();
        for (path, document) in documents.iter() {
            let path = self.workspace.as_ref().map_or(path.to_owned(), |there| there.path(path));
            placed.open(path, document.clone());
        }
        placed
    }

    fn work(&mut self) {
        for request in std::mem::take(&mut self.requests) {
            if !self.cancelled.remove(&request.id) {
                let response = self.answer(request);
                self.send(response);
            }
        }
        if self.due.is_some_and(|due| due <= Instant::now()) {
            self.lint();
        }
    }

    /// Lints all sessions with open documents.
    fn lint(&mut self) {
        let started = Instant::now();
        let abandon = started.duration_since(self.last) < PATIENCE;
        let pace = Pace { clock: Arc::clone(&self.clock), turn: self.turn(), abandon };
        self.due = None;
        let mut summary = Summary::default();
        let mut notes = Vec::new();
        self.status.busy = true;
        self.tell_status();
        for at in self.concerned() {
            match self.run_session(at, &pace) {
                Ok(Some(report)) => {
                    add(&mut summary, &report.summary);
                    notes.extend(report.notes);
                }
                Ok(None) => {}
                Err(LintError::Abandoned) => return,
                Err(error) => notes.push(error.to_string()),
            }
        }
        self.last = Instant::now();
        self.status = Status::of(&summary, &notes);
        self.tell_status();
    }

    fn turn(&self) -> u64 {
        self.clock.turn.load(Ordering::Relaxed)
    }

    /// The numbers of the sessions with open documents.
    fn concerned(&mut self) -> Vec<usize> {
        let Some(workspace) = &mut self.workspace else { return Vec::new() };
        workspace.adopt(&self.documents);
        let paths = self.documents.paths();
        let mut concerned: Vec<usize> =
            paths.iter().filter_map(|path| workspace.index_of(path)).collect();
        concerned.sort_unstable();
        concerned.dedup();
        concerned
    }

    fn run_session(
        &mut self,
        at: usize,
        pace: &Pace,
    ) -> Result<Option<crate::report::Report>, LintError> {
        let snapshot = self.snapshot(at, pace)?;
        let workspace = self.workspace.as_mut();
        let Some(session) = workspace.and_then(|workspace| workspace.session(at)) else {
            return Ok(None);
        };
        let Outcome { report, .. } = session.lint(&snapshot, pace)?;
        self.show(at, &snapshot, &report.findings);
        self.found.insert(at, report.findings.clone());
        Ok(Some(report))
    }

    /// The snapshot of a session with the newest texts.
    fn snapshot(&mut self, at: usize, watch: &dyn Watch) -> Result<Arc<Snapshot>, LintError> {
        if let Some(snapshot) = self.snapshots.get(&at) {
            return Ok(Arc::clone(snapshot));
        }
        let missing = || LintError::Path(PathBuf::from("."));
        let workspace = self.workspace.as_mut().ok_or_else(missing)?;
        let session = workspace.session(at).ok_or_else(missing)?;
        let paths = self.documents.paths();
        let snapshot = Arc::new(session.snapshot(&self.documents.overlay(), &paths, watch)?);
        self.snapshots.insert(at, Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Publishes the findings in each open document of a session.
    fn show(&mut self, at: usize, snapshot: &Snapshot, entries: &[Entry]) {
        let Some(workspace) = &mut self.workspace else { return };
        let mut by_file: BTreeMap<String, (Text, Vec<Entry>)> = BTreeMap::new();
        for (path, document) in self.documents.iter() {
            if workspace.index_of(path) == Some(at) {
                by_file.insert(crate::project::shown(path), (document.text.clone(), Vec::new()));
            }
        }
        for entry in entries {
            if let Some((_, own)) = by_file.get_mut(&entry.location.file) {
                own.push(entry.clone());
            }
        }
        let settled = self.good.entry(at).or_default().settle(by_file, entries);
        let editor = Editor {
            workspace,
            documents: &self.documents,
            encoding: self.client.encoding,
            related: self.client.related,
        };
        let mut texts = Texts::new(snapshot);
        let mut published = Vec::new();
        for (shown, (_, entries)) in settled {
            let Some(document) = self.documents.get(&workspace.absolute(&shown)) else { continue };
            let entries = united(entries);
            let diagnostics =
                entries.iter().map(|entry| editor.diagnostic(entry, &mut texts)).collect();
            published.push((document.uri.clone(), document.version, diagnostics));
        }
        let faults = closed_faults(entries, workspace, &self.documents);
        let before = self.faults.get(&at);
        let is_new = |(shown, own): &(&String, &Vec<Entry>)| {
            before.and_then(|before| before.get(*shown)) != Some(*own)
        };
        let new: Vec<&Entry> = faults.iter().filter(is_new).flat_map(|(_, own)| own).collect();
        let mut aside = Vec::new();
        for shown in before.into_iter().flat_map(BTreeMap::keys).chain(faults.keys()) {
            // What is open is published with its version.
            let is_open = self.documents.get(&workspace.absolute(shown)).is_some();
            if let Some(uri) = workspace.uri(shown, &self.documents).filter(|_| !is_open) {
                let own = faults.get(shown).into_iter().flatten();
                aside.push((uri, own.map(|entry| editor.diagnostic(entry, &mut texts)).collect()));
            }
        }
        let said = first_of(&new);
        self.faults.insert(at, faults);
        for (uri, version, diagnostics) in published {
            self.publish(uri, Some(version), diagnostics);
        }
        for (uri, diagnostics) in aside {
            self.publish(uri, None, diagnostics);
        }
        if let Some(message) = said {
            let params = lsp::ShowMessageParams { kind: lsp::MessageType::Error, message };
            self.tell(lsp::ShowMessageNotification::METHOD.as_str(), params);
        }
    }

    fn publish(&self, uri: lsp::Uri, version: Option<i32>, diagnostics: Vec<lsp::Diagnostic>) {
        let params = lsp::PublishDiagnosticsParams { uri, version, diagnostics };
        self.tell(lsp::PublishDiagnosticsNotification::METHOD.as_str(), params);
    }

    /// The view of an open document; `None` if it is not open.
    pub(super) fn view(&mut self, uri: &lsp::Uri) -> Result<Option<View<'_>>, LintError> {
        let Some(workspace) = &mut self.workspace else { return Ok(None) };
        workspace.adopt(&self.documents);
        let Some(path) = workspace.path_of(uri) else { return Ok(None) };
        let Some(at) = workspace.index_of(&path) else { return Ok(None) };
        let snapshot = self.snapshot(at, &())?;
        self.traces.entry(at).or_default();
        self.proven.entry(at).or_default();
        let known = (&self.workspace, self.documents.get(&path));
        let (Some(workspace), Some(document)) = known else { return Ok(None) };
        let known = (workspace.asked(at), self.traces.get(&at), self.proven.get(&at));
        let (Some(session), Some(traces), Some(proven)) = known else { return Ok(None) };
        let editor = Editor {
            workspace,
            documents: &self.documents,
            encoding: self.client.encoding,
            related: self.client.related,
        };
        Ok(Some(View {
            snapshot,
            shown: crate::project::shown(&path),
            document,
            found: self.found.get(&at).map_or(&[], Vec::as_slice),
            editor,
            client: &self.client,
            traces,
            proven,
            session,
        }))
    }

    /// Sends a request to the client.
    pub(super) fn ask(&self, method: &str, params: impl Serialize) {
        // The server thread replaces the id.
        self.send(Request::new(0.into(), method.to_owned(), params));
    }

    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        let refuse = |code: ErrorCode, why: String| Response::new_err(id.clone(), code as i32, why);
        let asked = match Query::read(request) {
            Ok(asked) => asked,
            Err((code, why)) => return refuse(code, why),
        };
        let answered = catch_unwind(AssertUnwindSafe(|| answer::answer(self, asked)));
        match answered {
            Ok(Ok(result)) => Response { id, response_result: Ok(result) },
            Ok(Err(why)) => refuse(ErrorCode::RequestFailed, why),
            Err(_) => refuse(ErrorCode::InternalError, "plimsoll failed on this text".to_owned()),
        }
    }

    fn tell_status(&self) {
        self.tell("plimsoll/status", &self.status);
    }

    fn log(&self, text: &str) {
        let params =
            lsp::LogMessageParams { kind: lsp::MessageType::Error, message: text.to_owned() };
        self.tell(lsp::LogMessageNotification::METHOD.as_str(), params);
    }

    fn tell(&self, method: &str, params: impl Serialize) {
        self.send(Notification::new(method.to_owned(), params));
    }

    fn send(&self, message: impl Into<Message>) {
        // If nobody receives the message, the process is about to end.
        let _ = self.out.send(message.into());
    }
}

/// The first of these entries as a message, and how many more there are; `None` if there are none.
fn first_of(entries: &[&Entry]) -> Option<String> {
    let first = entries.first()?;
    let Location { file, start, .. } = &first.location;
    let more = match entries.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Some(format!("{file}:{}: {}{more}", start.line, first.message))
}

/// The faults in files of the configuration that are not open, by path: they change the findings in all other files, and
/// nobody would see them.
fn closed_faults(
    entries: &[Entry],
    workspace: &Workspace,
    documents: &Documents,
) -> BTreeMap<String, Vec<Entry>> {
    let mut faults: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.rule == config::RULE) {
        let file = &entry.location.file;
        if documents.get(&workspace.absolute(file)).is_none() {
            faults.entry(file.clone()).or_default().push(entry.clone());
        }
    }
    faults
}

/// Ends a run when newer texts have arrived.
struct Pace {
    clock: Arc<Clock>,
    turn: u64,
    abandon: bool,
}

impl Watch for Pace {
    fn step(&self, _: usize, _: usize, _: &'static str) {}

    fn is_over(&self) -> bool {
        self.abandon && self.clock.turn.load(Ordering::Relaxed) != self.turn
    }
}

/// The parameters of `plimsoll/status`.
#[derive(Debug, Default, Serialize)]
struct Status {
    busy: bool,
    files: usize,
    releases: usize,
    error: usize,
    warning: usize,
    info: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Status {
    fn of(summary: &Summary, notes: &[String]) -> Self {
        let Summary { files, releases, error, warning, info, .. } = *summary;
        let message = (!notes.is_empty()).then(|| notes.join("\n"));
        Self { busy: false, files, releases, error, warning, info, message }
    }
}

fn add(all: &mut Summary, one: &Summary) {
    all.files += one.files;
    all.releases += one.releases;
    all.error += one.error;
    all.warning += one.warning;
    all.info += one.info;
}
