"""The journal of replays: kept, and the newest jobs read; the fake does the same as S3 on moto."""

import functools

import msgspec
import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.replay_journal import S3ReplayJournal
from millrace.errors import RetryLater
from millrace.failed.journal import beginning
from tests.core.failed.conftest import JOB, task
from tests.fakes.replay_journal import MemoryReplayJournal
from tests.fakes.vault import MemoryVault


def memory():
    return MemoryReplayJournal()


def on_s3():
    client("s3").create_bucket(Bucket="failed")
    return S3ReplayJournal(bucket="failed", s3=client("s3"))


@pytest.fixture(params=[memory, on_s3])
def journal(request):
    with mock_aws():
        yield request.param()


def entry(job=JOB.id, name="began", **more):
    began = beginning(task(), catalogue="c0ffee", vault=MemoryVault())
    job = msgspec.structs.replace(JOB, id=job)
    return msgspec.structs.replace(began, job=job, name=name, **more)


def test_every_entry_of_the_newest_jobs_is_read(journal):
    older, newer = "20260528T204000Z-ffffffff", "20260529T000000Z-00000000"
    for each in (entry(newer, "b"), entry(older), entry(newer, "a", failed={"x": 2})):
        journal.keep(each)
    assert journal.newest(1) == [entry(newer, "a", failed={"x": 2}), entry(newer, "b")]
    assert entry(older) in journal.newest(2)
    assert len(journal.newest(9)) == 3


def test_an_entry_that_is_kept_again_is_one_entry(journal):
    journal.keep(entry(passed=1))
    journal.keep(entry(passed=2))
    assert journal.newest(9) == [entry(passed=2)]


def test_a_journal_that_nobody_wrote_is_empty(journal):
    assert journal.newest(9) == []


def test_a_store_that_does_not_answer_says_so():
    broken = MemoryReplayJournal()
    broken.is_failing = True
    with mock_aws():
        gone = S3ReplayJournal(bucket="no-such-bucket", s3=client("s3"))
        for journal in (broken, gone):
            for call, argument in ((journal.keep, entry()), (journal.newest, 1)):
                with pytest.raises(RetryLater) as raised:
                    call(argument)
                assert raised.value.code == "failed_events_unavailable"


class SmallPages:
    """S3 with pages of two."""

    def __init__(self, s3):
        self.put_object, self.get_object = s3.put_object, s3.get_object
        self.list_objects_v2 = functools.partial(s3.list_objects_v2, MaxKeys=2)


def test_more_than_one_page_holds_is_found():
    with mock_aws():
        on_s3()
        journal = S3ReplayJournal(bucket="failed", s3=SmallPages(client("s3")))
        for day in range(10, 15):
            for name in "abc":
                journal.keep(entry(f"202605{day}T000000Z-00000000", name, passed=day))
        assert [each.passed for each in journal.newest(2)] == [14] * 3 + [13] * 3
