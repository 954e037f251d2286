"""Prints the installed version of every package of requirements.txt, one `name==version` a line."""

import pathlib
from importlib import metadata

for line in (pathlib.Path(__file__).parent / "requirements.txt").read_text().split():
    name = line.split("==")[0]
    print(f"{name}=={metadata.version(name)}")
