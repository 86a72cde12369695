// Connecting a project to a Sentry, which is another Culprit: with and without JavaScript, in every
// look, and what a slow server looks like meanwhile.
import { createServer } from "node:http";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { desktop, mobile, openContext } from "../lib/browser.mjs";
import { Server } from "../lib/server.mjs";
import { check, equal, ok } from "../lib/tap.mjs";
import { isWiderThanWindow, judgeAccessibility, pictures } from "./pages.mjs";
import { signIn } from "./stories.mjs";

const looks = [["light", desktop, "wide"], ["dark", desktop, "wide"], ["light", mobile, "narrow"], ["dark", mobile, "narrow"]];

export class Form {
  constructor(page, server, project) {
    Object.assign(this, { page, server, home: `${server.url}/main/${project}/-` });
    this.address = `${this.home}/settings/operations`;
    this.section = page.getByRole("region", { name: "Error tracking" });
    this.url = this.section.getByLabel("Sentry API URL");
    this.token = this.section.getByLabel("Auth Token", { exact: true });
    this.project = this.section.getByLabel("Project", { exact: true });
    this.connect = this.section.getByRole("button", { name: /^Connect/ });
    this.save = this.section.getByRole("button", { name: "Save changes" });
    this.check = this.section.getByRole("img", { name: "Projects successfully retrieved" });
  }

  source(name) {
    return this.section.getByRole("radio", { name, exact: true });
  }

  async fill(url, token) {
    await this.page.goto(this.address);
    await this.source("Sentry").check();
    await this.url.fill(url);
    await this.token.fill(token);
  }

  async isDescribedBy(field, text) {
    const ids = (await field.getAttribute("aria-describedby")).split(" ");
    const texts = await Promise.all(ids.map((id) => this.page.locator(`#${id}`).textContent()));
    return texts.some((found) => found.includes(text));
  }
}

function see(locator) {
  return locator.first().waitFor({ state: "visible", timeout: 5000 });
}

function expect(isTrue, what) {
  if (!isTrue) throw new Error(`expected: ${what}`);
}

async function judge(form, name, look) {
  const what = `${name}, ${look}`;
  await judgeAccessibility(form.page, what, look.includes("light") ? "light" : "dark");
  ok(!(await form.page.evaluate(isWiderThanWindow)), `${what}: fits the window's width`);
  await form.page.screenshot({ path: path.join(pictures, `${name}-${look}.png`), fullPage: true });
}

// The whole way, judged at each stop.
async function connectInLook(browser, storageState, servers, { look, options, isJudged }) {
  const context = await openContext(browser, { storageState, ...options });
  const project = look.replace(" ", "-").toLowerCase(); // its own, where nothing is saved
  await servers.server.createProject(`main/${project}`);
  const form = new Form(await context.newPage(), servers.server, project);
  const judged = async (name) => isJudged && judge(form, name, look);
  await check(`${look}: a wrong token is told at its field`, async () => {
    await form.fill(servers.sentry.url, "sntryu_wrong");
    await form.connect.click();
    await see(form.section.getByText(/does not accept the token/));
    expect(await form.token.getAttribute("aria-invalid") === "true", "the field is marked");
    expect(await form.isDescribedBy(form.token, "does not accept the token"), "the field is described by it");
    expect(await form.project.isDisabled(), "no project can be chosen");
  });
  await judged("settings-connect-refused");
  await check(`${look}: Connect fills the list of projects, and one is saved`, async () => {
    await form.fill(servers.sentry.url, servers.token);
    await form.connect.click();
    await see(form.check);
    await see(form.section.getByText(/Connected to .* 2 projects found\. Choose one and save\./));
    expect(await form.url.inputValue() === servers.sentry.url, "the URL is kept");
    expect(!(await form.page.content()).includes(servers.token), "the token does not stand in the page");
    expect(!form.page.url().includes(servers.token), "nor in its address");
    await form.project.selectOption("main/web");
  });
  await judged("settings-connect-found");
  await check(`${look}: what is saved is shown again`, async () => {
    await form.save.click();
    await see(form.page.getByText("The settings are saved."));
    expect(form.page.url() === `${form.address}#error-tracking`, `the settings, not ${form.page.url()}`);
    expect(await form.source("Sentry").isChecked(), "the source");
    expect(await form.project.inputValue() === "main/web", "the project");
    expect(/^\*+$/.test(await form.token.inputValue()), "a mask for the token");
    await form.connect.click();
    await see(form.check);
    expect(await form.project.inputValue() === "main/web", "the saved project stays chosen");
  });
  await check(`${look}: error tracking can be turned off, and the errors say so`, async () => {
    await form.section.getByLabel("Active").uncheck();
    await form.save.click();
    await see(form.page.getByText("The settings are saved."));
    await form.page.goto(`${form.home}/error_tracking`);
    await see(form.page.getByRole("heading", { name: "Get started with error tracking" }));
  });
  await judged("error-tracking-off");
  await check(`${look}: and back on, with this server as the source`, async () => {
    await form.page.getByRole("link", { name: "Enable error tracking" }).click();
    await form.section.getByLabel("Active").check();
    await form.source("This server").check();
    await form.token.fill("");
    await form.save.click();
    await see(form.page.getByText("The settings are saved."));
  });
  await judged("settings-error-tracking");
  equal(context.offences.join("\n"), "", `${look}: no script error, console error or broken policy`);
  await context.close();
}

