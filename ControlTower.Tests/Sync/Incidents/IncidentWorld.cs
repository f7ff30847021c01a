using ControlTower.Data.Audit;
using ControlTower.Data.Flows;
using ControlTower.Data.Incidents;
using ControlTower.Data.Kpis;
using ControlTower.Data.Live;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Incidents;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Incidents;

/// <summary>Two shops and an ERP with what happens to their orders, the detection over them, and the desk of people. Rules hold at once unless a test says otherwise.</summary>
public sealed class IncidentWorld : IAsyncDisposable
{
    public static readonly Guid IdaId = Guid.Parse("00000000-0000-0000-0000-00000000000a");
    public static readonly Actor Ida = new(IdaId, "Ida Holm", "Operations");
    public static readonly Actor Boss = new(Guid.Parse("00000000-0000-0000-0000-00000000000b"), "Bo Admin", "Admin");

    private IncidentWorld(TestDatabase database)
    {
        Database = database;
        Orders = new OrderWorld(database);
        var changes = new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance);
        var audit = new AuditLog(database.Sources, TimeProvider.System);
        Desk = new IncidentDesk(database.Sources, audit, changes);
        Queries = new IncidentQueries(database.Sources);
        Pump = NewPump();
    }

    public TestDatabase Database { get; }

    public OrderWorld Orders { get; }

    public IncidentDesk Desk { get; }

    public IncidentQueries Queries { get; }

    /// <summary>Of the first node.</summary>
    public IncidentPump Pump { get; }

    public static async Task<IncidentWorld> CreateAsync()
    {
        var world = new IncidentWorld(await TestDatabase.CreateAsync());
        await world.Orders.ConnectAsync();
        await world.Database.ExecuteAsync(
            $"""
            insert into account (id, email, name, role, security_stamp, created_at) values ('{IdaId}', 'ida@example.com', 'Ida Holm', 'Operations', gen_random_uuid(), now()), ('{Boss.Id}', 'bo@example.com', 'Bo Admin', 'Admin', gen_random_uuid(), now());
            update incident_rule set after_minutes = 0 where kind <> 'pump'
            """);
        return world;
    }

    public IncidentPump NewPump() => new(
        Database.Sources, new IncidentDetection(Database.Sources, new KpiBudgets(Database.Sources, new KpiQueries(Database.Sources)), new StageLimitBook(Options.Create(new StageLimits())), TimeProvider.System) { Pace = TimeSpan.Zero }, NodeIdentity.New("worker"),
        new ChangeNotifier(Database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), NullLogger<IncidentPump>.Instance);

    public Task LookAsync() => Pump.RunOnceAsync(default);

    /// <summary>The only incident.</summary>
    public async Task<IncidentView> OnlyAsync()
    {
        var list = await Queries.ListAsync(new IncidentFilter([], [], null, null), 10, default);
        return (await Queries.FindAsync(Assert.Single(list).Id, default))!;
    }

    public Task<long> CountAsync() => Database.ScalarAsync<long>("select count(*) from incident");

    /// <summary>The ERP does not answer: its breaker is open since so long ago.</summary>
    public Task DownAsync(int minutes = 5) =>
        Database.ExecuteAsync($"update connection_gate set breaker = 'open', breaker_since = now() - interval '{minutes} minutes', breaker_reason = 'no answer' where connection_id = 'bc-eu'");

    public Task UpAsync() => Database.ExecuteAsync("update connection_gate set breaker = 'closed', breaker_since = now() where connection_id = 'bc-eu'");

    /// <summary>An order whose posting the ERP did not answer, so long ago; it waits in the deferred lane.</summary>
    public async Task<long> HarmedAsync(string name, int minutesAgo, decimal value = 100m)
    {
        var flow = await Orders.OrderAsync(name, value, age: TimeSpan.FromMinutes(minutesAgo + 1), inStage: TimeSpan.FromMinutes(minutesAgo));
        var key = Key(name);
        await Orders.PostingAsync(flow, key, value: value);
        await Orders.DeliveryAsync(flow, key, lane: 1, attempts: 1);
        await Database.ExecuteAsync(
            $"""
            update posting set intended_at = now() - interval '{minutesAgo} minutes' where key = '{key}';
            update delivery set created_at = now() - interval '{minutesAgo} minutes', first_sent_at = now() - interval '{minutesAgo} minutes', last_sent_at = now() - interval '{minutesAgo} minutes' where posting_key = '{key}'
            """);
        await Orders.CallAsync(flow, key, status: null, outcome: "no-answer", failure: "connection", ago: TimeSpan.FromMinutes(minutesAgo));
        return flow;
    }

    /// <summary>The ERP has accepted the order's posting.</summary>
    public Task PostedAsync(string name) => Database.ExecuteAsync(
        $"delete from delivery where posting_key = '{Key(name)}'; update posting set state = 'confirmed', reference = 'SO-1', settled_at = now() where key = '{Key(name)}'");

    public static string Key(string name) => $"{name}-0123456789ABCDEF";

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
