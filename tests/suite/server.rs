//! Servers on the loopback address, for what `plimsoll vendor` fetches.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program that serves until the value is dropped.
pub(crate) struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// What it serves lies here, for as long as it serves.
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// nginx, with these directives for its one server and these files below its root. `None`,
    /// and a word about it, where it is not installed.
    pub(crate) fn nginx(directives: &str, files: &[(&str, Vec<u8>)]) -> Option<Self> {
        let program = program("nginx")?;
        Some(Self::start(|folder, port| {
            let root = folder.join("root");
            std::fs::create_dir_all(&root).expect("a directory");
            let base = format!("http://127.0.0.1:{port}");
            for (path, bytes) in files {
                let path = root.join(path);
                std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
                std::fs::write(path, replaced(bytes, &base)).expect("a file");
            }
            let at = folder.display();
            let mut config = format!(
                "daemon off; master_process off; pid {at}/pid; error_log {at}/log;\n\
                 events {{}}\nhttp {{ access_log off;\n"
            );
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
                writeln!(config, "{kind}_temp_path {at}/{kind};").expect("written");
            }
            let listen = if directives.contains("listen") {
                ""
            } else {
                &format!("listen 127.0.0.1:{port};")
            };
            let directives = directives
                .replace("{port}", &port.to_string())
                .replace("{folder}", &at.to_string());
            writeln!(config, "server {{ {listen} root {at}/root;\n{directives}\n}} }}")
                .expect("written");
            std::fs::write(folder.join("nginx.conf"), config).expect("a file");
            let mut command = Command::new(&program);
            command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(folder);
            command
        }))
    }

    /// Docker's registry, with further lines of its configuration. `None`, and a word about it,
    /// where it is not installed.
    pub(crate) fn registry(more: &str) -> Option<Self> {
        let program = program("docker-registry")?;
        Some(Self::start(|folder, port| {
            let at = folder.display();
            let more = more.replace("{folder}", &at.to_string());
            let config = format!(
                "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {at}/data}}}}\n\
                 http: {{addr: '127.0.0.1:{port}'}}\n{more}"
            );
            std::fs::write(folder.join("registry.yml"), config).expect("a file");
            let mut command = Command::new(&program);
            command.arg("serve").arg(folder.join("registry.yml"));
            command
        }))
    }

    /// Starts a program on a port that nobody uses, and waits until it answers.
    fn start(command: impl Fn(&Path, u16) -> Command) -> Self {
        // Between finding a free port and using it another process may take it.
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a temporary directory");
            let port = free_port();
            let mut command = command(folder.path(), port);
            let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = silent.spawn().expect("the server starts");
            let address = format!("127.0.0.1:{port}");
            let mut server = Self { child, address, _folder: folder };
            if server.answers() {
                return server;
            }
        }
        panic!("the server does not start");
    }

    fn answers(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if self.child.try_wait().expect("a process").is_some() {
                return false;
            }
            if TcpStream::connect(&self.address).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

/// Answers every connection with these bytes and closes it, as no well-behaved server does.
/// Gives its address.
pub(crate) fn blunt(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // The client may be gone already.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    address
}

/// An address at which nobody listens.
pub(crate) fn deserted() -> String {
    format!("127.0.0.1:{}", free_port())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A program of the system; says so where it is not there.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        skipped(name);
    }
    found
}

/// Says that a test is left out, on the process's own stream, which the harness does not swallow.
pub(crate) fn skipped(program: &str) {
    // It may be closed; there is nowhere left to say so.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {program} is not installed");
}

/// `{base}` in a text stands for the server's URL.
fn replaced(bytes: &[u8], base: &str) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.replace("{base}", base).into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}
