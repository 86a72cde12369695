// Asks the server for its schema as GraphiQL does, builds a client's schema of it, checks documents against that, and
// sends them. Reads a list of {name, document, variables, isWrong} from standard input; prints one JSON line for each.
import { readFileSync } from "node:fs";
import { buildClientSchema, getIntrospectionQuery, parse, printSchema, specifiedRules, validate, validateSchema } from "graphql";

const url = `${process.env.CULPRIT_URL}/api/graphql`;
const headers = { "Content-Type": "application/json", Authorization: `Bearer ${process.env.CULPRIT_TOKEN}` };

async function ask(query, variables) {
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return answer.json();
}

function print(result) {
  console.log(JSON.stringify(result));
}

const variants = {
  plain: {},
  "without descriptions": { descriptions: false },
  everything: { specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true },
};
let schema;
for (const [name, options] of Object.entries(variants)) {
  const { data, errors } = await ask(getIntrospectionQuery(options));
  if (errors) {
    print({ schema: name, errors });
    continue;
  }
  schema = buildClientSchema(data);
  const faults = validateSchema(schema).map((error) => error.message);
  print({ schema: name, faults, types: Object.keys(schema.getTypeMap()), sdl: printSchema(schema) });
}

for (const { name, document, variables } of JSON.parse(readFileSync(0, "utf8"))) {
  let faults;
  try {
    faults = validate(schema, parse(document), specifiedRules).map((error) => error.message);
  } catch (error) {
    faults = [error.message];
  }
  const { data, errors } = await ask(document, variables);
  print({ name, faults, data, errors });
}
