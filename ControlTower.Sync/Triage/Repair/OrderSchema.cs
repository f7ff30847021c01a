using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>
/// The canonical order as people may write it, read from the type itself, so that a field that is added to the order is known here at once. What is worked out from other fields is no
/// part of it. Locks are named here alone.
/// </summary>
public static class OrderSchema
{
    private const string Identity = "says which order this is.";
    private const string Money = "is what the shop says of the payment.";
    private const string Stock = "is what stock was set aside for.";

    // A part is locked with all that is in it.
    private static readonly Dictionary<string, string> Locks = new(StringComparer.Ordinal)
    {
        ["key"] = Identity, ["name"] = Identity, ["brand"] = Identity, ["version"] = Identity, ["placedAt"] = Identity, ["currency"] = Identity, ["lines[*].id"] = Identity,
        ["taxesIncluded"] = "gives every amount its meaning.",
        ["payment"] = Money, ["tenders"] = Money,
        ["fulfilment"] = Stock, ["lines[*].quantity"] = Stock, ["lines[*].requiresShipping"] = Stock,
        ["cancelledAt"] = "is the shop's to say.", ["cancelReason"] = "is the shop's to say.", ["test"] = "is the shop's to say.",
    };

    private static readonly string[] Impersonal = ["buyer.billTo.countryCode", "buyer.billTo.province", "buyer.shipTo.countryCode", "buyer.shipTo.province"];

    public static OrderPart Root { get; } = Part(CanonicalJson.Default.Order, "", null, nullable: false);

    /// <summary>Every field, in the order in which documents are written.</summary>
    public static IReadOnlyList<OrderField> Fields { get; } = [.. Leaves(Root)];

    private static readonly Dictionary<string, OrderField> ByPath = Fields.ToDictionary(f => f.Path, StringComparer.Ordinal);

    /// <param name="path">With <c>[*]</c> for any place in a list.</param>
    public static OrderField? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>The pattern of a place: <c>lines[3].sku</c> is <c>lines[*].sku</c>.</summary>
    public static string Pattern(string place)
    {
        var text = new System.Text.StringBuilder(place.Length);
        for (var i = 0; i < place.Length; i++)
        {
            text.Append(place[i]);
            if (place[i] == '[')
            {
                i = place.IndexOf(']', i);
                text.Append("*]");
            }
        }

        return text.ToString();
    }

    /// <summary>Why a place may not be changed; null if it may. A whole line may not: lines are neither added nor taken out.</summary>
    public static string? LockOf(string place)
    {
        var pattern = Pattern(place);
        return pattern is "lines[*]" or "lines" ? Identity : Locks.FirstOrDefault(l => pattern == l.Key || pattern.StartsWith(l.Key + ".", StringComparison.Ordinal) || pattern.StartsWith(l.Key + "[", StringComparison.Ordinal)).Value;
    }

    /// <summary>Tells of a person, so that its value is shown to those alone who may read the document.</summary>
    public static bool IsPersonal(string place) => Pattern(place) is var pattern && (pattern == "buyer" || pattern.StartsWith("buyer.", StringComparison.Ordinal)) && !Impersonal.Contains(pattern);

    private static IEnumerable<OrderField> Leaves(OrderPart part) =>
        part.Field is { } field ? [field] : part.Item is { } item ? Leaves(item) : part.Members.Values.SelectMany(Leaves);

    private static OrderPart Part(JsonTypeInfo type, string path, string? name, bool nullable)
    {
        var here = path;
        if (type.Kind == JsonTypeInfoKind.Enumerable)
        {
            return new OrderPart(here, nullable, null, Part(Info(type.ElementType!), $"{here}[*]", name, nullable: false), new Dictionary<string, OrderPart>(StringComparer.Ordinal), []);
        }

        if (type.Kind == JsonTypeInfoKind.Object)
        {
            // What the constructor does not take is worked out.
            var written = type.Properties.Where(p => p.AssociatedParameter is not null).ToList();
            return new OrderPart(here, nullable, null, null,
                written.ToDictionary(p => p.Name, p => Part(Info(p.PropertyType), here.Length == 0 ? p.Name : $"{here}.{p.Name}", p.Name, MayBeNull(p)), StringComparer.Ordinal),
                [.. written.Where(p => !MayBeNull(p) && !p.AssociatedParameter!.HasDefaultValue).Select(p => p.Name)]);
        }

        return new OrderPart(here, nullable, Leaf(System.Nullable.GetUnderlyingType(type.Type) ?? type.Type, here, nullable), null, new Dictionary<string, OrderPart>(StringComparer.Ordinal), []);
    }

    private static OrderField Leaf(Type type, string path, bool nullable)
    {
        var kind = type == typeof(string) ? OrderFieldKind.Text
            : type == typeof(decimal) ? OrderFieldKind.Number
            : type == typeof(int) || type == typeof(long) ? OrderFieldKind.Whole
            : type == typeof(bool) ? OrderFieldKind.Flag
            : type == typeof(DateTimeOffset) ? OrderFieldKind.Time
            : type.IsEnum ? OrderFieldKind.Choice
            : throw new InvalidOperationException($"The editor does not know how to write {path}, a {type.Name}.");
        return new OrderField(path, kind, nullable, LockOf(path), IsPersonal(path), kind == OrderFieldKind.Number, type.IsEnum ? Enum.GetNames(type) : []);
    }

    private static bool MayBeNull(JsonPropertyInfo property) => property.PropertyType.IsValueType ? System.Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsGetNullable;

    private static JsonTypeInfo Info(Type type) =>
        CanonicalJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type.Name} is no part of the canonical JSON.");
}

/// <summary>A place of the schema: a field, a list or an object.</summary>
/// <param name="Required">Members that must be written.</param>
public sealed record OrderPart(
    string Path, bool Nullable, OrderField? Field, OrderPart? Item, IReadOnlyDictionary<string, OrderPart> Members, IReadOnlyList<string> Required);
