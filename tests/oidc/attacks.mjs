// What must not let anybody in: answers that are stolen, repeated, made up or of another server, and
// identity tokens that are wrong in one point each.
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { check, equal, ok } from "../lib/tap.mjs";
import { makeKey } from "./gitlab.mjs";
import { messageOf } from "./visitor.mjs";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const headerOf = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url"));

function signToken(header, claims, privateJwk) {
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(text), { key: privateJwk, format: "jwk", dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

async function refused(visitor, answer, what, says) {
  const name = await visitor.name();
  ok(!name && answer.status >= 400 && messageOf(answer).includes(says), what,
    `${answer.status} ${name ?? "nobody"}: ${messageOf(answer)}`);
}

async function states(site, forge) {
  const callback = `/users/auth/${forge.id}/callback`;
  const stranger = site.visitor();
  await refused(stranger, await stranger.open(`${callback}?code=x&state=${"a".repeat(64)}`), "a state that was made up",
    "not begun in this browser");
  await refused(stranger, await stranger.open(`${callback}?code=x`), "no state", "not begun in this browser");
  await refused(stranger, await stranger.open(callback), "nothing at all", "not begun in this browser");

  const victim = site.visitor();
  const back = await victim.agree((await victim.begin(forge)).way, 42);
  await refused(stranger, await stranger.open(back), "an answer in another browser", "not begun in this browser");
  await refused(victim, await victim.open(back), "which is used up by that", "not begun in this browser");

  // The attacker's own answer, slipped to somebody who has begun a sign-in of their own.
  const attacker = site.visitor();
  const bait = await attacker.agree((await attacker.begin(forge)).way, 43);
  await victim.begin(forge);
  await refused(victim, await victim.open(bait), "an attacker's answer in the victim's browser", "not begun in this browser");

  // Code injection: the attacker's state with the victim's code, in the attacker's browser.
  const other = site.visitor();
  const stolen = new URL(await other.agree((await other.begin(forge)).way, 42)).searchParams.get("code");
  const own = new URL(await attacker.agree((await attacker.begin(forge)).way, 43));
  own.searchParams.set("code", stolen);
  await refused(attacker, await attacker.open(own.href), "a stolen code with a state of one's own: PKCE",
    "does not take this sign-in");

  const twice = site.visitor();
  const answer = await twice.agree((await twice.begin(forge)).way, 42);
  equal((await twice.open(answer)).status, 303, "an answer works once");
  const replay = await twice.open(answer);
  ok(replay.location?.endsWith("#forges") && messageOf(await twice.open("/-/user_settings/profile")).includes("used already"),
    "and not twice", replay.location);

  const noCookie = site.visitor();
  const late = await noCookie.agree((await noCookie.begin(forge)).way, 42);
  noCookie.jarOf(site.server.url).set("culprit_sign_in", "0".repeat(64));
  await refused(noCookie, await noCookie.open(late), "a browser with another cookie", "not begun in this browser");

  const long = site.visitor();
  await long.begin(forge);
  const state = new URL((await long.begin(forge)).way).searchParams.get("state");
  await refused(long, await long.open(`${callback}?state=${state}&code=${"c".repeat(5000)}`), "a code without end",
    "without what is needed");
}

async function returns(site, forge) {
  for (const path of ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)",
    "\\\\evil.example", "/%0d%0aLocation:%20https://evil.example", "x".repeat(4000)]) {
    const visitor = site.visitor();
    const answer = await visitor.signIn(forge, 42, { return: path });
    ok(answer.status === 303 && new URL(answer.location).origin === site.server.url,
      `the way back stays here: ${path.slice(0, 40)}`, answer.location);
  }
}

