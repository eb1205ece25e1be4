"""What is served from static/vendor is exactly what the manifest says, and nothing asks another host."""

import hashlib
import json
import re

from tests.frontend.rendering import ROOT, STATIC, TEMPLATES

VENDOR = STATIC / "vendor"
PACKAGES = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["packages"]


def test_every_vendored_file_has_the_hash_in_the_manifest() -> None:
    expected = {entry["path"]: entry["sha256"] for package in PACKAGES for entry in package["files"]}
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.parent != VENDOR]
    actual = {str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert actual == expected


def test_versions_agree_with_the_lock() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for package in PACKAGES:
        assert lock[f"node_modules/{package['name']}"]["version"] == package["version"]


def test_licences_and_notices_are_shipped() -> None:
    notices = (VENDOR / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    for package in PACKAGES:
        assert f"## {package['name']} {package['version']}" in notices
        assert (VENDOR / package["files"][-1]["path"]).name == "LICENSE.txt"
    chart = next(package for package in PACKAGES if package["name"] == "lightweight-charts")
    assert "TradingView, Inc." in chart["notice"]


def test_paths_of_vendored_files_in_templates_and_sheets_exist() -> None:
    sources = [*TEMPLATES.rglob("*.html"), *(STATIC / "css").glob("*.css")]
    named = {name for path in sources for name in re.findall(r"vendor/([\w./-]+)", path.read_text(encoding="utf-8"))}
    assert named
    assert {name for name in named if not (VENDOR / name).is_file()} == set()


def test_own_scripts_and_sheets_name_no_other_host() -> None:
    for path in [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")]:
        assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", path.read_text(encoding="utf-8")) == [], path.name


def test_own_files_keep_their_size() -> None:
    limits = {STATIC / "css": 500, STATIC / "js": 300, TEMPLATES: 500}
    for folder, limit in limits.items():
        for path in folder.rglob("*.*"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= limit, path
