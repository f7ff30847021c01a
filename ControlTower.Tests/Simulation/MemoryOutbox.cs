using ControlTower.Data.Outbox;

namespace ControlTower.Tests.Simulation;

/// <summary>A row of <c>posting</c>.</summary>
internal sealed record Posting(string Key, long Flow, string Kind, string State, string? Reference = null, string? Number = null, string? Facts = null);

/// <summary>A row of <c>delivery</c>.</summary>
internal sealed record Delivery(long Id, NewDelivery Wanted, DateTimeOffset CreatedAt)
{
    public DeliveryState State { get; init; }
    public DeliveryLane Lane { get; init; }
    public int Attempts { get; init; }
    public int LookUps { get; init; }
    public DateTimeOffset DueAt { get; init; } = CreatedAt;
    public DateTimeOffset? LastSentAt { get; init; }
    public long Fence { get; init; }
}

/// <summary>
/// The tables <c>posting</c> and <c>delivery</c> in memory. Each method mirrors the statement of the same name in <see cref="OutboxStore"/> or <see cref="OutboxWork"/>;
/// <see cref="MirrorTests"/> hold the two against each other row by row.
/// </summary>
/// <param name="now">The clock of the database.</param>
/// <param name="about">What a claim reads of the flow and its documents.</param>
internal sealed class MemoryOutbox(Func<DateTimeOffset> now, Func<Delivery, (string Source, string SourceId, string Brand, string Name, string? Document)> about)
{
    private readonly SortedDictionary<long, Delivery> deliveries = [];
    private readonly SortedDictionary<string, Posting> postings = new(StringComparer.Ordinal);
    private long ids;

    public IEnumerable<Delivery> Deliveries => deliveries.Values;

    public IEnumerable<Posting> Postings => postings.Values;

    /// <summary>False is the sabotage of P11: whoever writes is believed.</summary>
    public bool ChecksFences { get; init; } = true;

    public Posting? PostingOf(string key) => postings.GetValueOrDefault(key);

    public Delivery? Find(long id) => deliveries.GetValueOrDefault(id);

    /// <summary><see cref="OutboxStore.IntendAsync"/>.</summary>
    public List<PostingRow> Intend(IReadOnlyList<NewDelivery> wanted)
    {
        List<PostingRow> old = [];
        foreach (var want in wanted)
        {
            if (postings.TryGetValue(want.Key, out var known) && !(known.State == "withdrawn" && known.Flow == want.FlowId))
            {
                old.Add(new PostingRow(known.Key, known.Flow, known.Kind, known.State, known.Reference, known.Number, known.Facts));
                continue;
            }

            postings[want.Key] = (known ?? new Posting(want.Key, want.FlowId, want.Kind, "")) with { State = "intended" };
            deliveries[++ids] = new Delivery(ids, want, now());
        }

        return old;
    }

    /// <summary><see cref="OutboxStore.WithdrawAsync"/>.</summary>
    public List<(long FlowId, string Kind, string Key)> Withdraw(long[] flows, string[] kinds)
    {
        var wanted = flows.Zip(kinds).ToHashSet();
        var gone = deliveries.Values.Where(d => wanted.Contains((d.Wanted.FlowId, d.Wanted.Kind))
            && (d.State == DeliveryState.Ready || (d.State == DeliveryState.Held && postings[d.Wanted.Key].State == "refused"))).ToList();
        foreach (var delivery in gone)
        {
            deliveries.Remove(delivery.Id);
            Mark(delivery.Wanted.Key, "withdrawn");
        }

        return gone.ConvertAll(d => (d.Wanted.FlowId, d.Wanted.Kind, d.Wanted.Key));
    }

    /// <summary><see cref="OutboxWork.ClaimAsync"/>: the attempt is counted before it is made.</summary>
    /// <param name="owned">The node holds the connection's gate under the fence it names.</param>
    public List<ClaimedDelivery> Claim(string connection, bool owned, ICollection<long> inFlight, int limit, DeliveryLane lanes)
    {
        var picked = !owned ? [] : Due(connection, inFlight).Where(d => d.Lane <= lanes).OrderBy(d => d.Lane).ThenBy(d => d.Id).Take(limit).ToList();
        return picked.ConvertAll(before =>
        {
            var first = before.State == DeliveryState.Ready;
            var d = deliveries[before.Id] = before with
            {
                Fence = before.Fence + 1,
                State = first ? DeliveryState.Sent : before.State,
                Attempts = before.Attempts + (first ? 1 : 0),
                LookUps = before.LookUps + (first ? 0 : 1),
                LastSentAt = first ? now() : before.LastSentAt,
            };
            var (source, sourceId, brand, name, document) = about(d);
            return new ClaimedDelivery(
                d.Id, d.Fence, d.Wanted.Key, d.Wanted.ConnectionId, d.Wanted.FlowId, d.Wanted.Kind, d.Lane, before.State, d.Wanted.DocumentVersion, d.Wanted.Arguments, d.Attempts, d.LookUps,
                d.LastSentAt, d.CreatedAt, source, sourceId, brand, name, document, null, now());
        });
    }

