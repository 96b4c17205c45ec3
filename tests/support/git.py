"""The real git, in a repository of a test."""

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Runs git in a folder; returns what it printed."""
    named = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.invalid",
        "-c",
        "commit.gpgsign=false",
    ]
    done = subprocess.run(
        ["git", *named, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
