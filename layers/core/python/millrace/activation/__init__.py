"""Activation: destinations are told how each person is now, exactly as far as they need telling."""

from millrace.activation.channels import channels_for, deliver_all
from millrace.activation.deliver import Ports, deliver
from millrace.activation.model import (
    Channel,
    Delivery,
    Destination,
    HttpRequest,
    HttpResponse,
    Limits,
    Message,
    Outcome,
    Sending,
    Update,
    Wake,
)
from millrace.activation.outcomes import by_status, error_pointers, json_object, outcome_of
from millrace.activation.report import Problem, Report
from millrace.activation.signing import signature
from millrace.activation.wake import MarksChange, wake, wake_body

__all__ = [
    "Channel",
    "Delivery",
    "Destination",
    "HttpRequest",
    "HttpResponse",
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
    "by_status",
    "channels_for",
    "deliver",
    "deliver_all",
    "error_pointers",
    "json_object",
    "outcome_of",
    "signature",
    "wake",
    "wake_body",
]
