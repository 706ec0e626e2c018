#![allow(dead_code, reason = "each module uses what it needs")]
//! Runs the binary in a directory of its own, with an environment that says nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

/// What one run printed and how it ended.
pub(crate) struct Run {
    /// Exit code; `None` when a signal ended the process.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// Holds the exit code against the expected one; shows both streams when it differs.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.out,
            self.err
        );
        self
    }
}

/// The program.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_plimsoll");

/// A command line of the binary: no inherited environment but `PATH`, 100 columns, no colours.
pub(crate) fn plimsoll(dir: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(dir).env_clear().env("COLUMNS", "100").stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Runs the binary in a directory.
pub(crate) fn run(dir: &Path, args: &[&str]) -> Run {
    finish(plimsoll(dir).args(args))
}

/// Runs a prepared command to its end.
pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the binary runs");
    Run {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder under `fixtures/`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Makes a directory with these files; it is removed when the value is dropped.
pub(crate) fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    dir
}

/// What these rules find below a directory, as `path:line rule`.
pub(crate) fn found(dir: &Path, rules: &str) -> Vec<String> {
    let run = run(dir, &["check", "--select", rules, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let text = |finding: &serde_json::Value| {
        let place = &finding["location"];
        format!("{}:{} {}", place["file"], place["start"]["line"], finding["rule"]).replace('"', "")
    };
    findings.map(text).collect()
}

/// A chart's archive of these files.
pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes()).expect("appended");
    }
    tar.into_inner().expect("a whole archive").finish().expect("a whole stream")
}

/// As the lock writes it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// A chart with findings at a value, at what a value would fill, and at a template, and a manifest.
pub(crate) const CHART: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
    ("values.yaml", "web:\n  replicas: 3 # Peak load.\n  affinity: {}\n"),
    (
        "templates/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  replicas: {{ .Values.web.replicas }}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      {{- with .Values.web.affinity }}\n      affinity: {{ toYaml . | nindent 8 }}\n      {{- end }}\n      hostNetwork: true\n      containers:\n        - {name: web, image: 'example.org/web:1.0.0'}\n",
    ),
    (
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  hostNetwork: true\n  containers: []\n",
    ),
];
