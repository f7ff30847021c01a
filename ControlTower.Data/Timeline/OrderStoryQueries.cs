using System.Text;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using Npgsql;

namespace ControlTower.Data.Timeline;

/// <summary>
/// One order across all systems. One round trip, one snapshot: what stands on the page was true together. Lists are cut at <see cref="Limit"/>, newest kept.
/// </summary>
public sealed class OrderStoryQueries(TowerDataSources sources)
{
    /// <summary>Entries of each list at most.</summary>
    public const int Limit = 300;

    /// <summary>Bytes of a stored message that are shown at most.</summary>
    public const int BodyLimit = 64 * 1024;

    /// <summary>The story, or null if there is no such order.</summary>
    public async Task<OrderStory?> LoadAsync(long id, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        // Repeatable read gives all statements of the batch the same snapshot.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var sql in OrderStorySql.All)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<long> { TypedValue = id } } });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var head = OrderStoryReader.Head(reader);
        var systems = await NextAsync(reader, OrderStoryReader.System, cancel);
        var steps = await NextAsync(reader, OrderStoryReader.Step, cancel);
        var messages = await NextAsync(reader, OrderStoryReader.Message, cancel);
        var calls = await NextAsync(reader, OrderStoryReader.Call, cancel);
        var postings = await NextAsync(reader, OrderStoryReader.Posting, cancel);
        var deliveries = await NextAsync(reader, OrderStoryReader.Delivery, cancel);
        var references = await NextAsync(reader, r => new StoryReference(r.GetString(0), r.GetString(1)), cancel);
        var cases = await NextAsync(reader, OrderStoryReader.Case, cancel);
        var deadlines = await NextAsync(reader, r => new StoryDeadline(r.GetString(0), r.GetFieldValue<DateTimeOffset>(1)), cancel);
        var acts = await NextAsync(reader, OrderStoryReader.Act, cancel);
        var cut = steps.Count == Limit || calls.Count == Limit || messages.Count == Limit;
        return new OrderStory(head, systems, steps, messages, calls, postings, deliveries, references, cases, deadlines, acts, cut);
    }

    /// <summary>The bodies of one call of this order; null if the call is not of this order. For people who may read personal data only.</summary>
    public async Task<CallBody?> CallBodyAsync(long orderId, long callId, CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand("select request, response from vendor_call where id = $1 and flow_id = $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = callId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = orderId });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new CallBody(reader.IsDBNull(0) ? null : reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1))
            : null;
    }

    /// <summary>
    /// The first <see cref="BodyLimit"/> bytes of a stored message as text, or null if it is not of this order. Bytes that are not UTF-8 come as U+FFFD. For people who
    /// may read personal data only.
    /// </summary>
    public async Task<string?> MessageBodyAsync(long orderId, long messageId, CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand(
            $"""
             select substring(m.body for {BodyLimit}) from inbox_message m
             where m.id = $1 and (exists (select 1 from inbox_outcome o where o.message_id = m.id and o.flow_id = $2)
               or exists (select 1 from inbox_work w join inbox_message e using (connection_id, lane) join inbox_outcome o on o.message_id = e.id and o.flow_id = $2 where w.message_id = m.id))
             """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = messageId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = orderId });
        return await command.ExecuteScalarAsync(cancel) is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    private static async Task<IReadOnlyList<T>> NextAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await reader.NextResultAsync(cancel);
        List<T> list = [];
        while (await reader.ReadAsync(cancel))
        {
            list.Add(read(reader));
        }

        return list;
    }
}
