"""On-call: who is told, of what, and what to do about it."""

import re

from infra import ROOT
from millrace.runtime import metrics
from tests.infra.conftest import flat, handlers

RUNBOOKS = ROOT / "docs" / "runbooks"


def alarms(assembly):
    found = assembly.of_type("AWS::CloudWatch::Alarm").values()
    return {each["Properties"]["AlarmName"]: each["Properties"] for each in found}


def runbook(alarm):
    return re.search(r"Runbook: docs/runbooks/([a-z0-9-]+)\.md$", alarm["AlarmDescription"])[1]


def test_every_promised_alarm_is_there(assembly, environment):
    expected = {
        "iterator-age-profiles-update",
        "iterator-age-lake-write",
        "iterator-age-lake-changes",
        "iterator-age-activation-wake",
        "iterator-age-privacy-record",
        "parked",
        "parked-wakes",
        "intake-5xx",
        "overflow-used-intake-consent",
        "overflow-used-intake-operate",
        "overflow-used-intake-receive",
        "overflow-used-intake-track",
        "overflow-used-intake-webhook",
        "overflow-late",
        "overflow-dead",
        "overflow-source-ses",
        "overflow-source-ses-dead",
        "failed-events",
        "erasures",
        "erasures-late",
        "freshness",
        *(f"dead-letters-{name}" for name in environment.destinations),
        *(f"deliveries-late-{name}" for name in environment.destinations),
        *(f"function-errors-{folder.replace('/', '-')}" for folder in handlers()),
    }
    assert set(alarms(assembly)) == {f"millrace-local-{name}" for name in expected}


def test_every_alarm_tells_somebody_when_it_rises_and_when_it_is_over(assembly):
    topic = next(iter(assembly.of_type("AWS::SNS::Topic")))
    for name, alarm in alarms(assembly).items():
        assert alarm["AlarmActions"] == [{"Ref": topic}], name
        assert alarm["OKActions"] == [{"Ref": topic}], name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_alarms_may_write_to_the_topic_and_to_the_key_it_is_under(assembly):
    (policy,) = assembly.of_type("AWS::SNS::TopicPolicy").values()
    assert "cloudwatch.amazonaws.com" in flat(policy)
    (key,) = assembly.of_type("AWS::KMS::Key").values()
    assert "cloudwatch.amazonaws.com" in flat(key["Properties"]["KeyPolicy"])


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm(assembly):
    named = {runbook(alarm) for alarm in alarms(assembly).values()}
    assert named == {page.stem for page in RUNBOOKS.glob("*.md")}


def test_a_runbook_says_what_it_means_how_to_look_what_to_do_and_when_it_is_over():
    for page in RUNBOOKS.glob("*.md"):
        headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
        assert headings == ["What it means", "How to look", "What to do", "When it is over"], page


def test_our_own_metrics_are_asked_for_by_the_names_that_functions_write(assembly):
    names = {*metrics.CountName.__args__, *metrics.AgeName.__args__}
    ours = []
    for alarm in alarms(assembly).values():
        stats = [
            each["MetricStat"]["Metric"]
            for each in alarm.get("Metrics", [])
            if "MetricStat" in each
        ]
        ours += [m for m in [*stats, alarm] if m.get("Namespace") == metrics.NAMESPACE]
    assert len(ours) == 10
    for metric in ours:
        assert metric["MetricName"] in names
        (dimension,) = metric["Dimensions"]
        assert dimension["Name"] == "service"
        assert dimension["Value"] in handlers()


def test_a_mail_address_in_the_config_subscribes_to_the_topic(environment, other):
    told = other(environment.model_copy(update={"alarm_email": "oncall@example.com"}))
    (subscription,) = told.of_type("AWS::SNS::Subscription").values()
    assert subscription["Properties"]["Protocol"] == "email"
