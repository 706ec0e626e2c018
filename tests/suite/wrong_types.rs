//! Objects with wrong types everywhere: no rule panics, none stops the others, and what a rule
//! cannot decide it counts instead of guessing.

use serde_json::{Value, json};

use crate::harness::{repository, run};

/// One object of each sort that rules look into, with the fields that they read.
const OBJECTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {a/b: c}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 25%}}
  template:
    metadata: {labels: {app: web}, annotations: {checksum/config: x}}
    spec:
      serviceAccountName: web
      hostNetwork: true
      securityContext: {runAsUser: 0, runAsNonRoot: true, sysctls: [{name: a, value: b}]}
      nodeSelector: {disk: ssd}
      tolerations: [{key: a, operator: Exists}]
      topologySpreadConstraints: [{maxSkew: 1, minDomains: 9, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]
      affinity:
        nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [hdd]}]}]}}
        podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}]}
      initContainers: [{name: init, image: busybox, restartPolicy: Always, resources: {requests: {cpu: 1}}}]
      containers:
        - name: web
          image: nginx:1.27
          command: [sh, -c, "echo $(A)"]
          args: [-Xmx2g]
          env: [{name: A, value: $(B)}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}]
          envFrom: [{configMapRef: {name: web}}]
          ports: [{name: http, containerPort: 80, hostPort: 80}]
          resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 512Mi}}
          securityContext: {privileged: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN], drop: [ALL]}}
          livenessProbe: {httpGet: {path: /, port: http}, periodSeconds: 5, failureThreshold: 1}
          readinessProbe: {httpGet: {path: /, port: http}, initialDelaySeconds: 60}
          lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
          volumeMounts: [{name: config, mountPath: /config, subPath: a}]
      volumes: [{name: config, configMap: {name: web, items: [{key: a, path: a}]}}, {name: host, hostPath: {path: /}}, {name: tmp, emptyDir: {medium: Memory}}, {name: all, projected: {sources: [{secret: {name: s}}]}}, {name: claim, persistentVolumeClaim: {claimName: c}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: job}
spec: {schedule: "*/5 * * * *", concurrencyPolicy: Allow, jobTemplate: {spec: {backoffLimit: 3, activeDeadlineSeconds: 900, template: {spec: {restartPolicy: Never, containers: [{name: job, image: job}]}}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {service.beta.kubernetes.io/a: b}}
spec: {type: LoadBalancer, selector: {app: web}, externalIPs: [1.2.3.4], ports: [{name: http, port: 80, targetPort: http, nodePort: 30000}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/ssl-redirct: "true"}}
spec: {ingressClassName: a, tls: [{hosts: [a.example], secretName: t}], rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 81, endPort: 90}]}], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 1, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 100%, selector: {matchLabels: {app: web}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: web}
rules: [{apiGroups: [""], resources: [Pods, deployments], verbs: [gett, "*"], resourceNames: [a]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wbe}
subjects: [{kind: ServiceAccount, name: web, namespace: other}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: web}
webhooks: [{name: a.example, failurePolicy: Fail, clientConfig: {service: {name: web, namespace: shop}}, namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [a]}]}, rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]}]
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {a: YQ, b: YWRtaW4=}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {password: hunter2, a: b}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted, istio-injection: enabled}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: q, namespace: shop}
spec: {hard: {requests.cpu: 1, pods: 2}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: l, namespace: shop}
spec: {limits: [{type: Container, max: {memory: 1Mi}, min: {cpu: 1}}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c}
spec: {accessModes: [ReadWriteMany], storageClassName: a, resources: {requests: {storage: 1Gi}}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: a}
provisioner: ebs.csi.aws.com
parameters: {type: gp3}
"#;

/// What always has a finding of its own, to see that the others are still linted.
const OTHER: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec:\n  hostNetwork: true\n  containers: [{name: c, image: nginx}]\n";

#[test]
fn a_wrong_type_anywhere_stops_no_rule() {
    let objects: Vec<Value> = OBJECTS
        .split("---\n")
        .map(|text| serde_yaml::from_str(text).expect("the objects are YAML"))
        .collect();
    let wrong = [json!(null), json!(7), json!("text"), json!([[]]), json!({"a": null})];
    let mut files = vec![("other.yaml".to_owned(), OTHER.to_owned())];
    for (at, whole) in objects.iter().enumerate() {
        let spoilt =
            places(whole, "").into_iter().zip(wrong.iter().cycle()).map(|(place, wrong)| {
                let mut spoilt = whole.clone();
                *spoilt.pointer_mut(&place).expect("a place of the object") = wrong.clone();
                spoilt.to_string()
            });
        files.push((format!("{at}/all.yaml"), spoilt.collect::<Vec<_>>().join("\n---\n")));
    }
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let dir = repository(&files);
    std::fs::write(
        dir.path().join("plimsoll.yaml"),
        "cluster: {nodes: 3, zones: 3, node-cpu: 4, node-memory: 8Gi}\n",
    )
    .expect("a file");
    let run = run(dir.path(), &["check", "--preset", "all", "--format", "json", "--verbose"]);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    let run = run.expect_code(1);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let other = report["findings"].as_array().expect("findings").iter().any(|finding| {
        finding["rule"] == "host-network-forbidden" && finding["location"]["file"] == "other.yaml"
    });
    assert!(other, "other.yaml was not linted");
    assert!(run.err.contains("checks could not be decided"), "{}", run.err);
}

/// JSON pointers to every value below a value.
fn places(value: &Value, at: &str) -> Vec<String> {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (escape(key), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    below
        .into_iter()
        .flat_map(|(key, value)| {
            let place = format!("{at}/{key}");
            let mut all = places(value, &place);
            all.push(place);
            all
        })
        .collect()
}

#[test]
fn a_config_map_of_three_megabytes_is_refused_as_the_api_would() {
    let line = "x".repeat(99);
    let lines: String = (0..30_000).map(|_| format!("    {line}\n")).collect();
    let large = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: large}}\ndata:\n  a: |\n{lines}"
    );
    let dir = repository(&[("large.yaml", &large), ("other.yaml", OTHER)]);
    let run = run(dir.path(), &["check", "--format", "concise"]).expect_code(1);
    assert!(run.out.contains("large.yaml:4:1: error configmap-too-large"), "{}", run.out);
    assert!(run.out.contains("other.yaml"), "{}", run.out);
}

