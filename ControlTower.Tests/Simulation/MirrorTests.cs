using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Data.Inbox;
using ControlTower.Data.Outbox;
using ControlTower.Data.Triage;
using Xunit;

namespace ControlTower.Tests.Simulation;

/// <summary>
/// The memory under the simulation is a mirror of the product's statements. Here both play the same random operations, stale claims and lost gates among them, on the same clock,
/// and every answer and every row is compared.
/// </summary>
public sealed class MirrorTests
{
    private const int Sequences = 150;
    private const int Steps = 40;
    private static readonly Guid[] Nodes = [new("00000000-0000-0000-0000-00000000000a"), new("00000000-0000-0000-0000-00000000000b")];

    [Fact]
    public async Task Outbox_and_gates_in_memory_answer_and_stand_as_the_tables_do()
    {
        await using var real = await MirrorDatabase.CreateAsync();
        for (var seed = 0; seed < Sequences; seed++)
        {
            await real.ClearAsync();
            var play = new OutboxPlay(new Random(seed), real);
            for (var step = 0; step < Steps; step++)
            {
                var (did, expected, found) = await play.StepAsync();
                Assert.True(expected == found, $"Sequence {seed}, step {step}, {did}: the database says {expected}, the memory {found}.");
                Assert.Equal((await real.RowsAsync(OutboxPlay.Rows)).Order(StringComparer.Ordinal), play.Memory.Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public async Task The_inbox_in_memory_answers_and_stands_as_the_tables_do()
    {
        await using var real = await MirrorDatabase.CreateAsync();
        for (var seed = 0; seed < Sequences; seed++)
        {
            await real.ClearAsync();
            var play = new InboxPlay(new Random(seed), real);
            for (var step = 0; step < Steps; step++)
            {
                var (did, expected, found) = await play.StepAsync();
                Assert.True(expected == found, $"Sequence {seed}, step {step}, {did}: the database says {expected}, the memory {found}.");
                Assert.Equal(await real.RowsAsync(InboxPlay.Rows), play.Memory);
            }
        }
    }

    private static string Text(IEnumerable<string> items) => string.Join(' ', items);

    private static string Seconds(DateTimeOffset? at) => at is { } time ? ((long)(time - MirrorDatabase.Start).TotalMilliseconds).ToString(CultureInfo.InvariantCulture) : "-";

    private sealed class OutboxPlay
    {
        public const string Rows = """
            select concat_ws('|', d.posting_key, d.state, d.lane, d.attempts, d.lookups, d.fence, (extract(epoch from d.due_at - '2026-03-01T10:00:00Z'::timestamptz) * 1000)::bigint,
                coalesce((extract(epoch from d.last_sent_at - '2026-03-01T10:00:00Z'::timestamptz) * 1000)::bigint::text, '-')) from delivery d
            union all select concat_ws('|', key, state, coalesce(reference, '-')) from posting
            union all select concat_ws('|', connection_id, coalesce(right(owner::text, 1), '-'), fence,
                coalesce((extract(epoch from lease_until - '2026-03-01T10:00:00Z'::timestamptz) * 1000)::bigint::text, '-')) from connection_gate
            """;

        private readonly Random random;
        private readonly MirrorDatabase real;
        private readonly MemoryOutbox memory;
        private readonly MemoryGates gates;
        private readonly List<(ClaimedDelivery Real, ClaimedDelivery Memory)> claims = [];

        public OutboxPlay(Random random, MirrorDatabase real)
        {
            (this.random, this.real) = (random, real);
            memory = new MemoryOutbox(() => real.Now, d => ("shop-eu", $"{d.Wanted.FlowId}", "brand", "", "{}"));
            gates = new MemoryGates(() => real.Now, "erp", "shop-eu");
        }

        public IEnumerable<string> Memory => memory.Deliveries
            .Select(d => $"{d.Wanted.Key}|{(int)d.State}|{(int)d.Lane}|{d.Attempts}|{d.LookUps}|{d.Fence}|{Seconds(d.DueAt)}|{Seconds(d.LastSentAt)}")
            .Concat(memory.Postings.Select(p => $"{p.Key}|{p.State}|{p.Reference ?? "-"}"))
            .Concat(gates.Rows.Select(g => $"{g.Connection}|{(g.Owner is { } o ? o.ToString()[^1..] : "-")}|{g.Fence}|{Seconds(g.Until)}"));

        public async Task<(string Did, string Real, string Memory)> StepAsync()
        {
            var (flow, node, pause) = (random.Next(1, 4), Nodes[random.Next(2)], TimeSpan.FromSeconds(random.Next(0, 90)));
            var (kind, connection) = random.Next(2) == 0 ? ("PostSalesOrder", "erp") : ("FulfilOrder", "shop-eu");
            var key = $"KEY-{flow}-{kind.ToUpperInvariant()}";
            switch (random.Next(12))
            {
                case 0 or 1:
                    var wanted = new NewDelivery(key, connection, flow, kind, 1, null, 10m, "EUR", null);
                    var known = await real.InTransactionAsync(c => OutboxStore.IntendAsync(c, [wanted], default));
                    return ("intend", Text(known.Select(p => $"{p.Key} {p.State}")), Text(memory.Intend([wanted]).Select(p => $"{p.Key} {p.State}")));
                case 2:
                    var gone = await real.InTransactionAsync(c => OutboxStore.WithdrawAsync(c, [flow], [kind], default));
                    return ("withdraw", Text(gone.Select(g => g.Key)), Text(memory.Withdraw([flow], [kind]).Select(g => g.Key)));
                case 3:
                    var held = await GateStore.HoldAsync(real.Sources.Work, node, TimeSpan.FromSeconds(10), default);
                    return ("hold gates", Text(held.Select(l => $"{l.ConnectionId} {l.Fence}").Order(StringComparer.Ordinal)), Text(gates.Hold(node, TimeSpan.FromSeconds(10)).Select(l => $"{l.ConnectionId} {l.Fence}")));
                case 4 when random.Next(3) == 0:
                    await GateStore.ReleaseAsync(real.Sources.Work, node, default);
                    gates.Release(node);
                    return ("release gates", "", "");
                case 5:
                    await real.SetAsync(real.Now + TimeSpan.FromSeconds(random.Next(4) == 0 ? random.Next(1, 1_200) : random.Next(0, 12)));
                    return ("time", "", "");
                case 6 when random.Next(3) == 0:
                    return ("defer", $"{await OutboxWork.DeferAsync(real.Sources.Work, connection, default)}", $"{memory.Defer(connection)}");
                case 7 when random.Next(2) == 0:
                    await real.InTransactionAsync(c => RetryStore.ReleaseDeliveriesAsync(c, [key], default));
                    if (memory.PostingOf(key) is not null)
                    {
                        memory.Release(key);
                    }

                    return ("retry", "", "");
                case 8 or 9 when claims.Count > 0:
                    return await RecordAsync(claims[^random.Next(1, Math.Min(4, claims.Count) + 1)], pause);
                default:
                    return await ClaimAsync(node, connection);
            }
        }

        private async Task<(string, string, string)> ClaimAsync(Guid node, string connection)
        {
            var fence = gates.Rows.First(g => g.Connection == connection).Fence - (random.Next(8) == 0 ? 1 : 0);
            var inFlight = claims.Count > 0 && random.Next(2) == 0 ? [claims[^1].Real.Id] : Array.Empty<long>();
            var (limit, lanes) = (random.Next(1, 4), (DeliveryLane)random.Next(4));
            var real = await OutboxWork.ClaimAsync(this.real.Sources.Work, connection, node, fence, inFlight, limit, lanes, default);
            var found = memory.Claim(connection, gates.Holds(connection, node, fence), inFlight, limit, lanes);
            claims.AddRange(real.Zip(found));
            return ("claim", Text(real.Select(Words)), Text(found.Select(Words)));
        }

        private static string Words(ClaimedDelivery c) =>
            $"{c.Id} {c.Fence} {c.Key} {c.Kind} {c.FlowId} {c.Lane} {c.Before} {c.DocumentVersion} {c.Attempts} {c.LookUps} {Seconds(c.LastSentAt)} {Seconds(c.CreatedAt)} {Seconds(c.DatabaseNow)} {c.Source} {c.SourceId} {c.Brand} {c.Document}";

        private async Task<(string, string, string)> RecordAsync((ClaimedDelivery Real, ClaimedDelivery Memory) claim, TimeSpan pause)
        {
            var (data, counts, yes) = (real.Sources.Work, random.Next(2) == 0, random.Next(2) == 0);
            switch (random.Next(7))
            {
                case 0:
                    return ("open attempt", $"{await OutboxWork.OpenAttemptAsync(data, claim.Real, yes, default)}", $"{memory.OpenAttempt(claim.Memory, yes)}");
                case 1:
                    return ("postpone", $"{await OutboxWork.PostponeAsync(data, claim.Real, pause, counts, "x", "x", yes, default)}", $"{memory.Postpone(claim.Memory, pause, counts, yes)}");
                case 2:
                    return ("suspect", $"{await OutboxWork.SuspectAsync(data, claim.Real, pause, "x", counts, default)}", $"{memory.Suspect(claim.Memory, pause, counts)}");
                case 3:
                    return ("look again", $"{await OutboxWork.LookAgainAsync(data, claim.Real, pause, "x", counts, default)}", $"{memory.LookAgain(claim.Memory, pause, counts)}");
                case 4:
                    var held = await real.InTransactionAsync(c => OutboxWork.HoldForPersonAsync(c, claim.Real, "x", "x", yes, default));
                    return ("hold for a person", $"{held}", $"{memory.HoldForPerson(claim.Memory, yes)}");
                default:
                    return await EndAsync(claim, yes);
            }
        }

        private async Task<(string, string, string)> EndAsync((ClaimedDelivery Real, ClaimedDelivery Memory) claim, bool accepted)
        {
            var settled = new SettledPosting(claim.Real.Id, claim.Real.Fence, claim.Real.Key, "ref", "NO-1", null);
            var held = await real.InTransactionAsync(async c =>
            {
                var mine = await OutboxStore.HoldAsync(c, [claim.Real.Id], [claim.Real.Fence], default);
                await (mine.Count == 0 ? Task.CompletedTask
                    : accepted ? OutboxStore.SettleAsync(c, [settled], default)
                    : OutboxStore.RefuseAsync(c, [claim.Real.Id], [claim.Real.Key], ["x"], ["x"], default));
                return mine;
            });
            var found = memory.Hold([claim.Memory]);
            if (found.Count > 0 && accepted)
            {
                memory.Settle(settled);
            }
            else if (found.Count > 0)
            {
                memory.Refuse(claim.Memory.Id, claim.Memory.Key);
            }

            return (accepted ? "settle" : "refuse", Text(held.Select(id => $"{id}")), Text(found.Select(id => $"{id}")));
        }
    }

    private sealed class InboxPlay
    {
        public const string Rows = """
            select concat_ws('|', m.event_id, case when w.state = 1 then 'parked' else 'ready' end, w.attempts, w.hiccups, w.fence,
                coalesce((extract(epoch from w.lease_until - '2026-03-01T10:00:00Z'::timestamptz) * 1000)::bigint::text, '-'),
                (extract(epoch from w.due_at - '2026-03-01T10:00:00Z'::timestamptz) * 1000)::bigint,
                coalesce((extract(epoch from w.park_until - '2026-03-01T10:00:00Z'::timestamptz) * 1000)::bigint::text, '-'))
            from inbox_work w join inbox_message m on m.id = w.message_id order by m.id
            """;

        private readonly Random random;
        private readonly MirrorDatabase real;
        private readonly MemoryInbox memory;
        private readonly List<(ClaimedMessage Real, ClaimedMessage Memory)> claims = [];

        public InboxPlay(Random random, MirrorDatabase real) => (this.random, this.real, memory) = (random, real, new MemoryInbox(() => real.Now));

        public IEnumerable<string> Memory => memory.Work.Select(
            w => $"{w.EventId}|{(w.Parked ? "parked" : "ready")}|{w.Attempts}|{w.Hiccups}|{w.Fence}|{Seconds(w.LeaseUntil)}|{Seconds(w.DueAt)}|{Seconds(w.ParkUntil)}");

        public async Task<(string Did, string Real, string Memory)> StepAsync()
        {
            var lane = $"order/{random.Next(1, 4)}";
            switch (random.Next(9))
            {
                case 0 or 1:
                    var arrival = new Arrival("shop-eu", "event", $"{lane}/{random.Next(4)}", lane, "{}", [1], null);
                    var stored = await StoreAsync(arrival);
                    return ("store", $"{stored}", $"{memory.Store("shop-eu", arrival.EventId, lane, null)}");
                case 2:
                    await real.SetAsync(real.Now + TimeSpan.FromSeconds(random.Next(6) switch { 0 => 90_000, 1 => random.Next(1, 600), _ => random.Next(0, 12) }));
                    return ("time", "", "");
                case 3 when random.Next(2) == 0:
                    var woken = await real.InTransactionAsync(c => InboxWork.WakeLanesAsync(c, ["shop-eu"], [lane], default));
                    memory.WakeLane("shop-eu", lane);
                    return ("wake", $"{woken >= 0}", "True");
                case 4 when claims.Count > 0:
                    var claim = claims[^random.Next(1, Math.Min(4, claims.Count) + 1)];
                    await InboxWork.ForgiveAsync(real.Sources.Work, [claim.Real.Id], [claim.Real.Fence], default);
                    memory.Forgive(claim.Memory);
                    return ("forgive", "", "");
                case 5 or 6 when claims.Count > 0:
                    return await EndAsync(claims[^random.Next(1, Math.Min(4, claims.Count) + 1)]);
                case 7 when claims.Count > 0:
                    var again = claims[random.Next(claims.Count)];
                    await real.InTransactionAsync(c => RetryStore.ReopenMessagesAsync(c, [again.Real.Id], default));
                    memory.Reopen(again.Memory.Id);
                    return ("reopen", "", "");
                default:
                    var limit = random.Next(1, 4);
                    var claimed = await InboxWork.ClaimAsync(real.Sources.Work, Nodes[0], TimeSpan.FromSeconds(10), limit, default);
                    var found = memory.Claim(TimeSpan.FromSeconds(10), limit).ConvertAll(f => f.Claim);
                    claims.AddRange(claimed.Zip(found));
                    return ("claim", Text(claimed.Select(Words)), Text(found.Select(Words)));
            }
        }

        private async Task<bool> StoreAsync(Arrival arrival)
        {
            await using var connection = await real.Sources.Work.OpenConnectionAsync();
            return (await InboxStore.StoreAsync(connection, [arrival], default)) is [Stored.New];
        }

        private static string Words(ClaimedMessage c) => $"{c.EventId} {c.Fence} {c.Attempts} {c.Lane} {c.Hiccups} {c.LastLook} {Seconds(c.ReceivedAt)}";

        private async Task<(string, string, string)> EndAsync((ClaimedMessage Real, ClaimedMessage Memory) claim)
        {
            var (park, outcome) = (random.Next(2) == 0, random.Next(2) == 0 ? "processed" : "excepted");
            var held = await real.InTransactionAsync(async c =>
            {
                var mine = await InboxWork.HoldAsync(c, [claim.Real.Id], [claim.Real.Fence], default);
                await (mine.Count == 0 ? Task.CompletedTask
                    : park ? InboxWork.ParkAsync(c, [claim.Real.Id], ["x"], TimeSpan.FromHours(24), default)
                    : InboxWork.FinishAsync(c, [new MessageEnd(claim.Real.Id, outcome, null, null, 1)], default));
                return mine.Count;
            });
            var found = memory.Hold([claim.Memory]);
            if (found.Count > 0 && park)
            {
                memory.Park(claim.Memory.Id);
            }
            else if (found.Count > 0)
            {
                memory.Finish(claim.Memory.Id, outcome);
            }

            return (park ? "park" : "finish", $"{held}", $"{found.Count}");
        }
    }
}
