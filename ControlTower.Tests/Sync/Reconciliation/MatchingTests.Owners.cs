using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>Who has a break and by when: the first rule that fits gives it, a hand's gift stays, and each kind has its time.</summary>
public sealed partial class MatchingTests
{
    private static readonly Guid Nora = Guid.Parse("00000000-0000-0000-0000-0000000000b1");
    private static readonly Guid Olaf = Guid.Parse("00000000-0000-0000-0000-0000000000b2");

    [Fact]
    public async Task A_break_has_somebody_from_its_first_moment_by_the_first_rule_that_fits()
    {
        await using var world = await CreateAsync();
        var (_, owners) = await OwnersAsync(world);
        await world.Database.ExecuteAsync($"update account set finance = false where id = '{Olaf}'");
        Done(await owners.SaveAsync(
            1, [Gives(kind: BreakKinds.MissingOther, to: Olaf), Gives(comparison: Comparisons.Order, kind: BreakKinds.MissingOther, source: Shop, to: Nora), Gives(source: Shop, team: ReconTeams.Finance), Gives(team: ReconTeams.Admin)], Ida, default));
        await world.OrdersAsync(2);
        // Of a charge without an order nobody knows the channel.
        await world.TellAsync(Stripe, [Charge(1, Total(1) - 10m), Charge(7), Charge(2)]);
        await world.TellAsync(Erp, [Invoice(1)]);
        await world.SettleAsync();
        Assert.Equal(["order NL-2 Nora Lind", "settlement NL-1 Finance", "settlement ch-7 Admin"], await HeldAsync(world));
        // It is another break now, and another's.
        await world.TellAsync(Erp, [Invoice(2, Total(2) - 10m)]);
        await world.SettleAsync();
        Assert.Equal(["order NL-2 Finance", "settlement NL-1 Finance", "settlement ch-7 Admin"], await HeldAsync(world));
    }

    [Fact]
    public async Task Rules_run_over_what_is_open_give_what_nobody_has_or_a_rule_gave_and_leave_what_a_hand_gave()
    {
        await using var world = await CreateAsync();
        var (reads, owners) = await OwnersAsync(world);
        var (desk, _) = Desks(world);
        await world.TellAsync(Stripe, [Charge(1), Charge(2)]);
        await world.SettleAsync();
        var first = await world.Database.ScalarAsync<long>("select id from recon_item where document = 'ch-1'");
        Done(await desk.OwnAsync([first], Olaf, "Olaf Ek", null, Ida, default));
        Done(await owners.SaveAsync(1, [Gives(team: ReconTeams.Finance)], Ida, default));
        Assert.Equal("moved", Refused(await owners.RunAsync(1, Ida, default)).Rule);
        Assert.Equal(new ReconOwnerMoves(1, 1), await reads.MovesAsync(default));
        Assert.Equal(1, Assert.IsType<ReconAnswer.Done>(await owners.RunAsync(2, Ida, default)).Count);
        Assert.Equal(0, Assert.IsType<ReconAnswer.Done>(await owners.RunAsync(2, Ida, default)).Count);
        Assert.Equal(["settlement ch-1 Olaf Ek", "settlement ch-2 Finance"], await HeldAsync(world));
        Done(await owners.SaveAsync(2, [Gives(to: Nora)], Ida, default));
        Done(await owners.RunAsync(3, Ida, default));
        Assert.Equal(["settlement ch-1 Olaf Ek", "settlement ch-2 Nora Lind"], await HeldAsync(world));
        Assert.Equal([(Nora.ToString(), "Nora Lind", 1L), (Olaf.ToString(), "Olaf Ek", 1L)], (await reads.HoldersAsync(default)).Select(h => (h.Key, h.Name, h.Breaks)));
        Assert.Equal(4, await world.Database.ScalarAsync<long>("select count(*) from audit where subject = 'reconciliation/owners'"));
        // Taken by hand, it is the person's: rules pass it over.
        Done(await desk.OwnAsync([await world.Database.ScalarAsync<long>("select id from recon_item where document = 'ch-2'")], Nora, "Nora Lind", null, Ida, default));
        Done(await owners.SaveAsync(3, [], Ida, default));
        Assert.Equal(0, Assert.IsType<ReconAnswer.Done>(await owners.RunAsync(4, Ida, default)).Count);
    }

