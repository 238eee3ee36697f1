"""Klaviyo's requests against the vendor's own OpenAPI document, and its quirks."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import msgspec
import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from local.esp.klaviyo import answer
from millrace.activation import HttpRequest, HttpResponse
from millrace.http import Request, Response
from millrace_destinations.klaviyo import destination
from tests.destinations.example import BASE_URL, deletions, leaver, profile, request, update

DOCUMENT = Path(__file__).parent / "openapi" / "klaviyo-2026-07-15.json"
JOBS = "/api/profile-bulk-import-jobs"


@pytest.fixture(scope="session")
def vendor() -> OpenAPI:
    spec = json.loads(DOCUMENT.read_text())
    return OpenAPI.from_dict({**spec, "servers": [{"url": BASE_URL}]})


def as_seen(sent: HttpRequest) -> MockRequest:
    headers = dict(sent.headers)
    return MockRequest(
        BASE_URL,
        sent.method.lower(),
        sent.url.removeprefix(BASE_URL),
        data=sent.body,
        content_type=headers.pop("content-type"),
        headers=headers,
    )


def a_request(**changes) -> HttpRequest:
    return request(destination, update(destination, profile(**changes)))


def asked(sent: HttpRequest, state: dict | None = None) -> Response:
    """The fake ESP's answer."""
    path = "/_esp/klaviyo" + sent.url.removeprefix(BASE_URL)
    arrived = Request(method=sent.method, path=path, route="", headers=sent.headers, body=sent.body)
    return answer(arrived, {} if state is None else state)


def outcomes(response: Response, *updates):
    return destination.outcomes(HttpResponse(status=response.status, body=response.body), updates)


def test_the_request_is_what_the_vendor_documents(vendor):
    vendor.validate_request(as_seen(a_request()))


def test_a_request_of_many_profiles_is_too(vendor):
    people = [
        update(destination, profile(identifiers={"email": (f"u{n}@example.com",)}, traits={}))
        for n in range(50)
    ]
    vendor.validate_request(as_seen(request(destination, *people)))


def test_the_revision_header_is_sent():
    """openapi-core does not miss it, because the vendor gives the parameter a default."""
    assert a_request().headers["revision"] == "2026-07-15"
    assert json.loads(DOCUMENT.read_text())["info"]["version"] == "2026-07-15"


def broken(change) -> HttpRequest:
    sent = a_request()
    body = copy.deepcopy(json.loads(sent.body))
    change(body["data"])
    return msgspec.structs.replace(sent, body=json.dumps(body).encode())


def profiles(data):
    return data["attributes"]["profiles"]["data"]


NEGATIVE_CONTROLS = {
    "wrong type of the job": lambda data: data.update(type="profile"),
    "no attributes": lambda data: data.pop("attributes"),
    "profiles are no list": lambda data: data["attributes"]["profiles"].update(data={}),
    "a profile without attributes": lambda data: profiles(data)[0].pop("attributes"),
    "a profile of another type": lambda data: profiles(data)[0].update(type="event"),
    "an e-mail that is a number": lambda data: profiles(data)[0]["attributes"].update(email=7),
    "properties that are a list": lambda data: profiles(data)[0]["attributes"].update(
        properties=[]
    ),
}


@pytest.mark.parametrize("change", NEGATIVE_CONTROLS.values(), ids=list(NEGATIVE_CONTROLS))
def test_the_document_would_have_caught(vendor, change):
    with pytest.raises(OpenAPIError):
        vendor.validate_request(as_seen(broken(change)))


@pytest.mark.parametrize("header", ["authorization", "content-type"])
def test_the_document_would_have_caught_a_wrong_header(vendor, header):
    sent = a_request()
    headers = dict(sent.headers)
    if header == "authorization":
        del headers[header]
    else:
        headers[header] = "application/xml"
    with pytest.raises(OpenAPIError):
        vendor.validate_request(as_seen(msgspec.structs.replace(sent, headers=headers)))


def test_the_key_is_in_the_authorization_header():
    assert a_request().headers["authorization"].startswith("Klaviyo-API-Key whsec_")


def attributes(**changes):
    return update(destination, profile(**changes)).state


