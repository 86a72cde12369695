// Roles that come from a GitLab project: given, changed, withdrawn; with a token and with people's own
// grants; while GitLab is away.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { check, equal, ok } from "../lib/tap.mjs";
import { Contract } from "./contract.mjs";
import { messageOf } from "./visitor.mjs";

const SETTINGS = "/main/app/-/settings/operations";

function sql(site, text) {
  const file = path.join(site.server.data, "culprit.db");
  return execFileSync("sqlite3", ["-cmd", ".timeout 5000", file, text], { encoding: "utf8" }).trim();
}

// Links the project main/app to a project there.
function link(site, forge, remoteId) {
  sql(site, `INSERT OR REPLACE INTO project_forge(project_id, forge_id, remote_id, path, web_url, token, labels,
    webhook_secret, default_branch, is_confidential, closes_issues, reopens_issues, resolves_on_close, takes_roles,
    checked_ms, problem, may_use_server_token) VALUES(1, ${forge.id}, ${remoteId}, 'group/app', '', x'', '', x'', '', 0, 0, 0, 0, 1, 0, '',
    1)`);
}

const look = async (site) => {
  await site.admin.post(`${SETTINGS}/members/refresh`, {});
  return messageOf(await site.admin.open(SETTINGS));
};

// What somebody may do in the project: nothing, see it, act, configure.
async function mayDo(visitor) {
  const errors = (await visitor.open("/main/app/-/error_tracking")).status;
  const settings = (await visitor.open(SETTINGS)).status;
  const isKnown = (await visitor.open("/main/app/-/issues")).status === 200;
  if (!isKnown) return `nothing (${errors})`;
  return errors !== 200 ? "issues" : settings === 200 ? "configure" : (await mayAct(visitor)) ? "act" : "see";
}

// Acting on errors that are not there answers with another status than not being allowed to.
const mayAct = async (visitor) => (await visitor.post("/main/app/-/error_tracking", { action: "resolve" })).status !== 403;

async function levels(site, forge, ann) {
  equal(await mayDo(ann), "nothing (404)", "a project where one is no member is not there");
  for (const [level, expected] of [[10, "issues"], [15, "issues"], [20, "see"], [30, "act"], [40, "configure"], [50, "configure"],
    [5, "nothing (404)"]]) {
    forge.setMembers(7, { 42: level });
    await look(site);
    equal(await mayDo(ann), expected, `level ${level} there means: ${expected}`);
  }
  forge.setMembers(7, { 42: 30 });
  await look(site);
  await site.admin.post(`/admin/forges/${forge.id}`, { action: "check" });
  const page = (await site.admin.open(SETTINGS)).text;
  ok(/<th scope="col">From Roles<\/th>/.test(page) && /<td>developer<\/td>/.test(page), "the members page says where it comes from");
  forge.setMembers(7, {});
  await look(site);
  equal(await mayDo(ann), "nothing (404)", "who was removed there is out");
  forge.setMembers(7, { 42: 30 });
  forge.users.get("42").state = "blocked";
  await look(site);
  equal(await mayDo(ann), "nothing (404)", "and who was blocked");
  Object.assign(forge.users.get("42"), { state: "active", expiresAt: "2020-01-01" });
  await look(site);
  equal(await mayDo(ann), "nothing (404)", "and whose membership has expired");
  forge.users.get("42").expiresAt = "2999-01-01";
  forge.setMembers(7, Object.fromEntries([...Array(250).keys()].map((id) => [id + 1000, 20]).concat([[42, 30]])));
  await look(site);
  equal(await mayDo(ann), "act", "the last of 251 members is found");
  forge.setMembers(7, Object.fromEntries([...Array(99).keys()].map((id) => [id + 1000, 20]).concat([[42, 40]])));
  await look(site);
  equal(await mayDo(ann), "configure", "and the last of a page that is just full");
  forge.setMembers(7, Object.fromEntries([...Array(10_000).keys()].map((id) => [id + 1000, 20]).concat([[42, 20]])));
  const message = await look(site);
  ok(message.includes("more than 10000 members"), "more members than can be looked through are told", message);
  equal(await mayDo(ann), "configure", "and change nothing");
}

