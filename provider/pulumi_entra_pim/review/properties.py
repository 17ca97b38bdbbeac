"""One property bag of a resource, as the engine has it, read into what is declared.

The only place where properties are named: whatever is not asked for here is not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeAlias

import isodate

from .declared import (
    ELIGIBILITY,
    GROUP,
    USER,
    AnyResource,
    Eligibility,
    Flag,
    Group,
    Held,
    Hidden,
    Reference,
    Spelling,
    Told,
    User,
)
from .shapes import clean, unexpected
from .urns import name_of

Identity: TypeAlias = dict[str, Any]
"""What a resource has besides properties, by the names that declared.Resource gives."""

# https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/resource/plugin/rpc.go
_UNKNOWN = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
# What the engine writes in the place of one.
_MASK = "[secret]"
# The password in Microsoft's tutorial, which everybody can read there.
_PUBLISHED = "ac8b9f0b4b90c2ec57383da83b6db6dfcdd3f117f21d866d8d2d2ef2449c4d5f"
# A grant in this status was taken back to be given anew, and was not.
_CANCELED = "Canceled"
# So that every sum of a start and a duration is a moment that can be written.
_YEARS = range(1970, 3000)
_LONGEST = timedelta(days=36_500)


class Properties:
    """A property bag of a resource: which values are told, and which resources each comes from."""

    def __init__(self, name: str, values: Mapping[str, object], sources: Mapping[str, tuple[str, ...]]) -> None:
        self._name = name
        self._values = values
        self._sources = sources

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the URNs that a property comes from."""
        return tuple(sorted(set(self._sources.get(name, ()))))

    def told(self, name: str) -> Told | None:
        """Return a string, as far as it is told."""
        return self._told(name, self._values.get(name))

    def flag(self, name: str) -> Flag:
        """Return a truth, as far as it is told."""
        value = self._values.get(name)
        if isinstance(value, bool) or value is None:
            return value
        return self._hidden(name, value) or self._refuse(name, "true or false")

    def several(self, name: str) -> tuple[Told, ...] | Hidden | None:
        """Return a list of ids, as far as it is told."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            return self._hidden(name, value) or self._refuse(name, "a list")
        told = [self._told(name, each) for each in value]
        return tuple(each.lower() if isinstance(each, str) else each for each in told if each is not None)

    def reference(self, name: str, default: str | None = None) -> Reference:
        """Return the id of something else, and where it comes from."""
        value = self.told(name)
        value = default if value is None else value
        if value is None:
            self._refuse(name, "given")
        return Reference(value.lower() if isinstance(value, str) else value, self.sources(name))

    def moment(self, name: str) -> datetime | Hidden | None:
        """Return a moment in UTC, in whole seconds."""
        value = self.told(name)
        if not isinstance(value, str):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self._refuse(name, "a moment")
        if moment.tzinfo is None or moment.year not in _YEARS:
            self._refuse(name, "a moment with its zone")
        return moment.astimezone(UTC).replace(microsecond=0)

    def length(self, name: str) -> timedelta | Hidden | None:
        """Return a duration."""
        value = self.told(name)
        if not isinstance(value, str):
            return value
        try:
            duration = isodate.parse_duration(value)
        except (isodate.ISO8601Error, OverflowError):
            duration = None
        if not isinstance(duration, timedelta) or not timedelta(0) < duration <= _LONGEST:
            self._refuse(name, "a duration")
        return duration

    def _told(self, name: str, value: object) -> Told | None:
        if value is None:
            return None
        if not isinstance(value, str):
            self._refuse(name, "a string")
        return self._hidden(name, value) or clean(value)

    def _hidden(self, name: str, value: object) -> Hidden | None:
        if value == _MASK:
            return Hidden("marked as a secret", self.sources(name))
        if isinstance(value, str) and value in _UNKNOWN:
            return Hidden("not known before up", self.sources(name))
        return None

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        raise unexpected(f"{name} of {clean(self._name)}", wanted)


def _user(properties: Properties, identity: Identity) -> User:
    password = properties.told("password")
    return User(
        **identity,
        adopt_existing=properties.flag("adopt_existing"),
        user_principal_name=properties.told("user_principal_name"),
        display_name=properties.told("display_name"),
        account_enabled=properties.flag("account_enabled"),
        force_change_password_next_sign_in=properties.flag("force_change_password_next_sign_in"),
        password_sources=None if password is None else properties.sources("password"),
        password_is_published=_is_published(password) if isinstance(password, str) else None,
    )


def _group(properties: Properties, identity: Identity) -> Group:
    return Group(
        **identity,
        adopt_existing=properties.flag("adopt_existing"),
        display_name=properties.told("display_name"),
        owners=properties.several("owners"),
        members=properties.several("members"),
    )


def _eligibility(properties: Properties, identity: Identity) -> Eligibility:
    spelling = Spelling(
        properties.moment("start"),
        properties.moment("end"),
        properties.length("duration"),
        properties.flag("permanent"),
    )
    start, end = properties.moment("effective_start"), properties.moment("effective_end")
    return Eligibility(
        **identity,
        adopt_existing=properties.flag("adopt_existing"),
        principal=properties.reference("principal_id"),
        role=properties.reference("role_definition_id"),
        scope=properties.reference("directory_scope_id", "/"),
        spelling=spelling,
        held=Held(start, end, spelling) if isinstance(start, datetime) and not isinstance(end, Hidden) else None,
        in_force=properties.told("status") != _CANCELED,
        justification=properties.told("justification"),
        ticket_number=properties.told("ticket_number"),
        ticket_system=properties.told("ticket_system"),
    )


def _is_published(password: str) -> bool:
    return hashlib.sha256(password.encode()).hexdigest() == _PUBLISHED


READERS: Mapping[str, Callable[[Properties, Identity], AnyResource]] = {
    USER: _user,
    GROUP: _group,
    ELIGIBILITY: _eligibility,
}
"""What reads a type of ours."""


def resource(
    type_: str,
    urn: str,
    inputs: Mapping[str, object],
    sources: Mapping[str, Sequence[str]],
    *,
    protect: bool = False,
    id_: str | None = None,
) -> AnyResource | None:
    """Read one property bag, under the names that the state has; None for what is not ours.

    ``sources`` are the URNs that each property comes from; an unknown value is the engine's string for one. Raises
    ReviewError for a value of another type than the property's.
    """
    read = READERS.get(type_)
    if read is None:
        return None
    identity = {"urn": urn, "key": id_ or urn, "id": id_, "protect": protect}
    return read(Properties(name_of(urn), inputs, {name: tuple(urns) for name, urns in sources.items()}), identity)
