// Opens a page with a browser program in Chromium, prints its console, and
// ends when the events have been answered.
// Usage: SENTRY_DSN=… node chromium.mjs BUNDLES PROGRAM IMPORT=BUNDLE...
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";

const EVENTS = 3;
const PATIENCE_MS = 20_000;
const QUIET_MS = 300;

const [bundles, program, ...imports] = process.argv.slice(2);
const importMap = { imports: Object.fromEntries(imports.map((pair) => pair.split("="))) };
const pageSource = `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><div id="shop"></div>
<script>window.sentryDsn = ${JSON.stringify(process.env.SENTRY_DSN)};</script>
<script type="importmap">${JSON.stringify(importMap)}</script><script type="module" src="/${program}"></script></html>`;

async function respond(request, response) {
  const name = path.basename(request.url);
  try {
    const isPage = request.url === "/";
    const folder = name === program ? import.meta.dirname : bundles;
    const body = isPage ? pageSource : await readFile(path.join(folder, name));
    response.writeHead(200, { "Content-Type": isPage ? "text/html" : "text/javascript" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

const isEvent = (request) =>
  request.method() === "POST" &&
  (request.url().includes("/store/") || /^\{.*"type":"event"/m.test(request.postData() ?? ""));

const server = createServer(respond).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage();
let answered = 0;
page.on("console", (message) => console.log(`${message.type()}: ${message.text()}`));
page.on("requestfailed", (request) => console.log(`request failed: ${request.url()} ${request.failure().errorText}`));
page.on("requestfinished", (request) => (answered += isEvent(request) ? 1 : 0));
const address = `http://127.0.0.1:${server.address().port}/`;
console.log(`page ${address}`);
await page.goto(address);
const deadline = Date.now() + PATIENCE_MS;
while (answered < EVENTS && Date.now() < deadline) await page.waitForTimeout(20);
await page.waitForTimeout(QUIET_MS);
await browser.close();
server.close();
if (answered !== EVENTS) {
  console.log(`${answered} of ${EVENTS} events were answered`);
  process.exit(1);
}