async function away(site, forge, ann) {
  forge.setMembers(7, { 42: 30 });
  await look(site);
  const answer = (status, body, type) => ({ answers: { "/api/v4/": (_, response) => {
    response.writeHead(status, { "Content-Type": type });
    response.end(body);
  } } });
  for (const [what, faults] of [
    ["does not answer", { isDown: true }],
    ["fails", answer(500, "{}", "application/json")],
    ["is busy", answer(429, "{}", "application/json")],
    ["is behind a proxy that finds nothing", answer(404, "<html>not found</html>", "text/html")],
    ["says nonsense", answer(200, "[1,2]", "application/json")],
    ["says no JSON", answer(200, "<html>", "text/html")],
  ]) {
    forge.faults = faults;
    const message = await look(site);
    forge.faults = {};
    ok(message.length > 20 && !message.includes("as they are there now"), `a GitLab that ${what} is a problem that is told`, message);
    equal(await mayDo(ann), "act", "and roles stay for a while");
    ok((await site.admin.open(SETTINGS)).text.includes("alert warning"), "the members page keeps saying so");
  }
  sql(site, "UPDATE forge_role SET checked_ms = checked_ms - 3600000");
  equal(await mayDo(ann), "nothing (404)", "but not for ever: an hour after they were seen last they end");
  forge.members.delete("7");
  const message = await look(site);
  ok(message.includes("has nothing at this address"), "a project that is gone there is told", message);
  forge.setMembers(7, { 42: 30 });
  await look(site);
  equal(await mayDo(ann), "act", "and when GitLab knows them again, they are back");
  forge.members.delete("7");
  await look(site);
  equal(await mayDo(ann), "nothing (404)", "when GitLab itself does not find the project, they end at once");
}

// The token is taken away: each person's own grant tells what they may do.
async function grants(site, forge, ann) {
  await site.admin.post(`/admin/forges/${forge.id}`, { action: "save", name: forge.name, url: forge.url, client_id: forge.clientId,
    is_sign_in: 1, may_create_users: 1, forgets_token: 1 });
  forge.addUser(44, { username: "cleo", name: "Cleo", email: "cleo@roles.example" });
  const cleo = site.visitor();
  forge.setMembers(7, { 42: 30, 44: 20 });
  await cleo.signIn(forge, 44);
  equal(await mayDo(cleo), "see", "a role is there as soon as one has signed in");
  await look(site);
  equal(`${await mayDo(ann)}, ${await mayDo(cleo)}`, "act, see", "without a token everybody is looked up with their own grant");

  // Their access tokens end sooner than in half a minute, so that each use is a refresh, and a
  // refresh token that is used twice ends the grant.
  const before = forge.countOf(/POST \/token$/);
  await Promise.all(Array.from({ length: 6 }, () => look(site)));
  ok(forge.countOf(/POST \/token$/) >= before + 2, "tokens are refreshed", forge.countOf(/POST \/token$/) - before);
  equal(`${await mayDo(ann)}, ${await mayDo(cleo)}`, "act, see", "and six at once do not spoil a grant");

  // What is kept when a token is given out, and when it is used first.
  const kept = () => sql(site, `SELECT hex(refresh_token) FROM forge_grant NATURAL JOIN forge_identity
    WHERE forge_id = ${forge.id} AND subject = '42'`);
  let given, used;
  forge.onGrant = (id) => { if (id === "42") given = kept(); };
  forge.onApi = (id) => { if (id === "42" && given) used ??= kept(); };
  await look(site);
  forge.onGrant = forge.onApi = undefined;
  ok(given && used && given !== used, "a new token is on disk before it is used");

  forge.setMembers(7, { 44: 20 });
  await look(site);
  equal(await mayDo(ann), "nothing (404)", "who was removed is out, by their own grant");
  forge.setMembers(7, { 42: 30, 44: 20 });
  await look(site);
  equal(await mayDo(ann), "act", "and in again");

  // A refresh token that GitLab does not take any more.
  const rows = () => Number(sql(site, `SELECT count(*) FROM forge_grant WHERE forge_id = ${forge.id}`));
  equal(rows(), 2, "two grants are kept");
  forge.faults = { answers: { "/token": (_, response) => { response.writeHead(503); response.end(); } } };
  await look(site);
  equal(rows(), 2, "a GitLab that cannot refresh ends none");
  equal(await mayDo(ann), "act", "nor any role");
  forge.faults = { answers: { "/token": (_, response) => {
    response.writeHead(401, { "Content-Type": "application/json" });
    response.end('{"error":"invalid_client"}');
  } } };
  await look(site);
  equal(rows(), 2, "nor one that does not know the application");
  forge.faults = {};
  for (const id of ["42"]) await revokeGrants(forge, id);
  await look(site);
  equal(rows(), 1, "a grant that was taken back there is forgotten here");
  equal(`${await mayDo(ann)}, ${await mayDo(cleo)}`, "nothing (404), see", "and its role ends");
  ok((await ann.open("/-/user_settings/profile")).text.includes("Sign in with it again"), "the account page asks to sign in again");
  await ann.signIn(forge, 42, { _csrf: await ann.csrf() });
  equal(await mayDo(ann), "act", "after which all is as before");
}

