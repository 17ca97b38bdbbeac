"""Make the previews of the corpus anew: ``python -m tests.review.corpus [NAME …]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.review.corpus.cases import CASES
from tests.review.corpus.engine import preview
from tools import pulumi_cli

PREVIEWS = Path(__file__).parent / "previews"


def main(names: list[str]) -> None:
    """Make some of the previews, or all."""
    cli = pulumi_cli.ensure()
    for name in names or CASES:
        with tempfile.TemporaryDirectory() as folder:
            (PREVIEWS / f"{name}.json").write_text(preview(CASES[name], cli, Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
