// A shop in a browser that reports to raven-js, the SDK before @sentry/browser.
import Raven from "raven-js";

class OrderError extends Error {
  name = "OrderError";
}

function placeOrder() {
  throw new OrderError("order 17 cannot be placed"); // mark: order
}

function checkout() {
  try {
    placeOrder(); // mark: place
  } catch (error) {
    Raven.captureException(error);
  }
}

function charge() {
  throw new OrderError("payment service is down"); // mark: charge
}

Raven.config(window.sentryDsn, { release: "shop@1.4.2", environment: "staging", debug: true }).install();
Raven.setUserContext({ id: "7042", username: "ada", email: "ada@shop.example" });
Raven.setTagsContext({ plan: "gold", region: "eu" });
Raven.captureBreadcrumb({ category: "cart", message: "three apples added" });
Raven.captureBreadcrumb({ category: "payment", message: "card chosen", level: "warning" });
checkout(); // mark: checkout
Raven.captureMessage("stock is low", { level: "warning" });
setTimeout(function pay() {
  charge(); // mark: pay
}, 1);
