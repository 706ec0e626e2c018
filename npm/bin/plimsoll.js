#!/usr/bin/env node
// Runs the program from the package of this platform, which npm installs beside this one.
"use strict";

const { spawnSync } = require("node:child_process");

const name = `plimsoll-${process.platform}-${process.arch}`;
const program = process.platform === "win32" ? "plimsoll.exe" : "plimsoll";

function find() {
  if (process.env.PLIMSOLL_BINARY) return process.env.PLIMSOLL_BINARY;
  try {
    return require.resolve(`${name}/bin/${program}`);
  } catch {
    console.error(`error: there is no package ${name} here`);
    console.error("  help: install without --no-optional; other platforms build it with `cargo install plimsoll`");
    process.exit(2);
  }
}

const done = spawnSync(find(), process.argv.slice(2), { stdio: "inherit" });
if (done.error) {
  console.error(`error: cannot run plimsoll: ${done.error.message}`);
  process.exit(2);
}
if (done.signal) process.kill(process.pid, done.signal);
process.exit(done.status ?? 2);
