// Connects on every transport and protocol, keeps still, then calls and listens.
const signalR = require("@microsoft/signalr");
const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");

const [url, token, idle, keepAlive, timeout] = process.argv.slice(2);
const T = signalR.HttpTransportType;
const WAYS = {
  "websockets json": [T.WebSockets], "websockets messagepack": [T.WebSockets, new MessagePackHubProtocol()],
  "sse json": [T.ServerSentEvents],
  "long polling json": [T.LongPolling], "long polling messagepack": [T.LongPolling, new MessagePackHubProtocol()],
};

async function stay([transport, protocol]) {
  let builder = new signalR.HubConnectionBuilder()
    .withUrl(url, { transport, accessTokenFactory: () => token })
    .withKeepAliveInterval(Number(keepAlive)).withServerTimeout(Number(timeout))
    .configureLogging(signalR.LogLevel.None);
  if (protocol) builder = builder.withHubProtocol(protocol);
  const connection = builder.build();
  const told = { lost: 0 };
  connection.onclose(() => { told.lost += 1; });
  let isIdle = true;
  const heard = new Promise((yes) => connection.on("event", () => { if (!isIdle) yes(true); }));
  await connection.start();
  await connection.invoke("subscribe", "orders");
  await new Promise((yes) => setTimeout(yes, Number(idle)));
  isIdle = false;
  told.answered = await connection.invoke("echo", "after idling");
  told.heard = await heard;
  const lost = told.lost;
  await connection.stop();
  return { ...told, lost };
}

Promise.all(Object.entries(WAYS).map(async ([name, way]) => [name, await stay(way).catch((error) => error.message)]))
  .then((all) => { console.log(JSON.stringify(Object.fromEntries(all))); process.exit(0); });
