using ControlTower.Data.EventLog;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Relay;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Webhooks;

/// <summary>Takes an event to a subscription's address once, within a limit, under all of its keys that are good.</summary>
public sealed class EventPost(WebhookSender sender, SecretSeal seal, IOptions<RelayOptions> relay, TimeProvider clock)
{
    /// <summary>A receiver that has not answered by then has not.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public const string Url = "url";
    public const string Key = "key";
    public const string Previous = "previous";

    public Task<SendAnswer> SendAsync(WebhookSubscription to, LoggedEvent e, CancellationToken cancel) => SendAsync(to, CloudEvent.Of(e, relay.Value.Source), cancel);

    /// <summary>An event that says that events arrive. It looks like any other and is about no flow.</summary>
    public Task<SendAnswer> TestAsync(WebhookSubscription to, CancellationToken cancel)
    {
        var id = $"test/{Guid.NewGuid():N}";
        return SendAsync(
            to,
            new CloudEvent(
                id, relay.Value.Source, EventTypes.Test.Type, "webhook/test", clock.GetUtcNow(), "0", "0000000000", null,
                new FlowStep(0, EventTypes.Test.Flow, "", "", null, 0, EventTypes.Test.Stages[0], null, null)),
            cancel);
    }

    /// <summary>Null if the key ring cannot open them.</summary>
    public IReadOnlyDictionary<string, string>? Open(WebhookSubscription one) => seal.TryOpen(SealName(one.Id), one.Secrets, out var secrets) ? secrets : null;

    public byte[] Seal(Guid id, IReadOnlyDictionary<string, string> secrets) => seal.Seal(SealName(id), secrets);

    private async Task<SendAnswer> SendAsync(WebhookSubscription to, CloudEvent e, CancellationToken cancel)
    {
        if (Open(to) is not { } secrets)
        {
            return SendAnswer.No("The stored address and keys cannot be opened with this installation's keys. Set the webhook up anew.");
        }

        IReadOnlyList<string> keys = secrets.TryGetValue(Previous, out var previous) && to.PreviousUntil > clock.GetUtcNow() ? [secrets[Key], previous] : [secrets[Key]];
        using var patience = new CancellationTokenSource(Patience, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await sender.PostAsync(secrets[Url], CloudEventJson.ContentType, CloudEventJson.Write(e), e.Id, keys, ending.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return SendAnswer.No($"No answer within {Patience.TotalSeconds:0} seconds.");
        }
    }

    // No connection has a key with a slash: what is sealed here opens nowhere else.
    private static string SealName(Guid id) => $"webhook/{id:N}";
}
