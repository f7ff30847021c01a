using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Notifications;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Webhooks;

/// <summary>What came of an act on a subscription.</summary>
public abstract record WebhookAnswer
{
    /// <param name="Secret">The key to check signatures with, this once; null where none was made.</param>
    public sealed record Done(WebhookSubscription Subscription, string? Secret = null) : WebhookAnswer;

    /// <summary>Nothing was changed; each problem names its field.</summary>
    public sealed record Wrong(IReadOnlyList<SettingProblem> Problems) : WebhookAnswer;

    /// <summary>It is not there, or another client's.</summary>
    public sealed record NotThere : WebhookAnswer;

    /// <summary>Somebody changed it after it was read. Nothing was changed.</summary>
    public sealed record ChangedMeanwhile : WebhookAnswer;

    /// <summary>The client has as many as it may have.</summary>
    public sealed record TooMany : WebhookAnswer;

    /// <summary>The key of the request stands for another wish.</summary>
    public sealed record Reused : WebhookAnswer;

    /// <summary>An admin switched it off, and an admin alone can switch it on.</summary>
    public sealed record StoppedByAdmin : WebhookAnswer;
}

/// <summary>Who acts, as what: a client on its own subscriptions by its scope, or an admin on anybody's.</summary>
/// <param name="Client">Null for an admin.</param>
/// <param name="Permission">Under which the audit keeps the act.</param>
public sealed record WebhookActor(Actor Actor, Guid? Client, string Permission)
{
    public bool IsAdmin => Client is null;
}

/// <summary>
/// Sets up where events are sent. Each write is one transaction with its audit entry, which names the host and never a secret. The caller has checked scope or permission.
/// </summary>
public sealed class WebhookDesk(TowerDataSources data, EventPost post, AuditLog audit, IOptions<NotificationOptions> options, TimeProvider clock)
{
    /// <summary>The permission of people under which the audit keeps these acts.</summary>
    public const string Manage = "admin:webhook:manage";

    /// <summary>After a rotation, the key before signs as well for so long.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public const int LongestReason = 200;

    public Task<List<WebhookSubscription>> ListAsync(Guid? client, CancellationToken cancel = default) => WebhookStore.ListAsync(data.Work, client, cancel);

    public Task<IReadOnlyDictionary<Guid, WebhookBacklog>> BacklogsAsync(IReadOnlyList<WebhookSubscription> of, CancellationToken cancel = default) =>
        WebhookStore.BacklogsAsync(data.Read, [.. of.Select(one => one.Id)], cancel);

    public Task<WebhookSubscription?> FindAsync(Guid id, Guid? client, CancellationToken cancel = default) => WebhookStore.FindAsync(data.Work, id, client, cancel);

    public Task<List<WebhookDelivery>> DeliveriesAsync(Guid id, int most, CancellationToken cancel = default) => WebhookStore.DeliveriesAsync(data.Work, id, most, cancel);

    public Task<List<string>> BrandsAsync(CancellationToken cancel = default) => WebhookStore.BrandsAsync(data.Read, cancel);

    /// <summary>The address, for its own client; null if it cannot be opened.</summary>
    public string? UrlOf(WebhookSubscription one) => post.Open(one)?.GetValueOrDefault(EventPost.Url);

