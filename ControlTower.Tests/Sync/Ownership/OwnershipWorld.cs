using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Ownership;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>The engine, two admins, and a way to have rules in force at once.</summary>
internal sealed class OwnershipWorld : IAsyncDisposable
{
    public static readonly Actor Ada = new(Guid.Parse("00000000-0000-0000-0000-0000000000a1"), "Ada Admin", "Admin");
    public static readonly Actor Bo = new(Guid.Parse("00000000-0000-0000-0000-0000000000b2"), "Bo Admin", "Admin");

    private OwnershipWorld(EngineWorld engine) => Engine = engine;

    public EngineWorld Engine { get; }

    public TestDatabase Database => Engine.Database;

    public OwnershipDesk Desk => Engine.Get<OwnershipDesk>();

    public static async Task<OwnershipWorld> CreateAsync()
    {
        var engine = await EngineWorld.CreateAsync();
        await engine.Database.ExecuteAsync(
            $"""
            insert into account (id, email, name, role, security_stamp, created_at)
            values ('{Ada.Id}', 'ada@example.com', 'Ada Admin', 'Admin', gen_random_uuid(), now()), ('{Bo.Id}', 'bo@example.com', 'Bo Admin', 'Admin', gen_random_uuid(), now());
            update connection set posts_to = 'erp' where id = 'shop'
            """);
        await engine.Get<ConnectionDirectory>().RefreshAsync(default);
        return new OwnershipWorld(engine);
    }

    /// <summary>Drafted, tried, asked and approved.</summary>
    public async Task<int> InForceAsync(DateTimeOffset? from, DateTimeOffset? until, params OwnershipRule[] rules)
    {
        var number = Done(await Desk.DraftAsync(new OwnershipDraft("A change", "Because.", rules, from, until), Guid.NewGuid(), Ada, default));
        Assert.NotNull(await Engine.Get<OwnershipTrials>().RunAsync(number, 1, null, default));
        Done(await Desk.AskAsync(number, 1, Ada, default));
        Done(await Desk.ApproveAsync(number, 2, "", Bo, default));
        return number;
    }

    public Task<int> InForceAsync(params OwnershipRule[] rules) => InForceAsync(null, null, rules);

    /// <summary>Has the rules read anew: a picture may be a second old.</summary>
    public async Task<RuleBook> FreshAsync()
    {
        var revision = await OwnershipStore.RevisionAsync(Database.Sources.Work, default);
        RuleBook book;
        var started = TimeProvider.System.GetTimestamp();
        do
        {
            book = await Engine.Get<OwnershipBook>().CurrentAsync(default);
        }
        while (book.Revision != revision && TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
        return book;
    }

    public async Task StoreAsync(string connectionId, params CatalogVariant[] items)
    {
        var book = await FreshAsync();
        await using var connection = await Database.Sources.Work.OpenConnectionAsync();
        await CatalogStore.StoreAsync(
            connection, connectionId, items, OwnershipGuard.Fields(book, Engine.Get<ConnectionDirectory>().Find(connectionId)!, OwnershipDomains.Product, OwnershipDomains.Price), default);
    }

    /// <summary>The log of others' writes and owners', the oldest first, as <c>source domain/field subject old→new verdict</c>.</summary>
    public async Task<List<string>> LogAsync() =>
        await Database.Sources.Work.CreateCommand(
                "select concat(source, ' ', domain, '/', field, ' ', subject, ' ', coalesce(old, '-'), '→', coalesce(new, '-'), case when owner_value is not null then ' not ' || owner_value end, ' ', verdict, ' ', set_number) from ownership_write order by id")
            .TextsAsync();

    public static int Done(OwnershipAnswer answer) => Assert.IsType<OwnershipAnswer.Done>(answer).Number;

    public static string Refused(OwnershipAnswer answer) => Assert.IsType<OwnershipAnswer.Refused>(answer).Rule;

    public static string Wrong(OwnershipAnswer answer) => Assert.IsType<OwnershipAnswer.Refused>(answer).Field ?? "";

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}

file static class Commands
{
    public static async Task<List<string>> TextsAsync(this Npgsql.NpgsqlCommand command)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync();
            var list = new List<string>();
            while (await reader.ReadAsync())
            {
                list.Add(reader.GetString(0));
            }

            return list;
        }
    }
}
