using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Reconciliation;

/// <summary>What a payout is made of, for its entry in the books.</summary>
/// <param name="Parts">Sums by kind: amounts before fees, and the fees of those lines.</param>
/// <param name="Explained">What the payout is more than its lines and somebody took upon themselves, or a rule tolerates.</param>
/// <param name="ByHand">Nobody can say what is in it.</param>
/// <param name="Accounts">Of the ERP that books it, by the names of its settings: <c>bank</c>, <c>clearing</c>, <c>fees</c> and others.</param>
public sealed record PayoutSums(
    string Connection, string Payout, MoneyStatus Status, decimal Amount, string Currency, DateOnly On, string? Books, IReadOnlyDictionary<string, string> Accounts, IReadOnlyList<(MoneyKind Kind, decimal Amount, decimal Fee, int Lines)> Parts,
    decimal Explained = 0m, bool ByHand = false)
{
    /// <returns>Null if there is none.</returns>
    public static async Task<PayoutSums?> ReadAsync(NpgsqlConnection connection, string source, string payout, CancellationToken cancel)
    {
        var parts = await connection.Command(
                """
                select kind, sum(amount), sum(fee), count(*)::integer from ledger_line
                where connection_id = $1 and payout = $2 and kind not in ('Payout', 'PayoutReturned') and status not in ('Gone', 'Failed', 'Cancelled') group by kind order by kind
                """,
                Sql.Of(source), Sql.Of(payout))
            .ListAsync(r => (Enum.Parse<MoneyKind>(r.GetString(0)), r.GetDecimal(1), r.GetDecimal(2), r.GetInt32(3)), cancel);
        return (await connection.Command(
                """
                select recon_payout_status(l), l.amount, l.currency, (l.at at time zone coalesce(e.time_zone, c.time_zone))::date, e.id,
                    coalesce((select jsonb_object_agg(substr(s.key, 9), s.value) from jsonb_each_text(e.settings) s where s.key like 'account:%'), '{}')::text,
                    (select coalesce(sum(a.amount), 0) from recon_adjustment a where a.comparison = 'contents' and a.undone_at is null and recon_led('contents', a.group_key) = k.key),
                    l.method is not distinct from 'manual'
                from ledger_line l cross join lateral (select recon_led('contents', 'p' || l.connection_id || '/' || l.external_id)) k (key) join connection c on c.id = l.connection_id left join connection e on e.id = coalesce(c.posts_to, case when c.role = 'erp' then c.id end)
                where l.connection_id = $1 and l.kind = 'Payout' and l.external_id = $2
                """,
                Sql.Of(source), Sql.Of(payout))
            .ListAsync(
                r => new PayoutSums(
                    source, payout, Enum.Parse<MoneyStatus>(r.GetString(0)), r.GetDecimal(1), r.GetString(2), DateOnly.FromDateTime(r.GetDateTime(3)), r.Maybe<string>(4),
                    System.Text.Json.JsonSerializer.Deserialize(r.GetString(5), ReconJson.Default.DictionaryStringString)!, parts, r.GetDecimal(6), r.GetBoolean(7)),
                cancel)).FirstOrDefault();
    }

    /// <summary>The accounts of an ERP by the names of its settings.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> AccountsAsync(NpgsqlConnection connection, string books, CancellationToken cancel) =>
        System.Text.Json.JsonSerializer.Deserialize(
            await connection.Command("select coalesce((select jsonb_object_agg(substr(s.key, 9), s.value) from connection e, jsonb_each_text(e.settings) s where e.id = $1 and s.key like 'account:%'), '{}')::text", Sql.Of(books))
                .ScalarAsync<string>(cancel) ?? "{}",
            ReconJson.Default.DictionaryStringString)!;
}
