// Connects on every transport and protocol with automatic reconnect, and tells what it went through and heard.
const signalR = require("@microsoft/signalr");
const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");

const [url, token] = process.argv.slice(2);
const T = signalR.HttpTransportType;
const WAYS = {
  "websockets json": [T.WebSockets], "websockets messagepack": [T.WebSockets, new MessagePackHubProtocol()],
  "sse json": [T.ServerSentEvents],
  "long polling json": [T.LongPolling], "long polling messagepack": [T.LongPolling, new MessagePackHubProtocol()],
};

async function live([transport, protocol]) {
  let builder = new signalR.HubConnectionBuilder()
    .withUrl(url, { transport, accessTokenFactory: () => token })
    .withAutomaticReconnect(new Array(60).fill(200))
    .configureLogging(signalR.LogLevel.None);
  if (protocol) builder = builder.withHubProtocol(protocol);
  const connection = builder.build();
  const told = { stages: [], numbers: [] };
  connection.onreconnecting(() => told.stages.push("reconnecting"));
  connection.onclose(() => told.stages.push("closed"));
  const again = new Promise((yes, no) => connection.onreconnected(async () => {
    told.stages.push("reconnected");
    try { await connection.invoke("subscribe", "orders"); yes(); } catch (error) { no(error); }
  }));
  let wake;
  const last = new Promise((yes) => { wake = yes; });
  connection.on("event", (event) => { told.numbers.push(event.number); if (event.number === 99) wake(); });
  await connection.start();
  await connection.invoke("subscribe", "orders");
  await again;
  await last;
  const { stages, numbers } = told;
  await connection.stop();
  return { stages: [...stages].filter((one) => one !== "closed"), numbers };
}

Promise.all(Object.entries(WAYS).map(async ([name, way]) => [name, await live(way).catch((error) => error.message)]))
  .then((all) => { console.log(JSON.stringify(Object.fromEntries(all))); process.exit(0); });
