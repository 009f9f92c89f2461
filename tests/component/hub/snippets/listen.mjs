// Listen to the sync's events from JavaScript: npm install @microsoft/signalr
// node listen.mjs https://sync.example.com/hubs/keycrm <token> [<number of the last event you know>]
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const [url, token, known] = process.argv.slice(2);
let last = known === undefined ? null : Number(known);
let waiting = null; // events that come live while what was missed is being read

const connection = new HubConnectionBuilder()
  .withUrl(url, { accessTokenFactory: () => token })
  // For ever: a restart may take a while.
  .withAutomaticReconnect({ nextRetryDelayInMilliseconds: (tries) => Math.min(30000, 500 * 2 ** tries.previousRetryCount) })
  .configureLogging(LogLevel.Warning)
  .build();

// Each event once: it may come live and by `since`.
function tell(event) {
  if (last !== null && event.number <= last) return;
  last = event.number;
  console.log(event.number, event.text.en);
}

// After every connect, so after a lost connection too: subscribe first, then ask for what was missed.
async function listen() {
  waiting = [];
  const { number } = await connection.invoke("subscribe", ["orders", "conflicts"]);
  last ??= number; // only what comes from now on
  await new Promise((complete, error) => connection.stream("since", last).subscribe({ next: tell, complete, error }));
  const held = waiting;
  waiting = null;
  held.forEach(tell);
}

connection.on("event", (event) => (waiting === null ? tell(event) : waiting.push(event)));
connection.onreconnected(listen);
await connection.start();
await listen();
