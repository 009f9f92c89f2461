// Listen to the sync's events from JavaScript: npm install @microsoft/signalr
// node listen.mjs https://sync.example.com/hubs/keycrm <token> [<number of the last event you know>]
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const [url, token, known] = process.argv.slice(2);
let last = known === undefined ? null : Number(known);
let waiting = null; // events that come live while what was missed is being read
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

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

async function catchUp() {
  waiting = [];
  const { number } = await connection.invoke("subscribe", ["orders", "conflicts"]);
  last ??= number; // only what comes from now on
  await new Promise((complete, error) => connection.stream("since", last).subscribe({ next: tell, complete, error }));
  const held = waiting;
  waiting = null;
  held.forEach(tell);
}

// After every connect, so after a lost connection too: subscribe first, then ask for what was missed.
async function listen() {
  while (connection.state === "Connected") {
    try {
      return await catchUp();
    } catch (error) {
      // Lost once more: the loop ends, and onreconnected begins another.
      console.error("asking again:", error.message);
      if (error.message.includes("not kept")) last = 0; // away for too long: go on with the oldest there is
      await pause(2000);
    }
  }
}

// The first connect is not tried again by the client itself.
async function begin() {
  while (connection.state === "Disconnected") {
    await connection.start().catch((error) => (console.error("connecting again:", error.message), pause(2000)));
  }
  await listen();
}

connection.on("event", (event) => (waiting === null ? tell(event) : waiting.push(event)));
connection.onreconnected(listen);
connection.onclose(begin);
await begin();
