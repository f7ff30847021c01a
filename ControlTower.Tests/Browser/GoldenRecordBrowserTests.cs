using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>One product or customer out of many systems: which value holds, from where and why.</summary>
public sealed class GoldenRecordBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Tower:Roles=web"] };

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task An_admin_sees_where_each_value_comes_from_and_a_wrong_address_says_what_is_wrong()
    {
        await using var visitor = await world.VisitAsync();
        await PlantAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/ownership/record");
        await visitor.FillAsync("[data-ct=record-sku]", "NL-PARKA-XL");
        await visitor.Page.ClickAsync("[data-ct=record-find]");
        await Expect(visitor.Part("golden:price").Locator("[data-ct=holds]")).ToHaveTextAsync("209.97 EUR");
        await Expect(visitor.Part("golden:price")).ToContainTextAsync("It owns this.");
        await Expect(visitor.Part("golden:price")).ToContainTextAsync("Differs");
        await Expect(visitor.Part("golden:title").Locator("[data-ct=holds]")).ToHaveTextAsync("Parka, green");
        await visitor.PicturesAsync("golden-record");

        await visitor.Page.GotoAsync("/ownership/record?customer=c1&at=nowhere");
        await Expect(visitor.Part("record-wrong")).ToContainTextAsync("name the connection");
        await visitor.Page.GotoAsync("/ownership/record?customer=c1&at=shopify-eu");
        await Expect(visitor.Part("golden:email").Locator("[data-ct=holds]")).ToHaveTextAsync("ann@example.com");
        await visitor.Page.GotoAsync("/ownership/record?sku=NOT-THERE");
        await Expect(visitor.Page.Locator("#main")).ToContainTextAsync("says anything of NOT-THERE");
    }

    [Fact]
    public async Task Whoever_may_not_see_customers_is_told_so_and_sees_none()
    {
        await using var visitor = await world.VisitAsync();
        await PlantAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/ownership/record?customer=c1&at=shopify-eu");
        await Expect(visitor.Part("record-wrong")).ToContainTextAsync("Ask an admin");
        await Expect(visitor.Page.Locator("#main")).Not.ToContainTextAsync("ann@example.com");
    }

    private async Task PlantAsync()
    {
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        await world.Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(CancellationToken.None);
        await world.Tower.Database.ExecuteAsync(
            """
            insert into catalog_item (connection_id, item, title, sku, barcode, active, price, currency, changed_at) values
                ('bc-eu', 'E1', 'PARKA GRN', 'NL-PARKA-XL', '4006381333931', true, 209.97, 'EUR', now() - interval '2 days'),
                ('shopify-eu', 'S1', 'Parka, green', 'NL-PARKA-XL', null, true, 199.95, 'EUR', now() - interval '3 hours');
            insert into catalog_customer (connection_id, customer, email, first_name, last_name, changed_at) values ('shopify-eu', 'c1', 'ann@example.com', 'Ann', 'Holm', now())
            """);
    }
}
