"""`cospass serve` as a process, and the ways in which an official SDK reaches it."""

import os
import signal
import subprocess
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from qcloud_cos import CosConfig, CosS3Client

REGION = "ap-guangzhou"
BUCKET = "examplebucket-1250000000"
SECRET_ID = "AKIDEXAMPLE0000000000000000000000000"
SECRET_KEY = "exampleSecretKey0000000000000000"
TOKEN = "example+token/of=temporary credentials~" + 40 * "0123456789"

# Of this machine's environment the command gets none of its own variables.
OUTSIDE = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR")}

COSPASS = os.environ.get("COSPASS", str(Path(__file__).parents[2] / "target/debug/cospass"))


def environment(token=None):
    variables = {**OUTSIDE, "COS_SECRET_ID": SECRET_ID, "COS_SECRET_KEY": SECRET_KEY}
    return {**variables, "COS_SESSION_TOKEN": token} if token else variables


def cospass(*arguments, token=None, stdin=None):
    """Runs the command to its end."""
    return subprocess.run(
        [COSPASS, *arguments],
        env=environment(token),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )


def body_of(client, key="exampleobject", **arguments):
    """The bytes of an object, as the SDK downloads them."""
    answer = client.get_object(Bucket=BUCKET, Key=key, **arguments)
    return answer["Body"].get_raw_stream().read()


def certificate_for(folder, *names):
    """A certificate of its own for these hosts, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    hosts = ",".join(f"DNS:{name}" for name in names)
    command += ["-subj", "/CN=localhost", "-addext", f"subjectAltName={hosts}"]
    command += ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


class Endpoint:
    """A running endpoint with one bucket, which is also the bucket of hosts that name none."""

    def __init__(self, folder, token=None, more=(), scheme="http"):
        self.token = token
        self.errors = folder / "stderr"
        command = [COSPASS, "serve", "--listen", "127.0.0.1:0", "--data", str(folder / "data")]
        command += ["--bucket", BUCKET, "--default-bucket", BUCKET, *more]
        self.process = subprocess.Popen(
            command,
            env=environment(token),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors.open("w"),
            text=True,
        )
        self.greeting = self.process.stdout.readline()
        prefix = f"listening on {scheme}://127.0.0.1:"
        assert self.greeting.startswith(prefix), self.greeting + self.errors.read_text()
        self.port = int(self.greeting[len(prefix) :])

    def stop(self):
        """Ends it as a service manager does; returns what it said on both outputs."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, self.errors.read_text()
        return self.greeting + rest + self.errors.read_text()

    def ways(self):
        address = f"127.0.0.1:{self.port}"
        local = f"cos.{REGION}.localhost:{self.port}"
        return {
            # The configuration is that of the documentation, to the letter: the requests find their
            # way through the environment.
            "proxy": Way(
                host=f"{BUCKET}.cos.{REGION}.myqcloud.com",
                options=["--region", REGION],
                variables={"http_proxy": f"http://{address}"},
            ),
            "endpoint": Way(
                host=f"{BUCKET}.{local}",
                options=["--endpoint", local],
                settings={"Endpoint": local},
            ),
            "domain": Way(
                host=address,
                options=["--domain", address],
                settings={"Domain": address},
            ),
        }


WAYS = ("proxy", "endpoint", "domain")


@dataclass
class Way:
    """How a client comes to the endpoint's bucket."""

    host: str
    # Of the command, of the SDK's configuration, of the environment.
    options: list
    settings: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)

    def client(self, secret_id=SECRET_ID, secret_key=SECRET_KEY, **settings):
        config = CosConfig(
            Region=REGION,
            SecretId=secret_id,
            SecretKey=secret_key,
            Scheme="http",
            **{**self.settings, **settings},
        )
        return CosS3Client(config)

    def url(self, key, params=None):
        url = f"http://{self.host}/{urllib.parse.quote(key)}"
        return f"{url}?{urllib.parse.urlencode(params)}" if params else url
