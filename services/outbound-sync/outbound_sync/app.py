"""The composition of outbound-sync: VMS's topics → these marks; what is due towards KeyCRM → these handlers."""

from __future__ import annotations

from libs.contracts.topics import FROM_VMS
from libs.contracts.types import Entity, Side
from libs.flow.account import Account
from libs.flow.gauges import Gauges
from libs.flow.opening import Opened, StartAt, open_flow, spawn
from libs.runtime.batches import BatchWorker
from libs.runtime.listen import listen
from libs.runtime.run import Life
from libs.runtime.work import HandleLevels, Lease, Recorded, WorkItem
from libs.runtime.worker import Worker
from libs.state import levels
from libs.state.level_queue import LevelQueue
from libs.state.levels import Kind, Level
from libs.state.pauses import Pauses
from libs.state.queue import BindingQueue
from outbound_sync.handlers.articles import KeyCrmArticles
from outbound_sync.handlers.customers import KeyCrmCustomers
from outbound_sync.handlers.goods import Goods
from outbound_sync.handlers.levels import KeyCrmLevels
from outbound_sync.handlers.marks import VmsMarks
from outbound_sync.handlers.orders import KeyCrmOrders
from outbound_sync.poll import Sweep
from outbound_sync.settings import Settings

MOST_LEVELS = 10_000
"""What one call to KeyCRM takes (its own limit)."""


async def compose(life: Life, settings: Settings) -> None:
    """Open, join and start everything."""
    opened = await open_flow(life, settings, Side.KEYCRM)
    queue = BindingQueue(opened.flow.database, Side.KEYCRM, life.service)
    account = Account(opened.flow.keycrm)
    worker = _worker(opened, queue, settings, account)
    senders = KeyCrmLevels(opened.flow)
    batches = [_levels(opened, Kind.STOCK, senders.stocks), _levels(opened, Kind.PRICE, senders.prices)]
    marks = VmsMarks(opened.flow.database, opened.flow.zone, life.clock)

    def poke() -> None:
        worker.poke()
        for batch in batches:
            batch.poke()

    delivery = opened.consumers.deliver([topic.name for topic in FROM_VMS], life.service, marks.mark, after=poke)
    life.spawn("pauses", Pauses(opened.flow.database, life.service, [delivery], life.clock).run)
    life.spawn("account", account.watch)
    life.spawn("gauges", Gauges(opened.flow.database, opened.quota, queue, life.clock).watch)
    for kind, batch in zip(Kind, batches, strict=True):
        life.spawn(f"{kind}-levels", batch.run)
    life.spawn(
        "level-listener",
        lambda stopping: listen(settings, life.service, levels.CHANNEL, lambda _payload: poke(), stopping),
    )
    life.spawn("sweep", Sweep(opened.flow, StartAt(opened.flow, settings.sync_start_at)).run)
    spawn(opened, worker)


def _worker(opened: Opened, queue: BindingQueue, settings: Settings, account: Account) -> Worker:
    flow, life = opened.flow, opened.life
    goods = Goods(flow, settings.sync_unknown_sku)
    handlers = {
        Entity.ORDER: KeyCrmOrders(flow, goods, StartAt(flow, settings.sync_start_at), account).sync,
        Entity.CUSTOMER: KeyCrmCustomers(flow).sync,
        Entity.ARTICLE: KeyCrmArticles(flow).sync,
    }

    async def handle(item: WorkItem, lease: Lease) -> Recorded:
        return await handlers[item.entity](item, lease)

    return Worker(
        queue, handle, clock=life.clock, dice=life.dice, circuits=opened.circuits, pace=opened.pace(),
        grants=opened.quota, probe=opened.probe, conduct=settings.conduct(),
    )  # fmt: skip


def _levels(opened: Opened, kind: Kind, send: HandleLevels[Level]) -> BatchWorker[Level]:
    life = opened.life
    return BatchWorker(
        LevelQueue(opened.flow.database, kind, life.service), send, clock=life.clock, dice=life.dice,
        circuits=opened.circuits, pace=opened.pace(), limit=MOST_LEVELS, grants=opened.quota, probe=opened.probe,
        conduct=opened.settings.conduct(),
    )  # fmt: skip
