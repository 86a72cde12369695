// Signing in with a GitLab, people's grants and roles, against a real OpenID provider: the ways that
// work, and those that must not.
import { check, equal, finish, note, ok } from "../lib/tap.mjs";
import { Server } from "../lib/server.mjs";
import { GitLab, makeKey } from "./gitlab.mjs";
import { Visitor, messageOf } from "./visitor.mjs";
import { flows } from "./flows.mjs";
import { attacks } from "./attacks.mjs";
import { roles } from "./roles.mjs";
import { story } from "./story.mjs";

const started = Date.now();

export class Site {
  static async start() {
    const site = new Site();
    site.server = await Server.start("--allow-private-addresses");
    site.admin = new Visitor(site.server);
    await site.admin.open(site.server.signInLink);
    return site;
  }

  visitor() { return new Visitor(this.server); }

  // A GitLab that this server knows, and whose application knows this server.
  async addForge(name, options = {}, ...words) {
    const gitlab = await GitLab.start(options);
    const made = JSON.parse(await this.server.command("forge", "add", name, gitlab.url, "--json"));
    await gitlab.register(made.redirect_uri);
    await this.server.commandWith(`${gitlab.clientSecret}\n`, "forge", "set", name, "--client-id", gitlab.clientId,
      "--client-secret-stdin", ...words);
    return Object.assign(gitlab, { id: made.id, name, redirectUri: made.redirect_uri });
  }

  async users() { return JSON.parse(await this.server.command("user", "list", "--json")); }

  // A user with a password, who has never signed in.
  async addUser(name, email, password = "correct horse battery") {
    await this.server.commandWith(`${password}\n`, "user", "create", name, "--email", email, "--password-stdin");
  }

  async signInByPassword(name, password = "correct horse battery") {
    const visitor = this.visitor();
    await visitor.open("/users/sign_in", { login: name, password });
    return visitor;
  }

  // A one-time link leads in as anybody, without counting as a look at who they are.
  async signInByLink(name) {
    const visitor = this.visitor();
    await visitor.open(await this.server.command("user", "link", name, "--url", this.server.url));
    return visitor;
  }

  async until(isTrue, seconds = 10) {
    const deadline = Date.now() + seconds * 1000;
    let found = await isTrue();
    while (!found && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = await isTrue();
    }
    return found;
  }
}

const site = await Site.start();
const wanted = process.argv.slice(2);
const parts = Object.entries({ flows, attacks, roles, story }).filter(([name]) =>
  !wanted.length || wanted.includes(name) || (name === "flows" && wanted.includes("attacks")));
for (const [name, run] of parts)
  await run(site).catch((error) => ok(false, `${name} ran to its end`, error.stack));
equal(await site.server.stop(), 0, "the server stops cleanly");
ok(!/AddressSanitizer|runtime error|assertion|ThreadSanitizer/i.test(site.server.output), "without a fault", site.server.output.slice(-3000));
process.exit(finish("oidc", started));