async function revokeGrants(forge, id) {
  for (const grantId of forge.grantsOf(id)) {
    await forge.provider.RefreshToken.revokeByGrantId(grantId);
    await forge.provider.AccessToken.revokeByGrantId(grantId);
  }
}

// Signing in does not wait long to learn roles.
async function slowApi(site, forge) {
  forge.addUser(45, { username: "sid", name: "Sid", email: "sid@roles.example" });
  forge.setMembers(7, { 42: 30, 44: 20, 45: 20 });
  const sid = site.visitor();
  const late = [];
  forge.faults = { answers: { "/api/v4/": (_, response) => late.push(response) } };
  const started = Date.now();
  const answer = await sid.signIn(forge, 45);
  const seconds = (Date.now() - started) / 1000;
  forge.faults = {};
  for (const response of late) response.destroy();
  ok(answer.status === 303 && seconds < 6, "an API that does not answer holds up a sign-in for three seconds", `${seconds} s`);
  await look(site);
  equal(await mayDo(sid), "see", "and roles come later");
}

// 42 at another server is somebody else.
async function twoForges(site, forge) {
  const other = await site.addForge("Second", {}, "--create-users");
  other.addUser(42, { username: "zoe", name: "Zoe", email: "zoe@second.example" });
  other.setMembers(7, { 42: 50 });
  const zoe = site.visitor();
  await zoe.signIn(other, 42);
  await look(site);
  equal(await mayDo(zoe), "nothing (404)", "the same number at another server has no role");
  await other.stop();
}

async function secrets(site, forge) {
  const file = ["culprit.db", "culprit.db-wal"].map((name) => readFileSync(path.join(site.server.data, name), "latin1")).join();
  const log = site.server.output;
  for (const [what, secret] of [["the application's secret", forge.clientSecret], ["the token", "glpat-roles-token"],
    ...forge.lastTokens.map((token) => ["a person's token", token])]) {
    ok(!file.includes(secret), `${what} is not in the database as it is`);
    ok(!log.includes(secret), "nor in the log");
  }
}

export async function roles(site) {
  const contract = await Contract.start();
  const forge = await site.addForge("Roles", { accessTokenSeconds: 25 }, "--create-users");
  forge.addUser(42, { username: "rita", name: "Rita", email: "rita@roles.example" });
  forge.addToken("glpat-roles-token");
  await site.server.commandWith("glpat-roles-token\n", "forge", "set", "Roles", "--token-stdin");
  forge.contract = contract;
  const ann = site.visitor();
  forge.setMembers(7, {});
  link(site, forge, 7);
  await ann.signIn(forge, 42);
  await check("levels", () => levels(site, forge, ann));
  await check("GitLab away", () => away(site, forge, ann));
  await check("people's grants", () => grants(site, forge, ann));
  await check("a slow API", () => slowApi(site, forge));
  await check("two servers", () => twoForges(site, forge));
  await check("secrets", () => secrets(site, forge));
  await check("contract", () => contract?.tell());
  const isSanitized = process.env.CULPRIT_BINARY?.match(/\/(asan|tsan)\//);
  if (!isSanitized) await check("by itself", async () => {
    forge.setMembers(7, { 44: 20 });
    const started = Date.now();
    await site.until(async () => (await mayDo(ann)).startsWith("nothing"), 150);
    const seconds = Math.round((Date.now() - started) / 1000);
    ok(seconds < 140, "who was removed there is out after two minutes by itself", `${seconds} s`);
    console.log(`# withdrawn after ${seconds} s`);
  });
  await forge.stop();
}
