using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Triage.Repair;

public enum OrderFieldKind { Text, Number, Whole, Flag, Time, Choice }

/// <summary>A value of the canonical order as repairs name it, such as <c>lines[*].sku</c>.</summary>
/// <param name="Locked">Why nobody may change it here; null if it may be changed.</param>
/// <param name="Personal">Tells of a person: its values stay out of the audit and out of rules.</param>
/// <param name="Amount">Money or a tax rate: the document's sums must agree afterwards.</param>
/// <param name="Choices">What a <see cref="OrderFieldKind.Choice"/> may be.</param>
public sealed record OrderField(string Path, OrderFieldKind Kind, bool Nullable, string? Locked, bool Personal, bool Amount, IReadOnlyList<string> Choices)
{
    public const int LongestText = 500;

    /// <summary>A rule may name it.</summary>
    public bool InRules => Locked is null && !Personal;

    /// <summary>What is wrong with a value as JSON; null if the field can hold it.</summary>
    public string? Problem(JsonElement value) => (Kind, value.ValueKind) switch
    {
        (_, JsonValueKind.Null) => Nullable ? null : "must not be empty.",
        (OrderFieldKind.Text, JsonValueKind.String) => Readable(value) ? null : "cannot be read: half of a character stands alone.",
        (OrderFieldKind.Number, JsonValueKind.Number) => value.TryGetDecimal(out _) ? null : "is larger or finer than an amount can be.",
        (OrderFieldKind.Whole, JsonValueKind.Number) => value.TryGetInt64(out _) ? null : "must be a whole number.",
        (OrderFieldKind.Flag, JsonValueKind.True or JsonValueKind.False) => null,
        (OrderFieldKind.Time, JsonValueKind.String) => value.TryGetDateTimeOffset(out _) ? null : "must be a time such as 2026-11-26T14:32:00+00:00.",
        (OrderFieldKind.Choice, JsonValueKind.String) => Readable(value) && Choices.Contains(value.GetString()!) ? null : $"must be one of {string.Join(", ", Choices)}.",
        _ => $"must be {Noun}.",
    };

    /// <summary>A value typed by a person as this field keeps it. Null, with the reason, if it cannot.</summary>
    public JsonNode? Value(string text, out string? problem)
    {
        problem = null;
        switch (Kind)
        {
            case OrderFieldKind.Number when decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number):
                return JsonValue.Create(number);
            case OrderFieldKind.Whole when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole):
                return JsonValue.Create(whole);
            case OrderFieldKind.Flag when bool.TryParse(text, out var flag):
                return JsonValue.Create(flag);
            case OrderFieldKind.Choice when Choices.Contains(text):
                return JsonValue.Create(text);
            case OrderFieldKind.Text when TextProblem(text) is { } wrong:
                problem = wrong;
                return null;
            case OrderFieldKind.Text:
                return JsonValue.Create(text);
            default:
                problem = Kind is OrderFieldKind.Choice ? $"must be one of {string.Join(", ", Choices)}." : $"must be {Noun}.";
                return null;
        }
    }

    public static string? TextProblem(string text) =>
        text.Length > LongestText ? $"is longer than {LongestText} characters."
        : text.Any(char.IsControl) ? "has a control character, such as a line break or a zero byte."
        : null;

    private static bool Readable(JsonElement value)
    {
        try
        {
            return value.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private string Noun => Kind switch
    {
        OrderFieldKind.Number => "a number such as 12.50",
        OrderFieldKind.Whole => "a whole number",
        OrderFieldKind.Flag => "true or false",
        OrderFieldKind.Time => "a time",
        _ => "text in quotes",
    };
}

/// <summary>Something that keeps an edited order from being taken, by the field that a person has to look at.</summary>
/// <param name="Locked">It is refused because the field is not theirs to change, and not because of a slip.</param>
public sealed record FieldProblem(string Path, string Message, bool Locked = false)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path} {Message}";
}
