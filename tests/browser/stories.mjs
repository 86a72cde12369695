// What people do, from the first start to signing out, told once with and once
// without JavaScript: every form has to work both ways.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openContext } from "../lib/browser.mjs";
import { check, ok } from "../lib/tap.mjs";
import { checkoutError, helloMessage, stockError } from "./shop.mjs";

const PASSWORD = "correct horse battery";
const EMPTY_SHELVES = 42;

// The one-time link works once; afterwards the password set here does.
export async function signIn(page, server) {
  if (!server.hasPassword) {
    await page.goto(server.signInLink);
    await page.goto(`${server.url}/-/user_settings/profile`);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    server.hasPassword = true;
    return;
  }
  await page.goto(`${server.url}/users/sign_in`);
  await page.getByLabel("Username or email").fill("admin");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

function makeRepository() {
  const folder = mkdtempSync(path.join(tmpdir(), "culprit-repository-"));
  const git = (...words) => execFileSync("git", ["-C", folder, ...words], { encoding: "utf8" }).trim();
  git("init", "-q");
  writeFileSync(path.join(folder, "shelf.js"), "function empty() {\n  throw new Error('empty shelf');\n}\n");
  git("add", "shelf.js");
  git("-c", "user.name=Ada Shop", "-c", "user.email=ada@shop.example", "commit", "-q", "-m", "Keep apples on a shelf");
  return { folder, commit: git("rev-parse", "HEAD") };
}

function expect(isTrue, what) {
  if (!isTrue) throw new Error(`expected: ${what}`);
}

async function see(locator) {
  await locator.first().waitFor({ state: "visible", timeout: 5000 });
}

async function gone(locator) {
  await locator.first().waitFor({ state: "detached", timeout: 5000 });
}

class Story {
  constructor(page, server, name) {
    Object.assign(this, { page, server, name });
    this.list = `${server.url}/main/app/-/error_tracking`;
  }

  step(what, run) {
    return check(`${this.name}: ${what}`, run);
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name) {
    return this.page.getByRole("link", { name, exact: true });
  }

  text(text) {
    return this.page.getByText(text);
  }

  titles() {
    return this.page.locator("a.e-title strong").allTextContents();
  }

  async begin() {
    const { page, server } = this;
    await this.step("nobody sees anything without signing in", async () => {
      await page.goto(this.list);
      await see(page.getByRole("heading", { name: "Sign in to Culprit" }));
    });
    await this.step("the printed link signs in, and only once", async () => {
      await page.goto(server.signInLink);
      await see(page.getByRole("heading", { name: "Projects" }));
      const other = await page.context().browser().newContext();
      const answer = await (await other.newPage()).goto(server.signInLink);
      expect(answer.status() >= 400, "a used link is refused");
      await other.close();
    });
    await this.step("the first project waits for its first event and shows its DSN", async () => {
      await page.goto(this.list);
      await see(page.getByRole("heading", { name: "Get started with error tracking" }));
      await see(this.text(server.dsn));
    });
  }

  async lookAtTheList() {
    const { page, server } = this;
    await this.step("events appear as errors", async () => {
      await server.send(server.dsn, checkoutError());
      await this.link("Check again").click();
      await see(page.getByRole("link", { name: /CheckoutError.*Could not price the cart/ }));
      await see(page.getByText("Unhandled", { exact: true }));
    });
    await this.step("the list goes on in pages of twenty, forth and back", async () => {
      for (let number = 1; number <= EMPTY_SHELVES; number++) await server.send(server.dsn, stockError(number));
      for (let again = 0; again < 3; again++) await server.send(server.dsn, stockError(7));
      await server.send(server.dsn, helloMessage);
      await page.goto(this.list);
      const seen = [];
      for (const wanted of [20, 20, 4]) {
        const titles = await this.titles();
        expect(titles.length === wanted, `${wanted} errors on a page, not ${titles.length}`);
        seen.push(...titles);
        if (wanted === 20) await this.link("Next").click();
      }
      expect(new Set(seen).size === 44, `44 different errors, not ${new Set(seen).size}`);
      await this.link("Previous").click();
      await this.link("Previous").click();
      expect((await this.titles()).join() === seen.slice(0, 20).join(), "the first page again");
    });
    await this.step("the newest stands first, or the most frequent, or the one first seen last", async () => {
      await page.goto(this.list);
      expect((await this.titles())[0].startsWith("Hello"), "last seen first");
      await page.getByRole("navigation", { name: /Sort by/ }).getByRole("link", { name: "Frequency" }).click();
      await page.waitForURL(/sort=frequency/);
      expect((await this.titles())[0] === "Stock7Error", `most frequent first, not ${(await this.titles())[0]}`);
      expect(new URL(page.url()).searchParams.get("sort") === "frequency", "the sort in the address");
      await page.getByRole("navigation", { name: /Sort by/ }).getByRole("link", { name: "First Seen" }).click();
      await page.waitForURL(/sort=first_seen/);
      expect((await this.titles())[0].startsWith("Hello"), "first seen last first");
    });
    await this.step("a search keeps what has the words in its title", async () => {
      await page.goto(this.list);
      await page.getByRole("searchbox").fill("shelf 017");
      await this.button("Search").click();
      await page.waitForURL(/query=/);
      expect((await this.titles()).join() === "Stock17Error", `one error, not ${await this.titles()}`);
      expect(new URL(page.url()).searchParams.get("query") === "shelf 017", "the search in the address");
      await page.getByRole("link", { name: "Clear the search" }).first().click();
      await page.waitForURL((url) => !url.searchParams.has("query"));
      expect((await this.titles()).length === 20, "all again");
      await page.goto(`${this.list}?query=nothing+is+called+so`);
      await see(page.getByRole("heading", { name: "No errors to display." }));
    });
  }

  tab(name) {
    return this.page.getByRole("navigation", { name: "Status" }).getByRole("link", { name: new RegExp(`^${name}`) });
  }

  async actInTheList() {
    const { page } = this;
    const row = (title) => page.getByRole("row").filter({ hasText: title });
    const press = async (title, name) => {
      await row(title).hover();
      await row(title).getByRole("button", { name }).click();
    };
    for (const [doing, undoing, tab] of [[/^Ignore/, /^Undo ignore/, "Ignored"], [/^Resolve/, /^Unresolve/, "Resolved"]]) {
      await this.step(`an error in the list can be made ${tab.toLowerCase()}, and back`, async () => {
        await page.goto(`${this.list}?query=shelf+021`);
        await press("Shelf 021", doing);
        await gone(row("Shelf 021"));
        await page.goto(this.list);
        await this.tab(tab).click();
        await see(row("Shelf 021"));
        await press("Shelf 021", undoing);
        await gone(row("Shelf 021"));
        await page.goto(`${this.list}?query=shelf+021`);
        await see(row("Shelf 021"));
      });
    }
    await this.step("an ignored error that happens again stays out of the list", async () => {
      await press("Shelf 021", /^Ignore/);
      await this.server.send(this.server.dsn, stockError(21));
      await page.goto(`${this.list}?query=shelf+021`);
      await see(page.getByRole("heading", { name: "No errors to display." }));
      await this.tab("Ignored").click();
      await see(row("Shelf 021"));
    });
  }

  async lookAtTheDetails() {
    const { page } = this;
    await this.step("the details show the error, its chain, frames, breadcrumbs, request, user and tags", async () => {
      await page.goto(`${this.list}?query=price`);
      await page.locator("a.e-title").click();
      this.details = page.url().replace(/[?#].*/, "");
      for (const text of ["CheckoutError", "RateError", "no rate for EUR", "three apples added", "ada@shop.example",
        "gold", "shop@1.4.2", "production", "https://rates.example/eur"])
        await see(this.text(text));
      await see(page.locator("li.frame.app", { hasText: "price" }).getByText("Crashed here"));
      expect(!(await page.getByText("layer.js").first().isVisible()), "library frames are folded");
      await page.getByText(/^2 library frames/).click();
      await see(page.getByText("layer.js"));
    });
    await this.step("frames can be seen in full and raw", async () => {
      await page.goto(this.details);
      await this.link("All frames").click();
      await see(page.getByText("layer.js"));
      await this.link("Raw").click();
      await see(page.getByRole("region", { name: "Raw stack trace" }).getByText(/pricing\.js.*143/));
    });
    await this.step("the way leads from event to event", async () => {
      await this.server.send(this.server.dsn, checkoutError(2));
      await page.goto(this.details);
      await see(page.getByText("grace@shop.example"));
      await page.getByRole("link", { name: "Older event" }).click();
      await see(page.getByText("ada@shop.example"));
      await page.getByRole("link", { name: "Newer event" }).click();
      await see(page.getByText("grace@shop.example"));
    });
  }

  async live() {
    const { page, server } = this;
    await this.step("ignoring and resolving on the details page can be undone", async () => {
      await page.goto(this.details);
      await this.button("Ignore").click();
      await this.button("Undo ignore").click();
      await this.button("Resolve").click();
      await this.button("Unresolve").click();
      await see(this.button("Resolve"));
    });
    await this.step("a resolved error that happens again is back, marked as regressed", async () => {
      await this.button("Resolve").click();
      await server.send(server.dsn, checkoutError(3, { release: "shop@1.5.0" }));
      await page.goto(`${this.list}?query=price`);
      await see(page.getByRole("row").getByText("Regressed"));
      await page.locator("a.e-title").click();
      await see(page.getByText(/Regressed in/));
      await see(page.getByRole("region", { name: "Activity" }).or(page.locator("ol.act")).getByText(/shop@1\.5\.0/));
    });
    await this.step("an issue is made from an error once, and linked both ways", async () => {
      await this.button("Create issue").click();
      await see(page.getByRole("heading", { name: /CheckoutError: Could not price the cart/ }));
      await see(page.getByText("pricing.js").first());
      this.issue = page.url();
      await page.goto(this.details);
      expect((await this.button("Create issue").count()) === 0, "no second issue can be made");
      await this.link("View issue").click();
      expect(page.url() === this.issue, "the issue behind the button");
      await page.getByRole("region", { name: "Linked error" }).getByRole("link").click();
      expect(page.url().startsWith(this.details), "the error behind the issue");
    });
    await this.step("resolving closes the issue and says so; a regress tells the issue", async () => {
      await this.button("Resolve").click();
      await see(page.getByText("The associated issue #1 has been closed as the error is now resolved."));
      await page.goto(this.issue);
      await see(page.getByText("Closed", { exact: true }));
      await server.send(server.dsn, checkoutError(4));
      await page.goto(this.issue);
      await see(page.locator("ol.act li").filter({ hasText: /again|regress/i }));
      const offer = page.getByRole("region", { name: "Linked error" });
      await offer.getByRole("button", { name: "Reopen issue" }).click();
      await see(page.getByText("Open", { exact: true }));
    });
  }

  async workOnIssues() {
    const { page } = this;
    await this.step("issues can be written, commented on, closed and found", async () => {
      await page.goto(`${this.server.url}/main/app/-/issues`);
      await this.link("New issue").click();
      await page.getByLabel("Title").fill("Buy more apples");
      await page.getByLabel("Description").fill("We need **many**.");
      await this.button("Create issue").click();
      await see(page.locator("strong", { hasText: "many" }));
      await page.getByLabel("Comment").fill("Ordered `300`.");
      await this.button("Comment").click();
      await see(page.locator("code", { hasText: "300" }));
      await this.button("Close issue").click();
      await see(page.getByText("Closed", { exact: true }));
      await page.goto(`${this.server.url}/main/app/-/issues`);
      expect((await page.getByText("Buy more apples").count()) === 0, "closed issues are not among the open ones");
      await page.getByRole("navigation", { name: "State" }).getByRole("link", { name: /^Closed/ }).click();
      await see(page.getByText("Buy more apples"));
    });
  }

  async configure() {
    const { page, server } = this;
    const settings = `${server.url}/main/app/-/settings/operations`;
    await this.step("the settings show the DSN and how to set up an SDK", async () => {
      await page.goto(settings);
      await see(page.locator("#dsn-text", { hasText: server.dsn }));
      await page.getByRole("navigation", { name: "SDK" }).getByRole("link", { name: "Python" }).click();
      await see(page.getByRole("region", { name: /Set-up for Python/ }).getByText("sentry_sdk"));
    });
    await this.step("a client key can be added, turned off and on", async () => {
      await page.goto(settings);
      await page.getByLabel("Label of a new key").fill("mobile");
      await this.button("Add key").click();
      const row = page.getByRole("row").filter({ has: page.locator("input[value=mobile]") });
      await row.getByRole("button", { name: "Disable" }).click();
      await see(row.getByText("Disabled"));
      await row.getByRole("button", { name: "Enable" }).click();
      await see(row.getByText("In use"));
    });
    await this.step("a repository links an error to the commit of its release", async () => {
      const repository = makeRepository();
      try {
        await page.goto(settings);
        await page.getByLabel("Git repository").fill(repository.folder);
        await page.getByLabel("Name", { exact: true }).fill("Fruit shop");
        await page.locator("#project").getByRole("button", { name: "Save changes" }).click();
        await server.send(server.dsn, {
          release: repository.commit, platform: "javascript", message: "",
          exception: { values: [{ type: "ShelfError", value: "nothing here", stacktrace: { frames: [
            { filename: "shelf.js", abs_path: "/srv/shelf.js", function: "empty", lineno: 2, in_app: true }] } }] },
        });
        await page.goto(`${this.list}?query=nothing+here`);
        await page.locator("a.e-title").click();
        await see(page.getByText("Keep apples on a shelf"));
        await see(page.getByText("throw new Error('empty shelf');"));
        await page.getByRole("link", { name: repository.commit.slice(0, 8) }).first().click();
        await see(page.getByRole("heading", { name: "Keep apples on a shelf" }));
        await see(page.getByText("Ada Shop"));
      } finally {
        rmSync(repository.folder, { recursive: true });
      }
    });
  }

  async people() {
    const { page, server } = this;
    await this.step("an administrator makes a user and passes on a link", async () => {
      await page.goto(`${server.url}/admin/users`);
      await page.getByLabel("Username").fill("grace");
      await page.getByLabel("Email").fill("grace@shop.example");
      await this.button("Create user").click();
      this.invitation = (await page.locator("code#link").textContent()).trim();
    });
    await this.step("a maintainer adds a member with a role", async () => {
      await page.goto(`${server.url}/main/app/-/settings/operations`);
      await page.getByLabel("Username or email of a new member").fill("grace");
      await page.getByLabel("Role", { exact: true }).selectOption("reporter");
      await this.button("Add member").click();
      await see(page.getByLabel("Role of grace"));
    });
    await this.step("a reporter sees errors, may not act, and may not see the settings", async () => {
      const other = await openContext(page.context().browser(), this.options);
      const theirs = await other.newPage();
      await theirs.goto(this.invitation);
      await theirs.goto(this.details);
      await see(theirs.getByRole("heading", { name: "CheckoutError" }).first());
      expect((await theirs.getByRole("button", { name: "Resolve" }).count()) === 0, "no button to resolve");
      const answer = await theirs.goto(`${server.url}/main/app/-/settings/operations`);
      expect([403, 404].includes(answer.status()), `settings are refused, not ${answer.status()}`);
      const users = await theirs.goto(`${server.url}/admin/users`);
      expect([403, 404].includes(users.status()), `users are refused, not ${users.status()}`);
      await other.close();
    });
    await this.step("the role can be changed and taken away", async () => {
      await page.goto(`${server.url}/main/app/-/settings/operations`);
      const row = page.getByRole("row").filter({ has: page.getByLabel("Role of grace") });
      await page.getByLabel("Role of grace").selectOption("developer");
      await row.getByRole("button", { name: "Save" }).click();
      expect((await page.getByLabel("Role of grace").inputValue()) === "developer", "the new role");
      await page.getByLabel("Role of grace").selectOption("none");
      await row.getByRole("button", { name: "Save" }).click();
      await gone(page.getByLabel("Role of grace"));
    });
    await this.step("a user can be blocked and let in again", async () => {
      await page.goto(`${server.url}/admin/users`);
      const row = page.getByRole("row").filter({ hasText: "@grace" });
      await row.getByRole("button", { name: "Block" }).click();
      await see(row.getByText("Blocked"));
      await row.getByRole("button", { name: "Unblock" }).click();
      await see(row.getByText("Active"));
    });
  }

  async ownAccount() {
    const { page, server } = this;
    const profile = `${server.url}/-/user_settings/profile`;
    await this.step("a token is shown once, works, and can be revoked", async () => {
      await page.goto(profile);
      await page.getByLabel("Name of a new token").fill("script");
      await page.getByLabel("event:read").check();
      await page.getByLabel("project:read").check();
      await this.button("Create token").click();
      const token = (await page.locator("code#new-token").textContent()).trim();
      const use = () => fetch(`${server.url}/api/0/projects/`, { headers: { Authorization: `Bearer ${token}` } });
      expect((await use()).status === 200, "the token works");
      await page.goto(profile);
      expect(!(await page.content()).includes(token), "the token is not shown again");
      await page.getByRole("row").filter({ hasText: "script" }).getByRole("button", { name: "Revoke" }).click();
      await gone(page.getByRole("row").filter({ hasText: "script" }));
      expect((await use()).status === 401, "a revoked token is refused");
    });
    await this.step("the theme follows the choice", async () => {
      await page.getByLabel("Your account").first().click();
      await page.getByRole("button", { name: "Dark" }).click();
      expect((await page.locator("html").getAttribute("data-theme")) === "dark", "dark");
      await page.getByLabel("Your account").first().click();
      await page.getByRole("button", { name: "System" }).click();
      expect((await page.locator("html").getAttribute("data-theme")) === null, "as the system");
    });
    await this.step("a profile and a password can be set", async () => {
      await page.goto(profile);
      await page.getByLabel("Name", { exact: true }).fill("Ada Admin");
      await this.button("Save profile").click();
      expect((await page.getByLabel("Name", { exact: true }).inputValue()) === "Ada Admin", "the new name");
      await page.getByLabel("New password").fill(PASSWORD);
      await this.button("Change password").click();
      server.hasPassword = true;
    });
    await this.step("signing out ends it, the password signs in, a wrong one does not", async () => {
      await page.getByLabel("Your account").first().click();
      await this.button("Sign out").click();
      await page.goto(this.details);
      await see(page.getByRole("heading", { name: "Sign in to Culprit" }));
      await page.getByLabel("Username or email").fill("admin");
      await page.getByLabel("Password").fill("wrong horse battery");
      await this.button("Sign in").click();
      await see(page.getByRole("alert"));
      await page.getByLabel("Password").fill(PASSWORD);
      await this.button("Sign in").click();
      expect(page.url().startsWith(this.details), "back where the way was going");
    });
  }
}

export async function tellStory(browser, server, name, options) {
  const context = await openContext(browser, options);
  context.setDefaultTimeout(5000);
  const story = new Story(await context.newPage(), server, name);
  story.options = options;
  for (const chapter of ["begin", "lookAtTheList", "actInTheList", "lookAtTheDetails", "live", "workOnIssues",
    "configure", "people", "ownAccount"])
    await story[chapter]();
  ok(context.offences.length === 0, `${name}: no dialog, script error, console error or broken policy`, ...context.offences);
  await context.close();
}
