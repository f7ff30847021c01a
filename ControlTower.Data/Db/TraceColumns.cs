using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// A W3C trace as two columns: <c>trace_id</c>, which people read and paste, and <c>trace_span</c>, from where it goes on (<c>00f067aa0ba902b7-01</c>: span and flags). Rows of older
/// versions have the first alone; their trace goes on without a parent. State and baggage of strangers are not kept.
/// </summary>
internal static class TraceColumns
{
    public static string? Id(ActivityContext? trace) => trace is { } t && t.TraceId != default ? t.TraceId.ToHexString() : null;

    public static string? Span(ActivityContext? trace) =>
        trace is { } t && t.SpanId != default ? string.Create(CultureInfo.InvariantCulture, $"{t.SpanId.ToHexString()}-{(int)t.TraceFlags:x2}") : null;

    /// <summary>Null if there is none, or what stands there is none.</summary>
    public static ActivityContext? Read(NpgsqlDataReader row, int id, int span) => Read(row.Maybe<string>(id), row.Maybe<string>(span));

    private static ActivityContext? Read(string? id, string? span) =>
        id is { Length: 32 } && span is { Length: 19 } && ActivityContext.TryParse($"00-{id}-{span}", null, isRemote: true, out var whole) ? whole
        : id is { Length: 32 } && ActivityContext.TryParse($"00-{id}-{id[..16]}-00", null, isRemote: true, out var bare) ? new ActivityContext(bare.TraceId, default, default, isRemote: true)
        : null;
}
