using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Pieces of OData addresses.</summary>
internal static class OData
{
    /// <summary>A query string with one filter. Every value in it must have gone through <see cref="Literal"/>.</summary>
    public static string Where(string set, string filter, string? more = null) => $"{set}?$filter={Uri.EscapeDataString(filter)}{(more is null ? "" : $"&{more}")}";

    /// <summary>A string literal: quotes doubled, so that a value never ends it.</summary>
    public static string Literal(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string ByKey(PostingKey key) => $"externalDocumentNumber eq {Literal(key.Value)}";

    /// <summary>A key segment, if the text is a GUID.</summary>
    public static string? Id(string set, string? id) => Guid.TryParse(id, CultureInfo.InvariantCulture, out var guid) && guid != Guid.Empty ? $"{set}({guid:D})" : null;
}
