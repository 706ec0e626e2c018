import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { initializationOptions, needsRestart, readSettings } from "../src/settings";

interface Declared {
  contributes: {
    configuration: { properties: Record<string, { default: unknown }> };
    commands: { command: string }[];
  };
}

const declared = (JSON.parse(readFileSync("package.json", "utf8")) as Declared).contributes;

test("where nothing is set, settings are what package.json declares as defaults", () => {
  const defaults = declared.configuration.properties;
  const settings = readSettings(() => undefined);
  for (const [key, value] of Object.entries(settings)) {
    assert.deepEqual(value, defaults[`plimsoll.${key}`]?.default, key);
  }
  const read = [...Object.keys(settings).map((key) => `plimsoll.${key}`), "plimsoll.trace.server"];
  assert.deepEqual(Object.keys(defaults).sort(), read.sort());
});

test("a value of a wrong type counts as not set", () => {
  const wrong: Record<string, unknown> = { path: " ", arguments: ["lsp", 3], debounceMs: -1, inlayHints: "yes", followClicks: 0 };
  assert.deepEqual(readSettings((key) => wrong[key]), {
    path: "plimsoll",
    arguments: ["lsp"],
    debounceMs: 10,
    inlayHints: false,
    followClicks: true,
  });
});

test("what is set is what the server is told", () => {
  const set: Record<string, unknown> = { debounceMs: 200, inlayHints: true, path: "p" };
  assert.deepEqual(initializationOptions(readSettings((key) => set[key])), { debounceMs: 200, inlayHints: true });
});

test("only what the server is started with starts it anew", () => {
  assert.ok(needsRestart((name) => name === "plimsoll.path"));
  assert.ok(needsRestart((name) => name === "plimsoll.arguments"));
  assert.ok(!needsRestart((name) => name === "plimsoll.inlayHints"));
  assert.ok(!needsRestart((name) => name === "plimsoll.followClicks"));
  assert.ok(!needsRestart((name) => name === "plimsoll.trace.server"));
});
