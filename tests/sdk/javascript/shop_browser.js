// A shop in a browser that reports to @sentry/browser. The page that loads it
// sets window.sentryDsn; the bundler decides which line of the SDK this is.
import * as Sentry from "@sentry/browser";

class StockError extends Error {
  name = "StockError";
}
class OrderError extends Error {
  name = "OrderError";
  constructor(message, cause) {
    super(message);
    this.cause = cause;
  }
}

function takeFromStock() {
  throw new StockError("no apples left"); // mark: stock
}

function placeOrder() {
  try {
    takeFromStock(); // mark: take
  } catch (cause) {
    throw new OrderError("order 17 cannot be placed", cause); // mark: order
  }
}

function checkout() {
  try {
    placeOrder(); // mark: place
  } catch (error) {
    Sentry.captureException(error);
  }
}

function charge() {
  throw new OrderError("payment service is down"); // mark: charge
}

Sentry.init({ dsn: window.sentryDsn, release: "shop@1.4.2", environment: "staging", debug: true });
Sentry.setUser({ id: "7042", username: "ada", email: "ada@shop.example" });
Sentry.setTag("plan", "gold");
Sentry.setTag("region", "eu");
Sentry.addBreadcrumb({ category: "cart", message: "three apples added" });
Sentry.addBreadcrumb({ category: "payment", message: "card chosen", level: "warning" });
checkout(); // mark: checkout
Sentry.captureMessage("stock is low", "warning");
setTimeout(function pay() {
  charge(); // mark: pay
}, 1);
