"""Every error in one form: ``{"error": {"code": ..., "message": ...}}``."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backend.api.protocol import Send
from backend.api.schemas import ErrorBody
from backend.core.files import as_kindred_error
from backend.core.logging import log_numbered
from backend.domain import KindredError

log = logging.getLogger(__name__)

RETRY_AFTER = 10  # seconds, where an error that passes does not say how many
_STATUS = {
    404: ("no_corpus", "no_post", "no_user", "no_upload", "no_media", "no_file"),
    413: ("too_many_characters", "too_much"),
    429: ("busy", "too_many"),
    503: ("no_backend", "unreachable", "no_memory"),  # the first two: on other machines
}
_STATUS_OF = {code: status for status, codes in _STATUS.items() for code in codes}
_PASSES = (429, 503)
_MEANING = {
    400: "The request cannot be carried out; the message says why.",
    401: "The key is missing or wrong.",
    404: "Nothing has that name or address.",
    405: "The address takes another method; see the header Allow.",
    408: "The body arrived too slowly.",
    413: "The request is too large.",
    422: "The request does not match the schema.",
    429: "Too many requests: try again after the seconds of the header Retry-After.",
    500: "Something went wrong on the server; its log has the number of the message.",
    503: "Encoders or storage elsewhere do not answer, or memory is short; see Retry-After.",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": meaning} for status, meaning in _MEANING.items()
}


def add_handlers(api: FastAPI) -> None:
    """Answer each error of a service in the one form."""
    api.add_exception_handler(KindredError, _on_error)
    api.add_exception_handler(RequestValidationError, _on_malformed)
    api.add_exception_handler(HTTPException, _on_http)
    api.add_exception_handler(MemoryError, _on_memory)
    api.add_exception_handler(Exception, _on_failure)


async def send_error(send: Send, status: int, error: KindredError, *, close: bool = False) -> None:
    """Send an error from a middleware.

    Parameters
    ----------
    send : callable
        Of ASGI.
    status : int
    error : KindredError
    close : bool
        Close the connection: the rest of the request is not read.
    """
    body = json.dumps(_body(error.code, error.message)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(k.encode(), v.encode()) for k, v in _headers(status, error).items()]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _body(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _headers(status: int, error: KindredError) -> dict[str, str]:
    if status == 401:
        return {"www-authenticate": "Bearer"}
    return {"retry-after": str(error.retry_after or RETRY_AFTER)} if status in _PASSES else {}


def _on_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KindredError)
    status = _STATUS_OF.get(error.code, 400)
    return JSONResponse(_body(error.code, error.message), status, _headers(status, error))


def _on_malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return JSONResponse(_body("malformed", f"{place}: {first['msg']}."), 422)


def _on_http(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the router refuses."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        body = _body("no_address", "There is no such address; /openapi.json lists them.")
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        body = _body("wrong_method", f"This address takes {allowed}.")
    else:
        body = _body("malformed", str(error.detail))
    return JSONResponse(body, error.status_code, error.headers)


def _on_memory(request: Request, error: Exception) -> JSONResponse:
    """Say that the machine is short of memory, which passes."""
    log.error("a request ran out of memory", exc_info=error)
    message = "The service is short of memory; try again, or send less."
    return _on_error(request, KindredError("no_memory", message))


def _on_failure(request: Request, error: Exception) -> JSONResponse:
    """Answer what nobody foresaw; the log has the rest."""
    id_ = log_numbered(log, "a request failed", error)
    if refused := as_kindred_error(error):
        return _on_error(request, refused)
    message = f"Something went wrong on the server. Tell its administrator this number: {id_}."
    return JSONResponse(_body("internal", message), 500)