// A Sentry that answers when it is told to.
async function slowSentry() {
  const waiting = [];
  const server = createServer((request, response) => {
    const rows = [{ id: "1", slug: "cart", name: "Cart", organization: { slug: "shop", name: "Shop" } }];
    const answer = request.url.startsWith("/api/0/projects/") ? rows : { auth: { scopes: ["event:read"] } };
    waiting.push(() => response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const answer = setInterval(() => server.isTold && waiting.splice(0).forEach((go) => go()), 20);
  server.url = `http://127.0.0.1:${server.address().port}`;
  server.stop = () => (clearInterval(answer), server.closeAllConnections(), server.close());
  return server;
}

async function whileItTakes(browser, storageState, server) {
  const sentry = await slowSentry();
  const context = await openContext(browser, { storageState });
  const form = new Form(await context.newPage(), server, "app");
  await check("with JavaScript: a slow server is shown as Connecting, with the fields held", async () => {
    await form.fill(sentry.url, "a-token");
    // A page that is being left cannot be asked from here.
    await form.page.evaluate(() => document.querySelector("[name=connect]").addEventListener("click", () => setTimeout(() => {
      const fields = [...document.querySelectorAll("[data-connect] :is(#api-url, #auth-token, button)")];
      sessionStorage.setItem("meanwhile", fields.map((field) => `${field.textContent || field.id} ${field.disabled}`).join());
    }, 200)));
    setTimeout(() => (sentry.isTold = true), 1000);
    await form.connect.click();
    await see(form.check);
    const meanwhile = await form.page.evaluate(() => sessionStorage.getItem("meanwhile"));
    expect(meanwhile === "api-url true,auth-token true,Connecting true,Save changes true", `all held, not ${meanwhile}`);
    expect(await form.connect.textContent() === "Connect", "the button is ready again");
    for (const field of [form.url, form.token, form.connect, form.save]) expect(await field.isEnabled(), "it is enabled");
    await see(form.section.getByText(/The token lacks project:read/));
  });
  await check("with JavaScript: a changed URL or token takes the outcome away", async () => {
    await form.url.pressSequentially("x");
    expect(await form.check.count() === 0, "no check mark");
    expect(await form.section.getByText(/The token lacks|Connected to/).count() === 0, "no outcome");
    await form.fill(sentry.url, "");
    await form.connect.click();
    await see(form.section.getByText(/Enter an Auth Token/));
    await form.token.fill("b");
    expect(await form.section.getByText(/Enter an Auth Token of/).count() === 0, "nor a problem");
    expect(await form.token.getAttribute("aria-invalid") === null, "nor a mark");
  });
  equal(context.offences.join("\n"), "", "while it takes: no script error, console error or broken policy");
  await context.close();
  sentry.stop();
}

export async function connectSentry(browser, server) {
  const sentry = await Server.start();
  try {
    await mkdir(pictures, { recursive: true });
    await sentry.createProject("main/web");
    const token = (await sentry.command("token", "create", "admin", "--scope", "event:read,event:write,project:read")).split(/\s/).at(-1);
    const context = await openContext(browser);
    await signIn(await context.newPage(), server);
    const storageState = await context.storageState();
    await context.close();
    for (const [colorScheme, viewport, width] of looks)
      await connectInLook(browser, storageState, { server, sentry, token },
        { look: `${width}-${colorScheme}`, options: { colorScheme, viewport }, isJudged: true });
    await connectInLook(browser, storageState, { server, sentry, token },
      { look: "without JavaScript", options: { javaScriptEnabled: false } });
    await whileItTakes(browser, storageState, server);
  } finally {
    await sentry.stop();
  }
}
