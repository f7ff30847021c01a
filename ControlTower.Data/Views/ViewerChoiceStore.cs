using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Views;

/// <summary>How a person wants to read.</summary>
/// <param name="TotalsIn">Sums of several currencies are told in this one, where all have a rate; null leaves them apart.</param>
/// <param name="Clocks">Times as clocks instead of ages.</param>
/// <param name="CaseColumns">Columns of the desk's list, keys with commas; null for the usual ones.</param>
public sealed record ViewerChoice(string? TotalsIn, bool Clocks, string? CaseColumns);

/// <summary>Each person's own way to read. The last write counts.</summary>
public static class ViewerChoiceStore
{
    public static async Task<ViewerChoice> FindAsync(NpgsqlDataSource data, Guid account, CancellationToken cancel) =>
        (await data.Command("select totals_in, clocks, case_columns from viewer_choice where account_id = $1", Sql.Of(account))
            .ListAsync(r => new ViewerChoice(r.Maybe<string>(0), r.GetBoolean(1), r.Maybe<string>(2)), cancel))
        .FirstOrDefault() ?? new ViewerChoice(null, Clocks: false, null);

    public static Task SaveReadingAsync(NpgsqlDataSource data, Guid account, string? totalsIn, bool clocks, CancellationToken cancel) =>
        data.Command(
                "insert into viewer_choice (account_id, totals_in, clocks) values ($1, $2, $3) on conflict (account_id) do update set totals_in = excluded.totals_in, clocks = excluded.clocks",
                Sql.Of(account), Sql.Of(totalsIn, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(clocks))
            .ExecuteAsync(cancel);

    public static Task SaveCaseColumnsAsync(NpgsqlDataSource data, Guid account, string? columns, CancellationToken cancel) =>
        data.Command(
                "insert into viewer_choice (account_id, case_columns) values ($1, $2) on conflict (account_id) do update set case_columns = excluded.case_columns",
                Sql.Of(account), Sql.Of(columns, NpgsqlTypes.NpgsqlDbType.Text))
            .ExecuteAsync(cancel);
}
