"""The API document keeps the specification of OpenAPI 3.1, by a public validator; so do the files that it is made of."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/dev"))

import api_lint  # noqa: E402


def test_the_files_are_formatted_and_valid():
    assert api_lint.lint(ROOT) == []


def test_the_served_document_is_valid(document):
    served = json.loads(document.read_text())
    assert len(served["paths"]) > 10
    assert api_lint.invalid(served) == []


VALID = {"paths": {"/a": {"get": {"operationId": "getA", "summary": "A", "responses": {"200": {"description": "A."}}}}}}


@pytest.mark.parametrize(
    "text, fault",
    [
        (json.dumps(VALID), "is not formatted"),
        ("{", "Expecting property name"),
        ('{"paths": {}, "paths": {}}', "paths: more than once"),
        (api_lint.formatted({"path": {}}), "its members must be"),
        (api_lint.formatted({"components": {}, "paths": {}}), "its members must be"),
        (api_lint.formatted({"paths": {"/a": {"get": {"operationId": "getA", "responses": {"200": {}}}}}}), "description"),
        (api_lint.formatted({"paths": {"/a": {"get": {"$ref": "#/none"}}}}), "/none"),
    ],
)
def test_a_fault_is_found(tmp_path, text, fault):
    (tmp_path / "Sources").mkdir()
    (tmp_path / "Sources/a.openapi.json").write_text(text)
    assert fault.lower() in "\n".join(api_lint.lint(tmp_path)).lower()


def test_fixing_formats_a_file(tmp_path):
    (tmp_path / "Sources").mkdir()
    path = tmp_path / "Sources/a.openapi.json"
    path.write_text(json.dumps(VALID))
    assert api_lint.lint(tmp_path, fix=True) == []
    assert json.loads(path.read_text()) == VALID and path.read_text().startswith('{\n  "paths"')


def test_no_files_are_a_fault(tmp_path):
    assert len(api_lint.lint(tmp_path)) == 1
