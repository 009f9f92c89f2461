"""Pages: sessions of people, and what lists, searches and answers to many at once stand on.

Promises: a record is found by the beginning of any word it is known by, whoever saved it: the words are a column that
PostgreSQL itself keeps with the row. What is personal among them begins with `~`, so that who may not see a name
cannot find anybody by it either. Many at once are noted one by one, as they were previewed, before anything is done.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Letters are folded by table, not by the database's locale: the same words are found in every installation.
CAPITALS = "АБВГҐДЕЄЁЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯЪЫЭґё"
SMALL = "абвггдеєежзиіїйклмнопрстуфхцчшщьюяъыэге"
APOSTROPHES = "’ʼ''`"

SEARCH = (
    f"""
    CREATE FUNCTION search_words(told text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN array_remove(regexp_split_to_array(
        lower(translate(translate(coalesce(told, ''), '{APOSTROPHES}', ''), '{CAPITALS}', '{SMALL}')),
        '[][\\s!-/:-@\\\\^_{{-~\\u00a0-\\u00bf\\u2000-\\u206f\\u2116]+'), '')
    """,
    # 000123 is found as 123; a phone by its beginning with or without the country, and, turned round, by its end. Each
    # event of VMS passes through here: an order, which most of them are, costs one split and no loop.
    """
    CREATE FUNCTION binding_words(
        entity text, vms_id text, keycrm_id bigint, product_id bigint, sku text, base_vms jsonb, base_keycrm jsonb,
        spans jsonb, vms_event jsonb) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        plain text := concat_ws(' ', vms_id, keycrm_id, product_id);
        personal text;
        found text[];
        digits text;
    BEGIN
        IF entity = 'order' THEN
            digits := vms_event ->> 'numberOrder';
            plain := concat_ws(' ', plain, CASE WHEN keycrm_id IS NOT NULL THEN 'kc' END, digits,
                vms_event ->> 'trackingCode', ltrim(substring(digits from '0[0-9]+$'), '0'));
        ELSE
            personal := concat_ws(' ', base_vms ->> 'name', base_keycrm ->> 'name',
                spans #>> '{vms,name,value}', spans #>> '{keycrm,name,value}',
                vms_event ->> 'name', vms_event ->> 'nameUa', vms_event ->> 'contactName',
                vms_event ->> 'companyName');
        END IF;
        IF entity = 'article' THEN
            digits := coalesce(sku, vms_event ->> 'sku');
            plain := concat_ws(' ', plain, sku, vms_event ->> 'sku', personal,
                ltrim(substring(digits from '0[0-9]+$'), '0'));
        END IF;
        found := public.search_words(plain);
        IF entity = 'customer' THEN
            personal := array_to_string(public.search_words(concat_ws(' ', personal, base_vms ->> 'email',
                base_keycrm ->> 'email', spans #>> '{vms,email,value}', spans #>> '{keycrm,email,value}',
                vms_event ->> 'eMail')), ' ~');
            IF personal <> '' THEN
                found := found || string_to_array('~' || personal, ' ');
            END IF;
            FOREACH digits IN ARRAY ARRAY[base_vms ->> 'phone', base_keycrm ->> 'phone',
                spans #>> '{vms,phone,value}', spans #>> '{keycrm,phone,value}', vms_event ->> 'phone'] LOOP
                digits := regexp_replace(digits, '[^0-9]', '', 'g');
                IF digits <> '' THEN
                    found := found || ARRAY['~' || digits, '~' || regexp_replace(digits, '^38(?=0)', ''),
                        '~<' || reverse(digits)];
                END IF;
            END LOOP;
        END IF;
        RETURN array_to_tsvector(found);
    END $$
    """,
    """
    ALTER TABLE binding ADD COLUMN words tsvector GENERATED ALWAYS AS (binding_words(
        entity, vms_id, keycrm_id, product_id, sku, base_vms, base_keycrm, spans, vms_event)) STORED
    """,
    # Searches read the list of what is not sorted in yet as a whole: it is kept short.
    "CREATE INDEX binding_words ON binding USING gin (words) WITH (gin_pending_list_limit = 256)",
    "COMMENT ON COLUMN binding.words IS 'What it is found by; personal words begin with ~.'",
)
STORY = (
    "CREATE INDEX operation_binding ON operation (binding_id) WHERE binding_id IS NOT NULL",
    "CREATE INDEX conflict_binding ON conflict (binding_id, id)",
    "CREATE INDEX audit_entry_actor ON audit_entry (actor, id)",
    "CREATE INDEX audit_entry_action ON audit_entry (action, id)",
)
BULK = (
    "ALTER TABLE operation ADD COLUMN total integer, ADD COLUMN done integer NOT NULL DEFAULT 0",
    "COMMENT ON COLUMN operation.total IS 'Of how many, where many are done at once; null: one thing.'",
    """
    CREATE TABLE bulk (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('resolve', 'replay', 'discard')),
        rule jsonb NOT NULL,
        choice jsonb NOT NULL,
        asked_by text NOT NULL,
        status text NOT NULL DEFAULT 'previewed' CHECK (status IN ('previewed', 'running', 'done')),
        total integer NOT NULL,
        previewed_at timestamptz NOT NULL,
        begun_at timestamptz,
        finished_at timestamptz,
        correlation_id text,
        CHECK ((status = 'previewed') = (begun_at IS NULL)),
        CHECK ((status = 'done') = (finished_at IS NOT NULL))
    )
    """,
    "CREATE INDEX bulk_running ON bulk (begun_at) WHERE status = 'running'",
    "CREATE INDEX bulk_previewed ON bulk (previewed_at)",
    """
    CREATE TABLE bulk_item (
        bulk_id uuid NOT NULL REFERENCES bulk ON DELETE CASCADE,
        number bigint NOT NULL,
        asked integer NOT NULL DEFAULT 0,
        outcome text,
        PRIMARY KEY (bulk_id, number)
    )
    """,
    "CREATE INDEX bulk_item_waiting ON bulk_item (bulk_id, number) WHERE outcome IS NULL",
    "COMMENT ON COLUMN bulk_item.asked IS 'How often the question had been asked when it was previewed.'",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON bulk, bulk_item TO sync_service",
)
UP: tuple[str, ...] = (*SEARCH, *STORY, *BULK)
DOWN: tuple[str, ...] = (
    "DROP TABLE bulk_item",
    "DROP TABLE bulk",
    "ALTER TABLE operation DROP COLUMN total, DROP COLUMN done",
    "DROP INDEX audit_entry_action",
    "DROP INDEX audit_entry_actor",
    "DROP INDEX conflict_binding",
    "DROP INDEX operation_binding",
    "ALTER TABLE binding DROP COLUMN words",
    "DROP FUNCTION binding_words(text, text, bigint, bigint, text, jsonb, jsonb, jsonb, jsonb)",
    "DROP FUNCTION search_words(text)",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in DOWN:
        op.execute(statement)
