using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Telemetry;
using ControlTower.Sync.Webhooks;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Sends the event log to the webhooks of API clients. Each subscription is a follower with a place and a turn of its own, visited side by side: a receiver that is slow keeps only itself waiting, through as
/// many runs as it takes. At least once: the place moves in the transaction that keeps what was not taken.
/// </summary>
public sealed partial class WebhookPump(TowerDataSources data, EventPost post, AuditLog audit, NodeIdentity node, TimeProvider clock, ILogger<WebhookPump> log) : IPump
{
    /// <summary>Subscriptions of a dead node are taken over after this long; longer than any round takes.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(45);

    /// <summary>A run waits so long for those who are quick.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private const int MostVisits = 64;

    /// <summary>Events of a subscription that are under way at once.</summary>
    private const int Round = 8;

    /// <summary>Then others may have the turn.</summary>
    private const int MostRounds = 50;

    /// <summary>After this no round is begun: a receiver that takes its time leaves the place to others.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Guid, Task<Visit>> visits = [];

    public string Name => "webhooks";

    public string Bell => "#webhooks";

    public TimeSpan Idle => TimeSpan.FromSeconds(1);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        foreach (var due in await WebhookWork.DueAsync(data.Work, MostVisits, cancel))
        {
            if (visits.Count < MostVisits && !visits.ContainsKey(due.Id))
            {
                visits[due.Id] = VisitAsync(due.Id, cancel);
            }
        }

        if (visits.Count > 0)
        {
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(Task.WhenAll(visits.Values), Task.Delay(Pace, clock, rest.Token));
            await rest.CancelAsync();
        }

