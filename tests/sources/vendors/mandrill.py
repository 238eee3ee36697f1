"""The address and the form's fields in order, with SHA-1."""

from urllib.parse import urlencode

from tests.sources.signing import URL, Posted, Vendor, b64, mac


def mandrill_signature(secret, fields):
    text = URL + "".join(key + value for key, value in sorted(fields))
    return b64(mac(secret, text.encode(), "sha1"))


def mandrill(content, secret, _at_ms):
    fields = [("mandrill_events", content.decode())]
    return Posted(
        urlencode(fields).encode(), {"X-Mandrill-Signature": mandrill_signature(secret, fields)}
    )


vendor = Vendor(sign=mandrill, signature="X-Mandrill-Signature")
