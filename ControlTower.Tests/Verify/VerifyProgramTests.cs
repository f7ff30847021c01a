using System.Text.Json;
using ControlTower.Tests.Support;
using ControlTower.Verify;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Verify;

public sealed class VerifyProgramTests
{
    [Fact]
    public async Task A_sound_tower_ends_with_zero_and_one_line_per_invariant()
    {
        await using var database = await SoundTower.CreateAsync();
        var (code, output, _) = await RunAsync(database.ConnectionString);
        // The fast test server runs without fsync, which is exactly what the checker is there to say.
        Assert.Equal(["server-is-durable"], output.Split('\n').Where(l => l.StartsWith("FAIL", StringComparison.Ordinal)).Select(l => l[14..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.Equal(1, code);
        Assert.Equal(Checker.All.Count + 2, output.Split('\n').Count(l => l.Length > 4 && l[..4].Trim() is "ok" or "FAIL" or "--"));
    }

    [Fact]
    public async Task A_broken_tower_ends_with_one_and_names_at_most_ten_offenders()
    {
        await using var database = await SoundTower.CreateAsync();
        await database.ExecuteAsync("insert into vendor_call (connection_id, purpose, verb, path, outcome, started_at, took_ms) select 'erp', 'test', 'GET', '/', 'ok', now(), -1 from generate_series(1, 25)");
        var (code, output, _) = await RunAsync(database.ConnectionString, "--json");
        Assert.Equal(1, code);
        var finding = JsonDocument.Parse(output).RootElement.GetProperty("invariants").EnumerateArray().Single(i => i.GetProperty("name").GetString() == "every-call-has-an-outcome");
        Assert.Equal((25, 10), (finding.GetProperty("offenders").GetInt32(), finding.GetProperty("rows").GetArrayLength()));
    }

    [Fact]
    public async Task The_checker_cannot_write()
    {
        await using var database = await SoundTower.CreateAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using (var readOnly = new NpgsqlCommand("set transaction read only", connection))
        {
            await readOnly.ExecuteNonQueryAsync();
        }

        var found = await Checker.CheckAsync(connection, new Invariant("x", "x", "select setval(pg_get_serial_sequence('flow', 'id'), 1)"), CancellationToken.None);
        Assert.Contains("read-only", found.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=2")]
    [InlineData("--data", "/nowhere/at/all")]
    [InlineData("--ledger", "not-a-url")]
    [InlineData("--what")]
    public async Task What_cannot_be_looked_at_ends_with_two_and_one_clear_message(params string[] args)
    {
        var (code, _, errors) = await RunAsync(args);
        Assert.Equal(2, code);
        Assert.StartsWith("verify: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_without_the_towers_tables_ends_with_two()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        Assert.Equal(2, (await RunAsync(database.ConnectionString)).Code);
    }

    [Theory]
    [InlineData("sound", null)]
    [InlineData("missing", "erp-has-every-posting")]
    [InlineData("doubled", "erp-has-no-posting-twice")]
    [InlineData("deleted-and-posted-again", null)]
    [InlineData("amount", "erp-has-the-same-amounts")]
    [InlineData("currency", "erp-has-the-same-amounts")]
    [InlineData("goods", "erp-has-the-same-amounts")]
    [InlineData("payment", "erp-has-the-same-amounts")]
    [InlineData("stranger", "erp-entries-are-ours")]
    public async Task The_erps_own_ledger_is_compared_entry_by_entry(string what, string? broken)
    {
        await using var database = await SoundTower.CreateAsync();
        await using var erp = await LedgerAsync(await EffectsAsync(database, what));
        var (_, output, errors) = await RunAsync(database.ConnectionString, "--ledger", erp.Urls.Single());
        Assert.Empty(errors);
        Assert.Equal(broken is null ? [] : [broken],
            output.Split('\n').Where(l => l.StartsWith("FAIL", StringComparison.Ordinal) && l.Contains("erp-", StringComparison.Ordinal)).Select(l => l[14..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
    }

    private static async Task<List<object>> EffectsAsync(TestDatabase database, string what)
    {
        List<object> effects = [];
        await using var command = database.Sources.Read.CreateCommand("select key, kind, value from posting where kind in ('PostSalesOrder', 'PostPayment') and state = 'confirmed' order by flow_id, kind");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var (key, payment, value) = (reader.GetString(0), reader.GetString(1) == "PostPayment", reader.GetDecimal(2));
            object Entry(string kind, string? number = null) => new
            {
                kind,
                number = number ?? "N-" + key,
                externalDocumentNumber = key,
                currency = what == "currency" ? "USD" : "",
                amount = value + (what == (payment ? "payment" : "amount") ? 0.01m : 0m),
                lines = payment ? [] : new[] { new { sku = "TEE", quantity = what == "goods" ? 1m : 2m }, new { sku = "CAP", quantity = 1m }, new { sku = "5710", quantity = 1m } },
            };
            if (what == "missing" && !payment)
            {
                continue;
            }

            effects.Add(Entry(payment ? "payment-posted" : "order-posted"));
            if (what.StartsWith("deleted", StringComparison.Ordinal) && !payment)
            {
                effects.Add(Entry("order-deleted"));
            }

            if ((what == "doubled" || what.StartsWith("deleted", StringComparison.Ordinal)) && !payment)
            {
                effects.Add(Entry("order-posted", "AGAIN"));
            }
        }

        if (what == "stranger")
        {
            effects.Add(new { kind = "order-posted", number = "S-1", externalDocumentNumber = "BY-HAND", currency = "", amount = 1m, lines = Array.Empty<object>() });
        }

        return effects;
    }

    private static async Task<WebApplication> LedgerAsync(List<object> effects)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/estate/ledger/erp", () => new { system = "erp", effects });
        await app.StartAsync();
        return app;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var code = await VerifyProgram.RunAsync(args, output, errors, CancellationToken.None);
        return (code, output.ToString(), errors.ToString());
    }
}
