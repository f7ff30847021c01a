using System.Text.Json;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>
/// The authority's document with the keys that sign the tokens of programs. It is read anew by the clock, whoever asks, so that a key which was taken back is soon good for nothing, and what is older than <see cref="Oldest"/>
/// judges nothing. Of any number of callers one reads; none waits longer than two seconds, and an authority that gave no answer is left alone for <see cref="Rest"/>.
/// </summary>
internal sealed partial class AuthorityKeys(IOptions<AuthOptions> auth, IOptionsMonitor<OpenIdConnectOptions> authority, TimeProvider clock, ILogger<AuthorityKeys> log) : BackgroundService
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan Oldest = TimeSpan.FromHours(2);
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AtStart = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    // So soon may an unknown key have the document read once more.
    private static readonly TimeSpan Unknown = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private (OpenIdConnectConfiguration Document, DateTimeOffset At)? last;
    private Task<OpenIdConnectConfiguration?>? reading;
    private DateTimeOffset? failedAt, askedAt;

    /// <summary>A mistaken <c>Auth:Authority</c> does not start: nobody whom the authority vouches for would count as able to sign in.</summary>
    /// <exception cref="InvalidOperationException">The authority calls itself something else.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (auth.Value.Mode == "oidc" && await ReadAsync(AtStart, cancellationToken) is { Issuer: { } issuer } && !auth.Value.IsIssuer(issuer))
            throw new InvalidOperationException($"Auth:Authority is '{auth.Value.Authority}', and the authority there calls itself '{issuer}'. Set Auth:Authority to that, letter by letter.");
        await base.StartAsync(cancellationToken);
    }

    /// <summary>The document, at most <see cref="Oldest"/> old. Null: the authority gives no answer; the same may work in a moment.</summary>
    public async Task<OpenIdConnectConfiguration?> NowAsync(CancellationToken cancel)
    {
        lock (gate)
        {
            if (last is { } known && clock.GetUtcNow() - known.At < Oldest)
                return known.Document;
        }

        return await ReadAsync(Patience, cancel);
    }

    /// <summary>A newer document than one that lacks a token's key. Null: there is none, for it was read so a moment ago; or it cannot be known now, and the same may work in a moment (away).</summary>
    public async Task<(OpenIdConnectConfiguration? Newer, bool Away)> NewerAsync(OpenIdConnectConfiguration known, CancellationToken cancel)
    {
        lock (gate)
        {
            if (last is { } other && !ReferenceEquals(other.Document, known))
                return (other.Document, false);
            if (clock.GetUtcNow() - askedAt < Unknown)
                return (null, false);
        }

        var newer = await ReadAsync(Patience, cancel);
        lock (gate)
            askedAt = newer is null ? askedAt : clock.GetUtcNow();
        return (newer, newer is null);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (auth.Value.ApiAudience.Length == 0)
            return;
        using PeriodicTimer timer = new(Look, clock);
        do
        {
            if (IsDue())
                await ReadAsync(AtStart, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool IsDue()
    {
        lock (gate)
            return last is not { } known || clock.GetUtcNow() - known.At >= Every;
    }

    private async Task<OpenIdConnectConfiguration?> ReadAsync(TimeSpan patience, CancellationToken cancel)
    {
        Task<OpenIdConnectConfiguration?> under;
        lock (gate)
        {
            if (reading is null or { IsCompleted: true })
            {
                if (clock.GetUtcNow() - failedAt < Rest)
                    return null;
                // Not the caller's token: whoever hangs up leaves the others what was begun.
                reading = Task.Run(FetchAsync, CancellationToken.None);
            }

            under = reading;
        }

        try
        {
            return await under.WaitAsync(patience, clock, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<OpenIdConnectConfiguration?> FetchAsync()
    {
        try
        {
            var options = authority.Get(AuthorityDoor.Scheme);
            var read = await OpenIdConnectConfigurationRetriever.GetAsync(options.MetadataAddress, new HttpDocumentRetriever(options.Backchannel) { RequireHttps = options.RequireHttpsMetadata }, CancellationToken.None);
            lock (gate)
                (last, failedAt) = ((read, clock.GetUtcNow()), null);
            return read;
        }
        catch (Exception error) when (AuthorityDoor.IsAway(error) || error is ArgumentException or InvalidOperationException or JsonException or FormatException)
        {
            lock (gate)
                failedAt = clock.GetUtcNow();
            NotRead(log, error.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(EventId = 3630, Level = LogLevel.Warning, Message = "The authority's document and keys could not be read: {Reason}. Tokens of programs are judged by the keys that are known for up to two hours")]
    private static partial void NotRead(ILogger log, string reason);
}
