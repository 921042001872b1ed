"""The 33 calls that the documentation of pre-signed URLs shows, made with `cospass` instead of the official SDK."""

import cospass
import pytest
import requests
from endpoint import REGION, SECRET_ID, SECRET_KEY, TOKEN, Way
from test_documentation_calls import CALLS, Call, check, every, refused, store


class Ours(Way):
    """A way to the endpoint, taken by the client of `cospass`."""

    @classmethod
    def of(cls, way):
        return cls(way.host, way.options, way.settings, way.variables)

    def client(self, secret_id=SECRET_ID, secret_key=SECRET_KEY, **settings):
        config = cospass.CosConfig(
            Region=REGION,
            SecretId=secret_id,
            SecretKey=secret_key,
            Scheme="http",
            **{**self.settings, **settings},
        )
        return cospass.CosS3Client(config)


def prepared(call, way, **settings):
    call = call.as_meant()
    if call.method == "GET" or "acl" in call.params:
        store(way, **settings)
    return call


@every(CALLS)
def test_the_call_works_as_meant(call, way):
    call = prepared(call, way)
    check(call, way, call.sign(Ours.of(way)).send())


@every([call for call in CALLS if call.lacks_method])
def test_the_call_without_method_works_to_the_letter(call, way):
    literal = prepared(call, way)
    literal.arguments = {**call.arguments, "Params": literal.params}
    assert "Method" not in literal.arguments
    check(literal, way, literal.sign(Ours.of(way)).send())


@every(CALLS)
def test_a_url_of_temporary_credentials_works_by_itself(call, temporary_way):
    call = prepared(call, temporary_way, Token=TOKEN)
    signed = call.sign(Ours.of(temporary_way), Token=TOKEN)
    if call.name == "get_auth" and "x-cos-security-token" not in call.params:
        signed.headers["x-cos-security-token"] = TOKEN
    else:
        assert signed.url.count("x-cos-security-token=") == 1
    check(call, temporary_way, signed.send(), Token=TOKEN)


@every(CALLS)
def test_the_call_is_what_the_official_sdk_makes(call, way):
    meant = call.as_meant()
    official, own = way.client(), Ours.of(way).client()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: 1_700_000_000.5)
        assert getattr(own, call.name)(**meant.arguments) == getattr(official, call.name)(
            **meant.arguments
        )


@every(
    [
        Call(
            0,
            {
                "call": "get_presigned_url",
                "arguments": {
                    "Bucket": "examplebucket-1250000000",
                    "Key": "exampleobject",
                    "Method": "GET",
                },
            },
        )
    ]
)
def test_another_secret_is_refused(call, way):
    store(way)
    signed = call.sign(Ours.of(way), secret_key="another")
    refused(signed, 403, "SignatureDoesNotMatch")


def test_an_object_of_the_url_without_signature_is_refused(way):
    store(way)
    url = Ours.of(way).client().get_object_url("examplebucket-1250000000", "exampleobject")
    answer = requests.get(url)
    assert answer.status_code == 403 and "AccessDenied" in answer.text
