//! How fast YAML becomes a tree, beside the bare events of the parser it is built on.

use std::fmt::Write as _;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use plimsoll::source::Sources;

fn main() {
    divan::main();
}

/// About 2 MB of workloads as people write them.
fn manifests() -> Arc<str> {
    let mut text = String::new();
    for number in 0..1_500 {
        let _ = write!(
            text,
            "---\n# Serves the front page.\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\n  labels: &labels\n    app.kubernetes.io/name: web\n    app.kubernetes.io/instance: web-{number}\nspec:\n  replicas: {}\n  selector:\n    matchLabels: *labels\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: web\n        app.kubernetes.io/instance: web-{number}\n      annotations:\n        note: \"a \\\"quoted\\\" remark\"\n    spec:\n      containers:\n        - name: main\n          image: \"registry.example/web:1.{number}\" # pinned\n          args: [\"--port\", '8080']\n          ports:\n            - {{containerPort: 8080, name: http}}\n          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            limits:\n              memory: 128Mi\n          command:\n            - sh\n            - -c\n            - |\n              set -e\n              exec serve --all\n",
            number % 5
        );
    }
    text.into()
}

#[divan::bench]
fn tree(bencher: Bencher<'_, '_>) {
    let text = manifests();
    let source = Sources::default().add("bench.yaml", Arc::clone(&text));
    bencher.counter(BytesCount::of_str(&*text)).bench(|| plimsoll::yaml::parse(source, &text));
}

#[divan::bench]
fn events(bencher: Bencher<'_, '_>) {
    let text = manifests();
    bencher
        .counter(BytesCount::of_str(&*text))
        .bench(|| granit_parser::Parser::new_from_str(&text).flatten().count());
}
