"""A database as full as a shop's after years: bindings compared, levels, questions, letters, operations, their audit.

Promises: everything is made by PostgreSQL itself from numbers, in a minute, the same each time; names and phones are
invented. Refuses to be exact about the merge: what pages read is there, what only workers read is left empty.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of each: orders are three in five bindings, customers most of the rest."""

    bindings: int
    conflicts: int
    audit: int
    letters: int = 2_000
    operations: int = 2_000


# A customer's number is under two fifths of all, an article's under a twentieth; the rest are orders.
_NAMES = """
    (ARRAY['Олена','Іван','Марія','Петро','Ганна','Тарас','Софія','Юрій','Оксана','Андрій'])[1 + i % 10] || ' '
    || (ARRAY['Тестова','Приклад','Зразкова','Вигадана','Мельник','Лісова','Дем''янова','Річкова'])[1 + i / 10 % 8]
    || ' ' || i
"""
_SEEN = """
    CREATE FUNCTION pg_temp.seen(value text, at timestamptz) RETURNS jsonb LANGUAGE sql AS $$
        SELECT jsonb_build_object('value', value, 'after', NULL, 'before', NULL, 'last_at', at) $$
"""
_CUSTOMERS = f"""
    INSERT INTO binding (entity, vms_id, keycrm_id, status, base_vms, base_keycrm, spans, last_sync_at, created_at,
        updated_at)
    SELECT 'customer', i::text, 1000000 + i, 'synced', card, card, jsonb_build_object(
            'vms', jsonb_build_object('name', pg_temp.seen(card ->> 'name', at)),
            'keycrm', jsonb_build_object('name', pg_temp.seen(card ->> 'name', at))),
        at, at, at
    FROM generate_series(1, $1::int) AS i CROSS JOIN LATERAL (SELECT jsonb_build_object(
            'name', {_NAMES}, 'phone', '+38050' || lpad((i * 37 % 10000000)::text, 7, '0'),
            'email', 'olena.' || i || '@example.com', 'city', 'Львів', 'address', 'вул. Зразкова ' || i % 200,
            'postal_code', '79000') AS card, timestamptz '2026-01-15 09:30+02' + i * interval '10 s' AS at) AS made
"""
_IDENTITIES = """
    INSERT INTO identity (kind, value, binding_id, claimed_at)
    SELECT kind, base_vms ->> kind, id, created_at FROM binding CROSS JOIN unnest(ARRAY['phone','email']) AS kind
    WHERE entity = 'customer' ON CONFLICT DO NOTHING
"""
_ARTICLES = """
    INSERT INTO binding (entity, vms_id, keycrm_id, status, sku, product_id, base_vms, base_keycrm, last_sync_at,
        created_at, updated_at)
    SELECT 'article', i::text, 3000000 + i, 'synced', 'SKU-' || lpad(i::text, 6, '0'), 4000000 + i, card, card,
        at, at, at
    FROM generate_series(1, $1::int) AS i CROSS JOIN LATERAL (SELECT jsonb_build_object('name',
            (ARRAY['Футболка','Горнятко','Плакат','Сумка','Свічка'])[1 + i % 5] || ' зразок ' || i) AS card,
        timestamptz '2026-01-15 09:30+02' + i * interval '10 s' AS at) AS made
"""
_ORDERS = """
    INSERT INTO binding (entity, vms_id, keycrm_id, status, parent_id, base_vms, base_keycrm, spans, vms_event,
        vms_event_id, vms_event_at, last_sync_at, created_at, updated_at)
    SELECT 'order', '1f0e2d3c-0000-4000-8000-' || lpad(to_hex(i), 12, '0'), i, 'synced', c.id, image,
        image || '{"status": 4}', jsonb_build_object(
            'vms', jsonb_build_object('status', pg_temp.seen('2', at),
                'manager_comment', pg_temp.seen('зателефонувати', at)),
            'keycrm', jsonb_build_object('status', pg_temp.seen('4', at))),
        image || jsonb_build_object('orderId', '1f0e2d3c-0000-4000-8000-' || lpad(to_hex(i), 12, '0'),
            'numberOrder', 'V-' || lpad(i::text, 6, '0'), 'customerId', c.vms_id, 'changedBy', 'k.test'),
        'e-' || i, at, at, at, at
    FROM generate_series(1, $1::int) AS i
    JOIN binding c ON c.entity = 'customer' AND c.vms_id = (1 + i % $2::int)::text
    CROSS JOIN LATERAL (SELECT timestamptz '2026-01-16 09:30+02' + i * interval '60 s' AS at, jsonb_build_object(
        'status', 2, 'manager_comment', 'зателефонувати', 'buyer_comment', NULL, 'deposited_amount', '1011.00',
        'shipping_date', '2026-01-20', 'delivery_service', 7, 'tracking_code', '2045' || lpad(i::text, 10, '0'),
        'lines', jsonb_build_array(jsonb_build_object('sku', 'SKU-' || lpad((i % 5000)::text, 6, '0'), 'name',
            'Горнятко зразок', 'quantity', '2', 'unit', 'шт', 'price', '180.50', 'discount', '0'))) AS image) AS made
"""
_ITEMS = """
    INSERT INTO work_item (binding_id, entity, lane, due_vms)
    SELECT id, entity, 1, CASE WHEN id % 1000 = 0 THEN created_at END FROM binding
"""
_CONFLICTS = """
    INSERT INTO conflict (binding_id, entity, field, reason, params, shown_vms, shown_keycrm, base_vms, base_keycrm,
        choices, opened_at, refreshed_at)
    SELECT b.id, b.entity, t.field, t.reason, '{"vms": "а", "keycrm": "б"}', t.vms::jsonb, t.keycrm::jsonb,
        t.base::jsonb, t.base::jsonb, '["vms", "keycrm", "value"]', at, at
    FROM (SELECT id, entity, row_number() OVER (ORDER BY id) AS n FROM binding WHERE entity <> 'article') AS b
    JOIN LATERAL (VALUES
        ('order', 0, 'status', 'both_changed', '2', '9', '1'),
        ('order', 1, 'manager_comment', 'both_changed', '"передзвонити"', '"не дзвонити"', '"зателефонувати"'),
        ('order', 2, 'tracking_code', 'tracking_changed', '"20450000000001"', '"20450000000002"', '"20450000000001"'),
        ('customer', 0, 'name', 'both_changed', '"Олена"', '"Олена Тестова"', '"О."'),
        ('customer', 1, 'phone', 'not_shown', '"+380501112233"', '"+380671112233"', '"+380501112233"'),
        ('customer', 2, 'address', 'both_changed', '"вул. Перша"', '"вул. Друга"', '"вул."'))
        AS t(entity, n, field, reason, vms, keycrm, base) ON t.entity = b.entity AND t.n = b.n % 3
    CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01 09:30+02' + b.n * interval '20 s' AS at) AS made
    ORDER BY b.n LIMIT $1
"""
_AUDIT = """
    INSERT INTO audit_entry (at, actor, action, reason, entity, binding_id, vms_id, keycrm_id, side, field, before,
        after, call, correlation_id)
    SELECT timestamptz '2026-01-15 09:30+02' + i * interval '5 s',
        CASE WHEN i % 50 = 0 THEN (ARRAY['Олена','Ігор','admin:0a1b2c3d'])[1 + i / 50 % 3]
            WHEN i % 2 = 0 THEN 'inbound-apply' ELSE 'outbound-sync' END,
        CASE WHEN i % 50 = 0 THEN 'conflict.answered' WHEN i % 7 = 0 THEN 'created' ELSE 'updated' END, 'changed',
        'order', 1 + (i::bigint * 7919) % $2::int, NULL, NULL, CASE WHEN i % 2 = 0 THEN 'vms' ELSE 'keycrm' END,
        (ARRAY['status','manager_comment','lines','deposited_amount'])[1 + i % 4], '1', '2',
        'PUT /order/' || i, 'c-' || i / 3
    FROM generate_series(1, $1::int) AS i
"""
_EVENTS = """
    INSERT INTO webhook_event (source, event_id, event_type, entity, external_id, due_side, binding_id, version, status,
        received_at, processed_at, correlation_id)
    SELECT '/vms', 'e-' || i, 'vms.order.updated', 'order', i::text, 'keycrm', 1 + (i::bigint * 7919) % $2::int, 1,
        'processed', at, at + interval '2 s', 'c-' || i
    FROM generate_series(1, $1::int) AS i
    CROSS JOIN LATERAL (SELECT timestamptz '2026-01-15 09:30+02' + i * interval '15 s' AS at) AS made
"""
_LETTERS = """
    INSERT INTO dead_letter (service, letter_topic, letter_partition, letter_offset, origin_topic, origin_partition,
        origin_offset, key, header_names, header_values, body, reason, error, code, field, entity, binding_id, side,
        first_failed_at, kept_at)
    SELECT 'outbound-sync', 'outbound-sync.dead-letter.v1', 0, i, CASE WHEN i % 2 = 0 THEN 'vms.order.v1' END, 0, i,
        '\\x31', '{}', '{}', convert_to('{"kind": "item", "bindingId": ' || i || ', "filler": "' || repeat('x', 4000)
            || '"}', 'UTF8'),
        (ARRAY['malformed','permanent','exhausted'])[1 + i % 3], 'status 77 has no pair', 'no_pair', 'status', 'order',
        i, 'keycrm', at, at
    FROM generate_series(1, $1::int) AS i
    CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01 09:30+02' + i * interval '20 s' AS at) AS made
"""
_OPERATIONS = """
    INSERT INTO operation (id, kind, entity, binding_id, asked_by, status, outcome, created_at, finished_at)
    SELECT gen_random_uuid(), 'sync', 'order', i, 'Олена', 'done', '{"vms": "done"}', at, at + interval '3 s'
    FROM generate_series(1, $1::int) AS i
    CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01 09:30+02' + i * interval '20 s' AS at) AS made
"""
# One in a hundred differs; every tenth of those has work that is due.
_COMPARISONS = """
    INSERT INTO comparison (binding_id, entity, state, differences, compared_at, since, look_again_at)
    SELECT id, entity, CASE WHEN id % 100 = 0 THEN 'differs' ELSE 'same' END, CASE WHEN id % 100 = 0 THEN
            jsonb_build_array(jsonb_build_object('field', CASE entity WHEN 'order' THEN 'status' ELSE 'name' END,
                'vms', base_vms -> 'status', 'keycrm', base_keycrm -> 'status')) ELSE '[]' END,
        now() - interval '20 minutes' + id * interval '1 ms',
        CASE WHEN id % 100 = 0 THEN now() - interval '1 hour' + id * interval '1 ms' END,
        CASE WHEN id % 100 = 0 THEN now() + interval '1 hour' END
    FROM binding
"""
_PASSED = """
    UPDATE comparison_pass SET began_at = now() - interval '20 minutes', ended_at = now(),
        whole_since = now() - interval '20 minutes'
"""
_LEVELS = """
    INSERT INTO {table} (sku, warehouse, binding_id, wanted, changed_at, event_id, sent_at, keycrm_figure,
        figure_seen_at, state, due_at, updated_at)
    SELECT b.sku, w.warehouse, b.id, b.id % 50, now(), 'e-' || b.id, now() - interval '1 hour',
        b.id % 50 + CASE WHEN b.id % 100 = 0 THEN 1 ELSE 0 END, now(),
        CASE WHEN b.id % 100 = 0 THEN 'drifted' ELSE 'settled' END, CASE WHEN b.id % 100 = 0 THEN now() END, now()
    FROM binding b CROSS JOIN unnest($1::text[]) AS w(warehouse) WHERE b.entity = 'article'
"""
_MARKED = "UPDATE binding SET status = 'conflict' WHERE id IN (SELECT binding_id FROM conflict)"


