using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Flows.OrderToCash;
using Npgsql;

namespace ControlTower.Sync.Triage;

/// <summary>What an act on cases did.</summary>
/// <param name="Moved">Cases that were changed, with what is needed to take it back.</param>
/// <param name="Left">Cases that were left alone, because they are not as the person saw them, or do not fit.</param>
public sealed record CaseReceipt(IReadOnlyList<CaseMoved> Moved, IReadOnlyList<long> Left);

/// <summary>
/// What people do to cases without sending anything: take in hand, put off, close. Each act is one transaction with its audit entry; it changes only cases that are still as their person
/// saw them, so the second of two people changes nothing and is told. Asking twice does it once. Nothing here may be repeated blindly after an error of the database: look first.
/// </summary>
public sealed class CaseDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, TimeProvider clock)
{
    /// <summary>Cases that one act may touch.</summary>
    public const int Most = 1_000;

    /// <summary>Characters that the reason of a closing has at least.</summary>
    public const int ShortestReason = 4;

    public const int LongestTicket = 300;

    public const int LongestNote = 500;

    /// <summary>For so long an act can be taken back.</summary>
    public static readonly TimeSpan UndoTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan UndoGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Farthest = TimeSpan.FromDays(366);

    /// <param name="person">Who looks into them from now on; null for nobody.</param>
    /// <param name="ticket">Name or address of the ticket; null keeps what is there.</param>
    /// <exception cref="ArgumentException">Too many or no cases, or a ticket that is too long.</exception>
    public Task<CaseReceipt> AssignAsync(IReadOnlyCollection<CaseSeen> seen, CasePerson? person, string? ticket, Actor actor, CancellationToken cancel)
    {
        var name = Text(ticket, LongestTicket, "The ticket", nameof(ticket));
        var detail = person is null ? new Dictionary<string, string>(StringComparer.Ordinal) : new(StringComparer.Ordinal) { ["to"] = person.Name };
        if (name is not null)
        {
            detail["ticket"] = name;
        }

        return ActAsync(seen, c => CaseDeskStore.AssignAsync(c, seen, person?.Id, name, cancel), person is null ? "exceptions:case:release" : "exceptions:case:assign", null, detail, actor, cancel);
    }

