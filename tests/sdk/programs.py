"""What each SDK program is, and what the server must show for it.

All programs play the same scene: a handled OrderError caused by a StockError,
the message "stock is low", and an OrderError nobody handles. Expected values
follow from the programs' text: a frame is a function's name and the mark in
the source (`mark: NAME` in a comment) whose line it stopped at.
"""

from dataclasses import dataclass, field
from pathlib import Path

from build import BUILD, DEBIAN_PYTHON, HERE

RELEASE = "shop@1.4.2"
ENVIRONMENT = "staging"
USER = {"id": "7042", "username": "ada", "email": "ada@shop.example"}
TAGS = {"plan": "gold", "region": "eu"}
BREADCRUMBS = [("cart", "three apples added", "info"), ("payment", "card chosen", "warning")]

STOCK_TEXT = "no apples left"
ORDER_TEXT = "order 17 cannot be placed"
CRASH_TEXT = "payment service is down"
MESSAGE = "stock is low"


@dataclass
class Thrown:
    """One exception of a chain: the frames are those in the program's own file, oldest call first."""
    type: str
    value: str
    frames: list


@dataclass
class Event:
    title: str
    level: str
    culprit: str
    text: str  # what the SDK sends as the message or as the last exception's value
    chain: list = field(default_factory=list)


@dataclass
class Program:
    name: str
    build: str
    command: list
    source: Path
    trouble: str  # a pattern that the SDK's log must not show
    handled: Event
    message: Event
    crash: Event
    environment: dict = field(default_factory=dict)
    folder: Path = HERE
    platform: str = ""
    # How the API names the program's file; {page} is the address a browser program was loaded from.
    filename: str = ""
    path: str = ""

    def line(self, mark):
        """The line of the source that carries a mark."""
        lines = [number for number, text in enumerate(self.source.read_text().splitlines(), 1)
                 if text.rstrip().endswith(f"mark: {mark}")]
        assert len(lines) == 1, f"{self.source}: {len(lines)} lines are marked {mark}"
        return lines[0]


def scene(types, stock, order, crash, **differs):
    """The three events; `types` names the two exceptions as the language's SDK does."""
    stock_type, order_type = types
    culprits = differs.get("culprits", ("", "", ""))
    chain = [Thrown(stock_type, STOCK_TEXT, stock), Thrown(order_type, ORDER_TEXT, order)]
    crash_type = differs.get("crash_type", order_type)
    return {
        "handled": Event(f"{order_type}: {ORDER_TEXT}", "error", culprits[0], ORDER_TEXT, chain),
        "message": Event(MESSAGE, "warning", culprits[1], MESSAGE, differs.get("message_chain", [])),
        "crash": Event(f"{crash_type}: {CRASH_TEXT}", differs.get("crash_level", "error"), culprits[2],
                       CRASH_TEXT, differs.get("crash_causes", []) + [Thrown(crash_type, CRASH_TEXT, crash)]),
    }


def javascript_scene(top, crash, **differs):
    return scene(("StockError", "OrderError"),
                 [(top, "checkout"), ("checkout", "place"), ("placeOrder", "take"), ("takeFromStock", "stock")],
                 [(top, "checkout"), ("checkout", "place"), ("placeOrder", "order")], crash, **differs)


def node(version, top, **differs):
    source = BUILD / "javascript/shop_node.mjs"
    return Program(
        name=f"node-{version}", build="javascript", command=["node", "--no-warnings", str(source)],
        environment={"SENTRY_PACKAGE": f"node{version}"}, source=source, platform="node",
        filename=str(source), path=str(source), trouble=r"\[(warn|error)\]|Error while|Failed",
        **javascript_scene(top, [("Timeout.pay [as _onTimeout]", "pay"), ("charge", "charge")], crash_level="fatal",
                           culprits=("placeOrder(shop_node)", "", "charge(shop_node)"), **differs))


def browser(name, script, imports, **scenes):
    folder = BUILD / "javascript"
    scenes = scenes or javascript_scene(
        None, [("pay", "pay"), ("charge", "charge")],
        culprits=(f"placeOrder(/{script})", "{page}", f"charge(/{script})"))
    return Program(
        name=name, build="javascript", command=["node", "chromium.mjs", "bundles", script, *imports],
        folder=folder, source=folder / script, platform="javascript", filename=f"/{script}",
        path=f"{{page}}{script}", trouble=r"^(error|warning):|request failed|\[(warn|error)\]|events were answered", **scenes)


def react():
    bundle = "/react11.js"
    culprits = ("placeOrder(/shop_react.js)", "{page}", "charge(/shop_react.js)")
    scenes = javascript_scene(
        None, [("Payment", "pay"), ("charge", "charge")], culprits=culprits,
        crash_causes=[Thrown("React ErrorBoundary OrderError", CRASH_TEXT, [("Payment", "pay")])])
    imports = [f"{name}={bundle}" for name in ("@sentry/react", "react", "react-dom/client")]
    return browser("react-11", "shop_react.js", imports, **scenes)


