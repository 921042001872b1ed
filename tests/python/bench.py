"""The official Python SDK's side of `make bench`: answers one line of JSON with one.

version                    -> {"version"}
prepare workload           -> {}             a client and the arguments of one workload
output name key now        -> {"output"}     the URL or Authorization text at that time
measure name seconds       -> {"urls", "seconds"}   seconds of this process's processor time
"""

import json
import platform
import sys
import time
from importlib.metadata import version
from unittest import mock

from qcloud_cos import CosConfig, CosS3Client


class Workload:
    def __init__(self, description):
        config = CosConfig(
            Region=description["region"],
            SecretId=description["secret_id"],
            SecretKey=description["secret_key"],
        )
        client = CosS3Client(config)
        authorization = description["authorization"]
        self.call = client.get_auth if authorization else client.get_presigned_url
        self.arguments = description["arguments"]
        self.keys = description["keys"]

    def output(self, key, now):
        with mock.patch("time.time", lambda: now):
            return self.call(Key=key, **self.arguments)

    def measure(self, seconds):
        call, arguments = self.call, self.arguments
        urls = 0
        start = time.process_time()
        while True:
            for key in self.keys:
                call(Key=key, **arguments)
            urls += len(self.keys)
            spent = time.process_time() - start
            if spent >= seconds:
                return {"urls": urls, "seconds": spent}


def main():
    workloads = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "version":
            sdk, python = version("cos-python-sdk-v5"), platform.python_version()
            answer = {"version": f"cos-python-sdk-v5 {sdk}, Python {python}"}
        elif request["do"] == "prepare":
            description = request["workload"]
            workloads[description["name"]] = Workload(description)
            answer = {}
        elif request["do"] == "output":
            workload = workloads[request["name"]]
            answer = {"output": workload.output(request["key"], request["now"])}
        else:
            answer = workloads[request["name"]].measure(request["seconds"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
