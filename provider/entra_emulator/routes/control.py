"""/_emulator: the emulator's own controls, under a path that Graph cannot own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from entra_emulator import pages
from entra_emulator.directory import moments
from entra_emulator.directory.applications import Federation
from entra_emulator.directory.seed import SEEDS
from entra_emulator.exchange import Request
from entra_emulator.routes.call import Answer
from entra_emulator.routes.routing import Router

if TYPE_CHECKING:
    from entra_emulator.emulator import Emulator

# In seconds: 30 years, after which there is still a moment that can be written.
_LONGEST_SPAN = 10**9


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


def export(call: ControlCall) -> Answer:
    """GET /_emulator/export: the whole directory as one JSON document."""
    return Answer(document=call.emulator.export())


def replace(call: ControlCall) -> Answer:
    """POST /_emulator/import: put an exported directory in place of this one."""
    call.emulator.replace(call.body)
    return Answer(document=_clock(call))


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
    _admit(call, "tenant", "app", "user", "permissions", "mfa")
    return Answer(document={"access_token": call.emulator.token(**call.body)})


def approve_sign_in(call: ControlCall) -> Answer:
    """POST /_emulator/sign-in/approve {"tenant", "user_code", "user", "mfa"}."""
    call.emulator.approve_sign_in(**call.body)
    return Answer(204)


def decline_sign_in(call: ControlCall) -> Answer:
    """POST /_emulator/sign-in/decline {"tenant", "user_code"}."""
    call.emulator.decline_sign_in(**call.body)
    return Answer(204)


def register(call: ControlCall) -> Answer:
    """POST /_emulator/applications {"tenant", "name", "permissions", "secret", "certificate", "federated"}."""
    _admit(call, "tenant", "name", "permissions", "secret", "certificate", "federated")
    federated = call.body.get("federated")
    asked = {**call.body, "federated": Federation(**federated) if federated else None}
    return Answer(201, asdict(call.emulator.register(**asked)))


def faults(call: ControlCall) -> Answer:
    """GET /_emulator/faults: what is armed, what happened, who came back early, and whether a call hangs."""
    found = call.emulator.faults
    early = [
        {**asdict(each), "at": moments.write_precise(each.at), "allowed_at": moments.write_precise(each.allowed_at)}
        for each in found.early
    ]
    return Answer(
        document={
            "armed": [asdict(each) for each in found.armed],
            "fired": [asdict(each) for each in found.fired],
            "early": early,
            "hanging": found.hanging(0),
        }
    )


def arm(call: ControlCall) -> Answer:
    """POST /_emulator/faults {"kind", "when", "method", "path", "nth", "times", "retry_after"}."""
    _admit(call, "kind", "when", "method", "path", "nth", "times", "retry_after")
    call.emulator.faults.arm(call.body["kind"], **{name: value for name, value in call.body.items() if name != "kind"})
    return faults(call)


def clear_faults(call: ControlCall) -> Answer:
    """DELETE /_emulator/faults."""
    call.emulator.faults.clear()
    return Answer(204)


def release(call: ControlCall) -> Answer:
    """POST /_emulator/faults/release: end the calls that hang."""
    call.emulator.faults.release()
    return Answer(204)


def pace(call: ControlCall) -> Answer:
    """GET /_emulator/pace: which collections lag."""
    return Answer(document={"lags": [asdict(each) for each in call.emulator.pace.lags]})


def lag(call: ControlCall) -> Answer:
    """POST /_emulator/pace {"collection", "reads" or "seconds"}."""
    _admit(call, "collection", "reads", "seconds")
    call.emulator.pace.lag(call.body["collection"], reads=call.body.get("reads"), seconds=call.body.get("seconds"))
    return pace(call)


def clear_pace(call: ControlCall) -> Answer:
    """DELETE /_emulator/pace."""
    call.emulator.pace.clear()
    return Answer(204)


def limits(call: ControlCall) -> Answer:
    """GET /_emulator/limits: the size of the tenants that apps are limited for, if they are."""
    return Answer(document={"size": call.emulator.limits.size})


def limit(call: ControlCall) -> Answer:
    """POST /_emulator/limits {"size"}."""
    _admit(call, "size")
    call.emulator.limits.on(**call.body)
    return limits(call)


def lift_limits(call: ControlCall) -> Answer:
    """DELETE /_emulator/limits."""
    call.emulator.limits.off()
    return Answer(204)


def switches(call: ControlCall) -> Answer:
    """GET or POST /_emulator/switches: which of the behaviours that are not on record are on."""
    found = call.emulator.switches
    declared = {each.name: each.default for each in fields(found)}
    for name, value in call.body.items():
        if name not in declared or not _fits(declared[name], value):
            raise ValueError(f"there is no switch {name!r} that can be {value!r}")
    for name, value in call.body.items():
        setattr(found, name, value)
    return Answer(document=asdict(found))


def _fits(default: object, value: object) -> bool:
    """Tell whether a switch can be turned: some are on or off, some are a number or a span of seconds."""
    if isinstance(default, bool) or isinstance(value, bool):
        return type(default) is type(value)
    if isinstance(value, float) and not isinstance(default, float):
        return False
    return isinstance(value, int | float) and 0 <= value <= _LONGEST_SPAN


def decide(call: ControlCall) -> Answer:
    """POST /_emulator/decision {"request", "approve", "by", "justification", "tenant"}."""
    approve = call.body["approve"]
    if not isinstance(approve, bool):
        raise ValueError("approve must be true or false")
    others = {name: call.body.get(name) for name in ("justification", "tenant")}
    made = call.emulator.decide(str(call.body["request"]), approve=approve, by=str(call.body["by"]), **others)
    return Answer(document={"id": made["id"], "status": made["status"]})


_CONTROLS: Router[Callable[[ControlCall], Answer]] = Router((
    ("GET", "/_emulator/health", health),
    ("GET", "/_emulator/seed", seed),
    ("POST", "/_emulator/reset", reset),
    ("POST", "/_emulator/snapshot", snapshot),
    ("POST", "/_emulator/restore", restore),
    ("GET", "/_emulator/export", export),
    ("POST", "/_emulator/import", replace),
    ("GET", "/_emulator/clock", clock),
    ("POST", "/_emulator/clock/advance", advance),
    ("POST", "/_emulator/clock/set", set_clock),
    ("POST", "/_emulator/clock/freeze", freeze),
    ("POST", "/_emulator/clock/resume", resume),
    ("GET", "/_emulator/journal", journal),
    ("DELETE", "/_emulator/journal", clear_journal),
    ("POST", "/_emulator/token", token),
    ("POST", "/_emulator/sign-in/approve", approve_sign_in),
    ("POST", "/_emulator/sign-in/decline", decline_sign_in),
    ("POST", "/_emulator/applications", register),
    ("GET", "/_emulator/faults", faults),
    ("POST", "/_emulator/faults", arm),
    ("DELETE", "/_emulator/faults", clear_faults),
    ("POST", "/_emulator/faults/release", release),
    ("GET", "/_emulator/pace", pace),
    ("POST", "/_emulator/pace", lag),
    ("DELETE", "/_emulator/pace", clear_pace),
    ("GET", "/_emulator/limits", limits),
    ("POST", "/_emulator/limits", limit),
    ("DELETE", "/_emulator/limits", lift_limits),
    ("POST", "/_emulator/decision", decide),
    ("GET", "/_emulator/switches", switches),
    ("POST", "/_emulator/switches", switches),
))  # fmt: skip


_TEXTS = ("tenant", "app", "user", "name")


def answer(emulator: Emulator, request: Request) -> Answer:
    """Do what a control is for; a call that makes no sense is answered with a sentence."""
    if pages.has(request.path):
        return pages.answer(emulator, request)
    found = _CONTROLS.find(request.method, request.path)
    if found is None:
        return _refuse(404, f"there is no control {request.method} {request.path}")
    if request.method != "GET" and request.is_of_a_foreign_page:
        return _refuse(403, "a page from elsewhere may not use the controls")
    try:
        body = json.loads(request.body or b"{}")
        if not isinstance(body, dict):
            return _refuse(400, "the body of a control must be a JSON object")
        if not _are_texts(body.get("permissions", [])):
            return _refuse(400, "permissions must be a list of texts")
        for name in _TEXTS:
            if not isinstance(body.get(name), str | None):
                return _refuse(400, f"{name} must be a text")
        return found.row(ControlCall(emulator, dict(parse_qsl(request.query)), body))
    except KeyError as error:
        return _refuse(400, f"{error} is missing")
    except (TypeError, ValueError, OverflowError) as error:
        return _refuse(400, str(error))


def _admit(call: ControlCall, *names: str) -> None:
    """Raise ValueError for a name that a control does not know."""
    for name in call.body:
        if name not in names:
            raise ValueError(f"there is no {name!r} here, only {', '.join(names)}")


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _clock(call: ControlCall) -> dict[str, object]:
    found = call.emulator.clock
    return {"now": moments.write_precise(found.now()), "frozen": found.frozen}


def _refuse(status: int, sentence: str) -> Answer:
    return Answer(status, {"error": sentence})
