//! The language server, driven as an editor drives it.

mod action;
mod answer;
mod diagnostics;
mod hardship;

use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{plimsoll, repository};

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_mins(2);

/// An editor with one folder open.
struct Editor {
    folder: TempDir,
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Message>,
    /// Notifications that came while something else was waited for.
    aside: Vec<Notification>,
    next: i32,
    /// What the server says it can.
    capabilities: Value,
}

impl Editor {
    /// Starts the server in a folder with these files and introduces itself.
    fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, &json!({}), &json!({}))
    }

    fn with(files: &[(&str, &str)], capabilities: &Value, options: &Value) -> Self {
        Self::of(None, files, capabilities, options)
    }

    /// An editor that says which process it is.
    fn of(
        process: Option<u32>,
        files: &[(&str, &str)],
        capabilities: &Value,
        options: &Value,
    ) -> Self {
        let folder = repository(files);
        let mut child = plimsoll(folder.path())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(Some(message)) = Message::read(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self {
            folder,
            child,
            stdin,
            messages,
            aside: Vec::new(),
            next: 1,
            capabilities: Value::Null,
        };
        let root = editor.uri("");
        let params = json!({
            "processId": process,
            "rootUri": root,
            "capabilities": capabilities,
            "initializationOptions": options,
            "workspaceFolders": [{"uri": root, "name": "test"}],
        });
        editor.capabilities = editor.ask("initialize", params)["capabilities"].take();
        editor.tell("initialized", json!({}));
        editor
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn uri(&self, path: &str) -> String {
        let path = self.path(path);
        format!("file://{}", path.display().to_string().trim_end_matches('/'))
    }

    fn document(&self, path: &str) -> Value {
        json!({"uri": self.uri(path)})
    }

    fn send(&mut self, message: impl Into<Message>) {
        let stdin = self.stdin.as_mut().expect("the server is there");
        message.into().write(stdin).expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    /// Asks, without waiting for the answer.
    fn request(&mut self, method: &str, params: Value) -> RequestId {
        let id = RequestId::from(self.next);
        self.next += 1;
        self.send(Request::new(id.clone(), method.to_owned(), params));
        id
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(&id).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The answer to a request, or the code and the message that it was refused with.
    fn answer(&mut self, id: &RequestId) -> Result<Value, String> {
        loop {
            match self.next_message() {
                Message::Response(response) if response.id == *id => {
                    let refused = |error: lsp_server::ResponseError| {
                        format!("{} {}", error.code, error.message)
                    };
                    return response.response_result.map_err(refused);
                }
                Message::Response(response) => panic!("an answer to {:?}", response.id),
                Message::Notification(notification) => self.aside.push(notification),
                Message::Request(request) => {
                    self.send(lsp_server::Response::new_ok(request.id, Value::Null));
                }
            }
        }
    }

    fn next_message(&mut self) -> Message {
        self.messages.recv_timeout(PATIENCE).expect("the server goes on talking")
    }

    fn open(&mut self, path: &str, text: &str) -> Vec<Value> {
        let item = json!({
            "uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text,
        });
        self.tell("textDocument/didOpen", json!({"textDocument": item}));
        self.diagnostics(path, 1)
    }

    /// Opens a file as it lies on disk.
    fn open_saved(&mut self, path: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(path)).expect("a file");
        self.open(path, &text)
    }

    /// Replaces a whole text.
    fn write(&mut self, path: &str, version: i32, text: &str) -> Vec<Value> {
        self.change(path, version, &json!([{"text": text}]));
        self.diagnostics(path, version)
    }

    fn change(&mut self, path: &str, version: i32, changes: &Value) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
    }

    /// The parameters of the next notification of a method that fit.
    fn told(&mut self, method: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let wanted = |told: &Notification| told.method == method && fits(&told.params);
            if let Some(at) = self.aside.iter().position(wanted) {
                return self.aside.remove(at).params;
            }
            match self.next_message() {
                Message::Notification(notification) => self.aside.push(notification),
                Message::Request(request) => {
                    self.send(lsp_server::Response::new_ok(request.id, Value::Null));
                }
                Message::Response(response) => panic!("an answer to {:?}", response.id),
            }
        }
    }

    /// What is published for a version of a document.
    fn diagnostics(&mut self, path: &str, version: i32) -> Vec<Value> {
        let uri = self.uri(path);
        loop {
            let wanted = |told: &Notification| {
                told.method == "textDocument/publishDiagnostics"
                    && told.params["uri"] == uri.as_str()
                    && told.params["version"] == version
            };
            if let Some(at) = self.aside.iter().rposition(wanted) {
                let told = self.aside.remove(at);
                return told.params["diagnostics"].as_array().expect("a list").clone();
            }
            match self.next_message() {
                Message::Notification(notification) => self.aside.push(notification),
                Message::Request(request) => {
                    self.send(lsp_server::Response::new_ok(request.id, Value::Null));
                }
                Message::Response(response) => panic!("an answer to {:?}", response.id),
            }
        }
    }

    /// Ends the server as the protocol has it; gives its exit code.
    fn end(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `line:character rule`, sorted.
fn places(diagnostics: &[Value]) -> Vec<String> {
    let mut places: Vec<String> = diagnostics
        .iter()
        .map(|one| {
            let start = &one["range"]["start"];
            let code = one["code"].as_str().expect("a rule");
            format!("{}:{} {code}", start["line"], start["character"])
        })
        .collect();
    places.sort();
    places
}

fn of<'d>(diagnostics: &'d [Value], rule: &str) -> &'d Value {
    let found = diagnostics.iter().find(|one| one["code"] == rule);
    found.unwrap_or_else(|| panic!("{rule} among {diagnostics:#?}"))
}

const ANTI_AFFINITY: &str = "anti-affinity-required";
