using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>A shop, its ERP, who takes its payments and the bank, and the orders of one month that is long over.</summary>
public sealed class LedgerWorld : IAsyncDisposable
{
    public const string Shop = "shop";
    public const string Erp = "bc";
    public const string Stripe = "stripe";
    public const string Bank = "bank";

    public static readonly DateTimeOffset Start = new(2026, 10, 1, 8, 0, 0, TimeSpan.Zero);

    private LedgerWorld(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public static async Task<LedgerWorld> CreateAsync()
    {
        var world = new LedgerWorld(await TestDatabase.CreateAsync());
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, currency, time_zone, posts_to, settings) values
                ('bc', 'business-central', 'erp', 'Business Central', '', 'EUR', 'UTC', null, '{"account:bank": "1920", "account:clearing": "1460", "account:adjustments": "8990"}'), ('shop', 'shopify', 'shop', 'Shop', 'Northlane', 'EUR', 'UTC', 'bc', '{}'),
                ('stripe', 'stripe', 'processor', 'Stripe', '', 'EUR', 'UTC', 'bc', '{}'), ('bank', 'bank', 'bank', 'Bank', '', 'EUR', 'UTC', null, '{}');
            insert into ledger_coverage (connection_id, kind, since) values ('bc', 'books', '2026-01-01'), ('stripe', 'payouts', '2026-01-01'), ('bank', 'bank', '2026-01-01');
            insert into ledger_route (channel, method, processor, settled, changed_by) values ('shop', 'card', 'stripe', true, 'test');
            """);
        return world;
    }

    /// <summary>Orders 1 to n as their channel states them: EUR 20 and some cents, paid by card, posted under a key. One an hour.</summary>
    /// <param name="cancelled">Those that were cancelled at the channel; <paramref name="refunded"/> those of which EUR 5 were paid back.</param>
    public async Task OrdersAsync(int count, IReadOnlyCollection<int>? cancelled = null, IReadOnlyCollection<int>? refunded = null)
    {
        await Database.ExecuteAsync(
            $$"""
            with o as (
                select n, 20 + n % 97 + (n % 100) / 100.0 as total, '2026-10-01 08:00+00'::timestamptz + n * interval '1 minute' as at, n = any (array[{{List(cancelled)}}]::integer[]) as cancelled, n = any (array[{{List(refunded)}}]::integer[]) as refunded
                from generate_series(1, {{count}}) n),
            f as (
                insert into flow (kind, source, source_id, brand, name, erp, state, stage, status, value, currency, placed_at)
                select 'order-to-cash', 'shop', '9' || lpad(n::text, 7, '0'), 'Northlane', 'NL-' || n, 'bc',
                    jsonb_build_object('Total', total, 'Captured', total, 'Currency', 'EUR', 'Cancelled', cancelled, 'ErpReference', 'x', 'Refunds', case when refunded then jsonb_build_array(jsonb_build_object('Id', 'r' || n, 'Amount', 5, 'At', at + interval '1 day')) else '[]'::jsonb end),
                    'done', 'done', total, 'EUR', at from o returning id, source_id),
            d as (
                insert into order_document (flow_id, version, body)
                select f.id, 1, jsonb_build_object('totals', jsonb_build_object('total', o.total, 'tax', round(o.total * 19 / 119, 2)), 'fulfilment', 'Ship', 'tenders', jsonb_build_array(jsonb_build_object('id', 't1', 'method', 'card', 'amount', o.total, 'kind', 'Sale', 'at', o.at)))
                from f join o on f.source_id = '9' || lpad(o.n::text, 7, '0'))
            insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, reference) select 'NL-' || o.n || '-' || lpad(upper(to_hex(o.n)), 15, '0') || 'A', f.id, 'bc', 'PostSalesOrder', 1, o.total, 'EUR', 'confirmed', 'x'
            from f join o on f.source_id = '9' || lpad(o.n::text, 7, '0')
            """);
        await Database.ExecuteAsync("select recon_flows(array(select id from flow order by id))");
    }

    public static decimal Total(int n) => 20m + (n % 97) + (n % 100 / 100m);

    public static DateTimeOffset At(int n) => Start.AddMinutes(n);

    public static string Key(int n) => $"NL-{n}-{n:X15}A";

    public static MoneyLine Invoice(int n, decimal? amount = null, decimal? tax = null, string id = "", string? key = null, DateTimeOffset? at = null) => new(
        MoneyKind.Invoice, $"inv-{n}{id}", 1, new Money(amount ?? Total(n), "EUR"), at ?? At(n).AddMinutes(5), $"PSI-{n}{id}", [key ?? Key(n)], Tax: tax ?? decimal.Round(Total(n) * 19m / 119m, 2));

    public static MoneyLine Credit(int n) => new(MoneyKind.CreditMemo, $"cr-{n}", 1, new Money(-5m, "EUR"), At(n).AddDays(1).AddMinutes(5), $"PCM-{n}", [Key(n)]);

    public static MoneyLine Charge(int n, decimal? amount = null, decimal fee = 0.55m, string? payout = null, string currency = "EUR", DateTimeOffset? at = null) => new(
        MoneyKind.Charge, $"ch-{n}", 1, new Money(amount ?? Total(n), currency), at ?? At(n).AddMinutes(1), $"ch-{n}", ["9" + n.ToString("D7", System.Globalization.CultureInfo.InvariantCulture)], Fee: fee, Payout: payout, Method: "card");

    public static MoneyLine ChargeRefund(int n, string? payout = null) => new(
        MoneyKind.ChargeRefund, $"re-{n}", 1, new Money(-5m, "EUR"), At(n).AddDays(1), $"re-{n}", ["9" + n.ToString("D7", System.Globalization.CultureInfo.InvariantCulture)], Payout: payout, Method: "card");

    public static MoneyLine Payout(int n, decimal amount, MoneyStatus status = MoneyStatus.Final) =>
        new(MoneyKind.Payout, $"po_{n:D6}", 1, new Money(amount, "EUR"), At(n * 10).AddDays(2), $"po_{n:D6}", [], status);

    public static MoneyLine Deposit(int n, decimal amount, string? words = null) => new(MoneyKind.BankEntry, $"dep-{n}", 1, new Money(amount, "EUR"), At(n * 10).AddDays(3), null, [], Text: words ?? $"STRIPE po_{n:D6}");

    public async Task<int> TellAsync(string connection, IReadOnlyList<MoneyLine> lines)
    {
        await using var open = await Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await open.BeginTransactionAsync();
        var changed = await LedgerStore.StoreAsync(open, connection, lines, null, default);
        await transaction.CommitAsync();
        return changed;
    }

    public async Task SettleAsync()
    {
        while (await ReconWork.SettleAsync(Database.Sources.Work, 5_000, default) > 0)
        {
        }
    }

    public Task<int> ProveAsync() => ReconWork.ProveAsync(Database.Sources.Work, new DateOnly(2026, 9, 1), new DateOnly(2026, 12, 31), default);

    /// <summary>What is open: comparison, kind, document.</summary>
    public async Task<List<string>> OpenAsync()
    {
        var all = await Database.ScalarAsync<string[]>("select coalesce(array_agg(comparison || ' ' || kind || ' ' || coalesce(document, '') order by 1), '{}') from recon_item where state = 'open'");
        return [.. (all ?? []).Order(StringComparer.Ordinal)];
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private static string List(IReadOnlyCollection<int>? numbers) => string.Join(',', numbers ?? []);
}
