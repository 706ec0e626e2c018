// Where the editor enters: what is registered, and nothing else.

import * as vscode from "vscode";
import { SCHEME } from "./address";
import { followClick, goToSource, RenderedManifests, showRendered } from "./rendered";
import { Server } from "./server";
import { needsRestart, readSettings } from "./settings";

let server: Server | undefined;

/** Starts the server and registers commands. The editor calls it when a file of the languages is opened. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const running = new Server();
  server = running;
  const manifests = new RenderedManifests(() => running.running());
  context.subscriptions.push(
    running,
    running.onDidSettle(() => manifests.refresh()),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, manifests),
    vscode.languages.registerDefinitionProvider({ scheme: SCHEME }, manifests),
    vscode.workspace.onDidCloseTextDocument((document) => manifests.forget(document)),
    vscode.window.onDidChangeTextEditorSelection(async (event) => {
      if (settings().followClicks) await followClick(manifests, event);
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (needsRestart((name) => event.affectsConfiguration(name))) await running.restart();
    }),
    vscode.commands.registerTextEditorCommand("plimsoll.showRendered", (editor) => show(running, editor)),
    vscode.commands.registerTextEditorCommand("plimsoll.goToSource", (editor) => goToSource(manifests, editor)),
    vscode.commands.registerCommand("plimsoll.restart", () => running.restart()),
    vscode.commands.registerCommand("plimsoll.showOutput", () => running.showOutput()),
  );
  await running.restart();
}

/** Stops the server. The editor waits for it before it ends. */
export async function deactivate(): Promise<void> {
  await server?.stop();
}

async function show(running: Server, editor: vscode.TextEditor): Promise<void> {
  const client = running.running();
  if (client === undefined) {
    void vscode.window.showErrorMessage("The server of plimsoll is not running.");
    return;
  }
  try {
    await showRendered(client, editor);
  } catch (error) {
    void vscode.window.showErrorMessage(`plimsoll cannot render this: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function settings(): ReturnType<typeof readSettings> {
  const configuration = vscode.workspace.getConfiguration("plimsoll");
  return readSettings((key) => configuration.get(key));
}
