"""Columns about a row, not about its deal: when it was copied, changed or deleted, and whether it counts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from funnelsim.history.presets.crm_columns import without_prefix
from funnelsim.history.presets.names import plain_name

#: When the record changed, as the CRM says.
CHANGED = (
    *("systemmodstamp", "lastmodifieddate", "hslastmodifieddate", "lastmodified", "lastmodifiedat"),
    *("lastmodifiedon", "modifiedon", "modifiedat", "modifieddate", "modifiedtime", "datemodified"),
    *("updatedat", "updatedon", "updateddate", "updatetime", "lastupdated", "lastupdatedat", "dateupdated"),
    *("dbtupdatedat", "writedate", "lastupdateddate", "lastupdate", "updated", "modified"),
)
#: Who changed it, in histories of changes.
CHANGED_BY = (
    "createdbyid",
    "userid",
    "changedby",
    "editedby",
    "modifiedby",
    "sourceid",
    "createdby",
    "user",
    "author",
)
#: When a connector copied it, the best first.
COPIED = (
    *("fivetranstart", "fivetransynced", "airbyteextractedat", "airbyteemittedat", "sdcbatchedat"),
    *("sdcextractedat", "sdcreceivedat", "sdcsequence", "dbtvalidfrom", "abcdcupdatedat", "loadedat"),
    *("syncedat", "extractedat", "ingestedat", "snapshotdate"),
)
_VERSIONS = ("fivetranstart", "dbtvalidfrom")
_OWNERS = (
    r"(?:is|was|has|hs|deal|opportunity|opp|record|row|lead|item|marked|as|for|flag|soft|logically|in|to|hevo|sdc|"
    r"abcdc|airbytecdc|airbyte|fivetran|dlt|stitch|properties|property|crm)*"
)
_FLAG_ENDS = r"(?:flag|record|row|deal|ind|indicator|mark|marker)*"
_TIME_ENDS = r"(?:at|on|date|time|datetime|timestamp|ts|utc)+"
_DELETED = r"(?:deleted?|deletion|archived?|archival|trashed|removed)"
#: What a column says by its plain name: that a row was deleted, by a flag, a status, an operation of a
#: change log, or a time or user that is empty unless it was.
_DELETIONS = {
    "flag": rf"{_OWNERS}(?:deleted?|deletion|archived?|trash|trashed|removed|recyclebin){_FLAG_ENDS}|isdead",
    "status": rf"{_OWNERS}(?:archived?|archival|deleted?|deletion|record|row)(?:status|state)",
    "operation": rf"{_OWNERS}(?:cdc|dml|dbz|debezium)*(?:(?:op|operation)(?:type|code)?|changetype)",
    "filled": (
        rf"{_OWNERS}{_DELETED}(?:{_TIME_ENDS}|by(?:id|user|userid|name)?)|(?:date|time){_OWNERS}{_DELETED}"
    ),
}
_REPORTS = (
    r"(?:all)?(?:report|reports|reporting|statistics|stats|analytics|analysis|metrics|kpis?|dashboards?)"
)
#: The same where the name leaves open whether the row should count.
_DOUBTS = {
    "duplicate": rf"{_OWNERS}(?:duplicate|duplicated|dupe){_FLAG_ENDS}",
    "test": (
        r"(?:is|markedas)?(?:test|spam|junk|dummy)(?:deal|record|data|opportunity|lead|flag)*|"
        r"(?:is|markedas)demo|(?:is)?demo(?:deal|record|data|opportunity|lead|flag)+"
    ),
    "cancelled": (
        rf"{_OWNERS}(?:cancell?ed|cancellation|void|voided|annulled|refund|refunded|reversed){_FLAG_ENDS}"
    ),
    "invalid": rf"{_OWNERS}(?:invalid|inactive|obsolete|outdated|disabled|deactivated){_FLAG_ENDS}",
    "not_valid": rf"{_OWNERS}valid{_FLAG_ENDS}|(?:is)?included?in{_REPORTS}",
    "excluded": rf"{_OWNERS}(?:hidden|hide|ignored?|excluded?(?:from{_REPORTS})?){_FLAG_ENDS}",
    "merged": (
        rf"{_OWNERS}merged(?:into|to|with)(?:deal|record|opportunity)?(?:id)?|duplicateof(?:id)?|"
        r"master(?:record|deal|opportunity)id"
    ),
    "current": (
        r"(?:is|dw|row|record|scd)*is(?:most)?(?:current|latest)(?:flag|record|row|version)?|"
        r"(?:dw)?(?:current|latest)(?:flag|record|row|version|ind|indicator)+|fivetranactive"
    ),
    "valid_to": r"(?:dbt|row|record|dw|sys|system|scd)*(?:valid|effective)(?:to|enddate|end)(?:date|ts)?",
}
_VALID_FROM = r"(?:dbt|row|record|dw|sys|system|scd)*(?:valid|effective)(?:from|startdate|start)(?:date|ts)?"
_COPY = (
    r"(?:etl|dw|dwh|data|record|row|file|batch|last|abcdc|ab|airbyte|fivetran|sdc|dlt|stitch|hevo|source)*"
    r"(?:load|loaded|ingest|ingested|ingestion|extract|extracted|extraction|export|exported|sync|synced|"
    rf"batch|batched|snapshot|dump|refresh|refreshed|replicated|replication){_TIME_ENDS}|"
    r"(?:absource|source)?filelastmodified(?:at)?|snapshot|(?:date|time)(?:exported|extracted|loaded)|"
    r"(?:date)?of(?:export|extract|snapshot)"
)


#: Columns that connectors add; all times in their tables are in UTC.
_CONNECTORS = ("_fivetran", "_airbyte", "_sdc_", "_dlt_", "_portable_", "_stitch", "__hevo")
#: Times of APIs that write them in UTC without saying so.
_IN_UTC = ("add_time", "log_time", "won_time", "lost_time", "close_time", "update_time", "stage_change_time")


def is_written_in_utc(columns: Iterable[str], column: str) -> bool:
    """True for a time of a table that a connector wrote, or of an API that has all times in UTC."""
    return column in _IN_UTC or any(name.lower().startswith(_CONNECTORS) for name in columns)


def deletion_kind(name: str) -> str:
    """How a column says that rows are deleted: flag, status, operation or filled; empty if it does not."""
    return _kind(name, _DELETIONS)


def doubt_kind(name: str) -> str:
    """Why rows may not count by this column, such as duplicate or cancelled; empty if it does not say."""
    return _kind(name, _DOUBTS)


def is_copy_time(name: str) -> bool:
    """True for the time when an export or a connector wrote the row."""
    return any(plain in COPIED or re.fullmatch(_COPY, plain) for plain in _plain(name))


def begins_version(name: str) -> bool:
    """True for the time from which a version of a row holds, as histories of all changes have it."""
    return any(plain in _VERSIONS or re.fullmatch(_VALID_FROM, plain) for plain in _plain(name))


def is_row_time(name: str) -> bool:
    """True for a time of the row, which is no time of the deal."""
    return (
        any(plain in CHANGED for plain in _plain(name))
        or begins_version(name)
        or is_copy_time(name)
        or deletion_kind(name) == "filled"
        or doubt_kind(name) == "valid_to"
    )


def _plain(name: str) -> tuple[str, str]:
    return plain_name(name), plain_name(without_prefix(name))


def _kind(name: str, shapes: dict[str, str]) -> str:
    every = _plain(name)
    return next(
        (kind for kind, shape in shapes.items() if any(re.fullmatch(shape, one) for one in every)), ""
    )
