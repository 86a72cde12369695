// Loads packages from the folder that npm installed them in, which lies under
// build/ and so beside no test: `const { chromium } = load("playwright-core")`.
import { createRequire } from "node:module";
import path from "node:path";

const folder = process.env.CULPRIT_TEST_PACKAGES;
if (!folder) throw new Error("CULPRIT_TEST_PACKAGES must name the folder that holds node_modules");
export const load = createRequire(path.join(folder, "package.json"));
