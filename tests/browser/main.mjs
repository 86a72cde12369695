// Runs the browser tests: main.mjs [stories] [connect] [seed] [hostile] [pages]
import { launch } from "../lib/browser.mjs";
import { Server } from "../lib/server.mjs";
import { check, finish, skip } from "../lib/tap.mjs";
import { connectSentry } from "./connect.mjs";
import { hostileText } from "./hostile.mjs";
import { judgePages } from "./pages.mjs";
import { hasSdk, tellSeedStory } from "./seed.mjs";
import { signIn, tellStory } from "./stories.mjs";

const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const started = Date.now();
const browser = await launch();

async function withServer(name, run, ...words) {
  if (!isWanted(name)) return;
  await check(`${name}: the server starts, serves and stops cleanly`, async () => {
    const server = await Server.start(...words);
    let status;
    try {
      await run(server);
    } finally {
      status = await server.stop();
    }
    if (status !== 0) throw new Error(`it ended with status ${status}:\n${server.output.slice(-4000)}`);
  });
}

await withServer("stories", (server) => tellStory(browser, server, "with JavaScript", {}));
await withServer("stories", (server) => tellStory(browser, server, "without JavaScript", { javaScriptEnabled: false }));
await withServer("connect", (server) => connectSentry(browser, server), "--allow-private-addresses");
if (hasSdk()) await withServer("seed", (server) => tellSeedStory(browser, server), "--allow-private-addresses");
else skip("the seed story", "python3-sentry-sdk is not installed");
await withServer("hostile", (server) => hostileText(browser, server, (page) => signIn(page, server)));
await withServer("pages", (server) => judgePages(browser, server));
await browser.close();
process.exit(finish("browser", started));
