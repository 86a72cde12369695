// A shop on Node.js that reports to the SDK named by SENTRY_PACKAGE, and dies.
const Sentry = await import(process.env.SENTRY_PACKAGE);

class StockError extends Error {
  name = "StockError";
}
class OrderError extends Error {
  name = "OrderError";
}

function takeFromStock() {
  throw new StockError("no apples left"); // mark: stock
}

function placeOrder() {
  try {
    takeFromStock(); // mark: take
  } catch (cause) {
    throw new OrderError("order 17 cannot be placed", { cause }); // mark: order
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

Sentry.init({ dsn: process.env.SENTRY_DSN, release: "shop@1.4.2", environment: "staging", debug: true });
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
