using System.Diagnostics;
using System.Globalization;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Relay;
using ControlTower.Tests.Support;
using Partner;
using Xunit;

namespace ControlTower.Tests.Sync.Webhooks;

/// <summary>The samples of docs/EVENTS.md take what the tower signs, and nothing else.</summary>
public sealed class WebhookSampleTests
{
    private const string Id = "5021/7";
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "samples", "webhooks");
    private static readonly byte[] Body = [.. "{\"id\":\"5021/7\",\"data\":{\"brand\":\"Ödland\"}}"u8];
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly string Secret = StandardSignature.NewKey();

    // As sent during an exchange of secrets: the new one first.
    private static readonly string Signatures = $"{StandardSignature.Of(StandardSignature.NewKey(), Id, Now, Body)} {StandardSignature.Of(Secret, Id, Now, Body)}";

    private static string Timestamp => Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    [Fact]
    public void The_page_shows_the_samples_as_they_are_and_names_an_event_that_is_sent()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "EVENTS.md"));
        Assert.All(Directory.EnumerateFiles(Folder), file => Assert.Contains(File.ReadAllText(file), page, StringComparison.Ordinal));
        Assert.NotNull(EventTypes.Find("controltower.order.posted.v1"));
    }

    [Fact]
    public void The_CSharp_sample_takes_what_is_signed_and_nothing_else()
    {
        Assert.True(WebhookSignature.IsGood(Secret, Id, Timestamp, Signatures, Body, Now));
        Assert.False(WebhookSignature.IsGood(StandardSignature.NewKey(), Id, Timestamp, Signatures, Body, Now));
        Assert.False(WebhookSignature.IsGood(Secret, "5021/8", Timestamp, Signatures, Body, Now));
        Assert.False(WebhookSignature.IsGood(Secret, Id, Timestamp, Signatures, [.. Body, (byte)' '], Now));
        Assert.False(WebhookSignature.IsGood(Secret, Id, Timestamp, Signatures, Body, Now.AddMinutes(6)));
        Assert.False(WebhookSignature.IsGood(Secret, Id, "now", Signatures, Body, Now));
    }

    [Fact]
    public async Task The_Node_sample_takes_what_is_signed_and_nothing_else()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/node"), "Node is not installed.");
        Assert.Equal("true false false false", await NodeAsync());
    }

    private static async Task<string> NodeAsync()
    {
        const string Program =
            """
            const { isGood } = await import(process.env.SAMPLE);
            const { SECRET, ID, AT, SIGNED, BODY } = process.env;
            const headers = { "webhook-id": ID, "webhook-timestamp": AT, "webhook-signature": SIGNED };
            const body = Buffer.from(BODY, "base64");
            console.log(isGood(SECRET, headers, body), isGood(SECRET, { ...headers, "webhook-id": "5021/8" }, body), isGood(SECRET, headers, Buffer.concat([body, Buffer.from(" ")])), isGood(SECRET, headers, body, Date.now() + 360000));
            """;
        var start = new ProcessStartInfo("/usr/bin/node", ["--input-type=module", "-e", Program]) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in new[] { ("SAMPLE", Path.Combine(Folder, "verify.mjs")), ("SECRET", Secret), ("ID", Id), ("AT", Timestamp), ("SIGNED", Signatures), ("BODY", Convert.ToBase64String(Body)) })
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var said = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return said.Trim();
    }
}
