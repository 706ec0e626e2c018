// Starts the server, stops it, and keeps the status item true.

import * as os from "node:os";
import * as vscode from "vscode";
import { State, type LanguageClient } from "vscode-languageclient/node";
import { createClient } from "./client";
import { findExecutable } from "./executable";
import { statusNotification, type Status } from "./protocol";
import { readSettings } from "./settings";
import { shown, type ServerState } from "./status";

const INSTALL = "https://github.com/plimsoll-dev/plimsoll#install";

/** The one server of this window. */
export class Server implements vscode.Disposable {
  readonly #output = vscode.window.createOutputChannel("plimsoll", { log: true });
  readonly #item = vscode.window.createStatusBarItem("plimsoll.status", vscode.StatusBarAlignment.Left);
  readonly #settled = new vscode.EventEmitter<void>();
  #client: LanguageClient | undefined;
  /** The start or stop that is under way; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();

  /** Fires when the server has nothing more to do: what it would answer may be another thing than before. */
  readonly onDidSettle = this.#settled.event;

  constructor() {
    this.#item.name = "plimsoll";
    this.#item.command = "plimsoll.showOutput";
    this.#show({ kind: "stopped" });
    this.#item.show();
  }

  /** The client, while its server runs. */
  running(): LanguageClient | undefined {
    return this.#client?.isRunning() ? this.#client : undefined;
  }

  /** Stops the server if it runs, and starts it with the settings as they are now. */
  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  /** Stops the server. */
  stop(): Promise<void> {
    return this.#next(() => this.#stop());
  }

  showOutput(): void {
    this.#output.show();
  }

  dispose(): void {
    this.#output.dispose();
    this.#item.dispose();
    this.#settled.dispose();
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step).catch((error: unknown) => {
      this.#output.error(String(error));
      this.#show({ kind: "stopped" });
    });
    return this.#turn;
  }

  async #start(): Promise<void> {
    const configuration = vscode.workspace.getConfiguration("plimsoll");
    const settings = readSettings((key) => configuration.get(key));
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const around = { env: process.env, platform: process.platform, home: os.homedir(), workspace };
    const program = await findExecutable(settings.path, around);
    if (program === undefined) {
      this.#show({ kind: "missing" });
      // Not awaited: the message may stand for as long as the window is open.
      void tellMissing(settings.path);
      return;
    }
    this.#output.info(`${program} ${settings.arguments.join(" ")}`);
    const client = createClient(program, settings, this.#output);
    this.#client = client;
    client.onDidChangeState(({ newState }) => this.#show(stateOf(newState)));
    client.onNotification(statusNotification, (status) => this.#hear(status));
    await client.start();
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // A client whose server never came up, or died, has nothing to stop.
    if (client?.isRunning()) await client.stop();
  }

  #hear(status: Status): void {
    this.#show({ kind: "running", status });
    if (!status.busy) this.#settled.fire();
  }

  #show(state: ServerState): void {
    const { text, detail, level, busy } = shown(state);
    this.#item.text = busy ? `${text} $(sync~spin)` : text;
    this.#item.tooltip = `plimsoll: ${detail}`;
    this.#item.backgroundColor = level === "information" ? undefined : new vscode.ThemeColor(`statusBarItem.${level}Background`);
    void vscode.commands.executeCommand("setContext", "plimsoll.canShowRendered", state.kind === "running");
  }
}

function stateOf(state: State): ServerState {
  switch (state) {
    case State.Running:
      return { kind: "running" };
    case State.Starting:
      return { kind: "starting" };
    default:
      return { kind: "stopped" };
  }
}

async function tellMissing(named: string): Promise<void> {
  const settings = "Open settings";
  const install = "How to install";
  const again = "Try again";
  const chosen = await vscode.window.showErrorMessage(
    `There is no program \`${named}\` here that plimsoll's extension could start. Install it, or say in the settings where it is.`,
    install,
    settings,
    again,
  );
  if (chosen === install) await vscode.env.openExternal(vscode.Uri.parse(INSTALL));
  if (chosen === settings) await vscode.commands.executeCommand("workbench.action.openSettings", "plimsoll.path");
  if (chosen === again) await vscode.commands.executeCommand("plimsoll.restart");
}
