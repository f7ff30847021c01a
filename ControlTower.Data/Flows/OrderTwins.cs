using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>Was an order like this one heard of before? <paramref name="Likeness"/> is a hash of what makes two orders equal; <paramref name="Name"/> is what people call this one.</summary>
public sealed record TwinQuestion(long FlowId, string Source, string Likeness, DateTimeOffset PlacedAt, string Name);

/// <summary>
/// Finds orders that were placed twice. By hand, because the database decides between two that come at the same time: their row is written before it is read, so the second
/// waits for the first one's commit and then sees it.
/// </summary>
public static class OrderTwins
{
    // Only what may still be a twin of a newer order is kept: a shop that books everybody under one address must not make a row grow for ever.
    private const string Record =
        """
        insert into order_likeness as l (source, likeness, flows, placed)
        select source, likeness, array_agg(flow order by flow), array_agg(placed order by flow)
        from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) as a (flow, source, likeness, placed)
        group by source, likeness order by source, likeness
        on conflict (source, likeness) do update set (flows, placed) = (
            select array_agg(m.flow order by m.n), array_agg(m.placed order by m.n)
            from unnest(l.flows || excluded.flows, l.placed || excluded.placed) with ordinality as m (flow, placed, n)
            where m.n > cardinality(l.flows) or m.placed >= (select max(p) from unnest(l.placed || excluded.placed) as p) - $5)
        """;

    // Orders of the same batch have no name in the database yet.
    private const string Find =
        """
        with asked as (
            select * from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $6::text[]) as a (flow, source, likeness, placed, name))
        select a.flow, e.name
        from asked a join order_likeness l on l.source = a.source and l.likeness = a.likeness
        cross join lateral (
            select coalesce(nullif(f.name, ''), o.name, f.source_id) as name
            from unnest(l.flows, l.placed) with ordinality as m (flow, placed, n)
            join flow f on f.id = m.flow
            left join asked o on o.flow = m.flow
            where m.n < array_position(l.flows, a.flow) and m.placed between a.placed - $5 and a.placed + $5 and f.status <> 'cancelled'
            order by m.n limit 1) e
        """;

    /// <summary>
    /// For each order that has one: the name of the first order like it that was heard of before, was placed within <paramref name="within"/> of it and is not cancelled.
    /// Of equal orders asked for together the one with the lowest flow id came first. Runs inside the caller's transaction and holds the rows until it ends, in one order;
    /// asking again for the same order gives the same answer.
    /// </summary>
    public static async Task<IReadOnlyDictionary<long, string>> SeekAsync(
        NpgsqlConnection connection, IReadOnlyList<TwinQuestion> asked, TimeSpan within, CancellationToken cancel)
    {
        NpgsqlParameter[] Values() =>
        [
            Sql.Of(asked.Select(a => a.FlowId).ToArray()), Sql.Of(asked.Select(a => a.Source).ToArray()), Sql.Of(asked.Select(a => a.Likeness).ToArray()),
            Sql.Of(asked.Select(a => a.PlacedAt.ToUniversalTime()).ToArray()), Sql.Of(within),
        ];
        await connection.Command(Record, Values()).ExecuteAsync(cancel);
        // A statement of its own: only a new snapshot shows what those committed for whom the first one waited.
        var found = await connection.Command(Find, [.. Values(), Sql.Of(asked.Select(a => a.Name).ToArray())]).ListAsync(r => (Flow: r.GetInt64(0), Earlier: r.GetString(1)), cancel);
        return found.ToDictionary(f => f.Flow, f => f.Earlier);
    }
}
