"""/_emulator: the emulator's own controls, under a path that Graph cannot own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from entra_emulator.directory import moments
from entra_emulator.directory.applications import Federation
from entra_emulator.directory.seed import SEEDS
from entra_emulator.exchange import Request
from entra_emulator.routes.call import Answer
from entra_emulator.routes.routing import Router

if TYPE_CHECKING:
    from entra_emulator.emulator import Emulator


@dataclass(frozen=True, slots=True)
class ControlCall:
    """One call of a control."""

    emulator: Emulator
    query: Mapping[str, str]
    body: Mapping[str, Any]


def health(call: ControlCall) -> Answer:
    """GET /_emulator/health."""
    return Answer(document={"status": "ok", **_clock(call)})


def seed(_call: ControlCall) -> Answer:
    """GET /_emulator/seed: the facts of the seeded tenants, secrets included, for they are made up."""
    return Answer(document={name: asdict(each) for name, each in SEEDS.items()})


def reset(call: ControlCall) -> Answer:
    """POST /_emulator/reset: back to the seed."""
    call.emulator.reset()
    return Answer(document=_clock(call))


def snapshot(call: ControlCall) -> Answer:
    """POST /_emulator/snapshot {"name"}."""
    call.emulator.snapshot(str(call.body["name"]))
    return Answer(document={"name": call.body["name"]})


def restore(call: ControlCall) -> Answer:
    """POST /_emulator/restore {"name"}."""
    call.emulator.restore(str(call.body["name"]))
    return Answer(document={"name": call.body["name"]})


def clock(call: ControlCall) -> Answer:
    """GET /_emulator/clock."""
    return Answer(document=_clock(call))


def advance(call: ControlCall) -> Answer:
    """POST /_emulator/clock/advance {"days", "hours", "minutes", "seconds"}."""
    call.emulator.clock.advance(timedelta(**call.body))
    return Answer(document=_clock(call))


def set_clock(call: ControlCall) -> Answer:
    """POST /_emulator/clock/set {"now"}."""
    call.emulator.clock.set(moments.read(call.body["now"]))
    return Answer(document=_clock(call))


def freeze(call: ControlCall) -> Answer:
    """POST /_emulator/clock/freeze."""
    call.emulator.clock.freeze()
    return Answer(document=_clock(call))


def resume(call: ControlCall) -> Answer:
    """POST /_emulator/clock/resume."""
    call.emulator.clock.resume()
    return Answer(document=_clock(call))


def journal(call: ControlCall) -> Answer:
    """GET /_emulator/journal?since=n."""
    entries = call.emulator.journal.entries(int(call.query.get("since", "0")))
    return Answer(
        document={"entries": [{**asdict(entry), "time": moments.write_precise(entry.time)} for entry in entries]}
    )


def clear_journal(call: ControlCall) -> Answer:
    """DELETE /_emulator/journal."""
    call.emulator.journal.clear()
    return Answer(204)


def token(call: ControlCall) -> Answer:
    """POST /_emulator/token {"tenant", "app", "user", "permissions", "mfa"}."""
    return Answer(document={"access_token": call.emulator.token(**call.body)})


def register(call: ControlCall) -> Answer:
    """POST /_emulator/applications {"tenant", "name", "permissions", "secret", "certificate", "federated"}."""
    federated = call.body.get("federated")
    asked = {**call.body, "federated": Federation(**federated) if federated else None}
    return Answer(201, asdict(call.emulator.register(**asked)))


def switches(call: ControlCall) -> Answer:
    """GET or POST /_emulator/switches: which of the behaviours that are not on record are on."""
    found = call.emulator.switches
    for name, value in call.body.items():
        if name not in {each.name for each in fields(found)} or not isinstance(value, bool):
            raise ValueError(f"there is no switch {name!r} that can be {value!r}")
        setattr(found, name, value)
    return Answer(document=asdict(found))


_CONTROLS: Router[Callable[[ControlCall], Answer]] = Router((
    ("GET", "/_emulator/health", health),
    ("GET", "/_emulator/seed", seed),
    ("POST", "/_emulator/reset", reset),
    ("POST", "/_emulator/snapshot", snapshot),
    ("POST", "/_emulator/restore", restore),
    ("GET", "/_emulator/clock", clock),
    ("POST", "/_emulator/clock/advance", advance),
    ("POST", "/_emulator/clock/set", set_clock),
    ("POST", "/_emulator/clock/freeze", freeze),
    ("POST", "/_emulator/clock/resume", resume),
    ("GET", "/_emulator/journal", journal),
    ("DELETE", "/_emulator/journal", clear_journal),
    ("POST", "/_emulator/token", token),
    ("POST", "/_emulator/applications", register),
    ("GET", "/_emulator/switches", switches),
    ("POST", "/_emulator/switches", switches),
))  # fmt: skip


def answer(emulator: Emulator, request: Request) -> Answer:
    """Do what a control is for; a call that makes no sense is answered with a sentence."""
    found = _CONTROLS.find(request.method, request.path)
    if found is None:
        return _refuse(404, f"there is no control {request.method} {request.path}")
    try:
        body = json.loads(request.body or b"{}")
        if not isinstance(body, dict):
            return _refuse(400, "the body of a control must be a JSON object")
        if not isinstance(body.get("permissions", []), list):
            return _refuse(400, "permissions must be a list")
        return found.row(ControlCall(emulator, dict(parse_qsl(request.query)), body))
    except KeyError as error:
        return _refuse(400, f"{error} is missing")
    except (TypeError, ValueError) as error:
        return _refuse(400, str(error))


def _clock(call: ControlCall) -> dict[str, object]:
    found = call.emulator.clock
    return {"now": moments.write_precise(found.now()), "frozen": found.frozen}


def _refuse(status: int, sentence: str) -> Answer:
    return Answer(status, {"error": sentence})
