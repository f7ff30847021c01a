using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Data.Live;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Sync.Pumps;
using Npgsql;

namespace ControlTower.Sync.Returns;

/// <summary>
/// What people do to returns. An act is a message of the inbox and its audit entry in one transaction: once it answers, it is on disk, and the flow applies it once, in order, whatever dies.
/// Each act carries an id made by whoever asks; the same id again changes nothing. Who may do what is checked before; the names are those of the permissions.
/// </summary>
public sealed class ReturnDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, Doorbell doorbell)
{
    public const int MostLines = 200;
    public const int MostPieces = 1_000_000;
    public const int LongestText = 500;

    public async Task<ReturnAnswer> StartAsync(ReturnWish wish, Actor actor, CancellationToken cancel)
    {
        if (Wrong(wish) is { } words)
        {
            return new ReturnAnswer.Refused(words);
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        if (await ReturnActs.OrderAsync(connection, wish.OrderFlow, cancel) is not { } order)
        {
            return new ReturnAnswer.Refused("There is no such order. Look it up again by its number, its e-mail or its tracking number.");
        }

        if (wish.Store is { } store && !await ReturnActs.KnowsPlaceAsync(connection, store, cancel))
        {
            return new ReturnAnswer.Refused($"There is no place called {store}.");
        }

        var key = new OrderKey(order.Source, $"tower-{wish.Id:N}");
        List<CanonicalEvent> events = [new ReturnStated($"{key.Id}/start", key, order, 1, wish.Lines, wish.Store, actor.Name, wish.Receipt, Approved: false, default, ById: actor.Id?.ToString())];
        if (wish.AtHand is { Count: > 0 } goods)
        {
            events.Add(new ReturnReceived($"{key.Id}/at-hand", key, wish.Store!, [.. goods.Select(g => new ReceivedLine(g.OrderLineId, g.Quantity))], Complete: true, actor.Name, default));
            events.Add(new ReturnInspected($"{key.Id}/looked-at", key, wish.Store!, goods, actor.Name, default));
        }

        return await SayAsync(connection, key, "start", events, "returns:return:start", null,
            new(StringComparer.Ordinal) { ["order"] = order.ToString(), ["pieces"] = wish.Lines.Sum(l => (long)l.Quantity).ToString(CultureInfo.InvariantCulture) }, actor, cancel);
    }

    /// <summary>Agrees to what the policy leaves to a person: another than the one who took the return.</summary>
    public Task<ReturnAnswer> ApproveAsync(long flow, Guid act, Actor actor, CancellationToken cancel) => ActAsync(
        flow, act, "returns:return:approve", null,
        s => s.Claim != ClaimState.None ? "It is authorised already." : s.Approved ? "Somebody has agreed already." : Own(s, actor),
        (key, id) => new ReturnApproved(id, key, actor.Name, default), actor, cancel);

    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<ReturnAnswer> RefuseAsync(long flow, Guid act, string why, Actor actor, CancellationToken cancel)
    {
        var reason = Reason(why);
        return ActAsync(flow, act, "returns:return:approve", reason, TooLate, (key, id) => new ReturnRefused(id, key, actor.Name, reason, default), actor, cancel);
    }

    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<ReturnAnswer> CancelAsync(long flow, Guid act, string why, Actor actor, CancellationToken cancel)
    {
        var reason = Reason(why);
        return ActAsync(flow, act, "returns:return:start", reason, TooLate, (key, id) => new ReturnCancelled(id, key, actor.Name, reason, default), actor, cancel);
    }

    /// <summary>Goods arrived here. Receipts add up; more than was authorised does not count.</summary>
    /// <param name="complete">Nothing more is expected.</param>
    /// <param name="seen">How many receipts the person was shown: who presses twice, or beside another, has not seen the other one.</param>
    public async Task<ReturnAnswer> ReceiveAsync(
        long flow, Guid act, string location, IReadOnlyList<ReceivedLine> lines, bool complete, int seen, Actor actor, CancellationToken cancel) =>
        Wrong(lines.Select(l => (l.OrderLineId, l.Quantity))) is { } words ? new ReturnAnswer.Refused(words)
        : !await KnowsPlaceAsync(location, cancel) ? new ReturnAnswer.Refused($"There is no place called {location}.")
        : await ActAsync(flow, act, "returns:return:receive", null,
            s => Strange(s, lines.Select(l => l.OrderLineId)) ?? Unseen(seen, s.Receipts.Count) ?? (s.Claim == ClaimState.Held && s.IsReceived() ? "Everything that was authorised is here already." : null),
            (key, id) => new ReturnReceived(id, key, location, lines, complete, actor.Name, default, seen), actor, cancel);

    /// <summary>Goods were looked at here, and lie here. Inspections add up; more than was authorised does not count.</summary>
    /// <param name="seen">How many inspections the person was shown.</param>
    public async Task<ReturnAnswer> InspectAsync(long flow, Guid act, string location, IReadOnlyList<InspectedLine> lines, int seen, Actor actor, CancellationToken cancel) =>
        Wrong(lines.Select(l => (l.OrderLineId, l.Quantity))) is { } words ? new ReturnAnswer.Refused(words)
        : !await KnowsPlaceAsync(location, cancel) ? new ReturnAnswer.Refused($"There is no place called {location}.")
        : await ActAsync(flow, act, "returns:return:receive", null,
            s => Strange(s, lines.Select(l => l.OrderLineId)) ?? Unseen(seen, s.Inspections.Count) ?? (s.Claim == ClaimState.Held && s.IsInspected() ? "Everything that came was looked at already." : null),
            (key, id) => new ReturnInspected(id, key, location, lines, actor.Name, default, seen), actor, cancel);

    /// <summary>A person did in the system itself what it refused to do for the tower.</summary>
    /// <param name="reference">Under which number it stands there.</param>
    /// <exception cref="ArgumentException">No reference, or one that is too long.</exception>
    public Task<ReturnAnswer> SettleByHandAsync(long flow, Guid act, ReturnStep step, string reference, Actor actor, CancellationToken cancel)
    {
        var number = Reason(reference);
        return ActAsync(flow, act, "returns:return:approve", number,
            s => ReturnView.IsStuck(s, step) ? step == ReturnStep.Refund ? Own(s, actor) : null : "Nothing of this waits for a person: it is done, under way, or not due yet.",
            (key, id) => new ReturnSettledByHand(id, key, step, number, actor.Name, default), actor, cancel);
    }

    private async Task<ReturnAnswer> ActAsync(
        long flow, Guid act, string action, string? reason, Func<ReturnState, string?> refuses, Func<OrderKey, string, CanonicalEvent> say, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        if (await ReturnActs.ReturnAsync(connection, flow, cancel) is not { } known)
        {
            return new ReturnAnswer.Refused("There is no such return.");
        }

        var id = $"{known.Key.Id}/{act:N}";
        if (!await ReturnActs.SaidAsync(connection, known.Key.Source, ReturnMessages.Topic, id, cancel))
        {
            var state = JsonSerializer.Deserialize(known.State, ReturnStateJson.Default.ReturnState)!;
            if ((state.IsOver() ? $"This return is {ReturnStages.Of(state)}." : refuses(state)) is { } words)
            {
                return new ReturnAnswer.Refused(words);
            }
        }

        return await SayAsync(connection, known.Key, $"{act:N}", [say(known.Key, id)], action, reason, new(StringComparer.Ordinal) { ["return"] = known.Name }, actor, cancel);
    }

    private async Task<ReturnAnswer> SayAsync(
        NpgsqlConnection connection, OrderKey key, string act, IReadOnlyList<CanonicalEvent> events, string action, string? reason, Dictionary<string, string> detail, Actor actor,
        CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var stored = await InboxStore.StoreAsync(
            connection, [new Arrival(key.Source, ReturnMessages.Topic, $"{key.Id}/{act}", $"return/{key.Id}", "{}", ReturnMessages.Write(events), null)], cancel);
        if (stored[0] != Stored.New)
        {
            // Said before. With other bytes it is another act under a used id; nothing of it is kept here.
            await transaction.RollbackAsync(cancel);
            return stored[0] == Stored.Duplicate
                ? new ReturnAnswer.Taken(key.Source, key.Id)
                : new ReturnAnswer.Refused("This was asked before with other contents. Open the return again and look at what became of it.");
        }

        detail["act"] = act;
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, action, $"return:{key}", AuditOutcome.Done, reason, detail), cancel);
        await transaction.CommitAsync(cancel);
        doorbell.Ring(Doorbell.Inbox);
        changes.Announce(LiveTopics.Arrivals);
        return new ReturnAnswer.Taken(key.Source, key.Id);
    }

    private async Task<bool> KnowsPlaceAsync(string location, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        return await ReturnActs.KnowsPlaceAsync(connection, location, cancel);
    }

    private static string? TooLate(ReturnState state) =>
        state.Claim == ClaimState.Held && state.Receipts.Count + state.Inspections.Count > 0 ? "Goods have come already. Inspect as not accepted what is not to be paid for."
        : state.RefuseRequested || state.CancelRequested ? "It is being called off already."
        : null;

    private static string? Wrong(ReturnWish wish) => Wrong(wish.Lines.Select(l => (l.OrderLineId, l.Quantity)))
        ?? (wish.Lines.FirstOrDefault(l => !ReturnReasons.All.Contains(l.Reason)) is { } line ? $"'{line.Reason}' is no reason. Choose one of: {string.Join(", ", ReturnReasons.All)}." : null)
        ?? (wish.AtHand is { Count: > 0 } goods ? wish.Store is null ? "Goods that are at hand are at hand somewhere: choose the store." : Wrong(goods.Select(g => (g.OrderLineId, g.Quantity))) : null);

    private static string? Wrong(IEnumerable<(string Line, int Quantity)> lines)
    {
        var all = lines.ToList();
        return all.Count is 0 or > MostLines ? $"Choose between 1 and {MostLines} lines."
            : all.Exists(l => l.Quantity is < 1 or > MostPieces) ? $"Pieces are counted from 1 to {MostPieces}."
            : all.Exists(l => l.Line.Length is 0 or > 100) ? "A line of the order has no such id."
            : null;
    }

    private static string? Strange(ReturnState state, IEnumerable<string> lines) =>
        lines.FirstOrDefault(id => state.Requested.All(r => r.OrderLineId != id)) is { } strange ? $"Line {strange} is not part of this return." : null;

    // Only where somebody must agree: who works alone takes and pays what the policy allows.
    private static string? Own(ReturnState state, Actor actor) => state.Decision?.Ruling == Ruling.AskPerson && state.ById is { } starter && starter == actor.Id?.ToString()
        ? "You took this return yourself, and it needs another's agreement. Ask a colleague who may agree to returns."
        : null;

    private static string? Unseen(int seen, int known) => seen == known ? null : "Something was written down for this return meanwhile. Look at what came, and say only what is missing there.";

    private static string Reason(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        var reason = text.Trim();
        return reason.Length <= LongestText ? reason : throw new ArgumentException($"The text has {reason.Length} characters; at most {LongestText} fit.", nameof(text));
    }
}
