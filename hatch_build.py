"""Give the package's page the links of the repository that it is built from.

The address is GitHub's own word while a workflow runs, else the clone's `origin`. Without one the page has no
links, and README's stay as they are written.
"""

import os
import re
import subprocess
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class PackagePage(MetadataHookInterface):
    """Fills in README and `[project.urls]`."""

    def update(self, metadata):
        """Set both fields of the project's table."""
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        metadata["urls"] = {}
        if address := repository(root):
            text = re.sub(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)", link_to(address), text)
            metadata["urls"] = {
                "Source": address,
                "Documentation": f"{address}/blob/HEAD/notebooks/index.md",
                "Changelog": f"{address}/blob/HEAD/CHANGELOG.md",
                "Issues": f"{address}/issues",
            }
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def link_to(address):
    """Return the replacement for the begin of a relative link: pictures raw, pages as pages."""
    return lambda found: f"{found[1]}[{found[2]}]({address}/{'raw' if found[1] else 'blob'}/HEAD/"


def repository(root):
    """Return the web address of the repository without a name or password in it, or ''."""
    if name := os.environ.get("GITHUB_REPOSITORY"):
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}"
    if not (root / ".git").exists():  # git would take the one of a folder above
        return ""
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        origin = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""
    found = re.fullmatch(
        r"(?:https?://|ssh://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+)?[:/](.+?)(?:\.git)?/?", origin
    )
    return f"https://{found[1]}/{found[2]}" if found else ""
