"""Why a record that differs does so, as SQL: a question is open, it was put aside, its flow stands, work is due.

Promises: an open question explains the very fields it is about; a record with a further difference is told as work or
as nothing. Nothing is the cause that must not be: neither a person nor a queue will end such a difference.
"""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why both sides differ; `NOTHING` explains it and nothing will end it by itself."""

    QUESTION = "question"
    DEAD_LETTER = "dead_letter"
    STOPPED = "stopped"
    WAITING = "waiting"
    NOTHING = "nothing"


JOINS = "LEFT JOIN LATERAL (SELECT * FROM work_item i WHERE i.binding_id = c.binding_id LIMIT 1) AS w ON true"
"""What `CAUSE` needs beside `comparison c`; few records differ, and the limit keeps all the others' items unread."""

# Answered questions are not over before their answer is carried out, which the item's due time tells.
_ASKED = """NOT EXISTS (SELECT FROM jsonb_array_elements(c.differences) AS d WHERE NOT EXISTS (
        SELECT FROM conflict q WHERE q.binding_id = c.binding_id AND q.status = 'open' AND q.field = d ->> 'field'))"""
_STOPPED = """EXISTS (SELECT FROM stopped_flow f WHERE f.resumed_at IS NULL
        AND (w.due_vms IS NOT NULL AND f.flow = c.entity || '.to_vms'
            OR w.due_keycrm IS NOT NULL AND f.flow = c.entity || '.to_keycrm'))"""
CAUSE = f"""CASE WHEN {_ASKED} THEN 'question'
    WHEN w.parked_vms IS NOT NULL OR w.parked_keycrm IS NOT NULL THEN 'dead_letter'
    WHEN {_STOPPED} THEN 'stopped'
    WHEN w.due_vms IS NOT NULL OR w.due_keycrm IS NOT NULL OR w.lease_until > $1 THEN 'waiting'
    ELSE 'nothing' END"""
"""Of `comparison c`; `$1` is now."""

LEVEL_CAUSE = """CASE WHEN l.state = 'refused' THEN 'dead_letter'
    WHEN EXISTS (SELECT FROM stopped_flow f WHERE f.resumed_at IS NULL AND f.flow = '{kind}.to_keycrm') THEN 'stopped'
    WHEN l.due_at IS NOT NULL THEN 'waiting' ELSE 'nothing' END"""
"""Of a level `l`."""
