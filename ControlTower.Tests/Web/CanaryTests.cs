using System.Net;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>
/// Strings that occur nowhere else are put where secrets and customers stand, and go through the flows and their faults. Then everything that the tower wrote, said or sent is searched for them.
/// </summary>
public sealed class CanaryTests
{
    private const string Secret = "canary-secret-b41f";
    private const string Password = "canary-password-77aa";
    private const string Mail = "canary-mail-90c2@customer.example";

    private static readonly string[] Person = [Mail, "canary-name-5d17", "canary-phone-31337", "canary-street-c0de", "canary-city-beef", "canary-card-4242"];

    // What came in, which is erased after 30 days, and the statements of orders from which is posted. What is said to vendors in HTTP is kept as well; the ERP here is spoken to without it.
    private static readonly string[] Allowed = ["public.inbox_message.body", "public.order_document.body"];

    [Promise(22)]
    [Fact]
    public async Task No_secret_and_no_customer_is_in_logs_traces_metrics_problems_jobs_cases_audit_or_any_column_but_those_that_are_for_it()
    {
        await using var otlp = new HookSink();
        await using var tower = await StartAsync(otlp);
        var problems = await LiveThroughEverythingAsync(tower);
        Assert.True(tower.Services.GetRequiredService<TracerProvider>().ForceFlush(20_000));
        Assert.True(tower.Services.GetRequiredService<MeterProvider>().ForceFlush(20_000));
        string[] all = [Secret, Password, .. Person];

        Assert.Empty(Found(tower.Log.Lines.Select(line => line.Text), all));
        Assert.Empty(Found(otlp.Received.Select(r => Encoding.Latin1.GetString(r.Body)), all));
        Assert.Empty(Found(problems, all));
        Assert.Empty(await ColumnsAsync(tower.Database, [Secret, Password]));
        // That they are found where they may be says that they were there and that the search sees them.
        Assert.Equal(Allowed.Order(StringComparer.Ordinal), (await ColumnsAsync(tower.Database, Person)).Order(StringComparer.Ordinal));
        Assert.Contains(otlp.Received, r => r.Path == "/v1/traces");
        Assert.Contains(tower.Log.Errors, line => line.Contains("The translator of shop failed", StringComparison.Ordinal));
        Assert.Contains(tower.Log.Errors, line => line.Contains("The client of erp failed", StringComparison.Ordinal));
    }

    [Sabotage(22)]
    [Fact]
    public async Task P22_sabotage_one_line_of_log_that_tells_a_body_is_found()
    {
        await using var otlp = new HookSink();
        await using var tower = await StartAsync(otlp, services => services.AddSingleton<IStartupFilter, Talkative>());
        await PushAsync(tower, "order", Sealed("1"));

        Assert.Contains(Mail, Found(tower.Log.Lines.Select(line => line.Text), Person));
    }

    private static List<string> Found(IEnumerable<string> texts, string[] canaries) =>
        [.. texts.SelectMany(text => canaries.Where(canary => text.Contains(canary, StringComparison.OrdinalIgnoreCase)).Append("").Where(c => c.Length > 0)).Distinct(StringComparer.Ordinal)];

    /// <returns>The bodies of all answers of the doors.</returns>
    private static async Task<List<string>> LiveThroughEverythingAsync(TestTower tower)
    {
        List<string> answers =
        [
            await PushAsync(tower, "order", Sealed("1")), // goes through
            await PushAsync(tower, "order", Sealed("2")), // is refused by the ERP
            await PushAsync(tower, "order", Sealed("3")), // breaks the client of the ERP
            await PushAsync(tower, "order", Sealed("4")), // breaks the translator
            await PushAsync(tower, "order", Sealed("5")[..^20]), // cannot be read
            await PushAsync(tower, "order", Sealed("6"), genuine: false),
            await PushAsync(tower, "order", Sealed("7"), connection: "nobody"),
        ];
        using var client = tower.Client(html: true);
        using var refused = await TestTower.PostSignInAsync(client, "staff@test.example", Password);
        answers.Add(await refused.Content.ReadAsStringAsync());
        var started = TimeProvider.System.GetTimestamp();
        while (await tower.Database.ScalarAsync<long>(
            """
            select (select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed') + (select count(*) from posting where state = 'refused')
                + (select count(*) from delivery where state = 2 and last_message like 'The connector failed%') + (select count(*) from exception_case where code in ('translator-failed', 'bad-json'))
            """) < 5)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(3), $"Not all came to their end.\n{string.Join('\n', tower.Log.Errors)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return answers;
    }

