#!/usr/bin/env python3
"""What a run costs: cold, warm, and on one changed file of many.

    python3 benches/scale.py target/release/plimsoll

Makes a repository of 10,000 manifests and one of 500 charts in a temporary folder, and prints processor
seconds (user and system), wall seconds and memory; of several runs the one that took the least.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
  namespace: prod
  labels: {{app: web-{n}}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web-{n}}}}}
  template:
    metadata: {{labels: {{app: web-{n}}}}}
    spec:
      containers:
        - name: web
          image: example.org/web:1.0.0
          ports: [{{containerPort: 80}}]
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 128Mi}}
---
apiVersion: v1
kind: Service
metadata:
  name: web-{n}
  namespace: prod
spec:
  selector: {{app: web-{n}}}
  ports: [{{port: 80}}]
"""

WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app: {{ .Chart.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      {{- with .Values.affinity }}
      affinity: {{ toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: x
          image: {{ .Values.image }}
          resources: {{ toYaml .Values.resources | nindent 12 }}
"""

SERVICE = """apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {app: x}
  ports: [{port: 80, name: http}]
"""

CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-NUMBER}
data: {a: b}
"""


def write(root: pathlib.Path, files: dict[str, str]) -> None:
    """Writes texts by path."""
    for path, text in files.items():
        path = root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def manifests(root: pathlib.Path, count: int) -> None:
    """Files of two objects, five to a folder."""
    write(root, {f"apps/d{n // 5}/m{n}.yaml": MANIFEST.format(n=n) for n in range(count)})


def charts(root: pathlib.Path, count: int) -> None:
    """Charts of twelve objects with a values file beside their own."""
    keys = "".join(f"key{k}: # about {k}\n  a: {k}\n  b: [1, 2, 3]\n" for k in range(60))
    for n in range(count):
        files = {
            "Chart.yaml": f"apiVersion: v2\nname: c{n}\nversion: 1.0.{n}\n",
            "values.yaml": f"replicas: 3\nimage: example.org/x:1.0\naffinity: {{}}\nresources: {{}}\n{keys}",
            "values-prod.yaml": "replicas: 5\n",
            "templates/deployment.yaml": WORKLOAD,
            "templates/service.yaml": SERVICE,
            "README.md": "# A chart\n" * 50,
        }
        files |= {f"templates/cm{k}.yaml": CONFIG_MAP.replace("NUMBER", str(k)) for k in range(10)}
        write(root / f"charts/c{n}", files)
    subprocess.run(["git", "init", "--quiet", root], check=True)


def run(binary: str, folder: pathlib.Path, *arguments: str) -> tuple[float, float, int]:
    """Processor seconds, wall seconds, and kB of memory of one run."""
    command = [binary, "check", "--quiet", "--format", "concise", *arguments]
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command} ended with {status}")
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss


def report(what: str, runs: list[tuple[float, float, int]]) -> None:
    """A line of the table."""
    cpu, wall, memory = min(runs)
    print(f"{what:45} {cpu:6.2f} s cpu {wall:6.2f} s wall {memory / 1000:6.0f} MB")


def main() -> None:
    """Makes the repositories and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        many, large, cache = base / "manifests", base / "charts", base / "cache"
        manifests(many, 10_000)
        charts(large, 500)
        changed = "charts/c7/values-prod.yaml"

        def times(where: pathlib.Path, *arguments: str) -> list[tuple[float, float, int]]:
            return [run(options.binary, where, *arguments) for _ in range(options.runs)]

        kept = ["--cache-dir", str(cache)]
        report("10,000 manifests, cold", times(many, "--no-cache"))
        run(options.binary, many, *kept)
        report("10,000 manifests, warm", times(many, *kept))
        report("500 charts, cold", times(large, "--no-cache"))
        run(options.binary, large, *kept)
        report("500 charts, warm", times(large, *kept))
        report("one values file of 500 charts, cold", times(large, "--no-cache", changed))
        run(options.binary, large, *kept, changed)
        report("one values file of 500 charts, warm", times(large, *kept, changed))


if __name__ == "__main__":
    main()