async function linkAttacks(site, forge) {
  await site.addUser("carol", "carol@example.org");
  await site.addUser("dave", "dave@example.org");
  const carol = await site.signInByPassword("carol");
  forge.addUser(60, { username: "mallory", name: "Mallory", email: "mallory@evil.example" });
  const mallory = site.visitor();
  const bait = await mallory.agree((await mallory.begin(forge)).way, 60);
  await carol.open(bait);
  equal((await linkedOf(carol)).length, 0, "nobody's account is linked by somebody else's answer");
  // The session changes between pressing the button and coming back.
  const begun = await carol.begin(forge, { _csrf: await carol.csrf() });
  const back = await carol.agree(begun.way, 60);
  await carol.open("/users/sign_out", { _csrf: await carol.csrf() });
  await carol.open("/users/sign_in", { login: "dave", password: "correct horse battery" });
  equal(await carol.name(), "dave", "another person signs in meanwhile");
  await carol.open(back);
  const message = messageOf(await carol.open("/-/user_settings/profile"));
  ok(message.includes("Somebody else is signed in now"), "what was begun for one person is not done to another", message);
  equal((await linkedOf(carol)).length, 0, "nothing is linked");
}

const linkedOf = async (visitor) =>
  [...(await visitor.open("/-/user_settings/profile")).text.matchAll(/\/users\/auth\/\d+\/unlink/g)];

// An e-mail address alone opens no account.
async function takeOver(site, forge) {
  const attempt = async (id, email, more = {}) => {
    forge.addUser(id, { username: `taker${id}`, name: "Taker", email, ...more });
    const visitor = site.visitor();
    return [visitor, await visitor.signIn(forge, id)];
  };
  await refused(...await attempt(70, "carol@example.org"), "the address of a user with a password", "your e-mail address");
  await refused(...await attempt(71, "CAROL@EXAMPLE.ORG"), "in any case", "your e-mail address");
  await site.server.command("user", "create", "erin", "--email", "erin@example.org");
  await refused(...await attempt(72, "erin@example.org", { isConfirmed: false }), "an address that is not confirmed",
    "no confirmed e-mail address");
  await refused(...await attempt(73, "new@example.org", { isConfirmed: false }), "also when nobody has it here",
    "no confirmed e-mail address");
  const [erin] = await attempt(74, "erin@example.org");
  equal(await erin.name(), "erin", "who was made in advance and has never been here is found by a confirmed address");
  await refused(...await attempt(75, "erin@example.org"), "but only once", "your e-mail address");
  await site.server.command("user", "create", "frank", "--email", "frank@example.org");
  await site.signInByLink("frank");
  await refused(...await attempt(76, "frank@example.org"), "not who came in by a link", "your e-mail address");
  await site.server.command("user", "create", "grace", "--email", "grace@example.org", "--admin");
  await refused(...await attempt(77, "grace@example.org"), "no administrator", "your e-mail address");
  await site.server.command("user", "create", "bot", "--email", "bot@example.org");
  await site.server.command("token", "create", "bot", "--scope", "event:read");
  await refused(...await attempt(78, "bot@example.org"), "nobody whose token is in use", "your e-mail address");
  await refused(...await attempt(79, ""), "no address", "no confirmed e-mail address");
  await refused(...await attempt(80, "a b@example.org"), "an address that is none", "An e-mail address looks like");

  const closed = await site.addForge("Closed", {});
  closed.addUser(42, { username: "ann.lee", name: "Ann", email: "annx@example.org" });
  const visitor = site.visitor();
  await refused(visitor, await visitor.signIn(closed, 42), "no new users where none are to be made", "you are no user here");
  equal((await site.users()).filter((user) => user.username.startsWith("taker")).length, 0, "none of them became a user");

  const ann = (await site.users()).find((user) => user.username === "ann.lee");
  await site.admin.post(`/admin/users/${ann.id}`, { action: "block" });
  const blocked = site.visitor();
  await refused(blocked, await blocked.signIn(forge, 42), "a blocked user", "may not sign in any more");
  await site.admin.post(`/admin/users/${ann.id}`, { action: "unblock" });
  return closed;
}

