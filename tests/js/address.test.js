import assert from "node:assert/strict";
import { test } from "node:test";

import { BASE, address } from "../../static/js/address.js";

const under = (base) => new URL(base, "https://voice.example:8443");

test("a path of the server becomes an address at the root and under a sub-path", () => {
  assert.equal(address("/watch/abc", { base: under("/") }), "https://voice.example:8443/watch/abc");
  assert.equal(address("/watch/abc", { base: under("/emotion/") }), "https://voice.example:8443/emotion/watch/abc");
});

test("a sub-path that the server knows of is not put in front twice", () => {
  const base = under("/emotion/");
  assert.equal(address("/emotion/samples/a.flac", { root: "/emotion/", base }), "https://voice.example:8443/emotion/samples/a.flac");
  assert.equal(address("/samples/a.flac", { root: "/emotion/", base }), "https://voice.example:8443/emotion/samples/a.flac");
});

test("no path leads to another site", () => {
  for (const path of ["//evil.example/x", "/javascript:alert(1)"]) {
    assert.equal(new URL(address(path, { base: under("/emotion/") })).origin, "https://voice.example:8443", path);
  }
});

test("the root is found from the place of the modules", () => assert.match(BASE.href, /\/$/));
