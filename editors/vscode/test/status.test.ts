import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../src/protocol";
import { shown } from "../src/status";

const CLEAN: Status = { busy: false, files: 1, releases: 2, error: 0, warning: 0, info: 0 };

test("a clean workspace shows how much was looked at", () => {
  assert.deepEqual(shown({ kind: "running", status: CLEAN }), {
    text: "plimsoll $(pass)",
    detail: "2 releases, 1 file",
    level: "information",
    busy: false,
  });
});

test("findings are counted by severity, and none are not", () => {
  const status = { ...CLEAN, busy: true, error: 3, info: 1 };
  assert.equal(shown({ kind: "running", status }).text, "plimsoll $(error) 3 $(info) 1");
  assert.ok(shown({ kind: "running", status }).busy);
});

test("what a person should know stands in place of the counts, and is loud", () => {
  const status = { ...CLEAN, message: "plimsoll.yaml:3: unknown key `ignroe`" };
  const { detail, level } = shown({ kind: "running", status });
  assert.deepEqual([detail, level], ["plimsoll.yaml:3: unknown key `ignroe`", "warning"]);
});

test("a server that is not there is an error", () => {
  assert.equal(shown({ kind: "missing" }).level, "error");
  assert.equal(shown({ kind: "stopped" }).level, "error");
  assert.equal(shown({ kind: "starting" }).level, "information");
  assert.equal(shown({ kind: "running" }).detail, "running");
});
