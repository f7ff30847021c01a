using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using Npgsql;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>Plans: what is refused by name, what a check finds, and who may agree.</summary>
public sealed class PlanTests
{
    public static TheoryData<string, string> Refused { get; } = new()
    {
        { "ends", "end before start" }, { "offer.percent", "percent 110" }, { "offer.amounts.EUR", "price below zero" }, { "offer.amounts.EUR", "third decimal" }, { "offer.amounts.JPY", "decimals of yen" },
        { "products.skus", "100001 SKUs" }, { "products.skus", "twice" }, { "products.skus", "none" }, { "connections", "channel twice" }, { "stages", "no stage for a channel" }, { "offer.code", "code of a price" },
        { "rules.parity", "parity 101" }, { "name", "brackets" }, { "products.prices", "price zero" }, { "rules.guards.0", "guard asks" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_plan_that_cannot_be_is_refused_by_its_field(string field, string what)
    {
        var plan = Plan("A");
        var bad = what switch
        {
            "end before start" => plan with { Ends = plan.Starts },
            "percent 110" => plan with { Offer = new PromotionOffer(OfferKind.Percent, 110) },
            "price below zero" => plan with { Offer = new PromotionOffer(OfferKind.Fixed, Amounts: new Dictionary<string, decimal> { ["EUR"] = -1 }) },
            "third decimal" => plan with { Offer = new PromotionOffer(OfferKind.Fixed, Amounts: new Dictionary<string, decimal> { ["EUR"] = 9.995m }) },
            "decimals of yen" => plan with { Offer = new PromotionOffer(OfferKind.Amount, Amounts: new Dictionary<string, decimal> { ["JPY"] = 10.5m }) },
            "100001 SKUs" => plan with { Products = new PromotionProducts([.. Enumerable.Range(0, 100_001).Select(i => $"S{i}")]) },
            "twice" => plan with { Products = new PromotionProducts(["A", "A"]) },
            "none" => plan with { Products = new PromotionProducts([]) },
            "channel twice" => plan with { Connections = [.. All, Site] },
            "no stage for a channel" => plan with { Stages = [new PromotionStage("ERP", [Ledger], [])] },
            "code of a price" => plan with { Offer = plan.Offer with { Code = "SAVE" } },
            "parity 101" => plan with { Rules = new PromotionRules(Parity: 101) },
            "brackets" => plan with { Name = "Sale [R-1]" },
            "price zero" => plan with { Products = new PromotionProducts(["A"], Prices: [new SkuPrice("A", "EUR", 0)]) },
            _ => plan with { Rules = new PromotionRules(Guards: [new PromotionGuard(GuardKind.Drift, 5, OnBreach.Ask)]) },
        };
        Assert.Contains(PromotionCheck.Of(bad), p => p.Field == field && p.Message.Length > 10);
        Assert.Empty(PromotionCheck.Of(plan));
    }

    [Fact]
    public async Task A_plan_with_problems_is_refused_with_all_of_them_and_nothing_is_kept()
    {
        await using var world = await CreateAsync();
        var refused = Assert.IsType<PromotionAnswer.Refused>(await world.Plans.CreateAsync(
            Guid.CreateVersion7(), Plan("A", "A") with { Connections = [.. All, "nowhere"], Offer = new PromotionOffer(OfferKind.Percent, 110) }, Sofie, default));
        Assert.Equal("plan", refused.Rule);
        Assert.Equal(["connections", "offer.percent", "products.skus"], refused.Problems!.Select(p => p.Field).Distinct().Order());
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from promotion"));
    }

    [Fact]
    public async Task Who_wrote_or_sent_a_plan_does_not_approve_it_whoever_asks_the_database()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.CheckedAsync(Plan("A"));
        Assert.Equal("state", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), null, Ida, default)).Rule);
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), "Ida", Sofie, default));
        Assert.Equal("four-eyes", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), null, Sofie, default)).Rule);
        var forged = await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync($"update promotion_revision set state = 'approved', decided_by = 'x', decided_by_id = '{Sofie.Id}' where promotion_id = {id}"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, forged.SqlState);
        Assert.Equal("locked", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.SaveAsync(id, await world.VersionAsync(id), Plan("A") with { Name = "Other" }, Sofie, default)).Rule);
        await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync($"update promotion_revision set plan = jsonb_set(plan, '{{name}}', '\"x\"') where promotion_id = {id}"));

        Done(await world.Plans.RequestChangesAsync(id, await world.VersionAsync(id), "Less, please.", Ida, default));
        Done(await world.Plans.SaveAsync(id, await world.VersionAsync(id), Plan("A") with { Offer = new PromotionOffer(OfferKind.Percent, 20) }, Ida, default));
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Ida, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Ida, default));

        // Sofie wrote the revision before: she has a hand in it as well.
        Assert.Equal("four-eyes", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), null, Sofie, default)).Rule);
        Assert.Equal("planned", await world.StateAsync(id));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from audit where outcome = 'refused' and reason like 'You had a hand%'"));
    }

    [Fact]
    public async Task Who_ever_sent_a_plan_does_not_approve_it_though_somebody_else_sent_it_again()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.CheckedAsync(Plan("A"));
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Ida, default));
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), "somebody else", Sofie, default));
        Assert.Equal("four-eyes", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), null, Ida, default)).Rule);
        await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync($"update promotion_revision set state = 'approved', decided_by = 'x', decided_by_id = '{Ida.Id}' where promotion_id = {id}"));
        Assert.Contains(Ida.Id.ToString(), (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.Revision.Hands);
    }

    [Fact]
    public async Task A_plan_is_saved_while_it_is_checked_and_what_the_check_found_is_dropped()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.CheckedAsync(Plan("A"));
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await using (var connection = await world.Database.Sources.Work.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            var check = (await PreflightStore.TakeAsync(connection, default))!;
            Assert.Equal(6, await PreflightStore.CellsAsync(connection, check, """{"Europe/Berlin": ["2031-11-28T12:00:00Z", "2031-11-29T12:00:00Z"], "Europe/London": ["2031-11-28T13:00:00Z", "2031-11-29T13:00:00Z"]}""", """{"tills": {"price": true, "places": true}}""", default));
            await using (var other = await world.Database.Sources.Work.OpenConnectionAsync())
            await using (await other.BeginTransactionAsync())
            {
                Assert.Null(await PreflightStore.TakeAsync(other, default));
            }

            Done(await world.Plans.SaveAsync(id, await world.VersionAsync(id), Plan("A") with { Name = "Saved beside" }, Sofie, default).WaitAsync(TimeSpan.FromSeconds(5)));
            Assert.False(await PreflightStore.FinishAsync(connection, check, [], default));
        }

        var view = (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!;
        Assert.Equal(("Saved beside", false, null), (view.Name, view.Revision.Check.Running, view.Revision.Check.At));
        Assert.Empty(await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, null, null, 0, 10, default));
    }

    [Fact]
    public async Task A_reduction_for_more_items_than_a_channel_takes_is_said_when_it_is_planned()
    {
        await using var world = await CreateAsync();
        world.Systems.DiscountItems = 2;
        await world.ListAsync(100m, "A", "B", "C");
        PromotionPlan For(params string[] skus) => Plan(skus) with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Offer = new PromotionOffer(OfferKind.CheckoutPercent, 10) };
        async Task<Finding?> FoundAsync(long id) => (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default)).FirstOrDefault(f => f.Check == "too-many");
        Assert.Null(await FoundAsync(await world.CheckedAsync(For("A", "B"))));
        var found = await FoundAsync(await world.CheckedAsync(For("A", "B", "C")));
        Assert.Equal(FindingTone.Error, found?.Tone);
        Assert.Contains("Site shop takes 2", found!.Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_promotion_that_comes_to_a_price_after_the_check_is_seen_before_anybody_agrees()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        PromotionPlan For(string name, params string[] skus) => Plan(skus) with { Name = name, Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])] };
        var (first, second, apart) = (await world.CheckedAsync(For("First", "A")), await world.CheckedAsync(For("Second", "A")), await world.CheckedAsync(For("Apart", "B")));
        Done(await world.Plans.SendAsync(first, await world.VersionAsync(first), null, Sofie, default));
        Done(await world.Plans.SendAsync(apart, await world.VersionAsync(apart), null, Sofie, default));
        var refused = Assert.IsType<PromotionAnswer.Refused>(await world.Plans.SendAsync(second, await world.VersionAsync(second), null, Sofie, default));
        Assert.Equal("overlap", refused.Rule);
        Assert.StartsWith($"R-{first} has come to some of its prices", refused.Words, StringComparison.Ordinal);

        Done(await world.Plans.CheckAsync(second, await world.VersionAsync(second), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Done(await world.Plans.AcknowledgeAsync(second, "overlap", "We know.", Sofie, default));
        Done(await world.Plans.SendAsync(second, await world.VersionAsync(second), null, Sofie, default));
        Assert.Equal("overlap", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.ApproveAsync(first, await world.VersionAsync(first), null, Ida, default)).Rule);
        Done(await world.Plans.ApproveAsync(second, await world.VersionAsync(second), null, Ida, default));
        Done(await world.Plans.ApproveAsync(apart, await world.VersionAsync(apart), null, Ida, default));
    }

    [Fact]
    public async Task A_channel_whose_list_is_days_old_is_said_not_to_be_checked()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        await world.Database.ExecuteAsync("insert into feed_cursor (connection_id, feed, since, heard_at) values ('outlet', 'products', now(), now() - interval '25 hours'), ('web', 'products', now(), now() - interval '23 hours')");
        var id = await world.CheckedAsync(Plan("A"));
        var found = (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default)).Single(f => f.Check == "age");
        Assert.Equal((FindingTone.Unknown, "Outlet: not read for more than a day, what is listed there may be another. Check again when it was read"), (found.Tone, found.Words));
        Assert.Equal("check", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default)).Rule);
    }

    [Fact]
    public async Task A_check_that_takes_long_keeps_no_release_from_its_hour()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var due = await world.ApprovedAsync(Plan("A"));
        var id = await world.CheckedAsync(Plan("A") with { Name = "Large" });
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        var checks = world.Engine.Get<PreflightPump>();
        await using (var connection = await world.Database.Sources.Work.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            await using (var hold = new NpgsqlCommand("lock table promotion_finding in access exclusive mode", connection))
            {
                await hold.ExecuteNonQueryAsync();
            }

            await checks.RunOnceAsync(default);
            await world.Engine.Get<PromotionPump>().RunOnceAsync(default);
            await checks.RunOnceAsync(default);
            Assert.False(checks.Checking.IsCompleted);
            Assert.Equal("releasing", await world.StateAsync(due));
        }

        Assert.Equal(1, await checks.Checking);
        Assert.False((await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.Revision.Check.Running);
        await checks.StopAsync(default);
    }

    [Theory]
    [InlineData(1, 1, FindingTone.Error)]
    [InlineData(2, 1, FindingTone.Error)]
    [InlineData(1, 2, FindingTone.Passed)]
    public void The_ERP_has_prices_before_channels_show_them(int erp, int shop, FindingTone tone)
    {
        PromotionTarget Target(string id, SystemRole role) => new(id, id, "k", role, "", "EUR", "UTC", PriceAbilities.Everywhere);
        var look = new PreflightLook(
            new DueCheck(1, 1, Plan("A"), Noon, Noon), new Dictionary<string, FlagCount>(), new PlanFigures(2, 1, 0, 2, 1, Noon, Noon, 0, []), [new PlanLoad("erp", 1, 1, erp), new PlanLoad("shop", 1, shop, 3)], (0, 0), [],
            [Target("erp", SystemRole.Erp), Target("shop", SystemRole.Shop)])
        {
            Rules = [new SequenceRule(1, SequenceRule.Price, "@erp", "@shop", true, 1, Noon, "x")],
        };
        Assert.Equal(tone, PreflightFindings.Of(look).Single(f => f.Check == "order").Tone);
    }

    [Fact]
    public async Task Of_two_who_act_at_once_the_second_is_told_and_nothing_of_theirs_is_kept()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.CheckedAsync(Plan("A"));
        var seen = await world.VersionAsync(id);
        var answers = await Task.WhenAll(
            world.Plans.SaveAsync(id, seen, Plan("A") with { Name = "Mine" }, Sofie, default), world.Plans.SaveAsync(id, seen, Plan("A") with { Name = "Theirs" }, Ida, default));
        Assert.Equal("moved", Assert.Single(answers.OfType<PromotionAnswer.Refused>()).Rule);
        Assert.Single(answers.OfType<PromotionAnswer.Done>());
        Assert.Equal(seen + 1, await world.VersionAsync(id));
    }

    [Fact]
    public async Task A_check_names_what_loses_money_is_missing_collides_or_cannot_be_shown()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        await world.ListAsync(Site, new CatalogVariant("C", null, "Only here", "C", null, true, [new CatalogPrice("EUR", 50m)], Noon, Cost: 45m));
        await world.ApprovedAsync(Plan("B") with { Name = "Other", Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Offer = new PromotionOffer(OfferKind.Percent, 60) });
        var id = await world.CheckedAsync(Plan("A", "B", "C", "GHOST") with { Rules = new PromotionRules(MarginFloor: 20), PriceGroup = "MEMBER" });
        var findings = (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default)).ToDictionary(f => f.Check, StringComparer.Ordinal);
        Assert.Equal((FindingTone.Error, 1L), (findings["margin"].Tone, findings["margin"].Count));
        Assert.Equal(FindingTone.Error, findings["group"].Tone);
        Assert.Equal((FindingTone.Warning, "2 SKUs are not listed on every channel"), (findings["missing"].Tone, findings["missing"].Words));
        Assert.Equal((FindingTone.Warning, 1L), (findings["overlap"].Tone, findings["overlap"].Count));
        Assert.Equal(FindingTone.Passed, findings["clock"].Tone);
        var queries = world.Engine.Get<PromotionQueries>();
        var margin = Assert.Single(await queries.CellsAsync(id, 1, "margin", null, 0, 10, default));
        Assert.Equal(("C", 50m, 35m, 56.25m), (margin.Sku, margin.Base, margin.Price, margin.Lowest));
        var overlap = Assert.Single(await queries.CellsAsync(id, 1, "overlap", null, 0, 10, default));
        Assert.Equal((40m, false), (overlap.RivalPrice, overlap.Wins));
        Assert.Equal("check", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default)).Rule);
    }

    [Fact]
    public async Task A_dry_run_reads_every_price_and_writes_nothing()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.CheckedAsync(Plan("A", "B"));
        world.Systems.Of(Outlet).Edit("A", 95m);
        Assert.Equal(12, Done(await world.Plans.DryRunAsync(id, await world.VersionAsync(id), Sofie, default)).Count);
        await world.TurnUntilAsync(async () => (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.Revision.Check is { DryDoneAt: not null, DryLooked: 12 });
        Assert.All(All, s => Assert.Empty(world.Systems.Of(s).Sent));
        Assert.Equal(95m, (await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, null, "A", 0, 50, default)).Single(c => c.ConnectionId == Outlet).Seen);
    }

    [Fact]
    public async Task A_dry_run_says_why_it_cannot_read_ends_without_that_and_begins_anew_with_the_next_check()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        async Task<CheckProgress> CheckAsync(long id) => (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.Revision.Check;
        var nowhere = await world.CheckedAsync(Plan("GHOST"));
        Assert.Equal("dry-run", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.DryRunAsync(nowhere, await world.VersionAsync(nowhere), Sofie, default)).Rule);
        Assert.Null((await CheckAsync(nowhere)).DryAskedAt);

        var id = await world.CheckedAsync(Plan("A"));
        Done(await world.Plans.DryRunAsync(id, await world.VersionAsync(id), Sofie, default));
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Assert.Equal((null, null), ((await CheckAsync(id)).DryAskedAt, (await CheckAsync(id)).DryDoneAt));

        world.Systems.Of(Outlet).IsDown = true;
        Done(await world.Plans.DryRunAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.TurnUntilAsync(async () => await CheckAsync(id) is { DryLooked: 5, DryFailure: not null });
        Assert.Equal((null, "Outlet: The system is away."), ((await CheckAsync(id)).DryDoneAt, (await CheckAsync(id)).DryFailure));
        await world.Database.ExecuteAsync($"update promotion_revision set dry_asked_at = dry_asked_at - interval '11 minutes'; update promotion_plan_cell set look_due = now() where look_due is not null");
        await world.TurnUntilAsync(async () => await CheckAsync(id) is { DryDoneAt: not null });
        Assert.Equal((5, "Outlet: The system is away."), ((await CheckAsync(id)).DryLooked, (await CheckAsync(id)).DryFailure));
    }

    [Fact]
    public async Task A_price_is_rounded_as_its_currency_has_it_and_ends_as_asked_never_above_what_was_reckoned()
    {
        await using var database = await Support.TestDatabase.CreateAsync();
        foreach (var (currency, price, percent, ending, unit, expected) in new (string, decimal, int, decimal?, int, decimal)[]
        {
            ("EUR", 89.95m, 30, 0.95m, 1, 62.95m), ("EUR", 89.95m, 30, null, 1, 62.97m), ("EUR", 0.50m, 30, 0.95m, 1, 0.35m), ("EUR", 199m, 10, 9.95m, 10, 169.95m),
            ("JPY", 9999m, 30, 0.95m, 1, 6999m), ("JPY", 9999m, 30, 80m, 100, 6980m), ("EUR", 0.05m, 50, null, 1, 0.03m),
        })
        {
            var offer = System.Text.Json.JsonSerializer.Serialize(
                Plan("A") with { Offer = new PromotionOffer(OfferKind.Percent, percent, Ending: ending, EndingUnit: unit) }, CanonicalJson.Default.PromotionPlan);
            Assert.Equal((currency, price, expected), (currency, price, await database.ScalarAsync<decimal>(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"select promotion_price({price}, '{offer}'::jsonb -> 'offer', '{currency}', null)"))));
        }
    }

    [Fact]
    public async Task A_rule_finds_skus_when_it_is_checked_and_what_changed_since_is_said()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "FJ-1", "FJ-2", "NL-1");
        var plan = Plan() with { Products = new PromotionProducts([], new ProductRule(SkuBegins: "fj-")) };
        var id = await world.CheckedAsync(plan);
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default));
        Done(await world.Plans.RequestChangesAsync(id, await world.VersionAsync(id), "Wait.", Ida, default));
        await world.ListAsync(100m, "FJ-3", "100%");
        Done(await world.Plans.SaveAsync(id, await world.VersionAsync(id), plan, Sofie, default));
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Assert.Contains("1 SKUs came and 0 went", (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 2, default)).Single(f => f.Check == "changed").Words, StringComparison.Ordinal);
        var percent = await world.CheckedAsync(plan with { Products = new PromotionProducts([], new ProductRule(SkuBegins: "100%")) });
        Assert.Equal(6, (await world.Engine.Get<PromotionQueries>().CellsAsync(percent, 1, null, null, 0, 50, default)).Count);
    }

    [Fact]
    public async Task A_draft_is_not_rolled_back_and_a_copy_asked_for_twice_is_one()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.CheckedAsync(Plan("A"));
        Assert.Equal("state", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.RollBackAsync(id, "No.", ends: false, Sofie, default)).Rule);
        await Assert.ThrowsAsync<ArgumentException>(() => world.Releases.RollBackAsync(id, " ", ends: false, Sofie, default));
        var key = Guid.CreateVersion7();
        var copies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.Plans.CopyAsync(id, key, Sofie, default)));
        Assert.Single(copies.Select(c => Done(c).Id).Distinct());
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from promotion"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'promotions:plan:write' and detail::text like '%\"offer\"%'"));
    }
}
