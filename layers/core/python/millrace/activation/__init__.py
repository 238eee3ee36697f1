"""Activation: destinations are told how each person is now, exactly as far as they need telling."""

from millrace.activation.channel import Channel
from millrace.activation.channels import channels_for, deliver_all
from millrace.activation.deliver import deliver
from millrace.activation.forget import ForgetPorts, ForgetReceipt, forget
from millrace.activation.json_api import json_api_job, json_api_outcomes, json_object
from millrace.activation.model import (
    CannotForget,
    Delivery,
    Destination,
    Forget,
    HttpRequest,
    HttpResponse,
    Leaver,
    Limits,
    Message,
    Outcome,
    Sending,
    Update,
    Wake,
    Withdrawal,
)
from millrace.activation.outcomes import by_status, forgotten_by_status, outcome_of
from millrace.activation.report import Problem, Report
from millrace.activation.signing import signature
from millrace.activation.wake import MarksChange, wake, wake_body
from millrace.activation.withdrawing import told_address
from millrace.activation.world import Ports

__all__ = [
    "CannotForget",
    "Channel",
    "Delivery",
    "Destination",
    "Forget",
    "ForgetPorts",
    "ForgetReceipt",
    "HttpRequest",
    "HttpResponse",
    "Leaver",
    "Limits",
    "MarksChange",
    "Message",
    "Outcome",
    "Ports",
    "Problem",
    "Report",
    "Sending",
    "Update",
    "Wake",
    "Withdrawal",
    "by_status",
    "channels_for",
    "deliver",
    "deliver_all",
    "forget",
    "forgotten_by_status",
    "json_api_job",
    "json_api_outcomes",
    "json_object",
    "outcome_of",
    "signature",
    "told_address",
    "wake",
    "wake_body",
]
