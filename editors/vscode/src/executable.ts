// Finds the program that serves.

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import * as path from "node:path";

/** What the search for a program may look at. */
export interface Surroundings {
  /** The environment, for `PATH` and on Windows `PATHEXT`. */
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  home: string;
  /** The first folder of the workspace, if one is open. */
  workspace: string | undefined;
}

/**
 * Gives the path of the program that the setting `plimsoll.path` names, or nothing where there is none
 * that can be run. A bare name is looked up on `PATH`; a relative path starts at the workspace's folder.
 */
export async function findExecutable(named: string, around: Surroundings): Promise<string | undefined> {
  for (const candidate of candidates(named, around)) {
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
}

/** The paths at which a program of this name may be, in the order in which they are tried. */
export function candidates(named: string, around: Surroundings): string[] {
  const paths = around.platform === "win32" ? path.win32 : path.posix;
  const full = expand(named, around);
  const bases =
    full === paths.basename(full)
      ? folders(around, paths).map((folder) => paths.join(folder, full))
      : [around.workspace === undefined ? full : paths.resolve(around.workspace, full)];
  return bases.flatMap((base) => endings(base, around, paths).map((ending) => base + ending));
}

function expand(named: string, around: Surroundings): string {
  const home = named.replace(/^~(?=$|[/\\])/, () => around.home);
  return home.replaceAll("${workspaceFolder}", () => around.workspace ?? ".");
}

function folders(around: Surroundings, paths: path.PlatformPath): string[] {
  const listed = around.env["PATH"] ?? around.env["Path"] ?? "";
  // An empty entry means the current folder to a shell, and no one means that here.
  return listed.split(paths.delimiter).filter((folder) => folder !== "");
}

function endings(base: string, around: Surroundings, paths: path.PlatformPath): string[] {
  if (around.platform !== "win32" || paths.extname(base) !== "") return [""];
  return (around.env["PATHEXT"] ?? ".EXE").split(";").filter((ending) => ending !== "");
}

async function isProgram(candidate: string): Promise<boolean> {
  try {
    await access(candidate, constants.X_OK);
    return (await stat(candidate)).isFile();
  } catch {
    return false;
  }
}
