using ControlTower.Data.Currencies;
using ControlTower.Data.Db;

namespace ControlTower.Data.Views;

/// <summary>How a person wants to read.</summary>
/// <param name="TotalsIn">Sums of several currencies are told in this one, where all have a rate; null leaves them apart.</param>
/// <param name="Clocks">Times as clocks instead of ages.</param>
/// <param name="CaseColumns">Columns of the desk's list, keys with commas, each with its width if it is not the usual one; null for the usual ones.</param>
/// <param name="DeskPace">How closely the desk follows what changes: seconds, 0 at once, -1 when asked.</param>
public sealed record ViewerChoice(string? TotalsIn, bool Clocks, string? CaseColumns, int DeskPace);

/// <summary>Each person's own way to read. The last write counts; reading again and writing again are always safe.</summary>
public sealed class ViewerChoices(TowerDataSources sources)
{
    public async Task<ViewerChoice> FindAsync(Guid account, CancellationToken cancel) =>
        (await sources.Read.Command("select totals_in, clocks, case_columns, desk_pace from viewer_choice where account_id = $1", Sql.Of(account))
            .ListAsync(r => new ViewerChoice(r.Maybe<string>(0), r.GetBoolean(1), r.Maybe<string>(2), r.GetInt32(3)), cancel))
        .FirstOrDefault() ?? new ViewerChoice(null, Clocks: false, null, 0);

    /// <summary>The currencies that have a rate.</summary>
    public async Task<IReadOnlyList<CurrencyRate>> RatesAsync(CancellationToken cancel) => [.. (await CurrencyStore.ListAsync(sources.Read, cancel)).Where(rate => rate.Rate is not null)];

    public Task SaveReadingAsync(Guid account, string? totalsIn, bool clocks, CancellationToken cancel) =>
        sources.Work.Command(
                "insert into viewer_choice (account_id, totals_in, clocks) values ($1, $2, $3) on conflict (account_id) do update set totals_in = excluded.totals_in, clocks = excluded.clocks",
                Sql.Of(account), Sql.Of(totalsIn, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(clocks))
            .ExecuteAsync(cancel);

    public Task SaveDeskAsync(Guid account, string? columns, int pace, CancellationToken cancel) =>
        sources.Work.Command(
                "insert into viewer_choice (account_id, case_columns, desk_pace) values ($1, $2, $3) on conflict (account_id) do update set case_columns = excluded.case_columns, desk_pace = excluded.desk_pace",
                Sql.Of(account), Sql.Of(columns, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(pace))
            .ExecuteAsync(cancel);
}
