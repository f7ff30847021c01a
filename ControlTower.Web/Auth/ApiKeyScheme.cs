using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using ControlTower.Data.Accounts;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Web.Api;
using ControlTower.Web.Auth.Authorities;
using ControlTower.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>
/// Programs show who they are with <c>Authorization: Bearer</c> and a key (<c>ctk_…</c>) or a token of the authority's (<see cref="ApiTokens"/>). Who it is, is remembered for as long as a session's person is: a revoked key is of no use within seconds. A cookie is worth nothing
/// at these doors, so that no page can be tricked into using them.
/// </summary>
internal sealed class ApiKeyScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, ApiKeyGate gate, KeyGuesses guesses, ApiTokens tokens, Denials denials)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Name = "api-key";
    public const string Role = "client";
    public const string ScopeClaim = "ct:scope";

    /// <summary>By what a long connection asks again who it is.</summary>
    public const string HashClaim = "ct:key";

    /// <summary>Which client it was: a name at the authority, or a key, may come to another.</summary>
    public const string ClientClaim = "ct:client";

    /// <summary>Until when a token is good, in seconds since 1970. A key is asked for each time.</summary>
    public const string UntilClaim = "ct:until";

    private const string Bearer = "Bearer ";

    private static readonly Problem NoKey = new("key-needed", "A key is needed", 401, "Send the header Authorization: Bearer with a key of an API client. An admin makes one under Admin, API clients.");
    private static readonly Problem BadKey = new("key-invalid", "This key is not good", 401, "It is unknown, revoked or over its time, or its client is disabled. Ask an admin for a new one.");

    private static readonly Problem BadToken = new(
        "token-invalid", "This token is not good", 401,
        "It is over its time, is not signed by the authority, is for somebody else, is a person's, or the authority's client is no API client here. Get a new one; an admin sets the client id on the page of the API client.");

    private static readonly Problem Away = Problem.Unavailable with { Detail = "The authority that signs tokens gives no answer. Nothing was done. Send it again in a moment, or with a key." };

    private static readonly Problem Guessing = new(
        "rate-limited", "Too many keys that are not good", 429, "From this address came more of them within a minute than anybody has by mistake. Nothing was done. Wait a minute, then send it with the right key.", Retryable: true,
        RetryAfterSeconds: (int)KeyGuesses.Minute.TotalSeconds);

    private bool away;
    private bool guessed;

    /// <summary>Who calls, at an endpoint that asks for a scope.</summary>
    public static ApiCaller CallerOf(HttpContext http) => (ApiCaller)http.Items[typeof(ApiCaller)]!;

    /// <summary>A program's key was shown and is good.</summary>
    public static bool HasKey(HttpContext http) => http.Items.ContainsKey(typeof(ApiCaller));

    /// <summary>Who calls, for the audit.</summary>
    public static Actor ActorOf(HttpContext http) => new(CallerOf(http).Id, CallerOf(http).Name, Role, Addresses.Of(http));

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (KeyIn(Request) is not { } key)
            return AuthenticateResult.NoResult();
        if (tokens.IsToken(key))
            return await OfTokenAsync(key);
        var address = Addresses.Of(Context);
        if (guesses.IsRefused(address, key))
        {
            guessed = true;
            await denials.TellAsync(new Actor(null, "somebody", "anonymous", address), ScopeAsked(), Doors.Of(Context), "too many keys that are not good");
            return AuthenticateResult.Fail("too many guesses");
        }

        if (await gate.WhoAsync(key, Context.RequestAborted) is not { } caller)
        {
            guesses.Bad(address);
            return AuthenticateResult.Fail("unknown key");
        }

        guesses.Good(key);
        return Known(caller, new Claim(HashClaim, ApiKeyGate.HashOf(key)));
    }

    private async Task<AuthenticateResult> OfTokenAsync(string shown)
    {
        var answer = await tokens.ReadAsync(shown, Context.RequestAborted);
        away = answer.Away;
        if (answer.Token is not { } token)
            return await RefusedAsync(answer.Refused);
        if (await gate.WhoseAsync(ApiKeyGate.Program(token.Client), Context.RequestAborted) is not { } caller)
            return await RefusedAsync("the token is of no client here");
        // Never more than the client has here, and no more than the token says.
        var narrowed = caller with { Scopes = [.. caller.Scopes.Intersect(token.Scopes, StringComparer.Ordinal)] };
        return Known(narrowed, new Claim(HashClaim, ApiKeyGate.Program(token.Client)), new Claim(UntilClaim, token.Until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
    }

    // Told by its kind, never by what it says, and only where the authority did sign it: what anybody can write is no news.
    private async Task<AuthenticateResult> RefusedAsync(string? kind)
    {
        if (kind is not null)
            await denials.TellAsync(new Actor(null, "somebody", "anonymous", Addresses.Of(Context)), ScopeAsked(), Doors.Of(Context), kind);
        return AuthenticateResult.Fail("no good token");
    }

    private string ScopeAsked() => (Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? []).Select(data => data.Policy).FirstOrDefault(policy => policy is not null) ?? "api:door:unnamed";

    private AuthenticateResult Known(ApiCaller caller, params ReadOnlySpan<Claim> shown)
    {
        Context.Items[typeof(ApiCaller)] = caller;
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name), new Claim(ClaimTypes.Role, Role), new Claim(ClientClaim, caller.Id.ToString()), .. shown, .. caller.Scopes.Select(scope => new Claim(ScopeClaim, scope))], Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
    }

    /// <summary>The key or token that a request shows; a browser's socket to the hub can send no header and shows it as SignalR's clients do.</summary>
    internal static string? KeyIn(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count == 1 && header[0] is { } value && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return value[Bearer.Length..].Trim();
        return header.Count == 0 && request.Path.StartsWithSegments(Live.TowerHub.Path, StringComparison.Ordinal) && request.Query["access_token"] is [{ Length: > 0 } token] ? token : null;
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // At the hub and at the document people are let in as well: who shows no key is told of the sign-in.
        if (KeyIn(Request) is null && (Request.Path.StartsWithSegments(Live.TowerHub.Path, StringComparison.Ordinal) || Request.Path == ApiDocument.Path))
            return Task.CompletedTask;
        var shown = KeyIn(Request);
        if (away)
            return Problems.WriteAsync(Context, Away);
        if (guessed)
            return Problems.WriteAsync(Context, Guessing);
        Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.WriteAsync(Context, Request.Headers.Authorization.Count == 0 && shown is null ? NoKey : shown is not null && tokens.IsToken(shown) ? BadToken : BadKey);
    }

    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        if (!HasKey(Context))
            return;
        var scope = ScopeAsked();
        await denials.TellAsync(ActorOf(Context), scope, Doors.Of(Context));
        var lacks = scope == Permissions.HubConnect ? $"a scope of the hub's streams, such as {string.Join(" or ", Scopes.OfStreams)}" : $"the scope {scope}";
        await Problems.WriteAsync(Context, Problem.NotAllowed with { Detail = Context.User.HasClaim(claim => claim.Type == UntilClaim) ? $"This client or its token lacks {lacks}. Both must have it." : $"This client lacks {lacks}. Ask an admin to add it." });
    }
}

