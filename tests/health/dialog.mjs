// The real browser SDK's Sentry.showReportDialog() in Chromium, on a page of another origin with a
// strict content security policy: the form appears, is sent, and says so.
// Usage: CULPRIT_TEST_PACKAGES=… SENTRY_DSN=… node dialog.mjs
import { createServer } from "node:http";
import { launch, openContext } from "../lib/browser.mjs";
import { load } from "../lib/packages.mjs";
import { check, equal, finish, ok } from "../lib/tap.mjs";

const started = Date.now();
const dsn = process.env.SENTRY_DSN;
const origin = new URL(dsn).origin;
const { outputFiles } = await load("esbuild").build({
  stdin: { contents: 'export * from "@sentry/browser";', resolveDir: process.env.CULPRIT_TEST_PACKAGES },
  bundle: true, format: "iife", globalName: "Sentry", write: false, logLevel: "error",
});
const shop = `Sentry.init({ dsn: ${JSON.stringify(dsn)}, release: "shop@2", environment: "test" });
document.querySelector("button").addEventListener("click", () => {
  const eventId = Sentry.captureException(new Error("the basket is gone"));
  Sentry.showReportDialog({ eventId, title: "Oh <b>dear</b>", user: { name: "Ada <x>", email: "ada@shop.example" },
    onClose: () => document.body.dataset.closed = "yes" });
});`;
const page = `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">
<button>Break it</button><script src="/sentry.js"></script><script src="/shop.js"></script></html>`;
const files = { "/": ["text/html", page], "/sentry.js": ["text/javascript", outputFiles[0].text], "/shop.js": ["text/javascript", shop] };
const server = createServer((request, response) => {
  const [type, body] = files[request.url] ?? ["text/plain", ""];
  response.writeHead(files[request.url] ? 200 : 404, {
    "Content-Type": type,
    "Content-Security-Policy": `default-src 'none'; img-src data:; script-src 'self' ${origin}; connect-src ${origin}`,
  }).end(body);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));

const browser = await launch();
const context = await openContext(browser);
const tab = await context.newPage();
await check("the report dialog of @sentry/browser", async () => {
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.getByRole("button", { name: "Break it" }).click();
  const form = tab.getByRole("dialog", { name: "Oh <b>dear</b>" });
  await form.waitFor();
  equal(await form.getByLabel("Name").inputValue(), "Ada <x>", "it knows the user's name");
  equal(await form.getByLabel("Email").inputValue(), "ada@shop.example", "and the email address");
  ok(await form.getByLabel("Name").evaluate((input) => input === document.activeElement), "its first field has the focus");
  await form.getByLabel("What happened?").fill("I pressed the button — „weg“");
  await tab.screenshot({ path: "build/screenshots/report-dialog.png" });
  await form.getByRole("button", { name: "Send" }).click();
  await form.getByText("Thank you").waitFor();
  await form.getByRole("button", { name: "Close" }).click();
  await form.waitFor({ state: "detached" });
  await tab.locator("body[data-closed=yes]").waitFor({ state: "attached" });
  ok(true, "the SDK hears that it was closed");
  equal(await tab.evaluate(() => document.activeElement.textContent), "Break it", "the focus is back where it was");
});
equal(context.offences.join("\n"), "", "no script error, console error or broken policy");
await browser.close();
server.close();
process.exit(finish("dialog", started));