    /// <summary>What <see cref="Claim"/> would find.</summary>
    public IEnumerable<Delivery> Due(string connection, ICollection<long> inFlight) =>
        deliveries.Values.Where(d => d.Wanted.ConnectionId == connection && d.State < DeliveryState.Held && d.DueAt <= now() && !inFlight.Contains(d.Id));

    /// <summary><see cref="OutboxWork.OpenAttemptAsync"/>.</summary>
    public bool OpenAttempt(ClaimedDelivery claim, bool absent)
    {
        if (Held(claim) is not { State: DeliveryState.Sent or DeliveryState.Unknown } d)
        {
            return false;
        }

        deliveries[d.Id] = d with { State = DeliveryState.Sent, Attempts = d.Attempts + 1, LastSentAt = now() };
        if (postings[claim.Key].State is "intended" or "unknown")
        {
            Mark(claim.Key, absent ? "intended" : "unknown");
        }

        return true;
    }

    /// <summary><see cref="OutboxWork.PostponeAsync"/>.</summary>
    public int Postpone(ClaimedDelivery claim, TimeSpan pause, bool counts, bool defer) => Update(claim, d => d with
    {
        State = postings[claim.Key].State == "unknown" ? DeliveryState.Unknown : DeliveryState.Ready,
        DueAt = now() + pause,
        Attempts = d.Attempts - (counts ? 0 : 1),
        Lane = defer && d.Lane == DeliveryLane.Live ? DeliveryLane.Deferred : d.Lane,
    });

    /// <summary><see cref="OutboxWork.SuspectAsync"/>.</summary>
    public int Suspect(ClaimedDelivery claim, TimeSpan pause, bool counts) => Unknown(claim, pause, counts ? 0 : 1, 0);

    /// <summary><see cref="OutboxWork.LookAgainAsync"/>.</summary>
    public int LookAgain(ClaimedDelivery claim, TimeSpan pause, bool counts) => Unknown(claim, pause, 0, counts ? 0 : 1);

    /// <summary><see cref="OutboxWork.HoldForPersonAsync"/>.</summary>
    public int HoldForPerson(ClaimedDelivery claim, bool perhapsDone)
    {
        var held = Update(claim, d => d with { State = DeliveryState.Held });
        if (held == 1 && perhapsDone)
        {
            Mark(claim.Key, "unknown");
        }

        return held;
    }

    /// <summary><see cref="OutboxWork.DeferAsync"/>.</summary>
    public int Defer(string connection) =>
        UpdateAll(d => d.Wanted.ConnectionId == connection && d.Lane == DeliveryLane.Live && d.State < DeliveryState.Held, d => d with { Lane = DeliveryLane.Deferred });

    /// <summary><see cref="OutboxStore.HoldAsync"/>.</summary>
    public List<long> Hold(IEnumerable<ClaimedDelivery> claims) => [.. claims.Where(c => Held(c) is not null).Select(c => c.Id).Order()];

    /// <summary><see cref="OutboxStore.SettleAsync"/>.</summary>
    public void Settle(SettledPosting settled)
    {
        deliveries.Remove(settled.DeliveryId);
        postings[settled.Key] = postings[settled.Key] with { State = "confirmed", Reference = settled.Reference, Number = settled.Number, Facts = settled.Facts };
    }

    /// <summary><see cref="OutboxStore.RefuseAsync"/>.</summary>
    public void Refuse(long id, string key)
    {
        UpdateAll(d => d.Id == id, d => d with { State = DeliveryState.Held });
        Mark(key, "refused");
    }

    /// <summary><see cref="ControlTower.Data.Triage.RetryStore.ReleaseDeliveriesAsync"/>.</summary>
    public void Release(string key)
    {
        var state = postings[key].State == "unknown" ? DeliveryState.Unknown : DeliveryState.Ready;
        var released = UpdateAll(
            d => d.Wanted.Key == key && d.State == DeliveryState.Held,
            d => d with { Lane = DeliveryLane.Replay, Attempts = 0, LookUps = 0, DueAt = now(), State = state });
        if (released > 0 && postings[key].State == "refused")
        {
            Mark(key, "intended");
        }
    }

    private int Unknown(ClaimedDelivery claim, TimeSpan pause, int attempts, int lookUps)
    {
        var suspected = Update(claim, d => d with
        {
            State = DeliveryState.Unknown,
            DueAt = now() + pause,
            Attempts = d.Attempts - attempts,
            LookUps = d.LookUps - lookUps,
            Lane = attempts + lookUps > 0 && d.Lane == DeliveryLane.Live ? DeliveryLane.Deferred : d.Lane,
        });
        if (suspected == 1)
        {
            Mark(claim.Key, "unknown");
        }

        return suspected;
    }

    // "where id = $1 and fence = $2"
    private Delivery? Held(ClaimedDelivery claim) => Find(claim.Id) is { } d && (d.Fence == claim.Fence || !ChecksFences) ? d : null;

    private int Update(ClaimedDelivery claim, Func<Delivery, Delivery> change) => Held(claim) is { } held ? UpdateAll(d => d == held, change) : 0;

    private int UpdateAll(Func<Delivery, bool> which, Func<Delivery, Delivery> change)
    {
        var found = deliveries.Values.Where(which).ToList();
        found.ForEach(d => deliveries[d.Id] = change(d));
        return found.Count;
    }

    private void Mark(string key, string state) => postings[key] = postings[key] with { State = state };
}