async def fill(url: str, amount: Amount) -> float:
    """Fill a migrated database, as its owner; answers how many seconds it took."""
    began, articles = time.monotonic(), amount.bindings // 20
    customers = amount.bindings * 7 // 20
    orders = amount.bindings - customers - articles
    conn = await asyncpg.connect(url, server_settings={"synchronous_commit": "off"})
    try:
        for statement, values in (
            (_SEEN, ()), (_CUSTOMERS, (customers,)), (_ARTICLES, (articles,)), (_ORDERS, (orders, customers)),
            (_IDENTITIES, ()), (_ITEMS, ()), (_CONFLICTS, (amount.conflicts,)), (_MARKED, ()),
            (_AUDIT, (amount.audit, amount.bindings)), (_EVENTS, (amount.audit // 3, amount.bindings)),
            (_LETTERS, (amount.letters,)), (_OPERATIONS, (amount.operations,)), (_COMPARISONS, ()), (_PASSED, ()),
            (_LEVELS.format(table="stock_level"), (["main", "shop"],)),
            (_LEVELS.format(table="price_level"), ([""],)), ("VACUUM ANALYZE", ()),
        ):  # fmt: skip
            await conn.execute(statement, *values, timeout=600)
    finally:
        await conn.close()
    return time.monotonic() - began


def filled(url: str, amount: Amount) -> float:
    """`fill` for those who have no loop."""
    return asyncio.run(fill(url, amount))
