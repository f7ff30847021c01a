using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Bench;

/// <summary>Somebody who looks at a live page: gets the page, opens its circuit and takes what it draws, as the framework's script does in a browser. Nothing is painted.</summary>
internal sealed partial class CircuitViewer : IAsyncDisposable
{
    private readonly HubConnection hub;
    private volatile Wanted? wanted;
    private volatile bool failed;
    private long batches;
    private long bytes;

    private CircuitViewer(Uri page, CookieContainer cookies)
    {
        var builder = new HubConnectionBuilder().WithUrl(new Uri(page, "/_blazor"), options =>
        {
            options.Transports = HttpTransportType.WebSockets;
            options.SkipNegotiation = true;
            options.Cookies = cookies;
        });
        builder.Services.AddSingleton<IHubProtocol>(new BlazorPack());
        hub = builder.Build();
        hub.On<long, byte[]>("JS.RenderBatch", TakeAsync);
        hub.On<long, string, string, int, long, int>("JS.BeginInvokeJS", AnswerAsync);
        hub.On<string>("JS.Error", _ => failed = true);
        hub.Closed += _ =>
        {
            failed = true;
            return Task.CompletedTask;
        };
    }

    /// <summary>The circuit ended with an error, or by itself.</summary>
    public bool Failed => failed;

    public long Batches => Interlocked.Read(ref batches);

    public long Bytes => Interlocked.Read(ref bytes);

    public static async Task<CircuitViewer> OpenAsync(HttpClient http, CookieContainer cookies, Uri page)
    {
        var html = await http.GetStringAsync(page);
        var operations = new List<object>();
        foreach (var marker in Marker().Matches(html).Select(match => JsonDocument.Parse(match.Groups["json"].Value).RootElement))
        {
            if (marker.TryGetProperty("type", out var type) && type.GetString() == "server")
            {
                operations.Add(new { type = "add", ssrComponentId = operations.Count + 1, marker });
            }
        }

        var viewer = new CircuitViewer(page, cookies);
        await viewer.hub.StartAsync();
        if (operations.Count == 0 || await viewer.hub.InvokeAsync<string?>("StartCircuit", new Uri(page, "/").AbsoluteUri, page.AbsoluteUri, "[]", "") is null)
        {
            throw new InvalidOperationException($"{page} opened no circuit.");
        }

        await viewer.hub.SendAsync("UpdateRootComponents", JsonSerializer.Serialize(new { batchId = 1, operations }), State().Match(html).Groups["state"].Value);
        return viewer;
    }

    /// <summary>Ends with the time at which a batch brought exactly this text, from now on.</summary>
    public Task<long> SeesAsync(string text)
    {
        var next = new Wanted(text);
        wanted = next;
        return next.Seen.Task;
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    private Task TakeAsync(long id, byte[] batch)
    {
        Interlocked.Increment(ref batches);
        Interlocked.Add(ref bytes, batch.Length);
        if (wanted is { } looked && batch.AsSpan().IndexOf(looked.Bytes) >= 0)
        {
            wanted = null;
            looked.Seen.TrySetResult(Stopwatch.GetTimestamp());
        }

        return hub.SendAsync("OnRenderCompleted", id, (string?)null);
    }

    // Scripts of the page do nothing here; whoever wants an object of theirs gets a name for one.
    private Task AnswerAsync(long call, string identifier, string arguments, int resultType, long target, int callType) =>
        call == 0 ? Task.CompletedTask : hub.SendAsync("EndInvokeJSFromDotNet", call, true, $"[{call},true,{(resultType == 1 ? "{\"__jsObjectId\":1}" : "null")}]");

    [GeneratedRegex("<!--Blazor:(?<json>\\{.*?\\})-->", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Marker();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(?<state>.*?)-->", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex State();

    // In a batch a text stands behind its length, so that 1,001 is not found within 11,001.
    private sealed class Wanted(string text)
    {
        public byte[] Bytes { get; } = [(byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

        public TaskCompletionSource<long> Seen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
