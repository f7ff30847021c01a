using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Sync.Reconciliation;

/// <summary>Months of a set of books: signed, they are frozen; opened again only with a reason, and what was signed stays on record.</summary>
public sealed class PeriodDesk(ReconActing acting)
{
    public const string ClosePermission = "finance:period:close";

    /// <summary>Signs a month that is over. What is still open is signed as open: the figures say so.</summary>
    /// <param name="version">Of the period that the person saw; 0 where there was none.</param>
    public Task<ReconAnswer> CloseAsync(string books, DateOnly month, int version, string words, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(words) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, ClosePermission, Subject(books, month), words.Trim(), null,
            async connection =>
            {
                if (month.Day != 1 || !await connection.Command("select ($1::date + interval '1 month') at time zone time_zone <= now() from connection where id = $2 and role = 'erp'", Sql.Of(month), Sql.Of(books)).ScalarAsync<bool>(cancel))
                {
                    return new ReconAnswer.Refused("state", "Only a month that is over, of books that are connected, can be closed.");
                }

                // Whoever decides just now is waited for, and what is signed is what stands.
                await connection.Command("select pg_advisory_xact_lock(hashtextextended('recon/' || c.name, 0)) from (select name from recon_comparison order by position) c").ExecuteAsync(cancel);
                await connection.Command("select recon_work(100000)").ExecuteAsync(cancel);
                await connection.Command("select recon_reckon(name, $1, ($1 + interval '1 month')::date - 1) from recon_comparison", Sql.Of(month)).ExecuteAsync(cancel);
                await connection.Command("insert into recon_period (books, month) values ($1, $2) on conflict do nothing", Sql.Of(books), Sql.Of(month)).ExecuteAsync(cancel);
                var closed = await connection.Command(
                        """
                        update recon_period set state = 'closed', figures = recon_figures($1, $2), signed_by = $3, signed_by_id = $4, signed_at = now(), words = $5, version = version + 1
                        where books = $1 and month = $2 and state = 'open' and version in ($6, 1) returning id
                        """,
                        Sql.Of(books), Sql.Of(month), Sql.Of(actor.Name), Sql.Of(actor.Id, NpgsqlDbType.Uuid), Sql.Of(words.Trim()), Sql.Of(version))
                    .ScalarAsync<long?>(cancel);
                if (closed is not { } id)
                {
                    return new ReconAnswer.Refused("moved", "Somebody closed or opened this month since you looked at it.");
                }

                await LogAsync(connection, id, "closed", words, actor, cancel);
                return new ReconAnswer.Done(Id: id);
            },
            cancel);

    /// <summary>Opens a closed month again.</summary>
    public Task<ReconAnswer> ReopenAsync(string books, DateOnly month, int version, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, ClosePermission, Subject(books, month), why.Trim(), null,
            async connection =>
            {
                var id = await connection.Command("select id from recon_period where books = $1 and month = $2 and state = 'closed' and version = $3 for update", Sql.Of(books), Sql.Of(month), Sql.Of(version)).ScalarAsync<long?>(cancel);
                if (id is not { } period)
                {
                    return new ReconAnswer.Refused("moved", "Somebody closed or opened this month since you looked at it.");
                }

                await LogAsync(connection, period, "reopened", why, actor, cancel);
                await connection.Command("update recon_period set state = 'open', figures = null, signed_by = null, signed_by_id = null, signed_at = null, words = null, version = version + 1 where id = $1", Sql.Of(period)).ExecuteAsync(cancel);
                return new ReconAnswer.Done(Id: period);
            },
            cancel);

    private static Task<int> LogAsync(Npgsql.NpgsqlConnection connection, long id, string act, string words, Actor actor, CancellationToken cancel) =>
        connection.Command("insert into recon_period_log (period_id, act, words, figures, by_name) select id, $2, $3, figures, $4 from recon_period where id = $1", Sql.Of(id), Sql.Of(act), Sql.Of(words.Trim()), Sql.Of(actor.Name))
            .ExecuteAsync(cancel);

    private static string Subject(string books, DateOnly month) => $"reconciliation/{books}/{month.ToString("yyyy-MM", CultureInfo.InvariantCulture)}";
}
