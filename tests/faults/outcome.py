"""What a suite says when it cannot be run here."""


class NotRun(Exception):
    pass
