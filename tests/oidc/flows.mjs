// Signing in and linking, as it should go.
import { check, equal, ok } from "../lib/tap.mjs";
import { makeKey } from "./gitlab.mjs";
import { messageOf } from "./visitor.mjs";

const queryOf = (url) => Object.fromEntries(new URL(url).searchParams);

async function signingIn(site) {
  const forge = await site.addForge("GitLab", {}, "--create-users");
  forge.addUser(42, { username: "ann.lee", name: "Ann Lee", email: "ann@example.org" });
  const ann = site.visitor();
  const page = await ann.open("/users/sign_in?return=%2Fmain%2Fapp");
  ok(page.text.includes("Sign in with GitLab"), "the sign-in page has a button");
  const begun = await ann.begin(forge, { return: "/-/user_settings/profile?x=1" });
  equal(begun.status, 200, "pressing it answers with a page of ours");
  ok(!begun.headers.get("content-security-policy").includes(new URL(forge.url).host), "whose policy stays as it is");
  const asked = queryOf(begun.way);
  equal(asked.scope, "openid profile email api", "GitLab is asked for the scopes");
  equal(asked.code_challenge_method, "S256", "with PKCE");
  ok(asked.state.length === 64 && asked.nonce.length === 64 && asked.code_challenge.length === 43 &&
    new Set([asked.state, asked.nonce, asked.code_challenge]).size === 3, "state, nonce and challenge are random", asked);
  equal(asked.redirect_uri, `${site.server.url}/users/auth/${forge.id}/callback`, "and the forge's own address to return to");
  const arrived = await ann.open(await ann.agree(begun.way, 42));
  equal(arrived.status, 303, "who agrees is signed in");
  equal(arrived.location, `${site.server.url}/-/user_settings/profile?x=1`, "and led to where they wanted to go");
  equal(await ann.name(), "ann.lee", "as a new user with the name there");
  const user = (await site.users()).find((one) => one.username === "ann.lee");
  equal([user.email, user.name, user.admin].join(), "ann@example.org,Ann Lee,false", "with address and name");
  ok(/HttpOnly.*SameSite=Lax|SameSite=Lax.*HttpOnly/i.test(arrived.headers.getSetCookie().join("\n")), "by a safe cookie");

  forge.users.get("42").username = "ann.renamed";
  const again = site.visitor();
  await again.signIn(forge, 42);
  equal(await again.name(), "ann.lee", "the second time it is the same user");
  const account = await again.open("/-/user_settings/profile");
  ok(account.text.includes("ann.renamed"), "whose account page names the account there");
  return forge;
}

async function others(site, forge) {
  forge.addUser(43, { username: "ann.lee", name: "Another Ann", email: "ann2@example.org" });
  const second = site.visitor();
  await second.signIn(forge, 43);
  equal(await second.name(), "ann.lee-2", "a name that is taken gets a number");
  forge.addUser(44, { username: "7", name: "Seven\u0007", email: "seven@example.org" });
  const seven = site.visitor();
  await seven.signIn(forge, 44);
  equal(await seven.name(), "user-7", "a name that is only digits gets a word before it");
  const refused = await site.visitor().open((await (async () => {
    const visitor = site.visitor();
    const begun = await visitor.begin(forge);
    const back = await visitor.agree(begun.way, 42, "no");
    const answer = await visitor.open(back);
    ok(answer.status === 403 && messageOf(answer).includes("You refused it"), "who says no stays outside", messageOf(answer));
    ok(!answer.text.includes("<b>no</b>"), "and GitLab's words are not shown");
    return "/users/sign_in";
  })()));
  equal(refused.status, 200, "and can try again");
}

async function lookups(site) {
  const lean = await site.addForge("Lean", { leanTokens: true, authMethod: "client_secret_post" }, "--create-users");
  lean.addUser(9, { username: "lean", name: "Lean", email: "lean@example.org" });
  const visitor = site.visitor();
  await visitor.signIn(lean, 9);
  equal(await visitor.name(), "lean", "an address that the token leaves out is asked for; the secret goes in the body");
  ok(lean.countOf(/GET \/me/) === 1, "once");
  await lean.stop();

  const elliptic = await site.addForge("Elliptic", { keys: [makeKey("e1", "ec")], algorithm: "ES256", path: "/git/lab" },
    "--create-users");
  elliptic.addUser(9, { username: "curve", name: "Curve", email: "curve@example.org" });
  const curve = site.visitor();
  const answer = await curve.signIn(elliptic, 9);
  equal(await curve.name(), "curve", "ES256, and a GitLab below a path", messageOf(answer));
  await elliptic.stop();
}

