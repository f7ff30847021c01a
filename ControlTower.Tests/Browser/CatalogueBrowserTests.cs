using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The catalogue's differences and possible duplicates as people see them, and what they do about them.</summary>
public sealed class CatalogueBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Differences_are_found_by_kind_seen_side_by_side_published_linked_and_ignored()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/inventory/catalogue");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No channel's catalogue is read yet");
        await CatalogueAsync();
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("standing:shopify-eu")).ToContainTextAsync("Told when the ERP changes them");
        await Expect(visitor.Part("difference:price:1")).ToContainTextAsync("€19.00 there, €21.50 in the ERP");
        await Expect(visitor.Part("difference:missing-in-channel:e3")).ToContainTextAsync("not listed in the channel");
        await PicturesAsync(visitor, "catalogue");

        await visitor.Page.ClickAsync("[data-ct='view:price']");
        await visitor.AtAsync("/inventory/catalogue?kind=price");
        await visitor.Page.EvaluateAsync("document.activeElement.blur()");
        await visitor.Page.Keyboard.PressAsync("j");
        await Expect(visitor.Page.Locator("[data-ct='difference:price:1'][aria-current=true]")).ToHaveCountAsync(1);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("sides")).ToContainTextAsync("€21.50");
        await PicturesAsync(visitor, "catalogue-sides");
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("sides")).ToHaveCountAsync(0);
        await visitor.AtAsync("/inventory/catalogue?kind=price");
        await visitor.Page.ClickAsync("[data-ct=publish]");
        await Expect(visitor.Part("frozen-count")).ToHaveTextAsync("1 difference");
        await PicturesAsync(visitor, "catalogue-publish");
        await visitor.Page.ClickAsync("[data-ct=publish-now]");
        await Expect(visitor.Part("difference:price:1")).ToContainTextAsync("Being set right");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:catalogue:publish'"));

        await visitor.Page.ClickAsync("[data-ct='view:nearly-same']");
        await visitor.Page.ClickAsync("[data-ct='difference:nearly-same:2'] a");
        await Expect(visitor.Part("candidate")).ToContainTextAsync("TEE M");
        await visitor.Page.ClickAsync("[data-ct=link]");
        await Expect(visitor.Part("difference")).ToContainTextAsync("empty", new() { IgnoreCase = true });
        await visitor.FillAsync("[data-ct=reason]", "The shop leaves the space out.");
        await visitor.Page.ClickAsync("[data-ct=link]");
        await Expect(visitor.Part("sides")).ToHaveCountAsync(0);
        Assert.Equal("2 e2", await world.Tower.Database.ScalarAsync<string>("select item || ' ' || erp_item from catalog_link where undone_at is null"));

        await visitor.Page.ClickAsync("[data-ct='view:missing-in-channel']");
        await visitor.Page.ClickAsync("[data-ct='difference:missing-in-channel:e3'] a");
        await visitor.FillAsync("[data-ct=reason]", "Sold in stores alone.");
        await visitor.Page.ClickAsync("[data-ct=ignore]");
        await Expect(visitor.Part("empty")).ToBeVisibleAsync();
        await visitor.Page.ClickAsync("[data-ct=view-ignored]");
        await Expect(visitor.Part("difference:missing-in-channel:e3")).ToBeVisibleAsync();
        await visitor.Page.GotoAsync("/inventory/catalogue?kind=nonsense&after=x&channel=%00&d=99");
        await Expect(visitor.Part("differences")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_may_only_look_sees_what_to_ask_for()
    {
        await using var visitor = await world.VisitAsync();
        await CatalogueAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/inventory/catalogue?kind=price");
        await Expect(visitor.Part("difference:price:1")).ToBeVisibleAsync();
        await Expect(visitor.Part("publish")).ToHaveCountAsync(0);
        await Expect(visitor.Part("panel:differences")).ToContainTextAsync("inventory:catalogue:publish");
        await visitor.Page.Keyboard.PressAsync("p");
        await Expect(visitor.Part("frozen")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_may_be_one_person_is_for_a_person_to_say()
    {
        await using var visitor = await world.VisitAsync();
        await CatalogueAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/customers/duplicates");
        await Expect(visitor.Part("pair:c9:7")).ToContainTextAsync("Ada Sample");
        await PicturesAsync(visitor, "duplicates");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("sides")).ToContainTextAsync("ada@example.test");
        await PicturesAsync(visitor, "duplicates-sides");
        await visitor.FillAsync("[data-ct=reason]", "Mother and daughter.");
        await visitor.Page.ClickAsync("[data-ct=different]");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nobody waits");
        await visitor.Page.ClickAsync("[data-ct='view:different']");
        await visitor.Page.ClickAsync("[data-ct='pair:c9:7'] a");
        await Expect(visitor.Part("standing")).ToContainTextAsync("Mother and daughter.");
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit a where a::text ~ '(ada@|Sample)'"));
    }

    private async Task CatalogueAsync()
    {
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        await world.Tower.Database.ExecuteAsync(
            """
            update connection set settings = '{"publishPrices":"changes"}', version = version + 1 where id = 'shopify-eu';
            insert into feed_cursor (connection_id, feed, since, heard_at, due_at) select c, 'products-all', now(), now() - interval '2 hours', now() + interval '1 day' from unnest(array['shopify-eu', 'bc-eu']) c;
            insert into catalog_item (connection_id, item, product_title, title, sku, barcode, active, price, currency, compare_at, tax_included, changed_at) values
              ('shopify-eu', '1', 'Storm Jacket', 'L', 'JKT-L', '4006381333931', true, 19, 'EUR', 25, true, now() - interval '1 day'),
              ('shopify-eu', '2', 'Everyday Tee', 'M', 'TEEM', '4006381333948', true, 9.5, 'EUR', null, true, now() - interval '1 day'),
              ('bc-eu', 'e1', null, 'Storm Jacket L', 'JKT-L', '4006381333931', true, 21.5, 'EUR', null, true, now() - interval '3 hours'),
              ('bc-eu', 'e2', null, 'Everyday Tee M', 'TEE M', '4006381333955', true, 9.5, 'EUR', null, true, now() - interval '3 hours'),
              ('bc-eu', 'e3', null, 'Ribbed Beanie', 'BNI', '4006381333962', true, 24.95, 'EUR', null, true, now() - interval '3 hours');
            select catalog_mark('bc-eu');
            select catalog_compare('shopify-eu');
            insert into catalog_customer (connection_id, customer, email, loyalty, first_name, last_name, changed_at) values
              ('shopify-eu', '7', 'ada@example.test', 'NL1', 'Ada', 'Sample', now()), ('bc-eu', 'c9', 'ada@example.test', null, null, 'Ida Sample', now());
            select customer_pairs('shopify-eu', array['7']);
            """);
    }

    private static async Task PicturesAsync(Visitor visitor, string name)
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await visitor.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await visitor.AccessibleAsync();
            await visitor.PictureAsync(scheme is ColorScheme.Light ? name : $"{name}-dark");
        }

        await visitor.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
    }
}
