using System.Net.Sockets;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using Npgsql;

namespace ControlTower.Tests.Chaos;

/// <summary>
/// One promotion over an ERP and a web shop while everything is struck: planned and agreed to as soon as that can be, ended towards the end of the run. Every price is then what it was.
/// The merchandisers try each step until it is done.
/// </summary>
internal sealed class Sale : IAsyncDisposable
{
    /// <summary>SQL that is true when nothing of it is under way any more.</summary>
    public const string IsOver = "not exists (select from promotion where state not in ('planned', 'ended', 'rolled-back', 'expired', 'cancelled')) and not exists (select from promotion_batch where settled_at is null)";

    private const string Erp = "bc-eu", Shop = "shopify-eu";
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    private readonly ChaosWorld world;
    private readonly Shelves shelves;
    private readonly TowerDataSources sources;
    private readonly Merchandisers merchandisers;
    private readonly Guid key = Guid.NewGuid();
    private readonly Dictionary<string, IReadOnlyDictionary<PriceSpot, PriceTag?>> before = new(StringComparer.Ordinal);
    private long? id;
    private bool agreed;

    private Sale(ChaosWorld world, Shelves shelves)
    {
        (this.world, this.shelves, sources) = (world, shelves, new TowerDataSources(world.ConnectionString));
        merchandisers = new Merchandisers(sources.Work);
    }

    public static async Task<Sale> OfAsync(ChaosWorld world, CancellationToken cancel) => new(world, await Shelves.OfAsync(world.Estate, cancel));

    /// <summary>How far it came, for people.</summary>
    public string Came => agreed ? $"{before.Values.Sum(b => b.Count)} prices were on sale" : "no sale came about";

    /// <summary>Begins it, lets it be until most of the time is over, ends it.</summary>
    public async Task HoldAsync(TimeSpan time, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(time * 0.75);
        try
        {
            await BeginAsync(over.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, over.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Whatever it has come to by now.
        }

        if (id is { } sale)
        {
            await UntilDoneAsync(() => merchandisers.BackAsync(sale, ends: true, cancel), cancel);
        }
    }

    /// <summary>A person tries again what waits for one.</summary>
    public Task AgainAsync(CancellationToken cancel) => id is { } sale ? UntilDoneAsync(() => merchandisers.AgainAsync(sale, cancel), cancel) : Task.CompletedTask;

    /// <summary>Prices that are not what they were.</summary>
    public async Task<IReadOnlyList<string>> WrongAsync(CancellationToken cancel)
    {
        var wrong = new List<string>();
        foreach (var (connection, spots) in before)
        {
            var now = await shelves.ShownAsync(connection, [.. spots.Keys], cancel);
            wrong.AddRange(spots.Where(s => !Equals(s.Value, now[s.Key])).Select(s => $"{s.Key} of {connection} was {s.Value} before the sale and is {now[s.Key]} after it"));
        }

        return wrong;
    }

    public async ValueTask DisposeAsync()
    {
        shelves.Dispose();
        await sources.DisposeAsync();
    }

    private async Task BeginAsync(CancellationToken over)
    {
        var both = $"from catalog_item s join catalog_item e on e.connection_id = '{Erp}' and e.sku = s.sku and e.price > 0 where s.connection_id = '{Shop}' and s.gone_at is null";
        await UntilAsync($"select count(*) >= 4 {both}", over);
        var skus = await world.ListAsync($"select s.sku {both} order by s.sku limit 4", r => r.GetString(0));
        var start = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-1);
        var plan = new PromotionPlan(
            "Under fire", new PromotionOffer(OfferKind.Percent, 10), new PromotionProducts(skus), [Erp, Shop], [], start, start.AddDays(30),
            [new PromotionStage("ERP", [Erp], []), new PromotionStage("Channels", [], [])], new PromotionRules(OnBreach: OnBreach.Ask, StartWithin: 7 * 24 * 60));
        await UntilDoneAsync(async () => id = await merchandisers.PlanAsync(key, plan, over), over);
        var planned = $"from promotion_revision r where r.promotion_id = {id}";
        do
        {
            await UntilDoneAsync(() => merchandisers.AskCheckAsync(id!.Value, over), over);
            await UntilAsync($"select r.checked_at >= r.check_asked_at {planned}", over);
        }
        while (!await world.TryAsync<bool>($"select not exists (select from promotion_finding where promotion_id = {id} and tone in ('error', 'unknown'))"));
        var cells = await world.ListAsync(
            $"select connection_id, item, place, currency from promotion_plan_cell where promotion_id = {id} and item <> '' and kind = 'price'", r => (Connection: r.GetString(0), Spot: new PriceSpot(r.GetString(1), r.GetString(2), r.GetString(3))));
        foreach (var one in cells.GroupBy(c => c.Connection))
        {
            await UntilDoneAsync(async () => before[one.Key] = await shelves.ShownAsync(one.Key, [.. one.Select(c => c.Spot)], over), over);
        }

        await UntilDoneAsync(async () =>
        {
            // The reply to the last try may have got lost.
            if (await world.ListAsync($"select state from promotion where id = {id}", r => r.GetString(0)) is ["planned"])
            {
                await merchandisers.ApproveAsync(id!.Value, over);
            }
        }, over);
        agreed = true;
    }

    private async Task UntilAsync(string condition, CancellationToken cancel)
    {
        while (!await world.TryAsync<bool>(condition))
        {
            await Task.Delay(Again, TimeProvider.System, cancel);
        }
    }

    private static async Task UntilDoneAsync(Func<Task> act, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await act();
                return;
            }
            catch (Exception error) when (error is NpgsqlException or SocketException or IOException or HttpRequestException or TimeoutException or InvalidOperationException)
            {
                await Task.Delay(Again, TimeProvider.System, cancel);
            }
        }
    }
}
