// Starts the program on a free port with a data directory of its own, and
// talks to it as an operator and as an SDK would.
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "../..");
const binary = process.env.CULPRIT_BINARY ?? path.join(root, "build/release/culprit");
const START_MS = 15_000;

export class Server {
  // Resolves when the sign-in link and the DSN of the first start were printed. `options` are words
  // for the command line.
  static async start(...options) {
    const server = new Server();
    server.data = await mkdtemp(path.join(tmpdir(), "culprit-test-"));
    server.output = "";
    server.process = spawn(binary, ["serve", "--data", server.data, "--listen", "127.0.0.1:0", ...options]);
    server.exited = new Promise((resolve) => server.process.once("exit", resolve));
    for (const stream of [server.process.stdout, server.process.stderr])
      stream.setEncoding("utf8").on("data", (text) => (server.output += text));
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline && server.process.exitCode === null) {
      server.signInLink = server.output.match(/https?:\/\/\S*sign_in\S+/)?.[0];
      server.dsn = server.output.match(/https?:\/\/[0-9a-f]{32}@\S+/)?.[0];
      if (server.signInLink && server.dsn) {
        server.url = new URL(server.dsn).origin;
        return server;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await server.stop();
    throw new Error(`the server did not start:\n${server.output}`);
  }

  // Runs a command of the program on this server's data; resolves to its output.
  async command(...words) { return this.commandWith("", ...words); }

  // The same with text on its standard input.
  async commandWith(input, ...words) {
    const running = promisify(execFile)(binary, [...words, "--data", this.data]);
    running.child.stdin.end(input);
    return (await running).stdout.trim();
  }

  async createProject(name) {
    const output = await this.command("project", "create", name);
    return output.match(/https?:\/\/[0-9a-f]{32}@\S+/)[0];
  }

  // Sends one event as an SDK does; resolves to its id.
  async send(dsn, event) {
    const { origin, username, pathname } = new URL(dsn);
    const id = randomUUID().replaceAll("-", "");
    const body = [{ event_id: id }, { type: "event" }, { event_id: id, timestamp: Date.now() / 1000, ...event }];
    const response = await fetch(`${origin}/api${pathname}/envelope/`, {
      method: "POST",
      headers: { "X-Sentry-Auth": `Sentry sentry_version=7, sentry_client=test/1, sentry_key=${username}` },
      body: body.map((part) => JSON.stringify(part)).join("\n"),
    });
    if (response.status !== 200) throw new Error(`event refused: ${response.status} ${await response.text()}`);
    return id;
  }

  // Sends files of an event: texts by their names.
  async attach(dsn, eventId, files) {
    const { origin, username, pathname } = new URL(dsn);
    const body = new FormData();
    for (const [name, text] of Object.entries(files)) body.append(name, new Blob([text]), name);
    const address = `${origin}/api${pathname}/events/${eventId}/attachments/?sentry_key=${username}`;
    const response = await fetch(address, { method: "POST", body });
    if (response.status !== 201) throw new Error(`files refused: ${response.status} ${await response.text()}`);
  }

  // Resolves to the exit status, 0 for a clean stop; `output` then holds all that was said.
  async stop() {
    this.process.kill("SIGTERM");
    const status = await this.exited;
    await rm(this.data, { recursive: true, force: true });
    return status;
  }
}
