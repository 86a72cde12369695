"""Builds what the SDK programs need, under build/sdk, once for each state of its inputs.

A builder raises Missing when the machine lacks the tool chain, and
BuildError with the tool's output when the build went wrong.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "sdk"
DEBIAN_PYTHON = "/usr/bin/python3"
DEBIAN_GO = "/usr/bin/go"


class Missing(Exception):
    """The tool chain is not there; the text says which."""


class BuildError(Exception):
    """The build failed; the text ends with what the tool said."""


def run(command, **options):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode:
        raise BuildError(f"{' '.join(map(str, command))}: status {result.returncode}\n{result.stdout[-4000:]}")
    return result.stdout


def version_of(command):
    """The first version number that `command` prints, as a tuple; None when it cannot be run."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(\d+)\.(\d+)", result.stdout + result.stderr)
    return found and tuple(map(int, found.groups()))


def require(name, command, minimum):
    found = version_of(command)
    if found is None or found < minimum:
        raise Missing(f"no {name} {'.'.join(map(str, minimum))} or newer")


def digest_of(inputs, version=None):
    return hashlib.sha256(b"".join(path.read_bytes() for path in inputs) + repr(version).encode()).hexdigest()


def is_fresh(folder, inputs, version=None):
    """True when `folder` was built from these very inputs with this version of the tool; else empties it."""
    stamp = folder / ".built-from"
    if stamp.exists() and stamp.read_text() == digest_of(inputs, version):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return False


def mark_fresh(folder, inputs, version=None):
    (folder / ".built-from").write_text(digest_of(inputs, version))


def node_environment():
    result = subprocess.run([ROOT / "tests/lib/node"], capture_output=True, text=True)
    if result.returncode == 3:
        raise Missing(result.stderr.strip())
    if result.returncode:
        raise BuildError(result.stderr)
    return dict(os.environ, PATH=f"{result.stdout.strip()}:{os.environ['PATH']}")


def javascript():
    environment = node_environment()
    source, folder = HERE / "javascript", BUILD / "javascript"
    inputs = [source / name for name in ("package.json", "package-lock.json", "bundle.mjs")]
    if not is_fresh(folder, inputs):
        for path in inputs:
            shutil.copy(path, folder)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, env=environment)
        run(["node", "bundle.mjs", "bundles"], cwd=folder, env=environment)
        mark_fresh(folder, inputs)
    for path in [*source.glob("shop_*"), source / "chromium.mjs"]:
        shutil.copy(path, folder)


def python():
    require("Python", ["python3", "--version"], (3, 8))
    if version_of(["python3", "-m", "pip", "--version"]) is None:
        raise Missing("no pip")
    version = version_of(["python3", "--version"])
    folder, inputs = BUILD / "python", [HERE / "python/requirements.txt", HERE / "python/brotli.txt"]
    if is_fresh(folder, inputs, version):
        return
    for path in inputs:
        run(["python3", "-m", "pip", "install", "--quiet", "--no-deps", "--root-user-action=ignore",
             "--target", folder / path.stem, "-r", path])
    mark_fresh(folder, inputs, version)


def go():
    require("Go", ["go", "version"], (1, 25))
    environment = dict(os.environ, GOFLAGS="-mod=readonly -modcacherw", GOMODCACHE=str(BUILD / "go/modules"),
                       GOCACHE=str(BUILD / "go/cache"), GOTOOLCHAIN="local")
    run(["go", "build", "-o", BUILD / "go/shop", "."], cwd=HERE / "go", env=environment)


def debian_go():
    require("Debian's Go", [DEBIAN_GO, "version"], (1, 19))
    environment = dict(os.environ, GOPATH="/usr/share/gocode", GO111MODULE="off", GOFLAGS="",
                       GOCACHE=str(BUILD / "debian-go/cache"))
    run([DEBIAN_GO, "build", "-o", BUILD / "debian-go/shop", "main.go"], cwd=HERE / "go", env=environment)


def rust():
    require("Rust", ["cargo", "--version"], (1, 89))
    run(["cargo", "build", "--quiet"], cwd=HERE / "rust",
        env=dict(os.environ, CARGO_TARGET_DIR=str(BUILD / "rust"), CARGO_INCREMENTAL="0"))


def java():
    require("a Java compiler", ["javac", "-version"], (11, 0))
    require("Maven", ["mvn", "--version"], (3, 6))
    folder, inputs = BUILD / "java", [HERE / "java/pom.xml", HERE / "java/src/shop/Shop.java"]
    if is_fresh(folder, inputs):
        return
    run(["mvn", "--batch-mode", "--quiet", f"-Dmaven.repo.local={folder}/repository", "dependency:copy-dependencies",
         f"-DoutputDirectory={folder}/libraries"], cwd=HERE / "java")
    run(["javac", "-cp", f"{folder}/libraries/*", "-d", folder / "classes", "src/shop/Shop.java"], cwd=HERE / "java")
    mark_fresh(folder, inputs)


def debian_python():
    if version_of([DEBIAN_PYTHON, "-c", "import sentry_sdk; print(sentry_sdk.VERSION)"]) is None:
        raise Missing("no python3-sentry-sdk of Debian")


def debian_ruby():
    if version_of(["ruby", "-e", "require 'sentry-ruby'; require 'sentry-raven'; puts Raven::VERSION"]) is None:
        raise Missing("no ruby-sentry-ruby and ruby-sentry-raven of Debian")


# The slow ones first.
BUILDERS = (rust, javascript, go, java, python, debian_go, debian_python, debian_ruby)
