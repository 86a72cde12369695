# A shop in Ruby that reports to sentry-raven, the SDK before sentry-ruby, and dies.
require "logger"
require "sentry-raven"

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
  Raven.capture_exception(error)
end

def charge
  raise OrderError, "payment service is down" # mark: charge
end

Raven.configure do |config|
  config.dsn = ENV.fetch("SENTRY_DSN")
  config.release = "shop@1.4.2"
  config.current_environment = "staging"
  config.logger = Logger.new($stderr)
end
Raven.user_context(id: "7042", username: "ada", email: "ada@shop.example")
Raven.tags_context(plan: "gold", region: "eu")
Raven.breadcrumbs.record(category: "cart", message: "three apples added")
Raven.breadcrumbs.record(category: "payment", message: "card chosen", level: "warning")
Raven.capture # reports what ends the program
checkout # mark: checkout
Raven.capture_message("stock is low", level: "warning")
charge # mark: pay
