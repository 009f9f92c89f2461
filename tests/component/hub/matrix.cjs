// SignalR's own client on every transport and protocol, in Node and in browsers: { way: { claim: outcome } }.
async function judgeAll(signalR, MessagePackHubProtocol, url, token) {
  const T = signalR.HttpTransportType;
  const WAYS = {
    "websockets json": [{ transport: T.WebSockets }],
    "websockets messagepack": [{ transport: T.WebSockets }, new MessagePackHubProtocol()],
    "sse json": [{ transport: T.ServerSentEvents }],
    "long polling json": [{ transport: T.LongPolling }],
    "long polling messagepack": [{ transport: T.LongPolling }, new MessagePackHubProtocol()],
    "auto json": [{}],
    "auto messagepack": [{}, new MessagePackHubProtocol()],
    "without negotiation": [{ transport: T.WebSockets, skipNegotiation: true }],
    "stateful reconnect asked for": [{}, undefined, true],
  };

  function connect(way, given = token) {
    const [options, protocol, stateful] = way;
    let builder = new signalR.HubConnectionBuilder()
      .withUrl(url, { ...options, accessTokenFactory: () => given })
      .configureLogging(signalR.LogLevel.None);
    if (protocol) builder = builder.withHubProtocol(protocol);
    if (stateful) builder = builder.withStatefulReconnect();
    return builder.build();
  }

  const failure = (promise) => promise.then(() => "no error", (error) => error.message);
  const within = (promise, what) =>
    Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error(`${what} took too long`)), 15000))]);

  async function judge(way) {
    const told = {};
    const connection = connect(way);
    const heard = [];
    let wake = () => {};
    connection.on("event", (envelope) => { heard.push(envelope); wake(); });
    const next = () => within(new Promise((yes) => { if (heard.length) yes(); else wake = yes; }), "an event")
      .then(() => heard.shift());
    await connection.start();
    const word = "Їжак " + "\u2028" + " 😀";
    told.invoke = (await connection.invoke("echo", { word, list: [1, 2.5, null, true] })).word === word;
    told.anyCase = await connection.invoke("ECHO", 7);
    told.void = (await connection.invoke("nothing")) === undefined;
    told.refused = await failure(connection.invoke("refuse"));
    told.broken = await failure(connection.invoke("break"));
    told.unknown = await failure(connection.invoke("noSuchMethod"));
    told.streamAsInvoke = await failure(connection.invoke("count", 1));
    await connection.send("refuse"); // no answer is awaited, and none may come
    told.joined = (await connection.invoke("subscribe", ["orders"])).groups;
    await connection.invoke("say", "orders", 1);
    told.pushed = (await next()).number;
    told.left = (await connection.invoke("unsubscribe", "orders")).groups;
    await connection.invoke("say", "orders", 2);
    await connection.invoke("subscribe", "health");
    await connection.invoke("say", "health", 3);
    told.afterLeaving = (await next()).number;
    told.stream = await within(new Promise((yes, no) => {
      const items = [];
      connection.stream("count", 100).subscribe({ next: (one) => items.push(one.number), complete: () => yes(items.length), error: no });
    }), "a stream");
    told.cancelled = await within(new Promise((yes, no) => {
      const running = connection.stream("count", 1000000).subscribe({
        next: () => { running.dispose(); yes(true); }, complete: () => {}, error: no });
    }), "a cancelled stream");
    told.afterCancel = await connection.invoke("echo", "alive");
    told.unknownStream = await failure(new Promise((yes, no) => connection.stream("noSuch").subscribe({ next() {}, complete: yes, error: no })));
    const upload = new signalR.Subject();
    told.upload = await failure(connection.invoke("echo", upload));
    told.large = (await connection.invoke("echo", "я".repeat(12000))).length;
    const closed = new Promise((yes) => connection.onclose((error) => yes(error === undefined)));
    await connection.stop();
    told.stopped = await closed;
    told.wrongToken = (await failure(connect(way, "nobody's").start())).includes("401");
    return told;
  }

  const all = {};
  await Promise.all(Object.entries(WAYS).map(async ([name, way]) => {
    try { all[name] = await within(judge(way), name); } catch (error) { all[name] = { failed: `${error.message} ${error.stack}` }; }
  }));
  return all;
}

if (typeof module !== "undefined") {
  const [url, token] = process.argv.slice(2);
  const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");
  judgeAll(require("@microsoft/signalr"), MessagePackHubProtocol, url, token)
    .then((all) => { console.log(JSON.stringify(all)); process.exit(0); });
}