    /// <param name="until">Null: until it changes.</param>
    /// <exception cref="ArgumentException">Too many or no cases, a time that has passed or is more than a year away, a note that is too long.</exception>
    public Task<CaseReceipt> ShelveAsync(IReadOnlyCollection<CaseSeen> seen, ShelfKind kind, DateTimeOffset? until, string? note, Actor actor, CancellationToken cancel)
    {
        CheckUntil(until, clock.GetUtcNow());
        if (kind == ShelfKind.Held && until is null)
        {
            throw new ArgumentException("A hold needs a time at which it ends.", nameof(until));
        }

        var reason = Text(note, LongestNote, "The note", nameof(note));
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["until"] = until is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture) : "it changes" };
        return ActAsync(seen, c => CaseDeskStore.ShelveAsync(c, seen, kind, until, actor.Name, reason, cancel), kind == ShelfKind.Held ? "exceptions:case:hold" : "exceptions:case:snooze", reason,
            detail, actor, cancel);
    }

    public Task<CaseReceipt> WakeAsync(IReadOnlyCollection<CaseSeen> seen, Actor actor, CancellationToken cancel) =>
        ActAsync(seen, c => CaseDeskStore.WakeAsync(c, seen, cancel), "exceptions:case:wake", null, new(StringComparer.Ordinal), actor, cancel);

    /// <summary>Closes cases without a retry: resolved by hand, discarded, skipped or reissued; the order goes on without the document, or the message is worked under an id of its own, as soon as the act cannot be taken back any more.</summary>
    /// <exception cref="ArgumentException">No reason, or one shorter than <see cref="ShortestReason"/>.</exception>
    public Task<CaseReceipt> CloseAsync(IReadOnlyCollection<CaseSeen> seen, CaseEnding ending, string reason, Actor actor, CancellationToken cancel)
    {
        var why = reason.Trim();
        if (why.Length < ShortestReason)
        {
            throw new ArgumentException($"Say why in {ShortestReason} characters at least: it stands in the history for ever.", nameof(reason));
        }

        return ActAsync(seen, c => CloseAsync(c, seen, ending, why, actor, cancel), ending is CaseEnding.Discarded ? BatchDesk.Action(BatchKind.Discard) : BatchDesk.Action(BatchKind.Resolve), why, new(StringComparer.Ordinal) { ["ending"] = ending.ToString() }, actor, cancel);
    }

    /// <summary>Takes an act back where nobody and nothing has touched the case since. Returns the cases that are as they were.</summary>
    /// <param name="done">When the act was done; later than <see cref="UndoTime"/> nothing is taken back.</param>
    public async Task<IReadOnlyList<long>> UndoAsync(IReadOnlyList<CaseMoved> moved, DateTimeOffset done, Actor actor, CancellationToken cancel)
    {
        if (clock.GetUtcNow() > done + UndoTime + UndoGrace)
        {
            return [];
        }

        return await Collision.TriedAgainAsync(() => UndoOnceAsync(moved, actor, cancel));
    }

    private async Task<IReadOnlyList<long>> UndoOnceAsync(IReadOnlyList<CaseMoved> moved, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await CaseDeskStore.UnskipAsync(connection, [.. moved.Select(m => m.Id)], Acknowledging.Forgo, cancel);
        var gone = await CaseDeskStore.UnissueAsync(connection, moved, cancel);
        var restored = await CaseDeskStore.RestoreAsync(connection, [.. moved.Where(m => !gone.Contains(m.Id))], cancel);
        await WriteAsync(connection, transaction, [.. restored], "exceptions:case:undo", null, new(StringComparer.Ordinal), actor, cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases);
        return restored;
    }

    private static async Task<List<CaseMoved>> CloseAsync(NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, CaseEnding ending, string reason, Actor actor, CancellationToken cancel)
    {
        var moved = await CaseDeskStore.CloseAsync(connection, seen, ending, reason, actor.Name, cancel);
        if (ending == CaseEnding.Skipped)
        {
            await CaseDeskStore.SkipAsync(connection, [.. moved.Select(m => m.Id)], Acknowledging.Forgo, UndoTime + UndoGrace, cancel);
        }
        else if (ending == CaseEnding.Reissued)
        {
            await CaseDeskStore.ReissueAsync(connection, [.. moved.Select(m => m.Id)], UndoTime + UndoGrace, cancel);
        }

        return moved;
    }

    /// <summary>A person has a case before the eyes. If it is theirs they need not be told of it any more; else nothing happens. May be repeated.</summary>
    public async Task LookedAsync(long id, Guid person, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await CaseDeskStore.LookedAsync(connection, [id], person, cancel);
    }

    /// <summary>Says something about a case, for everybody who works it. The trail says who commented and when; the words stand with the case, where they can be erased.</summary>
    /// <param name="key">Made by whoever writes: sending twice is one comment.</param>
    /// <returns>False if it was said already, or there is no such case, or its words were erased.</returns>
    /// <exception cref="ArgumentException">It is empty, or longer than <see cref="CaseCommentStore.Longest"/>.</exception>
    public async Task<bool> CommentAsync(Guid key, long id, string text, Actor actor, CancellationToken cancel)
    {
        var words = new string([.. text.ReplaceLineEndings("\n").Where(c => c == '\n' || !char.IsControl(c))]).Trim();
        if (words.Length is 0 or > CaseCommentStore.Longest)
        {
            throw new ArgumentException(words.Length == 0 ? "Write what you want to say." : $"A comment has {CaseCommentStore.Longest} characters at most; this one has {words.Length}.", nameof(text));
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await CaseCommentStore.AddAsync(connection, key, id, actor, words, cancel))
        {
            return false;
        }

        await WriteAsync(connection, transaction, [id], "exceptions:case:comment", null, new(StringComparer.Ordinal), actor, cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases);
        return true;
    }

    /// <summary>A step of a batch that sends nothing: the act, what it was done to, and its audit entry, inside the caller's transaction.</summary>
    internal async Task<List<CaseMoved>> CarryOutAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<CaseSeen> seen, BatchHeld batch, CancellationToken cancel)
    {
        var (order, by) = (batch.Order, batch.Actor.Name);
        if (order.Until <= clock.GetUtcNow())
        {
            return [];
        }

        var moved = order.Kind switch
        {
            BatchKind.Assign => await AssignAsync(connection, seen, order, by, batch.Reason, cancel),
            BatchKind.Snooze => await CaseDeskStore.ShelveAsync(connection, seen, ShelfKind.Snoozed, order.Until, by, batch.Reason, cancel),
            BatchKind.Wake => await CaseDeskStore.WakeAsync(connection, seen, cancel),
            BatchKind.Resolve or BatchKind.Discard => await CaseDeskStore.CloseAsync(
                connection, seen, order.Kind is BatchKind.Resolve ? CaseEnding.Resolved : CaseEnding.Discarded, batch.Reason ?? "", by, cancel),
            _ => throw new ArgumentOutOfRangeException(nameof(batch), order.Kind, "A retry is sent, not carried out here."),
        };
        var detail = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["batch"] = batch.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), ["act"] = order.Kind.ToString().ToLowerInvariant(), ["before"] = Before(moved),
        };
        if (order.AssigneeName is { } to)
        {
            detail["to"] = to;
        }

        await WriteAsync(
            connection, transaction, [.. moved.Select(m => m.Id)], order is { Kind: BatchKind.Assign, Assignee: null } ? "exceptions:case:release" : BatchDesk.Action(order.Kind), batch.Reason, detail, batch.Actor, cancel);
        return moved;
    }

    internal static void CheckUntil(DateTimeOffset? until, DateTimeOffset now)
    {
        if (until <= now || until > now + Farthest)
        {
            throw new ArgumentException("Choose a time that is still to come, at most a year from now.", nameof(until));
        }
    }

    // With a time, they are on hold as well.
    private static async Task<List<CaseMoved>> AssignAsync(
        NpgsqlConnection connection, IReadOnlyCollection<CaseSeen> seen, BatchOrder order, string by, string? note, CancellationToken cancel)
    {
        var moved = await CaseDeskStore.AssignAsync(connection, seen, order.Assignee, order.Ticket, cancel);
        if (order is { Assignee: not null, Until: { } until } && moved.Count > 0)
        {
            await CaseDeskStore.ShelveAsync(connection, [.. moved.Select(m => new CaseSeen(m.Id, m.Version))], ShelfKind.Held, until, by, note, cancel);
        }

        return moved;
    }

    private async Task<CaseReceipt> ActAsync(
        IReadOnlyCollection<CaseSeen> seen, Func<NpgsqlConnection, Task<List<CaseMoved>>> act, string action, string? reason, Dictionary<string, string> detail, Actor actor, CancellationToken cancel)
    {
        if (seen.Count is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {seen.Count} were chosen.", nameof(seen));
        }

        return await Collision.TriedAgainAsync(() => ActOnceAsync(seen, act, action, reason, detail, actor, cancel));
    }

    private async Task<CaseReceipt> ActOnceAsync(
        IReadOnlyCollection<CaseSeen> seen, Func<NpgsqlConnection, Task<List<CaseMoved>>> act, string action, string? reason, Dictionary<string, string> detail, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var moved = await act(connection);
        if (actor.Id is { } person && moved.Count > 0)
        {
            await CaseDeskStore.LookedAsync(connection, [.. moved.Select(m => m.Id)], person, cancel);
        }

        detail["before"] = Before(moved);
        await WriteAsync(connection, transaction, [.. moved.Select(m => m.Id)], action, reason, detail, actor, cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases);
        return new CaseReceipt(moved, [.. seen.Select(s => s.Id).Except(moved.Select(m => m.Id))]);
    }

    private Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long[] ids, string action, string? reason, Dictionary<string, string> detail, Actor actor, CancellationToken cancel)
    {
        if (ids.Length == 0)
        {
            return Task.CompletedTask;
        }

        if (ids.Length > 1)
        {
            detail["cases"] = string.Join(' ', ids);
        }

        return audit.AppendAsync(connection, transaction, new AuditEntry(actor, action, ids.Length == 1 ? $"case:{ids[0]}" : $"{ids.Length} cases", AuditOutcome.Done, reason, detail), cancel);
    }

    // How the act found them: one in words, many counted by their words.
    private static string Before(List<CaseMoved> moved) => string.Join("; ", moved.GroupBy(m => Place(m.Former), StringComparer.Ordinal).OrderByDescending(alike => alike.Count()).Take(10)
        .Select(alike => moved.Count == 1 ? alike.Key : $"{alike.Count()} {alike.Key}"));

    private static string Place(CasePlace place) => string.Join(", ", new[]
    {
        place.State, place.Assignee is { } holder ? $"in the hands of {holder}" : "in nobody's hands", place.Ticket is null ? null : "with a ticket",
        place.Shelf is { } shelf ? $"{shelf} {(place.ShelfUntil is { } until ? until.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture) : "until it changes")}" : null,
    }.OfType<string>());

    internal static string? Text(string? text, int longest, string what, string name)
    {
        var trimmed = text?.Trim();
        return trimmed is null or "" ? null
            : trimmed.Length > longest ? throw new ArgumentException($"{what} has {trimmed.Length} characters; at most {longest} fit.", name)
            : trimmed.Any(char.IsControl) ? throw new ArgumentException($"{what} holds characters that cannot be shown.", name)
            : trimmed;
    }
}

/// <summary>Somebody who can take cases in hand.</summary>
public sealed record CasePerson(Guid Id, string Name);
