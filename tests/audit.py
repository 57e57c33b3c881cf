"""`make audit`: whether any pinned package is known to be vulnerable. pip-audit looks; this says what its answer means.

Usage: audit.py REQUIREMENTS... Exit code 1 on a finding, and when the look-up failed for another reason than that the
service was out of reach. Without the service nothing is audited: that is said, and is no failure.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

UNREACHABLE = re.compile(r"ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Could not connect")


def judge(report: str, said: str) -> tuple[int, str]:
    """The exit code and what to tell, from pip-audit's JSON (empty where it broke off) and its standard error."""
    if not report.strip():
        if UNREACHABLE.search(said):
            return 0, "NOTHING WAS AUDITED: the service that knows vulnerabilities could not be reached."
        return 1, f"pip-audit failed.\n{said}"
    packages = json.loads(report)["dependencies"]
    found = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in packages
        for fault in package.get("vulns", ())
    ]
    if found:
        return 1, "\n".join(found)
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if len(skipped) == len(packages):
        return 0, f"NOTHING WAS AUDITED: the service knows none of the {len(packages)} packages."
    unknown = f" Not known there: {', '.join(skipped)}." if skipped else ""
    return 0, f"{len(packages) - len(skipped)} packages, none known to be vulnerable.{unknown}"


def main(files: list[str]) -> int:
    program = Path(sys.executable).with_name("pip-audit")
    options = ["--require-hashes", "--disable-pip", "--format=json", "--progress-spinner=off"]
    worst = 0
    for file in files:  # one by one: two may pin the same package at different versions
        done = subprocess.run([program, *options, "-r", file], capture_output=True, text=True, check=False)
        code, sentence = judge(done.stdout, done.stderr)
        sys.stdout.write(f"{file}: {sentence}\n")
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
