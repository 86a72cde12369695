"""The GitLab of tests/forge beside a browser: gitlab_server.py SHA. Prints its address, and ends with its input."""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "forge")]
from gitlab import Gitlab  # noqa: E402

sha = sys.argv[1]
server = Gitlab()
server.commits[sha] = {
    "id": sha, "title": "Price baskets in other currencies", "message": "Price baskets in other currencies",
    "author_name": "Ada Shop", "author_email": "ada@shop.example", "authored_date": "2026-11-01T10:00:00.000Z",
    "parent_ids": [], "web_url": f"{server.address}/team/shop/-/commit/{sha}"}
print(server.address, flush=True)
sys.stdin.read()
