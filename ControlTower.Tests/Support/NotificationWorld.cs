using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Notifications;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Conformance;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ControlTower.Tests.Support;

/// <summary>A tower that tells people: a mail server and a webhook on loopback at its ends, and any number of nodes whose pump tests turn.</summary>
public sealed class NotificationWorld : IAsyncDisposable
{
    public static readonly Actor Boss = new(null, "Boss", "Admin");

    /// <summary>Shared with programs: the bytes of 0123456789abcdef, twice.</summary>
    public const string SigningKey = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private readonly WebhookSender webhooks;
    private readonly MessageText text;
    private NotificationPump? node;
    private readonly IOptions<NotificationOptions> options;

    private NotificationWorld(TestDatabase database, bool allowPrivate)
    {
        Database = database;
        options = Options.Create(new NotificationOptions { AllowPrivateNetworks = allowPrivate });
        var audit = new AuditLog(database.Sources, TimeProvider.System);
        Accounts = new AccountStore(database.Sources, audit, new SignInWays(() => true, () => null, (_, _) => true), TimeProvider.System);
        webhooks = new WebhookSender(options, Clock);
        Post = new MessagePost([new MailSender(Clock), webhooks], new SecretSeal(new EphemeralDataProtectionProvider()), TimeProvider.System);
        text = new MessageText(Options.Create(new TowerAddress { PublicUrl = "https://tower.example" }));
        Desk = new NotificationDesk(database.Sources, Post, text, audit, options, TimeProvider.System);
        Cases = new CaseDesk(database.Sources, audit, new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), TimeProvider.System);
        Orders = new OrderWorld(database);
    }

    public TestDatabase Database { get; }

    public OrderWorld Orders { get; }

    public AccountStore Accounts { get; }

    public NotificationDesk Desk { get; }

    public CaseDesk Cases { get; }

    public MessagePost Post { get; }

    public HookSink Hook { get; } = new();

    public MailSink Mail { get; } = new();

    /// <summary>By which quiet hours are judged; due times are the database's.</summary>
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public static async Task<NotificationWorld> CreateAsync(bool allowPrivate = true)
    {
        var world = new NotificationWorld(await TestDatabase.CreateAsync(), allowPrivate);
        await world.Orders.ConnectAsync();
        await CaseReckoning.LimitAsync(world.Database.Sources.Work, new StageLimits(), default);
        return world;
    }

    /// <summary>The first node; it keeps what it holds from call to call.</summary>
    public NotificationPump Node() => node ??= NewNode();

    /// <summary>One more node of the same tower.</summary>
    public NotificationPump NewNode() => new(
        Database.Sources, Post, text, NodeIdentity.New("worker"), options, Clock, NullLogger<NotificationPump>.Instance);

    public ChannelDraft HookDraft(string kind = ChannelKind.Slack, string name = "Ops", string? url = null, IReadOnlyList<string>? events = null, QuietHours? quiet = null, int gather = 0) => new(
        kind, name, new ChannelSettings(""), Typed(kind, url ?? Hook.Url + "/hook"), events ?? NoticeKind.All, "UTC", quiet, BreachBreaks: true, gather, Enabled: true);

    public ChannelDraft MailDraft(string name = "Mail", string tls = "none", string user = "", string? password = null, string to = "team@example.com", int? port = null, IReadOnlyList<string>? events = null) => new(
        ChannelKind.Email, name, new ChannelSettings("127.0.0.1", port ?? Mail.Port, tls, user, "tower@example.com", to),
        password is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["password"] = password }, events ?? NoticeKind.All, "Europe/Amsterdam", null, BreachBreaks: true, 0, Enabled: true);

    public async Task<Guid> ChannelAsync(ChannelDraft draft)
    {
        var answer = await Desk.AddAsync(draft, Boss);
        var id = answer is ChannelAnswer.Done done ? done.Id : throw new InvalidOperationException(answer.ToString());
        // As if it had been there for long: what a test sets up has happened since.
        await Database.ExecuteAsync($"update notification_channel set since = now() - interval '30 days' where id = '{id}'");
        return id;
    }

    public async Task<CasePerson> PersonAsync(string name)
    {
        var (account, _) = await Accounts.AddAsync(new NewAccount($"{name.Split(' ')[0]}@example.com", name, "Operations", false), Actor.Tower("test"));
        return new CasePerson(account!.Id, account.Name);
    }

    /// <summary>A case of an order that is due so long from now; in a stage with a limit of two days.</summary>
    public async Task<long> CaseAsync(string order, TimeSpan dueIn, CasePerson? holder = null, decimal value = 100m)
    {
        var flow = await Orders.OrderAsync(order, value, stage: "acknowledged", inStage: TimeSpan.FromDays(2) - dueIn);
        var id = await Orders.CaseAsync(flow, value: value, age: TimeSpan.FromDays(1));
        if (holder is not null)
        {
            await GiveAsync(id, holder, TimeSpan.Zero);
        }

        return id;
    }

    /// <summary>As if somebody had given the case to its person so long ago.</summary>
    public Task GiveAsync(long id, CasePerson person, TimeSpan ago) =>
        Database.ExecuteAsync($"update exception_case set assignee = '{person.Id}', assigned_at = now() - interval '{(int)ago.TotalSeconds} seconds', looked_at = null where id = {id}");

    public static async Task TurnAsync(NotificationPump node)
    {
        await node.GatherAsync(default);
        while ((await node.RunOnceAsync(default)).Again)
        {
        }
    }

    /// <summary>What waits is due now, and whoever holds a channel has it no more: as if time had passed.</summary>
    public Task PassAsync() => Database.ExecuteAsync("update notification set due_at = now() where state = 'waiting'; update notification_channel set lease_owner = null, lease_until = null");

    public Task<string?> StatesAsync() => Database.ScalarAsync<string>("select string_agg(split_part(key, '/', 1) || ' ' || state, ', ' order by id) from notification");

    public async ValueTask DisposeAsync()
    {
        webhooks.Dispose();
        await Hook.DisposeAsync();
        await Mail.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static Dictionary<string, string> Typed(string kind, string url) =>
        kind == ChannelKind.Webhook ? new() { ["url"] = url, ["key"] = SigningKey } : new() { ["url"] = url };
}
