using System.Globalization;
using ControlTower.Data.Exports;
using ControlTower.Data.Triage;
using ControlTower.Sync.Exports;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Mappings;

/// <summary>What the list of mappings shows, as its address says it. Any address gives a query.</summary>
/// <param name="After">The mapping above which the page begins; 0: at the top.</param>
/// <param name="Open">The mapping whose history is open.</param>
public sealed record MappingsQuery(string Connection, string Kind, string Text, long After, long? Open)
{
    public static MappingsQuery Start { get; } = new("", "", "", 0, null);

    /// <summary>The list from its top.</summary>
    public MappingsQuery Top => this with { After = 0, Open = null };

    public bool Narrows => Connection.Length + Kind.Length + Text.Length > 0;

    public MappingFilter Filter => new(Connection, Kind, Text);

    public static MappingsQuery Parse(string uri)
    {
        var values = QueryText.Of(uri);
        return new MappingsQuery(values("connection"), MappingKind.All.Contains(values("kind")) ? values("kind") : "", values("q"), QueryText.Long(values("after")) ?? 0, QueryText.Long(values("m")));
    }

    public ExportAsked Ask(ExportFormat format) => MappingsExport.Ask(Filter, format, Top.Href());

    public string Href() => QueryText.Href(
        Links.Mappings, ("connection", Connection), ("kind", Kind), ("q", Text), ("after", After == 0 ? "" : After.ToString(CultureInfo.InvariantCulture)), ("m", Open?.ToString(CultureInfo.InvariantCulture)));
}
