using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using Npgsql;

namespace ControlTower.Sync.Triage.Mappings;

/// <param name="Was">Null: nothing was mapped.</param>
/// <param name="Becomes">Null: it is taken out of force.</param>
public sealed record MappingChange(MappingKey Key, string? Was, string? Becomes, int Line);

/// <summary>What a list would do.</summary>
/// <param name="Same">How many of it are in force already.</param>
/// <param name="Mark">Of what stands here now: whoever applies the list says which state they saw.</param>
public sealed record MappingLook(IReadOnlyList<MappingChange> Changes, int Same, string Mark);

public abstract record MappingAnswer
{
    /// <param name="Retried">Cases that waited for one of the words and were sent again.</param>
    public sealed record Done(int Added, int Changed, int Removed, int Retried) : MappingAnswer;

    /// <summary>It is so already; also the answer to a repeat.</summary>
    public sealed record Same : MappingAnswer;

    /// <summary>Somebody changed it meanwhile; nothing was done.</summary>
    public sealed record Moved : MappingAnswer;

    /// <summary>Nothing was done.</summary>
    public sealed record Refused(MappingProblem Problem) : MappingAnswer;
}

/// <summary>
/// Mappings by hand and by list: one transaction with its audit entry for all of it. Then the cases that wait for one of the words are retried, in slices; if this process dies before, they are still
/// open and anybody may retry them. What is replaced or removed is kept for ever.
/// </summary>
public sealed class MappingDesk(TowerDataSources data, AuditLog audit, RetryDesk retries, ConnectionDirectory connections, ChangeNotifier changes)
{
    public const int LongestReason = 1_000;

    private const int Slice = 500;

    /// <summary>What is in force, by connection, kind and word.</summary>
    /// <param name="after">The id of the last one seen; 0 at first.</param>
    public Task<List<MappingRow>> ListAsync(MappingFilter filter, long after, int most, CancellationToken cancel) => MappingStore.ListAsync(data.Read, filter, after, most, cancel);

    /// <summary>How many are in force, by kind.</summary>
    public Task<IReadOnlyDictionary<string, long>> CountsAsync(MappingFilter filter, CancellationToken cancel) => MappingStore.CountsAsync(data.Read, filter, cancel);

    /// <summary>A mapping, in force or not, and everything that its word was ever mapped to, newest first. Empty where there is none of this id.</summary>
    public async Task<IReadOnlyList<MappingRow>> HistoryAsync(long id, CancellationToken cancel) =>
        await MappingStore.RowsAsync(data.Read, [id], cancel) is [var row] ? await MappingStore.HistoryAsync(data.Read, Key(row), cancel) : [];

    /// <summary>What a list would do to what is in force now.</summary>
    /// <param name="remove">Also take out what the list does not have, of the connections and kinds that it names.</param>
    public async Task<MappingLook> LookAsync(IReadOnlyList<MappingSaid> said, bool remove, CancellationToken cancel)
    {
        await using var connection = await data.Read.OpenConnectionAsync(cancel);
        return (await CompareAsync(connection, said, remove, cancel)).Look;
    }

    /// <summary>Puts one in force, in the place of the one that the person saw.</summary>
    /// <param name="seen">Its id; null: the person saw none.</param>
    public Task<MappingAnswer> PutAsync(MappingSaid said, long? seen, bool retry, string reason, Actor actor, CancellationToken cancel) => ApplyAsync(
        [said], false, (_, rows) => rows.FirstOrDefault(row => Key(row) == Key(said))?.Id == seen, retry, reason, actor, cancel);

    /// <summary>Puts a list in force.</summary>
    /// <param name="mark">Of the look that the person saw.</param>
    public Task<MappingAnswer> ImportAsync(IReadOnlyList<MappingSaid> said, bool remove, string mark, bool retry, string reason, Actor actor, CancellationToken cancel) =>
        ApplyAsync(said, remove, (look, _) => look.Mark == mark, retry, reason, actor, cancel);