    private static string Sealed(string id)
    {
        var order = EngineWorld.Order(id);
        var address = new PostalAddress(Person[1], Person[3], null, Person[4], null, "10115", "DE");
        var text = JsonSerializer.Serialize(order with { Buyer = order.Buyer! with { Name = Person[1], Email = Mail, Phone = Person[2], BillTo = address, ShipTo = address } }, CanonicalJson.Default.Order);
        return $"{text[..^1]},\"card\":\"{Person[5]}\"}}";
    }

    private static async Task<string> PushAsync(TestTower tower, string topic, string body, bool genuine = true, string connection = "shop")
    {
        using var client = tower.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/ingress/{connection}/{topic}", UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-test-signature", genuine ? "genuine" : Secret);
        var id = Guid.NewGuid().ToString("N");
        request.Headers.Add("x-test-id", id);
        request.Headers.Add("x-test-lane", $"order/{id}");
        using var answer = await client.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<TestTower> StartAsync(HookSink otlp, Action<IServiceCollection>? configure = null)
    {
        var (shop, erp) = (new TestShop { Poison = "\"NL-4\"" }, new TestErp());
        erp.Client.Answer = command => command is not PostSalesOrder { Order.Key.Id: var id } ? null
            : id == "2" ? new Outcome.Refused(FailureKind.Value, "closed-period", "The period is closed.", null)
            : id == "3" ? throw new FormatException($"The input string '{Mail}' was not in a correct format.")
            : null;
        var tower = await TestTower.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton(new ConnectorCatalog([shop, erp]));
                configure?.Invoke(builder.Services);
            },
            null, "Tower:Roles=both", "Flows:DuplicateWithinMinutes=0", $"Telemetry:OtlpEndpoint={otlp.Url}", "Telemetry:OtlpProtocol=http/protobuf");
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection(EngineWorld.ErpId, "test-erp", "Test ERP", null, null, "EUR", "UTC", null, [], new() { ["apiKey"] = Secret }),
                    new SeedConnection(EngineWorld.ShopId, "test-shop", "Test shop", "northlane", "EU", "EUR", "UTC", EngineWorld.ErpId, [], new() { ["clientSecret"] = Secret }),
                ],
                [new SeedLocation("WEB", "Web warehouse", "warehouse", null, null)],
                [new SeedStock("SKU-1", "WEB", 100)]),
            default);
        return tower;
    }

    /// <summary>Every column of every table, of the jobs' as well, in which one of these texts stands.</summary>
    private static async Task<List<string>> ColumnsAsync(TestDatabase database, string[] canaries)
    {
        List<string> found = [];
        foreach (var (table, columns) in await TablesAsync(database))
        {
            await using var command = database.Sources.Work.CreateCommand($"select array_remove(array[{columns}], null) from {table}");
            command.Parameters.AddWithValue(canaries.Select(canary => $"%{canary}%").ToArray());
            found.AddRange(((string[])(await command.ExecuteScalarAsync())!).Select(column => $"{table}.{column}"));
        }

        return found;
    }

    private static async Task<List<(string Table, string Columns)>> TablesAsync(TestDatabase database)
    {
        await using var command = database.Sources.Work.CreateCommand(
            """
            select format('%I.%I', c.table_schema, c.table_name),
                string_agg(format('case when bool_or(%s ilike any($1)) then %L end', case when c.data_type = 'bytea' then format('encode(%I, ''escape'')', c.column_name) else format('%I::text', c.column_name) end, c.column_name), ', ')
            from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
            where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema') group by c.table_schema, c.table_name
            """);
        await using var reader = await command.ExecuteReaderAsync();
        List<(string, string)> tables = [];
        while (await reader.ReadAsync())
            tables.Add((reader.GetString(0), reader.GetString(1)));
        return tables;
    }

    /// <summary>A well-meant help for whoever looks for a fault.</summary>
    private sealed class Talkative(ILogger<Talkative> log) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (http, then) =>
            {
                http.Request.EnableBuffering();
                using var reader = new StreamReader(http.Request.Body, leaveOpen: true);
                log.LogInformation("Body: {Body}", await reader.ReadToEndAsync());
                http.Request.Body.Position = 0;
                await then(http);
            });
            next(app);
        };
    }
}
