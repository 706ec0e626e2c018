import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../src/address";

test("the address of a rendered manifest is read as it was written", () => {
  const address = { source: "file:///code/a%20b/values%3Fx.yaml", release: "team/web&1" };
  assert.deepEqual(decode(encode(address).query), address);
});

test("the editor's tab is named after the release", () => {
  assert.equal(encode({ source: "file:///v.yaml", release: "team/web" }).path, "/team/web (rendered).yaml");
});

test("a query that is no address gives nothing", () => {
  for (const query of ["", "x", "[]", '["file:///v.yaml"]', "[1,2]", '{"source":"a"}']) {
    assert.equal(decode(query), undefined, query);
  }
});
