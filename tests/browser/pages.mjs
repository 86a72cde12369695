// Every page, wide and narrow, light and dark: accessibility, markup, size,
// and a picture to look at.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { desktop, mobile, openContext } from "../lib/browser.mjs";
import { load } from "../lib/packages.mjs";
import { equal, ok } from "../lib/tap.mjs";
import { checkoutError, helloMessage, stockError, blockedImage } from "./shop.mjs";
import { signIn } from "./stories.mjs";

const { AxeBuilder } = load("@axe-core/playwright");
const { HtmlValidate } = load("html-validate");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const colourRules = ["color-contrast", "link-in-text-block"];
export const pictures = path.resolve(import.meta.dirname, "../../build/screenshots");
const LIST_LIMIT_BYTES = 15 * 1024;

const htmlValidate = new HtmlValidate({
  extends: ["html-validate:document", "html-validate:recommended"],
  rules: {
    "no-inline-style": "error",
    "heading-level": ["error", { minInitialRank: "any" }], // the navigation has headings, and comes first
    "long-title": "off", // titles hold an error's text
    "require-sri": "off", // everything comes from our own server
    "prefer-native-element": ["error", { exclude: ["region"] }], // scrolling <pre> and <code> need a role and a name
    "no-implicit-input-type": "off",
    "no-trailing-whitespace": "off",
    "doctype-style": "off",
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }], // ticking several
  },
});

