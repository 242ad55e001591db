/** What index.html asks for ahead of time is what the modules will ask for, no less and no more. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../../", import.meta.url);
/** Where the files of an address of the page lie in the sources. */
const FOLDERS = { js: "web/js/", engine: "wasm-model/js/" };
const html = readFileSync(new URL("web/index.html", ROOT), "utf8");

/** The modules that this one imports statically, and those that they import. */
function imported(address, seen = new Set()) {
  const [folder, name] = address.split("/");
  const source = readFileSync(new URL(FOLDERS[folder] + name, ROOT), "utf8");
  for (const [, found] of source.matchAll(/^(?:import|\}) .*?"\.\/([\w-]+\.js)";$/gm)) {
    const next = `${folder}/${found}`;
    if (seen.has(next)) continue;
    seen.add(next);
    imported(next, seen);
  }
  return seen;
}

test("every module of the start is preloaded", () => {
  const [, entry] = /<script type="module" src="([^"]+)">/.exec(html);
  const needed = new Set([...imported(entry), "engine/tickertone.js", ...imported("engine/tickertone.js")]);
  const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, address]) => address);
  assert.deepEqual(preloaded.toSorted(), [...needed].toSorted());
});

test("every address is relative, so that the page may lie anywhere", () => {
  const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address);
  assert.ok(addresses.length > 20);
  for (const address of addresses) assert.doesNotMatch(address, /^(\/|[a-z]+:)/, address);
});
