// Evaluates the `if:` of a workflow's jobs with GitHub's own parser and evaluator, for each case of job results.
// Use: node --import tools/json-imports.mjs tests/docs/conditions.mjs TOOLS, and then a question a line, each answered by one.
// question: {"workflow": text, "cases": [{"job", "needs": {job: result}, "cancelled": bool}]}; answer: a list of booleans,
// or {"error": text}.

import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const packages = resolve(process.argv[2], "node_modules/@actions");
const load = (path) => import(pathToFileURL(resolve(packages, path)).href);
const { Evaluator, Lexer, Parser, data } = await load("expressions/dist/index.js");
const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await load("workflow-parser/dist/index.js");

const conditionsOf = async (workflow) => {
  const file = { name: "workflow.yml", content: workflow };
  const { context, value } = parseWorkflow(file, new NoOperationTraceWriter());
  const template = await convertWorkflowTemplate(context, value);
  const errors = context.errors.getErrors();
  if (errors.length > 0) {
    throw new Error(errors.map((error) => error.message).join("\n"));
  }
  return new Map(template.jobs.map((job) => [job.id.value, job.if.expression]));
};

// The runner's status functions: GitHub's documentation of status check functions.
const functions = (results, cancelled) => {
  const of = (name, answer) => ({
    name,
    description: "",
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  });
  return [
    of("always", true),
    of("cancelled", cancelled),
    of("failure", !cancelled && results.includes("failure")),
    of("success", !cancelled && results.every((result) => result === "success")),
  ];
};

const dictionary = (entries) => new data.Dictionary(...entries.map(([key, entry]) => ({ key, value: entry })));

const needsOf = (needs) =>
  dictionary(
    Object.entries(needs).map(([job, { result, outputs }]) => [
      job,
      dictionary([
        ["result", new data.StringData(result)],
        ["outputs", dictionary(Object.entries(outputs ?? {}).map(([key, text]) => [key, new data.StringData(text)]))],
      ]),
    ]),
  );

const runs = (condition, { needs, cancelled }) => {
  const known = functions(
    Object.values(needs).map((need) => need.result),
    cancelled,
  );
  const { tokens } = new Lexer(condition).lex();
  const tree = new Parser(tokens, ["needs", "github", "inputs", "vars"], known).parse();
  const contexts = dictionary([["needs", needsOf(needs)]]);
  const answer = new Evaluator(tree, contexts, new Map(known.map((entry) => [entry.name, entry]))).evaluate();
  const falsy = ["", "0", "false", "null"].includes(answer.coerceString()) || answer.coerceString() === "NaN";
  return !falsy;
};

const answer = async ({ workflow, cases }) => {
  const conditions = await conditionsOf(workflow);
  return cases.map((one) => runs(conditions.get(one.job), one));
};

for await (const question of createInterface({ input: process.stdin })) {
  const answered = await answer(JSON.parse(question)).catch((error) => ({ error: String(error) }));
  console.log(JSON.stringify(answered));
}
