"""Another reader of certificates, written from docs/reference/certificate-format.md alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256

ENTRY = ("subject", "kind", "event", "at", "purpose", "status", "basis", "text_version", "source")
ENTRY += ("proof", "by")
LINK = {"number", "recorded_at", "previous", "digest", "entry"}


def check(condition, what):
    if not condition:
        raise ValueError(what)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def agrees_with_itself(certificate):
    check(certificate["certificate"] == 1, "version")
    covered = {
        name: value
        for name, value in certificate.items()
        if name not in ("digest", "ledger", "inclusion")
    }
    check(sha256(canonical(covered)).hexdigest() == certificate["digest"], "digest")
    names = certificate["identifiers"]
    check(names and set(names) == set(certificate["ledger"]), "identifiers")
    for name in names:
        _check_chain(certificate["ledger"][name])
        last = certificate["ledger"][name][-1]["entry"]
        said = last["subject"], last["kind"], last["proof"]
        check(said == (name, "erasure", certificate["digest"]), "last link")


def _check_chain(chain):
    previous = ""
    check(chain, "no links")
    for number, link in enumerate(chain, start=1):
        check(set(link) == LINK and set(link["entry"]) == set(ENTRY), "members")
        check(link["number"] == number and link["previous"] == previous, "place")
        fields = [link["entry"][name] for name in ENTRY]
        array = [1, link["number"], link["previous"], link["recorded_at"], *fields]
        check(sha256(canonical(array)).hexdigest() == link["digest"], "digest of a link")
        previous = link["digest"]


def was_in_the_ledger(certificate, roots):
    check(set(certificate["inclusion"]) == set(certificate["identifiers"]), "inclusion")
    for name, proof in certificate["inclusion"].items():
        check(set(proof) == {"index", "path"}, "members of a proof")
        link = certificate["ledger"][name][-1]
        day = datetime.fromtimestamp(link["recorded_at"] / 1000, UTC).strftime("%Y-%m-%d")
        (root,) = [each for each in roots if each["day"] == day]
        check(type(proof["index"]) is int and 0 <= proof["index"] < root["entries"], "index")
        leaf = {"subject": name, "number": link["number"], "digest": link["digest"]}
        text = json.dumps(leaf, separators=(",", ":"), ensure_ascii=False).encode()
        for each in proof["path"]:
            check(len(each) == 64 and set(each) <= set("0123456789abcdef"), "hash")
        path = [bytes.fromhex(each) for each in proof["path"]]
        result = fold(sha256(b"\0" + text).digest(), proof["index"], root["entries"], path)
        check(result.hex() == root["root"], "root")


def fold(leaf, index, count, path):
    if count == 1:
        check(not path, "path too long")
        return leaf
    check(path, "path too short")
    half = 1
    while half * 2 < count:
        half *= 2
    *rest, beside = path
    if index < half:
        return sha256(b"\1" + fold(leaf, index, half, rest) + beside).digest()
    return sha256(b"\1" + beside + fold(leaf, index - half, count - half, rest)).digest()