async function linking(site, forge) {
  await site.addUser("bob", "bob@example.org");
  const bob = await site.signInByPassword("bob");
  forge.addUser(50, { username: "bob.there", name: "Bob", email: "bob@elsewhere.example" });
  const before = await bob.open("/-/user_settings/profile");
  ok(before.text.includes("Link account"), "a signed-in person is offered to link their account");
  const csrf = await bob.csrf();
  equal((await bob.begin(forge)).status, 403, "not without the page's token");
  const linked = await bob.signIn(forge, 50, { _csrf: csrf });
  ok(linked.status === 303 && linked.location.endsWith("/-/user_settings/profile#forges"), "linking leads back", linked.status);
  equal(await bob.name(), "bob", "as the same user");
  const fresh = site.visitor();
  await fresh.signIn(forge, 50);
  equal(await fresh.name(), "bob", "who can sign in with it now, though the addresses differ");

  const ann = site.visitor();
  await ann.signIn(forge, 42);
  ann.leave(forge);
  await ann.signIn(forge, 50, { _csrf: await ann.csrf() });
  const taken = messageOf(await ann.open("/-/user_settings/profile"));
  ok(taken.includes("belongs to another user here"), "an account belongs to one user", taken);
  forge.addUser(51, { username: "third", name: "Third", email: "third@example.org" });
  ann.leave(forge);
  await ann.signIn(forge, 51, { _csrf: await ann.csrf() });
  const second = messageOf(await ann.open("/-/user_settings/profile"));
  ok(second.includes("Unlink it first"), "and a user has one account there", second);
  await ann.post(`/users/auth/${forge.id}/unlink`, {});
  ok(messageOf(await ann.open("/-/user_settings/profile")).includes("only way to sign in"),
    "nobody is locked out by unlinking");

  const revocations = forge.countOf(/POST \/token\/revocation/);
  await bob.post(`/users/auth/${forge.id}/unlink`, {});
  equal(forge.countOf(/POST \/token\/revocation/), revocations + 1, "unlinking gives the grant back");
  const stranger = await site.visitor().signIn(forge, 50);
  ok(stranger.status === 303, "after that it is a new account");
  equal((await site.users()).filter((user) => user.email === "bob@elsewhere.example").length, 1, "of a new user");
}

async function administration(site, forge) {
  const { admin } = site;
  const path = `/admin/forges/${forge.id}`;
  const page = await admin.open(path);
  ok(page.text.includes(forge.redirectUri), "the page shows the redirect URI");
  ok(!page.text.includes(forge.clientSecret.slice(0, 20)), "and not the secret");
  const form = { action: "save", name: "GitLab", url: forge.url, client_id: forge.clientId, is_sign_in: 1, may_create_users: 1 };
  const save = async (changes) => {
    await admin.post(path, { ...form, ...changes });
    return messageOf(await admin.open(path));
  };
  ok((await save({})).includes("Signing in works"), "saving checks the application");
  ok((await save({ client_secret: "wrong" })).includes("does not know this application, or its secret is wrong"),
    "and finds a wrong secret");
  ok((await save({ client_secret: forge.clientSecret, token: "glpat-none" })).includes("The token does not work"),
    "and a wrong token");
  forge.addToken("glpat-admin");
  const works = await save({ token: "glpat-admin" });
  ok(works.includes("The token works, with version 17.5.1-ee"), "and says which version answers", works);
  ok(!(await admin.open(path)).text.includes("glpat-admin"), "the token is not shown again");
  ok((await save({ url: "ftp://x" })).includes("The URL is that of GitLab"), "a wrong URL is refused");
  ok((await save({ url: "http://127.0.0.1:1" })).includes("Enter the application's secret too") ||
    (await save({ url: "http://127.0.0.1:1" })).includes("secret"), "another URL wants the secret again");
  equal((await site.visitor().open("/admin/forges")).status, 303, "strangers are sent to sign in");
  const ann = site.visitor();
  await ann.signIn(forge, 42);
  equal((await ann.open("/admin/forges")).status, 403, "people who are no administrators stay outside");
  const listed = JSON.parse(await site.server.command("forge", "list", "--json"));
  equal(listed.find((one) => one.name === "GitLab").token, true, "the command line knows that there is a token");
  ok(!JSON.stringify(listed).includes("glpat"), "and does not show it");
}

export async function flows(site) {
  const forge = await signingIn(site);
  site.forge = forge;
  await check("other people", () => others(site, forge));
  await check("what providers do differently", () => lookups(site));
  await check("linking", () => linking(site, forge));
  await check("administration", () => administration(site, forge));
}
