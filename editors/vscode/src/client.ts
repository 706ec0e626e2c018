// Makes the client that talks to `plimsoll lsp`.

import { LanguageClient, RevealOutputChannelOn, type DocumentSelector } from "vscode-languageclient/node";
import type { LogOutputChannel } from "vscode";
import { initializationOptions, type Settings } from "./settings";

/**
 * The files that the server is told about: YAML of any sort, and what only templates have. Files of other
 * schemes (a diff's left side, a rendered manifest) are not on disk, where their repository would be.
 */
const DOCUMENTS: DocumentSelector = [
  { scheme: "file", language: "yaml" },
  { scheme: "file", language: "helm" },
  { scheme: "file", language: "helm-template" },
  { scheme: "file", pattern: "**/templates/**/*.{tpl,txt}" },
];

/** A client, not yet started, of the program at a path. */
export function createClient(program: string, settings: Settings, output: LogOutputChannel): LanguageClient {
  const server = { command: program, args: settings.arguments };
  return new LanguageClient("plimsoll", "plimsoll", server, {
    documentSelector: DOCUMENTS,
    initializationOptions: initializationOptions(settings),
    // Later changes of the settings are passed on.
    synchronize: { configurationSection: "plimsoll" },
    outputChannel: output,
    // The status item says that something is wrong; the output does not push itself before the text.
    revealOutputChannelOn: RevealOutputChannelOn.Never,
  });
}
