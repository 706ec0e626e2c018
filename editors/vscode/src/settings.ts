// The extension's settings, as package.json declares them.

/** What a person has set. */
export interface Settings {
  path: string;
  arguments: string[];
  /** How long the server waits after a keystroke for the next one, in milliseconds. */
  debounceMs: number;
  inlayHints: boolean;
  followClicks: boolean;
}

/** Settings that take effect only when the server is started anew; it is told of the others. */
const OF_THE_START = ["path", "arguments"] as const;

/** Reads the settings; a value of another type than declared counts as not set. */
export function readSettings(get: (key: string) => unknown): Settings {
  return {
    path: text(get("path")) ?? "plimsoll",
    arguments: texts(get("arguments")) ?? ["lsp"],
    debounceMs: duration(get("debounceMs")) ?? 10,
    inlayHints: get("inlayHints") === true,
    followClicks: get("followClicks") !== false,
  };
}

/** What the server is told when it starts (`initializationOptions`). */
export function initializationOptions({ debounceMs, inlayHints }: Settings): Pick<Settings, "debounceMs" | "inlayHints"> {
  return { debounceMs, inlayHints };
}

/** Whether a change of settings asks for a new server; `changed` answers for a full name. */
export function needsRestart(changed: (name: string) => boolean): boolean {
  return OF_THE_START.some((key) => changed(`plimsoll.${key}`));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
}

function duration(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}
