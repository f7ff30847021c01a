using System.Diagnostics;
using ControlTower.Data.Db;

namespace ControlTower.Bench;

/// <summary>
/// Orders against invoices, and payments against charges, a million lines a side with five hundred differences: the full pass, which judges and writes, against the bare FULL OUTER JOIN that finds the same lines,
/// in turns; then the same with one group in a hundred marked.
/// </summary>
internal sealed class ReconcileBench(BenchDatabase database, TextWriter log)
{
    private const int Differences = 500;

    private const string Raw = """
        select count(*) from (select group_key, amount from recon_entry where comparison = 'order' and not other) a
        full join (select group_key, amount from recon_entry where comparison = 'order' and other) b using (group_key) where a.amount is distinct from b.amount
        """;

    public async Task<BenchResult> RunAsync(int lines, int rounds)
    {
        await using var copy = await database.CreateAsync("bench_reconcile", from: null);
        var sources = copy.Sources.Work;
        var started = Stopwatch.GetTimestamp();
        await FillAsync(sources, lines);
        await log.WriteLineAsync($"{lines} lines a side made in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        var (raw, full, threeWay, dirty) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var sound = true;
        for (var round = 0; round < rounds; round++)
        {
            await RunAsync(sources, "truncate recon_comment, recon_item cascade");
            raw.Add(await TimeAsync(async () => sound &= await ScalarAsync<long>(sources, Raw) == Differences));
            full.Add(await TimeAsync(async () => sound &= await ScalarAsync<int>(sources, "select recon_settle('order', null)") == Differences));
            threeWay.Add(full[^1] + await TimeAsync(async () => sound &= await ScalarAsync<int>(sources, "select recon_settle('settlement', null)") == Differences));
            // Twice is the same.
            sound &= await ScalarAsync<int>(sources, "select recon_settle('order', null)") == 0;
            await RunAsync(sources, "truncate recon_comment, recon_item cascade");
            await RunAsync(sources, $"insert into recon_dirty (comparison, group_key) select 'order', 'f' || n from generate_series(1, {lines / 100}) n");
            dirty.Add(await TimeAsync(() => RunAsync(sources, $"select recon_work({lines})")));
            await log.WriteLineAsync($"round {round + 1}: join {raw[^1]:0} ms, full {full[^1]:0} ms, three-way {threeWay[^1]:0} ms, one in a hundred {dirty[^1]:0} ms");
        }

        return new BenchResult(
            new
            {
                bench = "reconcile",
                lines,
                differences = Differences,
                rawJoinMs = Math.Round(Benches.Median(raw)),
                fullMs = Math.Round(Benches.Median(full)),
                threeWayMs = Math.Round(Benches.Median(threeWay)),
                dirtyMs = Math.Round(Benches.Median(dirty)),
                fullToJoin = Ratio(full, raw),
                threeWayToJoin = Ratio(threeWay, raw),
                dirtyToFull = Ratio(dirty, full),
                goals = "full at most 1.25 of the join, three-way 2.2, one in a hundred at most 0.05 of full",
            },
            sound);

        static double Ratio(List<double> of, List<double> to) => Math.Round(Benches.Median(of.Zip(to, (a, b) => a / b)), 3);
    }

    private static async Task FillAsync(Npgsql.NpgsqlDataSource sources, int lines)
    {
        await RunAsync(sources,
            """
            insert into connection (id, kind, role, name, currency, posts_to) values ('erp', 'business-central', 'erp', 'ERP', 'EUR', null), ('shop', 'shopify', 'shop', 'Shop', 'EUR', 'erp'), ('pay', 'stripe', 'processor', 'Stripe', 'EUR', 'erp');
            insert into ledger_coverage (connection_id, kind, since) values ('erp', 'books', '2026-01-01'), ('pay', 'payouts', '2026-01-01');
            insert into ledger_route (channel, method, processor, settled, changed_by) values ('shop', 'card', 'pay', true, 'bench');
            """);
        await RunAsync(sources, $"insert into flow (kind, source, source_id, currency, value) select 'order-to-cash', 'shop', n::text, 'EUR', 10 from generate_series(1, {lines}) n");
        foreach (var (connection, kind, wrong) in new[] { ("shop", "Order", 0), ("erp", "Invoice", 1), ("shop", "Tender", 0), ("pay", "Charge", 2) })
        {
            await RunAsync(sources,
                $"""
                insert into ledger_line (connection_id, kind, external_id, amount, currency, tax, method, document, refs, at, day, flow_id)
                select '{connection}', '{kind}', n::text, 10 + n % 100 + case when {wrong} > 0 and n % {lines / Differences} = {wrong} then 1 else 0 end, 'EUR', 1, 'card', 'NL-' || n, array[n::text], '2026-10-01'::timestamptz + n * interval '1 second', '2026-10-01',
                    (select min(id) from flow) + n - 1 from generate_series(1, {lines}) n
                """);
        }

        await RunAsync(sources,
            """
            insert into recon_entry (comparison, line_id, other, own_key, group_key, amount, currency, tax, status, at)
            select case when kind in ('Order', 'Invoice') then 'order' else 'settlement' end, id, kind in ('Invoice', 'Charge'), 'f' || flow_id, 'f' || flow_id, amount, currency, tax, status, at from ledger_line
            """);
        await RunAsync(sources, "analyze recon_entry");
        await RunAsync(sources, "analyze ledger_line");
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task RunAsync(Npgsql.NpgsqlDataSource sources, string sql)
    {
        await using var command = sources.Command($"set statement_timeout = 0; {sql}");
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T?> ScalarAsync<T>(Npgsql.NpgsqlDataSource sources, string sql)
    {
        await using var command = sources.Command($"set statement_timeout = 0; {sql}");
        command.CommandTimeout = 0;
        return (T?)await command.ExecuteScalarAsync();
    }
}
