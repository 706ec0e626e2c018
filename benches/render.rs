//! What rendering a chart costs: reading it, rendering it with origins, and judging what it makes.

use std::fmt::Write as _;
use std::path::Path;

use divan::Bencher;
use plimsoll::config::Config;
use plimsoll::helm::chart::Chart;
use plimsoll::helm::render::{Release, render};
use plimsoll::helm::scalar::Inquiry;
use plimsoll::lint::{self, Options};
use plimsoll::rule::RuleSet;
use plimsoll::source::Sources;

fn main() {
    divan::main();
}

const HELPERS: &str = "{{- define \"shop.labels\" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
";

const WORKLOADS: &str = "{{- range $name, $part := .Values.parts }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $.Release.Name }}-{{ $name }}
  labels: {{- include \"shop.labels\" $ | nindent 4 }}
spec:
  replicas: {{ $part.replicas | default 1 }}
  selector:
    matchLabels: {{- include \"shop.labels\" $ | nindent 6 }}
  template:
    metadata:
      labels: {{- include \"shop.labels\" $ | nindent 8 }}
    spec:
      {{- with $part.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ $name }}
          image: {{ printf \"%s:%v\" $part.image $part.tag | quote }}
          {{- if $part.resources }}
          resources: {{- toYaml $part.resources | nindent 12 }}
          {{- end }}
{{- end }}
";

/// A chart of that many workloads, and a definition of a custom resource among its templates that is as
/// long as those of operators are.
fn chart(root: &Path, workloads: usize) {
    let mut values = String::from("labels:\n  team: shop\nparts:\n");
    for number in 0..workloads {
        let _ = write!(
            values,
            "  part-{number}:\n    replicas: 2\n    image: registry.example/part\n    tag: 1.{number}\n    resources:\n      requests:\n        cpu: 100m\n        memory: 64Mi\n"
        );
    }
    let mut definition = String::from(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: shops.shop.example\n  labels: {{- include \"shop.labels\" . | nindent 4 }}\nspec:\n  group: shop.example\n  names: {kind: Shop, plural: shops}\n  scope: Namespaced\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n",
    );
    for number in 0..workloads * 20 {
        let _ = write!(
            definition,
            "            field{number}:\n              description: What the field number {number} is about, in a sentence or two.\n              type: string\n"
        );
    }
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("values.yaml", &values),
        ("templates/_helpers.tpl", HELPERS),
        ("templates/workloads.yaml", WORKLOADS),
        ("templates/definition.yaml", &definition),
    ];
    std::fs::create_dir_all(root.join("templates")).expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(root.join(name), text).expect("a temporary file");
    }
}

#[divan::bench(args = [5, 50])]
fn reading(bencher: Bencher<'_, '_>, workloads: usize) {
    let root = tempfile::tempdir().expect("a temporary folder");
    chart(root.path(), workloads);
    bencher.bench(|| Chart::load(root.path(), "shop", &Sources::default(), &|_| None));
}

#[divan::bench(args = [5, 50])]
fn rendering(bencher: Bencher<'_, '_>, workloads: usize) {
    let root = tempfile::tempdir().expect("a temporary folder");
    chart(root.path(), workloads);
    let chart = Chart::load(root.path(), "shop", &Sources::default(), &|_| None).expect("a chart");
    bencher.bench(|| {
        render(&chart, &Release::default(), &[], |rendered| {
            rendered.expect("a rendered chart").manifests.len()
        })
    });
}

#[divan::bench(args = [5, 50])]
fn asking_for_origins(bencher: Bencher<'_, '_>, workloads: usize) {
    let root = tempfile::tempdir().expect("a temporary folder");
    chart(root.path(), workloads);
    let chart = Chart::load(root.path(), "shop", &Sources::default(), &|_| None).expect("a chart");
    bencher.bench(|| {
        render(&chart, &Release::default(), &[], |rendered| {
            let rendered = rendered.expect("a rendered chart");
            let mut count = 0;
            for manifest in &rendered.manifests {
                Inquiry::new(manifest, &rendered.origins).each_scalar(|_| count += 1);
            }
            count
        })
    });
}

#[divan::bench(args = [5, 50])]
fn linting(bencher: Bencher<'_, '_>, workloads: usize) {
    let root = tempfile::tempdir().expect("a temporary folder");
    chart(root.path(), workloads);
    bencher.bench(|| {
        let sources = Sources::default();
        let rules = RuleSet::builtin(&sources);
        let options = Options::of(vec![root.path().to_owned()], jiff::civil::date(2026, 1, 1));
        lint::run(&options, &Config::default(), &rules, &sources, &())
    });
}
