"""Objects listed with every version, deleted, written anew; the fake does as S3 on moto."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local.clock import LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment
from millrace.adapters.sealed_objects import S3SealedObjects
from millrace.errors import RetryLater
from tests.fakes.sealed_objects import MemorySealedObjects


class Memory:
    def __init__(self):
        self.port = MemorySealedObjects("parked", most=2)

    def put(self, key, body):
        self.port.put(f"parked/{key}", body)

    def bodies(self):
        return self.port.bodies()

    def break_it(self):
        self.port.is_failing = True


class S3:
    def __init__(self, cloud):
        self.s3 = cloud.client("s3")
        self.s3.create_bucket(Bucket="objects")
        versioned = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(Bucket="objects", VersioningConfiguration=versioned)
        self.s3.put_object(Bucket="objects", Key="other/0", Body=b"?")
        self.s3.put_object(Bucket="objects", Key="parkedtoo/0", Body=b"?")
        self.clock = cloud.clock
        self.port = self.objects("objects")

    def objects(self, bucket):
        return S3SealedObjects(store="parked", bucket=bucket, prefix="parked", s3=self.s3, most=2)

    def put(self, key, body):
        self.clock.advance(1)
        place = {"Bucket": "objects", "Key": f"parked/{key}"}
        if body is None:
            self.s3.delete_object(**place)
        else:
            self.s3.put_object(**place, Body=body)

    def bodies(self):
        found = self.s3.list_objects_v2(Bucket="objects", Prefix="parked/").get("Contents", [])
        return {
            each["Key"]: self.s3.get_object(Bucket="objects", Key=each["Key"])["Body"].read()
            for each in found
        }

    def break_it(self):
        self.port = self.objects("no-such-bucket")


@pytest.fixture(params=[Memory, S3])
def place(request):
    if request.param is Memory:
        yield Memory()
        return
    clock = LocalClock(1_000_000)
    with only_environment(ENVIRONMENT), moto_running(clock, 7):
        cloud = Cloud()
        cloud.clock = clock
        yield S3(cloud)


def everything(port):
    """(key, latest, body) of every version, page after page."""
    found, after = [], ""
    while True:
        page = port.page(after)
        bodies = port.read(page.versions)
        found += [(v.key, v.is_latest, b) for v, b in zip(page.versions, bodies, strict=True)]
        after = page.after
        if not after:
            return sorted(found)


def one(port, key, is_latest=True):
    return next(v for v in port.page("").versions if (v.key, v.is_latest) == (key, is_latest))


def test_every_version_below_the_prefix_is_listed_whatever_hides_it(place):
    for key, body in (("a", b"1"), ("a", b"2"), ("b", b"3"), ("b", None), ("c", b"4"), ("d", b"5")):
        place.put(key, body)
    assert everything(place.port) == [
        ("parked/a", False, b"1"),
        ("parked/a", True, b"2"),
        ("parked/b", False, b"3"),
        ("parked/c", True, b"4"),
        ("parked/d", True, b"5"),
    ]


def test_pages_go_on_where_everything_of_the_page_before_is_gone(place):
    for key in "abcdef":
        place.put(key, key.encode())
    after, seen = "", []
    while True:
        page = place.port.page(after)
        for version in page.versions:
            seen.append(version.key[-1])
            place.port.remove(version)
        after = page.after
        if not after:
            break
    assert "".join(seen) == "abcdef"
    assert place.bodies() == {}


def test_many_versions_of_one_object_are_one_page(place):
    for number in range(5):
        place.put("a", b"%d" % number)
    place.put("b", b"b")
    assert [body for _, _, body in everything(place.port)] == [b"0", b"1", b"2", b"3", b"4", b"b"]


def test_what_is_removed_is_gone_for_good_and_again_is_fine(place):
    place.put("a", b"1")
    version = one(place.port, "parked/a")
    place.port.remove(version)
    place.port.remove(version)
    assert everything(place.port) == []
    assert place.port.read([version]) == [None]


def test_what_is_replaced_has_one_version_the_new_one(place):
    place.put("a", b"ann and bob")
    place.port.replace(one(place.port, "parked/a"), b"bob")
    assert everything(place.port) == [("parked/a", True, b"bob")]
    assert place.bodies() == {"parked/a": b"bob"}


def test_a_store_that_does_not_answer_is_tried_later(place):
    place.break_it()
    with pytest.raises(RetryLater, match="objects_unavailable"):
        place.port.page("")


class Refusing:
    """S3 as it answers a conditional write that comes too late; moto does not know it."""

    def __init__(self, code):
        self.code = code

    def put_object(self, **request):
        assert request["IfMatch"] == "e1"
        raise ClientError({"Error": {"Code": self.code}}, "PutObject")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("PreconditionFailed", "object_changed"),
        ("ConditionalRequestConflict", "object_changed"),
        ("NoSuchKey", "object_changed"),
        ("SlowDown", "objects_unavailable"),
    ],
)
def test_an_object_that_changed_meanwhile_is_left_as_it_is(code, expected):
    memory = MemorySealedObjects("parked")
    memory.put("a", b"1")
    version = memory.page("").versions[0]
    memory.put("a", b"2")
    with pytest.raises(RetryLater, match="object_changed"):
        memory.replace(version, b"3")
    s3 = S3SealedObjects(store="parked", bucket="objects", prefix="p", s3=Refusing(code))
    with pytest.raises(RetryLater, match=expected):
        s3.replace(version, b"3")
