"""A shop in Python that reports to sentry_sdk, and dies."""

import os

import sentry_sdk


class StockError(Exception):
    pass


class OrderError(Exception):
    pass


def take_from_stock():
    raise StockError("no apples left")  # mark: stock


def place_order():
    try:
        take_from_stock()  # mark: take
    except StockError as cause:
        raise OrderError("order 17 cannot be placed") from cause  # mark: order


def checkout():
    try:
        place_order()  # mark: place
    except OrderError as error:
        sentry_sdk.capture_exception(error)


def charge():
    raise OrderError("payment service is down")  # mark: charge


def main():
    sentry_sdk.init(os.environ["SENTRY_DSN"], release="shop@1.4.2", environment="staging", debug=True)
    sentry_sdk.set_user({"id": "7042", "username": "ada", "email": "ada@shop.example"})
    sentry_sdk.set_tag("plan", "gold")
    sentry_sdk.set_tag("region", "eu")
    sentry_sdk.add_breadcrumb(category="cart", message="three apples added")
    sentry_sdk.add_breadcrumb(category="payment", message="card chosen", level="warning")
    checkout()
    sentry_sdk.capture_message("stock is low", level="warning")
    charge()  # mark: pay


main()  # mark: main