// The same number means another person at another server, and one cannot answer for the other.
async function mixUps(site, forge, closed) {
  const ann = site.visitor();
  await ann.signIn(forge, 42);
  equal(await ann.name(), "ann.lee", "42 is Ann at the one server");
  closed.users.get("42").email = "ann@example.org";
  const visitor = site.visitor();
  await refused(visitor, await visitor.signIn(closed, 42), "and nobody yet at the other", "your e-mail address");

  const begun = await visitor.begin(forge);
  const back = new URL(await visitor.agree(begun.way, 42));
  const elsewhere = `${closed.redirectUri}${back.search}`;
  await refused(visitor, await visitor.open(elsewhere), "an answer at another forge's address", "not begun in this browser");

  const wrongIssuer = new URL(await visitor.agree((await visitor.begin(forge)).way, 42));
  wrongIssuer.searchParams.set("iss", closed.url);
  await refused(visitor, await visitor.open(wrongIssuer.href), "an answer that names another issuer", "came from another server");
  const noIssuer = new URL(await visitor.agree((await visitor.begin(forge)).way, 42));
  noIssuer.searchParams.delete("iss");
  await refused(visitor, await visitor.open(noIssuer.href), "one that names none, of a server that always does",
    "came from another server");
}

async function identityTokens(site) {
  const key = makeKey("k1");
  const other = makeKey("k1");
  const unknown = makeKey("unknown");
  const curve = makeKey("k1", "ec");
  const forge = await site.addForge("Tampered", { keys: [key] }, "--create-users");
  forge.addUser(1, { username: "tampered", name: "Tampered", email: "tampered@example.org" });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const weak = { ...privateKey.export({ format: "jwk" }), kid: "weak" };
  const publicPem = createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" });
  const hmac = (header, claims, secret) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  };
  const now = () => Math.floor(Date.now() / 1000);
  const changed = (changes) => (token) => signToken(headerOf(token), { ...claimsOf(token), ...changes }, key);
  const cases = [
    ["another issuer", changed({ iss: "https://evil.example" }), "another issuer"],
    ["another audience", changed({ aud: "other" }), "another application"],
    ["several audiences", (token) => changed({ aud: [claimsOf(token).aud, "other"] })(token), "another application"],
    ["another party", changed({ azp: "other" }), "another application"],
    ["a token that has ended", changed({ exp: now() - 120 }), "expired"],
    ["a token of the future", changed({ iat: now() + 600, exp: now() + 900 }), "future"],
    ["another nonce", changed({ nonce: "n".repeat(64) }), "another sign-in"],
    ["no nonce", changed({ nonce: undefined }), "another sign-in"],
    ["no subject", changed({ sub: undefined }), "names nobody"],
    ["another access token", changed({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }), "another access token"],
    ["no signature", (token) => `${token.split(".").slice(0, 2).join(".")}.`, "no signature"],
    ["alg none", (token) => `${encode({ alg: "none" })}.${token.split(".")[1]}.`, "RS256 or ES256"],
    ["alg none with a signature", (token) => `${encode({ alg: "none", kid: "k1" })}.${token.split(".").slice(1).join(".")}`,
      "RS256 or ES256"],
    ["HMAC with the public key", (token) => hmac({ alg: "HS256", kid: "k1" }, claimsOf(token), publicPem), "RS256 or ES256"],
    ["HMAC with the client's secret", (token) => hmac({ alg: "HS256" }, claimsOf(token), forge.clientSecret), "RS256 or ES256"],
    ["HMAC that says RS256", (token) => hmac({ alg: "RS256", kid: "k1" }, claimsOf(token), publicPem), "wrong signature"],
    ["another kind of key", (token) => signToken({ alg: "ES256", kid: "k1" }, claimsOf(token), curve), "does not publish"],
    ["another key of the same name", (token) => signToken(headerOf(token), claimsOf(token), other), "wrong signature"],
    ["a key that is brought along", (token) => signToken({ ...headerOf(token), jwk: other }, claimsOf(token), other),
      "wrong signature"],
    ["an unknown key", (token) => signToken({ alg: "RS256", kid: "unknown" }, claimsOf(token), unknown), "does not publish"],
    ["a weak key", (token) => signToken({ alg: "RS256", kid: "weak" }, claimsOf(token), weak), "does not publish"],
    ["changed claims", (token) => [token.split(".")[0], encode({ ...claimsOf(token), sub: "2" }), token.split(".")[2]].join("."),
      "wrong signature"],
    ["critical extensions", (token) => signToken({ ...headerOf(token), crit: ["exp"] }, claimsOf(token), key), "extensions"],
    ["no token", () => undefined, "missing"],
    ["a number", () => 7, "missing"],
    ["garbage", () => "a.b.c", "cannot be read"],
  ];
  for (const [what, change, says] of cases) {
    forge.faults.rewrite = { "/token": (answer) => ({ ...answer, id_token: change(answer.id_token) }) };
    const visitor = site.visitor();
    await refused(visitor, await visitor.signIn(forge, 1), `an identity token with ${what}`, says);
  }
  equal((await site.users()).filter((user) => user.username === "tampered").length, 0, "none of them made a user");
  forge.faults.rewrite = { "/me": (answer) => answer };
  const fetches = forge.countOf(/GET \/jwks/);
  ok(fetches <= 3, "unknown keys do not have the keys fetched each time", `${fetches} times`);
  const visitor = site.visitor();
  await visitor.signIn(forge, 1);
  equal(await visitor.name(), "tampered", "the token as it was lets in");
  return forge;
}

