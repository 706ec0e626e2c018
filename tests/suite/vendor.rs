//! `plimsoll vendor` against real servers on the loopback address, and what `check` makes of it.

use std::path::Path;

use super::harness::{Run, archive, finish, plimsoll, repository, run, sha256};
use super::server::{Server, blunt, deserted, skipped};

/// A chart's archive: a Deployment, privileged where its value `host` says so.
fn chart(name: &str, version: &str) -> Vec<u8> {
    let meta = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: a, image: 'example.org/a:1.0.0', securityContext: {privileged: {{ .Values.host }}}}]}\n";
    archive(&[
        (&format!("{name}/Chart.yaml"), &meta),
        (&format!("{name}/values.yaml"), "replicas: 1\nhost: false\n"),
        (&format!("{name}/templates/web.yaml"), template),
    ])
}

/// A repository that declares releases in `plimsoll.yaml`, a line each.
fn releases(lines: &[&str]) -> tempfile::TempDir {
    let text = format!("releases:\n{}\n", lines.join("\n"));
    repository(&[("plimsoll.yaml", &text), ("values.yaml", "host: true\n")])
}

/// `web` of a repository in a version.
fn web(url: &str, version: &str) -> String {
    format!(
        "  - {{name: a, chart: {{name: web, repository: '{url}', version: '{version}'}}, values: [values.yaml]}}"
    )
}

/// Runs `plimsoll vendor` without a home directory.
fn vendor(dir: &Path, args: &[&str]) -> Run {
    finish(plimsoll(dir).arg("vendor").args(args))
}

fn read(dir: &Path, path: &str) -> String {
    std::fs::read_to_string(dir.join(path)).expect("a file")
}

/// An index of `web` with two versions, one at a relative and one at an absolute URL.
fn index() -> Vec<(&'static str, Vec<u8>)> {
    let (old, new) = (chart("web", "1.0.0"), chart("web", "1.1.0"));
    let index = format!(
        "apiVersion: v1\nentries:\n  web:\n    - {{version: 1.0.0, urls: [archives/web-1.0.0.tgz], digest: {}}}\n    - {{version: 1.1.0, urls: ['{{base}}/charts/archives/web-1.1.0.tgz'], digest: 'sha256:{}'}}\n    - {{version: 2.0.0-rc.1, urls: [none.tgz]}}\n",
        sha256(&old),
        sha256(&new),
    );
    vec![
        ("charts/index.yaml", index.into_bytes()),
        ("charts/archives/web-1.0.0.tgz", old),
        ("charts/archives/web-1.1.0.tgz", new),
    ]
}

#[test]
fn charts_of_an_index_are_locked_and_rendered_without_a_network() {
    let Some(server) = Server::nginx("", &index()) else { return };
    let url = format!("http://{}/charts", server.address);
    let dir = releases(&[&web(&url, "1.0.x"), &web(&format!("{url}/"), "^1").replace("a,", "b,")]);
    let dir = dir.path();

    let before = run(dir, &["check"]);
    let said = format!("{}{}", before.out, before.err);
    assert!(said.contains("the charts web 1.0.x, web ^1 are not on this machine"), "{said}");
    assert!(said.contains("`plimsoll vendor` fetches those"), "{said}");
    vendor(dir, &["--check"]).expect_code(1);

    let fetched = vendor(dir, &[]).expect_code(0);
    assert_eq!(
        fetched.out,
        "web 1.0.0 fetched\nweb 1.1.0 fetched\nplimsoll.lock names 2 charts.\n"
    );
    let lock = read(dir, "plimsoll.lock");
    let said = |text: &str| assert!(lock.contains(text), "{text} in\n{lock}");
    said(&format!("repository: \"{url}\"\n    constraint: \"1.0.x\"\n    version: \"1.0.0\"\n"));
    said(&format!("digest: \"sha256:{}\"\n", sha256(&chart("web", "1.1.0"))));
    said("path: \".plimsoll/charts/web-1.1.0.tgz\"\n");

    // From here on there is nobody to ask.
    drop(server);
    let fits = vendor(dir, &["--check"]).expect_code(0).out;
    assert_eq!(fits, "plimsoll.lock fits what the releases name: 2 charts.\n");
    let again = vendor(dir, &[]).expect_code(0);
    assert_eq!(again.out, "web 1.0.0 kept\nweb 1.1.0 kept\nplimsoll.lock names 2 charts.\n");
    let checked = run(dir, &["check", "--format", "concise"]).expect_code(1);
    assert!(
        checked.out.contains("values.yaml:1:7: error privileged-container-forbidden"),
        "{}",
        checked.out
    );
}

