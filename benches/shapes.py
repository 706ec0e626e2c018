#!/usr/bin/env python3
"""How time grows where a repository grows in one way alone.

    python3 benches/shapes.py target/release/plimsoll [--preset all] [--count 250] [SHAPE...]

For each shape (a crowd of applications in one folder, releases that one file declares, items of a List, patches of
a kustomization, …) writes COUNT and four times COUNT of them into a temporary folder, lints both without the cache,
and prints the seconds and how many times as long the larger took: some 4 where time goes with the number, 16 where it
goes with the square of it.
"""

import argparse
import pathlib
import subprocess
import tempfile
import time

STEP = 4
SHAPES = {}


def shape(write):
    SHAPES[write.__name__.replace("_", "-")] = write
    return write


def put(root, path, text):
    path = root / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def workload(number, namespace="prod", replicas=2):
    place = f", namespace: {namespace}" if namespace else ""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{number}{place}, labels: {{app: web-{number}}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web-{number}}}}}
  template:
    metadata: {{labels: {{app: web-{number}, tier: web}}}}
    spec:
      serviceAccountName: web-{number}
      volumes:
        - {{name: settings, configMap: {{name: web-{number}}}}}
        - {{name: data, persistentVolumeClaim: {{claimName: web-{number}}}}}
      containers:
        - name: web
          image: "registry.example/web:1.{number}"
          ports: [{{name: http, containerPort: 8080}}]
          envFrom: [{{secretRef: {{name: web-{number}}}}}]
          resources: {{requests: {{cpu: 1, memory: 1Gi}}, limits: {{memory: 1Gi}}}}
