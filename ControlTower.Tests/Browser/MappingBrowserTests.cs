using System.Text;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>What systems call things: said by hand, changed, removed, brought in as a list and taken along.</summary>
public sealed class MappingBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Tower:Roles=web"] };

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Words_are_mapped_by_hand_and_by_list_and_taken_along()
    {
        await using var visitor = await world.VisitAsync();
        await PlantAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/connections/mappings");
        await Expect(visitor.Part("panel:mappings")).ToContainTextAsync("Nothing is mapped");
        await visitor.PicturesAsync("mappings-empty");

        await visitor.Page.ClickAsync("[data-ct=add]");
        await visitor.Page.ClickAsync("[data-ct=form-save]");
        await Expect(visitor.Part("wrong:connection")).ToBeVisibleAsync();
        await visitor.Page.SelectOptionAsync("[data-ct=form-connection]", "bc-eu");
        await visitor.Page.SelectOptionAsync("[data-ct=form-kind]", "tax");
        await visitor.FillAsync("[data-ct=form-from]", "0.21");
        await visitor.FillAsync("[data-ct=form-to]", "VAT21");
        await visitor.Page.ClickAsync("[data-ct=form-save]");
        await Expect(visitor.Part("wrong:reason")).ToContainTextAsync("Say why");
        await visitor.PicturesAsync("mapping-form");
        await visitor.FillAsync("[data-ct=form-reason]", "As the books call it");
        await visitor.Page.ClickAsync("[data-ct=form-save]");
        await Expect(visitor.Part("mappings")).ToContainTextAsync("VAT21");

        await visitor.Page.ClickAsync("[data-ct=bring]");
        await ChooseAsync(visitor, "connection,kind,from,to\nbc-eu,tax,0.21,=1\nBooks,sku,A\n");
        await Expect(visitor.Part("problems")).ToContainTextAsync("line 2, To");
        await visitor.PicturesAsync("mappings-wrong");
        await ChooseAsync(visitor, "connection,kind,from,to\nbc-eu,tax,0.21,NL-21\nBooks,sku,NL-1,100-1\nBooks,location,WEB,HAM\n");
        await Expect(visitor.Part("said")).ToContainTextAsync("2 to add, 1 to change, 0 to remove");
        await visitor.PicturesAsync("mappings-import");
        await visitor.FillAsync("[data-ct=reason]", "Names of the year");
        await visitor.Page.ClickAsync("[data-ct=apply]");
        await Expect(visitor.Part("mapping-import")).ToHaveCountAsync(0);
        await Expect(visitor.Part("mappings").Locator("tbody tr")).ToHaveCountAsync(3);
        await visitor.PicturesAsync("mappings");

        await visitor.Page.ClickAsync("[data-ct='view:tax']");
        await Expect(visitor.Part("mappings").Locator("tbody tr")).ToHaveCountAsync(1);
        await visitor.Part("mappings").GetByRole(AriaRole.Link, new() { Name = "0.21" }).ClickAsync();
        await Expect(visitor.Part("history")).ToContainTextAsync("ended by");
        await visitor.PicturesAsync("mapping-history");
        var file = await (await world.Tower.SignInAsAsync(Roles.Operations)).GetStringAsync(new Uri("/connections/mappings/export.csv?kind=tax", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("bc-eu,tax,0.21,NL-21", file, StringComparison.Ordinal);
        await visitor.Page.Keyboard.PressAsync("Escape");

        await visitor.Page.ClickAsync("[data-ct^='change:']");
        await visitor.FillAsync("[data-ct=form-reason]", "Not needed");
        await visitor.Page.ClickAsync("[data-ct=form-remove]");
        await Expect(visitor.Part("panel:mappings")).ToContainTextAsync("None fits");
    }

    private async Task PlantAsync()
    {
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        await world.Tower.Database.ExecuteAsync("update connection set name = 'Books' where id = 'bc-eu'");
        await world.Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(TestContext.Current.CancellationToken);
    }

    private static Task ChooseAsync(Visitor visitor, string text) =>
        visitor.ChooseAsync("[data-ct=file]", new FilePayload { Name = "mappings.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(text) });
}
