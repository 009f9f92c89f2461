"""The composition of inbound-apply: these topics, this group → these marks; items due towards VMS → these handlers."""

from __future__ import annotations

from inbound_apply.comparing.portions import Portions
from inbound_apply.comparing.verifier import Verifier
from inbound_apply.handlers.articles import VmsArticles
from inbound_apply.handlers.customers import VmsCustomers
from inbound_apply.handlers.marks import KeyCrmMarks
from inbound_apply.handlers.orders import VmsOrders
from inbound_apply.poll import Polls
from inbound_apply.settings import Settings
from libs.contracts.topics import FROM_KEYCRM
from libs.contracts.types import Entity, Side
from libs.flow.account import Account
from libs.flow.gauges import Gauges
from libs.flow.opening import Opened, StartAt, open_flow, spawn
from libs.flow.reach import Reach
from libs.runtime.run import Life
from libs.runtime.work import Lease, Recorded, WorkItem
from libs.runtime.worker import Worker
from libs.state.pauses import Pauses
from libs.state.queue import BindingQueue


async def compose(life: Life, settings: Settings) -> None:
    """Open, join and start everything."""
    opened = await open_flow(life, settings, Side.VMS)
    queue = BindingQueue(opened.flow.database, Side.VMS, life.service)
    worker = _worker(opened, queue, settings)
    marks = KeyCrmMarks(opened.flow.database, opened.flow.pairs, life.clock, settings.sync_stock_settle_seconds)
    delivery = opened.consumers.deliver(
        [topic.name for topic in FROM_KEYCRM], life.service, marks.mark, after=worker.poke
    )
    life.spawn("pauses", Pauses(opened.flow.database, life.service, [delivery], life.clock).run)
    account = Account(opened.flow.keycrm, opened.flow.pairs)
    life.health.add("pairs", account.check)
    life.spawn("account", account.watch)
    reach = Reach(opened.flow)
    life.spawn("reach", reach.watch)
    start_at = StartAt(opened.flow, settings.sync_start_at)
    polls = Polls(opened.flow, settings, start_at, reach)
    life.spawn("poll", polls.changes)
    life.spawn("walk", polls.walks)
    life.spawn("sweep", polls.sweeps)
    portions = Portions(opened.flow, settings.asked_sources, start_at, settings.sync_batch_size)
    pauses = settings.sync_compare_seconds, settings.sync_stock_settle_seconds
    life.spawn("verifier", Verifier(opened.flow, portions, *pauses).run)
    life.spawn("gauges", Gauges(opened.flow.database, opened.quota, queue, life.clock).watch)
    spawn(opened, worker)


def _worker(opened: Opened, queue: BindingQueue, settings: Settings) -> Worker:
    flow, life = opened.flow, opened.life
    start_at = StartAt(flow, settings.sync_start_at)
    handlers = {
        Entity.ORDER: VmsOrders(flow, frozenset(settings.keycrm_order_sources), start_at).sync,
        Entity.CUSTOMER: VmsCustomers(flow).sync,
        Entity.ARTICLE: VmsArticles(flow).sync,
    }

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        return await handlers[item.entity](item, lease)

    return Worker(
        queue, handle, clock=life.clock, dice=life.dice, circuits=opened.circuits, pace=opened.pace(),
        grants=opened.quota, probe=opened.probe, conduct=settings.conduct(),
    )  # fmt: skip
