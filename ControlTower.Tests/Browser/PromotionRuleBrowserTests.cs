using ControlTower.Data.Accounts;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Products by collection and attribute, a budget that asks, who is asked to approve, and a release as a file.</summary>
public sealed class PromotionRuleBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Tower:Roles=web"] };

    private TestDatabase Database => world.Tower.Database;

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Products_are_chosen_by_collection_and_attribute_and_a_budget_says_what_happens_when_it_is_used_up()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions/new");
        await visitor.LiveAsync();
        await visitor.FillAsync("[data-ct=facet]", "no such thing");
        await Expect(visitor.Part("rule")).ToContainTextAsync("No channel lists such a collection or attribute.");
        await ChooseAsync(visitor, "outerw", "Collection: Outerwear");
        await ChooseAsync(visitor, "wint", "Tag: winter");
        await Expect(visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Remove Collection: Outerwear" })).ToBeVisibleAsync();
        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Remove Tag: winter" }).ClickAsync();
        await Expect(visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Remove Tag: winter" })).ToHaveCountAsync(0);
        await visitor.Page.CheckAsync("[data-ct='target:shopify-eu']");
        await visitor.PicturesAsync("promotion-rule");
        await visitor.Page.ClickAsync("[data-ct='step:prices']");
        await visitor.FillAsync("[data-ct=budget]", "5000");
        await visitor.Page.SelectOptionAsync("[data-ct=budget-currency]", "EUR");
        await visitor.Page.SelectOptionAsync("[data-ct=on-budget]", "Ask");
        await visitor.PicturesAsync("promotion-budget");
        await visitor.FillAsync("[data-ct=percent]", "20");
        await visitor.Page.ClickAsync("[data-ct='step:scope']");
        await visitor.FillAsync("[data-ct=name]", "Outerwear week");
        await visitor.Page.Locator("[data-ct=name]").BlurAsync();
        await visitor.Page.ClickAsync("[data-ct=save]");
        await visitor.AtAsync("/promotions/101");
        Assert.Equal("Outerwear Ask", await Database.ScalarAsync<string>("select (plan #>> '{products,rule,inCollections,0}') || ' ' || (plan #>> '{rules,onBudget}') from promotion_revision"));
    }

    [Fact]
    public async Task A_plan_aims_at_a_price_list_of_its_channel_and_leaves_it_with_the_channel()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        await Database.ExecuteAsync("update connection set settings = settings || '{\"priceLists\": \"yes\"}', version = version + 1 where id = 'shopify-eu'; insert into price_list (connection_id, list, name, currency) values ('shopify-eu', '41', 'Switzerland', 'CHF'), ('shopify-eu', '42', 'Members', 'EUR')");
        await world.Tower.Services.GetRequiredService<ControlTower.Sync.Connections.ConnectionDirectory>().RefreshAsync(default);
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions/new");
        await visitor.LiveAsync();
        await Expect(visitor.Part("price-lists")).ToHaveCountAsync(0);
        await visitor.Page.CheckAsync("[data-ct='target:shopify-eu']");
        await Expect(visitor.Part("price-lists")).ToContainTextAsync("none: the variants' own prices");
        await visitor.Page.CheckAsync("[data-ct='list:41']");
        await Expect(visitor.Part("price-lists")).ToContainTextAsync("1 list instead of the variants' own prices");
        await visitor.AccessibleAsync();
        await visitor.PicturesAsync("promotion-price-list");
        await visitor.Page.UncheckAsync("[data-ct='target:shopify-eu']");
        await Expect(visitor.Part("price-lists")).ToHaveCountAsync(0);
        await visitor.Page.CheckAsync("[data-ct='target:shopify-eu']");
        await Expect(visitor.Part("price-lists")).ToContainTextAsync("none: the variants' own prices");
        await visitor.Page.CheckAsync("[data-ct='list:41']");
        await visitor.FillAsync("[data-ct=name]", "Swiss days");
        await visitor.FillAsync("[data-ct=paste]", "FJ-JACKET");
        await visitor.Page.ClickAsync("[data-ct=add-pasted]");
        await visitor.Page.ClickAsync("[data-ct='step:prices']");
        await visitor.FillAsync("[data-ct=percent]", "20");
        await visitor.Page.Locator("[data-ct=percent]").BlurAsync();
        await visitor.Page.ClickAsync("[data-ct=save]");
        await visitor.AtAsync("/promotions/101");
        Assert.Equal("[{\"list\": \"41\", \"connection\": \"shopify-eu\"}]", await Database.ScalarAsync<string>("select (plan -> 'priceLists')::text from promotion_revision"));
    }

    [Fact]
    public async Task Before_it_is_decided_people_see_what_the_rule_would_find_today_and_who_may_approve()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        var author = await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await PlanAsync(author);
        await visitor.Page.GotoAsync("/promotions/101?step=approval");
        await visitor.LiveAsync();
        await Expect(visitor.Part("panel:approval")).ToContainTextAsync("Nobody but its authors may approve it");
        await using (var other = await world.VisitAsync())
        {
            await other.SignInAsAsync(Roles.Merchandiser, at: "/promotions/101?step=approval");
            await visitor.Page.ReloadAsync();
            await Expect(visitor.Part("panel:approval")).ToContainTextAsync("is told by name; empty, all of them");
            await visitor.AccessibleAsync();
            await Database.ExecuteAsync("update promotion_revision set state = 'review', sent_by = made_by, sent_by_id = made_by_id, sent_at = now(); update promotion set version = version + 1");
            await other.Page.ReloadAsync();
            await Expect(other.Part("came")).ToHaveTextAsync("FJ-PARKA");
            await Expect(other.Part("went")).ToHaveTextAsync("FJ-OLD");
            await Expect(other.Part("approve")).ToBeVisibleAsync();
            await other.PicturesAsync("promotion-since");
        }
    }

    [Fact]
    public async Task A_release_is_taken_along_as_a_workbook_and_as_text()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        var author = await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await PlanAsync(author);
        await Database.ExecuteAsync(
            """
            update promotion_revision set state = 'approved', decided_by = 'Other Person', decided_by_id = 'other', decided_at = now();
            update promotion set state = 'live', released = 1, starts_at = now() - interval '1 hour', ends_at = now() + interval '1 day';
            insert into promotion_stage (promotion_id, stage, name, hold, started_at, started_by, proven_at) values (101, 1, 'All', 'none', now(), 'the tower', now());
            insert into promotion_cell (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, price, phase, held, touched, captured, former_price, seen_price, seen_at, failure) values
              (101, 'shopify-eu', '1', '', 'price', 'FJ-JACKET', 'EUR', 1, now() - interval '1 hour', now() + interval '1 day', 1, 59.95, 'drifted', true, true, true, 89.95, 54.95, now(), 'changed');
            """);
        await visitor.Page.GotoAsync("/promotions/101/release");
        await visitor.LiveAsync();
        await Expect(visitor.Part("cells")).ToContainTextAsync("By whom is not known: the channel does not say, and the tower did not write it.");
        await visitor.Page.ClickAsync("[data-ct=export-menu] summary");
        await Expect(visitor.Part("export-count")).ToContainTextAsync("1 price");
        await visitor.PicturesAsync("promotion-release-export");
        foreach (var format in new[] { "xlsx", "csv" })
        {
            var file = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.ClickAsync($"[data-ct=export-{format}]"));
            Assert.EndsWith($".{format}", file.SuggestedFilename, StringComparison.Ordinal);
            Assert.True(new FileInfo(await file.PathAsync()).Length > 100);
        }

        Assert.Equal(2, await Database.ScalarAsync<long>("select count(*) from audit where action = 'promotions:release:export'"));
    }

    [Fact]
    public async Task Administrators_say_in_which_order_systems_get_it_and_others_read_it()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/promotions/sequence");
        await visitor.LiveAsync();
        await Expect(visitor.Part("rule:1")).ToContainTextAsync("Every ERP");
        await visitor.Page.ClickAsync("[data-ct=add-rule]");
        await visitor.Page.SelectOptionAsync("[data-ct=rule-first]", "@shop");
        await visitor.Page.SelectOptionAsync("[data-ct=rule-later]", "@erp");
        await visitor.Page.ClickAsync("[data-ct=rule-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("nothing could ever begin");
        await visitor.Page.SelectOptionAsync("[data-ct=rule-domain]", "checkout");
        await visitor.PicturesAsync("promotion-sequence-form");
        await visitor.Page.ClickAsync("[data-ct=rule-save]");
        await Expect(visitor.Part("rules").Locator("tbody tr")).ToHaveCountAsync(2);
        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Change rule S-1" }).ClickAsync();
        await visitor.Page.UncheckAsync("[data-ct=rule-enabled]");
        await visitor.Page.ClickAsync("[data-ct=rule-save]");
        await Expect(visitor.Part("rule:1")).ToContainTextAsync("Switched off");
        await visitor.PicturesAsync("promotion-sequence");

        await using var reader = await world.VisitAsync();
        await reader.SignInAsAsync(Roles.Merchandiser, at: "/promotions/sequence");
        await Expect(reader.Part("rule:1")).ToContainTextAsync("version 2");
        await Expect(reader.Part("add-rule")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_stage_that_waits_for_the_order_of_systems_says_so_and_leads_to_the_rule()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        await PlanAsync(await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions"));
        await Database.ExecuteAsync(
            """
            update promotion_revision set state = 'approved', decided_by = 'Other Person', decided_by_id = 'other', decided_at = now();
            update promotion set state = 'scheduled', released = 1, starts_at = now() - interval '1 minute', ends_at = now() + interval '1 day',
                order_wait = 'Stage 1 would show at Shopify EU what ERP does not have before: rule S-1 puts ERP first. Change the stages as a new revision, or have an administrator change the rule';
            insert into promotion_stage (promotion_id, stage, name, hold) values (101, 1, 'All', 'none');
            """);
        await visitor.Page.GotoAsync("/promotions");
        await visitor.LiveAsync();
        await Expect(visitor.Page.Locator("tr", new() { HasText = "Outerwear week" })).ToContainTextAsync("Out of order");
        await visitor.Page.GotoAsync("/promotions/101/release");
        await visitor.LiveAsync();
        await Expect(visitor.Part("order-wait")).ToContainTextAsync("rule S-1 puts ERP first");
        await Expect(visitor.Part("resume")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
        await visitor.PicturesAsync("promotion-order-wait");
        await visitor.Part("order-wait").GetByRole(Microsoft.Playwright.AriaRole.Link).ClickAsync();
        await visitor.AtAsync("/promotions/sequence");
    }

    private static async Task ChooseAsync(Visitor visitor, string part, string whole)
    {
        await visitor.FillAsync("[data-ct=facet]", part);
        await Expect(visitor.Page.Locator($"#facets option[value='{whole}']")).ToHaveCountAsync(1);
        await visitor.FillAsync("[data-ct=facet]", whole);
        await visitor.Page.Locator("[data-ct=facet]").BlurAsync();
        await Expect(visitor.Part("rule")).ToContainTextAsync(whole);
    }

    private async Task EstateAsync()
    {
        await new OrderWorld(Database).ConnectAsync();
        await Database.ExecuteAsync(
            """
            insert into catalog_item (connection_id, item, product_title, title, sku, active, price, currency, tax_included, changed_at, collections, facets) values
              ('shopify-eu', '1', 'Storm Jacket', 'M', 'FJ-JACKET', true, 89.95, 'EUR', true, now(), '{Jackets,Outerwear}', '{"type": ["Jackets"], "tag": ["winter"]}'),
              ('shopify-eu', '2', 'Ridge Parka', 'L', 'FJ-PARKA', true, 189.95, 'EUR', true, now(), '{Outerwear}', '{"type": ["Parkas"]}'), ('shopify-eu', '3', 'Old Shell', '', 'FJ-OLD', true, 64.95, 'EUR', true, now(), '{}', '{}');
            """);
    }

    /// <summary>A checked plan by collection: since its check a parka came and an old shell went.</summary>
    private async Task PlanAsync(Account author)
    {
        await Database.ExecuteAsync(
            $$$"""
            insert into promotion (name, made_by) values ('Outerwear week', 'x');
            insert into promotion_revision (promotion_id, revision, plan, made_by, made_by_id, check_asked_at, checked_at) values (101, 1, '{"name": "Outerwear week", "offer": {"kind": "Percent", "percent": 30, "showFormer": true, "endingUnit": 1},
                "products": {"skus": [], "rule": {"inCollections": ["Outerwear"]}}, "connections": ["shopify-eu"], "stores": [], "starts": "2027-01-07T00:01:00", "ends": "2027-01-14T00:00:00",
                "stages": [{"name": "All", "connections": [], "stores": [], "hold": "None", "minutes": 0}], "rules": {"parity": 99.5, "onBreach": "Pause", "startWithin": 120, "overlap": "LowestPrice"}}', 'Sofie', '{{{author.Id}}}', now() - interval '1 minute', now());
            insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, stage, base_price, price) values
              (101, 1, 'shopify-eu', 'FJ-JACKET', '1', '', 'price', 'EUR', 1, 89.95, 59.95), (101, 1, 'shopify-eu', 'FJ-OLD', '3', '', 'price', 'EUR', 1, 64.95, 45.47);
            """);
    }
}
