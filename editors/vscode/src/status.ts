// What the status item shows.

import type { Status } from "./protocol";

/** The state of the server, as the extension knows it. */
export type ServerState = { kind: "starting" } | { kind: "missing" } | { kind: "stopped" } | { kind: "running"; status?: Status };

/** A status item's parts: icons in `$(name)`, and how loud it is. */
export interface Shown {
  text: string;
  detail: string;
  level: "information" | "warning" | "error";
  busy: boolean;
}

/** Words a state for the status item. */
export function shown(state: ServerState): Shown {
  switch (state.kind) {
    case "starting":
      return { text: "plimsoll", detail: "starting", level: "information", busy: true };
    case "missing":
      return { text: "plimsoll", detail: "the program was not found", level: "error", busy: false };
    case "stopped":
      return { text: "plimsoll", detail: "the server is not running", level: "error", busy: false };
    case "running":
      return state.status === undefined
        ? { text: "plimsoll", detail: "running", level: "information", busy: false }
        : ofStatus(state.status);
  }
}

function ofStatus(status: Status): Shown {
  const found = [counted("$(error)", status.error), counted("$(warning)", status.warning), counted("$(info)", status.info)]
    .filter((part) => part !== "")
    .join(" ");
  const size = `${plural(status.releases, "release")}, ${plural(status.files, "file")}`;
  return {
    text: `plimsoll ${found === "" ? "$(pass)" : found}`,
    detail: status.message ?? size,
    level: status.message === undefined ? "information" : "warning",
    busy: status.busy,
  };
}

function counted(icon: string, count: number): string {
  return count === 0 ? "" : `${icon} ${count}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
