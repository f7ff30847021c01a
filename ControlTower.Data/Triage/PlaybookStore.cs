using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>What holds for every failure of a kind.</summary>
/// <param name="Failure">The kind as stored, such as <c>unknown-outcome</c>.</param>
/// <param name="Loss">The share of the document's value that is lost if nobody acts, 0 to 1.</param>
/// <param name="Runbook">Where the retailer's own instructions are; null for none.</param>
/// <param name="KeepResolved">So long the words of a resolved case are kept.</param>
/// <param name="KeepDiscarded">So long those of a discarded one.</param>
/// <param name="Open">Open cases of the kind.</param>
public sealed record CaseClass(string Failure, decimal Loss, Uri? Runbook, TimeSpan KeepResolved, TimeSpan KeepDiscarded, int Version, long Open);

/// <summary>The retailer's own words about failures of one kind and code.</summary>
/// <param name="Advice">Empty if there is only a link.</param>
/// <param name="Version">0 for one that is not there yet.</param>
public sealed record Remedy(string Failure, string Code, string Advice, Uri? Runbook, int Version, DateTimeOffset ChangedAt, string ChangedBy);

/// <summary>Reads and writes of the editable part of the playbook. A write names the version that was seen; false means that somebody was faster, and nothing was changed.</summary>
public static class PlaybookStore
{
    private const string RemedyColumns = "failure, code, advice, runbook, version, changed_at, changed_by";

    public static Task<List<CaseClass>> ClassesAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                select k.failure, k.loss, k.runbook, k.keep_resolved, k.keep_discarded, k.version,
                       coalesce((select sum(b.cases) from (select failure, cases from case_tally union all select failure, cases from case_tally_change) b where b.failure = k.failure), 0)::bigint
                from case_class k order by k.failure
                """)
            .ListAsync(r => new CaseClass(r.GetString(0), r.GetDecimal(1), Address(r, 2), r.GetFieldValue<TimeSpan>(3), r.GetFieldValue<TimeSpan>(4), r.GetInt32(5), r.GetInt64(6)), cancel);

    public static Task<List<Remedy>> RemediesAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command($"select {RemedyColumns} from remedy order by failure, code").ListAsync(Read, cancel);

    public static async Task<Remedy?> FindAsync(NpgsqlDataSource data, string failure, string code, CancellationToken cancel) =>
        (await data.Command($"select {RemedyColumns} from remedy where failure = $1 and code = $2", Sql.Of(failure), Sql.Of(code)).ListAsync(Read, cancel)).FirstOrDefault();

    /// <summary>Changes a kind. What its open cases have at risk is asked for in the same transaction.</summary>
    public static async Task<bool> ChangeAsync(NpgsqlConnection connection, CaseClass wanted, CancellationToken cancel)
    {
        var loss = await connection.Command("select loss from case_class where failure = $1 for update", Sql.Of(wanted.Failure)).ScalarAsync<decimal>(cancel);
        var changed = await connection.Command(
                "update case_class set loss = $2, runbook = $3, keep_resolved = $4, keep_discarded = $5, version = version + 1 where failure = $1 and version = $6",
                Sql.Of(wanted.Failure), Sql.Of(wanted.Loss), Sql.Of(wanted.Runbook?.AbsoluteUri, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(wanted.KeepResolved), Sql.Of(wanted.KeepDiscarded), Sql.Of(wanted.Version))
            .ExecuteAsync(cancel) == 1;
        if (changed && loss != wanted.Loss)
        {
            await CaseReckoning.AskForKindAsync(connection, wanted.Failure, cancel);
        }

        return changed;
    }

    public static async Task<bool> PutAsync(NpgsqlConnection connection, Remedy wanted, CancellationToken cancel) =>
        await connection.Command(
                """
                insert into remedy as r (failure, code, advice, runbook, changed_by) select $1, $2, $3, $4, $5 where $6 = 0
                on conflict (failure, code) do nothing
                """,
                Parameters(wanted)).ExecuteAsync(cancel) == 1
        || await connection.Command(
                "update remedy set advice = $3, runbook = $4, changed_by = $5, changed_at = now(), version = version + 1 where failure = $1 and code = $2 and version = $6 and $6 > 0",
                Parameters(wanted)).ExecuteAsync(cancel) == 1;

    public static async Task<bool> RemoveAsync(NpgsqlConnection connection, Remedy seen, CancellationToken cancel) =>
        await connection.Command("delete from remedy where failure = $1 and code = $2 and version = $3", Sql.Of(seen.Failure), Sql.Of(seen.Code), Sql.Of(seen.Version)).ExecuteAsync(cancel) == 1;

    private static NpgsqlParameter[] Parameters(Remedy wanted) =>
        [Sql.Of(wanted.Failure), Sql.Of(wanted.Code), Sql.Of(wanted.Advice), Sql.Of(wanted.Runbook?.AbsoluteUri, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(wanted.ChangedBy), Sql.Of(wanted.Version)];

    private static Remedy Read(NpgsqlDataReader r) =>
        new(r.GetString(0), r.GetString(1), r.GetString(2), Address(r, 3), r.GetInt32(4), r.GetFieldValue<DateTimeOffset>(5), r.GetString(6));

    private static Uri? Address(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : new Uri(r.GetString(column));
}
