using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Admin;

/// <summary>What of a client's requests the page shows, as it stands in the address.</summary>
/// <param name="Lately">One of <see cref="Times"/>.</param>
/// <param name="Failed">Of the newest, only those that were refused or failed.</param>
public sealed record ClientUseQuery(string Lately, string? Operation, string? Problem, bool Failed)
{
    public static IReadOnlyList<(string Key, string Name, TimeSpan Span)> Times { get; } = [("hour", "An hour", TimeSpan.FromHours(1)), ("day", "A day", TimeSpan.FromDays(1)), ("weeks", "Two weeks", TimeSpan.FromDays(14))];

    public static ClientUseQuery Usual { get; } = new("day", null, null, Failed: true);

    public TimeSpan Span => Times.First(t => t.Key == Lately).Span;

    /// <summary>By what the newest are narrowed, in words.</summary>
    public string Words => string.Join(", ", new[] { Operation, Problem }.OfType<string>());

    /// <summary>Words that are none of ours, or too long, are as if they were not there.</summary>
    public static ClientUseQuery Of(string? time, string? operation, string? problem, string? which) =>
        new(Times.Any(t => t.Key == time) ? time! : Usual.Lately, Short(operation), Short(problem), which != "all");

    public string Href(Guid client)
    {
        var parts = new List<string>();
        if (Lately != Usual.Lately)
            parts.Add($"time={Lately}");
        if (Operation is not null)
            parts.Add($"operation={Uri.EscapeDataString(Operation)}");
        if (Problem is not null)
            parts.Add($"problem={Uri.EscapeDataString(Problem)}");
        if (!Failed)
            parts.Add("which=all");
        return parts.Count == 0 ? Links.ApiClient(client) : $"{Links.ApiClient(client)}?{string.Join('&', parts)}";
    }

    private static string? Short(string? text) => text is { Length: > 0 and <= 100 } ? text : null;
}
