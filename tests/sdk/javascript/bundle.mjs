// Bundles what the browser programs import, one ES module for each, so that
// their own files are served as they are written and keep their lines.
// Usage: node bundle.mjs OUTPUT-DIRECTORY
import { build } from "esbuild";

const output = process.argv[2];
const modules = {
  browser5: 'export * from "browser5";',
  browser8: 'export * from "browser8";',
  browser11: 'export * from "browser11";',
  react11: 'export * from "react11"; export { createElement } from "react"; export { createRoot } from "react-dom/client";',
  raven: 'export { default } from "raven-js";',
};

await Promise.all(
  Object.entries(modules).map(([name, contents]) =>
    build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      format: "esm",
      define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
      mainFields: ["module", "main"],
      outfile: `${output}/${name}.js`,
      logLevel: "error",
    }),
  ),
);