        return await GatherAsync();
    }

    /// <summary>Ends what is under way; what has no answer is sent again by whoever comes next.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        Task all = Task.WhenAll(visits.Values);
        await all.WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        visits.Clear();
    }

    private async Task<PumpRun> GatherAsync()
    {
        var (sent, failed, again, trouble) = (0, 0, false, (string?)null);
        foreach (var (id, visit) in visits.Where(one => one.Value.IsCompleted).ToList())
        {
            visits.Remove(id);
            var done = await visit;
            (sent, failed, again, trouble) = (sent + done.Sent, failed + done.Failed, again || done.More, trouble ?? done.Trouble);
        }

        return new PumpRun(sent, failed, again, trouble);
    }

    private async Task<Visit> VisitAsync(Guid id, CancellationToken cancel)
    {
        var sum = new Visit(0, 0, More: true, null);
        FollowerTurn? turn = null;
        try
        {
            var begun = clock.GetTimestamp();
            for (var i = 0; i < MostRounds && sum.More && clock.GetElapsedTime(begun) < Longest; i++)
            {
                // Anew before each round: nobody may take over while it is under way. And what was stopped meanwhile gets nothing more.
                turn = await FollowerStore.TakeTurnAsync(data.Work, WebhookStore.Follower(id), node.Id, Lease, cancel);
                if (turn is null || await WebhookStore.FindAsync(data.Work, id, null, cancel) is not { State: WebhookState.On, ClientDisabled: false } to || await NextAsync(to, turn, cancel) is not { } next)
                {
                    return sum with { More = false };
                }

                var round = Judge(await Task.WhenAll(next.Parcels.Select(parcel => SendAsync(to, parcel, cancel))), to.Misses);
                turn = await WebhookWork.SettleAsync(data, audit, turn, id, next.To, round, cancel);
                sum = sum.With(to, round, next.More && turn is not null && round.Stop is null && round.Rest is null);
                if (round.Outcomes.Any(one => one.Error is not null))
                {
                    NotTaken(log, id, to.Host, round.Misses);
                }
            }

            return sum;
        }
        finally
        {
            if (turn is not null)
            {
                using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(3), clock);
                await FollowerStore.EndTurnAsync(data.Work, turn, brief.Token);
            }
        }
    }

    /// <summary>
    /// What is held and due, but never all of a round while there is something new; a receiver that is down is tried with one event, a new one if there is any: an event that it never takes must not keep it
    /// down. Null if there is nothing to send and nothing to pass over.
    /// </summary>
    private async Task<Next?> NextAsync(WebhookSubscription to, FollowerTurn turn, CancellationToken cancel)
    {
        var down = to.Misses >= WebhookSchedule.Down;
        var wanted = new FeedFilter([.. to.Types.Select(type => EventTypes.Find(type)?.Name ?? type)], [], to.Brands) { Within = new FeedFilter([], to.Channels, to.ClientBrands) };
        var (due, held) = await WebhookWork.HeldAsync(data.Work, to.Id, Round / 2, cancel);
        if (held > 0 && await WebhookWork.DropAsync(data.Work, to.Id, wanted, cancel) > 0)
        {
            (due, held) = await WebhookWork.HeldAsync(data.Work, to.Id, Round / 2, cancel);
        }

        var page = held >= WebhookWork.MostHeld ? new FeedPage([], turn.Position, More: false)
            : await EventFeed.ReadAsync(data.Work, turn.Position, wanted, down ? 1 : Round - due.Count, cancel);
        IReadOnlyList<WebhookParcel> fresh = [.. page.Events.Select(e => new WebhookParcel(e, 0))];
        IReadOnlyList<WebhookParcel> parcels = down ? [.. fresh.Concat(due).Take(1)] : [.. due, .. fresh];
        return parcels.Count == 0 && page.Next == turn.Position ? null : new Next(parcels, page.Next, page.More || due.Count == Round / 2);
    }

    private async Task<(WebhookParcel Parcel, SendAnswer Answer)> SendAsync(WebhookSubscription to, WebhookParcel parcel, CancellationToken cancel)
    {
        var answer = await post.SendAsync(to, parcel.Event, cancel);
        TowerTelemetry.CountOutcome(Name, answer.Sent ? "sent" : "failed");
        return (parcel, answer);
    }

    private static WebhookRound Judge((WebhookParcel Parcel, SendAnswer Answer)[] sent, int before)
    {
        if (sent.Length == 0)
        {
            return new WebhookRound([], before, null, null);
        }

        var chance = Random.Shared.NextDouble();
        var misses = WebhookSchedule.Misses(before, sent.Any(one => one.Answer.Sent), Array.TrueForAll(sent, one => one.Parcel.Attempts > 0));
        var gone = sent.Any(one => one.Answer.Status == 410);
        return new WebhookRound(
            [.. sent.Select(one => new WebhookOutcome(one.Parcel, one.Answer.Sent ? null : one.Answer.Words, WebhookSchedule.After(one.Parcel.Attempts + 1, chance)))], misses,
            WebhookSchedule.Rest(misses, sent.Max(one => one.Answer.RetryAfter), chance), gone ? "The receiver answered 410: it is gone and wants no more events." : null);
    }

    private sealed record Next(IReadOnlyList<WebhookParcel> Parcels, LogPosition To, bool More);

    /// <param name="More">There is probably more to send at once.</param>
    private sealed record Visit(int Sent, int Failed, bool More, string? Trouble)
    {
        public Visit With(WebhookSubscription to, WebhookRound round, bool more)
        {
            var taken = round.Outcomes.Count(one => one.Error is null);
            var error = round.Outcomes.LastOrDefault(one => one.Error is not null)?.Error;
            return new Visit(Sent + taken, Failed + round.Outcomes.Count - taken, more, error is null ? Trouble : $"{to.Client}: {error}");
        }
    }

    // The receiver's words may name people; they stand on the page, not in the log.
    [LoggerMessage(EventId = 2720, Level = LogLevel.Warning, Message = "Webhook {Webhook} at {Host} did not take events, {Misses} rounds in a row without any; they are sent again")]
    private static partial void NotTaken(ILogger log, Guid webhook, string host, int misses);
}
