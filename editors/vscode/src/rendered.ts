// Rendered manifests as read-only documents, whose lines lead to the lines that made them.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { decode, encode, SCHEME } from "./address";
import { renderedRequest, type Rendered } from "./protocol";

/** Gives the client while its server runs. */
export type Client = () => LanguageClient | undefined;

/** The documents of scheme `plimsoll-rendered`: their text, and where each of their lines comes from. */
export class RenderedManifests implements vscode.TextDocumentContentProvider, vscode.DefinitionProvider {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** The last good render of each document, by its URI. */
  readonly #known = new Map<string, Rendered>();

  readonly onDidChange = this.#changed.event;

  constructor(private readonly client: Client) {}

  async provideTextDocumentContent(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const key = uri.toString();
    try {
      const rendered = await this.#render(uri, token);
      this.#known.set(key, rendered);
      return rendered.text;
    } catch (error) {
      // While a template is half written the last good render stays; diagnostics say what is wrong.
      return this.#known.get(key)?.text ?? `# ${message(error).replaceAll("\n", "\n# ")}\n`;
    }
  }

  provideDefinition(document: vscode.TextDocument, position: vscode.Position): vscode.Location | undefined {
    return this.locationOf(document, position.line);
  }

  /** The place that a person edits to change a line (from 0) of a rendered manifest. */
  locationOf(document: vscode.TextDocument, line: number): vscode.Location | undefined {
    const location = this.#known.get(document.uri.toString())?.lines[line]?.location;
    return location ? this.client()?.protocol2CodeConverter.asLocation(location) : undefined;
  }

  /** Has every open rendered manifest rendered again. */
  refresh(): void {
    for (const document of vscode.workspace.textDocuments) {
      if (document.uri.scheme === SCHEME) this.#changed.fire(document.uri);
    }
  }

  /** Forgets the render of a document that was closed. */
  forget(document: vscode.TextDocument): void {
    this.#known.delete(document.uri.toString());
  }

  async #render(uri: vscode.Uri, token: vscode.CancellationToken): Promise<Rendered> {
    const address = decode(uri.query);
    if (address === undefined) throw new Error("this is not the address of a rendered manifest");
    const client = this.client();
    if (client === undefined) throw new Error("the server of plimsoll is not running");
    const rendered = await client.sendRequest(renderedRequest, { uri: address.source, release: address.release }, token);
    if (rendered === null) throw new Error(`open ${address.source} to see what it is rendered to`);
    return rendered;
  }
}

/**
 * Shows, beside a values file or template, what a release that it is part of is rendered to. Asks which
 * release where there are several.
 */
export async function showRendered(client: LanguageClient, editor: vscode.TextEditor): Promise<void> {
  const source = client.code2ProtocolConverter.asUri(editor.document.uri);
  const releases = (await client.sendRequest(renderedRequest, { uri: source }))?.releases ?? [];
  if (releases.length === 0) {
    void vscode.window.showInformationMessage("No release that plimsoll knows is made of this file.");
    return;
  }
  const release = releases.length === 1 ? releases[0] : await vscode.window.showQuickPick(releases, { title: "Which release?" });
  if (release === undefined) return;
  const uri = vscode.Uri.from({ scheme: SCHEME, ...encode({ source, release }) });
  await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: false });
}

/** Puts the cursor on the place that made the line under the cursor of a rendered manifest. */
export async function goToSource(manifests: RenderedManifests, editor: vscode.TextEditor): Promise<void> {
  const location = manifests.locationOf(editor.document, editor.selection.active.line);
  if (location === undefined) {
    void vscode.window.showInformationMessage("plimsoll does not know what made this line.");
    return;
  }
  await reveal(location, editor, false);
}

/** Shows, without leaving the rendered manifest, what made the line that was clicked. */
export async function followClick(manifests: RenderedManifests, event: vscode.TextEditorSelectionChangeEvent): Promise<void> {
  const document = event.textEditor.document;
  const clicked = event.kind === vscode.TextEditorSelectionChangeKind.Mouse && event.textEditor.selection.isEmpty;
  if (document.uri.scheme !== SCHEME || !clicked) return;
  const location = manifests.locationOf(document, event.textEditor.selection.active.line);
  if (location !== undefined) await reveal(location, event.textEditor, true);
}

async function reveal(location: vscode.Location, from: vscode.TextEditor, preserveFocus: boolean): Promise<void> {
  await vscode.window.showTextDocument(location.uri, { selection: location.range, viewColumn: columnFor(location.uri, from), preserveFocus });
}

/** The column in which a file is shown already, else one that does not cover the rendered manifest. */
function columnFor(uri: vscode.Uri, from: vscode.TextEditor): vscode.ViewColumn {
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
  if (shown?.viewColumn !== undefined) return shown.viewColumn;
  return from.viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
