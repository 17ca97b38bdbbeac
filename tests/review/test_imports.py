import subprocess
import sys


def test_a_review_can_be_used_without_pulumi_and_without_the_network() -> None:
    program = "import sys, pulumi_entra_pim.review.verdict; print({'pulumi', 'httpx', 'msal'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
