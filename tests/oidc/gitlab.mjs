// A GitLab as far as sign-in and roles go: a real OpenID provider (npm's oidc-provider), its own
// page to sign in, and beside it the part of GitLab's API that says who is a member of what. What a
// test wants to go wrong it puts into `faults`.
import { createServer } from "node:http";
import { load } from "../lib/packages.mjs";
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";

const provider = async (...options) => new (await import(load.resolve("oidc-provider"))).Provider(...options);

export function makeKey(id, kind = "rsa") {
  const options = kind === "rsa" ? { modulusLength: 2048 } : { namedCurve: "P-256" };
  const { privateKey } = generateKeyPairSync(kind, options);
  const use = kind === "rsa" ? "RS256" : "ES256";
  return { ...privateKey.export({ format: "jwk" }), kid: id, alg: use, use: "sig" };
}

const readBody = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

const sendJson = (response, status, value) => {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
};

export class GitLab {
  // `options`: authMethod of the token endpoint, accessTokenSeconds, keys, path ("/gitlab").
  static async start(options = {}) {
    const gitlab = new GitLab();
    Object.assign(gitlab, {
      options, clientId: randomUUID(), clientSecret: randomBytes(24).toString("base64url") + "+/%", faults: {},
      users: new Map(), members: new Map(), tokens: new Map(), requests: [], grants: [], lastTokens: [], version: "17.5.1-ee",
    });
    gitlab.server = createServer((request, response) => gitlab.handle(request, response).catch((error) => {
      console.log(`# gitlab: ${error.stack}`);
      response.destroy();
    }));
    await new Promise((resolve) => gitlab.server.listen(0, "127.0.0.1", resolve));
    gitlab.port = gitlab.server.address().port;
    gitlab.url = `http://127.0.0.1:${gitlab.port}${options.path ?? ""}`;
    return gitlab;
  }

