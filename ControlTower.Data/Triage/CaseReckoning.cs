using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>
/// What follows for open cases when a rate, a share of loss or a limit is changed, or when time passes: money at risk, rank, due time. Asked for in the transaction of the change, worked off in
/// slices, each a transaction of its own, so that neither the person nor other writers wait for a large desk. Any process may work at any time; a slice done twice changes nothing.
/// </summary>
public static class CaseReckoning
{
    private const int Slice = 2000;

    // The trigger reckons anew for every row that is written.
    private const string Next =
        """
        with work as materialized (select id, failure, currency, after from case_reckon order by id limit 1 for update skip locked),
        slice as materialized (
            select c.id from work w join exception_case c on c.id > w.after and (w.failure is null or c.failure = w.failure) and (w.currency is null or c.currency = w.currency)
            where c.state in ('open', 'retrying') order by c.id limit $1 for update of c),
        done as (update exception_case c set at_risk = c.at_risk from slice s where c.id = s.id),
        ended as (delete from case_reckon r using work w where r.id = w.id and (select count(*) from slice) < $1),
        moved as (update case_reckon r set after = (select max(id) from slice) from work w where r.id = w.id and (select count(*) from slice) = $1)
        select exists (select from work)
        """;

    private const string Due =
        """
        with slice as materialized (
            select id from exception_case where not due_soon and due_at <= now() + interval '1 hour' order by due_at limit $1 for update skip locked)
        update exception_case c set due_at = c.due_at from slice s where c.id = s.id
        """;

    private const string Limits =
        """
        with wanted as (select * from unnest($1::text[], $2::interval[]) as w (stage, most)),
        gone as (delete from stage_limit l where not exists (select from wanted w where w.stage = l.stage) returning 1),
        put as (
            insert into stage_limit as l select * from wanted on conflict (stage) do update set most = excluded.most where l.most <> excluded.most returning 1)
        insert into case_reckon (failure) select null where exists (select from gone) or exists (select from put)
        """;

    /// <summary>All open cases of a kind, in the caller's transaction.</summary>
    public static Task AskForKindAsync(NpgsqlConnection connection, string failure, CancellationToken cancel) =>
        connection.Command("insert into case_reckon (failure) values ($1)", Sql.Of(failure)).ExecuteAsync(cancel);

    /// <summary>All open cases in a currency, in the caller's transaction.</summary>
    public static Task AskForCurrencyAsync(NpgsqlConnection connection, string currency, CancellationToken cancel) =>
        connection.Command("insert into case_reckon (currency) values ($1)", Sql.Of(currency)).ExecuteAsync(cancel);

    /// <summary>Makes these the limits by which cases are due. Costs next to nothing if they are already.</summary>
    public static Task LimitAsync(NpgsqlDataSource data, StageLimits limits, CancellationToken cancel) =>
        data.Command(
                Limits, Sql.Of<string[]>([.. limits.Stages.Keys.Select(stage => stage.ToLowerInvariant()), ""]), Sql.Of<TimeSpan[]>([.. limits.Stages.Values, limits.Otherwise]))
            .ExecuteAsync(cancel);

    /// <summary>Works off what was asked for and what the clock made due, a slice at least, until nothing is left or the time is up.</summary>
    public static async Task WorkAsync(NpgsqlDataSource data, TimeProvider clock, TimeSpan most, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        bool more;
        do
        {
            more = await Collision.TriedAgainAsync(() => data.Command(Next, Sql.Of(Slice)).ScalarAsync<bool>(cancel))
                | await Collision.TriedAgainAsync(() => data.Command(Due, Sql.Of(Slice)).ExecuteAsync(cancel)) == Slice;
        }
        while (more && clock.GetElapsedTime(started) < most);
    }
}
