// Whether what is asked of GitLab's API is what its published OpenAPI document describes: each request
// is shown to a mock server that npm's Prism makes of it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { equal, ok } from "../lib/tap.mjs";

const document = path.resolve(import.meta.dirname, "../../../shared/data/openapi/gitlab.json");

export class Contract {
  static async start() {
    if (!existsSync(document)) {
      ok(true, "what is asked of GitLab # SKIP its document is not there");
      return undefined;
    }
    const contract = new Contract();
    const prism = path.join(process.env.CULPRIT_TEST_PACKAGES, "node_modules/.bin/prism");
    contract.process = spawn(prism, ["mock", document, "--host", "127.0.0.1", "--port", "0"]);
    contract.seen = new Map(); // request -> what Prism says
    contract.url = await new Promise((resolve, reject) => {
      let output = "";
      const listen = (text) => {
        output += text;
        const found = output.match(/listening on (http:\/\/127\.0\.0\.1:\d+)/);
        if (found) resolve(found[1]);
      };
      for (const stream of [contract.process.stdout, contract.process.stderr]) stream.setEncoding("utf8").on("data", listen);
      contract.process.once("exit", () => reject(new Error(`Prism does not start:\n${output}`)));
    });
    return contract;
  }

  async look(request, url) {
    const asked = `${request.method} ${url.pathname.replace(/\/\d+/g, "/N")}?${[...url.searchParams.keys()].sort()}`;
    if (this.seen.has(asked)) return;
    this.seen.set(asked, "");
    const { authorization } = request.headers;
    const answer = await fetch(this.url + url.pathname + url.search, { method: request.method, headers: { authorization } });
    const violations = JSON.parse(answer.headers.get("sl-violations") ?? "[]").filter(({ location }) => location[0] === "request");
    const text = await answer.text();
    this.seen.set(asked, answer.status === 200 ? violations.map((one) => one.message).join() : `${answer.status} ${text}`);
  }

  async tell() {
    for (const [asked, says] of this.seen) equal(says, "", `${asked} is as GitLab's document describes it`);
    ok(this.seen.size >= 2, "requests were looked at", [...this.seen.keys()]);
    const answer = await fetch(`${this.url}/api/v4/projects/7/members/all?per_page=many`, { headers: { authorization: "Bearer x" } });
    equal(answer.status, 422, "one that is wrong is found");
    this.process.kill();
  }
}
