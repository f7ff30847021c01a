using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;

namespace ControlTower.Tests.Simulation;

/// <summary>A row of <c>inbox_work</c>; a letter that is finished has left the table and has an outcome.</summary>
internal sealed record Letter(long Id, string Connection, string EventId, string Lane, CanonicalEvent? What, DateTimeOffset ReceivedAt)
{
    public bool Parked { get; init; }
    public int Attempts { get; init; }
    public int Hiccups { get; init; }
    public long Fence { get; init; }
    public DateTimeOffset? LeaseUntil { get; init; }
    public DateTimeOffset DueAt { get; init; } = ReceivedAt;
    public DateTimeOffset? ParkUntil { get; init; }
}

/// <summary>
/// The tables <c>inbox_message</c>, <c>inbox_work</c> and <c>inbox_outcome</c> in memory. Each method mirrors the statement of the same name in <see cref="InboxWork"/>;
/// <see cref="MirrorTests"/> hold the two against each other row by row.
/// </summary>
/// <param name="now">The clock of the database.</param>
internal sealed class MemoryInbox(Func<DateTimeOffset> now)
{
    private static readonly TimeSpan ParkLimit = TimeSpan.FromHours(24);

    private readonly SortedDictionary<long, Letter> work = [];
    private readonly Dictionary<(string Connection, string EventId), Letter> known = [];
    private readonly SortedDictionary<long, string> outcomes = [];
    private long ids;

    public IEnumerable<Letter> Work => work.Values;

    public IReadOnlyDictionary<long, string> Outcomes => outcomes;

    /// <summary>False is the sabotage of P11: whoever writes is believed.</summary>
    public bool ChecksFences { get; init; } = true;

    /// <summary>False is the sabotage of P12: a try is counted when it has ended.</summary>
    public bool CountsBefore { get; init; } = true;

    /// <summary><see cref="InboxStore.StoreAsync"/>: False if the event came before.</summary>
    public bool Store(string connection, string eventId, string lane, CanonicalEvent? what)
    {
        if (known.ContainsKey((connection, eventId)))
        {
            return false;
        }

        known[(connection, eventId)] = work[++ids] = new Letter(ids, connection, eventId, lane, what, now());
        return true;
    }

    /// <summary><see cref="InboxWork.ClaimAsync"/>: heads of lanes; who was tried before is tried alone; the attempt is counted before it is made.</summary>
    public List<(ClaimedMessage Claim, Letter Letter)> Claim(TimeSpan lease, int limit)
    {
        List<(ClaimedMessage, Letter)> claimed = [];
        foreach (var before in Heads().Take(limit).ToList())
        {
            var suspect = before.Attempts > 0 || before.Hiccups >= 3;
            if (claimed.Count > 0 && suspect)
            {
                break;
            }

            var w = work[before.Id] = before with { Attempts = before.Attempts + (CountsBefore ? 1 : 0), Fence = before.Fence + 1, LeaseUntil = now() + lease };
            claimed.Add((new ClaimedMessage(w.Id, w.Fence, w.Attempts, w.Connection, "event", w.EventId, w.Lane, [], w.ReceivedAt, null, w.Hiccups, before.DueAt > w.ParkUntil), w));
            if (suspect)
            {
                break;
            }
        }

        return claimed;
    }

    /// <summary>What <see cref="Claim"/> would find.</summary>
    public IEnumerable<Letter> Heads()
    {
        if (work.Count == 0)
        {
            yield break;
        }

        var at = now();
        var taken = new HashSet<(string, string)>();
        foreach (var w in work.Values)
        {
            var behind = taken.Contains((w.Connection, w.Lane));
            if (!w.Parked)
            {
                taken.Add((w.Connection, w.Lane));
            }

            if (!behind && w.DueAt <= at && (w.LeaseUntil is null || w.LeaseUntil < at))
            {
                yield return w;
            }
        }
    }

    /// <summary><see cref="InboxWork.HoldAsync"/>.</summary>
    public List<long> Hold(IEnumerable<ClaimedMessage> claims) =>
        [.. claims.Where(c => work.TryGetValue(c.Id, out var w) && (w.Fence == c.Fence || !ChecksFences)).Select(c => c.Id).Order()];

    /// <summary><see cref="InboxWork.FinishAsync"/>.</summary>
    public void Finish(long id, string outcome)
    {
        work.Remove(id);
        outcomes[id] = outcome;
    }

    /// <summary><see cref="InboxWork.ParkAsync"/>.</summary>
    public void Park(long id) => Update(id, w => w with
    {
        Parked = true,
        LeaseUntil = null,
        Attempts = 0,
        Hiccups = 0,
        ParkUntil = w.ParkUntil ?? now() + ParkLimit,
        DueAt = now() + Between((now() - w.ReceivedAt) / 4, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5)),
    });

    /// <summary><see cref="InboxWork.WakeLanesAsync"/>.</summary>
    public void WakeLane(string connection, string lane)
    {
        foreach (var w in work.Values.Where(w => w.Parked && w.DueAt > now() && w.Connection == connection && w.Lane == lane).ToList())
        {
            Update(w.Id, l => l with { DueAt = now() });
        }
    }

    /// <summary><see cref="InboxWork.ForgiveAsync"/>.</summary>
    public void Forgive(ClaimedMessage claim)
    {
        if (work.TryGetValue(claim.Id, out var w) && w.Fence >= claim.Fence)
        {
            var held = w.Fence == claim.Fence;
            work[w.Id] = w with
            {
                Attempts = Math.Max(w.Attempts - 1, 0),
                Hiccups = w.Hiccups + 1,
                LeaseUntil = held ? null : w.LeaseUntil,
                DueAt = held ? now() + TimeSpan.FromSeconds(Math.Pow(2, Math.Min(w.Hiccups, 6)) / 2) : w.DueAt,
            };
        }
    }

    /// <summary><see cref="ControlTower.Data.Triage.RetryStore.ReopenMessagesAsync"/>.</summary>
    public void Reopen(long id)
    {
        if (outcomes.TryGetValue(id, out var outcome) && outcome == "excepted")
        {
            outcomes.Remove(id);
            var letter = known.Values.First(l => l.Id == id);
            work[id] = letter with { DueAt = now() };
        }
    }

    /// <summary>It is the one that ends whoever reads it.</summary>
    public bool IsKiller(long id) => known.Values.Any(l => l.Id == id && l.What is null);

    private void Update(long id, Func<Letter, Letter> change) => work[id] = change(work[id]);

    private static TimeSpan Between(TimeSpan time, TimeSpan least, TimeSpan most) => time < least ? least : time > most ? most : time;
}
