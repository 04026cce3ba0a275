"""Clients that common generators make from /openapi.json are whole, and buy from the real service."""

import json
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def client(document, run, tmp_path_factory):
    """The directory that holds the package `shop_client`, made by openapi-python-client."""
    directory = tmp_path_factory.mktemp("client")
    result = run(
        "openapi-python-client", "generate", "--path", document, "--meta", "none", "--fail-on-warning",
        "--output-path", directory / "shop_client",
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    assert "warning" not in output.lower() and "error" not in output.lower(), output
    return directory


@pytest.fixture(scope="module")
def models(document, run, tmp_path_factory):
    """The directory that holds the module `models`, made by datamodel-code-generator."""
    directory = tmp_path_factory.mktemp("models")
    result = run(
        "datamodel-codegen", "--input", document, "--input-file-type", "openapi", "--formatters", "builtin",
        "--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11", "--output", directory / "models.py",
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    return directory


def test_every_call_of_the_document_is_generated(client, document):
    calls = sum(len(item) for item in json.loads(document.read_text())["paths"].values())
    generated = [path for path in (client / "shop_client" / "api").rglob("*.py") if path.name != "__init__.py"]
    assert calls > 15
    assert len(generated) == calls


def test_the_generated_client_buys(client, shop, run):
    result = run("python", "-W", "error", HERE / "purchase.py", shop, PYTHONPATH=str(client))
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
    assert result.stdout == "bought\n"


def test_the_generated_client_takes_what_later_versions_add(client, document, run):
    result = run("python", "-W", "error", HERE / "later_version.py", "client", document, PYTHONPATH=str(client))
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr


def test_the_generated_models_take_what_later_versions_add(models, document, run):
    result = run("python", "-W", "error", HERE / "later_version.py", "models", document, PYTHONPATH=str(models))
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
