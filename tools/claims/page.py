"""Tables and the page sweeps/README.md."""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


class Section:
    """A claim, the numbers measured for it, and what they say."""

    def __init__(self, letter, claim, method, tables, verdict):
        self.letter = letter
        self.claim = claim
        self.method = method
        self.tables = tables
        self.verdict = verdict

    def markdown(self, manifests):
        commands = "\n".join(f"    build/release/vnsweep run sweeps/{name}" for name in manifests)
        return "\n\n".join(
            [
                f"## {self.letter}. {self.claim}",
                f"**Verdict.** {self.verdict}",
                self.method,
                *self.tables,
                commands,
            ]
        )
