using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Webhooks;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ControlTower.Tests.Sync.Webhooks;

/// <summary>Orders with events in a database, a client with webhooks, and any number of nodes whose pump tests turn.</summary>
internal sealed class WebhookWorld : IAsyncDisposable
{
    public static readonly Actor Boss = new(null, "Boss", "Admin");

    private readonly WebhookSender sender;
    private readonly AuditLog audit;

    private WebhookWorld(TestDatabase database, bool allowPrivate)
    {
        Database = database;
        var options = Options.Create(new NotificationOptions { AllowPrivateNetworks = allowPrivate });
        audit = new AuditLog(database.Sources, TimeProvider.System);
        sender = new WebhookSender(options, TimeProvider.System);
        Post = new EventPost(sender, new SecretSeal(new EphemeralDataProtectionProvider()), Options.Create(new RelayOptions()), Patience);
        Desk = new WebhookDesk(database.Sources, Post, audit, options, TimeProvider.System);
        Orders = new OrderWorld(database);
    }

    public TestDatabase Database { get; }

    public OrderWorld Orders { get; }

    public EventPost Post { get; }

    public WebhookDesk Desk { get; }

    /// <summary>By which answers are waited for, and by which the keys before are good.</summary>
    public FakeTimeProvider Patience { get; } = new(TimeProvider.System.GetUtcNow());

    public WebhookActor Admin { get; } = new(Boss, null, WebhookDesk.Manage);

    public static async Task<WebhookWorld> CreateAsync(bool allowPrivate = true)
    {
        var world = new WebhookWorld(await TestDatabase.CreateAsync(), allowPrivate);
        await world.Orders.ConnectAsync();
        return world;
    }

    public WebhookPump Node() => new(Database.Sources, Post, audit, NodeIdentity.New("worker"), TimeProvider.System, NullLogger<WebhookPump>.Instance);

    public async Task<Guid> ClientAsync(string name = "Partner", params string[] channels)
    {
        var id = Guid.NewGuid();
        await new ApiClientStore(Database.Sources, audit).AddAsync(id, name, ["api:webhooks:manage"], channels, TimeSpan.FromDays(1), Boss, default);
        return id;
    }

    /// <summary>A webhook of a client that leads to the receiver, which knows its secret.</summary>
    public async Task<Guid> HookAsync(WebhookReceiver receiver, Guid? client = null, IReadOnlyList<string>? types = null, IReadOnlyList<string>? brands = null)
    {
        var answer = await Desk.AddAsync(client ?? await ClientAsync($"Partner {Guid.NewGuid():N}"[..20]), Guid.NewGuid().ToString(), new WebhookDraft(receiver.Url, types ?? [], brands ?? []), Admin);
        var done = answer as WebhookAnswer.Done ?? throw new InvalidOperationException(answer.ToString());
        receiver.Secrets.Add(done.Secret!);
        return done.Subscription.Id;
    }

    public Task WriteAsync(long flow, int from, int to, string type = "order.posted") => Database.ExecuteAsync(
        $"insert into event_log (flow_id, step, type, stage, system, reference, detail) select {flow}, s, '{type}', 'posted', 'bc-eu', 'SO-' || s, 'for Ada Person' from generate_series({from}, {to}) s");

    /// <summary>Until all that was written can be read. Other tests' transactions hold the log's fence back for a moment.</summary>
    public Task SettledAsync() => Wait.ForAsync(async () =>
        await Database.ScalarAsync<long>("select count(*) from event_log where txid >= pg_snapshot_xmin(pg_current_snapshot())") == 0);

    /// <summary>Turns the pump until this has happened.</summary>
    public static Task UntilAsync(WebhookPump node, Func<bool> happened) => UntilAsync(node, () => Task.FromResult(happened()));

    public static Task UntilAsync(WebhookPump node, Func<Task<bool>> happened) => Wait.ForAsync(async () =>
    {
        await node.RunOnceAsync(default);
        return await happened();
    });

    /// <summary>All pauses are over.</summary>
    public Task PassAsync() => Database.ExecuteAsync("update webhook_subscription set rest_until = null; update webhook_delivery set due_at = now() where sent_at is null");

    /// <summary>Whatever failed has done so for this much longer.</summary>
    public Task AgeAsync(int hours) => Database.ExecuteAsync(
        $"update webhook_subscription set failing_since = failing_since - interval '{hours} hours'; update webhook_delivery set failed_at = failed_at - interval '{hours} hours' where sent_at is null");

    public Task ExpireTurnsAsync() => Database.ExecuteAsync("update event_cursor set lease_until = now() - interval '1 second' where lease_until is not null");

    public async Task<WebhookSubscription> SeeAsync(Guid id) => (await Desk.FindAsync(id, null))!;

    public Task<long> HeldAsync() => Database.ScalarAsync<long>("select count(*) from webhook_delivery where sent_at is null");

    public async ValueTask DisposeAsync()
    {
        sender.Dispose();
        await Database.DisposeAsync();
    }
}
