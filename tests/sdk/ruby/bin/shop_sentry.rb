# A shop in Ruby that reports to sentry-ruby, and dies.
require "logger"
require "sentry-ruby"

class StockError < StandardError; end
class OrderError < StandardError; end

def take_from_stock
  raise StockError, "no apples left" # mark: stock
end

def place_order # mark: enter
  take_from_stock # mark: take
rescue StockError
  raise OrderError, "order 17 cannot be placed" # mark: order
end

def checkout
  place_order # mark: place
rescue OrderError => error
  Sentry.capture_exception(error)
end

def charge
  raise OrderError, "payment service is down" # mark: charge
end

Sentry.init do |config|
  config.dsn = ENV.fetch("SENTRY_DSN")
  config.release = "shop@1.4.2"
  config.environment = "staging"
  config.debug = true
  config.logger = Logger.new($stderr)
end
Sentry.set_user(id: "7042", username: "ada", email: "ada@shop.example")
Sentry.set_tags(plan: "gold", region: "eu")
Sentry.add_breadcrumb(Sentry::Breadcrumb.new(category: "cart", message: "three apples added"))
Sentry.add_breadcrumb(Sentry::Breadcrumb.new(category: "payment", message: "card chosen", level: "warning"))
checkout # mark: checkout
Sentry.capture_message("stock is low", level: :warning)
begin
  charge # mark: pay
rescue OrderError => error
  Sentry.capture_exception(error)
  raise
end