    /// <summary>
    /// Takes a mapping out of force: what is composed from now on is sent under the order's own word. Cases that were retried since it was put in force, name its word and have not gone out are open
    /// again, as they were held; what has gone out stays sent.
    /// </summary>
    /// <returns>The cases that went back; null if it was not in force any more.</returns>
    public Task<IReadOnlyList<long>?> RemoveAsync(long id, string? reason, Actor actor, CancellationToken cancel) => Collision.TriedAgainAsync(() => RemoveOnceAsync(id, reason, actor, cancel));

    private async Task<IReadOnlyList<long>?> RemoveOnceAsync(long id, string? reason, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await MappingStore.RemoveAsync(connection, [id], actor.Name, cancel) is not [var removed])
        {
            return null;
        }

        List<long> back = [];
        while (await MappingStore.ReleasedAsync(connection, Key(removed), removed.At, RetryDesk.Most, cancel) is { Count: > 0 } released
            && await RetryStore.TakeBackAsync(connection, [.. released.Select(r => r.Case)], [.. released.Select(r => r.Held)], cancel) is { Count: > 0 } page)
        {
            back.AddRange(page);
        }

        await AwaitedOutcomes.CalledOffAsync(connection, [.. back], actor.Name, cancel);
        await audit.AppendAsync(connection, transaction, new AuditEntry(
            actor, "exceptions:mapping:remove", $"connection:{removed.ConnectionId}", AuditOutcome.Done, Why(reason ?? ""),
            Detail(("kind", removed.Kind), ("from", removed.From), ("to", removed.To), ("cases", string.Join(' ', back.Order())))), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Connections | LiveTopics.Cases);
        return back;
    }

    private async Task<MappingAnswer> ApplyAsync(
        IReadOnlyList<MappingSaid> said, bool remove, Func<MappingLook, IReadOnlyList<MappingRow>, bool> isSeen, bool retry, string reason, Actor actor, CancellationToken cancel)
    {
        if (Problem(said) is { } problem)
        {
            return new MappingAnswer.Refused(problem);
        }

        if (Why(reason) is not { Length: >= 3 } why)
        {
            return new MappingAnswer.Refused(new MappingProblem("reason", "Say why in a few words: it stands in the history for ever."));
        }

        await using (var connection = await data.Work.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await MappingStore.LockAsync(connection, cancel);
            var (look, rows) = await CompareAsync(connection, said, remove, cancel);
            if (look.Changes.Count == 0)
            {
                await transaction.RollbackAsync(cancel);
                // Whoever asked before may have died between the words and the retries.
                return retry && await RetryAsync([.. said.Select(Key)], actor, cancel) is > 0 and var more ? new MappingAnswer.Done(0, 0, 0, more) : new MappingAnswer.Same();
            }

            if (!isSeen(look, rows))
            {
                return new MappingAnswer.Moved();
            }

            var replaced = look.Changes.Where(c => c.Was is not null).Select(c => c.Key).ToHashSet();
            await MappingStore.RemoveAsync(connection, [.. rows.Where(row => replaced.Contains(Key(row))).Select(row => row.Id)], actor.Name, cancel);
            await MappingStore.AddAsync(
                connection, [.. look.Changes.Where(c => c.Becomes is not null).Select(c => new NewMapping(c.Key.ConnectionId, c.Key.Kind, c.Key.From, c.Becomes!, "", actor.Name, actor.Id, why))], cancel);
            await audit.AppendAsync(connection, transaction, Entry(look, actor, why), cancel);
            await transaction.CommitAsync(cancel);
            changes.Announce(LiveTopics.Connections);
            var retried = retry ? await RetryAsync([.. look.Changes.Where(c => c.Becomes is not null).Select(c => c.Key)], actor, cancel) : 0;
            return new MappingAnswer.Done(look.Changes.Count(c => c.Was is null), look.Changes.Count(c => c is { Was: not null, Becomes: not null }), look.Changes.Count(c => c.Becomes is null), retried);
        }
    }

    private static async Task<(MappingLook Look, IReadOnlyList<MappingRow> Rows)> CompareAsync(NpgsqlConnection connection, IReadOnlyList<MappingSaid> said, bool remove, CancellationToken cancel)
    {
        var rows = await MappingStore.BesideAsync(connection, [.. said.Select(Key).DistinctBy(k => (k.ConnectionId, k.Kind))], cancel);
        var held = rows.ToDictionary(Key);
        var wanted = said.ToDictionary(Key);
        List<MappingChange> found =
        [
            .. said.Where(s => held.GetValueOrDefault(Key(s))?.To != s.To).Select(s => new MappingChange(Key(s), held.GetValueOrDefault(Key(s))?.To, s.To, s.Line)),
            .. rows.Where(row => remove && !wanted.ContainsKey(Key(row))).Select(row => new MappingChange(Key(row), row.To, null, 0)),
        ];
        var state = string.Join(' ', found.Select(c => $"{held.GetValueOrDefault(c.Key)?.Id ?? 0}"));
        return (new MappingLook(found, said.Count - found.Count(c => c.Becomes is not null), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))), rows);
    }

    private async Task<int> RetryAsync(IReadOnlyCollection<MappingKey> words, Actor actor, CancellationToken cancel)
    {
        var (retried, last) = (0, 0L);
        while (words.Count > 0)
        {
            List<long> slice;
            await using (var connection = await data.Work.OpenConnectionAsync(cancel))
            {
                slice = await MappingStore.WaitingAsync(connection, words, null, last, Slice, cancel);
            }

            if (slice.Count == 0)
            {
                break;
            }

            retried += (await retries.RetryAsync(slice, actor, cancel)).Frozen.Count;
            last = slice[^1];
        }

        return retried;
    }

    private MappingProblem? Problem(IReadOnlyList<MappingSaid> said)
    {
        if (said.Count is 0 or > MappingList.MostLines)
        {
            return new MappingProblem("list", $"Bring 1 to {MappingList.MostLines.ToString("N0", CultureInfo.InvariantCulture)} mappings.");
        }

        foreach (var one in said)
        {
            if ((connections.Get(one.ConnectionId) is null ? ("connection", "There is no such connection.") : MappingRules.Problem(one.Kind, one.From, one.To)) is var (field, words))
            {
                return new MappingProblem(one.Line == 0 ? field : string.Create(CultureInfo.InvariantCulture, $"line {one.Line}, {field}"), words);
            }
        }

        return said.GroupBy(Key).FirstOrDefault(g => g.Count() > 1) is { } twice ? new MappingProblem("from", $"'{twice.Key.From}' stands there twice.") : null;
    }

    // One by hand tells all of itself; of a list, what it did to how many, and the rows tell the rest.
    private static AuditEntry Entry(MappingLook look, Actor actor, string why) => look.Changes is [{ Line: 0, Becomes: not null } one]
        ? new AuditEntry(
            actor, "exceptions:mapping:put", $"connection:{one.Key.ConnectionId}", AuditOutcome.Done, why, Detail(("kind", one.Key.Kind), ("from", one.Key.From), ("was", one.Was ?? ""), ("to", one.Becomes)))
        : new AuditEntry(
            actor, "exceptions:mapping:import", look.Changes.Select(c => c.Key.ConnectionId).Distinct().ToList() is [var only] ? $"connection:{only}" : "mappings", AuditOutcome.Done, why,
            Detail(("added", Count(look, c => c.Was is null)), ("changed", Count(look, c => c is { Was: not null, Becomes: not null })), ("removed", Count(look, c => c.Becomes is null))));

    private static string Count(MappingLook look, Func<MappingChange, bool> which) => look.Changes.Count(which).ToString(CultureInfo.InvariantCulture);

    private static string? Why(string reason) => reason.Trim() is { Length: > 0 } why ? why[..Math.Min(why.Length, LongestReason)] : null;

    private static Dictionary<string, string> Detail(params IEnumerable<(string Key, string Value)> parts) => parts.ToDictionary(StringComparer.Ordinal);

    private static MappingKey Key(MappingSaid said) => new(said.ConnectionId, said.Kind, said.From);

    private static MappingKey Key(MappingRow row) => new(row.ConnectionId, row.Kind, row.From);
}
