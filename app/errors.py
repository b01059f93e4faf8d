"""What every refusal looks like: a code and the arguments of its sentence, put into words in one place."""


class CodedError(Exception):
    """A refusal with a dotted `code` and `details`, the named arguments of its sentence in the labels.

    (`details`, because every Python exception already has another `args`.) As text it is its code alone: what was typed
    belongs in no log.
    """

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
