"""The strings of the standard's own documentation and encoder, and what is none."""

import pytest

from millrace.privacy.gpp import is_opted_out

# "DBABLA" names section 7 alone, "DBABBg" section 8, "DBACNYA" sections 2 and 6
NOTHING = "DBABLA~BVQqAAAAAAJY.QA"


@pytest.mark.parametrize(
    "text",
    [
        "DBABLA~BVQVAAAAAAJY.QA",  # sale, sharing and targeting: opted out
        "DBABLA~BVQaAAAAAAJY.QA",  # sale alone
        "DBABLA~BVQmAAAAAAJY.QA",  # sharing alone
        "DBABLA~BVQpAAAAAAJY.QA",  # targeting alone
        "DBABLA~BVQqAAAAAAJY.YA",  # the GPC segment
        "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YYN",  # a US privacy string
    ],
)
def test_an_opt_out_is_read(text):
    assert is_opted_out(text)


@pytest.mark.parametrize(
    "text",
    [
        NOTHING,
        "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN",
        "DBAA",
        "",
        "~",
        "DBABLA",
        "DBABLA~",
        "not a string of theirs",
        "DBABLA~BVQV\u00e9",
        "D" * 5000,
        "D____________",
    ],
)
def test_what_says_nothing_of_the_kind_is_no_opt_out(text):
    assert not is_opted_out(text)