/// What envsubst, Flux or a pipeline fills in is known when it is deployed, and not before.
const TO_FILL_IN: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: "${NAME}", labels: {app: "${NAME}", version: "{{ version }}"}}
spec:
  replicas: ${REPLICAS}
  selector: {matchLabels: {app: "${NAME}"}}
  template:
    metadata: {labels: {app: "${NAME}", version: "{{ version }}"}}
    spec:
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: "${NAME}"}}}]
      containers:
        - name: web
          image: ${IMAGE}:${TAG:=latest}
          ports: [{containerPort: "${PORT}"}]
          env: [{name: PASSWORD, value: "hunter2-${NAME}"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: "${OTHER}"}, ports: [{port: 80, targetPort: "${PORT}"}]}
---
apiVersion: v1
kind: Secret
metadata: {name: web}
data: {key: "${KEY}"}
"#;

#[test]
fn what_is_filled_in_later_is_not_judged_and_counted() {
    let dir = repository(&[("web.yaml", TO_FILL_IN)]);
    let out = run(dir.path(), &["check", "--verbose"]).expect_code(0);
    assert!(out.err.contains("could not be decided"), "{}{}", out.out, out.err);
    // What is missing is missing whatever is filled in, and a credential stands beside it.
    let args =
        ["check", "--format", "concise", "--select", "secret-in-env-value,memory-limit-required"];
    let out = run(dir.path(), &args).expect_code(1).out;
    assert!(out.contains("web.yaml:15:41: error secret-in-env-value"), "{out}");
    assert!(out.contains("memory-limit-required"), "{out}");
}

/// Flux, Argo CD's plugins and `sops exec-file` decrypt a Secret before a cluster sees it.
#[test]
fn what_sops_has_encrypted_is_judged_as_what_it_decrypts_to() {
    let cipher = "ENC[AES256_GCM,data:bA==,iv:aQ==,tag:dA==,type:str]";
    let secret = |mac: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{key: '{cipher}'}}\nsops: {{mac: '{mac}', version: 3.9.0}}\n"
        )
    };
    let dir = repository(&[("s.yaml", &secret(cipher))]);
    run(dir.path(), &["check", "--preset", "recommended"]).expect_code(0);
    let dir = repository(&[("s.yaml", &secret("none"))]);
    let out = run(dir.path(), &["check", "--format", "concise"]).expect_code(1).out;
    assert!(out.contains("s.yaml:5:1: error schema-validation"), "{out}");
}

/// A chart is rendered by then: its braces were meant to be.
#[test]
fn braces_that_a_chart_leaves_are_a_fault() {
    let config =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    let dir = repository(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/values.yaml", "name: '{{ .Release.Name }}'\nother: ${NAME}\n"),
        ("c/templates/a.yaml", &config("{{ .Values.name | quote }}")),
        ("c/templates/b.yaml", &config("{{ .Values.other | quote }}")),
    ]);
    let args = ["check", "--format", "concise", "--select", "object-name-valid"];
    let out = run(dir.path(), &args).expect_code(1).out;
    assert_eq!(out.matches("object-name-valid").count(), 1, "{out}");
    assert!(out.contains("c/values.yaml:1:7"), "{out}");
}
