"""The explorer's page and what it loads."""

import re
from importlib.resources import files

import pytest
from fastapi.testclient import TestClient

from api.web import SCREENS, asset, release
from tests.places import ROOT

STATIC = ROOT / "api" / "web" / "static"
SCRIPTS = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
_IMPORT = re.compile(r"""(?:from|import\()\s*["'](\.[^"']+)["']""")


def test_every_script_finds_what_it_imports() -> None:
    for name in SCRIPTS:
        for relative in _IMPORT.findall((STATIC / name).read_text(encoding="utf-8")):
            path = ((STATIC / name).parent / relative).resolve()
            assert relative == "./vega.js" or path.is_file(), f"{name} imports {relative}"


@pytest.mark.parametrize("name", SCRIPTS)
def test_texts_never_become_html(name: str) -> None:
    text = (STATIC / name).read_text(encoding="utf-8")
    for way in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setAttribute('style"):
        assert way not in text, f"{name}: {way}"
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_an_asset_has_one_address_for_ever(client: TestClient) -> None:
    page = client.get("/").text
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    assert len(addresses) == 3
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(f"/assets/{'0' * 16}/app.js").status_code == 404
    assert client.get(f"/assets/{release()}/nothing.js").status_code == 404
    assert client.get(f"/assets/{release()}/../shell.py").status_code == 404


def test_the_library_of_charts_is_there() -> None:
    library = asset("vega.js")
    assert library is not None
    assert b"vegaEmbed" in library.content


def test_every_screen_has_the_same_page(client: TestClient) -> None:
    pages = {client.get(re.sub(r"\{\w+\}", "one", path)).text for path in SCREENS}
    assert len(pages) == 1
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    again = client.get("/", headers={"If-None-Match": client.get("/").headers["etag"]})
    assert again.status_code == 304


def test_the_page_is_installed_with_the_package() -> None:
    installed = files("api.web") / "templates" / "explorer.html"
    assert installed.is_file()
