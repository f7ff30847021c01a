using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Triage;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Turns stored bytes into moved flows. Claims heads of lanes, translates them, hands the events to the runner in one batch. What cannot be read or applied after
/// <see cref="MaxAttempts"/> tries, crashes counted, is set aside with a case and its body; nothing else waits for it.
/// </summary>
public sealed partial class InboxPump(
    TowerDataSources data, ConnectionDirectory connections, FlowRunner flows, ChangeNotifier changes, Doorbell doorbell, NodeIdentity node, ILogger<InboxPump> log) : IPump
{
    public const int MaxAttempts = 3;
    private const int Batch = 256;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    public string Name => "inbox";

    public string Bell => Doorbell.Inbox;

    public TimeSpan Idle => TimeSpan.FromMilliseconds(500);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var claimed = await InboxWork.ClaimAsync(data.Work, node.Id, Lease, Batch, cancel);
        if (claimed.Count == 0)
        {
            return PumpRun.Nothing;
        }

        using var spans = new MessageSpans(claimed);
        var inputs = new List<FlowInput.Message>(claimed.Count);
        var aside = new Aside();
        foreach (var message in spans.Claimed)
        {
            await SortAsync(message, inputs, aside, cancel);
        }

        var failed = await ApplyAsync(inputs, aside, spans, cancel);
        await SetAsideAsync(aside, cancel);
        aside.End(spans);
        return new PumpRun(claimed.Count, failed + aside.Excepted.Count, claimed.Count == Batch || inputs.Count + aside.Fetches.Count > 0);
    }

    private async Task SortAsync(ClaimedMessage message, List<FlowInput.Message> inputs, Aside aside, CancellationToken cancel)
    {
        if (message.Attempts > MaxAttempts)
        {
            aside.Except(message, FailureKind.Parse, "poison", $"It was tried {MaxAttempts} times and each time the attempt failed or its process died.");
            return;
        }

        if (message.ParkUntil < message.DatabaseNow)
        {
            aside.Except(message, FailureKind.Missing, "never-came", "What it is about has not come within the time allowed.");
            return;
        }

        var connection = await connections.GetFreshAsync(message.ConnectionId, cancel);
        switch (Translate(message, connection))
        {
            case Translation.Events { List: var events }:
                inputs.Add(new FlowInput.Message(message, events));
                break;
            case Translation.Ignored ignored:
                aside.Ignored.Add((message, ignored.Reason));
                break;
            case Translation.Fetch fetch:
                aside.Fetches.Add((message, fetch.Resource));
                break;
            case Translation.Unreadable unreadable:
                aside.Except(message, unreadable.Kind, unreadable.Code, unreadable.Message, unreadable.Field);
                break;
        }
    }

    private Translation Translate(ClaimedMessage message, LiveConnection? connection)
    {
        if (connection?.Connector is null)
        {
            return new Translation.Unreadable(FailureKind.Missing, "no-connector", $"This build cannot read messages of '{message.ConnectionId}'.");
        }

        try
        {
            return connection.Connector.Translate(new StoredMessage(message.Id, message.Topic, message.EventId, message.ReceivedAt, message.Body), connection.Profile);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            TranslatorFailed(log, message.ConnectionId, message.Topic, error);
            return new Translation.Unreadable(FailureKind.Parse, "translator-failed", $"The message could not be read ({error.GetType().Name}).");
        }
    }

    private async Task<int> ApplyAsync(List<FlowInput.Message> inputs, Aside aside, MessageSpans spans, CancellationToken cancel)
    {
        if (inputs.Count == 0)
        {
            return 0;
        }

        var answers = await flows.ApplyAsync(inputs, cancel);
        var released = new List<(ClaimedMessage Message, string Reason)>();
        for (var i = 0; i < inputs.Count; i++)
        {
            if (answers[i] is FlowAnswer.Failed { Error: var error })
            {
                MessageFailed(log, inputs[i].Claim.Id, inputs[i].Claim.Attempts, error);
                if (inputs[i].Claim.Attempts >= MaxAttempts)
                {
                    aside.Except(inputs[i].Claim, FailureKind.Parse, "poison", $"It was tried {MaxAttempts} times: {error.Message}");
                }
                else
                {
                    released.Add((inputs[i].Claim, error.Message));
                    spans.End(inputs[i].Claim, "failed");
                }
            }
            else
            {
                spans.End(inputs[i].Claim, answers[i] is FlowAnswer.Applied { Verdict: var verdict } ? verdict.ToString().ToLowerInvariant() : "lost");
            }
        }

        if (released.Count > 0)
        {
            await using var connection = await data.Work.OpenConnectionAsync(cancel);
            await InboxWork.ReleaseAsync(
                connection, [.. released.Select(r => r.Message.Id)], [.. released.Select(r => r.Message.Fence)], [.. released.Select(r => r.Reason)], cancel);
        }

        return released.Count;
    }

    private async Task SetAsideAsync(Aside aside, CancellationToken cancel)
    {
        if (aside.IsEmpty)
        {
            return;
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var all = aside.All.OrderBy(m => m.Id).ToList();
        var held = (await InboxWork.HoldAsync(connection, [.. all.Select(m => m.Id)], [.. all.Select(m => m.Fence)], cancel)).ToHashSet();
        var ends = aside.Ignored.Where(i => held.Contains(i.Message.Id)).Select(i => new MessageEnd(i.Message.Id, "ignored", i.Reason, null, i.Message.Attempts))
            .Concat(aside.Excepted.Where(e => held.Contains(e.Message.Id)).Select(e => new MessageEnd(e.Message.Id, "excepted", e.Code, null, e.Message.Attempts))).ToList();
        if (ends.Count > 0)
        {
            await InboxWork.FinishAsync(connection, ends, cancel);
        }

        var fetches = aside.Fetches.Where(f => held.Contains(f.Message.Id)).ToList();
        if (fetches.Count > 0)
        {
            await InboxWork.AwaitFetchAsync(connection, [.. fetches.Select(f => f.Message.Id)], [.. fetches.Select(f => f.Resource)], cancel);
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

    private NewCase Case(SetAside e) => new(
        $"message/{e.Message.Id}", Fingerprint.Of(e.Kind, e.Message.ConnectionId, $"{e.Message.Topic}/{e.Code}", e.Field), Fingerprint.Word(e.Kind), e.Code,
        Titles.Of(e.Kind, e.Code, connections.Find(e.Message.ConnectionId)?.Name), e.Text, e.Field, e.Message.ConnectionId, null, null, e.Message.Id, null, 0m, null,
        connections.Find(e.Message.ConnectionId)?.Brand ?? "");

    private sealed record SetAside(ClaimedMessage Message, FailureKind Kind, string Code, string Text, string? Field);

    /// <summary>What does not go to a flow.</summary>
    private sealed class Aside
    {
        public List<(ClaimedMessage Message, string Reason)> Ignored { get; } = [];

        public List<(ClaimedMessage Message, string Resource)> Fetches { get; } = [];

        public List<SetAside> Excepted { get; } = [];

        public bool IsEmpty => Ignored.Count + Fetches.Count + Excepted.Count == 0;

        public IEnumerable<ClaimedMessage> All => [.. Ignored.Select(i => i.Message), .. Fetches.Select(f => f.Message), .. Excepted.Select(e => e.Message)];

        public void End(MessageSpans spans)
        {
            Ignored.ForEach(i => spans.End(i.Message, "ignored"));
            Fetches.ForEach(f => spans.End(f.Message, "fetch"));
            Excepted.ForEach(e => spans.End(e.Message, "excepted"));
        }

        public void Except(ClaimedMessage message, FailureKind kind, string code, string text, string? field = null) => Excepted.Add(new SetAside(message, kind, code, text, field));
    }

    [LoggerMessage(EventId = 2401, Level = LogLevel.Error, Message = "The translator of {Connection} failed on topic {Topic}")]
    private static partial void TranslatorFailed(ILogger log, string connection, string topic, Exception error);

    [LoggerMessage(EventId = 2402, Level = LogLevel.Error, Message = "Message {Id} could not be applied, attempt {Attempt}")]
    private static partial void MessageFailed(ILogger log, long id, int attempt, Exception error);
}
