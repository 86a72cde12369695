// The story that started it all, with two real servers and a real SDK: a Sentry is connected, its
// errors are found, read, followed to their commit, made an issue of, ignored, resolved, and come
// back. Told in light and in dark, with issues and commits of this server, and with GitLab's.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { openContext } from "../lib/browser.mjs";
import { Server } from "../lib/server.mjs";
import { check, equal } from "../lib/tap.mjs";
import { Form } from "./connect.mjs";
import { signIn } from "./stories.mjs";

const PYTHON = "/usr/bin/python3"; // Debian's, which has Debian's SDK
const WAIT_MS = 20_000; // a loaded machine; what is done at the other server is done in the background

export function hasSdk() {
  try {
    execFileSync(PYTHON, ["-c", "import sentry_sdk"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function makeRepository() {
  const folder = mkdtempSync(path.join(tmpdir(), "culprit-seed-"));
  const git = (...words) => execFileSync("git", ["-C", folder, ...words], { encoding: "utf8" }).trim();
  git("init", "-q");
  writeFileSync(path.join(folder, "shop.py"), "def divide(cart):\n    return cart['sum'] / cart['rate']\n");
  git("add", "shop.py");
  git("-c", "user.name=Ada Shop", "-c", "user.email=ada@shop.example", "commit", "-q", "-m", "Price baskets in other currencies");
  return { folder, commit: git("rev-parse", "HEAD") };
}

function expect(isTrue, what) {
  if (!isTrue) throw new Error(`expected: ${what}`);
}

const see = (locator) => locator.first().waitFor({ state: "visible", timeout: WAIT_MS });

// Until `isSo` resolves to true; what it was at last is in the failure.
async function until(what, isSo) {
  const deadline = Date.now() + WAIT_MS;
  let last;
  while (Date.now() < deadline) {
    last = await isSo();
    if (last === true) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what}, at last: ${JSON.stringify(last)}`);
}

// With this server's own issues, and commits of a repository on this machine.
class SeedStory {
  constructor(page, server, sentry, name) {
    Object.assign(this, { page, server, sentry, name, home: `${server.url}/main/${name}/-` });
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name) {
    return this.page.getByRole("link", { name, exact: true });
  }

  titles() {
    return this.page.locator("a.e-title strong").allTextContents();
  }

  fail(...names) {
    const script = path.join(import.meta.dirname, "shop.py");
    return promisify(execFile)(PYTHON, [script, this.dsn, this.repository.commit, ...names]);
  }

  // What the connected server itself says of the error.
  async status() {
    const answer = await fetch(`${this.sentry.url}/api/0/projects/main/${this.name}/issues/?query=ZeroDivisionError`,
      { headers: { Authorization: `Bearer ${this.sentry.token}` } });
    return (await answer.json())[0].status;
  }

  isThere(status) {
    return until(`the error is ${status} at the connected server`, async () => {
      const found = await this.status();
      return found === status || found;
    });
  }

  async prepare() {
    this.repository = makeRepository();
    this.dsn = await this.sentry.createProject(`main/${this.name}`);
    await this.server.createProject(`main/${this.name}`);
    await this.fail("divide", "coupon", "divide", "stock", "divide", "coupon");
    await this.setUpForge();
  }

  async setUpForge() {
    await this.page.goto(`${this.home}/settings/operations`);
    await this.page.getByLabel("Git repository").fill(this.repository.folder);
    await this.page.locator("#project").getByRole("button", { name: "Save changes" }).click();
    await see(this.page.getByText("The settings are saved."));
  }

  async connect() {
    const form = new Form(this.page, this.server, this.name);
    await form.fill(this.sentry.url, this.sentry.token);
    await form.connect.click();
    await see(form.check);
    await form.project.selectOption(`main/${this.name}`);
    await form.save.click();
    await see(this.page.getByText("The settings are saved."));
  }

  async find() {
    const { page } = this;
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Errors" }).click();
    await see(page.locator("a.e-title"));
    const all = await this.titles();
    expect(all.length === 3, `three errors, not ${all}`);
    expect(all[0].startsWith("LookupError"), `the one last seen first, not ${all}`);
    await page.getByRole("searchbox").fill("coupon");
    await this.button("Search").click();
    await page.waitForURL(/query=coupon/);
    expect((await this.titles()).join().startsWith("LookupError"), `the one that is searched, not ${await this.titles()}`);
    await page.getByRole("link", { name: "Clear the search" }).first().click();
    await page.getByRole("navigation", { name: /Sort by/ }).getByRole("link", { name: "Frequency" }).click();
    await page.waitForURL(/sort=frequency/);
    const sorted = await this.titles();
    expect(sorted[0].startsWith("ZeroDivisionError") && sorted.length === 3, `the most frequent first, not ${sorted}`);
  }

  async read() {
    const { page, repository } = this;
    await page.locator("a.e-title").first().click();
    await see(page.getByRole("heading", { name: /ZeroDivisionError/ }));
    this.details = page.url().replace(/[?#].*/, "");
    await see(page.locator("li.frame.app", { hasText: "divide" }));
    await page.getByRole("link", { name: repository.commit.slice(0, 8) }).first().click();
    await see(page.getByRole("heading", { name: "Price baskets in other currencies" }));
    await see(page.getByText("Ada Shop"));
  }

  async makeIssue() {
    const { page } = this;
    await page.goto(this.details);
    await this.button("Create issue").click();
    await see(page.getByRole("heading", { name: /ZeroDivisionError/ }));
    this.issue = page.url();
    expect(/\/-\/issues\/\d+$/.test(this.issue), `an issue, not ${this.issue}`);
    await page.goto(this.details);
    expect((await this.button("Create issue").count()) === 0, "no second issue can be made");
    await this.link("View issue").click();
    expect(page.url() === this.issue, "the issue behind the button");
    await this.issueIs("Open");
  }

  async issueIs(state) {
    await this.page.goto(this.issue);
    await see(this.page.getByText(state, { exact: true }));
  }

  async ignoreAndUndo() {
    await this.page.goto(this.details);
    await this.button("Ignore").click();
    await see(this.button("Undo ignore"));
    await this.isThere("ignored");
    await this.button("Undo ignore").click();
    await see(this.button("Ignore"));
    await this.isThere("unresolved");
  }

  async resolve() {
    const { page } = this;
    await this.button("Resolve").click();
    await see(this.button("Unresolve"));
    await until("the page says that the issue is closed", async () => {
      if (await page.getByText(/The associated issue #\d+ has been closed as the error is now resolved\./).count()) return true;
      await page.goto(this.details);
      return "not yet";
    });
    await this.isThere("resolved");
    await this.issueIs("Closed");
    await page.goto(`${this.home}/error_tracking`);
    await until("it is in the list no more", async () => {
      await page.reload();
      const titles = await this.titles();
      return !titles.some((title) => title.startsWith("ZeroDivisionError")) || titles;
    });
  }

  async comeBack() {
    const { page } = this;
    await this.fail("divide");
    await this.isThere("unresolved");
    await page.goto(`${this.home}/error_tracking`);
    await until("it is in the list again", async () => {
      await this.link("Refresh").or(this.link("Check again")).first().click();
      const titles = await this.titles();
      return titles.some((title) => title.startsWith("ZeroDivisionError")) || titles;
    });
    await page.locator("a.e-title", { hasText: "ZeroDivisionError" }).click();
    await until("it can be resolved again", async () => {
      if (await this.button("Resolve").count()) return true;
      await this.link("Refresh").first().click();
      return "resolved";
    });
    await see(this.link("View issue"));
  }
}

// With issues and commits of a GitLab.
class GitlabStory extends SeedStory {
  async setUpForge() {
    const { page } = this;
    const script = path.join(import.meta.dirname, "gitlab_server.py");
    this.gitlab = spawn(PYTHON, [script, this.repository.commit], { stdio: ["pipe", "pipe", "inherit"] });
    this.gitlab.url = await new Promise((resolve) => this.gitlab.stdout.once("data", (text) => resolve(`${text}`.trim())));
    await this.server.command("forge", "add", this.name, this.gitlab.url);
    await page.goto(`${this.home}/settings/gitlab`);
    await page.getByLabel("GitLab server").selectOption({ label: `${this.name} (${this.gitlab.url})` });
    await page.getByLabel("Project", { exact: true }).fill("team/shop");
    await page.getByLabel("Token", { exact: true }).fill("project-token");
    await page.getByLabel(/^Close on resolve/).check();
    await page.locator("#link").getByRole("button", { name: /^(Save|Link)/ }).click();
    await see(page.getByText(/Linked to/));
  }

  async ask(address) {
    const answer = await fetch(`${this.gitlab.url}/api/v4/projects/4711/issues/1${address}`, { headers: { Authorization: "Bearer project-token" } });
    return answer.json();
  }

  async makeIssue() {
    const { page } = this;
    await page.goto(this.details);
    await this.button("Create issue").click();
    await until("the issue is there", async () => {
      if (await this.link("View issue").count()) return true;
      await page.goto(this.details);
      return "not yet";
    });
    const { title, web_url } = await this.ask("");
    expect(title.includes("ZeroDivisionError"), `an issue of the error, not ${title}`);
    expect((await this.link("View issue").getAttribute("href")) === web_url, `GitLab's ${web_url} behind the button`);
    expect((await this.button("Create issue").count()) === 0, "no second issue can be made");
    await this.issueIs("Open");
  }

  async issueIs(state) {
    const wanted = { Open: "opened", Closed: "closed" }[state];
    await until(`the issue is ${wanted}`, async () => {
      const found = (await this.ask("")).state;
      return found === wanted || found;
    });
  }

  async comeBack() {
    await super.comeBack();
    await until("the issue is told", async () => {
      const notes = (await this.ask("/notes")).map((note) => note.body);
      return notes.some((body) => /happened again|came back|is back/i.test(body)) || notes;
    });
  }
}

async function tell(browser, server, sentry, [theme, Story, name]) {
  const context = await openContext(browser, { colorScheme: theme });
  const story = new Story(await context.newPage(), server, sentry, name);
  await signIn(story.page, server);
  const steps = [["prepare", "a shop fails, and the project has its repository"],
    ["connect", "a Sentry is connected, its project chosen and saved"], ["find", "the list, a search and a sort find the error"],
    ["read", "the error is read and followed to its commit"], ["makeIssue", "an issue is made of it and viewed"],
    ["ignoreAndUndo", "it is ignored, and that undone, here and there"], ["resolve", "it is resolved here and there, and the issue is closed"],
    ["comeBack", "it happens again and is unresolved"]];
  for (const [step, what] of steps)
    if (!(await check(`the seed story, ${name}: ${what}`, () => story[step]()))) break;
  equal(context.offences.join("\n"), "", `the seed story, ${name}: no script error, console error or broken policy`);
  story.gitlab?.stdin.end();
  rmSync(story.repository.folder, { recursive: true, force: true });
  await context.close();
}

export async function tellSeedStory(browser, server) {
  const sentry = await Server.start();
  try {
    sentry.token = (await sentry.command("token", "create", "admin", "--scope", "event:read,event:write,project:read")).split(/\s/).at(-1);
    for (const telling of [["light", SeedStory, "light"], ["dark", SeedStory, "dark"],
      ["light", GitlabStory, "gitlab-light"], ["dark", GitlabStory, "gitlab-dark"]])
      await tell(browser, server, sentry, telling);
  } finally {
    await sentry.stop();
  }
}
