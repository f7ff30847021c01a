using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>Each switch does on the wire what its name says, and takes effect in the ledger or not as it says.</summary>
public sealed class EstateFaultTests : IAsyncLifetime
{
    private EstateDriver estate = null!;

    public async ValueTask InitializeAsync() => estate = await EstateDriver.StartAsync();

    public ValueTask DisposeAsync() => estate.DisposeAsync();

    private async Task<int> CommittedAsync() => (await estate.LedgerAsync("bc-eu", "order-posted")).Count;

    [Theory]
    [InlineData("down", 0)]
    [InlineData("lost-answer", 1)]
    [InlineData("late-commit", 1)]
    public async Task A_connection_is_reset_with_or_without_the_order_behind_it(string kind, int committed)
    {
        await estate.FaultAsync("bc-eu", new { kind, count = 1, seconds = 0.2, on = "writes" });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => estate.BcAsync("bc-eu", "POST", "salesOrders", EstateDriver.Order("bc-eu", "F")));
        Assert.Equal(committed, await CommittedAsync());
        Assert.Equal(201, (await estate.BcAsync("bc-eu", "POST", "salesOrders", EstateDriver.Order("bc-eu", "AFTER"))).Status);
    }

    [Fact]
    public async Task A_late_commit_happens_after_the_caller_hung_up()
    {
        await estate.FaultAsync("bc-eu", new { kind = "late-commit", count = 1, seconds = 1.5 });
        var token = await estate.TokenAsync("bc-eu");
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(0.3) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await Assert.ThrowsAsync<TaskCanceledException>(() => http.PostAsJsonAsync($"{estate.Setting("bc-eu", "baseUrl")}/companies({estate.Setting("bc-eu", "companyId")})/salesOrders", EstateDriver.Order("bc-eu", "LATE")));
        Assert.Equal(0, await CommittedAsync());
        await Wait.ForAsync(async () => await CommittedAsync() == 1);
    }

    [Theory]
    [InlineData("throttle", 429, 0)]
    [InlineData("unavailable", 503, 0)]
    [InlineData("error-before-commit", 500, 0)]
    [InlineData("refuse", 400, 0)]
    [InlineData("html", 200, 0)]
    [InlineData("wrong-json", 200, 1)]
    [InlineData("cut-json", 200, 1)]
    [InlineData("accepted", 202, 0)]
    public async Task An_answer_is_spoilt_with_or_without_the_order_behind_it(string kind, int status, int committed)
    {
        await estate.FaultAsync("bc-eu", new { kind, count = 1, seconds = 7, on = "writes" });
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", await estate.TokenAsync("bc-eu"));
        using var answer = await http.PostAsJsonAsync($"{estate.Setting("bc-eu", "baseUrl")}/companies({estate.Setting("bc-eu", "companyId")})/salesOrders", EstateDriver.Order("bc-eu", "F"));
        Assert.Equal(status, (int)answer.StatusCode);
        if (status is 429 or 503) Assert.Equal(7, answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        if (kind is "html" or "cut-json") await Assert.ThrowsAnyAsync<JsonException>(async () => JsonDocument.Parse(await answer.Content.ReadAsStringAsync()));
        Assert.Equal(committed, await CommittedAsync());
    }

    [Fact]
    public async Task Retry_after_can_be_a_date()
    {
        await estate.FaultAsync("shopify-eu", new { kind = "unavailable", seconds = 30, retryAfterDate = true });
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{estate.Setting("shopify-eu", "baseUrl")}/admin/api/2026-07/graphql.json", new { query = "{ shop { id } }" });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter!.Date);
    }

    [Theory]
    [InlineData("unknown-sku", "Internal_InvalidTableRelation", "Item")]
    [InlineData("closed-period", "Application_DialogException", "range of allowed posting dates")]
    [InlineData("blocked-customer", "Application_DialogException", "Customer WEB-EU-DE is blocked")]
    public async Task A_refusal_says_why_in_the_vendors_words(string reason, string code, string words)
    {
        await estate.FaultAsync("bc-eu", new { kind = "refuse", reason, count = 1 });
        var (_, body, _) = await estate.BcAsync("bc-eu", "POST", "salesOrders", EstateDriver.Order("bc-eu", "R"));
        Assert.Equal(code, body.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(words, body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_of_a_shop_leaves_the_tag_written_and_reads_untouched()
    {
        var order = (await estate.PlaceAsync("shopify-eu"))[0];
        await estate.FaultAsync("shopify-eu", new { kind = "lost-answer" });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => estate.GraphAsync("shopify-eu", "mutation T($id: ID!) { tagsAdd(id: $id, tags: [\"x\"]) { userErrors { message } } }", new { id = order.GetProperty("gid").GetString() }));
        Assert.Equal("x", (await estate.DataAsync("shopify-eu", "query R($id: ID!) { order(id: $id) { tags } }", new { id = order.GetProperty("gid").GetString() })).GetProperty("order").GetProperty("tags")[0].GetString());
    }

    [Fact]
    public async Task A_fault_brings_another_with_its_hit_and_one_with_a_path_meets_whoever_asks_for_that_alone()
    {
        await estate.FaultAsync("bc-eu", new { kind = "lost-answer", count = 1, then = new { kind = "error-before-commit", on = "reads", path = "'LOST'", count = 1 } });
        Task<(int Status, JsonElement Body, System.Net.Http.Headers.HttpResponseHeaders Headers)> Find(string key) => estate.BcAsync("bc-eu", "GET", $"salesOrders?$filter=externalDocumentNumber eq '{key}'");
        Assert.Equal(200, (await Find("LOST")).Status);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => estate.BcAsync("bc-eu", "POST", "salesOrders", EstateDriver.Order("bc-eu", "LOST")));
        Assert.Equal(200, (await Find("OTHER")).Status);
        Assert.Equal(500, (await Find("LOST")).Status);
        Assert.Equal(1, (await Find("LOST")).Body.GetProperty("value").GetArrayLength());
    }

    [Fact]
    public async Task A_slow_system_is_slow_and_a_fault_with_a_life_ends_by_itself()
    {
        await estate.FaultAsync("bc-eu", new { kind = "slow", seconds = 0.5, lasts = 0.4 });
        var watch = Stopwatch.StartNew();
        await estate.BcAsync("bc-eu", "GET", "salesOrders");
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(0.45), $"{watch.Elapsed}");
        await Wait.ForAsync(async () => (await estate.GetAsync("/estate")).GetProperty("systems").EnumerateArray().All(s => s.GetProperty("faults").GetArrayLength() == 0));
    }

    [Theory]
    [InlineData("bc-eu", """{"kind":"earthquake"}""", 400)]
    [InlineData("bc-eu", """{"kind":"slow","share":2,"count":0,"on":"sundays"}""", 400)]
    [InlineData("bc-eu", """{"kind":"slow","colour":"red"}""", 400)]
    [InlineData("bc-eu", "no json", 400)]
    [InlineData("bc-mars", """{"kind":"slow"}""", 404)]
    public async Task A_switch_that_makes_no_sense_is_refused_with_reasons(string system, string body, int status)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync($"{estate.Url}/estate/faults/{system}", new StringContent(body));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotEmpty((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateArray());
    }

    [Fact]
    public async Task Pages_of_other_origins_and_other_host_names_are_turned_away()
    {
        using var http = new HttpClient();
        using var foreign = new HttpRequestMessage(HttpMethod.Post, estate.Url + "/estate/traffic") { Content = JsonContent.Create(new { rate = 1 }) };
        foreign.Headers.Add("Origin", "https://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(foreign)).StatusCode);
        using var rebound = new HttpRequestMessage(HttpMethod.Get, estate.Url + "/estate/connections");
        rebound.Headers.Host = "evil.example";
        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(rebound)).StatusCode);
    }

    [Fact]
    public async Task Only_loopback_is_bound_unless_remote_is_allowed_aloud()
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => EstateDriver.StartAsync(o => o with { Host = "0.0.0.0" }));
        Assert.Contains("--allow-remote", refusal.Message, StringComparison.Ordinal);
    }
}
