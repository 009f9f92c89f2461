// Listen to the sync's events from C#: dotnet add package Microsoft.AspNetCore.SignalR.Client
// dotnet run -- https://sync.example.com/hubs/keycrm <token> [<number of the last event you know>]
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;

var (url, token) = (args[0], args[1]);
long? last = args.Length > 2 ? long.Parse(args[2]) : null;
List<JsonElement>? waiting = null; // events that come live while what was missed is being read
var gate = new object(); // they come on a thread of their own

var connection = new HubConnectionBuilder()
    .WithUrl(url, options => options.AccessTokenProvider = () => Task.FromResult<string?>(token))
    .WithAutomaticReconnect(new Forever()) // a restart may take a while
    .Build();

// Each event once: it may come live and by `since`.
void Tell(JsonElement said)
{
    var number = said.GetProperty("number").GetInt64();
    if (last is not null && number <= last) return;
    last = number;
    Console.WriteLine($"{number} {said.GetProperty("text").GetProperty("en").GetString()}");
}

async Task CatchUp()
{
    lock (gate) waiting = [];
    var joined = await connection.InvokeAsync<JsonElement>("subscribe", new[] { "orders", "conflicts" });
    last ??= joined.GetProperty("number").GetInt64(); // only what comes from now on
    await foreach (var said in connection.StreamAsync<JsonElement>("since", last)) Tell(said);
    lock (gate)
    {
        waiting?.ForEach(Tell);
        waiting = null;
    }
}

// After every connect, so after a lost connection too: subscribe first, then ask for what was missed.
async Task Listen()
{
    while (connection.State == HubConnectionState.Connected)
    {
        try
        {
            await CatchUp();
            return;
        }
        catch (Exception error) // lost once more: the loop ends, and Reconnected begins another
        {
            Console.Error.WriteLine($"asking again: {error.Message}");
            if (error.Message.Contains("not kept")) last = 0; // away for too long: go on with the oldest there is
            await Task.Delay(2000);
        }
    }
}

// The first connect is not tried again by the client itself.
async Task Begin()
{
    while (connection.State == HubConnectionState.Disconnected)
    {
        try
        {
            await connection.StartAsync();
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"connecting again: {error.Message}");
            await Task.Delay(2000);
        }
    }
    await Listen();
}

connection.On<JsonElement>("event", said =>
{
    lock (gate)
    {
        if (waiting is null) Tell(said);
        else waiting.Add(said);
    }
});
connection.Reconnected += _ => Listen();
connection.Closed += _ => Begin();
await Begin();
await Task.Delay(Timeout.Infinite);

class Forever : IRetryPolicy
{
    public TimeSpan? NextRetryDelay(RetryContext tries) =>
        TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, tries.PreviousRetryCount)));
}