    /// <summary>Adds a subscription from the end of the log on. Asked again under the same key, it is the same one with the same secret.</summary>
    /// <param name="key">Of the request; the same key of the same client is the same wish.</param>
    public async Task<WebhookAnswer> AddAsync(Guid client, string key, WebhookDraft draft, WebhookActor by, CancellationToken cancel = default)
    {
        if (await CheckAsync(draft with { Url = draft.Url ?? "" }, cancel) is { Count: > 0 } wrong)
        {
            return new WebhookAnswer.Wrong(wrong);
        }

        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"webhook/{client:N}/{key}")).AsSpan(0, 16));
        if (await WebhookStore.FindAsync(data.Work, id, client, cancel) is { } known)
        {
            return Again(known, draft);
        }

        var secret = StandardSignature.NewKey();
        var one = new WebhookSubscription(
            id, client, "", HostOf(draft.Url!), post.Seal(id, new Dictionary<string, string>(StringComparer.Ordinal) { [EventPost.Url] = draft.Url!, [EventPost.Key] = secret }), null, null, draft.Types, draft.Brands,
            WebhookState.On, null, null, 0, null, null, null, null, 0, 1, clock.GetUtcNow(), by.Actor.Name, [], [], ClientDisabled: false);
        // From before the transaction, so that nothing that is written meanwhile is behind it.
        var from = await EventFeed.EndAsync(data.Work, cancel);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await WebhookStore.AddAsync(connection, one, from, cancel))
        {
            return new WebhookAnswer.TooMany();
        }

        await WriteAsync(connection, transaction, by, one, "add", null, cancel);
        await transaction.CommitAsync(cancel);
        return new WebhookAnswer.Done((await WebhookStore.FindAsync(data.Work, id, client, cancel))!, secret);
    }

    /// <param name="version">The version that was read; null: whatever it is.</param>
    public async Task<WebhookAnswer> ChangeAsync(Guid id, int? version, WebhookDraft draft, WebhookActor by, CancellationToken cancel = default) =>
        await CheckAsync(draft, cancel) is { Count: > 0 } wrong ? new WebhookAnswer.Wrong(wrong)
            : await ActAsync(id, version, by, "change", null, async (connection, one) =>
            {
                var url = draft.Url;
                var changed = one with { Types = draft.Types, Brands = draft.Brands };
                if (url is not null && post.Open(one) is { } secrets)
                {
                    changed = changed with { Host = HostOf(url), Secrets = post.Seal(id, new Dictionary<string, string>(secrets, StringComparer.Ordinal) { [EventPost.Url] = url }) };
                }

                await WebhookStore.ChangeAsync(connection, changed, cancel);
                return null;
            }, cancel);

    /// <summary>Pauses or disables. What happens meanwhile is sent when it goes on.</summary>
    /// <param name="state">One of <see cref="WebhookState"/>, not on.</param>
    public Task<WebhookAnswer> StopAsync(Guid id, int? version, string state, string? why, WebhookActor by, CancellationToken cancel = default) =>
        ActAsync(id, version, by, state == WebhookState.Paused ? "pause" : "disable", why, async (connection, one) =>
        {
            // What an admin stopped is not the client's to stop otherwise: it could then start it again.
            if (one.StoppedBy == WebhookState.ByAdmin && !by.IsAdmin)
            {
                return new WebhookAnswer.StoppedByAdmin();
            }

            await WebhookStore.ChangeAsync(connection, one with { State = state, StoppedBy = by.IsAdmin ? WebhookState.ByAdmin : WebhookState.ByClient, Why = why }, cancel);
            return null;
        }, cancel);

    /// <summary>Goes on where it stopped, at once, with three days before it.</summary>
    public Task<WebhookAnswer> ResumeAsync(Guid id, int? version, string? why, WebhookActor by, CancellationToken cancel = default) =>
        ActAsync(id, version, by, "resume", why, async (connection, one) =>
        {
            if (one.StoppedBy == WebhookState.ByAdmin && !by.IsAdmin)
            {
                return new WebhookAnswer.StoppedByAdmin();
            }

            await WebhookStore.ChangeAsync(connection, one with { State = WebhookState.On, StoppedBy = null, Why = null }, cancel);
            await WebhookStore.RefreshHeldAsync(connection, id, cancel);
            return null;
        }, cancel);

    /// <summary>Sends everything of the log again that was written at this time or later, under the same ids.</summary>
    public async Task<WebhookAnswer> ReplayAsync(Guid id, DateTimeOffset since, string why, WebhookActor by, CancellationToken cancel = default)
    {
        var from = await EventFeed.BeforeAsync(data.Work, since, cancel);
        return await ActAsync(id, null, by, "replay", why, async (connection, _) =>
        {
            await WebhookStore.ReplayAsync(connection, id, from, cancel);
            return null;
        }, cancel, ("since", since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Makes a new key; for a day, the one before signs as well. Asked again under the same key of the request, it is the same secret: who lost the answer locks nobody out.</summary>
    public async Task<WebhookAnswer> RotateAsync(Guid id, string key, WebhookActor by, CancellationToken cancel = default)
    {
        if (await WebhookStore.FindAsync(data.Work, id, by.Client, cancel) is { } known && known.Rotation == key)
        {
            return new WebhookAnswer.Done(known, post.Open(known)?.GetValueOrDefault(EventPost.Key));
        }

        var (secret, twin) = (StandardSignature.NewKey(), (string?)null);
        var answer = await ActAsync(id, null, by, "rotate secret", null, async (connection, one) =>
        {
            // The same request came twice at once, and the other was first.
            if (one.Rotation == key)
            {
                return new WebhookAnswer.Done(one, twin = post.Open(one)?.GetValueOrDefault(EventPost.Key));
            }

            if (post.Open(one) is not { } secrets)
            {
                return new WebhookAnswer.Wrong([new("url", "The stored address cannot be opened with this installation's keys. Set the webhook up anew.")]);
            }

            var rotated = new Dictionary<string, string>(secrets, StringComparer.Ordinal) { [EventPost.Previous] = secrets[EventPost.Key], [EventPost.Key] = secret };
            await WebhookStore.ChangeAsync(connection, one with { Secrets = post.Seal(id, rotated), PreviousUntil = clock.GetUtcNow() + Overlap, Rotation = key }, cancel);
            return null;
        }, cancel);
        return answer is WebhookAnswer.Done done ? done with { Secret = twin ?? secret } : answer;
    }

    /// <summary>Deletes it with all that it holds.</summary>
    public Task<WebhookAnswer> DeleteAsync(Guid id, int? version, WebhookActor by, CancellationToken cancel = default) =>
        ActAsync(id, version, by, "delete", null, async (connection, _) =>
        {
            await WebhookStore.DeleteAsync(connection, id, cancel);
            return null;
        }, cancel);

    /// <summary>Sends one event that says that events arrive, whatever the state. The answer is the receiver's own; null: it is not there.</summary>
    public async Task<SendAnswer?> TestAsync(Guid id, WebhookActor by, CancellationToken cancel = default)
    {
        if (await WebhookStore.FindAsync(data.Work, id, by.Client, cancel) is not { } one)
        {
            return null;
        }

        var answer = await post.TestAsync(one, cancel);
        await audit.AppendAsync(new AuditEntry(by.Actor, by.Permission, $"webhook:{id}", answer.Sent ? AuditOutcome.Done : AuditOutcome.Failed, null, Detail(one, "test")), cancel);
        return answer;
    }

    private async Task<WebhookAnswer> ActAsync(
        Guid id, int? version, WebhookActor by, string act, string? why, Func<NpgsqlConnection, WebhookSubscription, Task<WebhookAnswer?>> write, CancellationToken cancel,
        params (string Name, string Value)[] more)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await WebhookStore.LockAsync(connection, id, by.Client, cancel) is not { } one)
        {
            return new WebhookAnswer.NotThere();
        }

        if (version is { } read && read != one.Version)
        {
            return new WebhookAnswer.ChangedMeanwhile();
        }

        if (await write(connection, one) is { } refusal)
        {
            return refusal;
        }

        await WriteAsync(connection, transaction, by, one, act, why, cancel, more);
        await transaction.CommitAsync(cancel);
        return new WebhookAnswer.Done(await WebhookStore.FindAsync(data.Work, id, by.Client, cancel) ?? one);
    }

    // The key stands for the wish that it came with; what became of the subscription since does not matter.
    private WebhookAnswer Again(WebhookSubscription known, WebhookDraft draft) =>
        post.Open(known) is { } secrets && secrets[EventPost.Url] == draft.Url && known.Types.SequenceEqual(draft.Types, StringComparer.Ordinal) && known.Brands.SequenceEqual(draft.Brands, StringComparer.Ordinal)
            ? new WebhookAnswer.Done(known, secrets[EventPost.Key])
            : new WebhookAnswer.Reused();

    private async Task<IReadOnlyList<SettingProblem>> CheckAsync(WebhookDraft draft, CancellationToken cancel) =>
        WebhookRules.Check(draft, draft.Brands.Count == 0 ? [] : await WebhookStore.BrandsAsync(data.Work, cancel), options.Value.AllowPrivateNetworks);

    private Task<long> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, WebhookActor by, WebhookSubscription one, string act, string? why, CancellationToken cancel, params (string Name, string Value)[] more)
    {
        var detail = Detail(one, act);
        foreach (var (name, value) in more)
        {
            detail[name] = value;
        }

        return audit.AppendAsync(connection, transaction, new AuditEntry(by.Actor, by.Permission, $"webhook:{one.Id}", AuditOutcome.Done, why, detail), cancel);
    }

    private static Dictionary<string, string> Detail(WebhookSubscription one, string act) =>
        new(StringComparer.Ordinal) { ["act"] = act, ["host"] = one.Host, ["client"] = one.ClientId.ToString() };

    private static string HostOf(string url) => new Uri(url).Host;
}
