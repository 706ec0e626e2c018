#!/usr/bin/env bash
# Times plimsoll beside whichever of its peers are installed, on the same inputs, and prints how many
# times as long each of them takes.
#
#   benches/peers.sh [PLIMSOLL] [MANIFESTS [CHART]]
#
# PLIMSOLL   the binary; by default target/release/plimsoll
# MANIFESTS  a folder of plain manifests; by default 120 applications that are written for this run
# CHART      a chart; by default fixtures/runner-chart/new/chart
#
# SCHEMAS in the environment names a folder of JSON Schemas for kubeconform (deployment-apps-v1.json, and so
# on), which asks the network for them otherwise, each time.
#
# A figure is the median of RUNS (default 7) runs of the whole process after one that is not counted, in
# milliseconds of wall time; tools take turns, so that a machine that grows slower does so for all. What
# a tool finds, and its exit code, do not matter here.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
plimsoll=$(realpath "${1:-$root/target/release/plimsoll}")
runs=${RUNS:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -x "$plimsoll" ] || {
  echo "there is no $plimsoll: cargo build --release" >&2
  exit 2
}

# Writes one application: a Deployment of two containers and its Service.
application() {
  cat <<YAML
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-$1
spec:
  replicas: 3
  selector:
    matchLabels: {app: shop-$1}
  template:
    metadata:
      labels: {app: shop-$1}
    spec:
      containers:
YAML
  for container in front cache; do
    cat <<YAML
        - name: $container
          image: registry.example/$container:1.$1
          args: ["--level", info]
          ports:
            - name: $container
              containerPort: 8080
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {memory: 64Mi}
          readinessProbe:
            tcpSocket: {port: $container}
YAML
  done
  cat <<YAML
---
apiVersion: v1
kind: Service
metadata:
  name: shop-$1
spec:
  selector: {app: shop-$1}
  ports:
    - {name: http, port: 80, targetPort: front}
YAML
}

manifests=${2:-}
if [ -z "$manifests" ]; then
  manifests=$work/manifests
  mkdir "$manifests"
  for number in $(seq 120); do
    application "$number" >"$manifests/shop-$number.yaml"
  done
fi
manifests=$(realpath "$manifests")
chart=$(realpath "${3:-$root/fixtures/runner-chart/new/chart}")
mapfile -t files < <(find "$manifests" -name '*.yaml' -o -name '*.yml' | sort)

milliseconds() {
  local begun=${EPOCHREALTIME/[.,]/}
  "$@" >/dev/null 2>&1 || true
  echo $((${EPOCHREALTIME/[.,]/} - begun)) | awk '{printf "%.1f\n", $1 / 1000}'
}

median() { sort -n "$1" | awk '{all[NR] = $1} END {print all[int((NR + 1) / 2)]}'; }

# Reads commands, `name<TAB>command`, the first of them plimsoll's, and times those that are installed.
compare() {
  local title=$1 names=() commands=() line
  shift
  for line in "$@"; do
    local name=${line%%$'\t'*} command=${line#*$'\t'}
    if [ "$name" = plimsoll ] || command -v "${command%% *}" >/dev/null 2>&1; then
      names+=("$name") commands+=("$command")
    fi
  done
  local times=$work/times round index
  rm -rf "$times" && mkdir "$times"
  for round in $(seq 0 "$runs"); do
    for index in "${!names[@]}"; do
      # shellcheck disable=SC2086 # The words of a command.
      milliseconds ${commands[index]} >>"$times/$index.$((round > 0))"
    done
  done
  printf '\n%s\n' "$title"
  local own
  own=$(median "$times/0.1")
  for index in "${!names[@]}"; do
    median "$times/$index.1" |
      awk -v name="${names[index]}" -v own="$own" '{printf "  %-14s %9.1f ms  %6.1f x\n", name, $1, $1 / own}'
  done
}

schemas=default
if [ -n "${SCHEMAS:-}" ]; then schemas=$(realpath "$SCHEMAS")/{{.ResourceKind}}{{.KindSuffix}}.json; fi

# A chart that does not render would be refused fast, and the figures would say nothing.
"$plimsoll" render release "$chart" >/dev/null || {
  echo "$chart does not render: name another CHART" >&2
  exit 2
}

cd "$work"
compare "${#files[@]} manifest files, $(cat "${files[@]}" | wc -c) bytes" \
  "plimsoll"$'\t'"$plimsoll check --no-cache --quiet $manifests" \
  "kube-linter"$'\t'"kube-linter lint $manifests" \
  "kube-score"$'\t'"kube-score score ${files[*]}" \
  "polaris"$'\t'"polaris audit --audit-path $manifests" \
  "yamllint"$'\t'"yamllint $manifests"
compare "the same, by the schemas of Kubernetes alone" \
  "plimsoll"$'\t'"$plimsoll check --no-cache --quiet --select schema-validation $manifests" \
  "kubeconform"$'\t'"kubeconform -strict -ignore-missing-schemas -schema-location $schemas $manifests"
compare "linting the chart $(basename "$chart")" \
  "plimsoll"$'\t'"$plimsoll check --no-cache --quiet $chart" \
  "kube-linter"$'\t'"kube-linter lint $chart" \
  "polaris"$'\t'"polaris audit --helm-chart $chart" \
  "helm lint"$'\t'"helm lint $chart"
compare "rendering the chart $(basename "$chart")" \
  "plimsoll"$'\t'"$plimsoll render release $chart" \
  "helm template"$'\t'"helm template release $chart"
