// Events as a shop's servers would send them: what the stories look at.

const people = ["ada", "grace", "linus", "mina"];

export function frame(file, name, line, isInApp = true) {
  return {
    filename: file, abs_path: `/srv/shop/${file}`, function: name, lineno: line, colno: 9, in_app: isInApp,
    module: file.replace(/\.js$/, "").replaceAll("/", "."),
    pre_context: ["function price(cart) {", "  const rates = load(cart.currency);"],
    context_line: `  return cart.lines.map((line) => ${name}(line, rates));`,
    post_context: ["}", ""],
  };
}

export function userOf(number) {
  const name = people[(number - 1) % people.length];
  return { id: String(number), username: name, email: `${name}@shop.example`, ip_address: "203.0.113.7" };
}

// A chained error with everything a details page can show.
export function checkoutError(number = 1, more = {}) {
  return {
    platform: "node", level: "error", release: "shop@1.4.2", environment: "production", server_name: "web-1",
    transaction: "POST /checkout", logger: "shop.checkout", user: userOf(number),
    tags: { plan: "gold", region: "eu" },
    exception: {
      values: [
        {
          type: "RateError", value: "no rate for EUR", mechanism: { type: "chained", handled: true },
          stacktrace: { frames: [frame("lib/rates.js", "loadRates", 22)] },
        },
        {
          type: "CheckoutError", value: "Could not price the cart", mechanism: { type: "generic", handled: false },
          stacktrace: {
            frames: [
              frame("node_modules/express/router.js", "next", 101, false),
              frame("node_modules/express/layer.js", "handle", 57, false),
              frame("shop/checkout.js", "checkout", 58),
              frame("shop/pricing.js", "price", 143),
            ],
          },
        },
      ],
    },
    breadcrumbs: {
      values: [
        { timestamp: Date.now() / 1000 - 9, category: "cart", message: "three apples added", level: "info" },
        { timestamp: Date.now() / 1000 - 4, type: "http", category: "fetch", level: "warning",
          data: { url: "https://rates.example/eur", method: "GET", status_code: 404 } },
      ],
    },
    request: {
      url: "https://shop.example/checkout?step=2", method: "POST", query_string: "step=2",
      headers: { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0", Accept: "*/*" }, data: { cart: "81Z9" },
    },
    contexts: { runtime: { name: "node", version: "20.20.2" }, os: { name: "Debian", version: "12" },
      cart: { lines: 3, currency: "EUR" } },
    extra: { attempt: 2 },
    ...more,
  };
}

// Different errors by their number.
export function stockError(number) {
  const title = `Shelf ${String(number).padStart(3, "0")} is empty`;
  return {
    platform: "python", level: number % 3 ? "error" : "warning", release: "shop@1.4.1", environment: "staging",
    user: userOf(number), exception: { values: [{ type: `Stock${number}Error`, value: title,
      stacktrace: { frames: [frame("shop/stock.js", `take${number}`, number)] } }] },
  };
}

// What a browser reports, with the files that an SDK would send along.
export const blockedImage = {
  platform: "other", logger: "csp", logentry: { formatted: "Blocked 'image' from 'evil.example'" },
  tags: { "effective-directive": "img-src", "blocked-uri": "https://evil.example/x.png" },
  request: { url: "https://shop.example/checkout", headers: { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)" } },
  csp: {
    effective_directive: "img-src", violated_directive: "img-src 'self'", document_uri: "https://shop.example/checkout",
    blocked_uri: "https://evil.example/x.png", status_code: 200, disposition: "enforce",
    original_policy: "default-src 'none'; img-src 'self'; script-src 'self' https://cdn.shop.example; report-uri /csp",
  },
};

export const helloMessage = { platform: "python", level: "info", logentry: { formatted: "Hello from the shop" } };
