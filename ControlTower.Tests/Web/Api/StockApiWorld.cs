using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Tests.Web.Api;

/// <summary>A tower with two shops, a warehouse and a store, and programs with keys that ask it.</summary>
internal sealed class StockApiWorld : IAsyncDisposable
{
    private StockApiWorld(TestTower tower) => Tower = tower;

    public TestTower Tower { get; }

    public static async Task<StockApiWorld> StartAsync(params string[] settings)
    {
        var tower = await TestTower.StartAsync(null, null, settings);
        await tower.Database.ExecuteAsync("""
            insert into connection (id, kind, role, name, settings) values
                ('web', 'shopify', 'shop', 'Web', '{"shopDomain":"web.myshopify.com"}'), ('market', 'shopify', 'shop', 'Market', '{"shopDomain":"market.myshopify.com"}');
            """);
        await tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        await StockStore.AddLocationsAsync(tower.Database.Sources.Work, [new("east", "East", "warehouse"), new("store-1", "Store", "store")], default);
        return new StockApiWorld(tower);
    }

    public async Task HasAsync(params (string Sku, string Location, int Quantity)[] counts) =>
        await StockStore.CountAsync(Tower.Database.Sources.Work, [.. counts.Select(c => new StockCount(c.Sku, c.Location, c.Quantity))], "test", default);

    public async Task<HttpClient> ProgramAsync(string name = "shop", string[]? scopes = null, params string[] channels)
    {
        var (key, refusal) = await Tower.Services.GetRequiredService<ApiClientStore>().AddAsync(
            Guid.NewGuid(), name, scopes ?? [Scopes.AvailabilityRead, Scopes.ReservationsWrite, Scopes.SupplyWrite], channels, TimeSpan.FromDays(1), Actor.Tower("test"), default);
        if (key is null)
            throw new InvalidOperationException(refusal.ToString());
        var client = Tower.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>A client of these channels and brands, where they are named; its id with it.</summary>
    public async Task<(Guid Id, HttpClient Http)> ClientAsync(string[] scopes, string[]? channels = null, string[]? brands = null)
    {
        var id = Guid.NewGuid();
        var (key, refusal) = await Tower.Services.GetRequiredService<ApiClientStore>().AddAsync(id, $"client {id:N}", scopes, channels ?? [], TimeSpan.FromDays(1), Actor.Tower("test"), default, brands);
        var client = Tower.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key ?? throw new InvalidOperationException(refusal.ToString()));
        return (id, client);
    }

    /// <summary>Two more shops, of the brands Northlane and Fjord, whose orders are written by the answer.</summary>
    public async Task<OrderWorld> WithOrdersAsync()
    {
        var orders = await new OrderWorld(Tower.Database).ConnectAsync();
        await Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        return orders;
    }

    /// <summary>Applies what lies in the inbox, as a worker would.</summary>
    public async Task WorkInboxAsync()
    {
        var pump = ActivatorUtilities.CreateInstance<InboxPump>(Tower.Services);
        while ((await pump.RunOnceAsync(default)).Again)
        {
        }
    }

    /// <summary>Status, a space, and the body as JSON text; for a refusal the slug and its fields.</summary>
    public static async Task<(int Status, JsonElement Body)> SendAsync(HttpClient client, HttpMethod method, string path, object? body = null, string? key = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is string text)
            request.Content = new StringContent(text, new MediaTypeHeaderValue("application/json"));
        else if (body is not null)
            request.Content = JsonContent.Create(body);
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var answer = await client.SendAsync(request);
        var said = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, said.Length == 0 ? default : JsonDocument.Parse(said).RootElement);
    }

    /// <summary>The fields that a refusal names, with their codes.</summary>
    public static string Faults(JsonElement problem) =>
        string.Join(", ", problem.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("pointer").GetString()} {e.GetProperty("code").GetString()}"));

    public static string Slug(JsonElement problem) => problem.GetProperty("type").GetString()!["/problems/".Length..];

    public ValueTask DisposeAsync() => Tower.DisposeAsync();
}