  // Once the address is known to which people are sent back.
  async register(redirectUrl) {
    this.provider = await provider(this.url, {
      clients: [{
        client_id: this.clientId, client_secret: this.clientSecret, redirect_uris: [redirectUrl],
        grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
        token_endpoint_auth_method: this.options.authMethod ?? "client_secret_basic",
        id_token_signed_response_alg: this.options.algorithm ?? "RS256",
      }],
      clientAuthMethods: [this.options.authMethod ?? "client_secret_basic"],
      jwks: { keys: this.options.keys ?? [makeKey("first")] },
      scopes: this.options.scopes ?? ["openid", "profile", "email", "api"],
      claims: { openid: ["sub"], profile: ["name", "nickname", "preferred_username"], email: ["email", "email_verified"] },
      conformIdTokenClaims: this.options.leanTokens ?? false,
      enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
      cookies: { keys: ["a test"] },
      features: { devInteractions: { enabled: false },
        revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId } },
      interactions: { url: (_, interaction) => `${this.options.path ?? ""}/interaction/${interaction.uid}` },
      findAccount: (_, id) => ({ accountId: id, claims: () => this.claimsOf(id) }),
      issueRefreshToken: () => true,
      rotateRefreshToken: true,
      ttl: { AccessToken: () => this.options.accessTokenSeconds ?? 7200, RefreshToken: 86400, Session: 3600, Grant: 86400,
        IdToken: 120, Interaction: 600, AuthorizationCode: 60 },
      renderError: (context, out) => { context.type = "json"; context.body = out; },
    });
    this.provider.proxy = true;
    this.provider.on("grant.success", (context) => this.remember(context));
    this.callback = this.provider.callback();
  }

  // Which grants there are, and the newest tokens, for tests that take them back or look for them.
  remember(context) {
    const { accountId, grantId } = context.oidc.entities.AccessToken;
    this.grants.push({ accountId, grantId });
    this.onGrant?.(accountId);
    this.lastTokens = [context.body.access_token, context.body.refresh_token].filter(Boolean);
  }

  grantsOf(id) { return new Set(this.grants.filter((one) => one.accountId === id).map((one) => one.grantId)); }

  claimsOf(id) {
    const user = this.users.get(id);
    return { sub: id, name: user.name, nickname: user.username, preferred_username: user.username, email: user.email,
      email_verified: user.isConfirmed ?? true };
  }

  // GitLab's ids of users are numbers, and the subject of its tokens.
  addUser(id, user) { this.users.set(String(id), { state: "active", ...user }); }

  // Members by GitLab's id of the project: { userId: level }.
  setMembers(projectId, levels) { this.members.set(String(projectId), levels); }
  addToken(token, isAllowed = () => true) { this.tokens.set(token, isAllowed); }
  countOf(pattern) { return this.requests.filter((line) => pattern.test(line)).length; }

  async handle(request, response) {
    const url = new URL(request.url, this.url);
    const path = url.pathname.slice((this.options.path ?? "").length);
    this.requests.push(`${request.method} ${path}`);
    if (this.faults.delayMs) await new Promise((resolve) => setTimeout(resolve, this.faults.delayMs));
    if (this.faults.isDown) return request.socket.destroy();
    for (const [pattern, answer] of Object.entries(this.faults.answers ?? {}))
      if (path.includes(pattern)) return answer(request, response, url);
    if (path.startsWith("/api/v4/")) return this.api(request, response, path.slice(7), url);
    if (path.startsWith("/interaction/")) return this.interaction(request, response);
    const rewrite = this.faults.rewrite?.[path];
    if (rewrite) this.interceptJson(response, rewrite);
    request.url = path + url.search;
    if (this.options.path) request.originalUrl = this.options.path + request.url;
    return this.callback(request, response);
  }

  // Changes a JSON answer of the provider on its way out.
  interceptJson(response, rewrite) {
    const end = response.end.bind(response);
    response.end = (body, ...rest) => {
      const changed = JSON.stringify(rewrite(JSON.parse(String(body))));
      response.setHeader("Content-Length", Buffer.byteLength(changed));
      return end(changed, ...rest);
    };
  }

  // One page: who it is, and yes or no.
  async interaction(request, response) {
    const details = await this.provider.interactionDetails(request, response);
    if (request.method === "GET") {
      response.writeHead(200, { "Content-Type": "text/html" });
      response.end(`<!DOCTYPE html><title>GitLab</title><form method="post"><label>User <input name="user"></label>
        <button name="answer" value="yes">Authorize</button><button name="answer" value="no">Cancel</button></form>`);
      return undefined;
    }
    const form = new URLSearchParams(await readBody(request));
    let result = { error: "access_denied", error_description: "<b>no</b>" };
    if (form.get("answer") === "yes") {
      const accountId = form.get("user");
      const grant = new this.provider.Grant({ accountId, clientId: details.params.client_id });
      grant.addOIDCScope(details.params.scope);
      result = { login: { accountId, remember: false }, consent: { grantId: await grant.save() } };
    }
    return this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  // --- GitLab's API ---

  // The user of an OAuth token, "token" for an access token that was given out, or nothing.
  async actorOf(request, projectId) {
    const token = request.headers.authorization?.match(/^Bearer (.*)$/)?.[1] ?? "";
    if (this.tokens.has(token)) return this.tokens.get(token)(projectId) ? "token" : undefined;
    const found = await this.provider.AccessToken.find(token);
    return found && this.users.get(found.accountId)?.state === "active" ? found.accountId : undefined;
  }

  memberJson(id, level) {
    const user = this.users.get(String(id)) ?? { username: `u${id}`, name: `User ${id}`, state: "active" };
    return { id: Number(id), username: user.username, name: user.name, state: user.state, access_level: level,
      expires_at: user.expiresAt ?? null, membership_state: "active", created_at: "2026-01-01T00:00:00.000Z" };
  }

  async api(request, response, path, url) {
    await this.contract?.look(request, url);
    const match = path.match(/^\/projects\/(\d+)\/members\/all(?:\/(\d+))?$/);
    const actor = await this.actorOf(request, match?.[1]);
    this.onApi?.(actor);
    if (!actor) return sendJson(response, 401, { message: "401 Unauthorized" });
    if (path === "/version") return sendJson(response, 200, { version: this.version, revision: "0123456" });
    const levels = match && this.members.get(match[1]);
    const isVisible = levels && (actor === "token" || levels[actor] !== undefined);
    if (!isVisible) return sendJson(response, 404, { message: "404 Project Not Found" });
    if (match[2]) {
      const level = levels[match[2]];
      if (level === undefined) return sendJson(response, 404, { message: "404 Not found" });
      return sendJson(response, 200, this.memberJson(match[2], level));
    }
    const page = Number(url.searchParams.get("page") ?? 1);
    const size = Number(url.searchParams.get("per_page") ?? 20);
    const all = Object.entries(levels).reverse().map(([id, level]) => this.memberJson(id, level));
    return sendJson(response, 200, all.slice((page - 1) * size, page * size));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
