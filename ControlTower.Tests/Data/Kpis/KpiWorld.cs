using System.Globalization;
using ControlTower.Data.Kpis;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Data.Kpis;

/// <summary>Flows at set times, and their figures.</summary>
internal sealed class KpiWorld(TestDatabase database) : IAsyncDisposable
{
    /// <summary>The begin of an hour some days ago, so that nothing depends on the time of day.</summary>
    public DateTimeOffset Start { get; private init; }

    public TestDatabase Database => database;

    public KpiQueries Queries { get; } = new(database.Sources);

    public static async Task<KpiWorld> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await new OrderWorld(database).ConnectAsync();
        await database.ExecuteAsync("update connection set created_at = now() - interval '1 year'");
        return new KpiWorld(database) { Start = await database.ScalarAsync<DateTime>("select date_trunc('hour', now() - interval '5 days', 'UTC')") };
    }

    /// <param name="at">From the start.</param>
    public Task<long> OrderAsync(string name, TimeSpan at, string state = "{}", string source = OrderWorld.Shop, decimal value = 100m) => database.ScalarAsync<long>(
        $"""
        insert into flow (kind, source, source_id, brand, name, erp, state, steps, stage, value, currency, placed_at)
        values ('order-to-cash', '{source}', '{name}', '{(source == OrderWorld.Shop ? "Northlane" : "Fjord")}', '{name}', 'bc-eu', '{state}', 0, 'captured', {value.ToString(CultureInfo.InvariantCulture)}, 'EUR', {Time(at)}) returning id
        """);

    public Task<long> ReturnAsync(string name, TimeSpan at, string state = "{}") => database.ScalarAsync<long>(
        $"""
        insert into flow (kind, source, source_id, brand, name, erp, state, steps, stage, value, currency, placed_at)
        values ('return-to-refund', '{OrderWorld.Shop}', '{name}', 'Northlane', '{name}', 'bc-eu', '{state}', 0, 'requested', 20, 'EUR', {Time(at)}) returning id
        """);

    public Task StepAsync(long flow, string type, TimeSpan at, string? detail = null, string? reference = null) => database.ExecuteAsync(
        $"""
        with f as (update flow set steps = steps + 1 where id = {flow} returning steps)
        insert into event_log (flow_id, step, type, stage, at, detail, reference) select {flow}, steps, '{type}', 'x', {Time(at)}, {Text(detail)}, {Text(reference)} from f
        """);

    public Task PostingAsync(long flow, string key, TimeSpan asked, TimeSpan? confirmed, string system = OrderWorld.Erp) => database.ExecuteAsync(
        $"""
        insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, reference, intended_at, settled_at)
        values ('{key}', {flow}, '{system}', 'PostSalesOrder', 1, 100, 'EUR', {(confirmed is null ? "'intended', null" : "'confirmed', 'r'")}, {Time(asked)}, {(confirmed is { } at ? Time(at) : "null")})
        """);

    public Task CallAsync(long? flow, string? key, TimeSpan at, string outcome, int? status, int attempt = 1, string verb = "POST", string purpose = "post", string system = OrderWorld.Erp) => database.ExecuteAsync(
        $"""
        insert into vendor_call (connection_id, posting_key, flow_id, purpose, attempt, verb, path, status, outcome, started_at, took_ms)
        values ('{system}', {Text(key)}, {flow?.ToString(CultureInfo.InvariantCulture) ?? "null"}, '{purpose}', {attempt}, '{verb}', '/x', {status?.ToString(CultureInfo.InvariantCulture) ?? "null"}, '{outcome}', {Time(at)}, 5)
        """);

    public async Task<long> ReckonAsync(params long[] flows)
    {
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        return await KpiWork.ReckonAsync(connection, flows, default);
    }

    public async Task FoldAsync()
    {
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        while (await KpiWork.FoldCallsAsync(connection, 100, default) > 0)
        {
        }
    }

    public async Task<KpiFigure> FigureAsync(string kpi, KpiScope? scope = null) => (await Queries.FiguresAsync([KpiCatalogue.Find(kpi)!], scope ?? All, default))[0];

    public KpiScope All => new(Start.AddDays(-10), Start.AddDays(10));

    /// <summary>Everything that was reckoned, as text that can be compared. Slices by what they are, because their numbers depend on who came first.</summary>
    public async Task<string> StoredAsync() => (await database.ScalarAsync<string>(
        """
        select string_agg(line, E'\n' order by line collate "C") from (
            select format('fact %s %s %s %s %s %s %s %s', f.flow_id, f.kpi, f.subject, (s.brand, s.channel, s.store, s.system), f.at, f.until, f.hit, f.weight) as line from kpi_fact f join kpi_slice s on s.id = f.slice
            union all select format('cell %s %s %s %s %s %s', c.kpi, c.hour, (s.brand, s.channel, s.store, s.system), c.n, c.hits, trim_scale(c.seconds)) from kpi_cell c join kpi_slice s on s.id = c.slice where c.n > 0
            union all select format('mark %s %s %s %s %s', m.kpi, m.hour, (s.brand, s.channel, s.store, s.system), m.mark, m.n) from kpi_mark m join kpi_slice s on s.id = m.slice where m.n > 0) x
        """))!;

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private string Time(TimeSpan at) => $"'{(Start + at).UtcDateTime.ToString("O", CultureInfo.InvariantCulture)}'::timestamptz";

    private static string Text(string? text) => text is null ? "null" : $"'{text}'";
}
