using System.Globalization;
using System.Text.Json;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace ControlTower.Web.Live;

/// <summary>What the hub sends to boards and programs outside. docs/TOWERHUB.md is the contract.</summary>
public interface ITowerListener
{
    /// <summary>Something of these topics changed. Names as in <see cref="Data.Live.LiveTopics"/>.</summary>
    Task Changed(string[] topics);

    /// <summary>All of a stream.</summary>
    Task Snapshot(StreamSnapshot snapshot);

    /// <summary>What changed since the message before.</summary>
    Task Delta(StreamDelta delta);
}

/// <summary>What a subscription is called on this connection.</summary>
/// <param name="Resumed">It goes on from where the caller said it was; else a snapshot comes.</param>
public sealed record Subscribed(string Subscription, bool Resumed);

/// <summary>
/// For boards and programs outside: streams of what the screens show, first as a snapshot, then what changed. It takes no acts. Errors are told as <c>code: argument: words</c>. All calls may be repeated.
/// </summary>
[Authorize(Permissions.HubConnect)]
public sealed class TowerHub(LiveStreams streams, IHubContext<TowerHub, ITowerListener> listeners, Denials denials) : Hub<ITowerListener>
{
    public const string Path = "/hubs/tower";

    /// <summary>Subscriptions of one connection at most.</summary>
    public const int Most = 16;

    private static readonly object Mine = new();

    /// <summary>Follows a stream. A snapshot comes as soon as it is known, then deltas, each on top of the message before.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="arguments">An object of texts, or null.</param>
    /// <exception cref="HubException"><c>unknown-stream</c>, <c>bad-argument</c>, <c>not-allowed</c> or <c>too-many</c>.</exception>
    public Task<Subscribed> Subscribe(JsonElement stream, JsonElement arguments) => OpenAsync(stream, arguments, null, 0);

    /// <summary>Follows a stream again after the connection was lost, from the caller's last message on. Where that is not known any more, a snapshot comes.</summary>
    /// <exception cref="HubException">As for <see cref="Subscribe"/>.</exception>
    public Task<Subscribed> Resume(JsonElement stream, JsonElement arguments, JsonElement epoch, JsonElement sequence)
    {
        if (epoch.ValueKind is not JsonValueKind.String)
            throw Wrong("bad-argument", "epoch", "The text that came with the last message.");
        if (sequence.ValueKind is not JsonValueKind.Number || !sequence.TryGetInt64(out var last))
            throw Wrong("bad-argument", "sequence", "The whole number that came with the last message.");
        return OpenAsync(stream, arguments, epoch.GetString(), last);
    }

    /// <summary>The caller missed a message: a snapshot comes.</summary>
    /// <exception cref="HubException"><c>bad-argument</c>: there is no such subscription.</exception>
    public void Refresh(JsonElement subscription) => Find(subscription).Refresh();

    /// <summary>Ends a subscription. A message that was under way may still come.</summary>
    /// <exception cref="HubException"><c>bad-argument</c>: there is no such subscription.</exception>
    public void Unsubscribe(JsonElement subscription)
    {
        Find(subscription).Dispose();
        lock (Subscriptions)
        {
            Subscriptions.Open.Remove(subscription.GetString()!);
        }
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        lock (Subscriptions)
        {
            foreach (var subscription in Subscriptions.Open.Values)
                subscription.Dispose();
            Subscriptions.Open.Clear();
        }

        return base.OnDisconnectedAsync(exception);
    }

    // Calls of one connection are made one after the other, the hub's options say so; but the last may still be under way when it ends.
    private Desk Subscriptions
    {
        get
        {
            if (Context.Items.TryGetValue(Mine, out var kept))
                return (Desk)kept!;
            var desk = new Desk();
            Context.Items[Mine] = desk;
            return desk;
        }
    }

    private async Task<Subscribed> OpenAsync(JsonElement stream, JsonElement arguments, string? epoch, long sequence)
    {
        var found = stream.ValueKind is JsonValueKind.String ? streams.Find(stream.GetString()!) : null;
        if (found is null)
            throw Wrong("unknown-stream", "stream", $"There is no such stream. There are {string.Join(", ", streams.Names.Order(StringComparer.Ordinal))}.");
        await MustAsync(found);
        var desk = Subscriptions;
        if (desk.Open.Count >= Most)
            throw Wrong("too-many", "stream", $"A connection follows {Most} streams at most. End one of them first.");
        var asked = Read(found, arguments);
        LiveState state;
        try
        {
            state = await streams.OpenAsync(found, asked, Context.ConnectionAborted);
        }
        catch (StreamArgumentException wrong)
        {
            throw Wrong("bad-argument", wrong.Argument, wrong.Message);
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"s{++desk.Last}");
        var listener = listeners.Clients.Client(Context.ConnectionId);
        var subscription = new LiveSubscription(id, found.Name, asked, state, listener.Snapshot, listener.Delta);
        lock (desk)
        {
            desk.Open[id] = subscription;
        }

        var resumed = subscription.Start(epoch, sequence);
        // A call may outlast its connection: then nobody else ends what it began.
        if (Context.ConnectionAborted.IsCancellationRequested)
            subscription.Dispose();
        return new Subscribed(id, resumed);
    }

    private async Task MustAsync(ILiveStream stream)
    {
        var http = Context.GetHttpContext()!;
        var (person, client) = (SignedIn.From(Context.User), ApiKeyScheme.HasKey(http));
        if (client ? Context.User!.HasClaim(ApiKeyScheme.ScopeClaim, stream.Scope) : person?.May(stream.Permission) == true)
            return;
        var needed = client ? stream.Scope : stream.Permission;
        await denials.TellAsync(client ? ApiKeyScheme.ActorOf(http) : person!.Actor(Hosting.Addresses.Of(http)), needed, $"hub:{stream.Name}");
        throw Wrong("not-allowed", "stream", $"You need {needed} for {stream.Name}.");
    }

    private static Dictionary<string, string> Read(ILiveStream stream, JsonElement arguments)
    {
        Dictionary<string, string> read = new(StringComparer.Ordinal);
        if (arguments.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return read;
        if (arguments.ValueKind is not JsonValueKind.Object)
            throw Wrong("bad-argument", "arguments", "An object of texts, or null.");
        foreach (var argument in arguments.EnumerateObject())
        {
            var name = argument.Name.Length > 40 ? argument.Name[..40] + "…" : argument.Name;
            if (!stream.Arguments.Contains(argument.Name))
                throw Wrong("bad-argument", name, $"{stream.Name} takes {(stream.Arguments.Count == 0 ? "no arguments" : string.Join(", ", stream.Arguments))}.");
            if (argument.Value.ValueKind is not JsonValueKind.String || argument.Value.GetString() is not { Length: > 0 and <= 200 } value)
                throw Wrong("bad-argument", name, "A text of 1 to 200 characters.");
            if (!read.TryAdd(argument.Name, value))
                throw Wrong("bad-argument", name, "It stands there twice.");
        }

        return read;
    }

    private LiveSubscription Find(JsonElement subscription) =>
        subscription.ValueKind is JsonValueKind.String && Subscriptions.Open.TryGetValue(subscription.GetString()!, out var open)
            ? open
            : throw Wrong("bad-argument", "subscription", "This connection has no such subscription.");

    private static HubException Wrong(string code, string argument, string words) => new($"{code}: {argument}: {words}");

    private sealed class Desk
    {
        public int Last { get; set; }

        public Dictionary<string, LiveSubscription> Open { get; } = new(StringComparer.Ordinal);
    }
}