    [Fact]
    public async Task The_backlog_is_read_by_owner_and_by_what_is_overdue_for_its_kind()
    {
        await using var world = await CreateAsync();
        var (reads, owners) = await OwnersAsync(world);
        var queries = new ReconQueries(world.Database.Sources);
        Done(await owners.SaveAsync(1, [Gives(comparison: Comparisons.Settlement, to: Nora)], Ida, default));
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1)]);
        await world.SettleAsync();
        await world.Database.ExecuteAsync("update recon_item set due_at = now() - interval '5 days'");
        Assert.Equal(["ch-1"], (await queries.ListAsync(new ReconFilter(Owner: Nora.ToString()), 0, 10, default)).Select(i => i.Document));
        var nobodys = Assert.Single(await queries.ListAsync(new ReconFilter(Owner: ReconTeams.Nobody), 0, 10, default));
        Assert.Equal(("PSI-1", null, null, true), (nobodys.Document, nobodys.Owner, nobodys.Team, nobodys.IsOverdue));
        Assert.Equal(2, (await queries.CountAsync(new ReconFilter("overdue"), default)).Count);
        Assert.Equal("days", Refused(await owners.WithinAsync(BreakKinds.MissingFirst, 400, Ida, default)).Problems![0].Field);
        Done(await owners.WithinAsync(BreakKinds.MissingFirst, 6, Ida, default));
        Assert.Equal(0, (await queries.CountAsync(new ReconFilter("overdue"), default)).Count);
        Assert.Equal(2, (await queries.CountAsync(new ReconFilter(), default)).Count);
        Assert.Equal(nobodys.DueAt.AddDays(6), (await queries.ListAsync(new ReconFilter(Owner: ReconTeams.Nobody), 0, 10, default)).Single().ResolveBy);
        Assert.Equal(6, (await reads.SlasAsync(default)).Single(s => s.Kind == BreakKinds.MissingFirst).Within.TotalDays);
    }

    [Fact]
    public async Task A_rule_says_who_and_is_about_what_there_is_or_is_refused_by_its_field()
    {
        await using var world = await CreateAsync();
        var (reads, owners) = await OwnersAsync(world);
        foreach (var (field, bad) in new[]
                 {
                     ("owner", Gives()), ("owner", Gives(to: Guid.NewGuid())), ("owner", Gives(to: Nora, team: ReconTeams.Finance)), ("kind", Gives(kind: "strange", to: Nora)), ("comparison", Gives(comparison: "strange", to: Nora)),
                     ("source", Gives(source: "nobody", to: Nora)),
                 })
        {
            Assert.Equal(field, Refused(await owners.SaveAsync(1, [bad], Ida, default)).Problems![0].Field);
        }

        Done(await owners.SaveAsync(1, [Gives(source: Shop, to: Nora), Gives(team: ReconTeams.Admin)], Ida, default));
        Assert.Equal("moved", Refused(await owners.SaveAsync(1, [], Ida, default)).Rule);
        await world.Database.ExecuteAsync($"update account set disabled_at = now() where id = '{Nora}'");
        Assert.Equal([("Nora Lind", true), ("Admin", false)], (await reads.RulesAsync(default)).Rules.Select(r => (r.Owner, r.Away)));
        Assert.Equal(["Olaf Ek"], (await reads.PeopleAsync(default)).Select(p => p.Name));
    }

    private static ReconOwnerRule Gives(string? comparison = null, string? kind = null, string? source = null, Guid? to = null, string? team = null) => new(comparison, kind, source, null, to, team);

    private static async Task<(ReconOwners Reads, ReconOwnerDesk Desk)> OwnersAsync(LedgerWorld world)
    {
        await world.Database.ExecuteAsync(
            $"""
            insert into account (id, email, name, role, finance, security_stamp, created_at) values
                ('{Nora}', 'nora@tower.example', 'Nora Lind', 'Operations', true, gen_random_uuid(), now()), ('{Olaf}', 'olaf@tower.example', 'Olaf Ek', 'Operations', true, gen_random_uuid(), now())
            """);
        return (new ReconOwners(world.Database.Sources), new ReconOwnerDesk(Acting(world)));
    }

    private static async Task<string[]> HeldAsync(LedgerWorld world) =>
        [.. (await world.Database.ScalarAsync<string[]>("select array_agg(comparison || ' ' || document || ' ' || coalesce(owner, owner_role, 'nobody')) from recon_item where state = 'open'"))!.Order(StringComparer.Ordinal)];
}
