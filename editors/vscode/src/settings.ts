// The extension's settings, as package.json declares them.

/** What a person has set. */
export interface Settings {
  path: string;
  arguments: string[];
  inlayHints: boolean;
  followClicks: boolean;
}

/** Settings that take effect only when the server is started anew. */
const OF_THE_SERVER = ["path", "arguments", "inlayHints"] as const;

/** Reads the settings; a value of another type than declared counts as not set. */
export function readSettings(get: (key: string) => unknown): Settings {
  return {
    path: text(get("path")) ?? "plimsoll",
    arguments: texts(get("arguments")) ?? ["lsp"],
    inlayHints: get("inlayHints") === true,
    followClicks: get("followClicks") !== false,
  };
}

/** What the server is told when it starts (`initializationOptions`). */
export function initializationOptions(settings: Settings): { inlayHints: boolean } {
  return { inlayHints: settings.inlayHints };
}

/** Whether a change of settings asks for a new server; `changed` answers for a full name. */
export function needsRestart(changed: (name: string) => boolean): boolean {
  return OF_THE_SERVER.some((key) => changed(`plimsoll.${key}`));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
}
