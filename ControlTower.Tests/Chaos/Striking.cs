using System.Globalization;
using ControlTower.Tests.Chaos.Wire;

namespace ControlTower.Tests.Chaos;

/// <summary>Carries out the strikes of a schedule against a world, each until it is over.</summary>
internal sealed class Striking(ChaosWorld world, ResumeGaps gaps, Poisoner poisoner, Shoppers shoppers, CancellationToken cancel)
{
    private static readonly string[] erps = ["bc-eu", "bc-us"];

    public Task RunAsync(Strike strike) => strike.Fault switch
    {
        ChaosFault.KillWeb => Pick(world.Webs, strike).KillAsync(strike.Lasts),
        ChaosFault.KillWorker => KillWorkerAsync(strike, owner: true),
        ChaosFault.KillSpareWorker => KillWorkerAsync(strike, owner: false),
        ChaosFault.KillAll => Task.WhenAll(world.Nodes.Select(n => n.KillAsync(strike.Lasts))),
        ChaosFault.FreezeWorker => FreezeWorkerAsync(strike),
        ChaosFault.RollingRestart => RollAsync(),
        ChaosFault.DatabaseRestart => Task.Run(world.StopDatabaseImmediately),
        ChaosFault.DatabaseFrozen => world.FreezeDatabaseAsync(strike.Lasts, cancel),
        ChaosFault.DatabaseRefuses => OnAsync(world.Nodes.Select(n => n.Database), new WireFault(WireFaultKind.Refuse), strike),
        ChaosFault.DatabaseSilent => OnAsync(world.Nodes.Select(n => n.Database), new WireFault(WireFaultKind.HalfOpen), strike),
        ChaosFault.DatabaseSilentToOne => OnAsync([Pick(world.Nodes, strike).Database], new WireFault(WireFaultKind.HalfOpen), strike),
        ChaosFault.CommitReplyLost => OnAsync(world.Nodes.Select(n => n.Database), new WireFault(WireFaultKind.LoseCommit, Times: 1 + (strike.Pick % 4)), strike),
        ChaosFault.SessionsEnded => world.TryAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like 'controltower%' and pid % 2 = $1", strike.Pick % 2),
        ChaosFault.TableLocked => LockAsync(strike),
        ChaosFault.JobLockOrphaned => world.TryAsync<string>("insert into hangfire.lock (resource, updatecount, acquired) values ('hangfire:locks:schedulepoller', 0, now() at time zone 'utc') on conflict do nothing returning resource"),
        ChaosFault.Burst => shoppers.RushAsync(strike.Pick),
        ChaosFault.Poison => poisoner.SendAsync(strike.Pick),
        ChaosFault.WebhooksDoubled => MannersAsync(new PostManners(Copies: 8, LateShare: 0.2, Detour: TimeSpan.Zero), strike),
        ChaosFault.WebhooksReordered => MannersAsync(new PostManners(Copies: 1, LateShare: 0.05, Detour: TimeSpan.FromSeconds(3)), strike),
        ChaosFault.WebhooksLate => LateAsync(strike),
        ChaosFault.ShopAnswerLost => OnAsync([world.Estate.Shops], new WireFault(WireFaultKind.LoseAnswer, Times: 5), strike),
        _ => ErpAsync(strike),
    };

