// Stored text must stay text: hostile strings in every field that an SDK can
// fill, shown on every page that shows it.
import { openContext } from "../lib/browser.mjs";
import { check, ok } from "../lib/tap.mjs";

const corpus = [
  `<script>alert("xss")</script>`,
  `"><img src=x onerror=alert("xss")>`,
  `'><svg onload=alert("xss")>`,
  `</textarea></title></style><script>alert("xss")</script>`,
  `javascript:alert("xss")`,
  `" autofocus onfocus=alert("xss") x="`,
  `' style='background:url(//evil.example/x)' '`,
  `<iframe srcdoc="<script>alert('xss')</script>">`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=alert("xss")>`,
  `&lt;script&gt;alert("xss")&lt;/script&gt; &#60;b&#62;`,
  `{{constructor.constructor('alert("xss")')()}} {% raw x %}`,
  `](javascript:alert("xss")) [x](javascript:alert("xss")) <a href="javascript:alert('xss')">x</a>`,
  `\u0000\u202eevil\u2028<b>bold</b>\ud800`,
  `--><!--<img src=x onerror=alert("xss")>`,
];

function eventFullOf(text) {
  const frame = {
    filename: text, abs_path: text, function: text, module: text, package: text, lineno: 3, colno: 1, in_app: true,
    pre_context: [text], context_line: text, post_context: [text], vars: { [text]: text },
  };
  return {
    level: "error", platform: "javascript", logger: text, transaction: text, server_name: text, release: text,
    environment: text, dist: text, fingerprint: [text], culprit: text, message: text,
    logentry: { message: text, params: [text] },
    exception: { values: [text, `${text} `].map((value) => ({ type: text, value, module: text,
      mechanism: { type: text, description: text, help_link: text, data: { [text]: text }, handled: false },
      stacktrace: { frames: [frame, { ...frame, in_app: false }] } })) },
    threads: { values: [{ id: text, name: text, stacktrace: { frames: [frame] } }] },
    breadcrumbs: { values: [{ type: text, category: text, message: text, level: "info", data: { [text]: text, url: text } }] },
    request: { url: text, method: text, query_string: text, fragment: text, data: { [text]: text },
      cookies: { [text]: text }, headers: { [text]: text, Referer: text, "User-Agent": text }, env: { [text]: text } },
    user: { id: text, username: text, email: text, name: text, ip_address: text, geo: { city: text, country_code: text } },
    tags: { [text]: text, hostile: text, url: text }, extra: { [text]: text, nested: { [text]: [text] } },
    contexts: { os: { name: text, version: text }, browser: { name: text }, trace: { trace_id: text, op: text },
      [text]: { type: text, [text]: text }, device: { model: text } },
    sdk: { name: text, version: text, integrations: [text], packages: [{ name: text, version: text }] },
    modules: { [text]: text }, debug_meta: { images: [{ type: "sourcemap", code_file: text, debug_id: text }] },
    errors: [{ type: text, name: text, value: text }],
  };
}

// What markup from an event would leave behind in the document.
const foreignMarkup = () =>
  [...document.querySelectorAll(
    "script:not([src^='/assets/']), iframe, object, embed, base, math, [style], style, img:not([src^='/assets/'])," +
      "a[href^='javascript:' i], [srcdoc], link[rel=stylesheet]:not([href^='/assets/'])")]
    .concat([...document.querySelectorAll("*")].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith("on"))))
    .map((element) => element.outerHTML.slice(0, 200));

export async function hostileText(browser, server, signIn) {
  const dsn = await server.createProject("main/hostile");
  for (const text of corpus) await server.send(dsn, eventFullOf(text));
  const context = await openContext(browser);
  const page = await context.newPage();
  await signIn(page);
  const list = `${server.url}/main/hostile/-/error_tracking`;
  await page.goto(list);
  const links = await page.locator("a.e-title").evaluateAll((found) => found.map((link) => link.href));
  ok(links.length > 0, "hostile events are listed");
  await check("a page of hostile errors holds no markup of theirs", async () => {
    const found = await page.evaluate(foreignMarkup);
    if (found.length) throw new Error(found.join("\n"));
  });
  const headings = [];
  for (const [index, link] of links.entries()) {
    await check(`hostile error ${index + 1}: its details, frames, searches and issue hold no markup of it`, async () => {
      const found = [];
      const visit = async (address) => {
        await page.goto(address);
        found.push(...(await page.evaluate(foreignMarkup)));
      };
      await visit(`${link}?show=all`);
      headings.push(await page.locator("h1").textContent());
      await visit(`${link}?frames=raw`);
      await visit(`${list}?query=${encodeURIComponent(corpus[index % corpus.length].toWellFormed())}`);
      await visit(link);
      await page.getByRole("button", { name: "Create issue" }).click();
      found.push(...(await page.evaluate(foreignMarkup)));
      if (found.length) throw new Error(found.join("\n"));
    });
    await check(`hostile error ${index + 1}: its JSON and Markdown are no pages`, async () => {
      await page.goto(link);
      for (const [name, type] of [["JSON", "application/json"], ["Markdown", "text/markdown"]]) {
        const address = await page.getByRole("link", { name, exact: true }).getAttribute("href");
        const answer = await context.request.get(new URL(address, server.url).href);
        const headers = answer.headers();
        if (!headers["content-type"].startsWith(type) || headers["x-content-type-options"] !== "nosniff")
          throw new Error(`${name}: ${JSON.stringify(headers)}`);
      }
    });
  }
  const printable = corpus.filter((text) => /^[ -~]+$/.test(text));
  const unread = printable.filter((text) => !headings.some((heading) => heading.startsWith(text.slice(0, 30))));
  ok(unread.length === 0, "hostile text is read as it was written", ...unread);
  ok(context.offences.length === 0, "hostile text opens no dialog, runs no script, breaks no policy", context.offences);
  await context.close();
}
