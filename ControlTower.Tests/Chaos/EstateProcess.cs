using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;
using ControlTower.Tests.Chaos.Wire;

namespace ControlTower.Tests.Chaos;

/// <summary>The simulated shops and ERPs as a process of their own, with ledgers on disk. The tower reaches shops and ERPs through a proxy each; the judge asks directly.</summary>
internal sealed class EstateProcess : IAsyncDisposable
{
    private const string Listening = "listening on ";

    private readonly string[] arguments;
    private Process process;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly CancellationToken cancel;

    private EstateProcess(Process process, string[] arguments, Uri url, CancellationToken cancel)
    {
        (this.process, this.arguments, Url, this.cancel) = (process, arguments, url, cancel);
        var address = new IPEndPoint(IPAddress.Loopback, url.Port);
        (Shops, Erps) = (FaultProxy.Before(address), FaultProxy.Before(address));
    }

    /// <summary>Directly, for the judge and the shoppers.</summary>
    public Uri Url { get; }

    public FaultProxy Shops { get; }

    public FaultProxy Erps { get; }

    /// <param name="more">Further options of the simulator.</param>
    public static async Task<EstateProcess> StartAsync(string folder, int seed, CancellationToken cancel, params string[] more)
    {
        string[] arguments = ["--seed", seed.ToString(CultureInfo.InvariantCulture), "--data", folder, "--paused", "--afterthoughts", "0", "--time-factor", "20", "--notify-after", "10", "--ship-after", "0.5..2", .. more];
        var (process, url) = await LaunchAsync(arguments, 0, cancel);
        return new EstateProcess(process, arguments, url, cancel);
    }

    /// <summary>kill -9, and the same systems again at the same address: what they had answered for is in their ledgers.</summary>
    public async Task RestartAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(cancel);
        process.Dispose();
        (process, _) = await LaunchAsync(arguments, Url.Port, cancel);
    }

    private static async Task<(Process Process, Uri Url)> LaunchAsync(string[] arguments, int port, CancellationToken cancel)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "ControlTower.Simulator.dll");
        var start = new ProcessStartInfo("dotnet", [program, "--port", port.ToString(CultureInfo.InvariantCulture), .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = AppContext.BaseDirectory,
        };
        var process = Process.Start(start)!;
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(TimeSpan.FromMinutes(2), cancel) is { } line)
            {
                if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
                {
                    _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                    return (process, new Uri(line[(at + Listening.Length)..].Trim()));
                }
            }

            throw new InvalidOperationException("The estate ended before it listened.");
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>What a tower is told about shops and ERPs, their addresses led through the proxies, with stock enough for any run, and a few pieces of something scarce.</summary>
    /// <param name="maxProcessingSeconds">After this long without an answer, "absent" is believed: longer than any late commit of a run.</param>
    public async Task WriteSeedAsync(string file, int maxProcessingSeconds)
    {
        var seed = (await http.GetFromJsonAsync<JsonObject>(new Uri(Url, "/estate/connections"), cancel))!;
        foreach (var connection in seed["connections"]!.AsArray().Select(c => c!.AsObject()))
        {
            var settings = connection["settings"]!.AsObject();
            var proxy = (string?)connection["kind"] == "shopify" ? Shops : Erps;
            foreach (var (name, value) in settings.ToList())
            {
                settings[name] = ((string)value!).Replace(Url.GetLeftPart(UriPartial.Authority), proxy.Url, StringComparison.Ordinal);
            }

            settings["maxProcessingSeconds"] = maxProcessingSeconds.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var item in seed["stock"]!.AsArray())
        {
            item!["onHand"] = 100_000;
        }

        seed["stock"]!.AsArray().Add(new JsonObject { ["sku"] = ChaosWorld.Scarce, ["location"] = "EU-BER1", ["onHand"] = ChaosWorld.ScarcePieces });

        await File.WriteAllTextAsync(file, seed.ToJsonString(), cancel);
    }

    public async Task<IReadOnlyList<(string Shop, string Id)>> PlaceAsync(string shop, int count)
    {
        using var answer = await http.PostAsJsonAsync(new Uri(Url, "/estate/orders"), new { shop, count }, cancel);
        answer.EnsureSuccessStatusCode();
        return [.. (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("orders").EnumerateArray().Select(o => (shop, o.GetProperty("id").GetInt64().ToString(CultureInfo.InvariantCulture)))];
    }

    /// <summary>False if the shop may not any more: the goods have left.</summary>
    public async Task<bool> CancelAsync(string shop, string id)
    {
        using var answer = await http.PostAsync(new Uri(Url, $"/estate/orders/{shop}/{id}/cancel"), null, cancel);
        return answer.IsSuccessStatusCode;
    }

    public async Task FaultAsync(string system, object fault)
    {
        using var answer = await http.PostAsJsonAsync(new Uri(Url, $"/estate/faults/{system}"), fault, cancel);
        answer.EnsureSuccessStatusCode();
    }

    public async Task HealAsync(string system = "all", string? kind = null)
    {
        using var answer = await http.DeleteAsync(new Uri(Url, $"/estate/faults/{system}{(kind is null ? "" : $"?kind={kind}")}"), cancel);
        answer.EnsureSuccessStatusCode();
    }

    public async Task<List<Effect>> LedgerAsync(string system)
    {
        var answer = await http.GetFromJsonAsync<JsonElement>(new Uri(Url, $"/estate/ledger/{system}"), cancel);
        return answer.GetProperty("effects").Deserialize<List<Effect>>(JsonSerializerOptions.Web)!;
    }

    public async ValueTask DisposeAsync()
    {
        await Shops.DisposeAsync();
        await Erps.DisposeAsync();
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        http.Dispose();
    }
}
