"""nginx as a server that is not COS: downloads of its files, ranges, resuming, and uploads where it takes them (DAV)."""

import os
import shutil
import subprocess
import tempfile
import time

from command import MIB, free_port, noise, same
from outcome import NotRun

SIZE = 96 * MIB


class Nginx:
    def __init__(self, folder):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        if not os.path.exists(program):
            raise NotRun("nginx is not installed")
        self.port, self.root = free_port(), os.path.join(folder, "root")
        os.makedirs(os.path.join(self.root, "dav"))
        os.chmod(folder, 0o755)
        subprocess.run(["chmod", "-R", "a+rwX", self.root], check=True)
        configuration = os.path.join(folder, "nginx.conf")
        with open(configuration, "w") as file:
            file.write(
                f"daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1;\n"
                "events { worker_connections 256; }\n"
                "http { access_log " + folder + "/access; client_max_body_size 0;\n"
                f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
                f"fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
                f"server {{ listen 127.0.0.1:{self.port}; root {self.root};\n"
                "location /dav/ { dav_methods PUT DELETE; create_full_put_path on; }\n"
                "location /whole/ { max_ranges 0; alias " + self.root + "/; }\n"
                "location /broken/ { alias " + self.root + "/; limit_rate 5m; } } }\n"
            )
        self.log = os.path.join(folder, "access")
        self.process = subprocess.Popen([program, "-c", configuration, "-p", folder], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not self.answers():
            assert time.monotonic() < end and self.process.poll() is None, "nginx does not start"
            time.sleep(0.05)

    def answers(self):
        asked = subprocess.run(["curl", "-sS", "-o", "/dev/null", f"http://127.0.0.1:{self.port}/"], capture_output=True)
        return asked.returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def cospass(*arguments, code=0):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COS_")}
    line = [os.environ["COSPASS"], *map(str, arguments)]
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == code, f"{line}: {ended.returncode}, not {code}: {ended.stderr}"
    return ended


def main():
    with tempfile.TemporaryDirectory() as folder, Nginx(folder) as nginx:
        origin = f"http://127.0.0.1:{nginx.port}"
        large = os.path.join(nginx.root, "large file")
        noise(large, SIZE)
        open(os.path.join(nginx.root, "empty"), "w").close()
        copy = os.path.join(folder, "copy")

        cospass("download", f"{origin}/large%20file", copy, "-q")
        assert same(large, copy)
        ranges = open(nginx.log).read().count(" 206 ")
        assert ranges > 1, f"{ranges} answers with a range: it was not fetched in parallel"
        cospass("download", f"{origin}/empty", copy, "-q")
        assert os.path.getsize(copy) == 0
        cospass("download", f"{origin}/whole/large%20file", copy, "-q")
        assert same(large, copy), "a server without ranges"
        os.remove(copy)

        # Killed, and gone on with.
        slow = f"{origin}/broken/large%20file"
        process = subprocess.Popen([os.environ["COSPASS"], "download", slow, copy, "-q", "--part-size", "4M"])
        part = copy + ".cospass-part"
        end = time.monotonic() + 60
        checkpoint = copy + ".cospass-checkpoint"
        while not (os.path.exists(checkpoint) and os.path.getsize(part) and process.poll() is None):
            assert time.monotonic() < end and process.poll() is None, "no checkpoint was written"
            time.sleep(0.02)
        time.sleep(1.5)
        process.kill()
        process.wait()
        assert not os.path.exists(copy), "half a file has the name of a whole one"
        cospass("download", slow, copy, "--json", "--part-size", "4M")
        assert same(large, copy)

        # The object changes meanwhile: what was received is thrown away or refused, never mixed.
        process = subprocess.Popen([os.environ["COSPASS"], "download", slow, copy + "2", "-q", "--part-size", "4M"])
        while not os.path.exists(copy + "2.cospass-checkpoint"):
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(1.2)
        process.kill()
        process.wait()
        noise(large, SIZE, seed=2)
        refused = subprocess.run([os.environ["COSPASS"], "download", slow, copy + "2"], capture_output=True, text=True)
        if refused.returncode == 0:
            assert same(large, copy + "2"), "two objects were mixed"
        else:
            assert not os.path.exists(copy + "2"), refused.stderr
            cospass("download", slow, copy + "2", "--restart", "-q")
            assert same(large, copy + "2")

        missing = cospass("download", f"{origin}/nothing", copy + "3", code=6)
        assert "404" in missing.stderr and not os.path.exists(copy + "3"), missing.stderr

        cospass("upload", f"{origin}/dav/up", large, "-q")
        assert same(large, os.path.join(nginx.root, "dav", "up"))
        forbidden = cospass("upload", f"{origin}/up", large, code=6)
        assert "405" in forbidden.stderr or "403" in forbidden.stderr, forbidden.stderr
        return f"{SIZE >> 20} MiB in {ranges} ranges, without ranges, killed and resumed, changed: {refused.stderr.splitlines()[-1]!r}"
