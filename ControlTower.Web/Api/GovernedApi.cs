using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>What the resources under <c>/api/v1</c> share. None of them ever asks an ERP or a shop: they answer from the tower's own books.</summary>
internal static class GovernedApi
{
    public const string Root = "/api/v1";

    /// <summary>Requests of one client that may be under way at once; more are told to come later, so that no program takes the tower from the others.</summary>
    public const int AtOnce = 32;

    private const string PerClient = "per-client";

    private static readonly Problem TooMany = Problem.TooMany with { Detail = $"More than {AtOnce} requests of this client are under way. Nothing was done. Send it again when others are answered." };

    private static readonly Problem SingleChannels = Problem.NotAllowed with { Detail = "This client is for single channels, and what is counted or on its way belongs to all. An admin can make one for every channel." };

    public static void AddGovernedApi(this IServiceCollection services)
    {
        services.AddSingleton<AvailabilityCache>();
        services.AddSingleton<EventTail>();
        services.AddRateLimiter(options =>
        {
            options.AddPolicy(PerClient, http => RateLimitPartition.GetConcurrencyLimiter(ApiKeyScheme.CallerOf(http).Id, _ => new ConcurrencyLimiterOptions { PermitLimit = AtOnce }));
            options.OnRejected = (rejected, _) => new ValueTask(Problems.WriteAsync(rejected.HttpContext, TooMany));
        });
    }

    /// <summary>Behind the question who calls.</summary>
    public static void UseGovernedApi(this IApplicationBuilder app) => app.UseRateLimiter();

    /// <summary>For clients that have the scope, and for so many of their requests at once.</summary>
    public static void Governed(this IEndpointConventionBuilder endpoint, string scope) => endpoint.RequireAuthorization(scope).RequireRateLimiting(PerClient).DisableAntiforgery();

    /// <summary>What is wrong with the channel that a caller names; null if it may ask for it. Which other channels there are, a client of single ones is not told; that it asked stands in the audit.</summary>
    public static async Task<FieldError?> WrongChannelAsync(HttpContext http, string? channel, string pointer)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        if (channel is null)
            return caller.Channels.Count == 0 ? null : new FieldError(pointer, "channel-needed", $"This client may ask for {string.Join(", ", caller.Channels)} alone. Name one of them.");
        if (!caller.MayAskFor(channel))
        {
            await DenyAsync(http, "api:channel:use");
            return new FieldError(pointer, "channel-not-yours", $"This client may ask for {string.Join(", ", caller.Channels)} alone.");
        }

        return http.RequestServices.GetRequiredService<ConnectionDirectory>().Get(channel)?.Connector?.Role is Sync.Connectors.SystemRole.Shop
            ? null
            : new FieldError(pointer, "unknown-channel", "There is no shop connection of this name.");
    }

    /// <summary>Why a client of single channels may not state what belongs to all; null if this one may.</summary>
    public static async Task<Problem?> SingleChannelsAsync(HttpContext http)
    {
        if (ApiKeyScheme.CallerOf(http).Channels.Count == 0)
            return null;
        await DenyAsync(http, "api:channel:all");
        return SingleChannels;
    }

    /// <summary>The rules of ownership do not let this client speak of some places; nothing was taken.</summary>
    public static Problem NotOwner(StatedVerdict verdict, IEnumerable<string> places) => new(
        "not-owner", "Not this client's to say", StatusCodes.Status403Forbidden, $"Nothing was done: by rule set {verdict.Number} this client does not own what it states. An admin can change who owns it, under Ownership.",
        Errors: [.. places.Select((place, i) => (place, i)).Where(x => verdict.Refused.Contains(x.place, StringComparer.Ordinal)).Take(100)
            .Select(x => new FieldError(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/items/{x.i}/location"), "not-owner", "Another system owns the stock of this place."))]);

    private static Task DenyAsync(HttpContext http, string what) => http.RequestServices.GetRequiredService<Denials>().TellAsync(ApiKeyScheme.ActorOf(http), what, Doors.Of(http));
}

/// <param name="Lines">1 to 100.</param>
/// <param name="Location">Needed for a pick-up and a till, which it alone serves.</param>
/// <param name="Split">May come from several places; yes unless it says no.</param>
/// <param name="Seconds">30 to 86,400; 900 unless it says.</param>
internal sealed record ReservationAsked(
    HoldKind Kind, string Reference, IReadOnlyList<ReservationLineAsked> Lines, string? Channel = null, string? Location = null, bool? Split = null, int? Seconds = null);

/// <param name="Id">Names the line in the answer; its place in the list, from 1, unless it says.</param>
internal sealed record ReservationLineAsked(string Sku, int Quantity, string? Id = null);

internal sealed record ExtensionAsked(int Seconds);

internal sealed record OrderAsked(string Source, string Id);

internal sealed record Reservation(
    Guid Id, string Kind, string? Channel, string Reference, string State, DateTimeOffset MadeAt, DateTimeOffset ExpiresAt, DateTimeOffset? EndedAt, OrderAsked? Order,
    IReadOnlyList<ReservationPart> Lines);

internal sealed record ReservationPart(string Id, string Sku, string Location, int Quantity);

/// <param name="Items">At most 1,000. They replace everything that this source stated before.</param>
internal sealed record SupplyAsked(string Source, IReadOnlyList<SupplyLineAsked> Items);

internal sealed record SupplyLineAsked(string Document, string Sku, string Location, DateOnly DueOn, int Quantity);

/// <param name="AsOf">The moment for which the figures are true. What moved since is added by the tower.</param>
/// <param name="Items">1 to 1,000, each SKU and place once.</param>
internal sealed record SnapshotAsked(string Source, DateTimeOffset AsOf, IReadOnlyList<CountAsked> Items);

internal sealed record CountAsked(string Sku, string Location, int OnHand);

internal sealed record SnapshotTaken(string Source, DateTimeOffset AsOf, int Taken, IReadOnlyList<CountLeft> Left);

/// <param name="Why"><c>older</c>: one as new is known; <c>promised</c>: more is promised than would be left.</param>
internal sealed record CountLeft(string Sku, string Location, string Why, int Counted, int Reserved);

internal sealed record SupplyTaken(string Source, int Items);

internal sealed record AvailabilityList(DateTimeOffset AsOf, string? Channel, IReadOnlyList<AvailabilityItem> Items);

internal sealed record AvailabilityItem(string Sku, bool Known, long Available, IReadOnlyList<AvailabilityPlace> Locations);

internal sealed record AvailabilityPlace(string Location, int Available, IReadOnlyList<AvailabilityAhead> Future);

internal sealed record AvailabilityAhead(DateOnly On, long Quantity, long Promisable);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8, Converters = [typeof(HoldKindWords)])]
[JsonSerializable(typeof(ReservationAsked))]
[JsonSerializable(typeof(ExtensionAsked))]
[JsonSerializable(typeof(OrderAsked))]
[JsonSerializable(typeof(SupplyAsked))]
[JsonSerializable(typeof(RollbackAsked))]
[JsonSerializable(typeof(RollbackTaken))]
[JsonSerializable(typeof(SupplyTaken))]
[JsonSerializable(typeof(SnapshotAsked))]
[JsonSerializable(typeof(SnapshotTaken))]
[JsonSerializable(typeof(Reservation))]
[JsonSerializable(typeof(AvailabilityList))]
internal sealed partial class ApiJson : JsonSerializerContext;

internal sealed class HoldKindWords() : JsonStringEnumConverter<HoldKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