#[test]
fn where_no_release_names_a_chart_of_others_there_is_nothing_to_lock() {
    let dir = repository(&[]);
    for args in [&[][..], &["--check"]] {
        let said = vendor(dir.path(), args).expect_code(0).out;
        assert!(said.starts_with("Nothing to fetch"), "{said}");
    }
}

#[test]
fn a_lock_is_kept_until_newer_versions_are_asked_for() {
    let Some(server) = Server::nginx("", &index()) else { return };
    let url = format!("http://{}/charts", server.address);
    let dir = releases(&[&web(&url, ">=1")]);
    let dir = dir.path();
    let older = format!(
        "version: 1\ncharts:\n  - {{name: web, repository: '{url}', constraint: '>=1', version: 1.0.0, digest: 'sha256:{}', path: .plimsoll/charts/web-1.0.0.tgz}}\n",
        sha256(&chart("web", "1.0.0"))
    );
    std::fs::write(dir.join("plimsoll.lock"), older).expect("a lock");
    let out = |args: &[&str]| vendor(dir, args).expect_code(0).out;
    assert!(out(&[]).starts_with("web 1.0.0 fetched\n"));
    assert!(out(&["--update"]).starts_with("web 1.1.0 fetched\n"));
    assert!(!dir.join(".plimsoll/charts/web-1.0.0.tgz").exists(), "what nothing names is removed");

    // An archive that somebody changed is said, not rendered, and fetched again.
    std::fs::write(dir.join(".plimsoll/charts/web-1.1.0.tgz"), "x").expect("a file");
    let checked = run(dir, &["check"]);
    let said = format!("{}{}", checked.out, checked.err);
    assert!(said.contains("is not the archive that was locked"), "{said}");
    vendor(dir, &["--check"]).expect_code(1);
    assert!(out(&[]).starts_with("web 1.1.0 fetched\n"));

    // Nobody names the chart any more.
    std::fs::write(dir.join("plimsoll.yaml"), "").expect("a file");
    let stale = vendor(dir, &["--check"]).expect_code(1);
    assert!(stale.err.contains("is in plimsoll.lock, and nothing names it"), "{}", stale.err);
    assert_eq!(out(&[]), "plimsoll.lock names 0 charts.\n");
    vendor(dir, &["--check"]).expect_code(0);
}

#[test]
fn dependencies_of_a_chart_are_fetched_too() {
    let Some(server) = Server::nginx("", &index()) else { return };
    let url = format!("http://{}/charts", server.address);
    let meta = "apiVersion: v2\nname: all\nversion: 1.0.0\ndependencies:\n  - {name: web, version: ^1, repository: '@ours'}\n";
    let config = format!("repositories: {{ours: '{url}'}}\n");
    let dir = repository(&[
        ("all/Chart.yaml", meta),
        ("all/values.yaml", "web:\n  host: true\n"),
        ("plimsoll.yaml", &config),
    ]);
    let dir = dir.path();
    let before = run(dir, &["check", "--format", "concise"]);
    assert!(!before.out.contains("privileged-container-forbidden"), "{}", before.out);
    let fetched = vendor(dir, &[]).expect_code(0);
    assert!(fetched.out.starts_with("web 1.1.0 fetched\n"), "{}", fetched.out);
    let checked = run(dir, &["check", "--format", "concise"]).expect_code(1);
    assert!(
        checked.out.contains("all/values.yaml:2:9: error privileged-container-forbidden"),
        "{}{}",
        checked.out,
        checked.err
    );
}

