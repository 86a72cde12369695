// The whole of it in a browser: an administrator adds a GitLab, a person signs in with it, with and
// without scripts, light and dark, and links and unlinks their account.
import { launch, mobile, openContext } from "../lib/browser.mjs";
import { check, equal, ok } from "../lib/tap.mjs";
import { GitLab } from "./gitlab.mjs";

async function administrator(site, browser, gitlab) {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(await site.server.command("user", "link", "admin", "--url", site.server.url));
  await page.goto(`${site.server.url}/admin/forges`);
  await page.getByLabel("Name").fill("Our GitLab");
  await page.getByLabel("URL").fill(`${gitlab.url}/`);
  await page.getByRole("button", { name: "Add forge" }).click();
  const redirectUri = await page.locator("#redirect-url").textContent();
  ok(redirectUri.endsWith("/callback"), "adding a GitLab shows the redirect URI for it", redirectUri);
  await gitlab.register(redirectUri);
  await page.getByLabel("Application ID").fill(gitlab.clientId);
  await page.locator("#client-secret").fill(gitlab.clientSecret);
  await page.getByLabel("People can sign in with it").check();
  await page.getByLabel("Make users of people who sign in first").check();
  await page.getByRole("button", { name: "Save changes" }).click();
  ok((await page.getByRole("status").first().textContent()).includes("Signing in works"), "and says that signing in works");
  ok(await page.getByLabel("People can sign in with it").isChecked(), "what was ticked is kept");
  equal(await page.locator("#client-secret").inputValue(), "", "the secret does not come back");
  equal(context.offences.join("\n"), "", "no offence");
  await context.close();
  return redirectUri.match(/auth\/(\d+)\//)[1];
}

async function agree(page, user) {
  await page.getByLabel("User").fill(user);
  await page.getByRole("button", { name: "Authorize" }).click();
}

async function person(site, browser, options, user) {
  const context = await openContext(browser, options);
  const page = await context.newPage();
  await page.goto(`${site.server.url}/-/user_settings/profile`);
  await page.getByRole("button", { name: "Sign in with Our GitLab" }).click();
  await agree(page, user);
  await page.waitForURL(/user_settings\/profile/);
  ok(await page.getByText(`Your username is u${user}`).isVisible(), `${JSON.stringify(options)}: signed in, back where they wanted to go`);
  ok(await page.getByText(`u${user}`, { exact: true }).first().isVisible(), "their account there is shown as linked");
  await page.getByRole("button", { name: "Unlink" }).click();
  ok((await page.getByRole("status").first().textContent()).includes("only way to sign in"), "unlinking would lock them out");
  await page.getByLabel("New password").fill("correct horse battery");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("button", { name: "Unlink" }).click();
  ok(await page.getByText("not linked", { exact: true }).first().isVisible(), "with a password it works");
  await page.locator("tr", { hasText: "Our GitLab" }).getByRole("button", { name: "Link account" }).click();
  await agree(page, user); // the grant was given back
  await page.waitForURL(/user_settings\/profile/);
  ok((await page.getByRole("status").first().textContent()).includes("The account is linked"), "and linking again too");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  ok(!wide, "the page fits");
  equal(context.offences.join("\n"), "", "no offence");
  await context.close();
}

async function refusal(site, browser) {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(`${site.server.url}/users/sign_in`);
  await page.getByRole("button", { name: "Sign in with Our GitLab" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  ok((await page.getByRole("alert").textContent()).includes("You refused it in Our GitLab"), "who cancels there reads so here");
  equal(context.offences.join("\n"), "", "no offence");
  await context.close();
}

export async function story(site) {
  const browser = await launch();
  const gitlab = await GitLab.start();
  for (const id of [1, 2, 3]) gitlab.addUser(id, { username: `u${id}`, name: `Person ${id}`, email: `person${id}@story.example` });
  try {
    await check("an administrator adds it", () => administrator(site, browser, gitlab));
    await check("a person signs in", () => person(site, browser, {}, "1"));
    await check("in the dark, without scripts", () => person(site, browser, { colorScheme: "dark", javaScriptEnabled: false }, "2"));
    await check("on a phone", () => person(site, browser, { viewport: mobile, colorScheme: "dark" }, "3"));
    await check("a person refuses", () => refusal(site, browser));
  } finally {
    await browser.close();
    await gitlab.stop();
  }
}
