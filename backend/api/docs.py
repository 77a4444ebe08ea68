"""The page ``/docs``: what the OpenAPI document says, as HTML without scripts or other servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def add_docs(api: FastAPI) -> None:
    """Add the page."""

    @api.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        """Describe every address."""
        document = api.openapi()
        base = str(request.url.replace(query="", fragment="")).removesuffix("/docs")
        routes = [
            _route(document, path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]
        page = _TEMPLATES.get_template("docs.html.j2")
        return HTMLResponse(page.render(info=document["info"], routes=routes, base=base))


def _route(document: dict, path: str, method: str, operation: dict) -> dict[str, Any]:
    contents = operation.get("requestBody", {}).get("content", {})
    bodies = [
        {"type": kind, "fields": _fields(document, content["schema"])}
        for kind, content in contents.items()
    ]
    return {
        "path": path,
        "method": method.upper(),
        "says": operation.get("description", operation.get("summary", "")).replace("`", ""),
        "parameters": [
            {
                "name": p["name"],
                "where": p["in"],
                "type": _type(p["schema"]),
                "required": p.get("required", False),
            }
            for p in operation.get("parameters", [])
        ],
        "bodies": bodies,
    }


def _fields(document: dict, schema: dict) -> list[dict[str, Any]]:
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    required, found = schema.get("required", []), []
    for name, field in schema.get("properties", {}).items():
        says = field.get("description", "")
        found.append(
            {"name": name, "type": _type(field), "required": name in required, "says": says}
        )
        inner = field.get("items", field)
        if "$ref" in inner and "Kind" not in inner["$ref"]:  # of lists of objects, and of objects
            parts = _fields(document, inner)
            found += [{**part, "name": f"{name}.{part['name']}"} for part in parts]
    return found


def _type(schema: dict) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    return str(schema.get("format") or schema.get("type") or "any")
