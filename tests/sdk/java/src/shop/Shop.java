package shop;

import io.sentry.Breadcrumb;
import io.sentry.Sentry;
import io.sentry.SentryLevel;
import io.sentry.protocol.User;

/** A shop in Java that reports to io.sentry, and dies. */
public final class Shop {
    static class StockException extends RuntimeException {
        StockException(String text) {
            super(text);
        }
    }

    static class OrderException extends RuntimeException {
        OrderException(String text, Throwable cause) {
            super(text, cause);
        }
    }

    static void takeFromStock() {
        throw new StockException("no apples left"); // mark: stock
    }

    static void placeOrder() {
        try {
            takeFromStock(); // mark: take
        } catch (StockException cause) {
            throw new OrderException("order 17 cannot be placed", cause); // mark: order
        }
    }

    static void checkout() {
        try {
            placeOrder(); // mark: place
        } catch (OrderException error) {
            Sentry.captureException(error);
        }
    }

    static void charge() {
        throw new OrderException("payment service is down", null); // mark: charge
    }

    static Breadcrumb crumb(String category, String message, SentryLevel level) {
        Breadcrumb crumb = new Breadcrumb();
        crumb.setCategory(category);
        crumb.setMessage(message);
        crumb.setLevel(level);
        return crumb;
    }

    public static void main(String[] arguments) {
        Sentry.init(options -> {
            options.setDsn(System.getenv("SENTRY_DSN"));
            options.setRelease("shop@1.4.2");
            options.setEnvironment("staging");
            options.setDebug(true);
            options.addInAppInclude("shop");
        });
        Sentry.configureScope(scope -> {
            User user = new User();
            user.setId("7042");
            user.setUsername("ada");
            user.setEmail("ada@shop.example");
            scope.setUser(user);
            scope.setTag("plan", "gold");
            scope.setTag("region", "eu");
        });
        Sentry.addBreadcrumb(crumb("cart", "three apples added", SentryLevel.INFO));
        Sentry.addBreadcrumb(crumb("payment", "card chosen", SentryLevel.WARNING));
        checkout(); // mark: checkout
        Sentry.captureMessage("stock is low", SentryLevel.WARNING);
        charge(); // mark: pay
    }
}
