using System.Collections.Concurrent;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Ownership;
using ControlTower.Sync.Returns;
using ControlTower.Sync.Telemetry;
using ControlTower.Sync.Triage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Turns stored bytes into moved flows. Claims heads of lanes, translates them, hands the events to the runner in one batch. What cannot be read or applied after
/// <see cref="MaxAttempts"/> tries, crashes counted, is set aside with a case and its body; nothing else waits for it. A try that our own database made fail does not count.
/// </summary>
public sealed partial class InboxPump(
    TowerDataSources data, ConnectionDirectory connections, OwnershipBook ownership, FlowRunner flows, ChangeNotifier changes, Doorbell doorbell, NodeIdentity node, TimeProvider clock,
    ILogger<InboxPump> log) : IPump
{
    public const int MaxAttempts = 3;

    /// <summary>So often may the database fail under one message, the later times while it is tried alone and after growing pauses, before the message is suspected to be the cause.</summary>
    public const int MaxHiccups = 30;

    private const int Batch = 256;

    /// <summary>What a dead node had claimed is claimed by others after this long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly MessageTranslator translator = new(connections, clock, log);

    // Claims whose attempt did not count, not yet told to the database: it may be away. If this process dies before, the attempt counts.
    private readonly ConcurrentQueue<ClaimedMessage> unsaid = new();

    public string Name => "inbox";

    public string Bell => Doorbell.Inbox;

    // Arrivals ring, on this node and through announcements on the others; this is for retries, parked messages, leases of the dead and rings that nobody heard.
    public TimeSpan Idle => TimeSpan.FromSeconds(3);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        await ForgiveAsync(cancel);
        var claimed = await InboxWork.ClaimAsync(data.Work, node.Id, Lease, Batch, cancel);
        if (claimed.Count == 0)
        {
            return PumpRun.Nothing;
        }

        using var spans = new MessageSpans(claimed);
        try
        {
            return await WorkAsync(spans, cancel);
        }
        catch (Exception error) when (DatabaseTrouble.IsOfTheWay(error))
        {
            claimed.ForEach(unsaid.Enqueue);
            throw;
        }
    }

    /// <summary>What was cut off by the stop is not held against the messages, and needs not wait for the end of its lease.</summary>
    public Task StopAsync(CancellationToken cancel) => ForgiveAsync(cancel);

    private async Task ForgiveAsync(CancellationToken cancel)
    {
        var owed = new List<ClaimedMessage>();
        while (unsaid.TryDequeue(out var claim))
        {
            owed.Add(claim);
        }

        try
        {
            if (owed.Count > 0)
            {
                await InboxWork.ForgiveAsync(data.Work, [.. owed.Select(m => m.Id)], [.. owed.Select(m => m.Fence)], cancel);
            }
        }
        catch
        {
            owed.ForEach(unsaid.Enqueue);
            throw;
        }
    }

    private async Task<PumpRun> WorkAsync(MessageSpans spans, CancellationToken cancel)
    {
        var inputs = new List<FlowInput.Message>(spans.Claimed.Count);
        var aside = new InboxAside();
        var guard = new Guard(await ownership.CurrentAsync(cancel), await OwnershipLog.SettledAsync(data.Work, [.. spans.Claimed.Select(m => m.Id)], cancel));
        var tried = spans.Claimed.Where(message => IsTried(message, aside)).ToList();
        var hung = new List<ClaimedMessage>();
        foreach (var (message, translated) in tried.Zip(await translator.TranslateAsync(tried, cancel)))
        {
            await SortAsync(message, translated, guard, inputs, aside, hung, cancel);
        }

        var failed = await ApplyAsync(inputs, aside, spans, cancel);
        await ReleaseAsync([.. hung.Select(message => (message, "its translation did not come to an end"))], cancel);
        hung.ForEach(message => spans.End(message, "failed"));
        await SetAsideAsync(aside, cancel);
        aside.End(spans);
        return new PumpRun(spans.Claimed.Count, failed + hung.Count + aside.Excepted.Count, Again: true);
    }

    private static bool IsTried(ClaimedMessage message, InboxAside aside)
    {
        if (message.Attempts > MaxAttempts)
        {
            aside.Except(message, FailureKind.Parse, "poison", $"It was tried {MaxAttempts} times and each time the attempt failed or its process died.");
            return false;
        }

        if (message.Hiccups >= MaxHiccups)
        {
            aside.Except(message, FailureKind.Intermittent, "database-failed", $"The database failed {MaxHiccups} times while this message was applied, although others went through.");
            return false;
        }

        return true;
    }

    private async Task SortAsync(
        ClaimedMessage message, TranslatedMessage translated, Guard guard, List<FlowInput.Message> inputs, InboxAside aside, List<ClaimedMessage> hung, CancellationToken cancel)
    {
        switch (translated.What)
        {
            case Translation.Events { List: var events, Missing: var missing }:
                await GuardAsync(message, translated.Connection, events, guard, inputs, aside, cancel);
                if (missing is not null)
                {
                    aside.Missing[message.Id] = missing;
                }

                break;
            case Translation.Ignored ignored:
                aside.Ignored.Add((message, ignored.Reason));
                break;
            case Translation.Levels levels:
                aside.Levels.Add((message, levels.List));
                break;
            case Translation.Fetch fetch:
                aside.Fetches.Add((message, fetch.Resource));
                break;
            case Translation.Unreadable unreadable:
                aside.Except(message, unreadable.Kind, unreadable.Code, unreadable.Message, unreadable.Field);
                break;
            case null when message.Attempts >= MaxAttempts:
                aside.Except(message, FailureKind.Parse, "poison", $"It was tried {MaxAttempts} times and the reading of it never came to an end.");
                break;
            case null:
                hung.Add(message);
                break;
        }
    }

    // May this system say this? Asked before anything that it says has an effect. What a person has decided about a message holds whatever the rules say by now.
    private async Task GuardAsync(
        ClaimedMessage message, LiveConnection? connection, IReadOnlyList<CanonicalEvent> events, Guard guard, List<FlowInput.Message> inputs, InboxAside aside, CancellationToken cancel)
    {
        if (connection is null)
        {
            inputs.Add(new FlowInput.Message(message, events));
            return;
        }

        var (book, from, known) = (guard.Book, connection.Profile, guard.Settled.TryGetValue(message.Id, out var settled));
        if (settled == "refused")
        {
            aside.Ignored.Add((message, "A person refused it: the system does not own what it says."));
            aside.Refused.Add(message.Id);
            return;
        }

        var judged = OwnershipGuard.Judge(book, from, message.Id, events, settled == "accepted" ? _ => settled : null);
        if (judged.IsQuarantined)
        {
            judged = await ToldAgainAsync(book, from, message, events, judged, cancel);
        }

        if (judged.IsQuarantined)
        {
            aside.Writes.AddRange(known ? [] : judged.Writes.Where(w => !Judgement.IsTaken(w.Verdict)));
            aside.Except(
                message, FailureKind.Ownership, "not-owner", $"{from.Name} does not own what it says here, and rule set {book.Number} keeps it for a person to decide.",
                judged.Writes.First(w => w.Verdict == Judgement.Quarantined).Where.Field, events);
            if (known)
            {
                aside.Waiting.Add(message.Id);
            }
        }
        else if (judged.Taken.Count == 0 && events.Count > 0)
        {
            aside.Ignored.Add((message, $"{from.Name} does not own what it says, and rule set {book.Number} refuses it."));
            aside.Writes.AddRange(known ? [] : judged.Writes);
            aside.Refused.Add(message.Id);
        }
        else
        {
            inputs.Add(new FlowInput.Message(message, judged.Taken) { Writes = known ? [.. judged.Writes.Where(w => Judgement.IsTaken(w.Verdict))] : judged.Writes });
        }
    }

    // A reading of an order tells its shipments and its cancellation again. What was decided about them holds, and what waits already waits once: neither holds up what is new.
    private async Task<GuardedMessage> ToldAgainAsync(RuleBook book, ConnectionProfile from, ClaimedMessage message, IReadOnlyList<CanonicalEvent> events, GuardedMessage judged, CancellationToken cancel)
    {
        var facts = judged.Writes.Where(w => w.Verdict == Judgement.Quarantined && OwnershipGuard.IsFact(w)).ToList();
        if (facts.Count == 0)
        {
            return judged;
        }

        var said = facts.Zip(await OwnershipLog.SameAsync(data.Work, facts, cancel)).Where(f => f.Second is not null).GroupBy(f => (f.First.Where, f.First.Subject, f.First.New)).ToDictionary(f => f.Key, f => f.First().Second);
        return said.Count == 0 ? judged : OwnershipGuard.Judge(book, from, message.Id, events, w => said.GetValueOrDefault((w.Where, w.Subject, w.New)));
    }

    private async Task<int> ApplyAsync(List<FlowInput.Message> inputs, InboxAside aside, MessageSpans spans, CancellationToken cancel)
    {
        if (inputs.Count == 0)
        {
            return 0;
        }

        var answers = await flows.ApplyAsync(inputs, cancel);
        var released = new List<(ClaimedMessage Message, string Reason)>();
        for (var i = 0; i < inputs.Count; i++)
        {
            var claim = inputs[i].Claim;
            switch (answers[i])
            {
                case FlowAnswer.Applied { Verdict: Verdict.Parked } when claim.LastLook && aside.Missing.TryGetValue(claim.Id, out var resource):
                    aside.Fetches.Add((claim, resource));
                    break;
                case FlowAnswer.Applied { Verdict: Verdict.Parked } when claim.LastLook:
                    aside.Except(claim, FailureKind.Missing, "never-came", "What it is about has not come within the time allowed.", says: inputs[i].Events);
                    break;
                case FlowAnswer.Failed { Error: var error } when claim.Attempts >= MaxAttempts:
                    MessageFailed(log, claim.Id, claim.Attempts, new WordlessError(error));
                    aside.Except(claim, FailureKind.Parse, "poison", $"It was tried {MaxAttempts} times and each time it failed ({error.GetType().Name}).", says: inputs[i].Events);
                    break;
                case FlowAnswer.Failed { Error: var error }:
                    MessageFailed(log, claim.Id, claim.Attempts, new WordlessError(error));
                    released.Add((claim, error.GetType().Name));
                    spans.End(claim, "failed");
                    break;
                case FlowAnswer.Applied { Verdict: var verdict }:
                    spans.End(claim, verdict.ToString().ToLowerInvariant());
                    break;
                default:
                    spans.End(claim, "lost");
                    break;
            }
        }

        await ReleaseAsync(released, cancel);
        return released.Count;
    }

    private async Task ReleaseAsync(List<(ClaimedMessage Message, string Reason)> released, CancellationToken cancel)
    {
        if (released.Count > 0)
        {
            await using var connection = await data.Work.OpenConnectionAsync(cancel);
            await InboxWork.ReleaseAsync(
                connection, [.. released.Select(r => r.Message.Id)], [.. released.Select(r => r.Message.Fence)], [.. released.Select(r => r.Reason)], cancel);
        }
    }

    private async Task SetAsideAsync(InboxAside aside, CancellationToken cancel)
    {
        if (aside.IsEmpty)
        {
            return;
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await TakeUpDecidedAsync(connection, aside, cancel);
        var all = aside.All.OrderBy(m => m.Id).ToList();
        var held = (await InboxWork.HoldAsync(connection, [.. all.Select(m => m.Id)], [.. all.Select(m => m.Fence)], cancel)).ToHashSet();
        var ends = aside.Ignored.Where(i => held.Contains(i.Message.Id)).Select(i => new MessageEnd(i.Message.Id, "ignored", i.Reason, null, i.Message.Attempts))
            .Concat(aside.Levels.Where(l => held.Contains(l.Message.Id)).Select(l => new MessageEnd(l.Message.Id, "ignored", "It tells a level of the stock, which is looked at.", null, l.Message.Attempts)))
            .Concat(aside.Excepted.Where(e => held.Contains(e.Message.Id)).Select(e => new MessageEnd(e.Message.Id, "excepted", e.Code, null, e.Message.Attempts))).ToList();
        if (ends.Count > 0)
        {
            await InboxWork.FinishAsync(connection, ends, cancel);
        }

        await OwnershipLog.WriteAsync(connection, [.. aside.Writes.Where(w => held.Contains(w.MessageId!.Value))], cancel);
        if (aside.Refused.Where(held.Contains).Select(id => $"message/{id}").ToArray() is { Length: > 0 } refused)
        {
            await CaseStore.TakeBackAsync(connection, refused, cancel);
        }

        var fetches = aside.Fetches.Where(f => held.Contains(f.Message.Id)).ToList();
        if (fetches.Count > 0)
        {
            await InboxWork.AwaitFetchAsync(connection, [.. fetches.Select(f => f.Message.Id)], [.. fetches.Select(f => f.Resource)], cancel);
        }

        var levels = aside.Levels.Where(l => held.Contains(l.Message.Id)).SelectMany(l => l.Levels.Select(t => new LevelHint(l.Message.ConnectionId, t.Item, t.Location, t.Level))).ToList();
        if (levels.Count > 0)
        {
            await PublicationStore.HintAsync(connection, levels, cancel);
        }

        var cases = aside.Excepted.Where(e => held.Contains(e.Message.Id)).Select(Case).ToList();
        if (cases.Count > 0)
        {
            await CaseStore.OpenAsync(connection, cases, cancel);
        }

        await transaction.CommitAsync(cancel);
        changes.Announce(cases.Count > 0 ? LiveTopics.Cases : LiveTopics.None);
        doorbell.Ring(fetches.Select(f => f.Message.ConnectionId).Distinct(StringComparer.Ordinal));
    }

    // Somebody has decided while the message was looked at: it goes on, and the next look sees what they said.
    private static async Task TakeUpDecidedAsync(NpgsqlConnection connection, InboxAside aside, CancellationToken cancel)
    {
        if (aside.Waiting.Count > 0 && await OwnershipLog.DecidedAsync(connection, [.. aside.Waiting], cancel) is { Count: > 0 } decided)
        {
            var released = aside.Excepted.Where(e => decided.Contains(e.Message.Id)).Select(e => e.Message).ToList();
            aside.Excepted.RemoveAll(e => decided.Contains(e.Message.Id));
            await InboxWork.ReleaseAsync(connection, [.. released.Select(m => m.Id)], [.. released.Select(m => m.Fence)], [.. released.Select(_ => "a person has decided")], cancel);
        }
    }

    /// <param name="Settled">What people decided about these messages; null where one waits.</param>
    private sealed record Guard(RuleBook Book, Dictionary<long, string?> Settled);

    private NewCase Case(UnusableMessage e) => new(
        $"message/{e.Message.Id}", Fingerprint.Of(e.Kind, e.Message.ConnectionId, $"{e.Message.Topic}/{e.Code}", e.Field), Fingerprint.Word(e.Kind), e.Code,
        Titles.Of(e.Kind, e.Code, connections.Find(e.Message.ConnectionId)?.Name), e.Text, e.Field, e.Message.ConnectionId, null, null, e.Message.Id, null, e.Worth?.Amount ?? 0m, e.Worth?.Currency,
        connections.Find(e.Message.ConnectionId)?.Brand ?? "");

    [LoggerMessage(EventId = 2402, Level = LogLevel.Error, Message = "Message {Id} could not be applied, attempt {Attempt}")]
    private static partial void MessageFailed(ILogger log, long id, int attempt, Exception error);
}
