"""Packages of npm for a test: those of its package-lock.json, installed below build/."""

import os
import pathlib
import shutil
import subprocess

LIB = pathlib.Path(__file__).resolve().parent
ROOT = LIB.parents[1]


def install(test):
    """Installs what tests/TEST/package-lock.json names. The folder and an environment to run node in; or None
    and why not."""
    found = subprocess.run([str(LIB / "node")], capture_output=True, text=True)
    if found.returncode:
        return None, found.stderr.strip()
    here, folder = LIB.parent / test, ROOT / "build" / test
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": found.stdout.strip() + ":" + os.environ["PATH"],
                   "CULPRIT_TEST_PACKAGES": str(folder)}
    lock = (here / "package-lock.json").read_bytes()
    mark = folder / ".installed"
    if not mark.exists() or mark.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(here / name, folder / name)
        command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        if subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL).returncode:
            return None, "npm cannot install the packages"
        mark.write_bytes(lock)
    return folder, environment
