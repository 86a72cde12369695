// Headless Chromium, with everything written down that a page must not do.
import { load } from "./packages.mjs";

const { chromium } = load("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--font-render-hinting=none"];

export const desktop = { width: 1280, height: 900 };
export const mobile = { width: 390, height: 844 };

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

// A context whose `offences` collects dialogs, script errors, console errors,
// violations of the content security policy and answers of 500 and above.
export async function openContext(browser, options = {}) {
  const context = await browser.newContext({ viewport: desktop, reducedMotion: "reduce", ...options });
  context.offences = [];
  context.on("dialog", (dialog) => {
    // Our own pages ask with confirm() only; text from outside has no such chance.
    if (dialog.type() === "confirm" && !dialog.message().includes("xss")) return dialog.accept();
    context.offences.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  context.on("weberror", (event) => context.offences.push(`script error: ${event.error()}`));
  context.on("console", (message) => {
    const isRefusal = /Failed to load resource.*\b4\d\d\b/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isRefusal)
      context.offences.push(`console at ${message.page()?.url()}: ${message.text()}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 500) context.offences.push(`${response.status()} ${response.url()}`);
  });
  return context;
}
