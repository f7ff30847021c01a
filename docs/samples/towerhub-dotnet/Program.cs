// Follows one stream of a ControlTower and prints what changes.
//   TOWERHUB_KEY=ctk_… dotnet run -- http://127.0.0.1:5080 flows brand=Northlane
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR.Client;

var (tower, stream) = (args[0], args[1]);
var arguments = args.Skip(2).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
var key = Environment.GetEnvironmentVariable("TOWERHUB_KEY");

await using var hub = new HubConnectionBuilder()
    .WithUrl(new Uri($"{tower.TrimEnd('/')}/hubs/tower"), options => options.AccessTokenProvider = () => Task.FromResult(key))
    .WithAutomaticReconnect(new ForEver())
    .Build();

// What the stream stands on now, and how far we are.
Dictionary<string, JsonElement> items = [];
string? epoch = null;
long sequence = 0;

// Messages are dealt with one after the other, in the order in which they came.
var inbox = Channel.CreateUnbounded<Func<Task>>();
hub.On<Snapshot>("Snapshot", snapshot => inbox.Writer.TryWrite(() =>
{
    (items, epoch, sequence) = (new(snapshot.Items), snapshot.Epoch, snapshot.Sequence);
    Console.WriteLine($"{stream} {sequence}: {items.Count} items");
    foreach (var (name, item) in items)
        Console.WriteLine($"  {name} {item}");
    return Task.CompletedTask;
}));
hub.On<Delta>("Delta", delta => inbox.Writer.TryWrite(async () =>
{
    if (delta.Epoch != epoch || delta.After != sequence)
    {
        // A message is missing: what we have may be wrong, so we ask for all of it.
        await hub.InvokeAsync("Refresh", delta.Subscription);
        return;
    }

    foreach (var (name, item) in delta.Changed)
        items[name] = item;
    foreach (var name in delta.Removed)
        items.Remove(name);
    sequence = delta.Sequence;
    foreach (var (name, item) in delta.Changed)
        Console.WriteLine($"{stream} {sequence}: {name} {item}");
}));

// After a loss only what was missed is sent, or everything where that is not known any more.
hub.Reconnected += _ => FollowAsync();
await hub.StartAsync();
await FollowAsync();
await foreach (var deal in inbox.Reader.ReadAllAsync())
    await deal();

async Task FollowAsync()
{
    try
    {
        if (epoch is null)
            await hub.InvokeAsync<Subscribed>("Subscribe", stream, arguments);
        else
            await hub.InvokeAsync<Subscribed>("Resume", stream, arguments, epoch, sequence);
    }
    catch (Exception refused) when (refused is Microsoft.AspNetCore.SignalR.HubException)
    {
        Console.Error.WriteLine(refused.Message);
        Environment.Exit(1);
    }
}

internal sealed record Subscribed(string Subscription, bool Resumed);

internal sealed record Snapshot(string Subscription, string Epoch, long Sequence, Dictionary<string, JsonElement> Items);

internal sealed record Delta(string Subscription, string Epoch, long After, long Sequence, Dictionary<string, JsonElement> Changed, string[] Removed);

internal sealed class ForEver : IRetryPolicy
{
    public TimeSpan? NextRetryDelay(RetryContext retryContext) => TimeSpan.FromSeconds(Math.Min(10, 1 + retryContext.PreviousRetryCount));
}
