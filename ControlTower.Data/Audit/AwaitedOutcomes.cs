using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Audit;

/// <summary>What became of something that somebody asked for.</summary>
/// <param name="CaseId">The case that was retried; null for a cancellation.</param>
/// <param name="Order">The order that was called off, as source and id at its source; null for a retry.</param>
/// <param name="Result">Of a retry <c>proven</c>, <c>went-on</c>, <c>taken-back</c>, <c>failed-again</c>, <c>unchanged</c>, <c>called-off</c>, <c>closed-by-hand</c>; of a cancellation <c>cancelled</c>, <c>stays-sold</c>.</param>
/// <param name="By">Who called the retry off, or closed its case.</param>
/// <param name="Failure">With <c>failed-again</c>: what it failed with, and <paramref name="Code"/>.</param>
public sealed record KnownOutcome(Actor Actor, long? CaseId, string? Order, string Result, string? By, string? Failure, string? Code);

/// <summary>Acts whose outcome comes later than their answer, remembered in the transaction of the act and taken once it is known. SQL by hand: whole sets at once.</summary>
public static class AwaitedOutcomes
{
    /// <summary>Cases that were frozen for a retry in this transaction.</summary>
    public static Task RetriesAsync(NpgsqlConnection connection, long[] cases, Actor actor, CancellationToken cancel) =>
        connection.Command(
                """
                insert into awaited_outcome (case_id, attempt, occurrences, actor_id, actor_name, actor_role, actor_address)
                select id, attempts, occurrences, $2, $3, $4, $5 from exception_case where id = any($1) order by id
                """,
                Sql.Of(cases), Sql.Of(actor.Id, NpgsqlDbType.Uuid), Sql.Of(actor.Name), Sql.Of(actor.Role), Sql.Of(actor.Address, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);

    /// <summary>An order whose cancellation was said in this transaction.</summary>
    public static Task CancellationAsync(NpgsqlConnection connection, long flow, Actor actor, CancellationToken cancel) =>
        connection.Command(
                "insert into awaited_outcome (flow_id, actor_id, actor_name, actor_role, actor_address) values ($1, $2, $3, $4, $5)",
                Sql.Of(flow), Sql.Of(actor.Id, NpgsqlDbType.Uuid), Sql.Of(actor.Name), Sql.Of(actor.Role), Sql.Of(actor.Address, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);

    /// <summary>The running retries of these cases were called off, or taken back, in this transaction.</summary>
    public static Task CalledOffAsync(NpgsqlConnection connection, long[] cases, string by, CancellationToken cancel) =>
        connection.Command(
                "update awaited_outcome a set called_off_by = $2 from exception_case c where a.case_id = any($1) and c.id = a.case_id and a.attempt >= c.attempts and a.called_off_by is null",
                Sql.Of(cases), Sql.Of(by))
            .ExecuteAsync(cancel);

    /// <summary>Takes what is known by now, oldest first; what another node has in hand is left to it. A case that was retried again meanwhile had failed before.</summary>
    public static Task<List<KnownOutcome>> TakeAsync(NpgsqlConnection connection, int limit, CancellationToken cancel) =>
        connection.Command(
                """
                with known as materialized (
                    select a.id from awaited_outcome a left join exception_case c on c.id = a.case_id left join flow f on f.id = a.flow_id
                    where a.called_off_by is not null or c.state <> 'retrying' or c.attempts > a.attempt or f.status in ('done', 'cancelled')
                    order by a.id limit $1 for update of a skip locked),
                gone as (
                    delete from awaited_outcome a using known k where a.id = k.id returning a.*)
                select g.actor_id, g.actor_name, g.actor_role, g.actor_address, g.case_id, f.source || '/' || f.source_id, r.result,
                       case r.result when 'called-off' then g.called_off_by when 'closed-by-hand' then c.closed_by end,
                       case r.result when 'failed-again' then c.failure end, case r.result when 'failed-again' then c.code end
                from gone g left join exception_case c on c.id = g.case_id left join flow f on f.id = g.flow_id
                cross join lateral (select case
                    when g.called_off_by is not null then 'called-off'
                    when f.status = 'cancelled' then 'cancelled'
                    when f.id is not null then 'stays-sold'
                    when c.occurrences > g.occurrences then 'failed-again'
                    when c.state in ('open', 'retrying') then 'unchanged'
                    when c.proven then 'proven'
                    when c.closed_by = 'tower' and c.resolution = $2 then 'taken-back'
                    when c.closed_by = 'tower' then 'went-on'
                    else 'closed-by-hand' end result) r
                order by g.id
                """,
                Sql.Of(limit), Sql.Of(CaseStore.TakenBack))
            .ListAsync(
                r => new KnownOutcome(
                    new Actor(r.IsDBNull(0) ? null : r.GetGuid(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3)), r.IsDBNull(4) ? null : r.GetInt64(4), r.Maybe<string>(5), r.GetString(6),
                    r.Maybe<string>(7), r.Maybe<string>(8), r.Maybe<string>(9)),
                cancel);
}
