using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using Npgsql;
using Xunit;
using static ControlTower.Tests.Sync.Ownership.OwnershipWorld;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>From a draft to what is in force and back: two people, once each, and never over somebody else's act.</summary>
public sealed class OwnershipDeskTests
{
    private static readonly OwnershipRule ShopOwnsPrice = new("price", Brand: "northlane", Mode: OwnershipMode.Enforce, Owners: ["shop"]);

    [Fact]
    public async Task A_change_is_drafted_once_tried_asked_approved_by_another_and_in_force_within_a_second()
    {
        await using var world = await CreateAsync();
        var (draft, key) = (new OwnershipDraft("Shop owns price", "Members week.", [ShopOwnsPrice], null, null), Guid.NewGuid());
        var number = Done(await world.Desk.DraftAsync(draft, key, Ada, default));
        Assert.Equal(2, number);
        Assert.Equal(number, Done(await world.Desk.DraftAsync(draft, key, Ada, default)));
        Assert.Equal("state", Refused(await world.Desk.AskAsync(number, 1, Ada, default)));
        Assert.Equal("state", Refused(await world.Desk.ApproveAsync(number, 1, "", Bo, default)));
        Assert.NotNull(await world.Engine.Get<OwnershipTrials>().RunAsync(number, 14, null, default));
        Assert.Equal("own", Refused(await world.Desk.AskAsync(number, 1, Bo, default)));
        Done(await world.Desk.AskAsync(number, 1, Ada, default));
        Assert.Equal("moved", Refused(await world.Desk.ApproveAsync(number, 1, "", Bo, default)));
        Assert.Equal("own", Refused(await world.Desk.ApproveAsync(number, 2, "", Ada, default)));
        Assert.Equal("@erp", Owner(await world.FreshAsync()));
        Done(await world.Desk.ApproveAsync(number, 2, "Agreed.", Bo, default));
        Assert.Equal("shop", Owner(await world.FreshAsync()));
        Assert.Equal("state", Refused(await world.Desk.EditAsync(number, 3, draft, Ada, default)));
        Assert.Equal(3, await world.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'ownership:{number}'"));
    }

    [Fact]
    public async Task Not_even_the_database_lets_a_person_approve_their_own()
    {
        await using var world = await CreateAsync();
        var number = Done(await world.Desk.DraftAsync(new OwnershipDraft("Mine", "Why not.", [ShopOwnsPrice], null, null), Guid.NewGuid(), Ada, default));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync($"update ownership_change set state = 'approved', decided_by = author, decided_name = 'x', decided_at = now() where number = {number}"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Fact]
    public async Task Words_that_change_are_tried_and_asked_for_anew()
    {
        await using var world = await CreateAsync();
        var draft = new OwnershipDraft("Shop owns price", "Members week.", [ShopOwnsPrice], null, null);
        var number = Done(await world.Desk.DraftAsync(draft, Guid.NewGuid(), Ada, default));
        await world.Engine.Get<OwnershipTrials>().RunAsync(number, 14, null, default);
        Done(await world.Desk.AskAsync(number, 1, Ada, default));
        Done(await world.Desk.EditAsync(number, 2, draft with { Rules = [ShopOwnsPrice with { Brand = "" }] }, Ada, default));
        Assert.Equal("state", Refused(await world.Desk.ApproveAsync(number, 3, "", Bo, default)));
        Assert.Equal("state", Refused(await world.Desk.AskAsync(number, 3, Ada, default)));
    }

    [Fact]
    public async Task What_somebody_asks_to_be_changed_stands_with_the_draft_until_it_is_asked_for_again()
    {
        await using var world = await CreateAsync();
        var number = Done(await world.Desk.DraftAsync(new OwnershipDraft("Shop owns price", "Members week.", [ShopOwnsPrice], null, null), Guid.NewGuid(), Ada, default));
        await world.Engine.Get<OwnershipTrials>().RunAsync(number, 14, null, default);
        Done(await world.Desk.AskAsync(number, 1, Ada, default));
        Done(await world.Desk.RejectAsync(number, 2, "Until Sunday only.", changes: true, Bo, default));
        var back = (await OwnershipStore.FindAsync(world.Database.Sources.Read, number, default))!;
        Assert.Equal((OwnershipStates.Draft, "Bo Admin", "Until Sunday only."), (back.State, back.DecidedName, back.DecidedWhy));
        Assert.Null(back.HoldsFrom);

        Done(await world.Desk.AskAsync(number, 3, Ada, default));
        Assert.Null((await OwnershipStore.FindAsync(world.Database.Sources.Read, number, default))!.DecidedName);
        Done(await world.Desk.ApproveAsync(number, 4, "", Bo, default));
    }

    [Fact]
    public async Task One_click_goes_back_to_the_rules_before_and_a_change_with_an_end_goes_by_itself()
    {
        await using var world = await CreateAsync();
        var kept = await world.InForceAsync(ShopOwnsPrice);
        await world.InForceAsync(null, Now.AddDays(3), ShopOwnsPrice with { Owners = ["erp"] });
        var third = await world.InForceAsync(Now.AddDays(1), null, ShopOwnsPrice with { Owners = ["@processor"] });
        Assert.Equal("erp", Owner(await world.FreshAsync()));
        var book = await world.Engine.Get<OwnershipBook>().AtAsync(Now.AddDays(2), null, default);
        Assert.Equal("@processor", Owner(book));

        Assert.Equal("why", Wrong(await world.Desk.ReturnAsync(kept, 3, "x", Bo, default)));
        Done(await world.Desk.ReturnAsync(kept, 3, "It hurt.", Bo, default));
        Assert.Equal("shop", Owner(await world.FreshAsync()));
        Assert.Equal("shop", Owner(await world.Engine.Get<OwnershipBook>().AtAsync(Now.AddDays(2), null, default)));
        Assert.Equal("state", Refused(await world.Desk.ReturnAsync(kept, 3, "Again.", Bo, default)));
        Assert.Equal("state", Refused(await world.Desk.ReturnAsync(third, 4, "To one that ended.", Bo, default)));
    }

    [Fact]
    public async Task Of_two_who_decide_at_once_one_is_told()
    {
        await using var world = await CreateAsync();
        var number = Done(await world.Desk.DraftAsync(new OwnershipDraft("Shop owns price", "Members week.", [ShopOwnsPrice], null, null), Guid.NewGuid(), Ada, default));
        await world.Engine.Get<OwnershipTrials>().RunAsync(number, 14, null, default);
        Done(await world.Desk.AskAsync(number, 1, Ada, default));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? world.Desk.ApproveAsync(number, 2, "", Bo, default) : world.Desk.RejectAsync(number, 2, "Not this week.", changes: false, Bo, default)));
        Assert.Single(answers.OfType<OwnershipAnswer.Done>());
        Assert.All(answers.OfType<OwnershipAnswer.Refused>(), refused => Assert.Equal("moved", refused.Rule));
    }

