//! A shop in Rust that reports to the sentry crate, and dies.

use std::error::Error;
use std::fmt;

#[derive(Debug)]
struct StockError(&'static str);

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for StockError {}

#[derive(Debug)]
struct OrderError {
    text: &'static str,
    cause: StockError,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl Error for OrderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

fn take_from_stock() -> Result<(), StockError> {
    Err(StockError("no apples left"))
}

fn place_order() -> Result<(), OrderError> {
    take_from_stock().map_err(|cause| OrderError { text: "order 17 cannot be placed", cause })
}

fn checkout() {
    if let Err(error) = place_order() {
        sentry::capture_error(&error); // mark: checkout
    }
}

fn charge() {
    panic!("payment service is down"); // mark: charge
}

fn crumb(category: &str, message: &str, level: sentry::Level) -> sentry::Breadcrumb {
    sentry::Breadcrumb {
        category: Some(category.into()),
        message: Some(message.into()),
        level,
        ..Default::default()
    }
}

fn main() {
    let _guard = sentry::init((
        std::env::var("SENTRY_DSN").expect("SENTRY_DSN"),
        sentry::ClientOptions::new()
            .release("shop@1.4.2")
            .environment("staging")
            .attach_stacktrace(true)
            .debug(true),
    ));
    sentry::configure_scope(|scope| {
        scope.set_user(Some(sentry::User {
            id: Some("7042".into()),
            username: Some("ada".into()),
            email: Some("ada@shop.example".into()),
            ..Default::default()
        }));
        scope.set_tag("plan", "gold");
        scope.set_tag("region", "eu");
    });
    sentry::add_breadcrumb(crumb("cart", "three apples added", sentry::Level::Info));
    sentry::add_breadcrumb(crumb("payment", "card chosen", sentry::Level::Warning));
    checkout(); // mark: main
    sentry::capture_message("stock is low", sentry::Level::Warning);
    charge(); // mark: pay
}
