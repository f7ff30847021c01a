using System.Net;
using System.Net.Http.Headers;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Programs of the API as an admin sees them: made for a brand, what they ask and how that goes, what they may use up, and the reference that their makers read.</summary>
public sealed class ApiClientBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new()
    {
        Settings =
        [
            "Tower:Roles=web", "Auth:Mode=oidc", "Auth:Authority=https://issuer.example", "Auth:ClientId=tower", "Auth:ClientSecret=a secret for tests alone", "Auth:Roles:Tower.Admin=Admin", "Auth:Name=Northlane ID",
            "Auth:ApiAudience=api://control-tower",
        ]
    };

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task An_admin_makes_a_client_of_a_brand_sees_what_it_asks_and_slows_it_down()
    {
        await using var visitor = await world.VisitAsync();
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        await world.Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/clients");
        await visitor.Page.ClickAsync("[data-ct=add-client]");
        await visitor.FillAsync("[data-ct=client-name]", "Middleware");
        await visitor.Page.CheckAsync($"[data-ct='scope:{Scopes.OrdersRead}']");
        await visitor.Page.CheckAsync($"[data-ct='scope:{Scopes.FlowsRead}']");
        await visitor.Page.CheckAsync("[data-ct='brand:Northlane']");
        await visitor.Page.ClickAsync("[data-ct=client-save]");
        await Expect(visitor.Part("client-form")).ToContainTextAsync("belongs to all brands");
        await visitor.Page.UncheckAsync($"[data-ct='scope:{Scopes.FlowsRead}']");
        await visitor.Page.ClickAsync("[data-ct=client-save]");
        var key = await visitor.Page.InputValueAsync("[data-ct=key]");
        await visitor.Page.GetByText("Done", new() { Exact = true }).ClickAsync();
        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "Middleware" }).ClickAsync();
        await Expect(visitor.Part("panel:use")).ToContainTextAsync("It asked nothing in this time.");

        using var program = world.Tower.Client();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var path in (string[])["/api/v1/orders", "/api/v1/orders?limit=0", "/api/v1/orders/404", "/api/v1/kpis"])
            (await program.GetAsync(new Uri(path, UriKind.Relative))).Dispose();
        await world.Tower.Services.GetRequiredService<ApiRequestLog>().FlushAsync(default);
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("figures")).ToContainTextAsync("no quota");
        await Expect(visitor.Part("operations").Locator("tbody tr")).ToHaveCountAsync(3);
        await Expect(visitor.Part("problems")).ToContainTextAsync("not-allowed");
        await Expect(visitor.Part("newest").Locator("tbody tr")).ToHaveCountAsync(3);
        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "not-found" }).ClickAsync();
        await Expect(visitor.Part("newest").Locator("tbody tr")).ToHaveCountAsync(1);
        Assert.EndsWith("?problem=not-found", visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.ClickAsync("[data-ct=clear]");

        await visitor.FillAsync("[data-ct=limit-burst]", "0");
        await visitor.Page.ClickAsync("[data-ct=limit-save]");
        await Expect(visitor.Part("panel:limits")).ToContainTextAsync("Burst: 1 to 100,000 requests.");
        await visitor.FillAsync("[data-ct=limit-burst]", "1");
        await visitor.FillAsync("[data-ct=limit-second]", "1");
        await visitor.FillAsync("[data-ct=limit-day]", "1000");
        await visitor.Page.ClickAsync("[data-ct=limit-save]");
        await Expect(visitor.Part("limits")).ToContainTextAsync("its own");
        await Expect(visitor.Part("quota")).ToContainTextAsync("of 1,000");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<int>("select burst from api_limit where client_id is not null"));
        await visitor.FillAsync("[data-ct=authority-client]", "middleware-7c1f");
        await visitor.Page.ClickAsync("[data-ct=authority-save]");
        await Expect(visitor.Page.GetByText("Its tokens are taken within 5 seconds.")).ToBeVisibleAsync();
        Assert.Equal("middleware-7c1f", await world.Tower.Database.ScalarAsync<string>("select authority_client_id from api_client"));
        await visitor.PicturesAsync("api-client");
        await visitor.Page.GotoAsync("/admin/clients");
        await Expect(visitor.Part("clients")).ToContainTextAsync("of Northlane");
        await visitor.PicturesAsync("api-clients");
    }

    [Fact]
    public async Task Whoever_writes_a_program_reads_how_to_ask_without_a_word_from_elsewhere()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/admin/api");
        var create = visitor.Part("operation:orders.create");
        await create.Locator("summary").ClickAsync();
        await Expect(create).ToContainTextAsync("Idempotency-Key required");
        await Expect(create).ToContainTextAsync("curl -X POST -H \"Authorization: Bearer $CT_KEY\"");
        await Expect(create).ToContainTextAsync("/problems/idempotency-key-reused");
        await visitor.PicturesAsync("api-reference");
        using var stranger = world.Tower.Client();
        using var answer = await stranger.GetAsync(new Uri("/api/v1/openapi.json", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }
}
