//! How long an editor waits for diagnostics after a keystroke, and how much memory the server holds.
//!
//! `cargo bench --bench keystroke -- FILE...` opens each file with its chart as the folder (or, with
//! `FOLDER=…`, with that folder), types at its end, one character after the other, and prints the
//! times from the change to the diagnostics of it. `PLIMSOLL=…` names another program to measure.
//! Nothing is written to disk.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use lsp_server::{Message, Notification, Request, Response};
use serde_json::{Value, json};

/// Keystrokes that are measured.
const KEYS: usize = 60;
/// Pause between two of them: a fast typist's.
const PAUSE: Duration = Duration::from_millis(80);

fn main() {
    let files = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let files: Vec<PathBuf> = files.map(PathBuf::from).collect();
    if files.is_empty() {
        report("a chart of one Deployment", &sample());
    }
    for file in files {
        let folder = std::env::var_os("FOLDER").map_or_else(|| chart_of(&file), PathBuf::from);
        report(&file.display().to_string(), &measure(&folder, &file));
    }
}

/// What one file was measured at: times in the order of the keys, and the peak of memory.
struct Measured {
    first: Duration,
    times: Vec<Duration>,
    peak: String,
}

#[allow(clippy::print_stdout, reason = "this is what the bench is for")]
fn report(name: &str, measured: &Measured) {
    let mut times = measured.times.clone();
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!(
        "{name}: first {:?}, median {:?}, 95 % {:?}, worst {:?}, peak of memory {}",
        measured.first,
        at(50),
        at(95),
        at(100),
        measured.peak
    );
}

/// A chart as `helm create` would make it, but smaller.
fn sample() -> Measured {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    write("values.yaml", "replicas: 3\nimage: {name: web, tag: 1.0.0}\n");
    write(
        "templates/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: \"{{ .Values.image.name }}:{{ .Values.image.tag }}\"\n",
    );
    measure(folder.path(), &folder.path().join("values.yaml"))
}

fn chart_of(file: &Path) -> PathBuf {
    let mut above = file.ancestors().skip(1);
    let chart = above.find(|folder| folder.join("Chart.yaml").is_file());
    chart.or_else(|| file.parent()).unwrap_or(file).to_owned()
}

fn measure(folder: &Path, file: &Path) -> Measured {
    let mut server = Server::start(folder);
    let mut text = std::fs::read_to_string(file).expect("a text");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let uri = uri(file);
    let begun = Instant::now();
    server.tell(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": uri, "languageId": "yaml", "version": 0, "text": text}}),
    );
    server.wait(&uri, 0);
    let first = begun.elapsed();
    let line = text.matches('\n').count();
    let mut times = Vec::new();
    for (key, typed) in "# a comment, and a key of its own".chars().cycle().take(KEYS).enumerate() {
        std::thread::sleep(PAUSE);
        let version = i32::try_from(key + 1).expect("a small number");
        let place = json!({"line": line, "character": key});
        let change = json!({"range": {"start": place, "end": place}, "text": typed.to_string()});
        let begun = Instant::now();
        server.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}),
        );
        server.wait(&uri, version);
        times.push(begun.elapsed());
    }
    Measured { first, times, peak: server.peak() }
}

struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let program = std::env::var_os("PLIMSOLL");
        let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_plimsoll").into());
        let mut command = Command::new(program);
        command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut server = Self { child, stdin, stdout };
        let root = uri(folder);
        let params = json!({
            "processId": null, "rootUri": root, "capabilities": {},
            "workspaceFolders": [{"uri": root, "name": "bench"}],
        });
        server.send(Request::new(1.into(), "initialize".to_owned(), params));
        server.next();
        server.tell("initialized", json!({}));
        server
    }

    fn send(&mut self, message: impl Into<Message>) {
        message.into().write(&mut self.stdin).expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    fn next(&mut self) -> Message {
        let message = Message::read(&mut self.stdout).expect("a message");
        message.expect("the server goes on talking")
    }

    /// Waits for the diagnostics of a version.
    fn wait(&mut self, uri: &str, version: i32) {
        loop {
            match self.next() {
                Message::Notification(told)
                    if told.method == "textDocument/publishDiagnostics"
                        && told.params["uri"] == uri
                        && told.params["version"] == version =>
                {
                    return;
                }
                Message::Request(request) => self.send(Response::new_ok(request.id, Value::Null)),
                _ => {}
            }
        }
    }

    /// The most memory that the server had, where the system tells.
    fn peak(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(path: &Path) -> String {
    let path = std::path::absolute(path).expect("a path");
    format!("file://{}", path.display())
}
