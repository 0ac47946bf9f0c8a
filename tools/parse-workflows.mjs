// Parses workflow files, and action.yml files, with GitHub's own parser, and prints each error with its place.
// Use: node --import ./tools/json-imports.mjs tools/parse-workflows.mjs FILE...

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";
import { parseAction } from "@actions/workflow-parser/actions/action-parser";

const errorsOf = async (name) => {
  const file = { name, content: await readFile(name, "utf8") };
  const isAction = /^action\.ya?ml$/.test(basename(name));
  const { context, value } = (isAction ? parseAction : parseWorkflow)(file, new NoOperationTraceWriter());
  if (!isAction && value) {
    await convertWorkflowTemplate(context, value);
  }
  return context.errors.getErrors().map((error) => error.message);
};

const files = process.argv.slice(2);
let failures = 0;
for (const name of files) {
  for (const message of await errorsOf(name)) {
    failures += 1;
    console.error(message.includes(name) ? message : `${name}: ${message}`);
  }
}
if (failures > 0) {
  process.exit(1);
}
console.log(`ok -- GitHub's parser read ${files.length} files`);
