using System.Globalization;
using System.Text;

namespace ControlTower.Tests.Chaos;

/// <summary>Which fault has met orders, returns, stock and prices at which point of their way. A cell counts strikes: a strike counts once for each point at which at least one of them was while it lasted.</summary>
internal sealed class Coverage(ChaosWorld world)
{
    private const string Where = """
        select 'inbox' where exists (select from inbox_work where state = 0)
        union all select 'parked' where exists (select from inbox_work where state = 1)
        union all select 'thin' where exists (select from inbox_work where state = 2)
        union all select 'posting' where exists (select from delivery where kind = 'PostSalesOrder' and state = 1)
        union all select 'unknown' where exists (select from delivery where state = 2)
        union all select 'held' where exists (select from delivery where state = 3)
        union all select 'cancelling' where exists (select from delivery where kind = 'CancelSalesOrder')
        union all select 'paying' where exists (select from delivery where kind = 'PostPayment')
        union all select 'returning' where exists (select from flow where kind = 'return-to-refund' and status in ('open', 'attention'))
        union all select 'crediting' where exists (select from delivery where kind = 'PostCreditMemo')
        union all select 'refunding' where exists (select from delivery where kind = 'RefundPayment')
        union all select 'holding' where exists (select from stock_hold where state = 'active')
        union all select 'publishing' where exists (select from publication_batch where settled_at is null)
        union all select 'pricing' where exists (select from promotion_batch where settled_at is null)
        union all select distinct stage from flow where kind = 'order-to-cash' and status in ('open', 'attention') and stage in ('reserved', 'posted', 'acknowledged', 'shipped', 'invoiced')
        """;

    // Order to cash, return to refund, inventory, promotion.
    private static readonly string[] points =
    [
        "door", "inbox", "parked", "thin", "reserved", "posting", "unknown", "held", "posted", "acknowledged", "shipped", "invoiced", "paying", "cancelling",
        "returning", "crediting", "refunding", "holding", "publishing", "pricing",
    ];

    private readonly Lock gate = new();
    private readonly Dictionary<int, (ChaosFault Fault, HashSet<string> Seen)> striking = [];
    private readonly Dictionary<(ChaosFault Fault, string Point), int> cells = [];
    private readonly Dictionary<ChaosFault, int> strikes = [];

    public void Begin(Strike strike)
    {
        lock (gate)
        {
            strikes[strike.Fault] = strikes.GetValueOrDefault(strike.Fault) + 1;
            striking[strike.Number] = (strike.Fault, []);
        }
    }

    public void End(Strike strike)
    {
        lock (gate)
        {
            striking.Remove(strike.Number);
        }
    }

    /// <summary>Looks where all of it is, again and again until it is cancelled.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        IReadOnlyList<string> last = [];
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                last = await world.ListAsync(Where, r => r.GetString(0));
            }
            catch (Exception error) when (error is Npgsql.NpgsqlException or System.Net.Sockets.SocketException or IOException or TimeoutException)
            {
                // The database is what is struck: everything is where it was.
            }

            Count(world.Postman.UnderWay > 0 ? [.. last, "door"] : last);
            await ((Task)look.WaitForNextTickAsync(cancel).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public IReadOnlyList<string> NeverHit => [.. Enum.GetValues<ChaosFault>().SelectMany(f => points.Where(p => !cells.ContainsKey((f, p))).Select(p => $"{f} x {p}"))];

    public string Table()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{"fault x where things were",-25}{"strikes",9}");
        points.ToList().ForEach(p => text.Append(CultureInfo.InvariantCulture, $"{p,13}"));
        foreach (var fault in Enum.GetValues<ChaosFault>())
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"{fault,-22}{strikes.GetValueOrDefault(fault),12}");
            points.ToList().ForEach(p => text.Append(CultureInfo.InvariantCulture, $"{cells.GetValueOrDefault((fault, p)),13}"));
        }

        var never = NeverHit;
        var unstruck = Enum.GetValues<ChaosFault>().Where(f => !strikes.ContainsKey(f)).ToList();
        var all = points.Length * Enum.GetValues<ChaosFault>().Length;
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{all - never.Count} of {all} cells hit; faults that never struck: {(unstruck.Count == 0 ? "none" : string.Join(", ", unstruck))}");
        foreach (var fault in Enum.GetValues<ChaosFault>().Where(strikes.ContainsKey))
        {
            var missing = points.Where(p => !cells.ContainsKey((fault, p))).ToList();
            if (missing.Count > 0)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"never hit: {fault} x {string.Join(", ", missing)}");
            }
        }

        return text.ToString();
    }

    private void Count(IReadOnlyList<string> there)
    {
        lock (gate)
        {
            foreach (var (fault, seen) in striking.Values)
            {
                foreach (var point in there.Where(seen.Add))
                {
                    cells[(fault, point)] = cells.GetValueOrDefault((fault, point)) + 1;
                }
            }
        }
    }
}
