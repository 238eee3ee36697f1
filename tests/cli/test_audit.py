"""`millrace privacy audit` against a local engine: clean when it is, and findings when planted."""

from __future__ import annotations

import json

from cli.connection import Connection
from cli.main import main
from cli.unsealing import vault_of

AGREED = {
    "consent": {"categoryPreferences": {"email_marketing": True, "analytics": True}},
}


def test_planted_findings_are_found_and_exit_nonzero(engine, ask, tmp_path, capsys):
    clean = tmp_path / "clean.toml"
    clean.write_text(
        'stage = "local"\n[sources.website]\nconsent = "opt_out"\n[destinations.klaviyo]\n'
    )

    def audit(config):
        capsys.readouterr()
        words = ["--local", engine.url, "privacy", "audit", "--json", "--config", str(config)]
        code = main(words)
        return code, json.loads(capsys.readouterr().out)

    event = {"type": "identify", "userId": "ada", "traits": {"firstName": "Ada"}}
    assert ask.send({"batch": [{**event, "context": AGREED}]})[0] == 200
    engine.settle()
    assert audit(clean) == (0, [])

    lax = tmp_path / "lax.toml"
    lax.write_text('stage = "local"\n[sources.server]\n[retention]\nprofiles_days = 30\n')
    engine.clock.set(engine.clock.now_ms() + 40 * 86_400_000)
    code, found = audit(lax)
    assert code == 1
    assert {each["code"] for each in found} == {
        "lake_outlives_people",
        "person_past_retention",
        "source_without_consent_default",
        "term_not_deployed",
        "trait_without_source",
    }
    key = f"i#user_id#{vault_of(Connection(local=engine.url)).token('user_id', 'ada')}"
    terms = {"retention.profiles_days", "retention.lake_days"}
    assert {each["where"] for each in found} == {key, "sources.server", *terms}
    assert all(each["todo"] for each in found)
