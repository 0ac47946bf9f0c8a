// GitHub's packages import their schemas as plain JSON, as bundlers allow; Node wants to be told `type: 'json'`.
// Use: node --import ./tools/json-imports.mjs ...

import { register } from "node:module";

const hook = `
  export const load = (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);
`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
