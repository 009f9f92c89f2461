"""A real Apache Kafka and a real PostgreSQL for the demo, the tests and the benchmarks.

```
with stack.start() as servers:
    servers.kafka_bootstrap, servers.database_owner_url
```
"""

from __future__ import annotations

from sandbox.stack.choose import start, wanted_kind
from sandbox.stack.errors import StackError
from sandbox.stack.ports import give_back, take_port
from sandbox.stack.servers import Kind, Progress, Server, Stack

__all__ = ["Kind", "Progress", "Server", "Stack", "StackError", "give_back", "start", "take_port", "wanted_kind"]
