using System.Text;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Gateway;

/// <summary>Every request of every client passes here: it waits for its share of the budget, and what was said is recorded, without secrets.</summary>
internal sealed class GovernedHandler(TimeProvider clock) : DelegatingHandler
{
    private const int Longest = 64 * 1024;
    private const int LongestHeaders = 4 * 1024;
    private const string Withheld = "(withheld: it carries credentials)";

    private static readonly string[] SecretNames = ["auth", "cookie", "token", "secret", "key", "signature", "hmac", "session", "credential", "password"];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = GovernedCall.Current ?? throw new InvalidOperationException("A vendor was called outside the Gateway.");
        await TakeBudgetAsync(call, cancellationToken);

        var started = clock.GetTimestamp();
        var row = call.Row(request.Method.Method, request.RequestUri?.PathAndQuery ?? "", clock.GetUtcNow());
        var (asked, carriesSecret) = await ReadRequestAsync(request, call, cancellationToken);
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(HttpExchange.LargestAnswer + 1, cancellationToken);
            var answered = carriesSecret ? Withheld : Cut(await response.Content.ReadAsStringAsync(cancellationToken), call);
            var status = (int)response.StatusCode;
            call.Requests.Add(row with
            {
                Status = status,
                Outcome = Word(status),
                Request = asked,
                Response = answered,
                TookMs = Elapsed(started),
                Headers = status >= 400 || GovernedCall.SpeaksOfError(answered) ? Headers(call, request, response) : null,
            });
            return response;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            call.Requests.Add(row with { Outcome = "no-answer", Failure = error.GetType().Name, Request = asked, TookMs = Elapsed(started), Headers = asked is null ? null : Headers(call, request, null) });
            throw;
        }
    }

    private async Task TakeBudgetAsync(GovernedCall call, CancellationToken cancel)
    {
        while (!call.Gate.Budget.TryTake(call.Lane, out var wait))
        {
            await Task.Delay(wait, clock, cancel);
        }
    }

    private static async Task<(string? Text, bool CarriesSecret)> ReadRequestAsync(HttpRequestMessage request, GovernedCall call, CancellationToken cancel)
    {
        if (request.Content is null)
        {
            return (null, false);
        }

        var text = await request.Content.ReadAsStringAsync(cancel);
        return call.Gate.CarriesSecret(text) ? (Withheld, true) : (Cut(text, call), false);
    }

    private static string Cut(string text, GovernedCall call) =>
        call.Gate.CarriesSecret(text) ? Withheld : text.Length <= Longest ? text : VendorText.Cut(text, Longest) + "\n(cut after 64 KB)";

    private static string Headers(GovernedCall call, HttpRequestMessage request, HttpResponseMessage? response)
    {
        var text = new StringBuilder();
        Add("> ", request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? []));
        Add("< ", response?.Headers.Concat(response.Content.Headers) ?? []);
        return VendorText.Cut(text.ToString(), LongestHeaders);

        void Add(string side, IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers)
        {
            foreach (var (name, values) in headers)
            {
                var value = string.Join(", ", values);
                // An address may carry a signature behind its path.
                var shown = name is "Location" or "Content-Location" or "Link" ? value.Split('?')[0] : value;
                text.Append(side).Append(name).Append(": ").Append(IsSecret(name) || call.Gate.CarriesSecret(value) ? Withheld : shown).Append('\n');
            }
        }
    }

    // The key of a repeated request is no secret, and what the vendor's support asks for.
    private static bool IsSecret(string name) =>
        !name.Equals("Idempotency-Key", StringComparison.OrdinalIgnoreCase) && SecretNames.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static string Word(int status) => status switch
    {
        < 400 => "ok",
        429 => "throttled",
        < 500 => "refused",
        _ => "failed",
    };

    private int Elapsed(long started) => (int)clock.GetElapsedTime(started).TotalMilliseconds;
}
