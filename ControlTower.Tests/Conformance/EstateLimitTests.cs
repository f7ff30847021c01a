using ControlTower.Simulator;
using ControlTower.Simulator.BusinessCentral;
using ControlTower.Simulator.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>The vendors' limits, on the test's own clock.</summary>
public sealed class EstateLimitTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_shop_without_points_says_throttled_and_recovers_at_its_rate()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Clock = clock });
        var budget = estate.App.Estate.Shop("jp")!.Budget;
        Assert.True(budget.TryTake(2000));

        var throttled = await estate.GraphAsync("shopify-jp", "{ shop { id } }");
        Assert.Equal("THROTTLED", throttled.GetProperty("errors")[0].GetProperty("extensions").GetProperty("code").GetString());
        Assert.Equal("Throttled", throttled.GetProperty("errors")[0].GetProperty("message").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, throttled.GetProperty("extensions").GetProperty("cost").GetProperty("actualQueryCost").ValueKind);
        Assert.False(throttled.TryGetProperty("data", out _));

        clock.Advance(TimeSpan.FromSeconds(3));
        var answered = await estate.GraphAsync("shopify-jp", "{ shop { id } }");
        Assert.False(answered.TryGetProperty("errors", out _));
        Assert.Equal(299, answered.GetProperty("extensions").GetProperty("cost").GetProperty("throttleStatus").GetProperty("currentlyAvailable").GetDouble());
    }

    [Fact]
    public async Task Points_are_taken_for_full_pages_and_given_back_for_what_was_not_there()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Clock = clock });
        var cost = (await estate.GraphAsync("shopify-eu", "{ orders(first: 50) { nodes { id totalPriceSet { shopMoney { amount } } } } }")).GetProperty("extensions").GetProperty("cost");
        Assert.Equal(102, cost.GetProperty("requestedQueryCost").GetInt32());
        Assert.Equal(2, cost.GetProperty("actualQueryCost").GetInt32());
        Assert.Equal(19998, cost.GetProperty("throttleStatus").GetProperty("currentlyAvailable").GetDouble());
    }

    [Fact]
    public async Task One_query_may_not_cost_more_than_a_thousand()
    {
        await using var estate = await EstateDriver.StartAsync();
        var answer = await estate.GraphAsync("shopify-eu", "{ orders(first: 250) { nodes { id lineItems(first: 10) { nodes { id } } } } }");
        Assert.Equal("MAX_COST_EXCEEDED", answer.GetProperty("errors")[0].GetProperty("extensions").GetProperty("code").GetString());
    }

    [Fact]
    public void A_bucket_never_holds_more_than_its_size()
    {
        var budget = new CostBudget(1000, 100, new EstateOptions { Clock = clock });
        Assert.True(budget.TryTake(400));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1000, budget.Available);
    }

    [Fact]
    public async Task An_erp_takes_six_thousand_requests_in_five_minutes_and_says_when_the_next_may_come()
    {
        using var limits = new RequestLimits(new EstateOptions { Clock = clock });
        for (var i = 0; i < RequestLimits.PerWindow; i++)
        {
            Assert.Null(await limits.EnterAsync(CancellationToken.None));
            limits.Leave();
        }

        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromMinutes(3), await limits.EnterAsync(CancellationToken.None));
        clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Null(await limits.EnterAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_erp_works_on_five_lets_ninety_five_wait_and_turns_the_next_away()
    {
        using var limits = new RequestLimits(new EstateOptions { Clock = clock });
        var entering = Enumerable.Range(0, 100).Select(_ => limits.EnterAsync(CancellationToken.None)).ToList();
        Assert.Equal(5, entering.Count(e => e.IsCompleted));
        Assert.NotNull(await limits.EnterAsync(CancellationToken.None));
        limits.Leave();
        Assert.Null(await await Task.WhenAny(entering.Skip(5)));
        for (var i = 0; i < 99; i++) limits.Leave();
        await Task.WhenAll(entering);
    }

    [Fact]
    public async Task A_token_lasts_an_hour_and_no_longer()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Clock = clock });
        Assert.Equal(200, (await estate.BcAsync("bc-eu", "GET", "/companies")).Status);
        clock.Advance(TimeSpan.FromMinutes(61));
        var (status, body, _) = await estate.BcAsync("bc-eu", "GET", "/companies");
        Assert.Equal(401, status);
        Assert.Equal("Authentication_InvalidCredentials", body.GetProperty("error").GetProperty("code").GetString());
        await estate.TokenAsync("bc-eu", again: true);
        Assert.Equal(200, (await estate.BcAsync("bc-eu", "GET", "/companies")).Status);
    }

    [Fact]
    public async Task The_token_of_one_erp_opens_no_other_and_a_wrong_secret_none()
    {
        await using var estate = await EstateDriver.StartAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", await estate.TokenAsync("bc-us"));
        Assert.Equal(401, (int)(await http.GetAsync(estate.Setting("bc-eu", "baseUrl") + "/companies")).StatusCode);
        using var refused = await http.PostAsync(estate.Setting("bc-eu", "tokenUrl"), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = estate.Setting("bc-eu", "clientId"), ["client_secret"] = "guess", ["scope"] = TokenIssuer.Scope,
        }));
        Assert.Equal(401, (int)refused.StatusCode);
    }

    [Fact]
    public async Task The_clerk_ships_then_invoices_and_the_web_order_is_gone()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Clock = clock, ShipAfterLeast = TimeSpan.FromSeconds(10), ShipAfterMost = TimeSpan.FromSeconds(20) });
        var clerk = estate.App.Estate.Erp("bc-eu")!.Clerk;
        await estate.OrderAsync("bc-eu", "W");
        Assert.Equal(0, await clerk.RoundAsync());
        clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(1, await clerk.RoundAsync());
        Assert.Single(await estate.LedgerAsync("bc-eu", "order-shipped"));
        clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(1, await clerk.RoundAsync());
        Assert.Equal(["order-posted", "order-shipped", "order-invoiced"], (await estate.LedgerAsync("bc-eu")).Select(e => e.GetProperty("kind").GetString()!));
        Assert.Empty((await estate.BcAsync("bc-eu", "GET", "salesOrders")).Body.GetProperty("value").EnumerateArray());
    }
}