def test_nobody_without_an_email_is_told():
    assert update(destination, profile(identifiers={"user_id": ("u",)})) is None


def test_the_best_identifiers_are_told():
    state = attributes()
    assert (state["email"], state["external_id"]) == ("ada@example.com", "u-1815")


@pytest.mark.parametrize("phone", ["+442079460000", "+15005550006"])
def test_an_e164_phone_is_the_phone_number(phone):
    state = attributes(traits={"phone": phone})
    assert state["phone_number"] == phone
    assert "phone" not in state["properties"]


@pytest.mark.parametrize("phone", ["020 7946 0000", "+0123456789", "+44", "+١٢٣٤٥٦٧٨٩", 44, None])
def test_any_other_phone_is_a_property_and_no_phone_number(phone):
    state = attributes(traits={"phone": phone})
    assert "phone_number" not in state
    assert state["properties"]["phone"] == phone


def test_names_are_attributes_and_other_traits_properties():
    state = attributes()
    assert (state["first_name"], state["last_name"], state["title"]) == (
        "Ada",
        "Lovelace",
        "Countess",
    )
    assert state["properties"]["plan"] == "gold"
    assert state["properties"]["unknown"] is None
    assert "email" not in state["properties"]


def test_segments_are_a_property():
    assert attributes()["properties"]["millrace_segments"] == ["cart-abandoners"]


def test_a_trait_cannot_take_the_segments_place():
    state = attributes(traits={"millrace_segments": "vip"})
    assert state["properties"]["millrace_segments"] == ["cart-abandoners"]


def test_nobody_is_subscribed():
    """`$consent` and its like are Klaviyo's own properties; lists and consent jobs are not used."""
    sent = a_request(traits={"$consent": ["email"], "$consent_method": "form", "plan": "gold"})
    for word in (b"consent", b"subscri", b"relationships", b"lists"):
        assert word not in sent.body


def test_a_job_is_the_receipt():
    state: dict = {}
    made = update(destination, profile())
    first, second = (outcomes(asked(request(destination, made), state), made)[0] for _ in "ab")
    assert (first.kind, first.receipt) == ("delivered", "job00000001")
    assert second.receipt == "job00000002"


def test_the_profile_that_an_error_points_at_is_the_suspect():
    bad = update(destination, profile(identifiers={"email": ("not an address",)}))
    good = update(destination, profile())
    batch = [good, good, bad, good]
    found = outcomes(asked(request(destination, *batch)), *batch)
    assert [outcome.is_suspect for outcome in found] == [False, False, True, False]
    assert {outcome.kind for outcome in found} == {"split"}


@pytest.mark.parametrize(
    "pointer",
    [
        "/data/attributes/profiles/data/99/attributes/email",
        "/data/attributes/profiles/data/-1",
        "/data/attributes/profiles/data/1x",
        "/data",
        "",
        7,
        None,
    ],
)
def test_a_pointer_to_nobody_suspects_nobody(pointer):
    body = json.dumps({"errors": [{"source": {"pointer": pointer}}]}).encode()
    found = destination.outcomes(
        HttpResponse(status=400, body=body), [update(destination, profile())] * 3
    )
    assert not any(outcome.is_suspect for outcome in found)


