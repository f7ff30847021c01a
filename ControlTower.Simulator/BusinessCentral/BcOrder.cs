using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// The order of a list: $orderby, then number, then id. A page token holds the sort values of the page's last row, so that rows which change or vanish
/// between two pages make no other row be skipped.
/// </summary>
internal sealed class BcOrder(BcEntity entity, IReadOnlyList<(BcField Field, bool Descending)> keys) : IComparer<BcRecord>
{
    public static BcOrder Parse(BcEntity entity, string? orderBy)
    {
        var keys = new List<(BcField, bool)>();
        foreach (var part in (orderBy ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            keys.Add((entity.Field(words[0]) ?? throw BcError.Bad($"Could not find a property named '{words[0]}' on type 'Microsoft.NAV.{entity.Name}'."), words.Length > 1 && words[1] == "desc"));
        }

        foreach (var last in new[] { "sequence", "lineNumber", "entryNumber", "number", "id" })
        {
            if (entity.Field(last) is { } field && keys.TrueForAll(k => k.Item1 != field)) keys.Add((field, false));
        }

        return new BcOrder(entity, keys);
    }

    public int Compare(BcRecord? x, BcRecord? y) => keys.Select(k => One(k, x![k.Field.Name], y![k.Field.Name])).FirstOrDefault(c => c != 0);

    private static int One((BcField Field, bool Descending) key, object? a, object? b)
    {
        var order = (a, b) switch
        {
            (string x, string y) => string.CompareOrdinal(x, y),
            (IComparable x, not null) => x.CompareTo(b),
            _ => 0,
        };
        return key.Descending ? -order : order;
    }

    public string Token(BcRecord last, int left) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(keys.Select(k => BcRecord.Wire(last[k.Field.Name])).Append(left.ToString(CultureInfo.InvariantCulture)).ToList()));

    public (IEnumerable<BcRecord> Onward, int Left) After(IEnumerable<BcRecord> sorted, string token)
    {
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(token)));
            var values = json.RootElement.EnumerateArray().ToList();
            var bounds = keys.Select((k, i) => BcValue.Read(entity, k.Field, values[i])).ToList();
            var rest = sorted.Where(r => keys.Select((k, i) => One(k, r[k.Field.Name], bounds[i])).FirstOrDefault(c => c != 0) > 0);
            return (rest, int.Parse(values[^1].GetString()!, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is FormatException or JsonException or ArgumentOutOfRangeException or InvalidOperationException)
        {
            throw BcError.Bad("The $skiptoken is not one of this service.");
        }
    }
}
