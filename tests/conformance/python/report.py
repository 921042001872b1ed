"""How a driver runs its operations and says what came of them."""

import json
import sys
import traceback

OPERATIONS = {}


class NotOffered(Exception):
    """The SDK has no call for it."""


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


def say(**what):
    print(json.dumps(what, ensure_ascii=True), flush=True)


def run():
    """Runs every operation, in the order in which they were written."""
    for name, function in OPERATIONS.items():
        try:
            function()
        except NotOffered as reason:
            say(operation=name, result="not offered", detail=str(reason))
        except Exception as error:
            line = traceback.extract_tb(sys.exc_info()[2])[1:2]
            where = f"line {line[0].lineno}: {line[0].line}: " if line else ""
            detail = f"{where}{type(error).__name__} {error}"
            say(operation=name, result="fail", detail=detail[:600])
        else:
            say(operation=name, result="pass")
