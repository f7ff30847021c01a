using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Client credentials of Microsoft Entra. One token serves all calls of a client until shortly before it expires.</summary>
internal sealed class AccessTokens(BusinessCentralSettings settings, string secret, HttpClient http, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private (string Token, DateTimeOffset Until)? held;

    /// <param name="refused">A token that the API has just refused: it is not handed out again.</param>
    public async Task<(string? Token, Outcome? Failure)> GetAsync(string? refused, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (held is { } known && known.Until > clock.GetUtcNow() && known.Token != refused)
            {
                return (known.Token, null);
            }

            var (token, life, failure) = await FetchAsync(cancel).ConfigureAwait(false);
            held = token is null ? null : (token, clock.GetUtcNow() + life);
            return (token, failure);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<(string? Token, TimeSpan Life, Outcome? Failure)> FetchAsync(CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, settings.TokenAddress)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = settings.ClientId,
                ["client_secret"] = secret,
                ["scope"] = BusinessCentralSettings.Scope,
            }),
        };
        var exchange = await http.SendOnceAsync(request, clock, cancel).ConfigureAwait(false);

        // Whatever happens here, the call that wanted the token has not been sent.
        if (exchange is Exchange.Answered answer && (int)answer.Status is >= 400 and < 500 and not (408 or 429))
        {
            return (null, default, new Outcome.NotDone(FailureKind.Connection, "Microsoft Entra did not accept the credentials. Check tenantId, clientId and clientSecret."));
        }

        if (HttpOutcome.OfRead(exchange) is { } failure)
        {
            return (null, default, failure);
        }

        var body = JsonReading.Parse(((Exchange.Answered)exchange).Body);
        return body?.Text("access_token") is { Length: > 0 } token
            ? (token, TimeSpan.FromSeconds(Math.Max(0, (double)(body.Value.Amount("expires_in") ?? 300) - 60)), null)
            : (null, default, HttpOutcome.Garbled(write: false, "Microsoft Entra sent no token"));
    }
}
