"""Who may ask the server: nobody by a foreign name, nothing that changes something from a foreign page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kerasweep.app.security import Doors, is_loopback
from kerasweep.app.server import make_app
from kerasweep.app.uploads import LARGEST

if TYPE_CHECKING:
    from app_shelf import Shelf

OWN = {"Host": "127.0.0.1:8050", "Origin": "http://127.0.0.1:8050"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8050", "localhost:8050", "[::1]:8050", "127.0.0.2"])
def test_own_names_are_answered(shelf: Shelf, host: str) -> None:
    assert shelf.client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "localhost.evil.example", "[", ""]
)
def test_a_name_that_somebody_points_at_this_machine_is_not(shelf: Shelf, host: str) -> None:
    for path in ("/", "/_dash-layout", "/_dash-dependencies", "/assets/app.css"):
        assert shelf.client.get(path, headers={"Host": host}).status_code in (400, 403)
    assert shelf.client.post("/_dash-update-component", json={}, headers={"Host": host}).status_code in (
        400,
        403,
    )


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://127.0.0.1:8050",
        "http://127.0.0.1:8051",
        "http://localhost:8050",
    ],
)
def test_what_changes_something_must_come_from_an_own_page(shelf: Shelf, origin: str | None) -> None:
    headers = {"Host": "127.0.0.1:8050"} | ({} if origin is None else {"Origin": origin})
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        found = shelf.client.open("/_dash-update-component", method=method, json={}, headers=headers)
        assert found.status_code == 403


def test_pages_load_and_run_nothing_foreign(shelf: Shelf) -> None:
    found = shelf.client.get("/study/ordinary", headers=OWN)
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert "frame-ancestors 'none'" in policy
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "https://" not in found.text.replace("https://dash.plotly.com", "")


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("myhost", False),
        ("", False),
    ],
)
def test_a_server_that_others_can_reach_has_a_token(host: str, *, inside: bool) -> None:
    assert is_loopback(host) == inside
    assert (Doors.of(host).token is None) == inside
    assert Doors.of(host, asks=True).token is not None
    assert not Doors.of("127.0.0.1", asks=True).knows("evil.example")
    assert Doors.of("0.0.0.0").token != Doors.of("0.0.0.0").token


def test_the_token_opens_the_door(shelf: Shelf) -> None:
    doors = Doors.of("0.0.0.0")
    client = make_app(shelf.site, doors).test_client()
    asked = {"Host": "box.lan:9000"}
    assert doors.token is not None
    assert doors.token not in repr(doors)
    for path in (
        "/",
        "/_dash-layout",
        "/?token=wrong",
        "/?token=",
        f"/?token={doors.token}x",
        f"/?token={doors.token[:-1]}",
    ):
        found = client.get(path, headers=asked)
        assert found.status_code == 401
        assert doors.token not in found.text
    assert (
        client.post(
            "/_dash-update-component", json={}, headers={**asked, "Origin": "http://box.lan:9000"}
        ).status_code
        == 401
    )
    found = client.get(f"/study/a%2Fb?tab=1&token={doors.token}", headers=asked)
    assert 'url=?tab=1"' in found.text
    cookie = found.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert doors.token not in found.text
    assert client.get("/", headers=asked).status_code == 200
    assert client.post("/_dash-update-component", json={}, headers=asked).status_code == 403


def test_the_token_leads_nowhere_else(shelf: Shelf) -> None:
    doors = Doors.of("0.0.0.0")
    client = make_app(shelf.site, doors).test_client()
    found = client.get(f"//evil.example/%2F?token={doors.token}", headers={"Host": "box.lan"})
    assert "evil" not in found.text


def test_what_follows_the_token_is_not_html(shelf: Shelf) -> None:
    doors = Doors.of("0.0.0.0")
    client = make_app(shelf.site, doors).test_client()
    found = client.get('/x"><script>alert(1)</script>', query_string={"token": doors.token, "q": '"><b>'})
    assert "url=?q=" in found.text
    assert "<script>" not in found.text
    assert "<b>" not in found.text


def test_requests_are_as_large_as_the_largest_upload_and_no_larger(shelf: Shelf) -> None:
    most = shelf.client.application.config["MAX_CONTENT_LENGTH"]
    assert LARGEST * 4 / 3 < most <= 2 * LARGEST
