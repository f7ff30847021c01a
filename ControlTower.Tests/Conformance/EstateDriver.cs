using Xunit;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Simulator;

namespace ControlTower.Tests.Conformance;

/// <summary>A running estate and a client of its vendors' APIs.</summary>
public sealed class EstateDriver : IAsyncDisposable
{
    private readonly EstateApp app;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly Dictionary<string, (string Token, long Got, TimeSpan Life)> tokens = new(StringComparer.Ordinal);
    private JsonElement connections;

    private EstateDriver(EstateApp app) => this.app = app;

    public EstateApp App => app;

    public string Url => app.BaseUrl;

    /// <summary>Quiet unless asked: no traffic, no clerk, so that only the test changes anything.</summary>
    public static async Task<EstateDriver> StartAsync(Func<EstateOptions, EstateOptions>? with = null)
    {
        var options = new EstateOptions { Seed = 11, TrafficRunning = false, ClerkRunning = false, AfterthoughtShare = 0 };
        var driver = new EstateDriver(await EstateApp.StartAsync(with?.Invoke(options) ?? options));
        driver.connections = (await driver.GetAsync("/estate/connections")).GetProperty("connections");
        return driver;
    }

    public JsonElement Connection(string id) => connections.EnumerateArray().First(c => c.GetProperty("id").GetString() == id);

    public string Setting(string id, string name) => Connection(id).GetProperty("settings").GetProperty(name).GetString()!;

    public string Secret(string id, string name) => Connection(id).GetProperty("secrets").GetProperty(name).GetString()!;

    public async Task<JsonElement> GetAsync(string path) => await http.GetFromJsonAsync<JsonElement>(Url + path);

    public async Task<JsonElement> PostAsync(string path, object? body = null)
    {
        using var answer = await http.PostAsJsonAsync(Url + path, body ?? new { });
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return answer.IsSuccessStatusCode ? json : throw new InvalidOperationException($"{path} answered {(int)answer.StatusCode}: {json}");
    }

    public async Task<IReadOnlyList<JsonElement>> PlaceAsync(string shop, int count = 1, object? wishes = null)
    {
        var body = JsonSerializer.SerializeToNode(wishes ?? new { })!.AsObject();
        body["shop"] = shop;
        body["count"] = count;
        return (await PostAsync("/estate/orders", body)).GetProperty("orders").EnumerateArray().ToList();
    }

    public Task<JsonElement> FaultAsync(string system, object fault) => PostAsync($"/estate/faults/{system}", fault);

    public async Task<IReadOnlyList<JsonElement>> LedgerAsync(string system, string? kind = null) =>
        (await GetAsync($"/estate/ledger/{system}")).GetProperty("effects").EnumerateArray().Where(e => kind is null || e.GetProperty("kind").GetString() == kind).ToList();

    /// <summary>The whole answer of the Admin API, status 200 assumed.</summary>
    public async Task<JsonElement> GraphAsync(string shop, string query, object? variables = null, string? operation = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Setting(shop, "baseUrl")}/admin/api/2026-07/graphql.json")
        {
            Content = JsonContent.Create(new { query, variables, operationName = operation }),
        };
        request.Headers.Add("X-Shopify-Access-Token", Secret(shop, "accessToken"));
        using var answer = await http.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> DataAsync(string shop, string query, object? variables = null, string? operation = null)
    {
        var answer = await GraphAsync(shop, query, variables, operation);
        Assert.False(answer.TryGetProperty("errors", out var errors), errors.ToString());
        return answer.GetProperty("data");
    }

    /// <summary>One call of Business Central's API; the path is below the company unless it begins with a slash (then below api/v2.0).</summary>
    public async Task<(int Status, JsonElement Body, HttpResponseHeaders Headers)> BcAsync(string erp, string method, string path, object? body = null, string? match = null)
    {
        var root = Setting(erp, "baseUrl");
        var address = path.StartsWith("http", StringComparison.Ordinal) ? path : path.StartsWith('/') ? root + path : $"{root}/companies({Setting(erp, "companyId")})/{path}";
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (body is not null) request.Content = JsonContent.Create(body);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(erp));
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length == 0 || text[0] != '{' ? default : JsonDocument.Parse(text).RootElement.Clone(), answer.Headers);
    }

    public async Task<string> TokenAsync(string erp, bool again = false)
    {
        if (!again && tokens.TryGetValue(erp, out var known) && TimeProvider.System.GetElapsedTime(known.Got) < known.Life / 2) return known.Token;
        var asked = TimeProvider.System.GetTimestamp();
        using var answer = await http.PostAsync(Setting(erp, "tokenUrl"), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = Setting(erp, "clientId"), ["client_secret"] = Secret(erp, "clientSecret"), ["scope"] = Setting(erp, "scope"),
        }));
        answer.EnsureSuccessStatusCode();
        var said = await answer.Content.ReadFromJsonAsync<JsonElement>();
        tokens[erp] = (said.GetProperty("access_token").GetString()!, asked, TimeSpan.FromSeconds(said.GetProperty("expires_in").GetInt32()));
        return tokens[erp].Token;
    }

    /// <summary>A sales order of one line; returns its body.</summary>
    public async Task<JsonElement> OrderAsync(string erp, string external, decimal price = 29.95m, int quantity = 2)
    {
        var (status, body, _) = await BcAsync(erp, "POST", "salesOrders", Order(erp, external, price, quantity));
        Assert.True(status == 201, body.ToString());
        return body;
    }

    public static object Order(string erp, string external, decimal price = 29.95m, int quantity = 2) => new
    {
        customerNumber = erp == "bc-eu" ? "WEB-EU-DE" : "WEB-US-NY",
        externalDocumentNumber = external,
        pricesIncludeTax = erp == "bc-eu",
        salesOrderLines = new object[] { new { lineType = "Item", lineObjectNumber = erp == "bc-eu" ? "NL-TEE-M-BLK" : "FJ-CAP-OS-BLK", quantity, unitPrice = price } },
    };

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
    }
}