def raven_js():
    page = "{page}shop_ravenjs.js"
    scenes = javascript_scene(None, [("pay", "pay"), ("charge", "charge")], culprits=(page, "{page}", page))
    # It knows nothing of causes.
    scenes["handled"].chain = [Thrown("OrderError", ORDER_TEXT,
                                      [(None, "checkout"), ("checkout", "place"), ("placeOrder", "order")])]
    return browser("raven-js", "shop_ravenjs.js", ["raven-js=/raven.js"], **scenes)


def python(name, builder, interpreter, path=""):
    source = HERE / "python/shop.py"
    return Program(
        name=name, build=builder, command=[interpreter, str(source)], environment={"PYTHONPATH": path},
        source=source, platform="python", filename="shop.py", path=str(source),
        trouble=r"\[sentry\] (WARNING|ERROR|CRITICAL)",
        **scene(("StockError", "OrderError"), [("place_order", "take"), ("take_from_stock", "stock")],
                [("checkout", "place"), ("place_order", "order")],
                [("<module>", "main"), ("main", "pay"), ("charge", "charge")],
                culprits=("__main__ in place_order", "", "__main__ in charge")))


def go(name, folder, crash, crash_culprit):
    source = HERE / "go/main.go"
    # Errors of Go hold no stack: only the one that was captured gets that of the capture.
    return Program(
        name=name, build=folder.replace("-", "_"), command=[str(BUILD / folder / "shop")], source=source,
        platform="go", filename=str(source), path=str(source), trouble=r"(?i)could not|error:|failed|dropped|rate limit",
        **scene(("*main.stockError", "*main.orderError"), [], [("main", "main"), ("checkout", "checkout")], crash,
                culprits=("main in checkout", "", crash_culprit), crash_level="fatal"))


def rust():
    source = HERE / "rust/src/main.rs"
    # Errors of Rust hold no stack; the SDK attaches one to the thread.
    return Program(
        name="rust", build="rust", command=[str(BUILD / "rust/debug/shop")], source=source, platform="native",
        filename="main.rs", path=str(source), trouble=r"(?i)\[sentry\] .*(failed|error|dropp(ed|ing) e)",
        **scene(("StockError", "OrderError"), [], [], [("shop::main", "pay"), ("shop::charge", "charge")],
                crash_type="panic", crash_level="fatal", culprits=("shop::checkout", "shop::main", "shop::charge")))


def java():
    source = HERE / "java/src/shop/Shop.java"
    classes = ":".join([str(BUILD / "java/classes"), str(BUILD / "java/libraries/*")])
    frames = [("main", "checkout"), ("checkout", "place"), ("placeOrder", "take"), ("takeFromStock", "stock")]
    return Program(
        name="java", build="java", command=["java", "-cp", classes, "shop.Shop"], source=source, platform="java",
        filename="Shop.java", path="Shop.java", trouble=r"^(WARNING|ERROR|FATAL):",
        **scene(("Shop$StockException", "Shop$OrderException"), frames, [*frames[:2], ("placeOrder", "order")],
                [("main", "pay"), ("charge", "charge")], crash_level="fatal",
                culprits=("shop.Shop in placeOrder", "shop.Shop in main", "shop.Shop in charge")))


def ruby(name, script, message_culprit):
    # Frames in bin, lib, app and config below the working directory are the developer's.
    source, script = HERE / "ruby/bin" / script, f"bin/{script}"
    top = ("<main>", "checkout")
    return Program(
        name=name, build="debian_ruby", command=["ruby", str(source)], source=source, folder=HERE / "ruby",
        platform="ruby", filename=script, path=str(source), trouble=r"^[WEF], \[",
        **scene(("StockError", "OrderError"),
                [top, ("checkout", "place"), ("place_order", "take"), ("take_from_stock", "stock")],
                [top, ("checkout", "place"), ("place_order", "enter"), ("rescue in place_order", "order")],
                [("<main>", "pay"), ("charge", "charge")],
                culprits=(f"{script} in rescue in place_order", message_culprit, f"{script} in charge")))


def all_programs():
    site, brotli = BUILD / "python/requirements", BUILD / "python/brotli"
    crash = [("main", "pay"), ("charge", "charge")]
    return [
        node(7, "<anonymous>"), node(8, None), node(10, None), node(11, None),
        *(browser(f"browser-{version}", "shop_browser.js", [f"@sentry/browser=/browser{version}.js"])
          for version in (5, 8, 11)),
        react(), raven_js(),
        python("python", "python", "python3", f"{site}"),
        python("python-brotli", "python", "python3", f"{site}:{brotli}"),
        python("python-debian", "debian_python", DEBIAN_PYTHON),
        go("go", "go", crash, "main in charge"),
        go("go-debian", "debian-go", [*crash, ("main.func1", "recover")], "main in main.func1"),
        rust(), java(),
        ruby("ruby", "shop_sentry.rb", "bin/shop_sentry.rb in <main>"), ruby("ruby-raven", "shop_raven.rb", ""),
    ]
