// The extension's protocol with the real server, over standard input and output.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type Diagnostic,
  type ProtocolConnection,
} from "vscode-languageserver-protocol/node";
import { renderedRequest, statusNotification, type Status } from "../src/protocol";
import { initializationOptions, readSettings } from "../src/settings";

const FILES = {
  "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
  "web/values.yaml": "replicas: 1\nhostNetwork: false\n",
  "web/templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      hostNetwork: {{ .Values.hostNetwork }}
      containers:
        - name: web
          image: registry.example/web:1.0.0
`,
  "plimsoll.yaml": `preset: security
releases:
  - {name: shop, chart: web, namespace: shop, values: [prod.yaml]}
`,
};
const CLEAN = "replicas: 3\nhostNetwork: false\n";
const HOST = "replicas: 3\nhostNetwork: true\n";

/** The program, or nothing where none that serves has been built. */
function program(): string | undefined {
  const named = process.env["PLIMSOLL"];
  if (named !== undefined) return resolve(named);
  const built = ["debug", "release"].map((profile) => resolve("../../target", profile, "plimsoll"));
  return built.find((path) => existsSync(path) && spawnSync(path, ["lsp", "--help"]).status === 0);
}

function repository(context: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "plimsoll-"));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries({ ...FILES, "prod.yaml": CLEAN })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

/** Resolves with the first diagnostics of a file that satisfy a condition. */
function diagnostics(connection: ProtocolConnection, uri: string, fits: (found: Diagnostic[]) => boolean): Promise<Diagnostic[]> {
  return new Promise((resolve) => {
    const heard = connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      if (params.uri !== uri || !fits(params.diagnostics)) return;
      heard.dispose();
      resolve(params.diagnostics);
    });
  });
}

const ofHostNetwork = (found: Diagnostic[]): Diagnostic | undefined => found.find(({ code }) => code === "host-network-forbidden");

const path = program();
const options = { skip: path === undefined && "no program that serves has been built", timeout: 120_000 };

test("a client sees findings of unsaved text, its rendered manifest, and an end", options, async (context) => {
  const root = repository(context);
  const server = spawn(path ?? "", ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => server.kill());
  const ended = once(server, "exit");
  const connection = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
  const statuses: Status[] = [];
  connection.onNotification(statusNotification, (status) => void statuses.push(status));
  // Registrations and pages to show: a client may do nothing about them.
  connection.onRequest("client/registerCapability", () => null);
  connection.listen();

  const uri = pathToFileURL(join(root, "prod.yaml")).href;
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(root).href,
    workspaceFolders: [{ uri: pathToFileURL(root).href, name: "shop" }],
    initializationOptions: initializationOptions(readSettings(() => undefined)),
    capabilities: { textDocument: { publishDiagnostics: { relatedInformation: true } } },
  });
  await connection.sendNotification(InitializedNotification.type, {});

  const clean = diagnostics(connection, uri, (found) => ofHostNetwork(found) === undefined);
  const textDocument = { uri, languageId: "yaml", version: 1, text: CLEAN };
  await connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
  await clean;

  const dirty = diagnostics(connection, uri, (found) => ofHostNetwork(found) !== undefined);
  const change = { textDocument: { uri, version: 2 }, contentChanges: [{ text: HOST }] };
  await connection.sendNotification(DidChangeTextDocumentNotification.type, change);
  const found = ofHostNetwork(await dirty);
  assert.equal(found?.range.start.line, 1, "at the values line, which is not saved");

  const rendered = await connection.sendRequest(renderedRequest, { uri });
  assert.ok(rendered !== null);
  assert.deepEqual(rendered.releases, [rendered.release]);
  assert.match(rendered.release, /shop/);
  const lines = rendered.text.split("\n");
  const line = lines.findIndex((text) => text.includes("hostNetwork: true"));
  const location = rendered.lines[line]?.location;
  assert.equal(location?.uri, uri);
  assert.equal(location?.range.start.line, 1);
  const kind = rendered.lines[lines.findIndex((text) => text.startsWith("kind: Deployment"))]?.location;
  assert.match(kind?.uri ?? "", /templates\/deployment\.yaml$/);

  const last = statuses.at(-1);
  assert.ok(last !== undefined && last.error >= 1 && last.releases >= 1, JSON.stringify(statuses));

  await connection.sendRequest(ShutdownRequest.type);
  await connection.sendNotification(ExitNotification.type);
  assert.deepEqual(await ended, [0, null]);
});
