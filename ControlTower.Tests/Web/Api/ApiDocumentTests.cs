using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlTower.Tests.Support;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Api;

/// <summary>The document is the API: every route, nothing else, no example that is refused, and enough for a partner who has nothing but it.</summary>
public sealed partial class ApiDocumentTests
{
    private const string Path = ApiDocument.Path;

    private static readonly string[] All = [.. Scopes.All.Select(s => s.Scope).Except(Scopes.OfStreams)];

    [Fact]
    public async Task People_with_a_session_and_any_client_read_it_and_strangers_do_not()
    {
        await using var world = await StockApiWorld.StartAsync();
        using var nobody = world.Tower.Client();
        Assert.Equal(401, (await StockApiWorld.SendAsync(nobody, HttpMethod.Get, Path)).Status);
        using var person = await world.Tower.SignInAsAsync(Roles.Executive);
        using var client = (await world.ClientAsync([Scopes.AvailabilityRead], ["web"])).Http;
        Assert.Equal((200, 200), ((await StockApiWorld.SendAsync(person, HttpMethod.Get, Path)).Status, (await StockApiWorld.SendAsync(client, HttpMethod.Get, Path)).Status));
    }

    [Fact]
    public async Task It_has_every_route_and_no_other_and_takes_back_nothing_that_programs_rely_on()
    {
        await using var tower = await TestTower.StartAsync();
        var text = tower.Services.GetRequiredService<ApiDocument>().Text;
        var mapped = tower.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.TrimStart('/').StartsWith("api/v1/", StringComparison.Ordinal) && !e.RoutePattern.RawText!.EndsWith("openapi.json", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {Constraint().Replace($"/{e.RoutePattern.RawText!.TrimStart('/')}", "{${name}}")}"));
        Assert.Equal(mapped.Order(StringComparer.Ordinal), new OpenApiReader(JsonNode.Parse(text)!).Operations.Select(o => $"{o.Method} {o.Path}").Order(StringComparer.Ordinal));

        Assert.Equal(["key", "token"], JsonNode.Parse(text)!["security"]!.AsArray().Select(way => Assert.Single(way!.AsObject()).Key));
        var golden = Goldens.Path("openapi.json");
        if (Environment.GetEnvironmentVariable("CT_REWRITE_GOLDENS") != "1")
            Assert.Empty(OpenApiBreaks.Of(JsonNode.Parse(await File.ReadAllTextAsync(golden))!, JsonNode.Parse(text)!));
        await Goldens.MatchAsync(golden, text.Split('\n'));
    }

    [Fact]
    public async Task What_a_newer_document_takes_away_is_said_in_words()
    {
        var older = JsonNode.Parse(await File.ReadAllTextAsync(Goldens.Path("openapi.json")))!;
        string[] After(Action<JsonNode> change)
        {
            var newer = older.DeepClone();
            change(newer);
            return [.. OpenApiBreaks.Of(older, newer)];
        }

        Assert.Empty(After(_ => { }));
        Assert.Empty(After(d => d["components"]!["schemas"]!["OrderListed"]!["properties"]!["colour"] = new JsonObject { ["type"] = "string" }));
        Assert.Equal(["GET /api/v1/kpis is gone."], After(d => d["paths"]!.AsObject().Remove("/api/v1/kpis")).Take(1));
        Assert.Equal(["GET /api/v1/orders takes no query limit any more."], After(d => d["paths"]!["/api/v1/orders"]!["get"]!["parameters"]!.AsArray().RemoveAll(p => (string?)p!["name"] == "limit")));
        Assert.Equal(["OrderListed has no stage any more."], After(d => d["components"]!["schemas"]!["OrderListed"]!["properties"]!.AsObject().Remove("stage")));
        Assert.Equal(["CancelAsked needs colour and did not."], After(d => d["components"]!["schemas"]!["CancelAsked"]!["required"]!.AsArray().Add("colour")));
        Assert.Equal(["OrderListed.id is \"string\" and was \"integer\"."], After(d => d["components"]!["schemas"]!["OrderListed"]!["properties"]!["id"]!["type"] = "string"));
        Assert.Equal(["POST /api/v1/orders needs query colour and did not."], After(d => d["paths"]!["/api/v1/orders"]!["post"]!["parameters"]!.AsArray().Add(new JsonObject { ["name"] = "colour", ["in"] = "query", ["required"] = true, ["schema"] = new JsonObject() })));
    }

    [Fact]
    public async Task Every_example_is_valid_and_every_operation_says_what_it_is()
    {
        await using var tower = await TestTower.StartAsync();
        var document = new OpenApiReader(JsonNode.Parse(tower.Services.GetRequiredService<ApiDocument>().Text)!);
        foreach (var (path, method, operation) in document.Operations)
        {
            Assert.All((string[])["operationId", "summary", "description", "x-scope"], member => Assert.False(string.IsNullOrWhiteSpace((string?)operation[member]), $"{method} {path} lacks {member}"));
            Assert.Contains((string)operation["x-scope"]!, Scopes.All.Select(s => s.Scope));
            if (operation["requestBody"] is not null)
                Assert.Empty(document.Objections(OpenApiReader.BodySchema(operation), operation["requestBody"]!["content"]!["application/json"]!["example"]));
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
            {
                if (parameter!["example"] is { } example)
                    Assert.Empty(document.Objections(parameter["schema"]!, example, $"{method} {path} {parameter["name"]}"));
                Assert.True((string?)parameter["in"] != "path" || path.Contains($"{{{parameter["name"]}}}", StringComparison.Ordinal), $"{path} has no {parameter["name"]}");
            }
        }

        Assert.Equal(document.Operations.Count(), document.Operations.Select(o => (string?)o.Operation["operationId"]).Distinct().Count());
    }

    [Fact]
    public async Task A_partner_who_has_nothing_but_the_document_holds_goods_states_an_order_and_reads_what_became_of_it()
    {
        await using var world = await StockApiWorld.StartAsync();
        await world.HasAsync(("RH-00001", "east", 9));
        using var http = (await world.ClientAsync(All)).Http;
        var partner = new Partner(http, new OpenApiReader(JsonNode.Parse(await http.GetStringAsync(new Uri(Path, UriKind.Relative)))!));

        var hold = await partner.AskAsync("reservations.create", "201", change: body => body["channel"] = "web");
        Assert.Equal("active", (string?)hold["state"]);
        var order = await partner.AskAsync("orders.create", "202", change: body => body["source"] = "web");
        await partner.AskAsync("reservations.name-order", "200", new() { ["id"] = (string)hold["id"]! }, body => (body["source"], body["id"]) = ("web", (string)order["id"]!));
        await world.WorkInboxAsync();
        var listed = (await partner.AskAsync("orders.list", "200", new() { ["source"] = (string)order["source"]!, ["sourceId"] = (string)order["id"]! }))["items"]![0]!;
        var timeline = await partner.AskAsync("orders.timeline", "200", new() { ["id"] = listed["id"]!.ToJsonString() });
        Assert.NotEmpty(timeline["steps"]!.AsArray());
        foreach (var list in partner.Lists())
            await partner.AskAsync(list, "200");
    }

    [GeneratedRegex(@"\{(?<name>\w+)(:\w+)?\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Constraint();

    /// <summary>Builds requests from the document's own words and holds each answer against its schema.</summary>
    private sealed class Partner(HttpClient http, OpenApiReader document)
    {
        public IEnumerable<string> Lists() =>
            document.Operations.Where(o => o.Method == "GET" && (o.Operation["parameters"]?.AsArray() ?? []).All(p => !(bool)p!["required"]!)).Select(o => (string)o.Operation["operationId"]!);

        public async Task<JsonNode> AskAsync(string id, string status, Dictionary<string, string>? values = null, Action<JsonObject>? change = null)
        {
            var (path, method, operation) = document.Find(id);
            var query = new List<string>();
            using var request = new HttpRequestMessage { Method = new HttpMethod(method) };
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
            {
                var name = (string)parameter!["name"]!;
                var value = values?.GetValueOrDefault(name) ?? ((bool)parameter["required"]! ? parameter["example"]!.ToString() : null);
                if (value is null)
                    continue;
                if ((string?)parameter["in"] == "path")
                    path = path.Replace($"{{{name}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
                else if ((string?)parameter["in"] == "query")
                    query.Add($"{name}={Uri.EscapeDataString(value)}");
                else
                    request.Headers.Add(name, value);
            }

            if (operation["requestBody"] is { } body)
            {
                var sent = body["content"]!["application/json"]!["example"]!.DeepClone().AsObject();
                change?.Invoke(sent);
                Assert.Empty(document.Objections(OpenApiReader.BodySchema(operation), sent));
                request.Content = JsonContent.Create(sent);
            }

            request.RequestUri = new Uri(query.Count > 0 ? $"{path}?{string.Join('&', query)}" : path, UriKind.Relative);
            using var answer = await http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode == int.Parse(status, System.Globalization.CultureInfo.InvariantCulture), $"{id}: {text}");
            var said = JsonNode.Parse(text)!;
            Assert.Empty(document.Objections(OpenApiReader.AnswerSchema(operation, status), said, id));
            return said;
        }
    }
}
