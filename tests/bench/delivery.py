"""Delivery against a raw aiokafka loop: the same 1 KB records, the same pydantic models, no database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox import stack
from tests.bench import children, machine, records
from tests.bench.consuming import Order
from tests.bench.figures import Part, of_rounds, ratios

WHICH = ("raw", "deliver", "raw-250", "raw-decoded")
PARTITIONS = 16
PROGRAM = ["tests.bench.consuming"]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it."""

    records: int
    rounds: int


FULL = Size(records=100_000, rounds=5)
QUICK = Size(records=4_000, rounds=1)


@dataclass(frozen=True, slots=True)
class Consumed:
    """One run of one program."""

    records: int
    a_batch: float
    """Records in a batch, on the average."""
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU time for a record."""
        return self.cpu_seconds / self.records * 1e6

    def row(self) -> dict[str, float]:
        """For the result file."""
        return {"per_second": round(self.rate), "cpu_us": round(self.cpu_us, 2), "a_batch": round(self.a_batch)}


def measure(servers: stack.Stack, folder: Path, size: Size) -> Part:
    """Everything about delivery without a database."""
    part = Part("Delivery: 1 KB order events, 16 partitions, pydantic, at least once, no database")
    cores = machine.cores()
    machine.pin(machine.family(), cores.others)
    topic = records.own_topic("delivery", PARTITIONS)
    records.fill(servers.kafka_bootstrap, topic, records.vms_orders(20_000), size.records)
    seen: dict[str, list[Consumed]] = {which: [] for which in WHICH}
    for _ in range(size.rounds):
        for which, runs in seen.items():
            runs.append(consume(Order(which, servers.kafka_bootstrap, topic.name, size.records), cores))
    rate = {which: [one.rate for one in runs] for which, runs in seen.items()}
    cpu = {which: [one.cpu_us for one in runs] for which, runs in seen.items()}
    part.figures += [
        of_rounds("rate, ours ÷ raw loop", ratios(rate["deliver"], rate["raw"]), bar=0.75),
        of_rounds("CPU, raw loop ÷ ours", ratios(cpu["raw"], cpu["deliver"]), bar=0.75),
        of_rounds("rate, ours ÷ raw loop that commits four times a second", ratios(rate["deliver"], rate["raw-250"])),
        of_rounds("CPU, … that also reads the envelope ÷ ours", ratios(cpu["raw-decoded"], cpu["deliver"]),
                  note="what is left of the distance is delivery itself, the rest is reading nine headers a record"),
        *(of_rounds(f"rate, {which}", rate[which], "a second") for which in WHICH),
        *(of_rounds(f"CPU a record, {which}", cpu[which], "µs") for which in WHICH),
    ]  # fmt: skip
    part.rounds = {which: [one.row() for one in runs] for which, runs in seen.items()}
    return part


def consume(order: Order, cores: machine.Cores) -> Consumed:
    """Run one program."""
    return Consumed(**children.answer_of(PROGRAM, asdict(order), cores))