    private Task ErpAsync(Strike strike)
    {
        var erp = erps[strike.Pick % erps.Length];
        var seconds = strike.Lasts.TotalSeconds;
        return strike.Fault switch
        {
            ChaosFault.ErpRefuses => OnAsync([world.Estate.Erps], new WireFault(WireFaultKind.Refuse), strike),
            ChaosFault.ErpHalfOpen => OnAsync([world.Estate.Erps], new WireFault(WireFaultKind.HalfOpen), strike),
            ChaosFault.ErpDrips => OnAsync([world.Estate.Erps], new WireFault(WireFaultKind.Drip, Way.Down, Bytes: 64, Pace: TimeSpan.FromMilliseconds(20)), strike),
            ChaosFault.ErpAnswerLost => BothLostAsync(erp, strike),
            ChaosFault.ErpAnswerSilent => OnAsync([world.Estate.Erps], new WireFault(WireFaultKind.SwallowAnswer, Times: 2), strike),
            ChaosFault.ErpSlow when strike.Pick % 3 == 0 => EstateAsync(erp, strike, new { kind = "slow", seconds = 35, count = 2, on = "writes", lasts = seconds }),
            ChaosFault.ErpSlow => EstateAsync(erp, strike, new { kind = "slow", seconds = 3, lasts = seconds }),
            ChaosFault.ErpAcceptsOnly => EstateAsync(erp, strike, new { kind = "accepted", commits = strike.Pick % 2 == 0, count = 3, lasts = seconds }),
            ChaosFault.ErpThrottles => EstateAsync(erp, strike, new { kind = "throttle", seconds = 2, lasts = seconds }),
            ChaosFault.ErpUnavailable => EstateAsync(erp, strike, new { kind = "unavailable", seconds = 3, retryAfterDate = true, lasts = seconds }),
            ChaosFault.ErpFails => EstateAsync(erp, strike, new { kind = "error-before-commit", share = 0.5, lasts = seconds }),
            ChaosFault.ErpCommitsLate => EstateAsync(erp, strike, new { kind = "late-commit", seconds = 1 + (strike.Pick % 6), count = 3, lasts = seconds }),
            ChaosFault.ErpTalksNonsense => EstateAsync(erp, strike, new { kind = new[] { "html", "wrong-json", "cut-json" }[strike.Pick % 3], share = 0.5, count = 6, lasts = seconds }),
            ChaosFault.ErpSaysNo => EstateAsync(erp, strike, new { kind = "refuse", reason = "blocked-customer", count = 2, lasts = seconds }),
            _ => throw new InvalidOperationException($"Nobody knows how to do {strike.Fault}."),
        };
    }

    private async Task KillWorkerAsync(Strike strike, bool owner)
    {
        var sending = await world.OwnerOfAsync(erps[0]);
        var victim = owner ? sending ?? Pick(world.Workers, strike) : world.Workers.FirstOrDefault(w => w != sending) ?? Pick(world.Workers, strike);
        var held = await gaps.HeldByAsync(victim);
        var killed = victim.KillAsync(strike.Lasts);
        await Task.WhenAll(killed, gaps.WatchAsync(held, cancel));
    }

    private async Task FreezeWorkerAsync(Strike strike)
    {
        var victim = await world.OwnerOfAsync(erps[0]) ?? Pick(world.Workers, strike);
        await victim.FreezeAsync(strike.Lasts, cancel);
    }

    private async Task RollAsync()
    {
        foreach (var node in world.Nodes)
        {
            await node.RestartAsync(cancel);
            await node.UntilUpAsync(cancel);
        }
    }

    private async Task LockAsync(Strike strike)
    {
        // Another session, as of somebody's forgotten maintenance: the work queue and the door stand still.
        var table = new[] { "inbox_message", "flow", "delivery" }[strike.Pick % 3];
        await world.TryAsync<string>(string.Create(CultureInfo.InvariantCulture, $"begin; lock table {table} in access exclusive mode; select pg_sleep({strike.Lasts.TotalSeconds}); commit; select 'done'"));
    }

    private async Task LateAsync(Strike strike)
    {
        await MannersAsync(new PostManners(Copies: 1, LateShare: 0.5, Detour: TimeSpan.Zero), strike);
        await world.Postman.BringLateAsync(most: 20);
    }

    private async Task MannersAsync(PostManners manners, Strike strike)
    {
        world.Postman.Manners = manners;
        await OverAsync(strike);
        if (ReferenceEquals(world.Postman.Manners, manners))
        {
            world.Postman.Manners = PostManners.Usual;
        }
    }

    private async Task BothLostAsync(string erp, Strike strike)
    {
        await world.Estate.FaultAsync(erp, new { kind = "lost-answer", share = 0.5, count = 4, lasts = Math.Max(1, strike.Lasts.TotalSeconds) });
        await OnAsync([world.Estate.Erps], new WireFault(WireFaultKind.LoseAnswer, Times: 2), strike);
    }

    private async Task EstateAsync(string erp, Strike strike, object fault)
    {
        await world.Estate.FaultAsync(erp, fault);
        await OverAsync(strike);
    }

    private async Task OnAsync(IEnumerable<FaultProxy> proxies, WireFault fault, Strike strike)
    {
        var all = proxies.ToList();
        all.ForEach(p => p.Set(fault));
        await OverAsync(strike);
        // Another strike may have put its own fault there meanwhile, and ends it itself.
        all.FindAll(p => ReferenceEquals(p.Fault, fault)).ForEach(p => p.Heal());
    }

    private Task OverAsync(Strike strike) => Task.Delay(strike.Lasts, TimeProvider.System, cancel);

    private static TowerNode Pick(IEnumerable<TowerNode> nodes, Strike strike) => nodes.ElementAt(strike.Pick % nodes.Count());
}