#[test]
fn what_cannot_be_fetched_is_said_and_the_rest_is_fetched() {
    let mut files = index();
    let (good, other) = (chart("web", "1.0.0"), chart("other", "1.0.0"));
    let wrong = |url: &str, digest: &str| {
        format!("entries: {{web: [{{version: 1.0.0, urls: ['{url}'], digest: '{digest}'}}]}}\n")
            .into_bytes()
    };
    files.extend([
        ("altered/index.yaml", wrong("web.tgz", &sha256(b"another"))),
        ("altered/web.tgz", good.clone()),
        ("gone/index.yaml", wrong("none.tgz", "")),
        ("page/index.yaml", b"<html><body>Welcome</body></html>".to_vec()),
        ("other/index.yaml", wrong("web.tgz", &sha256(&other))),
        ("other/web.tgz", other),
        ("text/index.yaml", wrong("web.tgz", "")),
        ("text/web.tgz", b"no archive".to_vec()),
        ("huge/index.yaml", wrong("web.tgz", "")),
        ("huge/web.tgz", vec![0; (64 << 20) + 1]),
    ]);
    let loops = "location /loop/ { return 302 /loop/index.yaml?; }";
    let Some(server) = Server::nginx(loops, &files) else { return };
    let at = |path: &str| format!("http://{}/{path}", server.address);
    let short = blunt(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nentries:");
    let noise = blunt(b"SSH-2.0-OpenSSH_9.6\r\n");
    let cases = [
        (at("altered"), "1.0.0", "and the index promises sha256:"),
        (at("gone"), "1.0.0", "none.tgz answered 404"),
        (at("nowhere"), "1.0.0", "nowhere/index.yaml answered 404"),
        (at("page"), "1.0.0", "page/index.yaml is not an index of charts"),
        (at("other"), "1.0.0", "has the chart `other` where `web` should be"),
        (at("text"), "1.0.0", "is not a chart: web: does not appear to be a gzipped archive"),
        (at("huge"), "1.0.0", "web.tgz answers with more than 64 MiB"),
        (at("loop"), "1.0.0", "loop/index.yaml redirects in a circle"),
        (at("charts"), "~3", "has no version of `web` that meets ~3; the newest is 2.0.0-rc.1"),
        (at("charts"), "newest", "improper constraint: \"newest\""),
        (format!("http://{short}"), "1", "is broken: it ends early"),
        (format!("http://{noise}"), "1", "is broken: "),
        (format!("http://{}", deserted()), "1", "cannot reach http://127.0.0.1:"),
        (format!("https://{}", server.address), "1", "no trusted connection to https://127.0.0.1:"),
        ("ftp://127.0.0.1/charts".to_owned(), "1", "`ftp` is not known"),
    ];
    let mut lines: Vec<String> = cases.iter().map(|(url, version, _)| web(url, version)).collect();
    lines.push(web(&at("charts"), "1.0.0"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let dir = releases(&lines);
    let run = vendor(dir.path(), &[]).expect_code(2);
    for (url, version, said) in &cases {
        let told = run.err.lines().any(|line| {
            line.starts_with(&format!("error: web {version} of {url} (plimsoll.yaml:"))
                && line.contains(said)
        });
        assert!(told, "{url} {version}: {said}\n{}", run.err);
    }
    assert!(run.err.ends_with("error: 15 of 16 charts could not be fetched\n"), "{}", run.err);
    assert_eq!(run.out, "web 1.0.0 fetched\n");
    let lock = read(dir.path(), "plimsoll.lock");
    assert_eq!(lock.matches("- name:").count(), 1, "{lock}");
}

#[test]
fn a_login_is_taken_from_where_helm_and_docker_keep_it() {
    let directives = "auth_basic x; auth_basic_user_file {folder}/root/users;";
    let mut files = index();
    files.push(("users", b"me:{PLAIN}secret\n".to_vec()));
    let Some(server) = Server::nginx(directives, &files) else { return };
    let url = format!("http://{}/charts", server.address);
    let dir = releases(&[&web(&url, "1.0.0")]);
    let refused = vendor(dir.path(), &[]).expect_code(2);
    assert!(refused.err.contains("index.yaml answered 401"), "{}", refused.err);
    assert!(refused.err.contains("help: log in with"), "{}", refused.err);

    let auth = data_encoding::BASE64.encode(b"me:secret");
    let docker = format!("{{\"auths\": {{\"{}\": {{\"auth\": \"{auth}\"}}}}}}", server.address);
    finish(plimsoll(dir.path()).arg("vendor").env("DOCKER_AUTH_CONFIG", docker)).expect_code(0);

    let helm =
        format!("repositories: [{{name: x, url: '{url}/', username: me, password: secret}}]");
    let home = repository(&[("helm/repositories.yaml", &helm)]);
    let dir = releases(&[&web(&url, "1.0.0")]);
    finish(plimsoll(dir.path()).arg("vendor").env("XDG_CONFIG_HOME", home.path())).expect_code(0);

    let with = url.replace("http://", "http://me:secret@");
    let dir = releases(&[&web(&with, "1.0.0")]);
    vendor(dir.path(), &[]).expect_code(0);
    assert!(!read(dir.path(), "plimsoll.lock").contains("secret"));
    vendor(dir.path(), &["--check"]).expect_code(0);
}

#[test]
fn certificates_are_those_that_the_system_trusts() {
    let made = repository(&[]);
    let made = made.path();
    let openssl = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key", "-out", "cert"])
        .current_dir(made)
        .output();
    if !openssl.is_ok_and(|output| output.status.success()) {
        skipped("openssl");
        return;
    }
    let directives = format!(
        "listen 127.0.0.1:{{port}} ssl; ssl_certificate {0}/cert; ssl_certificate_key {0}/key;",
        made.display()
    );
    let Some(server) = Server::nginx(&directives, &index()) else { return };
    let dir = releases(&[&web(&format!("https://{}/charts", server.address), "1.0.0")]);
    let refused = vendor(dir.path(), &[]).expect_code(2);
    assert!(refused.err.contains("no trusted connection to https://127.0.0.1:"), "{}", refused.err);
    assert!(refused.err.contains("SSL_CERT_FILE"), "{}", refused.err);
    let trusting =
        |dir: &Path| finish(plimsoll(dir).arg("vendor").env("SSL_CERT_FILE", made.join("cert")));
    trusting(dir.path()).expect_code(0);
}

/// Pushes a chart by the registry's HTTP API; gives the digest of its manifest.
fn push(
    registry: &Server,
    repository: &str,
    tag: &str,
    chart: &[u8],
    login: Option<&str>,
) -> String {
    let base = format!("http://{}/v2/{repository}", registry.address);
    let authorization =
        login.map(|login| format!("Basic {}", data_encoding::BASE64.encode(login.as_bytes())));
    let blob = |bytes: &[u8]| {
        let digest = format!("sha256:{}", sha256(bytes));
        let mut begin = ureq::post(format!("{base}/blobs/uploads/"));
        if let Some(authorization) = &authorization {
            begin = begin.header("Authorization", authorization);
        }
        let begun = begin.send_empty().expect("an upload begins");
        let location = begun.headers()["Location"].to_str().expect("text").to_owned();
        let sign = if location.contains('?') { '&' } else { '?' };
        let mut put = ureq::put(format!("{location}{sign}digest={digest}"))
            .header("Content-Type", "application/octet-stream");
        if let Some(authorization) = &authorization {
            put = put.header("Authorization", authorization);
        }
        put.send(bytes).expect("an upload ends");
        digest
    };
    let config = b"{}";
    let manifest = format!(
        r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {{"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "{}", "size": {}}},
            "layers": [{{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": "{}", "size": {}}}]}}"#,
        blob(config),
        config.len(),
        blob(chart),
        chart.len(),
    );
    let mut put = ureq::put(format!("{base}/manifests/{tag}"))
        .header("Content-Type", "application/vnd.oci.image.manifest.v1+json");
    if let Some(authorization) = &authorization {
        put = put.header("Authorization", authorization);
    }
    let digest = format!("sha256:{}", sha256(manifest.as_bytes()));
    put.send(manifest).expect("a manifest is taken");
    digest
}

#[test]
fn charts_of_a_registry_are_locked_and_rendered_without_a_network() {
    let Some(server) = Server::registry("") else { return };
    for version in ["1.0.0", "1.1.0", "1.2.0-rc.1"] {
        push(&server, "team/web", version, &chart("web", version), None);
    }
    push(&server, "team/web", "1.0.1_build.5", &chart("web", "1.0.1+build.5"), None);
    let url = format!("oci://{}/team", server.address);
    let absent = "  - {name: c, chart: {name: none, repository: 'URL'}}".replace("URL", &url);
    let dir = releases(&[&web(&url, "^1"), &web(&url, "~1.0").replace("a,", "b,")]);
    let dir = dir.path();
    let fetched = vendor(dir, &["--plain-http"]).expect_code(0);
    assert_eq!(
        fetched.out,
        "web 1.1.0 fetched\nweb 1.0.1+build.5 fetched\nplimsoll.lock names 2 charts.\n"
    );
    let config = read(dir, "plimsoll.yaml");
    for (line, said) in [
        (web(&url, "1.9.0"), "manifests/1.9.0 answered 404"),
        (web(&url, "^2"), "has no version of `web` that meets ^2; the newest is 1.2.0-rc.1"),
        (absent, "none/tags/list?n=1000 answered 404"),
    ] {
        std::fs::write(dir.join("plimsoll.yaml"), format!("{config}{line}\n")).expect("a file");
        let refused = vendor(dir, &["--plain-http"]).expect_code(2);
        assert!(refused.err.contains(said), "{said}\n{}", refused.err);
    }
    std::fs::write(dir.join("plimsoll.yaml"), config).expect("a file");
    drop(server);
    vendor(dir, &["--check"]).expect_code(0);
    let checked = run(dir, &["check", "--format", "concise"]).expect_code(1);
    assert!(
        checked.out.contains("values.yaml:1:7: error privileged-container-forbidden"),
        "{}",
        checked.out
    );
}

/// A digest is none of the tags that a range chooses from: it is asked for as it is, the second time too.
#[test]
fn a_chart_may_be_named_by_the_digest_of_its_manifest() {
    let Some(server) = Server::registry("") else { return };
    let digest = push(&server, "team/web", "1.0.0", &chart("web", "1.0.0"), None);
    let dir = releases(&[&web(&format!("oci://{}/team", server.address), &digest)]);
    let dir = dir.path();
    let fetched = "web 1.0.0 fetched\nplimsoll.lock names 1 chart.\n";
    assert_eq!(vendor(dir, &["--plain-http"]).expect_code(0).out, fetched);
    // By now the tag is another chart's.
    push(&server, "team/web", "1.0.0", &chart("web", "1.1.0"), None);
    std::fs::remove_dir_all(dir.join(".plimsoll")).expect("removed");
    assert_eq!(vendor(dir, &["--plain-http"]).expect_code(0).out, fetched);
}

#[test]
fn a_registry_that_wants_to_know_gets_a_login() {
    let users =
        repository(&[("users", &format!("me:{}\n", bcrypt::hash("secret", 4).expect("a hash")))]);
    let auth =
        format!("auth: {{htpasswd: {{realm: x, path: {}/users}}}}\n", users.path().display());
    let Some(server) = Server::registry(&auth) else { return };
    push(&server, "web", "1.0.0", &chart("web", "1.0.0"), Some("me:secret"));
    let dir = releases(&[&web(&format!("oci://{}", server.address), "1.0.0")]);
    let refused = vendor(dir.path(), &["--plain-http"]).expect_code(2);
    assert!(refused.err.contains("manifests/1.0.0 answered 401"), "{}", refused.err);
    let entry = |entry: &str| {
        format!("{{\"auths\": {{\"{}\": {entry}}}, \"credsStore\": \"x\"}}", server.address)
    };
    let with = |config: String| {
        let home = repository(&[("config.json", &config)]);
        let mut command = plimsoll(dir.path());
        finish(command.args(["vendor", "--plain-http"]).env("DOCKER_CONFIG", home.path()))
    };
    let elsewhere = with(entry("{}")).expect_code(2);
    assert!(
        elsewhere.err.contains("only a credential helper of Docker knows"),
        "{}",
        elsewhere.err
    );
    with(entry("{\"username\": \"me\", \"password\": \"secret\"}")).expect_code(0);
}

#[test]
fn a_registry_that_hands_out_tokens_is_asked_for_one() {
    let web_chart = chart("web", "1.0.0");
    let digest = sha256(&web_chart);
    let manifest = format!(
        r#"{{"layers": [{{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": "sha256:{digest}"}}]}}"#
    );
    // Tokens for pulling `team/web`, to whom logs in; blobs lie with another server that is told none.
    let directives = r#"
        location = /token {
            if ($arg_service != "here") { return 400; }
            if ($arg_scope != "repository%3Ateam%2Fweb%3Apull") { return 400; }
            if ($http_authorization != "Basic bWU6c2VjcmV0") { return 401; }
            return 200 '{"access_token": "t0k3n"}';
        }
        location /v2/ {
            add_header WWW-Authenticate 'Bearer realm="http://127.0.0.1:{port}/token",service="here"' always;
            if ($http_authorization != "Bearer t0k3n") { return 401; }
        }
        location /v2/team/web/blobs/ {
            return 307 http://localhost:{port}/store/blob;
        }
        location /store/ { if ($http_authorization) { return 400; } }
    "#;
    let files = [("v2/team/web/manifests/1.0.0", manifest.into_bytes()), ("store/blob", web_chart)];
    let Some(server) = Server::nginx(directives, &files) else { return };
    let dir = releases(&[&web(&format!("oci://{}/team", server.address), "1.0.0")]);
    let docker =
        format!("{{\"auths\": {{\"{}\": {{\"auth\": \"bWU6c2VjcmV0\"}}}}}}", server.address);
    let mut command = plimsoll(dir.path());
    let run = finish(command.args(["vendor", "--plain-http"]).env("DOCKER_AUTH_CONFIG", docker));
    let run = run.expect_code(0);
    assert!(run.out.starts_with("web 1.0.0 fetched\n"), "{}", run.out);
    let nobody = vendor(dir.path(), &["--plain-http", "--update"]).expect_code(2);
    assert!(nobody.err.contains("token?service=here&scope="), "{}", nobody.err);
}