/// <summary>
/// Who shows one key after another that is not good asks the database for each of them: from one address so many a minute, and then none for the rest of that minute. A key that was good within the last hour is
/// no guess, whoever else is behind the same address.
/// </summary>
internal sealed class KeyGuesses(TimeProvider clock)
{
    public const int Most = 60;

    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private const int MostKept = 10_000;
    private static readonly TimeSpan Trusted = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, (long Began, int Count)> windows = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> good = new(StringComparer.Ordinal);

    public bool IsRefused(string address, string key) =>
        windows.TryGetValue(address, out var window) && window.Count >= Most && clock.GetElapsedTime(window.Began) < Minute
        && !(good.TryGetValue(ApiKeyGate.HashOf(key), out var at) && clock.GetElapsedTime(at) < Trusted);

    public void Bad(string address)
    {
        if (windows.Count >= MostKept)
            windows.Clear();
        windows.AddOrUpdate(
            address, _ => (clock.GetTimestamp(), 1), (_, before) => clock.GetElapsedTime(before.Began) < Minute ? (before.Began, before.Count + 1) : (clock.GetTimestamp(), 1));
    }

    public void Good(string key)
    {
        if (good.Count >= MostKept)
            good.Clear();
        good[ApiKeyGate.HashOf(key)] = clock.GetTimestamp();
    }
}

/// <summary>Remembers for seconds whose key it is, by its hash, and which client the authority means by a name. When the database cannot say, it throws: nobody gets in on an old answer.</summary>
internal sealed class ApiKeyGate(ApiClientStore clients, TimeProvider clock)
{
    private const int Most = 10_000;

    // No hash has it.
    private const string AtAuthority = "authority:";

    private readonly ConcurrentDictionary<string, (long At, ApiCaller Caller)> good = new(StringComparer.Ordinal);

    // Apart from the good ones, so that whoever guesses does not have them asked for again.
    private readonly ConcurrentDictionary<string, long> unknown = new(StringComparer.Ordinal);

    public static string HashOf(string key) => Convert.ToHexStringLower(Secrets.Hash(key));

    public async Task<ApiCaller?> WhoAsync(string key, CancellationToken cancel) => ApiClientStore.IsKey(key) ? await WhoseAsync(HashOf(key), cancel) : null;

    /// <summary>How a client is asked for by what the authority calls it.</summary>
    public static string Program(string name) => AtAuthority + name;

    /// <param name="hash">Of a key that was shown before, or <see cref="Program"/> of a token's client.</param>
    public async Task<ApiCaller?> WhoseAsync(string hash, CancellationToken cancel)
    {
        if (good.TryGetValue(hash, out var known) && clock.GetElapsedTime(known.At) < SessionGate.Remembered)
            return known.Caller;
        if (unknown.TryGetValue(hash, out var asked) && clock.GetElapsedTime(asked) < SessionGate.Remembered)
            return null;
        var now = clock.GetTimestamp();
        if (await (hash.StartsWith(AtAuthority, StringComparison.Ordinal) ? clients.WhoAtAuthorityAsync(hash[AtAuthority.Length..], cancel) : clients.WhoAsync(Convert.FromHexString(hash), cancel)) is { } caller)
        {
            Forget(good, entry => entry.At);
            good[hash] = (now, caller);
            return caller;
        }

        good.TryRemove(hash, out _);
        Forget(unknown, at => at);
        unknown[hash] = now;
        return null;
    }

    private void Forget<T>(ConcurrentDictionary<string, T> seen, Func<T, long> at)
    {
        if (seen.Count < Most)
            return;
        foreach (var (hash, entry) in seen)
        {
            if (clock.GetElapsedTime(at(entry)) >= SessionGate.Remembered)
                seen.TryRemove(hash, out _);
        }

        // Nobody has so many: somebody guesses faster than guesses are forgotten.
        if (seen.Count >= Most)
            seen.Clear();
    }
}
