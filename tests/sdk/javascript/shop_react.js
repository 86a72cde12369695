// A shop in React that reports to @sentry/react: a component that crashes is
// the unhandled error.
import * as Sentry from "@sentry/react";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

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

function Payment() {
  charge(); // mark: pay
}

Sentry.init({ dsn: window.sentryDsn, release: "shop@1.4.2", environment: "staging", debug: true });
Sentry.setUser({ id: "7042", username: "ada", email: "ada@shop.example" });
Sentry.setTag("plan", "gold");
Sentry.setTag("region", "eu");
Sentry.addBreadcrumb({ category: "cart", message: "three apples added" });
Sentry.addBreadcrumb({ category: "payment", message: "card chosen", level: "warning" });
checkout(); // mark: checkout
Sentry.captureMessage("stock is low", "warning");
const root = createRoot(document.getElementById("shop"), { onUncaughtError: Sentry.reactErrorHandler() });
root.render(createElement(Payment));