class TestDeletion:
    """https://developers.klaviyo.com/en/reference/request_profile_deletion"""

    def test_every_request_is_what_the_vendor_documents(self, vendor):
        for sent in deletions(destination):
            vendor.validate_request(as_seen(sent))

    @pytest.mark.parametrize(
        "change",
        [
            lambda data: data.update(type="profile"),
            lambda data: data["attributes"].pop("profile"),
            lambda data: data["attributes"]["profile"]["data"].pop("attributes"),
            lambda data: data["attributes"]["profile"]["data"]["attributes"].update(email=7),
        ],
        ids=["wrong type", "no profile", "no attributes", "an e-mail that is a number"],
    )
    def test_the_document_would_have_caught(self, vendor, change):
        sent = deletions(destination)[0]
        body = json.loads(sent.body)
        change(body["data"])
        with pytest.raises(OpenAPIError):
            vendor.validate_request(
                as_seen(msgspec.structs.replace(sent, body=json.dumps(body).encode()))
            )

    def test_each_job_names_one_identifier_as_the_vendor_asks(self):
        named = [
            json.loads(sent.body)["data"]["attributes"]["profile"]["data"]["attributes"]
            for sent in deletions(destination)
        ]
        assert named == [
            {"email": "ada@example.com"},
            {"email": "a.lovelace@example.org"},
            {"phone_number": "+442079460000"},
        ]

    def test_somebody_it_was_never_told_of_is_not_asked_for(self):
        nobody = leaver(identifiers={"user_id": ("u-1",), "phone": ("020 7946 0000",)})
        assert deletions(destination, nobody) == []

    def test_the_fake_deletes_and_says_no_more_than_the_vendor(self, vendor):
        state: dict = {}
        asked(a_request(), state)
        sent = deletions(destination)[0]
        answered = asked(sent, state)
        assert (answered.status, answered.body, state["profiles"]) == (202, b"", {})

    def test_the_fake_refuses_two_identifiers_as_the_vendor_does(self, vendor):
        sent = deletions(destination)[0]
        two = sent.body.replace(b'"attributes":{"email"', b'"id":"x","attributes":{"email"')
        answered = asked(msgspec.structs.replace(sent, body=two))
        assert answered.status == 400
        vendor.validate_response(as_seen(sent), as_answered(answered))


class TestTheFakeEsp:
    """The fake answers as the document says, and refuses what the vendor refuses."""

    @pytest.mark.parametrize("kind", ["accepted", "refused", "unauthenticated"])
    def test_its_answers_are_what_the_vendor_documents(self, vendor, kind):
        sent = a_request(
            identifiers={"email": ("not an address",)}
            if kind == "refused"
            else {"email": ("ada@example.com",)}
        )
        if kind == "unauthenticated":
            without = {n: v for n, v in sent.headers.items() if n != "authorization"}
            answered = asked(msgspec.structs.replace(sent, headers=without))
        else:
            answered = asked(sent)
        expected = {"accepted": 202, "refused": 400, "unauthenticated": 401}[kind]
        assert answered.status == expected
        vendor.validate_response(as_seen(sent), as_answered(answered))

    def test_a_wrong_answer_would_have_been_caught(self, vendor):
        sent = a_request()
        data = json.loads(asked(sent).body)
        del data["data"]["attributes"]["status"]
        wrong = Response(
            status=202,
            body=json.dumps(data).encode(),
            headers={"content-type": "application/vnd.api+json"},
        )
        with pytest.raises(OpenAPIError):
            vendor.validate_response(as_seen(sent), as_answered(wrong))

    @pytest.mark.parametrize(
        ("header", "value", "status"),
        [
            ("authorization", "Bearer x", 401),
            ("authorization", "Klaviyo-API-Key ", 401),
            ("revision", "", 400),
            ("revision", "latest", 400),
            ("content-type", "application/json", 415),
        ],
    )
    def test_wrong_headers_are_refused(self, header, value, status):
        sent = a_request()
        wrong = msgspec.structs.replace(sent, headers={**sent.headers, header: value})
        assert asked(wrong).status == status

    def test_the_job_can_be_asked_for(self):
        state: dict = {}
        asked(a_request(), state)
        poll = msgspec.structs.replace(
            a_request(), method="GET", url=f"{BASE_URL}{JOBS}/job00000001", body=b""
        )
        job = json.loads(asked(poll, state).body)["data"]["attributes"]
        assert (job["status"], job["completed_count"], job["failed_count"]) == ("complete", 1, 0)
        missing = msgspec.structs.replace(poll, url=f"{BASE_URL}{JOBS}/other")
        assert asked(missing, state).status == 404

    def test_profiles_are_upserted_and_absent_fields_stay(self):
        state: dict = {}
        asked(a_request(), state)
        asked(a_request(traits={"plan": "silver"}), state)
        held = state["profiles"]["ada@example.com"]
        assert (held["first_name"], held["properties"]["plan"]) == ("Ada", "silver")
        assert held["properties"]["is_vip"] is True


def as_answered(response: Response) -> MockResponse:
    return MockResponse(
        response.body,
        status_code=response.status,
        content_type=response.headers["content-type"],
    )