// What else an SDK sends: sessions, check-ins, feedback.
async function sendHealth(server, eventId) {
  const { origin, username, pathname } = new URL(server.dsn);
  const time = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const attrs = { release: "shop@1.4.2", environment: "production" };
  const aggregates = [0, 70, 200, 410].map((minutes) =>
    ({ started: time(minutes), exited: 400 - minutes / 2, errored: 12, crashed: minutes === 70 ? 9 : 1 }));
  const feedback = { message: "I pressed “Pay” twice and nothing happened.\nThen the basket was empty.", name: "Ada",
    contact_email: "ada@shop.example", url: "https://shop.example/pay", associated_event_id: eventId };
  const monitor_config = { schedule: { type: "crontab", value: "0 2 * * *" }, timezone: "Europe/Berlin", checkin_margin: 5 };
  const items = [
    ["sessions", { attrs, aggregates }], ["sessions", { attrs: { ...attrs, release: "shop@1.4.1" }, aggregates: [aggregates[3]] }],
    ["session", { sid: "a", did: "u1", init: true, started: time(5), status: "crashed", attrs }],
    ["session", { sid: "b", did: "u2", init: true, started: time(5), status: "exited", attrs }],
    ["check_in", { monitor_slug: "nightly-rates", status: "ok", duration: 3.25, release: "shop@1.4.2", monitor_config }],
    ["check_in", { monitor_slug: "nightly-rates", status: "error", environment: "staging", duration: 125 }],
    ["check_in", { monitor_slug: "backup", status: "in_progress", monitor_config: { schedule: { type: "interval", value: 2, unit: "hour" } } }],
    ["check_in", { monitor_slug: "backup", status: "ok", monitor_config: { schedule: { type: "crontab", value: "every day" } } }],
    ["feedback", { contexts: { feedback } }],
  ];
  for (const [type, payload] of items) {
    const body = [{}, { type }, payload].map((part) => JSON.stringify(part)).join("\n");
    const answer = await fetch(`${origin}/api${pathname}/envelope/?sentry_key=${username}`, { method: "POST", body });
    if (answer.status !== 200) throw new Error(`${type} refused: ${answer.status} ${await answer.text()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 2500)); // sessions are written once a second
}

async function fill(server) {
  for (let number = 1; number <= 45; number++) await server.send(server.dsn, stockError(number));
  let eventId;
  for (let number = 1; number <= 3; number++) eventId = await server.send(server.dsn, checkoutError(number));
  await sendHealth(server, eventId);
  await server.send(server.dsn, helloMessage);
  await server.attach(server.dsn, await server.send(server.dsn, blockedImage), {
    "screenshot of the whole shop window.png": "x".repeat(70000), "checkout.log": "one line\n" });
  await sendWhatIsDropped(server);
  await server.createProject("main/quiet");
  await server.command("forge", "add", "GitLab", "https://gitlab.example.org"); // for the settings of linked projects
}

// Of each outcome something, for the page of what was received.
async function sendWhatIsDropped(server) {
  const { origin, pathname, username } = new URL(server.dsn);
  const report = { discarded_events: [{ reason: "queue_overflow", category: "error", quantity: 12 },
    { reason: "a reason of <b>their</b> own", category: "session", quantity: 1 }] };
  const items = ['{"type":"transaction"}\n{}', `{"type":"client_report"}\n${JSON.stringify(report)}`,
    '{"type":"event"}\n{"event_id":"0123456789abcdef0123456789abcdef","message":"twice"}',
    '{"type":"event"}\n{"event_id":"0123456789abcdef0123456789abcdef","message":"twice"}', '{"type":"event"}\n{'];
  for (const item of items)
    await fetch(`${origin}/api${pathname}/envelope/?sentry_key=${username}`, { method: "POST", body: `{}\n${item}\n` });
}

// Resolves to [name, address] of every page; makes what some of them need.
async function pagesOf(page, server) {
  const project = `${server.url}/main/app/-`;
  const list = `${project}/error_tracking`;
  await page.goto(`${list}?query=price`);
  const details = await page.locator("a.e-title").getAttribute("href");
  await page.goto(new URL(details, server.url).href);
  await page.getByRole("button", { name: "Create issue" }).click();
  const issue = page.url();
  await page.goto(`${list}?query=hello`);
  const message = await page.locator("a.e-title").getAttribute("href");
  await page.goto(`${list}?query=evil.example`);
  const report = await page.locator("a.e-title").getAttribute("href");
  await page.goto(`${list}?query=shelf+003`);
  const plain = await page.locator("a.e-title").getAttribute("href");
  await page.goto(`${list}?query=shelf+04`);
  for (const number of [0, 1]) await page.locator(".c-check input").nth(number).check();
  await page.getByRole("button", { name: "Merge" }).click();
  await page.goto(`${list}?query=shelf+04`);
  const merged = await page.locator("a.e-title").first().getAttribute("href");
  await page.goto(`${server.url}/admin/forges`);
  await page.getByLabel("Name").fill("GitLab");
  await page.getByLabel("URL").fill("https://gitlab.example.org");
  await page.getByRole("button", { name: "Add forge" }).click();
  const forge = page.url();
  await page.goto(`${server.url}/admin/forges`);
  return [
    ["projects", `${server.url}/`],
    ["error-list", list],
    ["error-list-frequency", `${list}?sort=frequency`],
    ["error-list-resolved", `${list}?status=resolved`],
    ["error-list-nothing", `${list}?query=no+such+thing`],
    ["error-list-start", `${server.url}/main/quiet/-/error_tracking`],
    ["error-details", details], ["error-details-all-frames", `${details}?frames=all`],
    ["error-details-raw", `${details}?frames=raw`], ["error-details-message", message], ["error-details-plain", plain],
    ["error-details-merged", merged], ["error-details-report", report],
    ["issues", `${project}/issues`], ["issue-new", `${project}/issues/new`], ["issue", issue],
    ["received", `${project}/ingest`], ["received-30d", `${project}/ingest?period=30d`],
    ["received-nothing", `${server.url}/main/quiet/-/ingest`],
    ["settings", `${project}/settings/operations`], ["settings-limits", `${project}/settings/limits`],
    ["settings-privacy", `${project}/settings/privacy`], ["settings-filters", `${project}/settings/filters`],
    ["settings-grouping", `${project}/settings/grouping`], ["settings-gitlab", `${project}/settings/gitlab`],
    ["releases", `${project}/releases`], ["releases-environment", `${project}/releases?environment=production&period=7d`],
    ["release", `${project}/releases/shop@1.4.2`], ["releases-nothing", `${server.url}/main/quiet/-/releases`],
    ["monitors", `${project}/monitors`], ["monitor", `${project}/monitors/nightly-rates`], ["monitor-problem", `${project}/monitors/backup`],
    ["monitors-nothing", `${server.url}/main/quiet/-/monitors`],
    ["feedback", `${project}/feedback`], ["feedback-nothing", `${server.url}/main/quiet/-/feedback`],
    ["account", `${server.url}/-/user_settings/profile`], ["users", `${server.url}/admin/users`],
    ["forges", `${server.url}/admin/forges`], ["forge", forge],
    ["not-found", `${server.url}/main/nowhere/-/error_tracking`],
  ].map(([name, address]) => [name, new URL(address, server.url).href]);
}

// A page differs between light and dark by its colours alone, so the second
// theme is judged by the rules about those.
export async function judgeAccessibility(page, what, theme) {
  const runOnly = theme === "light" ? { type: "tag", values: tags } : { type: "rule", values: colourRules };
  // Legacy mode: there are no frames to look into, and it takes half the time.
  const axe = new AxeBuilder({ page }).options({ runOnly, resultTypes: ["violations"] }).setLegacyMode(true);
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 4).map((node) => `${id}: ${help}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
  ok(found.length === 0, `${what}: axe finds nothing`, ...found);
}

async function judgeMarkup(name, source) {
  const report = await htmlValidate.validateString(source);
  const found = report.results.flatMap((result) => result.messages)
    .map((message) => `${message.line}:${message.column} ${message.ruleId}: ${message.message}`);
  ok(report.valid, `${name}: the markup is valid`, ...found.slice(0, 20));
}

export const isWiderThanWindow = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;

// The preview of scrubbing is the answer to a form, and so has no address of its own.
async function judgePreview(page, address, look) {
  const what = `settings-privacy-preview, ${look.name}`;
  await page.goto(address);
  await page.getByLabel("Rules").fill('replace anything from exception.**.value with "[value]"\nhash anything from user.**');
  await page.getByRole("button", { name: "Preview on kept events" }).click();
  ok(await page.getByRole("cell", { name: "exception.values.*.value" }).count() > 0, `${what}: it shows what would go`);
  await judgeAccessibility(page, what, look.theme);
  ok(!(await page.evaluate(isWiderThanWindow)), `${what}: fits the window's width`);
  await page.screenshot({ path: path.join(pictures, `settings-privacy-preview-${look.name}.png`), fullPage: true });
}

async function judgeLook(browser, storageState, pages, look) {
  const context = await openContext(browser, { storageState, viewport: look.viewport, colorScheme: look.theme });
  const page = await context.newPage();
  for (const [name, address] of pages) {
    const what = `${name}, ${look.name}`;
    await page.goto(address);
    await judgeAccessibility(page, what, look.theme);
    ok(!(await page.evaluate(isWiderThanWindow)), `${what}: fits the window's width`);
    await page.screenshot({ path: path.join(pictures, `${name}-${look.name}.png`), fullPage: true });
  }
  const privacy = pages.find(([name]) => name === "settings-privacy");
  if (privacy) await judgePreview(page, privacy[1], look);
  equal(context.offences.join("\n"), "", `${look.name}: no script error, console error or broken policy`);
  await context.close();
}

export async function judgePages(browser, server) {
  await mkdir(pictures, { recursive: true });
  await fill(server);
  const context = await openContext(browser);
  const page = await context.newPage();
  await signIn(page, server);
  const pages = await pagesOf(page, server);
  const storageState = await context.storageState();
  for (const [name, address] of pages) {
    const answer = await context.request.get(address);
    await judgeMarkup(name, await answer.text());
    if (name === "error-list") {
      const size = gzipSync(await answer.body()).length;
      ok(size <= LIST_LIMIT_BYTES, `the list of errors is small: ${size} bytes of gzip`);
    }
  }
  await context.close();
  const visitor = [["sign-in", `${server.url}/users/sign_in`]];
  await judgeMarkup("sign-in", await (await fetch(visitor[0][1])).text());
  for (const theme of ["light", "dark"])
    for (const [name, viewport] of [["desktop", desktop], ["mobile", mobile]]) {
      const look = { name: `${name}-${theme}`, viewport, theme };
      await judgeLook(browser, storageState, pages, look);
      await judgeLook(browser, undefined, visitor, look);
    }
}
