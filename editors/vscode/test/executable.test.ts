import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { candidates, findExecutable, type Surroundings } from "../src/executable";

const LINUX: Surroundings = { env: { PATH: "/usr/bin::/opt/bin" }, platform: "linux", home: "/home/ann", workspace: "/code/shop" };
const WINDOWS: Surroundings = {
  env: { Path: "C:\\bin;D:\\tools", PATHEXT: ".EXE;.CMD" },
  platform: "win32",
  home: "C:\\Users\\ann",
  workspace: "C:\\shop",
};

test("a bare name is looked up on PATH, and an empty entry of it is no folder", () => {
  assert.deepEqual(candidates("plimsoll", LINUX), ["/usr/bin/plimsoll", "/opt/bin/plimsoll"]);
});

test("a path is taken as it is; a relative one starts at the workspace", () => {
  assert.deepEqual(candidates("/opt/plimsoll", LINUX), ["/opt/plimsoll"]);
  assert.deepEqual(candidates("bin/plimsoll", LINUX), ["/code/shop/bin/plimsoll"]);
  assert.deepEqual(candidates("~/.cargo/bin/plimsoll", LINUX), ["/home/ann/.cargo/bin/plimsoll"]);
  assert.deepEqual(candidates("${workspaceFolder}/.venv/bin/plimsoll", LINUX), ["/code/shop/.venv/bin/plimsoll"]);
});

test("Windows' endings are tried where the name has none", () => {
  assert.deepEqual(candidates("plimsoll", WINDOWS), [
    "C:\\bin\\plimsoll.EXE",
    "C:\\bin\\plimsoll.CMD",
    "D:\\tools\\plimsoll.EXE",
    "D:\\tools\\plimsoll.CMD",
  ]);
  assert.deepEqual(candidates("~\\plimsoll.exe", WINDOWS), ["C:\\Users\\ann\\plimsoll.exe"]);
});

test("the first file that can be run is found; a folder or a plain file of that name is not", async (context) => {
  const root = mkdtempSync(join(tmpdir(), "plimsoll-"));
  context.after(() => rmSync(root, { recursive: true }));
  const folder = (name: string): string => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  mkdirSync(join(folder("a"), "plimsoll"));
  writeFileSync(join(folder("b"), "plimsoll"), "text");
  chmodSync(join(root, "b", "plimsoll"), 0o644);
  writeFileSync(join(folder("c"), "plimsoll"), "#!/bin/sh\n", { mode: 0o755 });
  const around = { ...LINUX, env: { PATH: ["a", "b", "c", "none"].map((name) => join(root, name)).join(":") } };
  assert.equal(await findExecutable("plimsoll", around), join(root, "c", "plimsoll"));
  assert.equal(await findExecutable("plimsol", around), undefined);
  assert.equal(await findExecutable("plimsoll", { ...around, env: {} }), undefined);
});
