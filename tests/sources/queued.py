"""What AWS makes of an event of Amazon SES on its way into a queue."""

import json

from tests.sources.vendors.ses import sns_message


def by_sns(content):
    return json.dumps({**sns_message(Message=content.decode()), "Signature": "not looked at"})


def delivered_raw(content):
    return content.decode()


def by_eventbridge(content):
    envelope = {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Email Sent",
        "source": "aws.ses",
        "account": "111122223333",
        "time": "2026-01-26T13:19:12Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:ses:eu-west-1:111122223333:configuration-set/main"],
    }
    return f'{json.dumps(envelope)[:-1]}, "detail": {content.decode()}}}'


FORMS = (by_sns, delivered_raw, by_eventbridge)
