import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { LANGUAGES } from "../../static/js/language.js";
import { STATES } from "../../static/js/state.js";
import { sentence, strings, word } from "../../static/js/strings.js";
import { STATES as VIEWS } from "../../static/js/view.js";

const read = (name) => readFile(new URL(`../../templates/${name}`, import.meta.url), "utf8");

// A page with the base that it extends: its blocks in their places.
async function template(name) {
  const page = await read(`${name}.html`);
  const [, base] = page.match(/^\{% extends "([a-z.]+)" %\}/);
  const blocks = Object.fromEntries([...page.matchAll(/\{% block (\w+) %\}([^]*?)\{%-? endblock %\}/g)].map(([, key, text]) => [key, text]));
  return (await read(base)).replace(/\{%-? block (\w+) %\}\{% endblock %\}/g, (_, key) => blocks[key] ?? "");
}

for (const [name, title] of [["index", strings.title], ["watch", strings.watch_title]]) {
  test(`the texts of ${name}.html are the catalogue's`, async () => {
    const page = await template(name);
    const found = [...page.matchAll(/data-text="([a-z_]+)"[^>]*>([^<]*)</g)];
    assert.ok(found.length > 10, "the template's texts carry data-text");
    const labels = [...page.matchAll(/aria-label="([^"]+)" data-label="([a-z_]+)"/g)].map(([, text, key]) => ["", key, text]);
    for (const [, key, text] of [...found, ...labels]) assert.equal(text, strings[key], key);
    assert.ok(page.includes(`<title>${title}</title>`));
  });
}

for (const language of LANGUAGES.slice(1)) {
  test(`the ${language} catalogue says all that the English one says, and nothing else`, async () => {
    const { default: other } = await import(`../../static/js/catalogue/${language}.js`);
    const compare = (ours, theirs, path) => {
      assert.equal(typeof theirs, typeof ours, path);
      if (typeof ours === "object") {
        assert.deepEqual(Object.keys(theirs), Object.keys(ours), path);
        for (const key of Object.keys(ours)) compare(ours[key], theirs[key], `${path}.${key}`);
      } else if (typeof ours === "function") {
        assert.equal(theirs.length, ours.length, path);
        const told = path.includes(".errors.") ? theirs({ max_upload_mb: 95, max_clip_s: 600 }) : theirs("x", 1, 2, 3);
        assert.doesNotMatch(told, /undefined|NaN/, path);
      } else {
        const end = /[.…:]?$/;
        assert.equal(theirs.match(end)[0], ours.match(end)[0], `${path} ends alike`);
        if (ours.length > 24) assert.notEqual(theirs, ours, `${path} is translated`);
      }
    };
    compare(strings, other, language);
  });
}

test("every state of both pages and of a link has its words", () => {
  for (const state of STATES) assert.match(strings.states[state], /^[A-Z].*[.…]$/, state);
  for (const state of VIEWS) {
    assert.match(strings.watch[state], /^[A-Z].*[.…]$/, state);
    assert.ok(strings.watch.badge[state], state);
  }
  for (const code of ["busy", "address", "rate_limited", "draining", "server_gone"]) assert.match(strings.queue[code], /\.$/, code);
});

test("one is not several", () => {
  assert.equal(strings.skipped(1), "The server is busy: 1 moment was skipped.");
  assert.equal(strings.skipped(3), "The server is busy: 3 moments were skipped.");
  assert.deepEqual([0, 1, 2].map(strings.share.watchers), ["Nobody watching yet", "1 watching", "2 watching"]);
});

test("every code of the server and of the browser has a sentence", () => {
  const codes = [
    "no_file", "unsupported_media", "undecodable", "too_large", "too_long", "empty", "rate_limited", "busy", "too_fast", "idle",
    "draining", "skipped", "internal", "no_microphone", "refused", "insecure", "unsupported", "server_gone", "microphone_busy", "microphone_gone", "websocket_blocked",
    "origin_refused", "folder", "unreadable", "many_files",
  ];
  for (const code of codes) {
    for (const where of ["live", "file"]) {
      const text = sentence(code, { where, limit: { max_upload_mb: 95, max_clip_s: 600 } });
      assert.match(text, /^[A-Z].*\.$/, code);
      assert.notEqual(text, strings.errors.unknown, code);
      assert.doesNotMatch(text, /undefined|NaN/, code);
    }
  }
});

test("an unknown code has a sentence too", () => assert.equal(sentence("what?"), strings.errors.unknown));

test("the sentence for the same code suits what was being done", () => {
  assert.notEqual(sentence("undecodable", { where: "file" }), sentence("undecodable", { where: "live" }));
  assert.match(sentence("too_long", { where: "file", limit: { max_clip_s: 600 } }), /10 minutes/);
});

test("a result says how the voice sounds, and says it more softly the less sure it is", () => {
  const sure = strings.result.yours("happy", 0.9);
  const less = strings.result.yours("happy", 0.5);
  const guess = strings.result.yours("happy", 0.3);
  assert.equal(new Set([sure, less, guess].map((text) => text.replace(/\d+/, ""))).size, 3);
  for (const text of [sure, less, guess]) {
    assert.match(text, /^Your voice sounded .*happy.*: \d+\s%\.$/);
  }
});

test("nowhere does the page claim to know what anyone feels", () => {
  const all = [];
  const walk = (value) => {
    if (typeof value === "string") all.push(value);
    else if (typeof value === "function") all.push(value("happy", 0.5, 1));
    else Object.values(value).forEach(walk);
  };
  walk(strings);
  for (const text of all) assert.doesNotMatch(text, /\byou (feel|are (happy|sad|angry|fearful|neutral))|\byour (mood|feelings?|emotions?)\b/i, text);
});

test("labels that the catalogue lacks stand for themselves", () => {
  assert.equal(word("silence"), "silence");
  assert.equal(word("bored"), "bored");
});
