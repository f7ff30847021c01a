using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ControlTower.Simulator;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>What was answered is still there after a restart, also after one without goodbye.</summary>
public sealed class EstateRestartTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("estate-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<EstateDriver> StartAsync() => EstateDriver.StartAsync(o => o with { DataDir = folder });

    [Fact]
    public async Task Orders_documents_stock_subscriptions_and_ledgers_survive_and_numbers_go_on()
    {
        string Ledger(IEnumerable<JsonElement> effects) => string.Join('\n', effects.Select(e => e.GetRawText()));
        string shopLedger, erpLedger, orderName, number;
        await using (var before = await StartAsync())
        {
            var order = (await before.PlaceAsync("shopify-eu", 2))[0];
            orderName = order.GetProperty("name").GetString()!;
            await before.PostAsync($"/estate/orders/eu/{orderName}/cancel");
            number = (await before.OrderAsync("bc-eu", "K")).GetProperty("number").GetString()!;
            shopLedger = Ledger(await before.LedgerAsync("shopify-eu"));
            erpLedger = Ledger(await before.LedgerAsync("bc-eu"));
        }

        await using var after = await StartAsync();
        Assert.Equal(shopLedger, Ledger(await after.LedgerAsync("shopify-eu")));
        Assert.Equal(erpLedger, Ledger(await after.LedgerAsync("bc-eu")));
        Assert.NotEqual(JsonValueKind.Null, (await after.GetAsync($"/estate/orders/eu/{orderName}")).GetProperty("cancelledAt").ValueKind);
        Assert.Equal(number, (await after.BcAsync("bc-eu", "GET", "salesOrders?$filter=externalDocumentNumber eq 'K'")).Body.GetProperty("value")[0].GetProperty("number").GetString());
        Assert.NotEqual(number, (await after.OrderAsync("bc-eu", "K2")).GetProperty("number").GetString());
        var next = (await after.PlaceAsync("shopify-eu"))[0].GetProperty("name").GetString();
        Assert.Equal("NL-1048215", next);
    }

    [Fact]
    public async Task A_torn_last_line_is_cut_off_and_the_rest_counts()
    {
        await using (var before = await StartAsync()) await before.OrderAsync("bc-eu", "WHOLE");
        var journal = Path.Combine(folder, "bc-eu.journal.jsonl");
        await File.AppendAllTextAsync(journal, "{\"effects\":[{\"system\":\"bc-eu\",\"kind\":\"order-po");

        await using (var after = await StartAsync())
        {
            Assert.Single(await after.LedgerAsync("bc-eu"));
            await after.OrderAsync("bc-eu", "NEXT");
        }

        Assert.All(await File.ReadAllLinesAsync(journal), line => JsonDocument.Parse(line).Dispose());
        Assert.Equal(2, (await File.ReadAllLinesAsync(journal)).Length);
    }

    [Fact]
    public async Task Whatever_was_answered_before_a_kill_is_in_the_journal()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "ControlTower.Simulator.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--data", folder, "--paused", "--seed", "11"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            var url = (await process.StandardOutput.ReadLineAsync())!.Split(' ')[^1];
            using var http = new HttpClient();
            var answered = 0;
            var placing = Enumerable.Range(0, 8).Select(async _ =>
            {
                for (var i = 0; i < 40; i++)
                {
                    using var answer = await http.PostAsync($"{url}/estate/orders", new StringContent("{\"shop\":\"shopify-us\"}", Encoding.UTF8, "application/json"));
                    if (answer.IsSuccessStatusCode) Interlocked.Increment(ref answered);
                }
            }).ToList();
            await Wait.ForAsync(() => Volatile.Read(ref answered) > 60);
            process.Kill();
            await process.WaitForExitAsync();
            await Task.WhenAll(placing).ContinueWith(_ => { }, TaskScheduler.Default);

            await using var after = await StartAsync();
            Assert.InRange((await after.LedgerAsync("shopify-us", "order-placed")).Count, answered, answered + 8);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task Two_estates_run_side_by_side_and_know_nothing_of_each_other()
    {
        await using var one = await EstateDriver.StartAsync();
        await using var two = await EstateDriver.StartAsync();
        await one.PlaceAsync("shopify-eu");
        Assert.Single(await one.LedgerAsync("shopify-eu"));
        Assert.Empty(await two.LedgerAsync("shopify-eu"));
    }
}