// A new key is found, but not by asking each time. Returns what is to be looked at later.
async function newKeys(site) {
  const options = { keys: [makeKey("old")] };
  const forge = await site.addForge("Rotating", options, "--create-users");
  forge.addUser(1, { username: "rotating", name: "Rotating", email: "rotating@example.org" });
  await site.visitor().signIn(forge, 1);
  options.keys = [makeKey("new")];
  await forge.register(forge.redirectUri);
  const visitor = site.visitor();
  const answer = await visitor.signIn(forge, 1);
  // The keys were fetched a moment ago, so they are not fetched again yet.
  await refused(visitor, answer, "a key that is newer than half a minute", "does not publish");
  const since = Date.now();
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, since + 31_000 - Date.now())));
    await visitor.signIn(forge, 1);
    equal(await visitor.name(), "rotating", "and is found half a minute later");
    await forge.stop();
  };
}

async function answers(site, forge) {
  const attempt = async (faults, what, says, path) => {
    forge.faults = faults;
    const visitor = site.visitor();
    let answer;
    try {
      answer = await visitor.signIn(forge, 1);
    } catch (error) {
      answer = { status: 0, text: `<div class="alert"><div>${error.message}</div>` };
    }
    forge.faults = {};
    const seen = messageOf(answer);
    ok(!(await visitor.name()) && seen.includes(says), what, `${answer.status} ${seen}`);
  };
  const status = (code, body = "{}", type = "application/json") => (_, response) => {
    response.writeHead(code, { "Content-Type": type });
    response.end(body);
  };
  await attempt({ answers: { "/token": status(500) } }, "an error at the token endpoint", "Tampered");
  await attempt({ answers: { "/token": status(200, "<html>") } }, "no JSON", "cannot be understood");
  await attempt({ answers: { "/token": status(200, "{}") } }, "no tokens", "cannot be understood");
  await attempt({ rewrite: { "/token": (answer) => ({ ...answer, token_type: "mac" }) } }, "tokens of another type",
    "cannot be understood");
  await attempt({ rewrite: { "/token": (answer) => ({ ...answer, access_token: "a\r\nX: y" }) } }, "a token with a line break",
    "cannot be understood");
  await attempt({ answers: { "/token": status(401, '{"error":"invalid_client"}') } }, "an unknown client",
    "does not know this application");
  await attempt({ answers: { "/token": status(200, `{"access_token":"${"x".repeat(2_000_000)}"}`) } }, "an answer without end",
    "too big");
  await attempt({ rewrite: { "/token": (answer) => ({ ...answer, access_token: "x".repeat(20_000) }) } }, "a token without end",
    "cannot be understood");
  await attempt({ rewrite: { "/token": (answer) => ({ ...answer, id_token: "x".repeat(70_000) }) } },
    "an identity token without end", "too long");
  await attempt({ answers: { "/token": (_, response) => response.destroy() } }, "a broken connection", "Tampered");
  await attempt({ answers: { "/token": (_, response) => { response.writeHead(302, { Location: "http://127.0.0.1:1/" }); response.end(); } } },
    "a redirect", "Tampered");
  await attempt({ answers: { "/token": (_, response) => { response.writeHead(200); response.write("{"); } } },
    "an answer that never ends", "did not answer completely");
}

