using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connections;

namespace ControlTower.Web.Api;

/// <summary>What the resources under <c>/api/v1</c> share. None of them ever asks an ERP or a shop: they answer from the tower's own books.</summary>
internal static class GovernedApi
{
    public const string Root = "/api/v1";

    public static void AddGovernedApi(this IServiceCollection services) => services.AddSingleton<AvailabilityCache>();

    /// <summary>What is wrong with the channel that a caller names; null if it may ask for it.</summary>
    public static FieldError? WrongChannel(ApiCaller caller, string? channel, ConnectionDirectory connections, string pointer)
    {
        if (channel is null)
            return caller.Channels.Count == 0 ? null : new FieldError(pointer, "channel-needed", $"This client may ask for {string.Join(", ", caller.Channels)} alone. Name one of them.");
        if (connections.Get(channel)?.Connector?.Role is not Sync.Connectors.SystemRole.Shop)
            return new FieldError(pointer, "unknown-channel", "There is no shop connection of this name.");
        return caller.MayAskFor(channel) ? null : new FieldError(pointer, "channel-not-yours", $"This client may ask for {string.Join(", ", caller.Channels)} alone.");
    }
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

internal sealed record AvailabilityAhead(DateOnly On, int Quantity, long Promisable);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8, Converters = [typeof(HoldKindWords)])]
[JsonSerializable(typeof(ReservationAsked))]
[JsonSerializable(typeof(ExtensionAsked))]
[JsonSerializable(typeof(OrderAsked))]
[JsonSerializable(typeof(SupplyAsked))]
[JsonSerializable(typeof(SupplyTaken))]
[JsonSerializable(typeof(SnapshotAsked))]
[JsonSerializable(typeof(SnapshotTaken))]
[JsonSerializable(typeof(Reservation))]
[JsonSerializable(typeof(AvailabilityList))]
internal sealed partial class ApiJson : JsonSerializerContext;

internal sealed class HoldKindWords() : JsonStringEnumConverter<HoldKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
