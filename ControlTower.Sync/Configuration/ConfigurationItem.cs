using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Configuration;

namespace ControlTower.Sync.Configuration;

/// <summary>What is wrong with a file, and where: a JSON pointer into it.</summary>
public sealed record ConfigurationProblem(string Pointer, string Words);

/// <summary>One thing that an admin set, in the one form that there is of it: two that mean the same are the same text.</summary>
/// <param name="Key">What tells it apart in its section, for people.</param>
/// <param name="Order">Where it stands in its section.</param>
/// <param name="Json">All members in the order of the section.</param>
/// <param name="Pointer">Where it stood in the file; empty for one that is stored here.</param>
public sealed record ConfigurationItem(ConfigurationSection Section, string Key, string Order, string Json, string Pointer)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Its members; a new object with each call.</summary>
    public JsonObject Members() => JsonNode.Parse(Json)!.AsObject();

    /// <summary>Null for a member that is nothing.</summary>
    public string? Text(string name) => Members()[name]?.GetValue<string>();

    public decimal? Number(string name) => Members()[name]?.GetValue<decimal>();

    /// <summary>The entries of a set.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. Members()[name]!.AsArray().Select(text => text!.GetValue<string>())];

    public IReadOnlyDictionary<string, string> Map(string name) =>
        Members()[name]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>(), StringComparer.Ordinal);

    /// <summary>Reads one item. Everything wrong with it goes into <paramref name="problems"/>; null if there is anything.</summary>
    public static ConfigurationItem? Read(ConfigurationSection section, JsonElement element, string pointer, List<ConfigurationProblem> problems)
    {
        var before = problems.Count;
        if (element.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new(pointer, "Here stands an object with the members of one entry."));
            return null;
        }

        foreach (var member in element.EnumerateObject().Where(member => section.Fields.All(field => field.Name != member.Name)))
        {
            problems.Add(new($"{pointer}/{Escaped(member.Name)}", "There is no such member. Take it out, or look for a slip of the pen."));
        }

        var members = new JsonObject();
        foreach (var field in section.Fields)
        {
            members[field.Name] = Member(field, element, $"{pointer}/{field.Name}", problems);
        }

        if (problems.Count > before)
        {
            return null;
        }

        var keys = section.Fields.Where(field => field.IsKey).ToList();
        return new ConfigurationItem(
            section, string.Join(" / ", keys.Select(field => members[field.Name]?.ToString() ?? "*")), string.Join('\u0001', keys.Select(field => Sortable(field, members[field.Name]))),
            members.ToJsonString(Plain), pointer);
    }

    internal static string Escaped(string name) => (name.Length > 60 ? name[..60] + "…" : name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Sortable(ConfigurationField field, JsonNode? value) =>
        value is null ? "" : field.Shape == FieldShape.Whole ? value.GetValue<decimal>().ToString("00000000", CultureInfo.InvariantCulture) : "\u0002" + value;

    private static JsonNode? Member(ConfigurationField field, JsonElement item, string pointer, List<ConfigurationProblem> problems)
    {
        if (!item.TryGetProperty(field.Name, out var element) || element.ValueKind == JsonValueKind.Null)
        {
            if (!field.MayBeNull)
            {
                problems.Add(new(pointer, "This member is missing."));
            }

            return null;
        }

        var (value, wrong) = field.Shape switch
        {
            FieldShape.Flag => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? (JsonValue.Create(element.GetBoolean()), null) : (null, "Here stands true or false."),
            FieldShape.Whole => Number(element, number => number >= 0 && number <= field.Most && number == decimal.Truncate(number), $"Here stands a whole number from 0 to {field.Most.ToString(CultureInfo.InvariantCulture)}."),
            FieldShape.Number => Number(element, number => number is >= 0 and < 1_000_000_000_000m, "Here stands a number from 0 up, below a million millions."),
            FieldShape.Texts => Texts(element, field.Most),
            FieldShape.Map => Map(element, field.Most),
            _ => Text(element, field.Most) is var (text, slip) && text is null ? (null, slip) : (JsonValue.Create(text), null),
        };
        if (wrong is not null)
        {
            problems.Add(new(pointer, wrong));
        }

        return value;
    }

    private static (JsonNode? Value, string? Wrong) Number(JsonElement element, Func<decimal, bool> fits, string words) =>
        // Divided by one with many decimals, a number loses the zeros at its end: 1.50 and 1.5 are then one text.
        element.ValueKind == JsonValueKind.Number && element.TryGetDecimal(out var number) && fits(number) ? (JsonValue.Create(number / 1.0000000000000000000000000000m), null) : (null, words);

    private static (string? Value, string? Wrong) Text(JsonElement element, int most)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            return (null, "Here stands a text.");
        }

        try
        {
            var text = element.GetString()!;
            return text.Length > most ? (null, $"At most {most.ToString(CultureInfo.InvariantCulture)} characters fit.")
                : text.Any(c => char.IsControl(c) && !(c == '\n' && most >= 500)) ? (null, "Take out the control characters.")
                : (text, null);
        }
        catch (InvalidOperationException)
        {
            return (null, "This is no text: half a character stands in it.");
        }
    }

    private static (JsonNode? Value, string? Wrong) Texts(JsonElement element, int most)
    {
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > most)
        {
            return (null, $"Here stands a list of at most {most.ToString(CultureInfo.InvariantCulture)} texts.");
        }

        var texts = element.EnumerateArray().Select(entry => Text(entry, 200)).ToList();
        return texts.Find(text => text.Value is null) is { Wrong: { } wrong } ? (null, wrong)
            : (new JsonArray([.. texts.Select(text => text.Value!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(text => (JsonNode)JsonValue.Create(text)!)]), null);
    }

    private static (JsonNode? Value, string? Wrong) Map(JsonElement element, int most)
    {
        if (element.ValueKind != JsonValueKind.Object || element.EnumerateObject().Count() > most)
        {
            return (null, $"Here stands an object of at most {most.ToString(CultureInfo.InvariantCulture)} texts.");
        }

        var map = new JsonObject();
        foreach (var member in element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            var (text, wrong) = Text(member.Value, 1000);
            if (text is null)
            {
                return (null, $"{Escaped(member.Name)}: {wrong}");
            }

            map[member.Name] = text;
        }

        return (map, null);
    }
}
