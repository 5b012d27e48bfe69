"""Says which Chromium the browser tests will use, and gets one where there is none.

Run by `make test` before the tests: it looks, then tries Playwright's own download, then (as root on
Debian) apt. Exit code 0 even if all fails: the tests then say so loudly, and fail where CI is set.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")

FLAGS = [
    "--no-sandbox",  # containers run as root and give no user namespaces
    *("--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
]


def find():
    """Return the path of a Chromium: `DRAWSCAPE_CHROMIUM`, one on PATH, or Playwright's own."""
    named = [os.environ.get("DRAWSCAPE_CHROMIUM"), *map(shutil.which, NAMES)]
    return next(filter(None, named), None) or playwrights_own()


def playwrights_own():
    """Return the path of the Chromium that `playwright install chromium` brought, if it did."""
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as it: print(it.chromium.executable_path)"
    )
    # In a process of its own: one that runs Playwright already cannot begin it again.
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    path = said.stdout.strip()
    return path if path and Path(path).exists() else None


def run(*command):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"No Chromium found; trying {' '.join(command[:4])} ...", flush=True)
    try:
        subprocess.run(command, timeout=600, env=environment, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {error}")


def main():
    if find() is None:
        run(sys.executable, "-m", "playwright", "install", "chromium")
    if find() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "-q")
        run("apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES)
    found = find()
    words = "NO CHROMIUM: the browser tests cannot run here."
    print(f"Browser tests use {found}" if found else words)


if __name__ == "__main__":
    main()
