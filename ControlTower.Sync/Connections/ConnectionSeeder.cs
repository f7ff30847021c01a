using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Connections;

/// <summary>Where connections may be taken from at start.</summary>
public sealed class EstateOptions
{
    public const string Section = "Estate";

    /// <summary>Address of a simulated estate on this machine, as printed by <c>./tower estate</c>. Never set in production.</summary>
    public Uri? Url { get; set; }

    /// <summary>A JSON file with connections, locations and stock; read at each start, applied to what differs.</summary>
    public string? SeedFile { get; set; }
}

public sealed class EstateOptionsValidator : IValidateOptions<EstateOptions>
{
    public ValidateOptionsResult Validate(string? name, EstateOptions options)
    {
        var problems = new List<string>();
        if (options.Url is { IsLoopback: false })
        {
            problems.Add("Estate:Url must be an address on this machine (http://127.0.0.1:PORT): a simulated estate is for trying out only.");
        }

        if (options.SeedFile is { } file && !File.Exists(file))
        {
            problems.Add($"Estate:SeedFile names a file that does not exist: {file}");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}

/// <summary>
/// Sets up connections, locations and first stock from a document. Idempotent: what is there is brought up to date, counted stock is never set again. A connection that the document
/// names without secrets keeps those that are stored.
/// </summary>
public sealed partial class ConnectionSeeder(
    TowerDataSources data, ConnectorCatalog connectors, SecretSeal seal, AuditLog audit, ChangeNotifier changes, IOptions<EstateOptions> options, IHttpClientFactory http,
    ILogger<ConnectionSeeder> log)
{
    public async Task SeedAsync(CancellationToken cancel)
    {
        if (options.Value.Url is { } url)
        {
            using var client = http.CreateClient();
            var seed = await client.GetFromJsonAsync(new Uri(url, "/estate/connections"), ConnectionSeedJson.Default.ConnectionSeed, cancel);
            await ApplyAsync(seed!, cancel);
        }

        if (options.Value.SeedFile is { } file)
        {
            await using var stream = File.OpenRead(file);
            await ApplyAsync((await JsonSerializer.DeserializeAsync(stream, ConnectionSeedJson.Default.ConnectionSeed, cancel))!, cancel);
        }
    }

    public async Task ApplyAsync(ConnectionSeed seed, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.Command("select pg_advisory_xact_lock(hashtext('connection-seed'))").ExecuteAsync(cancel);

        // ERPs first: shops point at them.
        foreach (var c in (seed.Connections ?? []).OrderBy(c => c.PostsTo is null ? 0 : 1))
        {
            var there = await ConnectionStore.LockAsync(connection, c.Id, cancel);
            if (await ConnectionStore.UpsertAsync(connection, Row(c, there?.SealedSecrets), cancel))
            {
                // It may have undone what a person set up on screen: that is told where people's own changes are.
                await audit.AppendAsync(connection, transaction, new AuditEntry(Actor.Tower("seed"), SetupDesk.Configure, $"connection:{c.Id}"), cancel);
            }
        }

        await SeedStockAsync(connection, seed, cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Connections);
        Seeded(log, seed.Connections?.Count ?? 0, seed.Locations?.Count ?? 0, seed.Stock?.Count ?? 0);
    }

    private ConnectionRow Row(SeedConnection c, byte[]? stored) => new(
        c.Id, c.Kind, connectors.Of(c.Kind).Role.Word(), c.Name, c.Brand ?? "", c.Region, c.Currency, c.TimeZone ?? "UTC", c.PostsTo,
        c.Settings ?? [], c.Secrets is null ? null : Sealed(c.Id, c.Secrets, stored), Paused: false, SubscribedAt: null, Version: 1);

    // The same secrets never look the same when they are sealed again.
    private byte[] Sealed(string id, Dictionary<string, string> secrets, byte[]? stored) =>
        stored is not null && seal.TryOpen(id, stored, out var opened) && opened.Count == secrets.Count && secrets.All(pair => opened.GetValueOrDefault(pair.Key) == pair.Value)
            ? stored
            : seal.Seal(id, secrets);

    private static async Task SeedStockAsync(NpgsqlConnection connection, ConnectionSeed seed, CancellationToken cancel)
    {
        var locations = seed.Locations ?? [];
        await connection.Command(
                """
                insert into location (id, name, kind, brand, region) select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
                on conflict (id) do update set name = excluded.name, kind = excluded.kind, brand = excluded.brand, region = excluded.region
                """,
                Sql.Of(locations.Select(l => l.Id).ToArray()), Sql.Of(locations.Select(l => l.Name).ToArray()), Sql.Of(locations.Select(l => l.Kind).ToArray()),
                Sql.Of(locations.Select(l => l.Brand).ToArray()), Sql.Of(locations.Select(l => l.Region).ToArray()))
            .ExecuteAsync(cancel);
        var stock = seed.Stock ?? [];
        await connection.Command(
                """
                with counted as (
                    insert into stock (sku, location, on_hand) select * from unnest($1::text[], $2::text[], $3::int[])
                    on conflict (sku, location) do nothing returning sku, location, on_hand)
                insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason) select sku, location, on_hand, 0, 'seed', 'count' from counted
                """,
                Sql.Of(stock.Select(s => s.Sku).ToArray()), Sql.Of(stock.Select(s => s.Location).ToArray()), Sql.Of(stock.Select(s => s.OnHand).ToArray()))
            .ExecuteAsync(cancel);
    }

    [LoggerMessage(EventId = 2211, Level = LogLevel.Information, Message = "Set up {Connections} connections, {Locations} locations and {Items} stock positions")]
    private static partial void Seeded(ILogger log, int connections, int locations, int items);
}