    [Theory]
    [InlineData("title")]
    [InlineData("why")]
    [InlineData("from")]
    [InlineData("until")]
    [InlineData("rules")]
    [InlineData("rules[0].domain")]
    [InlineData("rules[0].field")]
    [InlineData("rules[0].channel")]
    [InlineData("rules[0].brand")]
    [InlineData("rules[0].owners")]
    [InlineData("rules[0].adds")]
    [InlineData("rules[0].blocked")]
    [InlineData("rules[0].fadesAfterDays")]
    [InlineData("rules[1]")]
    public void A_bad_draft_names_the_field_and_what_to_do(string field)
    {
        var now = new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
        var good = new OwnershipDraft("Shop owns price", "Members week.", [ShopOwnsPrice], now.AddDays(1), now.AddDays(2));
        Assert.Null(OwnershipDraftRules.Check(good, IsSource, now));
        var bad = field switch
        {
            "title" => good with { Title = " " },
            "why" => good with { Why = "x" },
            "from" => good with { From = now.AddDays(-1) },
            "until" => good with { Until = now.AddHours(1) },
            "rules" => good with { Rules = [] },
            "rules[0].domain" => good with { Rules = [ShopOwnsPrice with { Domain = "weather" }] },
            "rules[0].field" => good with { Rules = [ShopOwnsPrice with { Field = "title" }] },
            "rules[0].channel" => good with { Rules = [ShopOwnsPrice with { Channel = "nobody" }] },
            "rules[0].brand" => good with { Rules = [ShopOwnsPrice with { Brand = "north\nlane" }] },
            "rules[0].owners" => good with { Rules = [ShopOwnsPrice with { Owners = [] }] },
            "rules[0].adds" => good with { Rules = [ShopOwnsPrice with { Adds = ["@weather"] }] },
            "rules[0].blocked" => good with { Rules = [ShopOwnsPrice with { Blocked = [.. Enumerable.Repeat("@erp", 21)] }] },
            "rules[0].fadesAfterDays" => good with { Rules = [ShopOwnsPrice with { FadesAfterDays = 0 }] },
            _ => good with { Rules = [ShopOwnsPrice, ShopOwnsPrice with { Owners = ["@erp"] }] },
        };
        Assert.Equal(field, OwnershipDraftRules.Check(bad, IsSource, now)?.Field);
    }

    [Fact]
    public void All_that_is_wrong_with_a_draft_is_told_at_once_each_beside_its_field()
    {
        var now = new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
        var wrong = OwnershipDraftRules.Check(new OwnershipDraft("", "", [ShopOwnsPrice with { Owners = [] }, ShopOwnsPrice with { Domain = "weather" }], now.AddDays(-1), null), IsSource, now)!;
        Assert.Equal(["title", "why", "from", "rules[0].owners", "rules[1].domain"], wrong.Others.Prepend(wrong).Select(w => w.Field));
        Assert.Contains("at least one owner", wrong.Of("rules[0].owners"), StringComparison.Ordinal);
        Assert.Null(wrong.Of("until"));
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static bool IsSource(string id) => id is "shop" or "erp";

    private static string Owner(RuleBook book) => Assert.Single(book.For("price", "price", "northlane", "", "shop", "")!.Rule.Owners);
}
