"""A shop that fails, with a real SDK: shop.py DSN RELEASE NAME..., each NAME one error."""

import sys

import sentry_sdk


def divide(cart):
    rate = cart["rate"]
    return cart["sum"] / rate


def coupon(cart):
    raise LookupError("There is no coupon SUMMER for basket %s" % cart["sum"])


def stock(cart):
    shelf = {"apples": 3}
    return shelf["pears"] - cart["sum"]


FAILURES = {"divide": divide, "coupon": coupon, "stock": stock}


def main(dsn, release, *names):
    sentry_sdk.init(dsn, release=release, environment="production")
    for name in names:
        try:
            FAILURES[name]({"sum": 12, "rate": 0})
        except Exception:
            sentry_sdk.capture_exception()
    sentry_sdk.flush(timeout=10)


main(*sys.argv[1:])
