"""What every refusal of this package looks like: a code and its arguments, put into words elsewhere."""


class Refused(ValueError):
    """A refusal with a dotted `code` and `details`, the named arguments of its sentence in the labels.

    (`details`, because every Python exception already has another `args`.)
    """

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"{self.code}({shown})"
