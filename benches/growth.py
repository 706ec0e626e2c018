#!/usr/bin/env python3
"""Measures how time and memory grow with a repository, and draws it.

    benches/growth.py measure PLIMSOLL [COUNT...] > docs/performance.tsv
    benches/growth.py plot < docs/performance.tsv > docs/performance.svg

`measure` writes repositories of so many manifest files (twenty applications a folder, 2.2 kB a file) into a
temporary folder and lints each with one thread and with two, without the cache. A row gives the files, their
bytes, the threads, the wall time and the processor time in seconds, and the largest resident size in MB: the
run with the least wall time of RUNS (default 3).
"""

import math
import os
import subprocess
import sys
import tempfile
import time

COUNTS = [100, 1_000, 10_000, 100_000]
COLUMNS = ["files", "bytes", "threads", "wall", "processor", "memory"]


def application(number):
    """A Deployment of two containers, its Service, and its configuration."""
    containers = "".join(
        f"""\
        - name: {name}
          image: registry.example/{name}:1.{number}
          args: ["--port", "{port}"]
          ports:
            - name: {name}
              containerPort: {port}
          env:
            - name: LEVEL
              value: info
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
            limits:
              memory: 64Mi
          readinessProbe:
            tcpSocket:
              port: {name}
"""
        for name, port in (("front", 8080), ("cache", 6379))
    )
    settings = "".join(f"    option_{line} = the setting number {line}\n" for line in range(20))
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-{number}
  labels:
    app.kubernetes.io/name: shop-{number}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: shop-{number}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: shop-{number}
    spec:
      containers:
{containers}---
apiVersion: v1
kind: Service
metadata:
  name: shop-{number}
spec:
  selector:
    app.kubernetes.io/name: shop-{number}
  ports:
    - name: http
      port: 80
      targetPort: front
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop-{number}
data:
  settings.ini: |
{settings}"""


def repository(root, count):
    """Writes the files; gives their size in bytes."""
    size = 0
    for number in range(count):
        folder = f"{root}/team-{number // 20:05}"
        os.makedirs(folder, exist_ok=True)
        text = application(number)
        size += len(text)
        with open(f"{folder}/shop-{number}.yaml", "w") as file:
            file.write(text)
    return size


def run(plimsoll, root, threads):
    """One run: wall time and processor time in seconds, largest resident size in MB."""
    command = [plimsoll, "check", "--no-cache", "--quiet", "--threads", str(threads), root]
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


def measure(plimsoll, counts):
    print(*COLUMNS, sep="\t")
    for count in counts:
        with tempfile.TemporaryDirectory() as root:
            size = repository(root, count)
            run(plimsoll, root, 1)
            for threads in (1, 2):
                runs = [run(plimsoll, root, threads) for _ in range(int(os.environ.get("RUNS", 3)))]
                wall, processor, memory = min(runs)
                row = (count, size, threads, f"{wall:.3f}", f"{processor:.3f}", f"{memory:.0f}")
                print(*row, sep="\t", flush=True)


def plot(lines):
    """Processor time of one thread against files, both axes logarithmic, beside time in proportion."""
    rows = [dict(zip(COLUMNS, line.split("\t"))) for line in lines[1:]]
    points = [(int(row["files"]), float(row["processor"])) for row in rows if row["threads"] == "1"]
    width, height, left, top, right, bottom = 560, 360, 70, 30, 40, 50
    decades = range(int(math.log10(points[0][0])), math.ceil(math.log10(points[-1][0])) + 1)
    floor = math.floor(math.log10(min(time for _, time in points)))
    ceiling = math.ceil(math.log10(max(time for _, time in points)))

    def across(files):
        share = (math.log10(files) - decades[0]) / (decades[-1] - decades[0])
        return left + share * (width - left - right)

    def down(seconds):
        share = (math.log10(seconds) - floor) / (ceiling - floor)
        return height - bottom - share * (height - top - bottom)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        "<title>Processor time of one thread against the number of files</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for decade in decades:
        at = across(10**decade)
        out.append(f'<path d="M{at:.1f} {top}V{height - bottom}" stroke="#ddd"/>')
        out.append(f'<text x="{at:.1f}" y="{height - bottom + 18}" text-anchor="middle">{10**decade:,}</text>')
    for decade in range(floor, ceiling + 1):
        at = down(10.0**decade)
        out.append(f'<path d="M{left} {at:.1f}H{width - right}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**decade:g} s</text>')
    files, seconds = points[-1]
    low = max(10**decades[0], files * 10.0**floor / seconds)
    out.append(
        f'<path d="M{across(low):.1f} {down(seconds * low / files):.1f}L{across(files):.1f} {down(seconds):.1f}"'
        ' stroke="#999" stroke-dasharray="4 4"/>'
    )
    line = " ".join(f"{across(files):.1f},{down(seconds):.1f}" for files, seconds in points)
    out.append(f'<polyline points="{line}" fill="none" stroke="#0550ae" stroke-width="2"/>')
    for files, seconds in points:
        out.append(f'<circle cx="{across(files):.1f}" cy="{down(seconds):.1f}" r="4" fill="#0550ae"/>')
        out.append(f'<text x="{across(files) - 8:.1f}" y="{down(seconds) - 8:.1f}" text-anchor="end">{seconds:.2g} s</text>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 10}" text-anchor="middle">files</text>')
    out.append(f'<text x="{left}" y="18">processor time of one thread; dashed: in proportion to the files</text>')
    out.append("</svg>")
    return "\n".join(out)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["measure", plimsoll, *counts]:
            measure(os.path.abspath(plimsoll), [int(count) for count in counts] or COUNTS)
        case ["plot"]:
            print(plot(sys.stdin.read().splitlines()))
        case _:
            sys.exit(__doc__)
