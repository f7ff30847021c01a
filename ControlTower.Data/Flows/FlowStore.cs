using System.Text;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>
/// Flow instances, their log and what hangs on them, a whole batch per statement. All methods run inside the caller's transaction; rows are locked and written in id order,
/// so that two batches never wait for each other in a circle.
/// </summary>
public static class FlowStore
{
    private const string Columns = "f.id, f.kind, f.source, f.source_id, f.brand, f.erp, f.name, f.state::text, f.version, f.steps, f.stage, f.status";

    /// <summary>Makes sure that these flows exist. Who comes second finds the first one's row.</summary>
    public static Task EnsureAsync(NpgsqlConnection connection, IReadOnlyCollection<FlowSeed> seeds, CancellationToken cancel) =>
        connection.Command(
                """
                insert into flow (kind, source, source_id, brand, erp)
                select kind, source, source_id, brand, erp from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as s (kind, source, source_id, brand, erp)
                order by kind, source, source_id
                on conflict (kind, source, source_id) do nothing
                """,
                Sql.Of(seeds.Select(s => s.Kind).ToArray()), Sql.Of(seeds.Select(s => s.Source).ToArray()), Sql.Of(seeds.Select(s => s.SourceId).ToArray()),
                Sql.Of(seeds.Select(s => s.Brand).ToArray()), Sql.Of(seeds.Select(s => s.Erp).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>Locks and reads flows by id, by subject and by posting key; each flow once, in id order.</summary>
    public static Task<List<FlowRow>> LockAsync(
        NpgsqlConnection connection, long[] ids, string[] kinds, string[] sources, string[] sourceIds, CancellationToken cancel) =>
        connection.Command(
                $"""
                select {Columns} from flow f where f.id in (
                    select unnest($1::bigint[])
                    union select g.id from unnest($2::text[], $3::text[], $4::text[]) as k (kind, source, source_id) join flow g using (kind, source, source_id))
                order by f.id for no key update
                """,
                Sql.Of(ids), Sql.Of(kinds), Sql.Of(sources), Sql.Of(sourceIds))
            .ListAsync(Read, cancel);

    /// <summary>The flow behind each known posting key.</summary>
    public static async Task<Dictionary<string, long>> ByPostingAsync(NpgsqlConnection connection, string[] keys, CancellationToken cancel)
    {
        var rows = await connection.Command("select key, flow_id from posting where key = any($1)", Sql.Of(keys))
            .ListAsync(r => (Key: r.GetString(0), Flow: r.GetInt64(1)), cancel);
        return rows.ToDictionary(r => r.Key, r => r.Flow, StringComparer.Ordinal);
    }

    /// <summary>Writes new states over the versions that were read.</summary>
    /// <exception cref="InvalidOperationException">A flow changed under our lock: the guard of last resort; nothing may commit.</exception>
    public static async Task SaveAsync(NpgsqlConnection connection, IReadOnlyList<FlowSave> saves, CancellationToken cancel)
    {
        var saved = await connection.Command(
                """
                update flow f
                set state = s.state, version = f.version + 1, steps = s.steps, status = s.status, name = s.name, value = s.value, currency = s.currency,
                    placed_at = s.placed_at, applied_version = s.applied_version, erp = s.erp, updated_at = now(),
                    stage_since = case when f.stage = s.stage then f.stage_since else now() end, stage = s.stage
                from unnest($1::bigint[], $2::int[], $3::jsonb[], $4::int[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[], $10::timestamptz[], $11::bigint[], $12::text[])
                    as s (id, version, state, steps, stage, status, name, value, currency, placed_at, applied_version, erp)
                where f.id = s.id and f.version = s.version
                """,
                Sql.Of(saves.Select(s => s.Id).ToArray()), Sql.Of(saves.Select(s => s.Version).ToArray()),
                Sql.Jsons([.. saves.Select(s => Encoding.UTF8.GetString(s.State))]), Sql.Of(saves.Select(s => s.Steps).ToArray()),
                Sql.Of(saves.Select(s => s.Stage).ToArray()), Sql.Of(saves.Select(s => s.Status).ToArray()), Sql.Of(saves.Select(s => s.Name).ToArray()),
                Sql.Of(saves.Select(s => s.Value).ToArray()), Sql.Of(saves.Select(s => s.Currency).ToArray()),
                Sql.Of(saves.Select(s => s.PlacedAt.ToUniversalTime()).ToArray()), Sql.Of(saves.Select(s => s.AppliedVersion).ToArray()), Sql.Of(saves.Select(s => s.Erp).ToArray()))
            .ExecuteAsync(cancel);
        if (saved != saves.Count)
        {
            throw new InvalidOperationException($"{saves.Count - saved} of {saves.Count} flows changed under their lock.");
        }
    }

    public static Task LogAsync(NpgsqlConnection connection, IReadOnlyList<LogEntry> entries, CancellationToken cancel) =>
        connection.Command(
                """
                insert into event_log (flow_id, step, type, stage, system, reference, detail, trace_id)
                select * from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
                """,
                Sql.Of(entries.Select(e => e.FlowId).ToArray()), Sql.Of(entries.Select(e => e.Step).ToArray()), Sql.Of(entries.Select(e => e.Type).ToArray()),
                Sql.Of(entries.Select(e => e.Stage).ToArray()), Sql.Of(entries.Select(e => e.System).ToArray()), Sql.Of(entries.Select(e => e.Reference).ToArray()),
                Sql.Of(entries.Select(e => e.Detail).ToArray()), Sql.Of(entries.Select(e => e.TraceId).ToArray()))
            .ExecuteAsync(cancel);

    public static Task KeepDocumentsAsync(NpgsqlConnection connection, IReadOnlyList<DocumentRow> documents, CancellationToken cancel) =>
        connection.Command(
                """
                insert into order_document (flow_id, version, body) select * from unnest($1::bigint[], $2::bigint[], $3::jsonb[])
                on conflict (flow_id, version) do nothing
                """,
                Sql.Of(documents.Select(d => d.FlowId).ToArray()), Sql.Of(documents.Select(d => d.Version).ToArray()),
                Sql.Jsons([.. documents.Select(d => Encoding.UTF8.GetString(d.Body))]))
            .ExecuteAsync(cancel);

    public static Task AddReferencesAsync(NpgsqlConnection connection, IReadOnlyList<ReferenceRow> references, CancellationToken cancel) =>
        connection.Command(
                "insert into flow_reference (flow_id, kind, value) select * from unnest($1::bigint[], $2::text[], $3::text[]) on conflict do nothing",
                Sql.Of(references.Select(r => r.FlowId).ToArray()), Sql.Of(references.Select(r => r.Kind).ToArray()), Sql.Of(references.Select(r => r.Value).ToArray()))
            .ExecuteAsync(cancel);

    public static async Task SetDeadlinesAsync(NpgsqlConnection connection, IReadOnlyList<DeadlineRow> deadlines, CancellationToken cancel)
    {
        var cleared = deadlines.Where(d => d.After is null).ToList();
        if (cleared.Count > 0)
        {
            await connection.Command(
                    "delete from deadline d using unnest($1::bigint[], $2::text[]) as c (flow_id, name) where d.flow_id = c.flow_id and d.name = c.name",
                    Sql.Of(cleared.Select(d => d.FlowId).ToArray()), Sql.Of(cleared.Select(d => d.Name).ToArray()))
                .ExecuteAsync(cancel);
        }

        var set = deadlines.Where(d => d.After is not null).ToList();
        if (set.Count > 0)
        {
            await connection.Command(
                    """
                    insert into deadline (flow_id, name, due_at) select flow_id, name, now() + after from unnest($1::bigint[], $2::text[], $3::interval[]) as d (flow_id, name, after)
                    on conflict (flow_id, name) do update set due_at = excluded.due_at
                    """,
                    Sql.Of(set.Select(d => d.FlowId).ToArray()), Sql.Of(set.Select(d => d.Name).ToArray()), Sql.Of(set.Select(d => d.After!.Value).ToArray()))
                .ExecuteAsync(cancel);
        }
    }

    /// <summary>Deadlines that have come, oldest first. Reading claims nothing: the flow's own lock decides who acts, and acting removes the row.</summary>
    public static Task<List<DueDeadline>> DueAsync(NpgsqlDataSource data, int limit, CancellationToken cancel) =>
        data.Command("select flow_id, name, due_at from deadline where due_at <= now() order by due_at limit $1", Sql.Of(limit))
            .ListAsync(r => new DueDeadline(r.GetInt64(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2)), cancel);

    /// <summary>Takes due deadlines under the lock of their flows; returns those that were still there.</summary>
    public static Task<List<DueDeadline>> TakeDeadlinesAsync(NpgsqlConnection connection, long[] flows, string[] names, CancellationToken cancel) =>
        connection.Command(
                """
                delete from deadline d using unnest($1::bigint[], $2::text[]) as t (flow_id, name)
                where d.flow_id = t.flow_id and d.name = t.name and d.due_at <= now() returning d.flow_id, d.name, d.due_at
                """,
                Sql.Of(flows), Sql.Of(names))
            .ListAsync(r => new DueDeadline(r.GetInt64(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2)), cancel);

    /// <summary>Puts due deadlines off that could not be told: they must not stand before the others for ever.</summary>
    public static Task<int> PostponeDeadlinesAsync(NpgsqlDataSource data, long[] flows, string[] names, TimeSpan pause, CancellationToken cancel) =>
        data.Command(
                "update deadline d set due_at = now() + $3 from unnest($1::bigint[], $2::text[]) as t (flow_id, name) where d.flow_id = t.flow_id and d.name = t.name and d.due_at <= now()",
                Sql.Of(flows), Sql.Of(names), Sql.Of(pause))
            .ExecuteAsync(cancel);

    private static FlowRow Read(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.GetString(6),
        r.IsDBNull(7) ? null : Encoding.UTF8.GetBytes(r.GetString(7)), r.GetInt32(8), r.GetInt32(9), r.GetString(10), r.GetString(11));
}