"""


# Kinds that rules hold against each other, with what follows `metadata`.
COMPANIONS = [
    ("v1", "Service", "spec: {selector: {app: web-%N}, ports: [{port: 80, targetPort: http}]}"),
    ("v1", "ConfigMap", "data: {level: info}"),
    ("v1", "Secret", "stringData: {level: info}"),
    ("v1", "ServiceAccount", ""),
    ("v1", "PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"),
    ("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 50%, selector: {matchLabels: {app: web-%N}}}"),
    (
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web-%N},"
        " metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}",
    ),
    (
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "spec: {podSelector: {matchLabels: {app: web-%N}}, ingress: [{from: [{podSelector: {matchLabels: {tier: web}}}]}]}",
    ),
    (
        "networking.k8s.io/v1",
        "Ingress",
        "spec: {ingressClassName: nginx, rules: [{host: web-%N.example.org, http: {paths: [{path: /, pathType: Prefix,"
        " backend: {service: {name: web-%N, port: {number: 80}}}}]}}]}",
    ),
    ("rbac.authorization.k8s.io/v1", "Role", 'rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]'),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web-%N}\n"
        "subjects: [{kind: ServiceAccount, name: web-%N, namespace: %S}]",
    ),
]


def crowd(root, count, namespace):
    for number in range(count):
        own = namespace(number)
        place = f", namespace: {own}" if own else ""
        objects = [workload(number, own)]
        for version, kind, rest in COMPANIONS:
            rest = rest.replace("%N", str(number)).replace("%S", own or "default")
            objects.append(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web-{number}{place}}}\n{rest}\n")
        put(root, f"web-{number}.yaml", "---\n".join(objects))


@shape
def crowd_in_one_namespace(root, count):
    crowd(root, count, lambda number: "prod")


@shape
def crowd_in_its_own_namespaces(root, count):
    crowd(root, count, lambda number: f"team-{number}")


@shape
def crowd_in_no_namespace(root, count):
    crowd(root, count, lambda number: "")


@shape
def documents(root, count):
    put(root, "all.yaml", "---\n".join(workload(number) for number in range(count)))


@shape
def items_of_a_list(root, count):
    items = (workload(number).replace("\n", "\n  ").rstrip(" ") for number in range(count))
    put(root, "all.yaml", "apiVersion: v1\nkind: List\nitems:\n" + "".join(f"- {item}" for item in items))


@shape
def suppressions(root, count):
    text = (workload(number).replace("  replicas", "  # plimsoll: ignore anti-affinity-required -- why\n  replicas") for number in range(count))
    put(root, "all.yaml", "---\n".join(text))


@shape
def folders(root, count):
    for number in range(count):
        put(root, f"cluster-{number}/web.yaml", workload(1))


@shape
def definitions(root, count):
    for number in range(count):
        put(
            root,
            f"crd-{number}.yaml",
            f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: w{number}s.example.org}}\n"
            f"spec:\n  group: example.org\n  scope: Namespaced\n  names: {{kind: W{number}, plural: w{number}s}}\n"
            "  versions:\n  - name: v1\n    served: true\n    storage: true\n"
            "    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}\n",
        )
        put(root, f"w-{number}.yaml", f"apiVersion: example.org/v1\nkind: W{number}\nmetadata: {{name: w}}\nspec: {{size: 1}}\n")


@shape
def patches(root, count):
    names = "".join(f"  - web-{number}.yaml\n" for number in range(count))
    put(root, "base/kustomization.yaml", f"resources:\n{names}")
    put(root, "prod/kustomization.yaml", f"resources: [../base]\npatches:\n{names.replace('- ', '- path: ')}")
    for number in range(count):
        put(root, f"base/web-{number}.yaml", workload(number))
        put(root, f"prod/web-{number}.yaml", f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{number}}}\nspec: {{replicas: 3}}\n")


TEMPLATE = workload("NUMBER", "", "{{ .Values.replicas }}").replace("name: web-NUMBER,", "name: {{ .Release.Name }}-NUMBER,", 1)


def chart(root, folder="chart", templates=1, more=""):
    put(root, f"{folder}/Chart.yaml", f"apiVersion: v2\nname: {folder.rsplit('/', 1)[-1]}\nversion: 1.0.0\n{more}")
    put(root, f"{folder}/values.yaml", "replicas: 2\n")
    for number in range(templates):
        put(root, f"{folder}/templates/web-{number}.yaml", TEMPLATE.replace("NUMBER", str(number)))


@shape
def templates(root, count):
    chart(root, templates=count)


@shape
def charts(root, count):
    for number in range(count):
        chart(root, f"chart-{number}")


@shape
def subcharts(root, count):
    names = [f"part-{number}" for number in range(count)]
    chart(root, more="dependencies:\n" + "".join(f"- {{name: {name}, version: 1.0.0}}\n" for name in names))
    for name in names:
        chart(root, f"chart/charts/{name}")


@shape
def ranged_values(root, count):
    chart(root, templates=0)
    put(root, "chart/values.yaml", "apps:\n" + "".join(f"  - {{name: web-{number}, replicas: 2}}\n" for number in range(count)))
    each = TEMPLATE.replace("{{ .Release.Name }}-NUMBER", "{{ .name }}").replace(".Values", "").replace("web-NUMBER", "{{ .name }}")
    put(root, "chart/templates/all.yaml", "{{ range .Values.apps }}\n---\n" + each.replace("1.NUMBER", "1.0") + "{{ end }}\n")


@shape
def values_files(root, count):
    chart(root)
    for number in range(count):
        put(root, f"chart/values-{number}.yaml", f"replicas: {number % 5}\n")


@shape
def releases_of_a_helmfile(root, count):
    chart(root)
    put(root, "helmfile.yaml", "releases:\n" + "".join(f"- {{name: web-{number}, namespace: n-{number}, chart: ./chart}}\n" for number in range(count)))


@shape
def applications_of_argo(root, count):
    chart(root)
    for number in range(count):
        put(
            root,
            f"apps/web-{number}.yaml",
            f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web-{number}, namespace: argocd}}\nspec:\n"
            f"  project: default\n  destination: {{server: 'https://kubernetes.default.svc', namespace: n-{number}}}\n"
            "  source: {repoURL: 'https://example.org/x.git', path: chart, targetRevision: HEAD}\n",
        )


@shape
def releases_of_flux(root, count):
    chart(root)
    put(
        root,
        "source.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: own, namespace: flux}\nspec: {url: 'https://example.org/x.git', interval: 1m}\n",
    )
    for number in range(count):
        put(
            root,
            f"releases/web-{number}.yaml",
            f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web-{number}, namespace: n-{number}}}\nspec:\n"
            "  interval: 1m\n  chart: {spec: {chart: chart, sourceRef: {kind: GitRepository, name: own, namespace: flux}}}\n"
            f"  valuesFrom: [{{kind: ConfigMap, name: web-{number}}}]\n---\n"
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web-{number}, namespace: n-{number}}}\ndata: {{values.yaml: 'replicas: 3'}}\n",
        )


@shape
def releases_of_terraform(root, count):
    chart(root)
    one = 'resource "helm_release" "web_%d" {\n  name = "web-%d"\n  chart = "./chart"\n}\n'
    put(root, "main.tf", "".join(one % (number, number) for number in range(count)))


@shape
def commands_of_a_script(root, count):
    chart(root)
    one = "NAME_%d=web-%d\nhelm upgrade --install $NAME_%d ./chart\n"
    put(root, "deploy.sh", "#!/bin/sh\n" + "".join(one % (number, number, number) for number in range(count)))


@shape
def targets_of_a_makefile(root, count):
    chart(root)
    one = "NAME_%d = web-%d\nweb-%d:\n\thelm upgrade --install $(NAME_%d) ./chart\n"
    put(root, "Makefile", "".join(one % (number, number, number, number) for number in range(count)))


def seconds(plimsoll, preset, root):
    command = [plimsoll, "check", "--no-cache", "--preset", preset, "--format", "concise", "--fail-on", "never", "."]
    begun = time.monotonic()
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plimsoll", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--preset", default="recommended")
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("shapes", nargs="*", choices=[[], *SHAPES], metavar="SHAPE")
    asked = parser.parse_args()
    for name in asked.shapes or SHAPES:
        taken = []
        for count in (asked.count, STEP * asked.count):
            with tempfile.TemporaryDirectory() as root:
                SHAPES[name](pathlib.Path(root), count)
                taken.append(seconds(asked.plimsoll, asked.preset, root))
        small, large = taken
        print(f"{name:30} {small:8.2f} s {large:8.2f} s {large / small:6.1f} times", flush=True)


if __name__ == "__main__":
    main()
