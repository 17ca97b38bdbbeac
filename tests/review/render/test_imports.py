"""What a rendering loads: neither Pulumi nor anything that talks to a network."""

import subprocess
import sys

_PROGRAM = """
import sys
from pulumi_entra_pim.review.render import contents, document, html, markdown, redaction, terminal
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"pulumi", "httpx", "msal", "grpc"}))
"""


def test_renderings_load_neither_pulumi_nor_a_client() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
