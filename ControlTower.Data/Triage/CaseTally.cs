using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>The counts that the desk reads instead of the cases. Triggers append each change in the transaction of its case; here the changes are added up, which alters no sum.</summary>
public static class CaseTally
{
    private const string Add =
        """
        with turn as materialized (
            select pg_try_advisory_xact_lock(hashtext('case-tally')) mine),
        moved as (
            delete from case_tally_change where (select mine from turn) returning *),
        added as (
            insert into case_tally as t (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
            select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, sum(cases), sum(value), sum(at_risk), sum(rank) from moved group by 1, 2, 3, 4, 5, 6, 7, 8
            on conflict (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon) do update
            set cases = t.cases + excluded.cases, value = t.value + excluded.value, at_risk = t.at_risk + excluded.at_risk, rank = t.rank + excluded.rank
            returning (t.cases = 0) as empty)
        select count(*) from added where empty
        """;

    // What is older than the day that is shown is not counted any more.
    private const string AddTrend =
        """
        with turn as materialized (
            select pg_try_advisory_xact_lock(hashtext('case-tally')) mine),
        moved as (
            delete from case_trend_change where (select mine from turn) returning *),
        added as (
            insert into case_trend as t (fingerprint, step, cases) select fingerprint, step, sum(cases) from moved group by 1, 2
            on conflict (fingerprint, step) do update set cases = t.cases + excluded.cases)
        delete from case_trend where step < trend_step(now() - interval '1 day')
        """;

    private const string RemoveEmpty = "delete from case_tally where cases = 0 and value = 0 and at_risk = 0 and rank = 0";

    /// <summary>Adds up what changed. May be called from anywhere at any time and as often as one likes; if another node is at it, nothing happens.</summary>
    public static async Task AddUpAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        await data.Command(AddTrend).ExecuteAsync(cancel);
        if (await data.Command(Add).ScalarAsync<long>(cancel) > 0)
        {
            await data.Command(RemoveEmpty).ExecuteAsync(cancel);
        }
    }
}
