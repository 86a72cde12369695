// validate.mjs SCHEMA - checks answers against an OpenAPI 3.0 description, with ajv.
//
// Reads lines {"path": "/api/0/…{issue_id}/", "method": "get", "status": 200, "body": …} and writes for
// each a line: {"error": "…"} when the description does not know such an answer, else
// {"violations": [{"at": "/0/id", "keyword": "type", "message": "must be string"}, …]}. Without a body
// in the description there is nothing to violate.
import { readFileSync } from "node:fs";
import readline from "node:readline";
import { load } from "../lib/packages.mjs";

const Ajv = load("ajv").default;
const addFormats = load("ajv-formats").default;
const description = JSON.parse(readFileSync(process.argv[2], "utf8"));

// OpenAPI's `nullable` speaks of the whole schema beside it; ajv wants a type there.
function readable(schema) {
  if (Array.isArray(schema)) return schema.map(readable);
  if (schema === null || typeof schema !== "object") return schema;
  const made = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, readable(value)]));
  if (made.nullable !== true || "type" in made) return made;
  delete made.nullable;
  return { anyOf: [made, { type: "null" }] };
}

const components = readable(description.components);
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const compiled = new Map();

function validatorOf(schema, name) {
  if (!compiled.has(name)) compiled.set(name, ajv.compile({ components, allOf: [readable(schema)] }));
  return compiled.get(name);
}

function check({ path, method, status, body }) {
  const operation = description.paths[path]?.[method];
  if (!operation) return { error: `there is no ${method} ${path} in the description` };
  const response = operation.responses[status] ?? operation.responses.default;
  if (!response) return { error: `${status} is not described; ${Object.keys(operation.responses)} are` };
  const schema = response.content?.["application/json"]?.schema;
  if (!schema) return { violations: [] };
  const validate = validatorOf(schema, `${method} ${path} ${status}`);
  const violations = validate(body) ? [] : validate.errors;
  return { violations: violations.map((v) => ({ at: v.instancePath, keyword: v.keyword, message: v.message })) };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(check(JSON.parse(line))));
}
