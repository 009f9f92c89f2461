"""Failures seen in real systems of this kind, and the test here that would show each of them.

The table is the claim; what is checked is that every test it names exists, so that none is renamed or dropped unseen.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LATER = "later: "
"""Begins the entry of a trap whose room is not built yet, and says which."""

RUNTIME, STATE, CLIENTS = "tests/component/runtime/", "tests/component/state/", "tests/component/clients/"
HUB = "tests/component/hub/"
INGRESS, CONSOLE, POLLS = "tests/component/ingress/", "tests/component/console/", "tests/component/polls/"
E2E, MERGE, UNIT = "tests/e2e/", "tests/unit/reconcile/", "tests/unit/"

TRAPS: dict[str, tuple[str, ...]] = {
    "commit before work, a framework default": (RUNTIME + "test_run.py::test_kill_9_inside_a_handler_loses_nothing",),
    "a failed record skipped by a later commit": (
        RUNTIME + "test_deliver.py::test_a_failed_record_is_not_skipped_by_a_later_one",
    ),
    "immediate seek loop without a cap after an error": (
        RUNTIME + "test_deliver.py::test_permanent_failure_is_bounded_and_leaves_the_processor_idle",
    ),
    "a new consumer group starts at the end": (
        RUNTIME + "test_deliver.py::test_a_new_group_starts_at_the_earliest_record",
    ),
    "typed decoding: a malformed message is lost or looped on": (
        RUNTIME + "test_deliver.py::test_each_malformed_record_becomes_one_dead_letter_and_the_next_flows",
        E2E + "test_fault_malformed.py::test_malformed_bytes_on_each_topic_are_one_dead_letter_each_and_the_next_flows",
    ),
    "an idempotency key without the partition": (
        RUNTIME + "test_deliver.py::test_the_same_offset_on_two_partitions_is_two_effects",
    ),
    "de-duplication by content for ever": (
        STATE + "test_levels.py::test_stock_5_4_5_ends_at_5_three_times_in_a_row",
        E2E + "test_flow_article_from_vms.py::test_stock_5_4_5_ends_at_5",
    ),
    "a de-duplication key reserved, then a crash, never enqueued": (
        INGRESS + "test_broker_away.py::test_what_was_answered_200_survives_a_crash_of_broker_and_ingress",
        E2E + "test_fault_servers.py::test_an_ingress_killed_between_receiving_and_answering_loses_nothing",
        E2E + "test_fault_kill.py::test_a_write_in_hand_at_a_kill_is_done_once",
    ),
    "a database error answered as a duplicate": (
        E2E + "test_fault_servers.py::test_a_server_that_goes_and_comes_back_loses_nothing",
    ),
    "400 on a broker failure, which senders take as final": (
        INGRESS + "test_broker_away.py::test_broker_down_is_503_and_never_200_nor_4xx",
        E2E + "test_fault_servers.py::test_a_server_that_goes_and_comes_back_loses_nothing",
    ),
    "an empty secret opens the door": (
        INGRESS + "test_start.py::test_an_empty_or_guessable_secret_and_a_wrong_setting_are_refused",
        UNIT + "ingress/test_verify.py::test_an_empty_secret_never_opens_the_door",
    ),
    "a secret in a header only, which KeyCRM cannot send": (
        INGRESS + "test_ingress.py::test_keycrms_real_request_shape_is_accepted_by_url_secret",
    ),
    "a secret in access logs and error pages": (
        INGRESS + "test_ingress.py::test_no_secret_and_no_body_appears_in_any_log_or_metric",
        E2E + "test_fault_secrets.py::test_no_secret_and_no_personal_data_comes_out_anywhere",
    ),
    "a limiter for each object instead of one for the system": (
        CLIENTS + "test_one_budget.py::test_limiter_is_per_system_and_not_per_object",
        STATE + "test_quota.py::test_three_processes_never_exceed_the_limit_in_any_minute",
        E2E + "test_fault_workers.py::test_four_processes_keep_to_sixty_calls_in_any_sixty_seconds",
    ),
    "a 4xx tried again like a 5xx": (
        CLIENTS + "test_keycrm_orders.py::test_a_second_tracking_code_is_refused_and_tried_once",
        UNIT + "runtime/test_fates.py::test_each_error_has_its_fate",
    ),
    "an outage dead-letters everything": (
        RUNTIME + "test_worker.py::test_a_partner_down_under_load_costs_no_attempt_and_no_dead_letter",
        E2E + "test_fault_partners.py::test_keycrm_answering_500_under_load_loses_nothing",
        E2E + "test_fault_partners.py::test_keycrm_down_under_load_loses_nothing",
        E2E + "test_fault_partners.py::test_vms_down_under_load_loses_nothing",
        E2E + "test_fault_partners.py::test_vms_hanging_under_load_loses_nothing",
        UNIT + "runtime/test_worker.py::test_a_last_attempt_that_fails_at_the_edge_of_an_outage_begins_anew",
    ),
    "rows in work for ever": (
        RUNTIME + "test_worker.py::test_kill_9_in_mid_work_is_made_good_within_the_lease",
        E2E + "test_fault_stop.py::test_sigterm_in_mid_work_hands_it_back_within_ten_seconds",
        E2E + "test_fault_stop.py::test_what_a_killed_service_had_in_hand_is_done_within_the_lease",
    ),
    "the lease runs out while the worker still works": (
        STATE + "test_leases.py::test_the_lease_runs_out_while_the_worker_still_works",
        E2E + "test_fault_workers.py::test_three_copies_of_a_service_write_each_change_once",
    ),
    "the reason of a dead letter dropped; its failure drops the record": (
        RUNTIME + "test_deliver.py::test_offset_does_not_move_while_dead_letters_cannot_be_written",
        UNIT + "contracts/test_dead_letter.py::test_it_round_trips",
    ),
    "a broken release drains the topic into dead letters": (
        RUNTIME + "test_flood.py::test_dead_letters_in_a_row_pause_their_topic_alone_and_say_so",
        UNIT + "test_alerts.py::test_alerts_fire_when_a_promise_breaks_and_are_silent_otherwise",
    ),
    "an old state replayed over a newer one": (
        CONSOLE + "test_dead_letters.py::test_an_older_state_is_not_replayed_over_a_newer_one",
    ),
    "a replay copies trace and exception headers": (
        CONSOLE + "test_dead_letters.py::test_a_record_goes_to_its_topic_again_without_its_last_passage",
    ),
    "throttled and parked time left out of the latency": (
        STATE + "test_work_items.py::test_throttled_and_parked_time_is_in_the_latency",
        UNIT + "test_alerts.py::test_alerts_fire_when_a_promise_breaks_and_are_silent_otherwise",
    ),
    "every stock push echoes as a webhook": (
        E2E + "test_flow_article_from_vms.py::test_stock_edited_in_keycrm_returns_to_vms_figure",
        E2E + "test_flow_article_from_vms.py::test_keycrms_own_write_off_waits_for_vms_event",
    ),
    "our own order update fires KeyCRM's trigger": (
        E2E + "test_flow_order_changes_from_vms.py::test_a_status_set_in_vms_is_written_into_keycrm_once",
        E2E + "test_flow_hints.py::test_five_webhooks_for_one_change_are_one_write",
    ),
    "a second tracking code is an error": (
        E2E + "test_flow_order_changes_from_vms.py::test_a_changed_tracking_code_is_a_question_and_no_loop",
    ),
    "a line cannot be added by an update": (
        MERGE + "test_kinds.py::test_a_line_cannot_be_added_or_removed_by_update",
        MERGE + "test_rules_and_guard.py::test_every_reason_that_can_be_asked_has_its_sentence",
    ),
    "a create answered by a time-out": (
        E2E + "test_fault_creates.py::test_one_create_in_ten_without_an_answer_makes_one_order_each",
        E2E + "test_fault_creates.py::test_a_create_that_never_happened_is_made_after_two_empty_looks",
    ),
    "a search by source_uuid finds another source's order": (
        CLIENTS + "test_keycrm_orders.py::test_source_uuid_search_shows_only_orders_of_our_source",
        MERGE + "test_creates.py::test_rule_20_a_copy_or_another_sources_order_is_a_new_order",
    ),
    "an unsupported filter is ignored in silence": (
        UNIT + "clients/keycrm/test_walk.py::test_only_rows_that_match_are_answered",
        UNIT + "clients/keycrm/test_walk.py::test_a_filter_that_was_ignored_is_never_an_empty_answer",
    ),
    "page numbers shift during a walk": (
        UNIT + "clients/keycrm/test_walk.py::test_page_numbers_shift_during_a_walk",
        POLLS + "test_keycrm_polls.py::test_rows_inserted_and_changed_during_the_walk_skip_none",
    ),
    "a cap on pages, then the cursor advances": (
        POLLS + "test_keycrm_polls.py::test_more_than_two_thousand_changed_orders_are_all_found",
    ),
    "deletes or zeroes on a partial listing": (
        POLLS + "test_keycrm_polls.py::test_a_walk_that_fails_moves_no_watermark",
        STATE + "test_level_figures.py::test_figures_of_unknown_skus_change_nothing",
    ),
    "stock totals over the wrong warehouses": (
        E2E + "test_flow_article_from_vms.py::test_stock_of_each_warehouse_stays_apart",
        STATE + "test_levels.py::test_warehouses_stay_apart",
    ),
    "times of one second, local time, two spellings": (
        MERGE + "test_hints.py::test_rule_16_a_second_part_payment_in_the_same_second_is_read",
        MERGE + "test_normalise.py::test_the_repeated_autumn_hour_means_two_instants",
        MERGE + "test_spans.py::test_rule_14_spans_that_are_not_apart_are_asked_about",
        UNIT + "contracts/test_keycrm.py::test_every_spelling_of_a_time_is_the_same_instant",
    ),
    "a full-replace PUT wipes what was not sent": (
        CLIENTS + "test_vms.py::test_full_replace_put_wipes_nothing_that_was_not_sent",
        MERGE + "test_windows.py::test_rule_13_a_persons_value_that_our_put_ate_becomes_a_question",
    ),
    "VMS's lists answer ten rows": (
        POLLS + "test_vms_sweep.py::test_thirty_days_are_asked_for_in_vms_own_wall_clock",
        "tests/component/sandbox_vms/test_orders.py::test_the_list_shows_the_newest_ten_only",
    ),
    "customers joined by KeyCRM, ids vanish": (
        E2E + "test_flow_buyers_merged.py::test_a_buyer_merged_into_a_new_one_keeps_his_customer",
        E2E + "test_flow_buyers_merged.py::test_two_known_buyers_merged_are_one_pair",
    ),
    "healthy while the broker is gone": (
        RUNTIME + "test_run.py::test_readiness_tells_within_ten_seconds_that_the_broker_is_gone_and_live_stays_true",
        E2E + "test_fault_servers.py::test_a_server_that_goes_and_comes_back_loses_nothing",
    ),
    "one stalled browser stops every broadcast": (
        HUB + "test_stall.py::test_two_stalled_clients_of_fifty_hold_up_nobody_and_are_dropped",
        HUB + "test_stall.py::test_a_client_that_only_stalls_is_dropped_by_time",
    ),
    "a token in the address printed by the server at INFO": (
        UNIT + "runtime/test_logs.py::test_request_lines_of_servers_and_clients_are_off",
        E2E + "test_fault_secrets.py::test_no_secret_and_no_personal_data_comes_out_anywhere",
        "tests/component/notifier/test_hub.py::"
        "test_a_stop_with_every_transport_open_takes_less_than_ten_seconds_and_no_token_is_logged",
    ),
    "a migration that cannot go back": (
        STATE + "test_migrations.py::test_up_traffic_down_up",
        STATE + "test_migrations.py::test_each_step_goes_down_and_up_with_traffic",
        LATER + "the previous release on the new schema, once there is a previous release",
    ),
    "personal data in logs, headers, metric labels": (
        E2E + "test_fault_secrets.py::test_no_secret_and_no_personal_data_comes_out_anywhere",
        CLIENTS + "test_http.py::test_a_call_is_one_line_without_secrets_or_personal_data",
    ),
    "the base moves when only one side was written": (
        E2E + "test_fault_kill.py::test_a_write_in_hand_at_a_kill_is_done_once",
        MERGE + "test_decide.py::test_rule_04_bases_never_move_for_a_half_that_is_not_written_yet",
    ),
    "both services create from each other's create": (
        E2E + "test_fault_creates.py::test_a_webhook_about_our_own_create_before_it_is_bound_is_attached",
        E2E + "test_fault_creates.py::test_a_vms_event_about_our_own_create_before_it_is_bound_is_attached",
    ),
    "an accepted write not yet visible is read as a person's revert": (
        E2E + "test_flow_traps_from_vms.py::test_an_accepted_write_that_shows_late_is_no_persons_revert",
        MERGE + "test_unseen_writes.py::"
        "test_rule_10_an_old_value_shown_for_five_seconds_makes_no_write_back_and_no_conflict",
    ),
    "a value comes back rounded, cut or reformatted": (
        E2E + "test_flow_traps_from_vms.py::test_a_long_text_that_keycrm_cuts_is_written_once",
        E2E + "test_flow_traps_from_vms.py::test_a_phone_that_keycrm_reformats_is_written_once",
        E2E + "test_flow_traps_from_vms.py::test_a_price_that_keycrm_rounds_is_written_once",
    ),
    "two payments on two sides at once, one lost": (
        E2E + "test_flow_payment_from_keycrm.py::test_payments_on_both_sides_at_once_are_both_kept",
        E2E + "test_flow_payment_from_vms.py::test_a_payment_on_each_side_at_once_is_kept_on_both",
    ),
    "a value that only events tell is unknown and written as empty": (
        E2E + "test_flow_traps_from_vms.py::test_a_state_rebuilt_without_events_blanks_nothing",
        E2E + "test_flow_traps_from_vms.py::test_what_an_event_leaves_out_is_not_blanked",
    ),
    "VMS restores a backup and replays old events": (
        E2E + "test_flow_traps_from_vms.py::test_replayed_old_events_change_nothing",
    ),
    "a search does not show a row just created": (
        E2E + "test_fault_creates.py::test_a_lost_answer_and_a_search_that_lags_make_one_order",
    ),
    "a dead letter is larger than its record": (
        RUNTIME + "test_deliver.py::test_a_record_of_the_largest_size_is_dead_lettered",
        E2E + "test_fault_malformed.py::test_a_record_of_the_largest_size_is_dead_lettered_and_kept",
    ),
    "a manual edit of a one-way field crosses": (
        E2E + "test_flow_article_from_vms.py::test_stock_edited_in_keycrm_returns_to_vms_figure",
        MERGE + "test_decide.py::test_a_to_keycrm_field_edited_in_keycrm_is_asked_about_and_vms_is_untouched",
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_has_a_test_that_exists(trap: str) -> None:
    """Each named test is defined in its file; what waits for a room that is not built says so."""
    named = [entry for entry in TRAPS[trap] if not entry.startswith(LATER)]

    assert TRAPS[trap]
    assert [entry for entry in named if not _exists(*entry.split("::"))] == []


def test_no_trap_waits_for_later_as_a_whole() -> None:
    """Of each there is a test by now; what waits is a part of one."""
    waiting = [trap for trap, entries in TRAPS.items() if all(entry.startswith(LATER) for entry in entries)]

    assert waiting == []


def _exists(file: str, name: str) -> bool:
    return name in _tests_of(file)


@cache
def _tests_of(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