async function providers(site) {
  const says = async (rewrite, what, words) => {
    const forge = await site.addForge(`Odd ${what}`, {}, "--create-users");
    forge.faults.rewrite = { "/.well-known/openid-configuration": rewrite };
    const answer = await site.visitor().begin(forge);
    ok(answer.status >= 400 && messageOf(answer).includes(words), `a provider with ${what}`, messageOf(answer));
    await forge.stop();
  };
  await says((answer) => ({ ...answer, issuer: "https://gitlab.com" }), "another issuer", "says that it is");
  await says((answer) => ({ ...answer, issuer: `${answer.issuer}/` }), "a slash more", "says that it is");
  await says((answer) => ({ ...answer, token_endpoint: undefined }), "no token endpoint", "does not say where");
  await says((answer) => ({ ...answer, authorization_endpoint: "javascript:alert(1)" }), "a script as an endpoint",
    "does not say where");
  await says((answer) => ({ ...answer, authorization_endpoint: `${answer.authorization_endpoint}\r\nX: y` }),
    "a line break in an address", "does not say where");
  await says((answer) => ({ ...answer, code_challenge_methods_supported: ["plain"] }), "no safe PKCE", "PKCE");
  await says((answer) => ({ ...answer, token_endpoint_auth_methods_supported: ["private_key_jwt"] }), "no secrets",
    "use a secret");
  await says(() => [], "a list as its configuration", "cannot be understood");

  const down = await site.addForge("Down", {}, "--create-users");
  await down.stop();
  const answer = await site.visitor().begin(down);
  ok(answer.status === 503 && messageOf(answer).includes("refused"), "a server that is down", messageOf(answer));
}

// Others are served as before while a server does not answer.
async function slowness(site) {
  const slow = await site.addForge("Slow", {}, "--create-users");
  slow.faults.delayMs = 1000;
  const begun = Array.from({ length: 40 }, () => site.visitor().begin(slow));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const started = performance.now();
  await site.visitor().open("/users/sign_in");
  const ms = performance.now() - started;
  ok(ms < 900, "pages answer while forty people wait for a slow server", `${ms} ms`);
  const all = await Promise.all(begun);
  const refusals = all.filter((answer) => answer.status === 429);
  ok(all.length - refusals.length >= 32 && all.every((answer) => answer.way || answer.status === 429),
    "32 of whom get there in the end", all.map((answer) => `${answer.status} ${messageOf(answer)}`));
  ok(refusals.length > 0 && messageOf(refusals[0]).includes("Too many pages wait"), "and the others are told to come again",
    refusals.length);
  slow.faults.delayMs = 0;
  await slow.stop();
}

export async function attacks(site) {
  const { forge } = site;
  let closed, tampered;
  await check("states", () => states(site, forge));
  await check("ways back", () => returns(site, forge));
  await check("linking", () => linkAttacks(site, forge));
  await check("taking over", async () => { closed = await takeOver(site, forge); });
  await check("mixing up", () => mixUps(site, forge, closed));
  await check("identity tokens", async () => { tampered = await identityTokens(site); });
  let later;
  await check("new keys", async () => { later = await newKeys(site); });
  await check("broken answers", () => answers(site, tampered));
  await check("odd providers", () => providers(site));
  await check("slow servers", () => slowness(site));
  await check("new keys, later", () => later());
  await closed?.stop();
  await tampered?.stop();
}
