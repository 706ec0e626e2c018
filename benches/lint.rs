//! What a run costs beside parsing alone: on one thread, over files as repositories hold them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::BytesCount;
use plimsoll::config::Config;
use plimsoll::lint::{self, Options, select::Request};
use plimsoll::rule::RuleSet;
use plimsoll::source::Sources;

fn main() {
    divan::main();
}

/// An application: a Deployment of two containers, its Service, and its configuration.
fn application(number: usize) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop-{number}\n  labels:\n    app.kubernetes.io/name: shop-{number}\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: shop-{number}\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: shop-{number}\n    spec:\n      containers:\n"
    );
    for (name, port) in [("front", 8080), ("cache", 6379)] {
        let _ = write!(
            text,
            "        - name: {name}\n          image: registry.example/{name}:1.{number}\n          args: [\"--port\", \"{port}\"]\n          ports:\n            - name: {name}\n              containerPort: {port}\n          env:\n            - name: LEVEL\n              value: info\n          resources:\n            requests:\n              cpu: 100m\n              memory: 64Mi\n            limits:\n              memory: 64Mi\n          readinessProbe:\n            tcpSocket:\n              port: {name}\n          volumeMounts:\n            - name: settings\n              mountPath: /etc/{name}\n"
        );
    }
    let _ = write!(
        text,
        "      volumes:\n        - name: settings\n          configMap:\n            name: shop-{number}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: shop-{number}\nspec:\n  selector:\n    app.kubernetes.io/name: shop-{number}\n  ports:\n    - name: http\n      port: 80\n      targetPort: front\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop-{number}\ndata:\n  settings.ini: |\n"
    );
    for line in 0..20 {
        let _ = writeln!(text, "    option_{line} = the setting number {line} of this application");
    }
    text
}

/// A repository of 400 files in 20 directories; gives its files and their size in bytes.
fn repository(root: &Path) -> (Vec<PathBuf>, usize) {
    let mut bytes = 0;
    let files = (0..400).map(|number| {
        let folder = root.join(format!("team-{}", number / 20));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let path = folder.join(format!("shop-{number}.yaml"));
        let text = application(number);
        bytes += text.len();
        std::fs::write(&path, text).expect("a temporary file");
        path
    });
    (files.collect(), bytes)
}

#[divan::bench]
fn parsing(bencher: Bencher<'_, '_>) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (files, bytes) = repository(root.path());
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let sources = Sources::default();
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).expect("a file just written");
            let source = sources.add(path.to_string_lossy(), text);
            plimsoll::yaml::parse(source, &sources.get(source).text)
        };
        files.iter().map(read).collect::<Vec<_>>()
    });
}

#[divan::bench(args = ["recommended", "all"])]
fn linting(bencher: Bencher<'_, '_>, preset: &str) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (_, bytes) = repository(root.path());
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let sources = Sources::default();
        let rules = RuleSet::builtin(&sources);
        let options = Options {
            request: Request { preset: Some(preset.to_owned()), ..Request::default() },
            ..Options::of(vec![root.path().to_owned()], jiff::civil::date(2026, 1, 1))
        };
        threads.install(|| lint::run(&options, &Config::default(), &rules, &sources, &()))
    });
}
