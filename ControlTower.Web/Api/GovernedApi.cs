using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ControlTower.Web.Api;

/// <summary>What the resources under <c>/api/v1</c> share. None of them ever asks an ERP or a shop: they answer from the tower's own books.</summary>
internal static class GovernedApi
{
    public const string Root = "/api/v1";

    private static readonly Problem SingleChannels = Problem.NotAllowed with { Detail = "This client is for single channels or brands, and what is counted or on its way belongs to all. An admin can make one for every channel." };

    public static void AddGovernedApi(this IServiceCollection services)
    {
        services.AddSingleton<AvailabilityCache>();
        services.AddSingleton<EventTail>();
        services.AddSingleton<ApiDocument>();
        services.AddSingleton<ApiQuotas>();
        services.TryAddSingleton(ApiVersions.Served);
        services.AddSingleton<ApiRequestLog>();
        services.AddHostedService(scope => scope.GetRequiredService<ApiRequestLog>());
        services.AddHostedService(scope => scope.GetRequiredService<ApiQuotas>());
    }

    /// <summary>Before the question who calls, so that what the door refuses is watched as well.</summary>
    public static void UseApiWatch(this IApplicationBuilder app) => app.UseMiddleware<ApiVersionWords>().UseMiddleware<ApiRequestWatch>();

    /// <summary>Behind the question who calls.</summary>
    public static void UseGovernedApi(this IApplicationBuilder app) => app.UseMiddleware<ApiLimiter>().UseMiddleware<ApiWrites>();

    /// <summary>For clients that have the scope, within their limits.</summary>
    public static TBuilder Governed<TBuilder>(this TBuilder endpoint, string scope)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization(scope).WithMetadata(new GovernedDoor(scope)).DisableAntiforgery();
        return endpoint;
    }

    /// <summary>The same for an operation that stands in the document.</summary>
    public static void Governed(this RouteHandlerBuilder endpoint, string scope, ApiOperation operation) => endpoint.Governed(scope).WithMetadata(operation);

    /// <summary>Every resource.</summary>
    public static void MapGovernedApi(this WebApplication app)
    {
        app.MapAvailability();
        app.MapReservations();
        app.MapSupply();
        app.MapReleases();
        app.MapStockSnapshots();
        app.MapOrders();
        app.MapReturns();
        app.MapProducts();
        app.MapCustomers();
        app.MapApiIncidents();
        app.MapApiKpis();
        app.MapEvents();
        app.MapWebhooks();
        app.MapApiDocument();
        app.MapMetrics();
    }

    /// <summary>What is wrong with the channel that a caller names; null if it may ask for it. Which other channels there are, a client of single ones is not told; that it asked stands in the audit.</summary>
    public static async Task<FieldError?> WrongChannelAsync(HttpContext http, string? channel, string pointer)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        var own = caller.Channels.Count > 0 ? string.Join(", ", caller.Channels) : $"channels of {string.Join(", ", caller.Brands)}";
        if (channel is null)
            return caller.Reach.IsBound ? new FieldError(pointer, "channel-needed", $"This client may ask for {own} alone. Name one of them.") : null;
        var known = http.RequestServices.GetRequiredService<ConnectionDirectory>().Get(channel);
        // Whether there is such a channel, a client of single ones is not told.
        if (caller.Reach.IsBound && !caller.Reach.Holds(channel, known?.Profile.Brand ?? ""))
        {
            await DenyAsync(http, "api:channel:use");
            return new FieldError(pointer, "channel-not-yours", $"This client may ask for {own} alone.");
        }

        return known?.Connector?.Role is Sync.Connectors.SystemRole.Shop ? null : new FieldError(pointer, "unknown-channel", "There is no shop connection of this name.");
    }

    /// <summary>The channels by which a list is narrowed, each as its own <c>source</c> parameter. What is wrong with them goes to <paramref name="errors"/>.</summary>
    public static async Task<IReadOnlyList<string>> SourcesAsync(HttpContext http, List<FieldError> errors)
    {
        var sources = http.Request.Query["source"].Select(source => source ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (sources.Count > 100)
            errors.Add(new FieldError("?source", "count", "Give up to 100 channels."));
        foreach (var source in sources.Take(100))
        {
            if (await WrongChannelAsync(http, source, "?source") is { } wrong)
                errors.Add(wrong);
        }

        return sources;
    }

    /// <summary>Why a client of single channels or brands may not state what belongs to all; null if this one may.</summary>
    public static Task<Problem?> SingleChannelsAsync(HttpContext http) => RefuseAsync(http, ApiKeyScheme.CallerOf(http).Reach.IsBound);

    /// <summary>Why a client of single channels may not see what is not told apart by channel; null if this one may.</summary>
    public static Task<Problem?> SingleAsync(HttpContext http) => RefuseAsync(http, ApiKeyScheme.CallerOf(http).Channels.Count > 0);

    private static async Task<Problem?> RefuseAsync(HttpContext http, bool bound)
    {
        if (!bound)
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
