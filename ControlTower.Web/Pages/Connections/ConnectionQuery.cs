using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Connections;

/// <summary>What a connection's page shows, as its address says it. Any address gives a query.</summary>
/// <param name="Outcome">One of <see cref="CallOutcomes.All"/>; null for any.</param>
/// <param name="Call">The call that is open.</param>
public sealed record ConnectionQuery(string? Outcome, long? Call)
{
    public static ConnectionQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
            return new ConnectionQuery(null, null);
        var parts = QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        var outcome = parts.TryGetValue("outcome", out var named) && CallOutcomes.All.Contains(named.ToString(), StringComparer.Ordinal) ? named.ToString() : null;
        var call = parts.TryGetValue("call", out var id) && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
        return new ConnectionQuery(outcome, call);
    }

    /// <summary>The address. The same query always gives the same address.</summary>
    public string Href(string connectionId)
    {
        List<string> parts = [];
        if (Outcome is not null)
            parts.Add($"outcome={Outcome}");
        if (Call is { } call)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"call={call}"));
        return Links.Connection(connectionId) + (parts.Count == 0 ? "" : "?" + string.Join('&', parts));
    }
}
