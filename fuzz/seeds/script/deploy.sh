#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
env=${1:-dev} args=() names=(web api)
declare -A ports=([web]=80 [api]=8080)
usage() { cat <<'TEXT'
  deploy.sh ENVIRONMENT
TEXT
}
deploy() {
  local name=$1 chart="./charts/${1%-*}"
  shift
  [[ -d $chart && ! ( -z $name || $name == x* ) ]] || return 1
  helm upgrade --install "$name" "$chart" -f "values/$env.yaml" --set "port=${ports[$name]}" "$@"
}
while [ $# -gt 0 ]; do
  case "$1" in
    -n|--namespace) args+=(--namespace "$2"); shift 2 ;;
    *) shift ;;
  esac
done
for name in "${names[@]}" job-{1..2}; do
  if ! deploy "$name" "${args[@]:1}"; then (( failed++ )); fi
done
echo "${env^^}" | tr A-Z a-z && helm install "${env:0:-1}-${env//d/x}" repo/chart --version $((1 + 2)) || exit 1
eval "helm install a ./b"; bash -c 'helm install c ./d' >out.yaml 2>&1
